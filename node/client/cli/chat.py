"""`kith chat`, `kith events`."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from node.client.cli import advice, trust
from node.client.cli.command import CommandContext, verb
from node.client.cli.out import moment_of_micros
from node.client.cli.terminal import Typing, as_found
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
    KeysChanged,
    KeysHeld,
    MembersChanged,
    MessageReceived,
    MessageReturned,
    MessageUndelivered,
    MessageUnreadable,
    NodeRestored,
    NoDeviceLeft,
)
from node.client.kith import Event, Kith
from node.client.rows import MessageRow
from node.errors import NodeError, Refused
from node.wire.times import from_micros

SHOWN_AT_START = 10
# What programs read as `kind` of an event, with --json.
KINDS: Mapping[type[ConversationEvent], str] = {
    MessageReceived: "said",
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
    ArchiveHeld: "archive_held",
    ArchiveMissing: "archive_missing",
    KeysHeld: "keys_held",
    DeviceDoubted: "doubted",
    DoubtSettled: "settled",
    KeysChanged: "keys_changed",
}

PLAIN: Mapping[type[ConversationEvent], str] = {
    NodeRestored: "Your server was put back from a copy: what it got for you since that copy was"
    " made, and you had not read, may be lost. The talk goes on by itself.",
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
KEPT_UNTIL = "It goes out by itself while kith chat runs, or the next time it does."
TROUBLES = (
    *PLAIN,
    ConversationCaughtUp,
    MessageUnreadable,
    MessageUndelivered,
    ChangeDropped,
    MessageReturned,
    NoDeviceLeft,
    ArchiveHeld,
    ArchiveMissing,
    KeysHeld,
    DeviceDoubted,
    DoubtSettled,
    KeysChanged,
)


def register(app: typer.Typer) -> None:
    """The commands of this page."""
    verb(app, "chat")(chat)
    verb(app, "events")(events)


async def chat(
    context: CommandContext,
    who: Annotated[str, typer.Argument(help="@name@server, or @name of a friend.")] = "",
    send: Annotated[str, typer.Option("--send", help="Say this and end.")] = "",
    history: Annotated[bool, typer.Option("--history", help="Show all and end.")] = False,
    follow: Annotated[bool, typer.Option("--follow", help="Only print what comes.")] = False,
    go_on: Annotated[bool, typer.Option("--go-on", help="Go on in a new conversation.")] = False,
) -> int:
    """Sealed messages: what you type is said, what comes is printed. Ctrl-D ends it.

    With --send it ends with 0 when it is sent, and with 4 when it is only kept.
    """
    if not (who or follow):
        raise typer.BadParameter("say with whom: kith chat @name@server; or --follow for everybody")
    async with context.kith() as kith:
        screen = ChatScreen(context, kith, await kith.names())
        if go_on:
            screen.went_on(who, await kith.go_on(who))
        if send:
            return await screen.send(who, send)
        if history:
            for row in await kith.history(who):
                screen.row(row)
            await screen.standings(who)
            await screen.troubles()
        elif go_on:
            await screen.troubles()
        elif follow:
            await screen.hear(await screen.them(who) if who else "")
        else:
            with as_found():
                await screen.meet(who)
    return advice.OK


async def events(
    context: CommandContext,
    after: Annotated[str, typer.Option(help="Begin behind this event's id.")] = "",
) -> None:
    """Print events as they come, a JSON line each; sealed messages stay sealed."""
    async with context.kith() as kith, aclosing(kith.events(after)) as found:
        async for event in found:
            context.out.value(event)


class ChatScreen:
    """One conversation on a terminal, or all of them."""

    def __init__(self, context: CommandContext, kith: Kith, names: Mapping[str, str]) -> None:
        self._context = context
        self._kith = kith
        self._names = names
        self._typing = Typing()

    async def meet(self, who: str) -> None:
        """Talk until the input ends."""
        them = await self.them(who)
        for row in (await self._kith.history(them))[-SHOWN_AT_START:]:
            self.row(row)
        if self._typing.live:
            self._context.out.say(f"You write to {who}, sealed. Ctrl-D ends it.", "dim")
        await self.standings(them)
        hearing = asyncio.create_task(self.hear(them))
        talking = asyncio.create_task(self._speak(them))
        try:
            done, _ = await asyncio.wait({hearing, talking}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                await task
        finally:
            hearing.cancel()
            talking.cancel()
            await asyncio.wait({hearing, talking})

    async def standings(self, them: str) -> None:
        """What is to be known of those who read it."""
        for actor, one in (await self._kith.standings(them)).items():
            if (said := trust.line(self._name(actor), one)) and not self._context.out.json:
                self._context.out.say(said, "yellow" if trust.is_stop(one) else "dim")

    async def send(self, who: str, text: str) -> int:
        """Say it and end: whether it is sent, or kept, is the exit code."""
        try:
            conversation = await self._kith.talk_to(who)
            said = await self._kith.say(conversation, text)
        except NodeError:
            await self.troubles()  # what was kept earlier is told, whatever ends these words
            raise
        # It may have come back at once: nobody there can read it. It is sent or kept by now: who
        # reads that this failed would say it twice.
        with suppress(NodeError):
            await self._kith.catch_up()
        row = await self._as_it_stands(said, conversation, who)
        await self.sent(row, conversation)
        await self.troubles()
        return advice.OK if row.sent else advice.KEPT

    async def _as_it_stands(self, said: MessageRow, conversation: str, who: str) -> MessageRow:
        """The words now: the conversation may have gone on elsewhere, and they with it."""
        for where in (conversation, who):
            with suppress(NodeError):
                for row in await self._kith.history(where):
                    if row.id == said.id:
                        return row
        return said

    def went_on(self, who: str, count: int) -> None:
        """A new conversation, or one that they began, takes what was kept."""
        said = f"{count} kept messages are said there." if count else "Nothing was kept."
        self._context.out.done(f"You go on with the device {who} has now. {said}", {"said": count})

    async def them(self, who: str) -> str:
        """The other's actor id, whichever conversation they go on in; a group stays itself."""
        conversation = await self._kith.talk_to(who)
        members = (await self._kith.conversations()).get(conversation, [])
        others = [actor for actor in members if actor != self._kith.actor]
        return others[0] if len(others) == 1 else conversation

    async def _speak(self, them: str) -> None:
        async with aclosing(self._typing.lines()) as lines:
            async for line in lines:
                if line.strip():
                    await self._say(them, line)

    async def _say(self, them: str, line: str) -> None:
        try:
            row = await self._kith.say(them, line)
            await self.sent(row, them)
        except Refused as error:
            # One line that is refused does not end the talk.
            with self._typing.above():
                self._context.out.problem(error)

    async def hear(self, them: str) -> None:
        """Print what comes from `them`, or from all."""
        async with aclosing(self._kith.listen()) as heard:
            async for one in heard:
                if isinstance(one, Event) or (them and not await self._is_of(one, them)):
                    continue
                with self._typing.above():
                    self._tell(one)

    async def _is_of(self, one: ConversationEvent, them: str) -> bool:
        return not one.conversation or one.conversation in await self._kith.conversations_with(them)

    async def troubles(self) -> None:
        """What is to be known of conversations, where nobody listens."""
        for one in await self._kith.told():
            if not self._context.out.json and isinstance(one, TROUBLES):
                self._tell(one)

    async def sent(self, row: MessageRow, who: str) -> None:
        """Our own words are out, or wait for what is in the way."""
        why = "" if row.sent else await self._kith.in_the_way(who)
        if self._context.out.json:
            at = None if row.sent else await self._kith.next_try(who)
            self._context.out.value(_shown(row, why, at))
        elif not row.sent:
            with self._typing.above():
                reason = f"{why}. " if why else ""
                stopped = any(map(trust.is_stop, (await self._kith.standings(who)).values()))
                until = trust.WHAT_TO_DO.format(who=who) if stopped else KEPT_UNTIL
                self._context.out.say(f"Kept, not sent: {reason}{until}", "yellow")
        elif not self._typing.live:
            self._context.out.say("Sent.")

    def row(self, row: MessageRow) -> None:
        """A line of the history."""
        if self._context.out.json:
            self._context.out.value(_shown(row))
            return
        self._line(row.at, row.actor, row.text or f"[{row.kind}]", "" if row.sent else "  (waits)")

    def _line(self, at: int, actor: str, text: str, behind: str = "") -> None:
        style = "cyan" if actor == self._kith.actor else "green"
        name = self._names.get(actor, actor)
        self._context.out.say(f"{moment_of_micros(at)} {name}: {text}{behind}", style)

    def _tell(self, one: ConversationEvent) -> None:
        if self._context.out.json:
            self._context.out.value({"kind": KINDS[type(one)], "data": _data(one)})
            return
        match one:
            case MessageReceived():
                self._line(one.at, one.actor, one.text or f"[{one.kind}]")
            case ConversationJoined():
                self._context.out.say(
                    f"{self._name(one.by)} opened a conversation with you.", "dim"
                )
            case MembersChanged():
                came = ", ".join(map(self._name, one.added))
                went = ", ".join(map(self._name, one.removed))
                said = [f"{came} came in" if came else "", f"{went} left" if went else ""]
                if any(said):
                    self._context.out.say(". ".join(filter(None, said)) + ".", "dim")
            case ConversationLeft():
                self._context.out.say("You are no longer in this conversation.", "yellow")
            case _:
                self._context.out.say(_trouble(one, self._name), "yellow")

    def _name(self, actor: str) -> str:
        return self._names.get(actor, actor)


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
    missed = "What came while it was away, and waits no more, is lost."
    if asked_again:
        many = f"{asked_again} messages" if asked_again > 1 else "A message"
        missed = f"{many} that it could not read: asked for again. Older ones may be lost."
    return f"This device is back in the conversation. {missed}"


def _shown(
    row: MessageRow, reason: str = "", next_try: datetime | None = None
) -> dict[str, object]:
    """A message as JSON has it: what only the vault needs stays there."""
    return {
        "id": row.id,
        "actor": row.actor,
        "text": row.text,
        "at": from_micros(row.at),
        "kind": row.kind,
        "sent": row.sent,
        "state": "sent" if row.sent else "kept",
        "reason": reason,
        "next_try": next_try,
    }


def _data(one: ConversationEvent) -> dict[str, object]:
    return asdict(one) | ({"at": from_micros(one.at)} if isinstance(one, MessageReceived) else {})


def _trouble(one: ConversationEvent, name_of: Callable[[str], str]) -> str:
    if isinstance(one, NoDeviceLeft):
        return _no_device(name_of(one.actor), one.has_new)
    if isinstance(one, MessageReturned):
        why = RETURNED[one.reason].format(name=name_of(one.actor))
        return f"Kept, not read: {one.text} ({why})"
    if text := PLAIN.get(type(one), "") or _of_account(one) or trust.told(one, name_of):
        return text
    if isinstance(one, ConversationCaughtUp):
        return _caught_up(one.asked_again)
    if isinstance(one, MessageUndelivered):
        return f"Not sent to all: {one.text} ({one.reason})"
    if isinstance(one, ChangeDropped):
        return f"Not done: {one.change} ({one.reason})"
    assert isinstance(one, MessageUnreadable), "what else there is has a line of its own"
    hope = "; it was asked for again" if one.asked_again else ""
    return f"A message could not be read: {one.reason}{hope}"


def _of_account(one: ConversationEvent) -> str:
    """What is of no conversation alone; nothing of any other event."""
    if isinstance(one, ArchiveMissing):
        return f"Not all that was said here is in your archive, {one.count} missing: kith history"
    if isinstance(one, ArchiveHeld | KeysHeld):
        return f"{HELD[type(one)]}: {one.reason}. Talk goes on."
    return ""
