"""`kith history`, `kith search`: the archive at the home node, a copy in a file, words."""

import os
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from node.client.cli.command import CommandContext, verb
from node.client.cli.out import moment, moment_of_micros
from node.client.conversation_events import ArchiveHeld, ArchiveMissing
from node.client.history import ArchiveHere, Exported
from node.client.restoring import Restored
from node.errors import Conflict, Malformed
from node.wire.api.archive import ArchiveSummary
from node.wire.times import from_micros

PRICE = (
    "From now on what you say and hear is kept at your server, sealed: it cannot read it. Whoever"
    " gets one of your devices, and what your server keeps, could read all of it."
)

GAP = (
    "too many waited, or they were in a form that no archive keeps. Copy them: kith history export"
)


class Action(StrEnum):
    """What is done with the history."""

    STATUS = "status"
    ON = "on"
    OFF = "off"
    FETCH = "fetch"
    EXPORT = "export"


def register(app: typer.Typer) -> None:
    """The commands of this page."""
    verb(app, "history")(history)
    verb(app, "search")(search)


async def history(
    context: CommandContext,
    action: Annotated[Action, typer.Argument(help="What to do.")] = Action.STATUS,
    file: Annotated[str, typer.Argument(help="Of export: the file to write.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Of off: do not ask.")] = False,
) -> None:
    """Your history at your server, sealed: on, off, fetch; or a copy of it here: export FILE."""
    if (not file) == (action is Action.EXPORT):
        raise typer.BadParameter("say where to: kith history export FILE; no other takes a file")
    # What is in the way of the archive these say themselves, or end it.
    told = action in (Action.STATUS, Action.ON, Action.OFF)
    async with context.kith(*((ArchiveHeld, ArchiveMissing) if told else ())) as kith:
        match action:
            case Action.EXPORT:
                count = _write(await kith.export_history(), Path(file))
                context.out.done(f"{count} messages are in {file}.", {"messages": count})
            case Action.FETCH:
                _fetched(context, await kith.fetch_history(lambda came: _progress(context, came)))
            case Action.STATUS:
                _status(context, await kith.archive(), await kith.archive_here())
            case Action.ON:
                shown = await kith.keep_history(True)
                context.out.done(PRICE, shown)
            case Action.OFF:
                _ask(context, yes)
                shown = await kith.keep_history(False)
                context.out.done("Nothing is kept any more; what was is being removed.", shown)


def _ask(context: CommandContext, yes: bool) -> None:
    told = "All that your server keeps of your history is removed, for ever. Say --yes."
    if not yes and (context.out.json or not typer.confirm("Remove the archive at your server?")):
        raise Malformed("API-9.9", told)


def _status(context: CommandContext, found: ArchiveSummary, here: ArchiveHere) -> None:
    if context.out.json:
        context.out.value({**msgspec.structs.asdict(found), **msgspec.structs.asdict(here)})
        return
    context.out.say(
        f"{found.records} records, {found.bytes / 2**20:.1f} MiB of {found.limit_bytes // 2**20}."
    )
    if not found.on:
        context.out.say("The archive of your account is switched off: kith history on")
    elif not here.this_device:
        context.out.say("This device keeps nothing there: kith history on")
    _not_there(context, here)


def _not_there(context: CommandContext, here: ArchiveHere) -> None:
    if here.waiting:
        context.out.say(f"{here.waiting} of this device wait to be kept there.")
    if here.held:
        until = f" It is tried again at {moment(here.held_until)}." if here.held_until else ""
        context.out.say(f"They do not go out: {here.held}.{until}", "yellow")
    if here.missing:
        context.out.say(f"{_many(here.missing)} missing there, and only here: {GAP}", "yellow")


def _progress(context: CommandContext, came: Restored) -> None:
    if not context.out.json:
        context.out.say(f"{came.new + came.known} messages …", "dim")


def _fetched(context: CommandContext, came: Restored) -> None:
    context.out.is_done = True
    if context.out.json:
        context.out.value(came)
        return
    context.out.say(f"{came.new} messages came, {came.known} were here.")
    if came.locked:
        many = _many(came.locked)
        context.out.say(
            f"{many} missing here: sealed with keys that this device does not have.", "yellow"
        )
    if came.over:
        context.out.say(f"{_many(came.over)} disappeared.", "dim")
    if came.broken:
        context.out.say(
            f"{_many(came.broken)} missing here: your server gave what is none of your records.",
            "yellow",
        )


def _many(count: int) -> str:
    return f"{count} messages are" if count > 1 else "1 message is"


def _write(lines: Iterable[Exported], path: Path) -> int:
    """Into a new file for this user's eyes alone; whole, or not at all. How many lines."""
    if path.exists():
        raise Conflict("API-9.9", f"{path} is there already: choose another name")
    fresh = path.with_name(f"{path.name}.part")
    count = 0
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            for line in lines:
                file.write(msgspec.json.encode(line) + b"\n")
                count += 1
        fresh.rename(path)
    finally:
        fresh.unlink(missing_ok=True)
    return count


async def search(
    context: CommandContext,
    words: Annotated[list[str], typer.Argument(help="Words, or their beginnings.")],
    who: Annotated[str, typer.Option("--with", help="Only with @name@server.")] = "",
    most: Annotated[int, typer.Option("--most", min=1, help="So many, the newest.")] = 50,
) -> None:
    """Find messages in which all the words stand, the newest last."""
    async with context.kith() as kith:
        found = await kith.search(" ".join(words), who, most)
        names = await kith.names()
    if context.out.json:
        items = [
            {
                "conversation": one.conversation,
                "id": one.message.id,
                "actor": one.message.actor,
                "text": one.message.text,
                "at": from_micros(one.message.at),
            }
            for one in found
        ]
        context.out.value({"items": items})
        return
    if not found:
        context.out.say("Nothing was found.")
    for one in reversed(found):
        name = names.get(one.message.actor, one.message.actor)
        context.out.say(f"{moment_of_micros(one.message.at)} {name}: {one.message.text}")
