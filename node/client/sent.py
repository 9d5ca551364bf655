"""What came of sending."""

from dataclasses import dataclass, field

from node.client.conversation_events import ConversationEvent
from node.client.exchange import Wait
from node.errors import Refused


@dataclass(slots=True)
class Sent:
    """What was refused for good, and what is in the way of the rest."""

    refused: list[tuple[ConversationEvent, Refused]] = field(default_factory=list)
    wait: Wait = field(default_factory=Wait)
