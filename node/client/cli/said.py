"""Messages as lines and as JSON, and the deeds that `kith chat` does to them (spec DEV-18)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import typer

from node.client import content as inner
from node.client.attached import Attachment, files_in
from node.client.kith import Kith, Message
from node.client.rows import MessageRow
from node.errors import Malformed, Missing
from node.operation.findings import size
from node.wire.times import from_micros

LAST = "last"
URN = "urn:uuid:"
SHORTEST = 4  # letters of an id
QUOTED = 40  # letters of what is answered
TAKEN_BACK = "[taken back]"
CANNOT = "[something that this version of kith cannot show: {kind}]"


@dataclass(frozen=True, slots=True)
class Deeds:
    """What the options of `kith chat` ask for; at most one of them."""

    reply: str = ""
    edit: str = ""
    delete: str = ""
    react: tuple[str, str] = ("", "")
    unreact: tuple[str, str] = ("", "")

    def check(self, send: str, files: bool = False) -> None:
        """Raises `BadParameter` for what does not go together."""
        if files and (self.edit or self.some):
            raise typer.BadParameter("--attach goes with --send, with --reply ID, or alone")
        asked = [self.reply, self.edit, self.delete, self.react[0], self.unreact[0]]
        if len([one for one in asked if one]) > 1:
            raise typer.BadParameter("say one of --reply, --edit, --delete, --react, --unreact")
        if (self.reply or self.edit) and not (send or files):
            raise typer.BadParameter("say the words as well: --send TEXT")
        if send and not (self.reply or self.edit) and any(asked):
            raise typer.BadParameter("--send goes with --reply ID, with --edit ID, or alone")

    @property
    def some(self) -> bool:
        """Whether something is to be done to a message."""
        return bool(self.edit or self.delete or self.react[0] or self.unreact[0])

    async def do(self, kith: Kith, who: str, text: str) -> tuple[MessageRow, MessageRow | None]:
        """The message, and what was done to it: None if it was like that."""
        named = self.edit or self.delete or self.react[0] or self.unreact[0]
        own = bool(self.edit or self.delete)
        found = await meant(kith, who, named, own)
        if self.edit:
            return found, await kith.edit(who, found.id, text)
        if self.delete:
            return found, await kith.take_back(who, found.id)
        emoji, on = (self.react[1], True) if self.react[0] else (self.unreact[1], False)
        return found, await kith.react(who, found.id, emoji, on, found.actor)


def silent(before: MessageRow, now: MessageRow | None) -> tuple[str, bool]:
    """What is told of a deed of which nothing is said to anybody, and whether it waits."""
    if now is None or (now.kind, now.text) == (before.kind, before.text):
        return "It is so already: nothing was sent.", False
    if now.kind == inner.TOMBSTONE:
        return "Taken back before it was sent: nobody has it.", False
    return "Changed here; it still waits to be sent.", True


def is_same(one: MessageRow, other: MessageRow) -> bool:
    """Whether both are the one message."""
    return (one.actor, one.id) == (other.actor, other.id)


async def meant(kith: Kith, who: str, named: str, own: bool = False) -> MessageRow:
    """The message of that id, or of its beginning; `last`: the last one of the others, or one's
    own. Raises `Missing`, `Malformed`."""
    rows = await kith.history(who)
    if named == LAST:
        rows = [row for row in rows if (row.actor == kith.actor) == own]
        rows = [row for row in rows if row.kind != inner.TOMBSTONE][-1:]
    else:
        whole = [row for row in rows if row.id == named]
        begun = named.removeprefix(URN)
        begins = [row for row in rows if row.id.removeprefix(URN).startswith(begun)]
        rows = whole or (begins if len(begun) >= SHORTEST else [])
        # Who repeats the id of one's own message takes nothing from one by that.
        rows = [row for row in rows if own and row.actor == kith.actor] or rows
    if not rows:
        raise Missing("DEV-18.6", f"there is no message {named} in the conversation with {who}")
    if len(rows) > 1:
        raise Malformed("DEV-18.6", f"several messages begin with {named}: say more of the id")
    return rows[0]


def words(row: MessageRow) -> str:
    """What a message says, on a terminal."""
    if row.kind == inner.TOMBSTONE:
        return TAKEN_BACK
    found = files_in(row.raw)
    cannot = "" if found.all else CANNOT.format(kind=row.kind)
    files = (f"[{file_words(one)}]" for one in found.those)
    text = f"{row.text}  (changed)" if row.edited else row.text
    return " ".join(filter(None, (cannot, *files, text)))


def file_words(file: Attachment) -> str:
    """A file of a message, in a line."""
    what = {"Image": "picture", "Video": "video", "Audio": "sound"}.get(file.shown_as, "file")
    return f"{what} {file.name}, {size(file.size)}"


def _file(file: Attachment) -> dict[str, object]:
    return {
        "name": file.name,
        "kind": file.shown_as,
        "media_type": file.media_type,
        "size": file.size,
        "width": file.width,
        "height": file.height,
        "seconds": file.milliseconds / 1000,
    }


def before(one: Message) -> str:
    """What it answers, in front of it."""
    if not one.row.about:
        return ""
    said = words(one.answers) if one.answers else "a message that is not here"
    line = " ".join(said.split())
    return f"(to “{line[:QUOTED]}{'…' if len(line) > QUOTED else ''}”) "


def behind(one: Message) -> str:
    """What stands under it, behind it."""
    counts: dict[str, int] = {}
    for reaction in one.reactions:
        counts[reaction.emoji] = counts.get(reaction.emoji, 0) + 1
    shown = (emoji if many == 1 else f"{emoji} {many}" for emoji, many in counts.items())
    return f"  {' '.join(shown)}" if counts else ""


def as_json(one: Message, names: Mapping[str, str]) -> dict[str, object]:
    """A message as JSON has it; what only the vault needs stays there."""
    row = one.row
    return {
        "id": row.id,
        "conversation": one.conversation,
        "from": names.get(row.actor, row.actor),
        "actor": row.actor,
        "text": row.text,
        "at": from_micros(row.at),
        "kind": row.kind,
        "about": row.about,
        "edited": _moment(row.edited),
        "files": [_file(one) for one in files_in(row.raw).those],
        "reactions": [
            {"from": names.get(each.actor, each.actor), "emoji": each.emoji}
            for each in one.reactions
        ],
        "sent": row.sent,
    }


def _moment(micros: int) -> datetime | None:
    return from_micros(micros) if micros else None
