"""Pure: what a device keeps in its vault, and what each row is called (spec DEV-1).

A row's name is `kind/rest`, or `kind/<group>/rest`; its value is JSON, but where it says otherwise.
"""

from typing import Protocol, TypeVar

import msgspec

from node.client.intents import Intent

CLIENT = "device/client"
CURSOR = "device/cursor"
SEAT = "device/seat"
INCARNATION = "device/incarnation"
ACCOUNT_KEYS = "account/keys"
AWAITED_KEYS = "account/awaited"
ACCOUNT_KEYS_BEFORE = "account/keys_before"  # until the home node took those of another root
FOLLOWED = "account/followed"  # the number d.n of the list by which groups were completed, bare
ARCHIVE = "device/archive"
Changes = dict[str, bytes | None]
Row = TypeVar("Row", bound=msgspec.Struct)
Value = TypeVar("Value")


class Rows(Protocol):
    """The vault, as the device sees it. `counter` grows by one with every step."""

    counter: int

    def names(self, prefix: str = "") -> list[str]: ...

    def read(self, name: str) -> bytes | None: ...

    def step(self, changes: Changes) -> None: ...


class ConversationRow(msgspec.Struct, kw_only=True, frozen=True):
    """A group of this device. `ref` is empty until the home node knows it.

    `joined` is the epoch in which this device came, `grown` the one in which the last actor did.
    """

    group_id: bytes
    ref: str = ""
    url: str = ""
    members: list[str] = []
    created: int = 0  # seconds since 1970
    left: bool = False
    joined: int = 0
    grown: int = 0


class SeatRow(msgspec.Struct, kw_only=True, frozen=True):
    """`have` is the last seat, `proof` came with it, `nonce` is of the one that is asked for;
    `frozen`: another copy of this vault is the device now."""

    have: int = 0
    proof: bytes = b""
    nonce: bytes = b""
    frozen: bool = False


class IncarnationRow(msgspec.Struct, kw_only=True, frozen=True):
    """Which life of the node's database gave the mailbox its numbers; `before`: up to which number
    this device had read in the one before."""

    name: str
    before: int = 0


class PinRow(msgspec.Struct, kw_only=True, frozen=True):
    """The newest keys of somebody that this device took. `verified`: a person compared numbers;
    `forked`: others of the same number, which were seen too (KEY-5.1)."""

    delegation: bytes
    list: bytes
    verified: bool = False
    forked: bytes = b""


class AnewRow(msgspec.Struct, kw_only=True, frozen=True):
    """The keys that somebody publishes now, of another root than the pinned one."""

    delegation: bytes
    list: bytes


class LookedRow(msgspec.Struct, kw_only=True, frozen=True):
    """When somebody's keys were asked for and there was an answer (seconds), and whether it was
    that they publish some. `number` is that of the list by which all their leaves were judged."""

    at: int
    shown: bool
    number: str = ""


class SilentRow(msgspec.Struct, kw_only=True, frozen=True):
    """That nothing came of asking for somebody's keys, or for a key package of a device, or of
    adding one: when last, and how often in a row."""

    at: int
    tries: int


class MetRow(msgspec.Struct, kw_only=True, frozen=True):
    """A leaf of `actor` that is not on their list as far as this device knows it, and since when;
    `least` is the number of its certificate, empty without one. `asked`: their list was read since.
    """

    actor: str
    at: int
    least: str = ""
    asked: bool = False


class StoppedRow(msgspec.Struct, kw_only=True, frozen=True):
    """That nothing is sealed to somebody's leaves in a group, and why: the line of KEY-5.2.

    `remove` are the signature keys of leaves whose removal ends that, all of them or none.
    """

    why: str
    remove: list[bytes] = []


class WelcomeRow(msgspec.Struct, kw_only=True, frozen=True):
    """One Welcome for all devices that a commit adds; `to` are their actors."""

    content: bytes
    to: list[str]


class OwedRow(msgspec.Struct, kw_only=True, frozen=True):
    """What this device means to do in a group, until the home node has accepted it.

    `content` is the message that was made of it, empty before. A commit brings its `welcomes`, and
    says which actors it takes out of the group altogether. `proposed`: a `Leave` that was accepted;
    it stays until a commit has taken it up.
    """

    group: str
    intent: Intent
    content: bytes = b""
    welcomes: list[WelcomeRow] = []
    removed: list[str] = []
    proposed: bool = False


def _written(value: Value) -> Value:
    """A default that stands in the row all the same."""
    found: Value = msgspec.field(default_factory=lambda: value)
    return found


class MessageRow(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A message in clear: the vault seals it. `at` is when this device read or wrote it; `number`
    grows from one to the next, whatever the clock does. Of ours `digest` is the SHA-256 of the
    message in which it was sealed last, `epoch` that message's, and `mended` how often it was
    missed and sealed anew.

    `about` is what it answers, which `author` said; `html` is the text as it came, and `raw` all
    that came of a kind that is not known. `edited` (microseconds) is when it was changed, by the
    `Update` with the id `edit` and the number `changed`. `sealed`: ours went out once in an earlier
    conversation, so that others may have it.
    """

    id: str
    actor: str
    text: str
    at: int  # microseconds since 1970
    number: int
    kind: str = _written("Note")
    sent: bool = _written(True)  # ours only: whether the home node has it
    digest: bytes = _written(b"")
    epoch: int = _written(0)
    mended: int = _written(0)
    about: str = ""
    author: str = ""
    markdown: bool = False
    html: str = ""
    edited: int = 0
    edit: str = ""
    changed: int = 0
    raw: str = ""
    sealed: bool = False


class ParkedRow(msgspec.Struct, kw_only=True, frozen=True):
    """A mailbox item; as a row, one that came before what it needs: its commit, or its Welcome."""

    seq: int
    ref: str
    url: str
    content: bytes
    at: int  # microseconds since 1970


class AskedRow(msgspec.Struct, kw_only=True, frozen=True):
    """That this device is behind a group: `content` is the question that has to go out, asked last
    at `sent` (0: not yet), `vain` if nobody answered for an hour; it knows of the epoch `head`,
    `named` by a conflict or `proven` by a commit; asked `times`, `over` once it asks no more."""

    noticed: int
    content: bytes = b""
    sent: int = 0
    told: bool = False
    tries: int = 0
    vain: bool = False
    head: int = 0
    named: bool = False
    times: int = 0
    over: bool = False
    proven: bool = False


class ReturnedRow(msgspec.Struct, kw_only=True, frozen=True):
    """Words of ours that came back: why, by actor whose devices did not take them."""

    reasons: dict[str, str]


class AbsentRow(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """That no living device of an actor is in a group. `has_new`: they have one elsewhere.
    `since` (seconds): when their last leaf went, where none is left of them."""

    has_new: bool
    since: int = 0


class InvitedRow(msgspec.Struct, kw_only=True, frozen=True):
    """Whom a Welcome of this device was for: it may come back (DEV-10.6)."""

    actors: list[str]


class GoneRow(msgspec.Struct, kw_only=True, frozen=True):
    """Of whom a commit left no leaf, which our node does not know."""

    actors: list[str]


class ArchiveRow(msgspec.Struct, kw_only=True, frozen=True):
    """How far the archive was read: to its beginning when `done`, and on to `since`. `earlier` and
    `later` are how many records came on the way back, and since. `off`: nothing is kept there.

    `held` is the clause by which the home node takes nothing before `held_until`, and `why` its
    words. `missing`: so many records could not be kept, which was not told yet.
    """

    off: bool = False
    incarnation: str = ""
    done: bool = False
    since: int = 0
    earlier: int = 0
    later: int = 0
    held: str = ""
    held_until: int = 0
    why: str = ""
    missing: int = 0


class ArchivedRow(msgspec.Struct, kw_only=True, frozen=True):
    """Who was in a conversation of which this device has the history only."""

    members: list[str]


class PackageRow(msgspec.Struct, kw_only=True, frozen=True):
    """A key package of ours with its private halves."""

    package: bytes
    made: int  # seconds since 1970
    last_resort: bool = False


def pin_row(actor: str) -> str:
    return f"pin/{actor}"


def anew_row(actor: str) -> str:
    return f"anew/{actor}"


def looked_row(actor: str) -> str:
    return f"looked/{actor}"


def silent_row(actor: str) -> str:
    return f"silent/{actor}"


def packageless_row(key: bytes) -> str:
    return f"packageless/{key.hex()}"


def met_row(group: str, key: bytes) -> str:
    """`key` is the leaf's signature key."""
    return f"met/{group}/{key.hex()}"


def stopped_row(group: str, actor: str) -> str:
    return f"stopped/{group}/{actor}"


def archive_key_row(g: int) -> str:
    """The archive key of generation `g`: its 32 bytes, as they are."""
    return f"archive_key/{g}"


def conversation_row(group: str) -> str:
    return f"conversation/{group}"


def group_row(group: str, record: str) -> str:
    """A record of the MLS group, in the library's own form (`mls/private/state`)."""
    return f"group/{group}/{record}"


def handle_row(handle: str) -> str:
    """The actor id, in UTF-8, of `handle`, of those we talk with."""
    return f"handle/{handle}"


def package_row(reference: bytes) -> str:
    return f"package/{reference.hex()}"


def message_row(group: str, actor: str, id: str) -> str:
    """The inner id is unique per (group, sender): the same message twice is one row."""
    return f"message/{group}/{actor} {id}"


def failure_row(group: str, id: str) -> str:
    """A `Failure` of ours, a MessageRow: it asks for what was missed."""
    return f"failure/{group}/{id}"


def missed_row(group: str, digest: bytes) -> str:
    """That the message with this digest was missed, and asked for; its value is `1`."""
    return f"missed/{group}/{digest.hex()}"


def due_row(group: str, number: int) -> str:
    """A message's record that has to go to the archive; its value is the Record (ARC-1.1)."""
    return f"due/{group}/{number:016d}"


def archived_row(group: str) -> str:
    return f"archived/{group}"


def owed_row(group: str, number: int) -> str:
    return f"owed/{group}/{number:016d}"


def asked_row(group: str) -> str:
    return f"asked/{group}/0"


def returned_row(group: str, id: str) -> str:
    return f"returned/{group}/{id}"


def place(row: MessageRow) -> tuple[int, int, int]:
    """Among others of a history: what the archive gave back stands before all, by its times."""
    return max(row.number, -1), row.at if row.number < 0 else 0, row.number


def absent_row(group: str, actor: str) -> str:
    return f"absent/{group}/{actor}"


def invited_row(group: str, digest: bytes) -> str:
    return f"invited/{group}/{digest.hex()}"


def forgotten_row(group: str) -> str:
    """That our node may not know the conversation any more; its value is `1`."""
    return f"forgotten/{group}/0"


def gone_row(group: str) -> str:
    return f"gone/{group}/0"


def readmission_row(group: str, key: bytes) -> str:
    """A `Readmit` that others may be quicker with; `key` is that of the leaf that is behind."""
    return f"readmission/{group}/{key.hex()}"


def crowded_row(group: str) -> str:
    """That it was told that commits find no room to wait; its value is `1`."""
    return f"crowded/{group}/0"


def parked_row(group: str, epoch: int, number: int, is_word: bool) -> str:
    return f"parked/{group}/{epoch:016d} {number:016d} {'w' if is_word else 'c'}"
