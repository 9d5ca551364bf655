"""`kith chat`, `kith events`."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from node.client import rows
from node.client.cli import files, groups, said, telling, trust
from node.client.cli.command import CommandContext, verb
from node.client.cli.out import moment_of_micros
from node.client.cli.terminal import Typing, as_found
from node.client.conversation_events import (
    ConversationEvent,
    ConversationJoined,
    ConversationLeft,
    GroupChanged,
    MembersChanged,
    MessageChanged,
    MessageReceived,
    ReactionChanged,
)
from node.client.kith import Event, Kith, Message
from node.client.roster_rows import LineRow
from node.client.rows import MessageRow
from node.errors import NodeError, Refused
from node.exit_codes import KEPT, OK

SHOWN_AT_START = 10
KEPT_UNTIL = "It goes out by itself while kith chat runs, or the next time it does."


def register(app: typer.Typer) -> None:
    """The commands of this page."""
    verb(app, "chat")(chat)
    verb(app, "events")(events)


async def chat(
    context: CommandContext,
    who: Annotated[
        str, typer.Argument(help="@name@server, @name of a friend, or the name of a group.")
    ] = "",
    send: Annotated[str, typer.Option("--send", help="Say this and end.")] = "",
    history: Annotated[bool, typer.Option("--history", help="Show all and end.")] = False,
    follow: Annotated[bool, typer.Option("--follow", help="Only print what comes.")] = False,
    reply: Annotated[str, typer.Option("--reply", help="Of --send: it answers this message.")] = "",
    edit: Annotated[str, typer.Option("--edit", help="Change own words to those of --send.")] = "",
    delete: Annotated[str, typer.Option("--delete", help="Take own words back.")] = "",
    react: Annotated[tuple[str, str], typer.Option("--react", help="ID and EMOJI.")] = ("", ""),
    unreact: Annotated[tuple[str, str], typer.Option(help="ID and EMOJI.")] = ("", ""),
    go_on: Annotated[bool, typer.Option("--go-on", help="Go on in a new conversation.")] = False,
    attach: Annotated[
        list[str] | None, typer.Option("--attach", help="Send this file; once for each.")
    ] = None,
    as_is: Annotated[
        bool, typer.Option("--as-is", help="Of --attach: with all that files say of themselves.")
    ] = False,
    save: Annotated[str, typer.Option("--save", help="Save the files of this message.")] = "",
    to: Annotated[str, typer.Option("--to", help="Of --save: the folder, or a new file.")] = ".",
) -> int:
    """Sealed messages: what you type is said, what comes is printed. Ctrl-D ends it.

    With --send it ends with 0 when it is sent, and with 4 when it is only kept; so it does with
    what is done to a message. Messages are named by their id, as --history --json has it, by its
    beginning, or as last. What pictures, videos and sound say of where they were made is taken out.
    """
    deeds = said.Deeds(reply, edit, delete, react, unreact)
    deeds.check(send, bool(attach))
    if not (who or follow):
        raise typer.BadParameter("say with whom: kith chat @name@server; or --follow for everybody")
    async with context.kith() as kith:
        if save:
            return await files.save(context, kith, who, save, Path(to))
        screen = ChatScreen(context, kith, await kith.names())
        if go_on:
            screen.went_on(who, await kith.go_on(who))
        if attach:
            return await screen.attach(who, deeds, attach, send, as_is)
        if send or deeds.some:
            return await screen.once(who, deeds, send)
        await screen.show(who, history, go_on, follow)
    return OK


async def events(
    context: CommandContext,
    after: Annotated[str, typer.Option(help="Begin behind this event's id.")] = "",
) -> None:
    """Print events as they come, a JSON line each; sealed messages stay sealed."""
    async with context.kith() as kith, aclosing(kith.events(after)) as found:
        async for event in found:
            context.out.value(event)
            context.out.check_read()


def _place(one: Message | LineRow) -> tuple[int, int, int]:
    return rows.place(one.row) if isinstance(one, Message) else (one.number, 0, one.number)


def go_on_unread() -> None:
    """Who talks is heard, whether they read or not."""


class ChatScreen:
    """One conversation on a terminal, or all of them."""

    def __init__(self, context: CommandContext, kith: Kith, names: Mapping[str, str]) -> None:
        self._context = context
        self._kith = kith
        self._names = names
        self._typing = Typing()
        self._where = ""  # the group that what is heard is of, where all is heard

    async def meet(self, who: str) -> None:
        """Talk until the input ends."""
        them = await self.them(who)
        await self.past(them, SHOWN_AT_START)
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

    async def past(self, who: str, most: int = 0) -> None:
        """What was said, and who came and went; the `most` last of it."""
        late = await self._kith.unfetched(who)
        said: list[Message | LineRow] = [*await self._kith.messages(who)]
        found = sorted([*said, *await self._kith.group_lines(who)], key=_place)
        for one in found[-most:]:
            if isinstance(one, Message):
                self.row(one, late.get(one.row.id, {}))
            else:
                groups.row(self._context.out, one, self._name)

    async def standings(self, them: str) -> None:
        """What is to be known of those who read it."""
        for actor, one in (await self._kith.standings(them)).items():
            if (line := trust.line(self._name(actor), one)) and not self._context.out.json:
                self._context.out.say(line, "yellow" if trust.is_stop(one) else "dim")

    async def show(self, who: str, history: bool, only_troubles: bool, follow: bool) -> None:
        """What was said, or is said from now on."""
        if history:
            await self._history(who)
        elif only_troubles:
            await self.troubles()
        elif follow:
            await self.hear(await self.them(who) if who else "", self._context.out.check_read)
        else:
            with as_found():
                await self.meet(who)

    async def _history(self, who: str) -> None:
        await self.past(who)
        await self.standings(who)
        await self.troubles()

    async def attach(
        self, who: str, deeds: said.Deeds, paths: Sequence[str], text: str, as_is: bool
    ) -> int:
        """Say it with files and end, as `send` does."""
        answers = await said.meant(self._kith, who, deeds.reply) if deeds.reply else None
        words = await files.attach(self._context, self._kith, who, paths, text, answers, as_is)
        return await self.outcome(words, who, who)

    async def once(self, who: str, deeds: said.Deeds, text: str) -> int:
        """Say something, or do something to a message, and end."""
        if deeds.some:
            return await self.do(who, deeds, text)
        return await self.send(who, text, deeds.reply)

    async def do(self, who: str, deeds: said.Deeds, text: str) -> int:
        """Do something to a message and end, as `send` does."""
        message, act = await deeds.do(self._kith, who, text)
        if act is None:
            found = await self._kith.history(who)
            now = next((row for row in found if said.is_same(row, message)), None)
            told, waits = said.silent(message, now)
            self._context.out.done(told, {"id": message.id, **({"state": "kept"} if waits else {})})
            return KEPT if waits else OK
        await self.sent(act, who)
        await self.troubles()
        return OK if act.sent else KEPT

    async def send(self, who: str, text: str, reply: str = "") -> int:
        """Say it and end: whether it is sent, or kept, is the exit code."""
        answers = await said.meant(self._kith, who, reply) if reply else None
        conversation = await self._kith.talk_to(who)
        of = (answers.id, answers.actor) if answers else ("", "")
        said_now = await self._kith.say(conversation, text, *of)
        return await self.outcome(said_now, conversation, who)

    async def outcome(self, words: MessageRow, conversation: str, who: str) -> int:
        """It was said there: whether it is sent, or kept."""
        # It may have come back at once: nobody there can read it. It is sent or kept by now: who
        # reads that this failed would say it twice.
        with suppress(NodeError):
            await self._kith.catch_up()
        row = await self._as_it_stands(words, conversation, who)
        await self.sent(row, conversation)
        await self.troubles()
        return OK if row.sent else KEPT

    async def _as_it_stands(self, words: MessageRow, conversation: str, who: str) -> MessageRow:
        """The words now: the conversation may have gone on elsewhere, and they with it."""
        for where in (conversation, who):
            with suppress(NodeError):
                for row in await self._kith.history(where):
                    if row.id == words.id:
                        return row
        return words

    def went_on(self, who: str, count: int) -> None:
        """A new conversation, or one that they began, takes what was kept."""
        kept = f"{count} kept messages are said there." if count else "Nothing was kept."
        self._context.out.done(f"You go on with the device {who} has now. {kept}", {"said": count})

    async def them(self, who: str) -> str:
        """The other's actor id, whichever conversation they go on in; a group stays itself."""
        conversation = await self._kith.talk_to(who)
        members = (await self._kith.conversations()).get(conversation, [])
        others = [actor for actor in members if actor != self._kith.actor]
        is_pair = len(others) == 1 and await self._kith.group(conversation) is None
        return others[0] if is_pair else conversation

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

    async def hear(self, them: str, check: Callable[[], None] = go_on_unread) -> None:
        """Print what comes from `them`, or from all; `check` looks whether it is read."""
        async with aclosing(self._kith.listen()) as heard:
            async for one in heard:
                if isinstance(one, Event):
                    continue
                if them and not await self._is_of(one, them):
                    await self._tell_elsewhere(one)
                elif not await self._is_of_devices(one):
                    shown = await self._seen(one)
                    self._where = "" if them else await self._group_of(one)
                    with self._typing.above():
                        self._tell(one, shown)
                check()

    async def _is_of_devices(self, one: ConversationEvent) -> bool:
        """Of a group it is told who came, not which devices did."""
        if isinstance(one, ConversationJoined | GroupChanged):
            with suppress(NodeError):  # who came has a name, too
                self._names = await self._kith.names()
        return isinstance(one, MembersChanged) and bool(await self._group_of(one))

    async def _group_of(self, one: ConversationEvent) -> str:
        """What the group is called that it is about; "" where it is none."""
        shape = await self._kith.group(one.conversation) if one.conversation else None
        return shape.name if shape else ""

    async def _seen(self, one: ConversationEvent) -> Message | None:
        """The message that it is about, as it stands."""
        if isinstance(one, ReactionChanged):
            return await self._kith.message(one.conversation, one.author, one.id)
        if isinstance(one, MessageReceived | MessageChanged):
            return await self._kith.message(one.conversation, one.actor, one.id)
        return None

    async def _is_of(self, one: ConversationEvent, them: str) -> bool:
        return not one.conversation or one.conversation in await self._kith.conversations_with(them)

    async def _tell_elsewhere(self, one: ConversationEvent) -> None:
        """What merely came there is in its history; what is to be known is said here."""
        if not isinstance(one, telling.TROUBLES):
            return
        members = (await self._kith.conversations()).get(one.conversation, [])
        others = [actor for actor in members if actor != self._kith.actor]
        with self._typing.above():
            telling.elsewhere(self._context.out, one, others, self._name)

    async def troubles(self) -> None:
        """What is to be known of conversations, where nobody listens."""
        telling.tell(self._context.out, await self._kith.told(), self._name)

    async def sent(self, row: MessageRow, who: str) -> None:
        """Our own words are out, or wait for what is in the way."""
        self._context.out.is_done = True
        why = "" if row.sent else await self._kith.in_the_way(who)
        late = (await self._kith.unfetched(who)).get(row.id, {}) if row.sent else {}
        if self._context.out.json:
            at = None if row.sent else await self._kith.next_try(who)
            where = (await self._kith.conversations_with(who) or [""])[0]
            self._context.out.value(self._shown(Message(where, row), late, why, at))
        elif not row.sent:
            with self._typing.above():
                reason = f"{why}. " if why else ""
                stopped = any(map(trust.is_stop, (await self._kith.standings(who)).values()))
                until = trust.WHAT_TO_DO.format(who=who) if stopped else KEPT_UNTIL
                self._context.out.say(f"Kept, not sent: {reason}{until}", "yellow")
        elif not self._typing.live:
            self._context.out.say(f"Sent. {self._who_is_late(late)}".rstrip())

    def row(self, one: Message, late: Mapping[str, datetime]) -> None:
        """A line of the history; whose devices are `late`, and since when."""
        row = one.row
        if self._context.out.json:
            self._context.out.value(self._shown(one, late))
            return
        where = "  (sent, not fetched)" if late else ""
        where = where if row.sent else "  (waits)"
        text = said.before(one) + said.words(row)
        self._line(row.at, row.actor, text, said.behind(one) + where)

    def _who_is_late(self, late: Mapping[str, datetime]) -> str:
        return " ".join(telling.unfetched(self._name(actor), at) for actor, at in late.items())

    def _shown(
        self,
        one: Message,
        late: Mapping[str, datetime],
        reason: str = "",
        next_try: datetime | None = None,
    ) -> dict[str, object]:
        """A message as JSON has it, and where it is."""
        row = one.row
        waits = row.sent and bool(late)
        return {
            **said.as_json(one, self._names),
            "state": "unfetched" if waits else "sent" if row.sent else "kept",
            "reason": self._who_is_late(late) if waits else reason,
            "next_try": next_try,
        }

    def _line(self, at: int, actor: str, text: str, behind: str = "") -> None:
        style = "cyan" if actor == self._kith.actor else "green"
        name = self._names.get(actor, actor)
        name = f"{name} in {self._where}" if self._where else name
        self._context.out.say(f"{moment_of_micros(at)} {name}: {text}{behind}", style)

    def _tell(self, one: ConversationEvent, seen: Message | None) -> None:
        if self._context.out.json:
            self._context.out.value(telling.shown(one))
            return
        match one:
            case MessageReceived():
                text = said.before(seen) + said.words(seen.row) if seen else one.text
                self._line(one.at, one.actor, text)
            case MessageChanged() | ReactionChanged():
                self._context.out.say(telling.changed(one, seen, self._name), "dim")
            case ConversationJoined():
                what = "opened a conversation with you"
                self._context.out.say(f"{self._name(one.by)} {what}.", "dim")
            case GroupChanged() | MembersChanged():
                if line := groups.line_of(one, self._name):
                    self._context.out.say(line, "dim")
            case ConversationLeft():
                self._context.out.say("You are no longer in this conversation.", "yellow")
            case _:
                self._context.out.say(telling.trouble(one, self._name), "yellow")

    def _name(self, actor: str) -> str:
        return self._names.get(actor, actor)
