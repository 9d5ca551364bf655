"""What happened in conversations, told by whichever command heard of it: each is told once."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict
from datetime import datetime

from node.client.cli import said, trust
from node.client.cli.out import Out, day
from node.client.conversation_events import (
    ArchiveHeld,
    ArchiveMissing,
    ChangeDropped,
    ConversationBehind,
    ConversationCaughtUp,
    ConversationEvent,
    ConversationJoined,
    ConversationLeft,
    ConversationUnanswered,
    DeviceDoubted,
    DoubtSettled,
    GroupChanged,
    GroupSpoilt,
    KeysChanged,
    KeysHeld,
    MembersChanged,
    MessageChanged,
    MessageReceived,
    MessageReturned,
    MessageUndelivered,
    MessageUnreadable,
    NodeRestored,
    NoDeviceLeft,
    ReactionChanged,
    WordsUnfetched,
)
from node.client.kith import Message
from node.wire.times import from_micros, from_seconds

# What programs read as `kind` of an event, with --json.
KINDS: Mapping[type[ConversationEvent], str] = {
    MessageReceived: "said",
    MessageChanged: "rewritten",
    ReactionChanged: "reacted",
    ConversationJoined: "joined",
    MembersChanged: "changed",
    ConversationLeft: "left",
    MessageUnreadable: "unreadable",
    MessageUndelivered: "unsent",
    ChangeDropped: "dropped",
    NodeRestored: "restored",
    ConversationBehind: "behind",
    ConversationUnanswered: "unanswered",
    ConversationCaughtUp: "caught_up",
    MessageReturned: "returned",
    NoDeviceLeft: "no_device",
    WordsUnfetched: "unfetched",
    ArchiveHeld: "archive_held",
    ArchiveMissing: "archive_missing",
    GroupChanged: "group",
    GroupSpoilt: "ended",
    KeysHeld: "keys_held",
    DeviceDoubted: "doubted",
    DoubtSettled: "settled",
    KeysChanged: "keys_changed",
}

PLAIN: Mapping[type[ConversationEvent], str] = {
    NodeRestored: "Your server was put back from a copy: messages that arrived after that copy, and"
    " that none of your devices had read, may be lost. The talk goes on by itself.",
    ConversationBehind: "This device missed changes of the conversation that are gone. It asked the"
    " others to take it back in; what you say now is kept and goes out then.",
    ConversationUnanswered: "Nobody has taken this device back into the conversation for an hour."
    " Either they are away, and it goes on when they are back; or a change that nobody can read"
    " ended it. With one person it goes on in a new one, with what you said meanwhile, when you say"
    " so: kith chat NAME --go-on."
    " With more than two people, begin a new conversation.",
}

HELD: Mapping[type[ConversationEvent], str] = {
    ArchiveHeld: "Your archive takes nothing for now",
    KeysHeld: "The keys of your account wait",
}

RETURNED: Mapping[str, str] = {
    "no_device": "{name} is logged in nowhere",
    "new_device": "it went to a device that {name} has no more",
    "not_fetched": "{name} did not read it for 30 days; it is said again when they are back",
    "not_delivered": "{name}'s server took nothing for 7 days; it is said again when they are back",
    "refused": "{name}'s server refuses it; it is not sent there again",
}
TROUBLES = (
    *PLAIN,
    ConversationCaughtUp,
    MessageUnreadable,
    MessageUndelivered,
    ChangeDropped,
    GroupSpoilt,
    MessageReturned,
    NoDeviceLeft,
    WordsUnfetched,
    ArchiveHeld,
    ArchiveMissing,
    KeysHeld,
    DeviceDoubted,
    DoubtSettled,
    KeysChanged,
)
SPOILT = (
    "{name} changed this group without the right to ({why}). Nobody follows that, and a group goes"
    " on in no other way: it ended for everybody. Begin a new one without them: kith group new"
)
UNSAID = "that a message was changed, taken back or reacted to"


def tell(
    out: Out,
    heard: Iterable[ConversationEvent],
    name_of: Callable[[str], str],
    but: Collection[type[ConversationEvent]] = (),
) -> None:
    """Tell the troubles of what was `heard`; for programs beside what the command answers.

    What merely came is in the history; what the command says itself is not told (`but`).
    """
    for one in heard:
        if not isinstance(one, TROUBLES) or type(one) in but:
            continue
        if out.json:
            out.aside(shown(one))
        else:
            out.say(trouble(one, name_of), "yellow")


def elsewhere(
    out: Out, one: ConversationEvent, others: Iterable[str], name_of: Callable[[str], str]
) -> None:
    """Tell a trouble of another conversation than the one that is on the screen, in one line."""
    if out.json:
        out.aside(shown(one))
        return
    names = ", ".join(map(name_of, others))
    where = f"In your conversation with {names}" if names else "In a conversation that ended"
    out.say(f"{where}: {trouble(one, name_of)}", "yellow")


def shown(one: ConversationEvent) -> dict[str, object]:
    """An event as JSON has it."""
    return {"kind": KINDS[type(one)], "data": _data(one)}


def trouble(one: ConversationEvent, name_of: Callable[[str], str]) -> str:
    """An event of `TROUBLES` in a sentence or two."""
    if isinstance(one, NoDeviceLeft):
        return _no_device(name_of(one.actor), one.has_new)
    if isinstance(one, WordsUnfetched):
        return unfetched(name_of(one.actor), from_seconds(one.since))
    if isinstance(one, MessageReturned):
        why = RETURNED[one.reason].format(name=name_of(one.actor))
        return f"Kept, not read: {one.text} ({why})"
    if text := PLAIN.get(type(one), "") or _of_account(one) or trust.told(one, name_of):
        return text
    if isinstance(one, ConversationCaughtUp):
        return _caught_up(one.asked_again)
    if isinstance(one, MessageUndelivered | ChangeDropped | GroupSpoilt):
        return _undone(one, name_of)
    assert isinstance(one, MessageUnreadable), "what else there is has a line of its own"
    hope = "; it was asked for again" if one.asked_again else ""
    return f"A message could not be read: {one.reason}{hope}"


def _undone(
    one: MessageUndelivered | ChangeDropped | GroupSpoilt, name_of: Callable[[str], str]
) -> str:
    if isinstance(one, MessageUndelivered):
        return f"Not sent to all: {one.text or UNSAID} ({one.reason})"
    if isinstance(one, ChangeDropped):
        return f"Not done: {one.change} ({one.reason})"
    return SPOILT.format(name=name_of(one.by), why=one.reason)


def changed(
    one: MessageChanged | ReactionChanged, seen: Message | None, name_of: Callable[[str], str]
) -> str:
    """What happened to a message, which is shown as it stands."""
    who, text = name_of(one.actor), " ".join(said.words(seen.row).split()) if seen else "a message"
    if isinstance(one, MessageChanged):
        deleted = f"{who} took a message back."
        return deleted if one.change == "deleted" else f"{who} changed a message: {one.text}"
    return (
        f"{who} reacted {one.emoji} to: {text}"
        if one.on
        else f"{who} took {one.emoji} from: {text}"
    )


def unfetched(name: str, since: datetime) -> str:
    """What waits at the server of one whose devices fetch nothing."""
    return (
        f"No device of {name} has fetched what was said since {day(since)}: they are"
        " away, or the device is lost. It waits at their server, for 30 days at most."
    )


def _no_device(name: str, has_new: bool) -> str:
    if not has_new:
        return (
            f"{name} has no device any more that could read this conversation. What you say is kept"
            f" until they log in somewhere; then: kith chat {name} --go-on"
        )
    return (
        f"{name} has a new device, and none that could read this conversation. What you say is"
        f" kept. Ask them by another way whether it is theirs, then: kith chat {name} --go-on"
    )


def _caught_up(asked_again: int) -> str:
    missed = "Messages from the time it was away that your server no longer has are lost."
    if asked_again:
        many = f"{asked_again} messages" if asked_again > 1 else "A message"
        missed = f"{many} that it could not read: asked for again. Older ones may be lost."
    return f"This device is back in the conversation. {missed}"


def _of_account(one: ConversationEvent) -> str:
    """What is of no conversation alone; nothing of any other event."""
    if isinstance(one, ArchiveMissing):
        return f"Not all that was said here is in your archive, {one.count} missing: kith history"
    if isinstance(one, ArchiveHeld | KeysHeld):
        return f"{HELD[type(one)]}: {one.reason}. Talk goes on."
    return ""


def _data(one: ConversationEvent) -> dict[str, object]:
    if isinstance(one, WordsUnfetched):
        return asdict(one) | {"since": from_seconds(one.since)}
    if isinstance(one, MessageReceived | MessageChanged | ReactionChanged):
        return asdict(one) | {"at": from_micros(one.at)}
    return asdict(one)
