"""`kith post`, `kith uploads`, `kith watch`."""

import asyncio
import os
import re
import shlex
import shutil
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from node.client.cli.advice import plain_problem
from node.client.cli.command import CommandContext, verb
from node.client.cli.out import moment
from node.client.cli.pictures import check_files, post_pictures
from node.client.cli.posts import Which
from node.client.kith import Kith
from node.client.pictures import is_picture
from node.exit_codes import OK, REFUSED
from node.wire.api.video import UploadView

# They stay until the video ends; what only starts another program would find the file gone.
PLAYERS = ("mpv", "vlc", "ffplay")


TIME = re.compile(r"\d{1,6}(:[0-5]\d){0,2}(\.\d{1,3})?")


class Action(StrEnum):
    """What is done with uploads."""

    LIST = "list"
    CANCEL = "cancel"


class Audience(StrEnum):
    """For whom."""

    FRIENDS = "friends"
    FOLLOWERS = "followers"
    PUBLIC = "public"


def seconds(text: str) -> float:
    """A time as players show it: `75`, `1:15`, `1:15.5`, `1:02:03`."""
    if not TIME.fullmatch(text):
        raise typer.BadParameter(f"{text} is no time: say 75, 1:15 or 1:15.5")
    whole = 0.0
    for part in text.split(":"):
        whole = whole * 60 + float(part)
    return whole


def _time(name: str, help: str) -> Any:
    return typer.Option(name, parser=seconds, metavar="TIME", help=help)


def register(app: typer.Typer) -> None:
    """The commands of this page."""
    verb(app, "post")(post)
    verb(app, "uploads")(uploads)
    verb(app, "watch")(watch)


async def post(
    context: CommandContext,
    files: Annotated[
        list[str] | None, typer.Argument(help="A video file, or up to ten pictures.")
    ] = None,
    text: Annotated[str, typer.Option("--text", help="What you say, alone or with it.")] = "",
    alt: Annotated[
        list[str] | None,
        typer.Option("--alt", help="What a picture shows, in words; once for each, in order."),
    ] = None,
    to: Annotated[
        Audience | None, typer.Option("--to", help="For whom; friends, unless said.")
    ] = None,
    name: Annotated[str, typer.Option("--name", help="The video's title.")] = "",
    start: Annotated[
        float | None, _time("--start", "Show it from here on, such as 1:15.5.")
    ] = None,
    end: Annotated[float | None, _time("--end", "Show it up to here.")] = None,
    cover: Annotated[float | None, _time("--cover", "Its cover is what is seen here.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Also a file you posted today.")] = False,
) -> None:
    """Publish a video, pictures or a text. The same video again goes on where it was cut."""
    given = files or []
    drawn = [one for one in given if is_picture(one)]
    check_files(given, drawn, text, alt or [])
    video = "" if drawn or not given else given[0]
    if not video and (start, end, cover) != (None, None, None):
        raise typer.BadParameter("--start, --end and --cover are of a video: give a file")
    async with context.kith() as kith:
        audience, joined = to or Audience.FRIENDS, False
        for one in await kith.unreached(audience):
            context.out.say(f"Note: {one.handle}'s server cannot show posts for friends.")
        if drawn:
            await post_pictures(context, kith, drawn, text, audience, alt or [])
            return
        if not video:
            said = await kith.post_text(text, audience)
            context.out.done(f"Posted to {audience}.\n{said.id}", said)
            return

        def joins() -> None:
            nonlocal joined
            joined = True
            context.out.say("It is being made already: this waits for it.")

        with context.out.bars(upload="Uploading", making="Making it playable") as progress:
            try:
                made = await kith.post_video(
                    video,
                    to,
                    name,
                    text,
                    progress,
                    start or 0.0,
                    end,
                    cover,
                    lambda why: context.out.say(f"It waits: {why}."),
                    again=again,
                    joins=joins,
                )
            except asyncio.CancelledError:
                context.out.say("Given up. See kith uploads for what is begun and not posted.")
                raise
    lacks = f" Note: {made.reason}." if made.reason else ""
    # Whom it was for when it was begun, the node does not say.
    whom = "" if joined and to is None else f" to {audience}"
    context.out.done(
        f"Posted{whom}: {made.name}, {made.duration_ms / 1000:.0f} s.{lacks}\n{made.post}", made
    )


async def uploads(
    context: CommandContext,
    action: Annotated[Action, typer.Argument(help="list, or cancel.")] = Action.LIST,
    which: Annotated[str, typer.Argument(help="Its id, or its number in the list.")] = "",
) -> None:
    """Files that were begun and are not posted: post the same file again, or cancel."""
    if action is Action.CANCEL and not which:
        raise typer.BadParameter("say which: kith uploads cancel 1")
    async with context.kith() as kith:
        if action is Action.CANCEL:
            id = context.id(which)
            await kith.cancel_upload(id)
            context.out.done("Cancelled.", {"cancelled": id})
            return
        found = [one async for one in kith.uploads()]
    if context.out.json:
        context.out.value({"items": found})
        return
    context.remember([one.id for one in found])
    if not found:
        context.out.say("Nothing is under way.")
    for number, one in enumerate(found, 1):
        context.out.say(f"{number:>3}  {one.filename or one.id}  {_stands(one)}")


def _stands(one: UploadView) -> str:
    if one.video:
        return "is being made into a video; post the same file to wait for it, or cancel"
    done = "whole, not posted" if one.state == "sealed" else f"{100 * one.offset // one.size} %"
    return f"{done} of {one.size} bytes, kept until {moment(one.expires)}"


async def watch(
    context: CommandContext,
    which: Which,
    save: Annotated[str, typer.Option("--save", help="Into this file, and play nothing.")] = "",
) -> int:
    """Play a video with $PLAYER (or mpv, vlc, ffplay …), or save it."""
    async with context.kith() as kith:
        id = context.id(which)
        if save or context.out.json:
            size = await _take(context, kith, id, save)
            told = {"id": id, "bytes": size, "saved": save}
            context.out.done(f"Saved {size} bytes to {save}.", told)
            return OK
        player = _player()
        if not player:
            tip = "Set PLAYER to a program that plays videos, or use --save FILE."
            context.out.fail(plain_problem("player", "no program to play videos was found", tip))
            return REFUSED
        with tempfile.TemporaryDirectory(prefix="kith-") as folder:
            path = Path(folder) / "video.mp4"
            await _take(context, kith, id, str(path))
            process = await asyncio.create_subprocess_exec(*player, str(path))
            if await process.wait() == 0:
                return OK
        tip = "Set PLAYER to another program, or use --save FILE."
        context.out.fail(plain_problem("player", f"{player[0]} could not play it", tip))
        return REFUSED


async def _take(context: CommandContext, kith: Kith, id: str, save: str) -> int:
    with context.out.bars(download="Fetching") as progress:
        return await kith.watch(id, save or None, progress)


def _player() -> list[str]:
    named = shlex.split(os.environ.get("PLAYER", ""))
    return named or [name for name in PLAYERS if shutil.which(name)][:1]
