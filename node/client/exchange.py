"""Pure: what a device asks of whoever carries for it, and what it is told of it (spec DEV-3).

`Device.next` answers one of the questions; whoever asked does it and tells the outcome with
`Device.tell`, and asks again, until the answer is `Wait`. An outcome is a value here, or the error
that the home node answered with: `Refused`, or `Unreachable`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from node.client.conversation_events import ConversationEvent
from node.client.rows import WelcomeRow
from node.errors import NodeError, Refused


@dataclass(frozen=True, slots=True)
class Send:
    """Send `content`, which the row `row` owes, to the conversation `ref`."""

    row: str
    group: str
    ref: str
    content: bytes = field(repr=False)
    welcomes: Sequence[WelcomeRow] = ()
    removed: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Create:
    """Tell the home node of a conversation, for which the row `row` waits.

    A new one; with `url` one that it forgot: its address, and the epoch that the group is in.
    """

    row: str
    group: str
    group_id: bytes
    members: tuple[str, ...]
    url: str = ""
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class TellGone:
    """Tell the home node that a commit left no leaf of these actors, or of this device.

    `seq`: up to where the mailbox was read.
    """

    row: str
    group: str
    ref: str
    actors: tuple[str, ...]
    seq: int


@dataclass(frozen=True, slots=True)
class Fetch:
    """Read the mailbox: what came before ours is there, or will be."""


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell the person of what can never be done, and why (`error`)."""

    events: tuple[ConversationEvent, ...]
    error: Refused


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing can go out now. `reason` is what is in the way: then try again later.

    No reason: nothing is owed, or what is owed waits for a commit that is to come.
    """

    reason: NodeError | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """It is done: the home node has what was sent; the mailbox was read.

    `term`: of its place in the relay's chain. In a later one than the first the relay forgot
    something, and takes what is of any epoch (E2E-3.14).
    """

    term: int = 0


@dataclass(frozen=True, slots=True)
class Created:
    """The home node knows the conversation now, as `ref` and `url`."""

    ref: str
    url: str


@dataclass(frozen=True, slots=True)
class LostRace:
    """Another's commit came first: the group is in `epoch`, where that was said."""

    epoch: int = 0


Carried: TypeAlias = Send | Create | TellGone | Fetch
Next: TypeAlias = Carried | Tell | Wait
Outcome: TypeAlias = Accepted | Created | LostRace | NodeError
