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

    def refusal_of(self, id: str) -> Refused | None:
        """Why these words are refused; what else was is left in `refused`."""
        own = [(event, error) for event, error in self.refused if _is_of(event, id)]
        self.refused = [one for one in self.refused if one not in own]
        return own[0][1] if own else None


def _is_of(event: ConversationEvent, id: str) -> bool:
    return isinstance(event, MessageUndelivered) and event.id == id
