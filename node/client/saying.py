"""The verbs of what happens to messages: change, take back, react (spec DEV-18).

The vault is opened by the first of them, as by those of conversations.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from node.client import rows
from node.client.conversations import Conversations
from node.client.rows import MessageRow
from node.client.said_rows import Reaction
from node.client.words import NOT_HERE, Words
from node.errors import Missing

Deed = Callable[[Words, str, int], MessageRow | None]


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is shown: with what it answers, if that is here, and what stands under it."""

    conversation: str
    row: MessageRow
    answers: MessageRow | None = None
    reactions: tuple[Reaction, ...] = ()


class Saying:
    """What a person does to messages. `id` is that of a message; `who` as for conversations.

    What cannot go out now is kept (`sent` is False); what changes nothing gives None.
    """

    def __init__(
        self, talk: Conversations, forget: Callable[[MessageRow], Awaitable[None]]
    ) -> None:
        """`forget` has the files of a message removed."""
        self._talk = talk
        self._forget = forget

    async def edit(self, who: str, id: str, text: str) -> MessageRow | None:
        """Change own words, for everybody. Raises `Forbidden` for another's, `Missing`, `Conflict`
        for what was taken back (DEV-18.6), `TooMuch` (E2E-5.3)."""
        return await self._do(who, id, lambda words, at, now: words.edit(at, id, text, now))

    async def take_back(self, who: str, id: str) -> MessageRow | None:
        """Delete own words for everybody, with their files. Raises `Forbidden` for another's, and
        `Missing`."""
        before = [row for row in await self._talk.history(who) if row.id == id and row.raw]
        act = await self._do(who, id, lambda words, at, now: words.delete(at, id, now))
        for row in before:
            await self._forget(row)
        return act

    async def react(
        self, who: str, id: str, emoji: str, on: bool = True, author: str = ""
    ) -> MessageRow | None:
        """Put an emoji under a message; or, not `on`, take it away. `author` says whose message it
        is, where two people used the id. Raises `Malformed` (E2E-7.7), `Missing`, `Conflict` for
        what was taken back, `TooMuch` (DEV-18.6)."""
        return await self._do(
            who, id, lambda words, at, now: words.react(at, id, emoji, now, author, on)
        )

    async def _do(self, who: str, id: str, deed: Deed) -> MessageRow | None:
        # No conversation begins for what is about a message that is not there.
        if all(one.row.id != id for one in await self.messages(who)):
            raise Missing("DEV-18.6", NOT_HERE)
        group = await self._talk.talk_to(who)
        messenger = await self._talk.talk()
        return await messenger.in_words(group, lambda words, now: deed(words, group, now))

    async def messages(self, who: str) -> list[Message]:
        """As `history`, each with what it answers and the reactions to it."""
        device = (await self._talk.talk()).device
        groups = await self._talk.past_and_present(who)
        found = [shown(device.words, one, row) for one in groups for row in device.history(one)]
        return sorted(found, key=lambda one: rows.place(one.row))

    async def message(self, conversation: str, actor: str, id: str) -> Message | None:
        """One message of a conversation."""
        words = (await self._talk.talk()).device.words
        row = words.meant(conversation, id, actor)
        return shown(words, conversation, row) if row else None


def shown(words: Words, group: str, row: MessageRow) -> Message:
    """A message with what belongs to it."""
    answers = words.meant(group, row.about, row.author) if row.about else None
    return Message(group, row, answers, tuple(words.reactions(group, row)))
