"""What came of sending."""

from dataclasses import dataclass, field

from node.client.conversation_events import ConversationEvent, MessageUndelivered
from node.client.exchange import Wait
from node.errors import Refused


@dataclass(slots=True)
class Sent:
    """What was refused for good, and what is in the way of the rest."""

    refused: list[tuple[ConversationEvent, Refused]] = field(default_factory=list)
    wait: Wait = field(default_factory=Wait)

    def first(self, words: str = "") -> tuple[ConversationEvent, Refused] | None:
        """The first refusal; that of the words with this id, where they are named."""
        found = (each for each in self.refused if words in ("", _words(each[0])))
        return next(found, None)


def _words(event: ConversationEvent) -> str | None:
    return event.id if isinstance(event, MessageUndelivered) else None
