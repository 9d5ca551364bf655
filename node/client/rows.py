"""Pure: what a device keeps in its vault, and what each row is called."""

from typing import Protocol, TypeVar

import msgspec

CLIENT = "device/client"
CURSOR = "device/cursor"
Changes = dict[str, bytes | None]
Row = TypeVar("Row", bound=msgspec.Struct)


class Rows(Protocol):
    """The vault, as the device sees it."""

    counter: int

    def names(self, prefix: str = "") -> list[str]: ...

    def read(self, name: str) -> bytes | None: ...

    def step(self, changes: Changes) -> None: ...


class ConversationRow(msgspec.Struct, kw_only=True):
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


class WelcomeRow(msgspec.Struct, kw_only=True):
    to: str
    content: bytes


class OutRow(msgspec.Struct, kw_only=True):
    """A message that the home node has not accepted yet; without `content`, not sealed yet.

    `said` names its SaidRow.
    """

    group: str
    commit: bool
    content: bytes = b""
    welcomes: list[WelcomeRow] = []
    said: str = ""


class SaidRow(msgspec.Struct, kw_only=True):
    """A message in clear: the vault seals it. `at` is when this device read or wrote it; `number`
    grows from one to the next, whatever the clock does. Of ours `digest` is the SHA-256 of the
    message in which it was sealed last, `epoch` that message's, and `mended` how often it was
    missed and sealed anew."""

    id: str
    actor: str
    text: str
    at: int  # microseconds since 1970
    number: int
    kind: str = "Note"
    sent: bool = True  # ours only: whether the home node has it
    digest: bytes = b""
    epoch: int = 0
    mended: int = 0


class ParkedRow(msgspec.Struct, kw_only=True):
    """A message that came before what it needs: its commit, or its Welcome."""

    seq: int
    ref: str
    url: str
    content: bytes
    at: int


class PackageRow(msgspec.Struct, kw_only=True):
    """A key package of ours with its private halves."""

    package: bytes
    made: int  # seconds since 1970
    last_resort: bool = False


def conversation_row(group: str) -> str:
    return f"conversation/{group}"


def group_row(group: str, record: str) -> str:
    return f"group/{group}/{record}"


def name_row(handle: str) -> str:
    """Who `handle` is, of those we talk with."""
    return f"name/{handle}"


def package_row(reference: bytes) -> str:
    return f"package/{reference.hex()}"


def said_row(group: str, actor: str, id: str) -> str:
    """The inner id is unique per (group, sender): the same message twice is one row."""
    return f"said/{group}/{actor} {id}"


def asked_row(group: str, id: str) -> str:
    """What is said to ask for what was missed."""
    return f"asked/{group}/{id}"


def missed_row(group: str, digest: bytes) -> str:
    """That the message with this digest was missed, and asked for."""
    return f"missed/{group}/{digest.hex()}"


def out_row(number: int) -> str:
    return f"out/{number:012d}"


def parked_row(group: str, seq: int) -> str:
    return f"parked/{group}/{seq:012d}"
