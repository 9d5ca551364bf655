"""`kith post`, `kith watch`."""

import asyncio
import os
import shlex
import shutil
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from node.client.cli.advice import OK, REFUSED, plain_problem
from node.client.cli.frame import Desk, verb
from node.client.cli.posts import Which
from node.client.kith import Kith

# They stay until the video ends; what only starts another program would find the file gone.
PLAYERS = ("mpv", "vlc", "ffplay")


class Audience(StrEnum):
    """For whom."""

    FRIENDS = "friends"
    FOLLOWERS = "followers"
    PUBLIC = "public"


def register(app: typer.Typer) -> None:
    """The commands of this page."""
    verb(app, "post")(post)
    verb(app, "watch")(watch)


async def post(
    desk: Desk,
    video: Annotated[str, typer.Argument(help="A video file.")] = "",
    text: Annotated[str, typer.Option("--text", help="What you say, alone or with it.")] = "",
    to: Annotated[Audience, typer.Option("--to", help="For whom.")] = Audience.FRIENDS,
    name: Annotated[str, typer.Option("--name", help="The video's title.")] = "",
) -> None:
    """Publish a video or a text."""
    if not (video or text):
        raise typer.BadParameter("give a video file, or --text")
    async with desk.kith() as kith:
        if not video:
            said = await kith.post_text(text, to)
            desk.out.done(f"Posted to {to}.\n{said.id}", said)
            return
        with desk.out.bars(upload="Uploading", making="Making it playable") as progress:
            made = await kith.post_video(video, to, name, text, progress)
    desk.out.done(
        f"Posted to {to}: {made.name}, {made.duration_ms / 1000:.0f} s.\n{made.post}", made
    )


async def watch(
    desk: Desk,
    which: Which,
    save: Annotated[str, typer.Option("--save", help="Into this file, and play nothing.")] = "",
) -> int:
    """Play a video with $PLAYER (or mpv, vlc, ffplay …), or save it."""
    async with desk.kith() as kith:
        id = desk.id(which)
        if save or desk.out.json:
            size = await _take(desk, kith, id, save)
            told = {"id": id, "bytes": size, "saved": save}
            desk.out.done(f"Saved {size} bytes to {save}.", told)
            return OK
        player = _player()
        if not player:
            tip = "Set PLAYER to a program that plays videos, or use --save FILE."
            desk.out.fail(plain_problem("player", "no program to play videos was found", tip))
            return REFUSED
        with tempfile.TemporaryDirectory(prefix="kith-") as folder:
            path = Path(folder) / "video.mp4"
            await _take(desk, kith, id, str(path))
            process = await asyncio.create_subprocess_exec(*player, str(path))
            if await process.wait() == 0:
                return OK
        tip = "Set PLAYER to another program, or use --save FILE."
        desk.out.fail(plain_problem("player", f"{player[0]} could not play it", tip))
        return REFUSED


async def _take(desk: Desk, kith: Kith, id: str, save: str) -> int:
    with desk.out.bars(download="Fetching") as progress:
        return await kith.watch(id, save or None, progress)


def _player() -> list[str]:
    named = shlex.split(os.environ.get("PLAYER", ""))
    return named or [name for name in PLAYERS if shutil.which(name)][:1]
