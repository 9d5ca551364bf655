"""Files of `kith chat`: sent with a message, and saved from one (spec ATT-5)."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from node.client.cli import said
from node.client.cli.command import CommandContext
from node.client.kith import Kith
from node.client.rows import MessageRow
from node.errors import Missing
from node.exit_codes import OK


async def attach(
    context: CommandContext,
    kith: Kith,
    who: str,
    paths: Sequence[str],
    text: str,
    answers: MessageRow | None,
    as_is: bool,
) -> MessageRow:
    """Send them with one message; where one fails, nothing is sent."""
    of = (answers.id, answers.actor) if answers else ("", "")
    with context.out.bars(upload="Sealing and sending") as progress:
        words = await kith.attach(
            who, paths, text, *of, as_is, lambda done, size: progress("upload", done, size)
        )
    for one in kith.files(words).those:
        if one.kind == "Document":
            context.out.say(f"Note: {one.name} goes as it is, with all that it says of itself.")
    return words


async def save(context: CommandContext, kith: Kith, who: str, named: str, to: Path) -> int:
    """Save all files of a message; a folder is named, or for one file a new name."""
    row = await said.meant(kith, who, named)
    found = kith.files(row)
    if not found.those:
        raise Missing("ATT-5.2", "this message has no files that can be saved")
    many = len(found.those)
    if many > 1 and not await asyncio.to_thread(to.is_dir):
        raise Missing("ATT-5.2", f"the message has {many} files: name a folder by --to")
    for one in found.those:
        with context.out.bars(save=f"Fetching {one.name}") as progress:
            path = await kith.save(one, to, lambda done, size: progress("save", done, size))
        context.out.done(f"Saved {path}", {"path": str(path), "size": one.size})
    return OK
