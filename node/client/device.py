"""Pure: one device, with all that can happen to it; every happening is one step (spec DEV-2).

It says what is to be carried (`next`) and is told what came of it (`tell`); what the home node has
for it is pushed in (`receive`). State is on disk before anything is handed out to be sent.
"""

from collections.abc import Callable, Collection, Iterable

from node.client import key_stock, lists, rows
from node.client.absent import is_absent
from node.client.account_keys import AccountKeys
from node.client.behind import is_unanswered
from node.client.coming_back import is_question
from node.client.conversation_events import ConversationEvent, ConversationLeft
from node.client.device_archive import DeviceArchive
from node.client.device_inbox import DeviceInbox
from node.client.device_outbox import DeviceOutbox
from node.client.device_rosters import DeviceRosters
from node.client.device_state import DeviceState
from node.client.device_trust import DeviceTrust
from node.client.exchange import Carried, Create, Next, Outcome, Send, TellGone
from node.client.groups import between, new_group_id
from node.client.intents import Leave, Refresh, Remove
from node.client.key_signing import PutKeys, SignedKeys
from node.client.key_stock import Packages
from node.client.leaves import Leaves
from node.client.pins import Pins
from node.client.roster_rows import is_group
from node.client.rows import ConversationRow, MessageRow, OwedRow, ParkedRow, Rows
from node.client.said import Said
from node.client.said_rows import own_row
from node.client.search import Search
from node.client.seat import DeviceSeat, SeatAsked
from node.client.untold import Untold
from node.client.words import Words
from node.e2ee.keys.private.pins import Line, Pin, SeenList
from node.e2ee.keys.public.published import Published
from node.errors import NodeError, Refused
from node.ports import Entropy


class Device:
    """One device of `actor`. Conversations are named by their group id in hex; times are seconds
    since 1970, or microseconds."""

    def __init__(self, vault: Rows, entropy: Entropy, actor: str) -> None:
        self.actor = actor
        self.state = DeviceState(vault, entropy, actor)
        self._keys = AccountKeys(self.state)
        self._pins = Pins(self.state)
        leaves = Leaves(self.state, self._keys, self._pins)
        self.trust = DeviceTrust(self.state, leaves, self._pins)
        self.outbox = DeviceOutbox(self.state, leaves)
        said = Said(self.state, self.outbox.archiving)
        self.inbox = DeviceInbox(self.state, self.outbox, leaves, said)
        self._seat = DeviceSeat(self.state, self.outbox)
        self.words = Words(self.state, self.outbox, said, self._seat.check)
        self._back = self.inbox.back
        self.repair = self.inbox.repair
        self._returns = self.inbox.returns
        self.archive = DeviceArchive(self.state, self.outbox.archiving, said)
        self.search = Search(self.state)
        self.untold = Untold(self.state)
        self.rosters = DeviceRosters(self.state, self.outbox, self.trust, self._seat.check)

    # -- looking ---------------------------------------------------------------------------------

    @property
    def cursor(self) -> int:
        """The last mailbox item that is on our disk: all up to it may be acknowledged."""
        return self.inbox.cursor

    def conversations(self) -> dict[str, ConversationRow]:
        """All conversations, by group."""
        return self.state.conversations()

    def between(self, actor: str) -> list[str]:
        """The conversations of just us and `actor`, first the one to answer in (E2E-5.8)."""
        known = self.conversations().items()
        pairs = {group: row for group, row in known if not is_group(self.state, group)}
        return between(pairs, self.actor, actor, self.history)

    def history(self, *groups: str) -> list[MessageRow]:
        """What was said there, in the order in which this device read or wrote it (DEV-1.4)."""
        names = [name for group in groups for name in self.state.names("message", group)]
        return sorted((self.state.get(name, MessageRow) for name in names), key=rows.place)

    def said(self, group: str, id: str) -> MessageRow:
        """What this device said under that id, as it stands now."""
        return self.state.get(own_row(self.state, group, id), MessageRow)

    def owed(self) -> list[OwedRow]:
        """All that is owed."""
        groups = self.state.groups_with("owed")
        return [owed for group in groups for _, owed in self.outbox.owed(group)]

    def epoch(self, group: str) -> int:
        """The epoch in which this device sees the group."""
        return self.state.groups.session(group).epoch

    def must_commit(self, group: str) -> bool:
        """Whether a commit has to come before the next word (E2E-5.7)."""
        return self.outbox.maker.must_commit(group)

    def authenticator(self, group: str) -> str:
        """Equal on all devices that see the same group."""
        return self.state.groups.session(group).epoch_authenticator.hex()

    def waiting(self, *groups: str) -> list[MessageRow]:
        """Our words there that nobody has: they wait, or were returned."""
        return [row for group in groups for row in self._returns.waiting(group)]

    def is_absent(self, group: str) -> bool:
        """Whether no device is left there that could read what is said (DEV-10)."""
        return is_absent(self.state, group)

    def is_over(self, group: str) -> bool:
        """Whether what is said goes on in a new conversation (DEV-9.6, DEV-10.4)."""
        return self.is_absent(group) or is_unanswered(self.state, group)

    # -- whom we know ----------------------------------------------------------------------------

    def known_handles(self) -> dict[str, str]:
        """The actors we talk with, by handle; so that nobody is asked who they are."""
        found = self.state.names("handle")
        return {name.partition("/")[2]: (self.state.read(name) or b"").decode() for name in found}

    def known_as(self, handle: str) -> str | None:
        """Whom of those we talk with `handle` names."""
        found = self.state.read(rows.handle_row(handle))
        return found.decode() if found else None

    def remember(self, handle: str, actor: str) -> None:
        """Remember who `handle` is."""
        name = rows.handle_row(handle)
        if self.state.read(name) != actor.encode():
            with self.state.step():
                self.state.write(name, actor.encode())

    def new_packages(self, count: int, last_resort: bool, now: int) -> list[tuple[bytes, bool]]:
        """(package, is last resort): private halves are on disk before they are published."""
        with self.state.step():
            return key_stock.make(self.state, count, last_resort, now)

    # -- the keys of the account -----------------------------------------------------------------

    @property
    def has_keys(self) -> bool:
        """Whether this device has ever been on its account's list."""
        return self._keys.row is not None

    @property
    def is_listed(self) -> bool:
        """Whether it is on the list, for all that it knows."""
        return self._keys.is_listed

    def account_keys(self) -> Published:
        """The newest keys of the account that this device knows. Raises `Missing` (DEV-12.1)."""
        return self._keys.published()

    def recovery_key(self) -> bytes:
        """Raises `Missing` (DEV-12.1, and DEV-12.4 once it was written down)."""
        return self._keys.recovery_key()

    def keys_owed(self) -> PutKeys | None:
        """Keys that are to be put at the home node."""
        return self._keys.owed()

    def may_begin_keys(self, alone: bool, now: int) -> bool:
        """Whether nobody else of the account can be waited for any more (DEV-12.2)."""
        with self.state.step():
            return self._keys.may_begin(alone, now)

    def await_no_keys(self) -> None:
        """The account has keys."""
        with self.state.step():
            self._keys.await_none()

    def begin_keys(self, id: bytes, now: int) -> None:
        """The first keys of the account, with this device alone (DEV-12.2)."""
        with self.state.step():
            self._keys.begin(id, now)

    def begin_keys_anew(self, told: SignedKeys | None, id: bytes, now: int) -> None:
        """Another root, in place of what the home node has (DEV-12.10)."""
        with self.state.step():
            self._keys.begin_anew(told, id, now)

    def meet_keys(self, told: SignedKeys | None, now: int) -> None:
        """What the home node has (DEV-12.3). Raises `Forbidden` for what is not to be believed."""
        with self.state.step():
            self._keys.meet(told)
            if self._keys.is_listed:
                self._keys.renew(now)

    def drop_keys(self) -> None:
        """They cannot be the account's (DEV-12.2)."""
        with self.state.step():
            self._keys.forget()

    def write_down(self) -> None:
        """The recovery key is on paper, and no device needs it any more (DEV-12.4)."""
        with self.state.step():
            self._keys.write_down()

    def unlist(self, id: bytes, rk: bytes | None, now: int) -> None:
        """Take another device off the account's list (DEV-12.6)."""
        with self.state.step():
            self._keys.remove(id, rk, now)

    def redelegate(self, rk: bytes, now: int) -> None:
        """Another list key, for the same devices (DEV-12.6)."""
        with self.state.step():
            self._keys.redelegate(rk, now)

    def recover(
        self, told: SignedKeys, id: bytes, rk: bytes, now: int, keep: Collection[bytes] = ()
    ) -> list[bytes]:
        """Put this device on the list by the recovery key; who is taken off it (DEV-12.7)."""
        with self.state.step():
            return self._keys.recover(told, id, rk, now, keep)

    def certify(self, now: int) -> None:
        """New leaves carry the newest certificate (DEV-12.8)."""
        me = self._keys.certified(now)
        if me is not None:
            with self.state.step():
                self.state.write(rows.CLIENT, me.dump())
            self.state.groups.me = me

    # -- the keys of others ----------------------------------------------------------------------

    def pin_of(self, actor: str) -> Pin | None:
        """The keys of `actor` that this device took."""
        return self._pins.of(actor)

    def see_keys(self, actor: str, keys: Published) -> Line[SeenList]:
        """What is to be done with keys that were fetched or shown (KEY-5.1)."""
        with self.state.step():
            return self._pins.see(actor, keys)

    def verify(self, actor: str) -> None:
        """A person compared the safety numbers (DEV-13.2)."""
        with self.state.step():
            self._pins.verify(actor)

    # -- what this device means to do ------------------------------------------------------------

    def say(
        self, group: str, text: str, micros: int, reply: str = "", author: str = ""
    ) -> MessageRow:
        """Say `text`: on disk when this returns (`Words.say`)."""
        return self.words.say(group, text, micros, reply, author)

    def start(self, packages: Packages, now: int) -> str:
        """A new conversation with the devices whose key packages these are, by actor.

        Raises `Forbidden` (E2E-5.1, KEY-5.2) for a package that is not theirs.
        """
        self.check_seat()
        add = self.trust.adding(packages, now)
        with self.state.step():
            group_id = new_group_id(self.state.entropy)
            group = self.state.groups.found(group_id, now)
            members = sorted({self.actor, *packages})
            row = ConversationRow(group_id=group_id, members=members, created=now)
            self.state.put(rows.conversation_row(group), row)
            lists.came_into_a_group(self.state)
            self.outbox.change(group, add, now)
        return group

    def go_on(self, groups: Iterable[str], group: str) -> int:
        """Say in `group` what nobody could read in `groups`; how many words that are (DEV-10.4)."""
        self.check_seat()
        with self.state.step():
            return self._returns.go_on(groups, group)

    def add(self, group: str, packages: Packages, now: int, listed: bool = False) -> None:
        """Take the devices in whose key packages these are, by actor; `listed`: as a list says,
        which no person is told of (DEV-17). Raises as `start`, and `Conflict` (DEV-4.5) when all of
        them are in."""
        add = self.trust.adding(packages, now, listed)
        with self.state.step():
            self.outbox.change(group, add, now)

    def remove(self, group: str, actors: Iterable[str], now: int) -> None:
        """Take actors out with all their devices; of our own all others. Raises `Conflict`
        (DEV-4.5) when none of them is in."""
        with self.state.step():
            self.outbox.change(group, Remove(sorted(set(actors))), now)

    def leave(self, group: str, now: int) -> list[ConversationEvent]:
        """Ask the others to take this device out; who is alone is out at once. A group (E2E-8) its
        person leaves with all devices."""
        if is_group(self.state, group):
            return self.rosters.quit(group, now)
        with self.state.step():
            if len(list(self.state.groups.session(group).members())) > 1:
                self.outbox.change(group, Leave(), now)
                return []
            self.outbox.forget(group)
        return [ConversationLeft(group, self.actor)]

    def refresh(self, group: str, now: int) -> None:
        """Commit what is pending, with fresh keys."""
        with self.state.step():
            self.outbox.change(group, Refresh(), now)

    # -- what is carried -------------------------------------------------------------------------

    @property
    def has_work(self) -> bool:
        """Whether `next` has something else to say than `Wait`."""
        return bool(self.inbox.errands.next() or self._back.next()) or self.outbox.has_work

    def next(self, now: int) -> Next:
        """What to do now; ask again once it is told."""
        return self.inbox.errands.next() or self._back.next() or self.outbox.next(now)

    def tell(self, asked: Carried, outcome: Outcome, now: int) -> list[ConversationEvent]:
        """What came of what `next` said."""
        with self.state.step():
            if isinstance(asked, TellGone) or (isinstance(asked, Create) and asked.url):
                found = self.inbox.errands.outcome(asked, outcome)
            elif isinstance(asked, Send) and is_question(asked):
                found = self._back.outcome(asked, outcome)
            else:
                found = self.outbox.outcome(asked, outcome, now)
            if isinstance(asked, Send) and not is_question(asked):
                # Others went on with our commit before we were told that it counts.
                found += self.inbox.take_parked(asked.group, now)
            return self.untold.keep(found)

    @property
    def waits(self) -> bool:
        """Whether something was postponed."""
        return self.state.waits

    def settle(self) -> None:
        """Write what was postponed (DEV-2.5)."""
        self.state.settle()

    def held(self, group: str) -> NodeError | None:
        """What is in the way of a conversation, as far as it is known."""
        return self.outbox.held(group)

    def hold_back(self, group: str) -> Callable[[], None]:
        """Nothing goes out in a group until what this gives is called (DEV-16.1)."""
        return self.outbox.obstacles.hold_back(group)

    def retry(self) -> None:
        """Try again what was held back."""
        self.outbox.obstacles.retry()

    def receive(
        self, items: Iterable[ParkedRow], now: int, incarnation: str = ""
    ) -> list[ConversationEvent]:
        """Take in items of the mailbox, in their order; on disk when this returns.

        A repeat is silence; what is wrong is told, not raised. `incarnation`: of the database.
        """
        with self.state.step():
            return self.untold.keep(self.inbox.take(items, now, incarnation))

    def look_behind(self, now: int) -> list[ConversationEvent]:
        """The whole mailbox was read: ask to be taken back where commits are gone (DEV-9.1)."""
        with self.state.step():
            return self._back.look(now)

    @property
    def may_be_behind(self) -> bool:
        """Whether it is worth a look."""
        heads = self.outbox.obstacles.heads
        return bool(heads) or any(map(self.state.groups_with, ("parked", "asked")))

    # -- its seat --------------------------------------------------------------------------------

    @property
    def frozen(self) -> bool:
        """Whether another copy of this vault is the device (ACC-4.4)."""
        return self._seat.frozen

    def check_seat(self) -> None:
        """Raises `Conflict` (ACC-4.4) for a vault that was left behind."""
        self._seat.check()

    def ask_seat(self) -> SeatAsked:
        """Which seat to ask for; on disk when this returns."""
        with self.state.step():
            return self._seat.ask()

    def take_seat(self, number: int, proof: bytes) -> None:
        """The node has given us this seat."""
        with self.state.step():
            self._seat.taken(number, proof)

    def freeze(self, error: Refused) -> list[ConversationEvent]:
        """Another copy of this vault is the device: what was not sent is told, history stays."""
        with self.state.step():
            return self.untold.keep(self._seat.freeze(error))
