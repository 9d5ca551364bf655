"""Pure: what a device tells its person about conversations."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """`actor`, proven by their MLS leaf, said `text`. `at` is when this device read it (µs)."""

    conversation: str
    id: str
    actor: str
    text: str
    kind: str
    at: int


@dataclass(frozen=True, slots=True)
class MessageChanged:
    """`actor` changed a message of theirs, or took it back: `change` is `edited` or `deleted`, and
    `text` what it says now."""

    conversation: str
    id: str
    actor: str
    change: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class ReactionChanged:
    """`actor` reacted to the message `id` of `author`; or, not `on`, took that away."""

    conversation: str
    id: str
    author: str
    actor: str
    emoji: str
    on: bool
    at: int


@dataclass(frozen=True, slots=True)
class ConversationJoined:
    """This device is in a conversation now; `by` invited it."""

    conversation: str
    by: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MembersChanged:
    """A commit was taken in. Who came, and who went: the same people when it only renewed keys."""

    conversation: str
    added: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GroupChanged:
    """`by` changed a group: who came, who went, its new name ("" where it keeps it), and who has
    another role: actor and role."""

    conversation: str
    by: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    name: str
    roles: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class GroupSpoilt:
    """`by` changed a group as they may not, and why nobody follows: it ended for all (E2E-8.6)."""

    conversation: str
    by: str
    clause: str
    reason: str


@dataclass(frozen=True, slots=True)
class ConversationLeft:
    """This device is out of the conversation: `by` took it out, or it wished so itself."""

    conversation: str
    by: str


@dataclass(frozen=True, slots=True)
class MessageUnreadable:
    """A message that was refused, and why: nobody is left to guess (E2E-5.5).

    `asked_again`: its sender was asked to seal it anew, so that it will come as `MessageReceived`
    (E2E-5.9).
    """

    conversation: str
    clause: str
    reason: str
    asked_again: bool = False


@dataclass(frozen=True, slots=True)
class MessageUndelivered:
    """Words of our own that do not reach all whom they were for, and why; they stay in the history.

    For what `say` itself raises there is none.
    """

    conversation: str
    id: str
    text: str
    clause: str
    reason: str


@dataclass(frozen=True, slots=True)
class ChangeDropped:
    """What we meant to do to a group will not be done, or others did it already (`clause` DEV-4.5).

    `change` is `add`, `remove` or `leave`, and `actors` are those it was about.
    """

    conversation: str
    change: str
    actors: tuple[str, ...]
    clause: str
    reason: str


@dataclass(frozen=True, slots=True)
class ConversationBehind:
    """Commits of the conversation are gone before this device had them: it asked the others to take
    it back in. What is said meanwhile is kept."""

    conversation: str


@dataclass(frozen=True, slots=True)
class ConversationUnanswered:
    """Nobody took this device back for an hour: they are away, or a change that nobody can read
    ended the conversation. What is said can go on in a new one (`go_on`)."""

    conversation: str


@dataclass(frozen=True, slots=True)
class ConversationCaughtUp:
    """Others took this device back in. `asked_again` messages that it could not read were asked
    for; of what never reached it nobody can tell."""

    conversation: str
    asked_again: int


@dataclass(frozen=True, slots=True)
class MessageReturned:
    """Words of ours that no device of `actor` took; they are kept.

    `reason`: `not_fetched` (they waited for 30 days) and `not_delivered` (their server took nothing
    for 7 days) go out again once their device is heard; `no_device` and `new_device` when our
    person goes on with their new one. `refused`: their server takes no such words of ours.
    """

    conversation: str
    id: str
    text: str
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class WordsUnfetched:
    """No device of `actor` has fetched what was said there `since` that day (UTC; the second in
    which it began), as their node says. It waits at that node, and is sent; whether somebody reads
    it nobody can tell."""

    conversation: str
    actor: str
    since: int


@dataclass(frozen=True, slots=True)
class NoDeviceLeft:
    """No device of `actor` can read the conversation any more. `has_new`: they have another one,
    which nothing adds by itself."""

    conversation: str
    actor: str
    has_new: bool


@dataclass(frozen=True, slots=True)
class NodeRestored:
    """Our node was put back from a copy: what it took in since then may be lost.

    It is of no conversation alone: `conversation` is "".
    """

    conversation: str = ""


@dataclass(frozen=True, slots=True)
class ArchiveHeld:
    """What is said is not kept in the archive for now, and why; talk goes on.

    It is of no conversation alone: `conversation` is "".
    """

    clause: str
    reason: str
    conversation: str = ""


@dataclass(frozen=True, slots=True)
class ArchiveMissing:
    """So many messages are not in the archive, and never come there; they are in the history here.

    It is of no conversation alone: `conversation` is "".
    """

    count: int
    conversation: str = ""


@dataclass(frozen=True, slots=True)
class KeysHeld:
    """What is in the way of the account's keys; talk goes on.

    It is of no conversation alone: `conversation` is "".
    """

    clause: str
    reason: str
    conversation: str = ""


@dataclass(frozen=True, slots=True)
class DeviceDoubted:
    """A device of `actor` is not spoken to, and why: it takes part in the conversation, or was to
    be added (`conversation` is ""). Nothing is said there until that ends. `seen` is the line of
    KEY-5.2, or `stops.OWN`; `reason` says it, and what to do, as people who have `kith` read it."""

    conversation: str
    actor: str
    seen: str
    reason: str


@dataclass(frozen=True, slots=True)
class DoubtSettled:
    """Every device of `actor` in the conversation may be spoken to again, or is out of it."""

    conversation: str
    actor: str


@dataclass(frozen=True, slots=True)
class KeysChanged:
    """`actor` has another list of devices, signed by their own keys: how many came and went.

    It is of no conversation alone: `conversation` is "".
    """

    actor: str
    came: int
    went: int
    conversation: str = ""


ConversationEvent: TypeAlias = (
    MessageReceived
    | MessageChanged
    | ReactionChanged
    | ConversationJoined
    | MembersChanged
    | GroupChanged
    | GroupSpoilt
    | ConversationLeft
    | MessageUnreadable
    | MessageUndelivered
    | ChangeDropped
    | NodeRestored
    | MessageReturned
    | WordsUnfetched
    | NoDeviceLeft
    | ConversationBehind
    | ConversationUnanswered
    | ConversationCaughtUp
    | ArchiveHeld
    | ArchiveMissing
    | KeysHeld
    | DeviceDoubted
    | DoubtSettled
    | KeysChanged
)
