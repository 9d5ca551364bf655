"""Pure: what a device tells its person about conversations."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Said:
    """`actor`, proven by their MLS leaf, said `text`. `at` is when this device read it (µs)."""

    conversation: str
    id: str
    actor: str
    text: str
    kind: str
    at: int


@dataclass(frozen=True, slots=True)
class Joined:
    """This device is in a conversation now; `by` invited it."""

    conversation: str
    by: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """Who takes part has changed."""

    conversation: str
    added: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Left:
    """This device was taken out of the conversation."""

    conversation: str
    by: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message that was refused, and why: nobody is left to guess (E2E-5.5).

    `asked_again`: its sender was asked to seal it anew, so that it will come as `Said` (E2E-5.9).
    """

    conversation: str
    clause: str
    reason: str
    asked_again: bool = False


@dataclass(frozen=True, slots=True)
class Unsent:
    """Words of our own that do not reach all whom they were for, and why; they stay in the history.

    For what `say` itself raises there is none.
    """

    conversation: str
    id: str
    text: str
    clause: str
    reason: str


Happening = Said | Joined | Changed | Left | Unreadable | Unsent
