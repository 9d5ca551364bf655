"""Random histories of a group: one seed decides who does what, and all members must agree.

`History.step` does one thing and checks the group. What ts-mls is known to do otherwise than RFC
9420 is foreseen from the group's state, and has to happen exactly there (`differences` counts it).
"""

import random
from collections import Counter
from collections.abc import Callable, Sequence

from node.errors import Refused
from tests.e2ee.mls import companion
from tests.e2ee.mls.mixed import (
    Item,
    Member,
    Ours,
    Theirs,
    Town,
    View,
    external_psk,
    resumption_psk,
)
from tests.e2ee.mls.moving import move
from tests.e2ee.mls.peering import PeerError
from tests.e2ee.mls.waiting import Held, Waiting

WINDOW = 2  # as `Policy.past_epochs` is by default


class History:
    """A group and what happens to it. `theirs` is the chance of a newcomer to be on ts-mls.

    `reinits` weighs how often the group goes on in another; 0 for seeds from before there was that.
    """

    ours: type[Ours] = Ours

    def __init__(
        self,
        town: Town,
        seed: int,
        largest: int,
        theirs: float = 0.0,
        at_first: int = 2,
        reinits: int = 1,
    ) -> None:
        self.town = town
        self.chance = random.Random(seed)
        self.largest = largest
        self.theirs = theirs
        self.reinits = reinits
        self.earlier = 0  # epochs, in groups before this one
        self.count = 0
        self.differences: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        self.members: list[Member] = [self.ours(town, self._name())]
        self.members[0].create()
        self.since: dict[str, int] = {self.members[0].name: 0}
        self.ghosts: set[int] = set()
        self.gone: list[Member] = []
        self.held: list[Held] = []
        self.commits: list[tuple[int, bytes]] = []
        self.waiting = Waiting()
        self.trail: list[str] = []
        self.commit_now([self._add() for _ in range(at_first - 1)], committer=self.members[0])

    # Who there is.

    def _name(self) -> str:
        self.count += 1
        return f"m{self.count}"

    def _newcomer(self) -> Member:
        name = self._name()
        on_ts_mls = self.chance.random() < self.theirs
        return Theirs(self.town, name) if on_ts_mls else self.ours(self.town, name)

    @property
    def witness(self) -> Ours:
        return next(m for m in self.members if isinstance(m, Ours))

    @property
    def epoch(self) -> int:
        return self.witness.session.epoch

    def leaf_of(self, member: Member) -> int:
        return next(m.leaf for m in self.witness.session.members() if m.identity == member.identity)

    def others(self, member: Member) -> list[Member]:
        found = [m for m in self.members if m is not member]
        self.chance.shuffle(found)
        return found

    @property
    def size(self) -> int:
        coming = len(self.waiting.newcomers) - len(self.waiting.removed)
        return len(self.members) + len(self.ghosts) + coming

    # What may be proposed.

    def _add(self) -> Item:
        newcomer = self._newcomer()
        self.waiting.newcomers.append(newcomer)
        self.waiting.note("add")
        return Item("add", key_package=newcomer.package())

    def _removable(self, by: Member) -> list[int]:
        """Leaves that may go: neither touched already, nor `by`, nor the last two of ours."""
        taken = self.waiting.leaves | {self.leaf_of(by)}
        leaves = {self.leaf_of(m): m for m in self.members}
        ours = [i for i, m in leaves.items() if m.is_ours and i not in self.waiting.leaves]
        spared = set(ours) if len(ours) <= 2 else set()
        return sorted((leaves.keys() | self.ghosts) - taken - spared)

    def _remove(self, by: Member) -> Item:
        leaf = self.chance.choice(self._removable(by))
        self.waiting.note("remove", leaf)
        return Item("remove", leaf=leaf)

    def _psk(self) -> Item:
        nonce = self.chance.randbytes(32)
        first = max([self.since[m.name] for m in self.members] + [self.epoch - 2])
        # A newcomer has no resumption PSK of the group; ts-mls cannot commit one.
        if not self.waiting.kinds["add"] and self.chance.random() < 0.4:
            self.waiting.note("resumption")
            epoch = self.chance.randint(first, self.epoch)
            return Item("psk", psk=resumption_psk(self.town.group, epoch, nonce))
        id = self.chance.randbytes(8)
        self.town.know(id, self.chance.randbytes(32))
        self.waiting.note("psk")
        return Item("psk", psk=external_psk(id, nonce))

    def _item(self, by: Member) -> Item | None:
        """Something that `by` may propose; None when nothing fits."""
        kinds = ["psk"]
        if self.size < self.largest and not self.waiting.kinds["resumption"]:
            kinds += ["add"] * 3
        if self._removable(by):
            kinds += ["remove"] * (4 if self.ghosts or self.size >= self.largest else 1)
        kind = self.chance.choice(kinds)
        return {"psk": self._psk, "add": self._add, "remove": lambda: self._remove(by)}[kind]()

    # The steps.

    def step(self) -> None:
        """One random thing, then everybody agrees."""
        deeds: list[tuple[Callable[[], None], int]] = [
            (self.say, 6),
            (self.propose, 5),
            (self.commit, 5),
            (self.race, 1),
            (self.come, 1 if self.size < self.largest else 0),
            (self.come_back, 1),
            (self.restart, 1),
            (self.move, 0 if self.waiting or self.ghosts else self.reinits),
        ]
        if self.waiting:
            deeds[0] = (self.commit, 2)
        functions, weights = zip(*deeds, strict=True)
        deed = self.chance.choices(functions, weights)[0]
        self.trail.append(deed.__name__)
        self.done[deed.__name__] += 1
        deed()
        self.late()
        self.agree()

    def agree(self) -> View:
        """All members see the same group: the heart of it all."""
        first = self.witness.view()
        for member in self.members:
            assert member.view() == first, (member.name, member.is_ours, self.trail[-8:])
        return first

    def say(self) -> None:
        """One speaks; some hear it later or never; who is gone hears nothing."""
        sender = self.chance.choice(self.members)
        text = self.chance.randbytes(self.chance.choice((0, 1, 20, 200, 1000)))
        message = sender.seal(text)
        held = Held(message, text, self.epoch, [])
        for other in self.others(sender):
            if self.chance.random() < 0.8:
                assert other.receive(message) == ("said", text)
                self.refuses(other, message)
            else:
                held.to.append(other)
        self.held.append(held)
        for member in self.gone:
            self.refuses(member, message)

    def late(self) -> None:
        """Messages that come late, within the window or after it, and to those who may not read."""
        for held in self.held:
            for member in list(held.to):
                if self.epoch - held.epoch > WINDOW and member.is_ours:
                    self.refuses(member, held.message)
                    held.to.remove(member)
                elif self.epoch - held.epoch <= WINDOW and self.chance.random() < 0.4:
                    assert member.receive(held.message) == ("said", held.text)
                    held.to.remove(member)
            younger = [m for m in self.members if self.since[m.name] > held.epoch]
            for member in younger[-2:]:
                self.refuses(member, held.message)
        self.held = [h for h in self.held[-8:] if self.epoch - h.epoch <= WINDOW + 1]

    def refuses(self, member: Member, message: bytes, clause: str | None = None) -> None:
        """`member` cannot open this (for `clause`), and stays as it was."""
        try:
            kind, data = member.receive(message)
        except PeerError:
            return
        except Refused as refused:
            assert clause in (None, refused.clause), refused
            return
        raise AssertionError(f"{member.name} took in a {kind} it must not: {data!r}")

    def propose(self) -> None:
        """One proposes by itself; the proposal waits with all."""
        by = self.chance.choice(self.members)
        open = self.chance.random() < 0.3
        leaf = self.leaf_of(by)
        another = any(m.is_ours and m is not by for m in self._free())
        if self.chance.random() < 0.5 and leaf not in self.waiting.leaves and another:
            self.waiting.note("update", leaf)
            message = by.propose(None, open)
        else:
            message = by.propose(self._item(by), open)
        for other in self.others(by):
            assert other.receive(message)[0] == "proposal"

    def _free(self) -> list[Member]:
        """Who may commit what waits: no proposal of it concerns them."""
        return [m for m in self.members if self.leaf_of(m) not in self.waiting.leaves]

    def commit(self) -> None:
        """Somebody commits what waits and something more."""
        committer = self.chance.choice(self._free())
        extras = [self._item(committer) for _ in range(self.chance.choice((0, 0, 1, 1, 2)))]
        self.commit_now([e for e in extras if e is not None], committer)

    def commit_now(self, items: Sequence[Item], committer: Member) -> None:
        open, path = self.chance.random() < 0.3, self.chance.random() < 0.6
        if not committer.is_ours and self.waiting.kinds["resumption"]:
            committer = self._one_of_ours()
        spoilt = None if committer.is_ours else companion.spoilt(self.waiting.kinds)
        if spoilt is not None:
            self._spoilt(spoilt, items, committer, open)
            committer = self._one_of_ours()
        self._deliver(committer, committer.stage(items, open, path))

    def _one_of_ours(self) -> Member:
        return self.chance.choice([m for m in self._free() if m.is_ours])

    def _spoilt(
        self, spoilt: companion.Spoilt, items: Sequence[Item], committer: Member, open: bool
    ) -> None:
        """A commit that is wrong as foreseen: we refuse it, naming the clause, and stay put."""
        self.differences[spoilt.why] += 1
        try:
            message = committer.stage(items, open, True)
        except PeerError as error:
            assert spoilt.or_throws and spoilt.or_throws in str(error), error
            return
        # Who is removed by it believes that at once: there is no way to prove it to them.
        judges = {self.leaf_of(m): m for m in self.members if m.is_ours}
        for leaf in judges.keys() - self.waiting.removed:
            if leaf in self.waiting.leaves or not spoilt.only_updated:
                self.refuses(judges[leaf], message, spoilt.clause)
        committer.drop()

    def _deliver(self, committer: Member, message: bytes) -> None:
        """The commit wins: all take it in, who was added joins, who was removed is out."""
        leaving = {self.leaf_of(m): m for m in self.members}
        left = self.waiting.removed
        gone = [leaving[i] for i in left if i in leaving]
        self.ghosts -= left
        coming, self.waiting = self.waiting.newcomers, Waiting()
        for member in self.others(committer):
            if member not in gone:
                assert member.receive(message)[0] == "commit", member.name
        welcome = committer.merge()
        self.members = [m for m in self.members if m not in gone]
        for leaf in sorted(leaving.keys() & left):
            self._leaves(leaving[leaf], leaf, message)
        for held in self.held:
            held.to = [m for m in held.to if m in self.members]
        self.commits = [*self.commits[-3:], (self.epoch, message)]
        for newcomer in coming:
            assert welcome is not None
            self._joins(newcomer, welcome)
        for member in self.gone:
            if member not in gone:
                self.refuses(member, message)
        self.agree()

    def _leaves(self, member: Member, leaf: int, message: bytes) -> None:
        """One who is removed: it hears of it, or it does not and keeps its last state."""
        self.gone = [*self.gone[-2:], member]
        if self.chance.random() < 0.5:
            return
        if member.is_ours:
            assert member.receive(message)[0] == "removed"
        elif companion.survives_removal(leaf, self.witness.session.group.tree):
            self.refuses(member, message)  # it looks for its key in the path, in vain
        else:
            self.differences[companion.ENDLESS] += 1

    def _joins(self, newcomer: Member, welcome: bytes) -> None:
        witness = self.witness.session.group.tree
        if not newcomer.is_ours and companion.refuses_tree(witness):
            self._barred(lambda: newcomer.join(welcome))
            self.ghosts.add(self.leaf_of(newcomer))
            return
        newcomer.join(welcome)
        self.since[newcomer.name] = self.epoch
        self.members.append(newcomer)
        for _, commit in self.commits[-2:]:
            self.refuses(newcomer, commit)

    def _barred(self, enter: Callable[[], object]) -> None:
        try:
            enter()
        except PeerError as error:
            assert "unmerged_leaves" in str(error), error
            self.differences[companion.UNEQUAL] += 1
            return
        raise AssertionError("ts-mls took a tree that it was known to refuse")

    def race(self) -> None:
        """Two commit at once; one is taken, the other lost."""
        free = self._free()
        loser = self.chance.choice([m for m in free if m.is_ours])
        lost = loser.stage([], False, True)
        if self.chance.random() < 0.5:
            loser.drop()
        winners = [m for m in self.others(loser) if m in free and m.is_ours]
        if not winners:
            loser.drop() if loser.session.staged else None  # type: ignore[attr-defined]
            return
        self.commit_now([], winners[0])
        for member in self.members:
            self.refuses(member, lost)

    def come(self) -> None:
        """A stranger joins by a commit of its own."""
        self._external(self._newcomer(), None)

    def come_back(self) -> None:
        """A member that lost its state replaces itself."""
        kept = [m for m in self.members if m is not self.witness]
        if kept:
            member = self.chance.choice(kept)
            self._external(member, self.leaf_of(member))

    def _external(self, newcomer: Member, replaces: int | None) -> None:
        others = self.others(newcomer)
        info = others[0].info()
        if not newcomer.is_ours and companion.refuses_tree(self.witness.session.group.tree):
            self._barred(lambda: newcomer.come(info, replaces))
            return
        message = newcomer.come(info, replaces)
        self.waiting = Waiting()
        for member in others:
            assert member.receive(message)[0] == "commit"
        newcomer.merge()
        if newcomer not in self.members:
            self.members.append(newcomer)
        self.since[newcomer.name] = self.epoch
        for held in self.held:
            held.to = [m for m in held.to if m is not newcomer]

    def move(self) -> None:
        """A ReInit closes the group, and all go on in another."""
        move(self)

    def restart(self) -> None:
        """Devices of ours begin again from their records."""
        for member in self.members:
            if isinstance(member, Ours):
                member.reload()


def walk(history: History, steps: int) -> History:
    """So many steps, one after the other. A failure tells what led to it."""
    for count in range(steps):
        try:
            history.step()
        except Exception as error:
            error.add_note(f"in step {count + 1}, after {history.trail[-8:]}")
            raise
    return history
