"""`kith post` with pictures: what they show is asked for, and told when it is missing (PIC-2.4)."""

import sys
from collections.abc import Sequence

import typer

from node.client.cli.command import CommandContext
from node.client.kith import Kith
from node.client.pictures import MOST


def check_files(
    files: Sequence[str], pictures: Sequence[str], text: str, descriptions: Sequence[str]
) -> None:
    """Raises `BadParameter` for what is no post: before anything is sent."""
    if not (files or text):
        raise typer.BadParameter("give a video file, pictures, or --text")
    if len(pictures) not in (0, len(files)):
        raise typer.BadParameter("a post has pictures or one video: not both, and nothing else")
    if not pictures and len(files) > 1:
        raise typer.BadParameter(
            "a post has one video, or up to ten pictures: JPEG, PNG, WebP, GIF, AVIF, HEIC"
        )
    if len(pictures) > MOST:
        raise typer.BadParameter(f"a post has at most {MOST} pictures")
    if len(descriptions) > len(pictures):
        raise typer.BadParameter("--alt is of a picture: there are more of them than pictures")


async def post_pictures(
    context: CommandContext,
    kith: Kith,
    files: Sequence[str],
    text: str,
    audience: str,
    descriptions: Sequence[str],
) -> None:
    """Post them in this order."""
    said = [*descriptions, *(_asked(context, one) for one in files[len(descriptions) :])]
    with context.out.bars(upload="Uploading") as progress:
        post = await kith.post_pictures(
            files, text, audience, said, lambda done, size: progress("upload", done, size)
        )
    if bare := sum(not one.strip() for one in said):
        context.out.say(
            f"Note: {bare} of {len(files)} have no description for who cannot see them: --alt."
        )
    what = "a picture" if len(files) == 1 else f"{len(files)} pictures"
    context.out.done(f"Posted to {audience}: {what}.\n{post.id}", post)


def _asked(context: CommandContext, file: str) -> str:
    """What the picture shows, of whoever sits at a terminal; nothing, of a program."""
    if context.out.json or not sys.stdin.isatty():
        return ""
    sys.stderr.write(f"What does {file} show, in words (or nothing)? ")
    return sys.stdin.readline().strip()
