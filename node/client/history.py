"""The verbs of history: the archive at the home node, a copy in a file, and search (spec ARC, DEV).

The vault is opened by the first of them, as by those of conversations.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

import msgspec

from node.client.conversations import Conversations
from node.client.restoring import Restored
from node.client.search import Found
from node.wire.api.archive import ArchiveSummary
from node.wire.times import from_micros, from_seconds, rfc3339


class Exported(msgspec.Struct, frozen=True):
    """A line of an exported history. `members` of the conversation, as far as this device knows;
    `answers` is the id of a message, `edited` when this one was changed, and `reactions` are who
    and what."""

    conversation: str
    members: list[str]
    id: str
    actor: str
    at: str
    kind: str
    text: str
    answers: str = ""
    edited: str = ""
    reactions: list[tuple[str, str]] = []


class ArchiveHere(msgspec.Struct, frozen=True):
    """`waiting` messages are to come into the archive; `missing` ones never will. `held`: why they
    do not go out for now, and until when, where the node said so."""

    this_device: bool
    waiting: int = 0
    missing: int = 0
    held: str = ""
    held_until: datetime | None = None


def _silent(_came: Restored) -> None:
    return None


class History:
    """What was said, wherever it is kept."""

    def __init__(self, talk: Conversations) -> None:
        self._talk = talk

    async def keep_history(self, on: bool) -> ArchiveSummary:
        """Keep what is said in the archive at the home node, sealed; or no more, and remove it.

        Words that are kept lose forward secrecy against who has a device of yours and the records.
        """
        return await (await self._talk.talk()).archive.switch(on)

    async def keeps_history(self) -> bool:
        """Whether this device keeps what is said in the archive."""
        return (await self._talk.talk()).device.archive.is_on

    async def archive(self) -> ArchiveSummary:
        """How much is kept at the home node."""
        return await (await self._talk.talk()).archive.summary()

    async def archive_here(self) -> ArchiveHere:
        """What of it is not at the home node; what is missing is told this once."""
        archive = (await self._talk.talk()).device.archive
        row, here = archive.place, archive.is_on
        archive.seen_missing()
        until = from_seconds(row.held_until) if row.held_until else None
        return ArchiveHere(here, archive.waiting, row.missing, row.why, until)

    async def fetch_history(self, progress: Callable[[Restored], None] = _silent) -> Restored:
        """Take in what the archive has and this device has not, the newest first.

        `progress` is told of each page. What cannot be opened is counted.
        """
        return await (await self._talk.talk()).archive.fetch(progress)

    async def export_history(self) -> Iterator[Exported]:
        """All that this device knows was said, conversation by conversation, the oldest first."""
        device = (await self._talk.talk()).device
        members = device.archive.conversations()
        members |= {group: row.members for group, row in device.conversations().items()}

        def lines() -> Iterator[Exported]:
            for group, who in members.items():
                for row in device.history(group):
                    at = rfc3339(from_micros(row.at))
                    edited = rfc3339(from_micros(row.edited)) if row.edited else ""
                    under = [(o.actor, o.emoji) for o in device.words.reactions(group, row)]
                    yield Exported(
                        group, who, row.id, row.actor, at, row.kind, row.text,
                        row.about, edited, under,
                    )  # fmt: skip

        return lines()

    async def search(self, text: str, who: str = "", most: int = 50) -> list[Found]:
        """The newest messages with a word for each of `text`, which it may only begin.

        `who`: somebody with whom they were said, or a conversation.
        """
        groups = await self._talk.past_and_present(who) if who else None
        device = (await self._talk.talk()).device
        return device.search.find(text, groups, most)
