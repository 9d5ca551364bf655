"""Pure: the MLS groups of a device, whom it believes in them, and what a new one is called."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from node.client import rows
from node.client.rows import ConversationRow, MessageRow
from node.e2ee.mls.private.client import Client, OwnPackage
from node.e2ee.mls.private.events import Joined, Member
from node.e2ee.mls.private.joining import join
from node.e2ee.mls.private.means import Means
from node.e2ee.mls.private.session import Session, Step
from node.e2ee.mls.public.credentials import BASIC, Claim
from node.e2ee.mls.public.extensions import Extensions
from node.errors import Missing
from node.ports import Entropy
from node.wire.times import MICROS

T = TypeVar("T")


class GroupRows(Protocol):
    """Where the records of groups stand."""

    def names(self, kind: str, group: str = "") -> list[str]: ...

    def read(self, name: str) -> bytes | None: ...

    def write(self, name: str, value: bytes) -> None: ...

    def delete(self, name: str) -> None: ...


class Groups:
    """The groups in which this device takes part, each as its session and its records."""

    def __init__(self, kept: GroupRows, me: Client, means: Means) -> None:
        self.me = me
        self._rows = kept
        self._means = means
        self._sessions: dict[str, Session] = {}
        self._touched: set[str] = set()

    def __contains__(self, group: str) -> bool:
        return group in self._sessions or bool(self._rows.names("group", group))

    def session(self, group: str) -> Session:
        """The session of a group. Raises `Missing` (E2E-5.6)."""
        self._touched.add(group)
        if group not in self._sessions:
            names = self._rows.names("group", group)
            if not names:
                raise Missing("E2E-5.6", "this device is not in that conversation")
            head = len(rows.group_row(group, ""))
            records = {name[head:]: self._rows.read(name) or b"" for name in names}
            self._sessions[group] = Session.load(records, self._means)
        return self._sessions[group]

    def apply(self, group: str, step: Step[T]) -> T:
        """Go on with what a session's deed left, and keep its records."""
        self._touched.add(group)
        for record, value in step.change.writes.items():
            self._rows.write(rows.group_row(group, record), value)
        for record in step.change.deletes:
            self._rows.delete(rows.group_row(group, record))
        if step.session.over:
            self._sessions.pop(group, None)
        else:
            self._sessions[group] = step.session
        return step.value

    def found(self, group_id: bytes, now: int, extensions: Extensions = ()) -> str:
        """A new group of this device alone; its name here."""
        group = group_id.hex()
        self.apply(group, Session.create(self.me, self._means, group_id, now, extensions))
        return group

    def join(self, welcome: bytes, own: OwnPackage, now: int) -> Step[Joined]:
        """What comes of a Welcome for a key package of ours: to be applied, unless this device is
        in the group already (DEV-9.4)."""
        return join(welcome, own, self.me, self._means, now)

    def pass_over(self, group: str) -> None:
        """What a session's deed left is not kept: it is read again as it stands."""
        self._sessions.pop(group, None)

    def forget(self, group: str) -> None:
        """Remove all that is kept of a group."""
        self._touched.add(group)
        self._sessions.pop(group, None)
        for name in self._rows.names("group", group):
            self._rows.delete(name)

    def settle(self) -> None:
        """The step is written."""
        self._touched.clear()

    def undo(self) -> None:
        """The step was not written: the sessions that it used are read again from what is."""
        for group in self._touched:
            self._sessions.pop(group, None)
        self._touched.clear()


def believe(claim: Claim) -> bool:
    """A basic credential that names an actor, and is succeeded by the same actor only.

    Whose key it is follows from how it came: we add only what the actor's own node handed out
    for them (E2E-5.1), and each message shows its actor's id.
    """
    if claim.credential.type != BASIC:
        return False
    try:
        identity = claim.credential.identity.decode()
    except UnicodeDecodeError:
        return False
    same = claim.predecessor is None or claim.predecessor == claim.credential
    return same and identity.startswith("https://")


def new_group_id(entropy: Entropy) -> bytes:
    """`mls://g/` and base32 of 16 random bytes: valid UTF-8, no host, no time."""
    alphabet = "abcdefghijklmnopqrstuvwxyz234567"
    number = int.from_bytes(entropy.draw(16), "big")
    text = "".join(alphabet[number >> shift & 31] for shift in range(125, -1, -5))
    return b"mls://g/" + text.encode()


def actors_of(members: Iterable[Member]) -> list[str]:
    return sorted({member.identity.decode() for member in members})


def between(
    known: Mapping[str, ConversationRow],
    us: str,
    them: str,
    history: Callable[[str], Sequence[MessageRow]],
) -> list[str]:
    """The groups of just the two: first where they spoke last, or else the newest (E2E-5.8).

    There are several when one of them came back with a new device.
    """
    pair = {us, them}
    found = {group: row for group, row in known.items() if not row.left and {*row.members} == pair}
    if len(found) < 2:
        return list(found)

    def fresh(group: str) -> tuple[int, str]:
        heard = [row.at for row in history(group) if row.actor == them]
        return max(found[group].created * MICROS, *heard, 0), group

    return sorted(found, key=fresh, reverse=True)


def former(
    known: Mapping[str, ConversationRow],
    us: str,
    them: str,
    history: Callable[[str], Sequence[MessageRow]],
) -> list[str]:
    """The groups of just the two in which nobody speaks any more: their history stays (DEV-5.5).

    One of them left it or was taken out, or the vault is frozen (DEV-8.2).
    """
    pair = {us, them}

    def is_of_them(group: str, row: ConversationRow) -> bool:
        if {*row.members} == pair:
            return row.left
        # Who is gone is no member any more, but their words stand there.
        alone = {*row.members} <= {us}
        return alone and {us, *(message.actor for message in history(group))} == pair

    return [group for group, row in known.items() if is_of_them(group, row)]
