"""`kith mute`, `unmute`, `mutes`: whom and what one does not want to hear of (spec INB-11)."""

import re
from typing import Annotated

import typer

from node.client.cli.command import CommandContext, verb
from node.client.cli.out import moment
from node.wire.api.mutes import MuteOf, MuteView

SPAN = re.compile(r"(\d{1,6})([mhd])")
SECONDS = {"m": 60, "h": 3600, "d": 86400}
What = Annotated[str, typer.Argument(help="@name@server, a post with --thread, or a word.")]
Thread = Annotated[bool, typer.Option("--thread", help="The thread of a post: its id or number.")]
Word = Annotated[bool, typer.Option("--word", help="A word in what others write.")]


def register(app: typer.Typer) -> None:
    """The commands of this page."""
    verb(app, "mute")(mute)
    verb(app, "unmute")(unmute)
    verb(app, "mutes")(mutes)


def span(text: str) -> int:
    """A span in seconds: `30m`, `12h`, `7d`."""
    found = SPAN.fullmatch(text)
    if found is None:
        raise typer.BadParameter(f"{text} is no span: say 30m, 12h or 7d")
    return int(found[1]) * SECONDS[found[2]]


def _kind(thread: bool, word: bool) -> MuteOf:
    if thread and word:
        raise typer.BadParameter("choose --thread or --word")
    return "thread" if thread else "word" if word else "person"


async def mute(
    context: CommandContext,
    what: What,
    seconds: Annotated[
        int | None, typer.Option("--for", parser=span, metavar="SPAN", help="30m, 12h, 7d.")
    ] = None,
    thread: Thread = False,
    word: Word = False,
) -> None:
    """Hear no more of somebody, a thread or a word, for a time or for good. Nobody learns of it."""
    kind = _kind(thread, word)
    async with context.kith() as kith:
        made = await kith.mute(context.id(what) if kind == "thread" else what, kind, seconds)
    until = f" until {moment(made.until)}" if made.until else ""
    context.out.done(f"{_name(made)} is muted{until}.", made)


async def unmute(
    context: CommandContext, what: What, thread: Thread = False, word: Word = False
) -> None:
    """Take a mute back."""
    kind = _kind(thread, word)
    async with context.kith() as kith:
        of = context.id(what) if kind == "thread" else what
        await kith.unmute(of, kind)
    context.out.done("It is muted no more.", {"unmuted": of})


async def mutes(context: CommandContext) -> None:
    """Whom and what you mute."""
    async with context.kith() as kith:
        found = await kith.mutes()
    if context.out.json:
        context.out.value({"items": found})
        return
    for one in found:
        until = f"until {moment(one.until)}" if one.until else ""
        context.out.say(f"{one.kind:7} {_name(one)}  {until}".rstrip())
    if not found:
        context.out.say("You mute nobody and nothing.", "dim")


def _name(one: MuteView) -> str:
    return one.person.handle or one.ref if one.person else one.ref
