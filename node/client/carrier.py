"""What a device has to say to its home node goes there (spec DEV-3.1)."""

from node.client.api_client import ApiClient
from node.client.exchange import Accepted, Create, Created, Send, TellGone
from node.errors import Conflict, NodeError, Refused
from node.wire.api.e2ee import (
    Conversation,
    GoneMembers,
    NewConversation,
    NewSealed,
    RemovedDevice,
    SealedWelcome,
    SentSealed,
)

ANOTHER_CONVERSATION = "E2E-3.1"  # a conflict that is no lost race


class Carrier:
    """Each call is one request. Raises what the node answers."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    async def carry(self, asked: Create | Send | TellGone) -> Accepted | Created:
        """Do what the device says is to be done."""
        match asked:
            case Create():
                return await self._create(asked)
            case Send():
                return await self._post(asked)
            case TellGone():
                return await self._tell_gone(asked)

    async def _create(self, asked: Create) -> Created:
        body = NewConversation(
            group_id=asked.group_id,
            members=list(asked.members),
            epoch=asked.epoch,
            url=asked.url,
        )
        made = await self._api.ask("POST", "/conversations", Conversation, body)
        return Created(made.ref, made.url)

    async def _tell_gone(self, asked: TellGone) -> Accepted:
        body = GoneMembers(actors=list(asked.actors), seq=asked.seq)
        path = f"/conversations/{asked.ref}/gone"
        await self._api.ask("POST", path, object, body, once=False)
        return Accepted()

    async def _post(self, asked: Send) -> Accepted:
        welcomes = [SealedWelcome(content=one.content, to=one.to) for one in asked.welcomes]
        removed = [RemovedDevice(actor=actor) for actor in asked.removed]
        body = NewSealed(content=asked.content, welcomes=welcomes, removed=removed)
        path = f"/conversations/{asked.ref}/messages"
        sent = await self._api.ask("POST", path, SentSealed, body, once=False)
        return Accepted(sent.item.term if sent.item else 0)


def is_lost_race(error: Conflict) -> bool:
    return error.clause != ANOTHER_CONVERSATION


def epoch_in(error: NodeError) -> int:
    """In which epoch the group is, as a conflict says."""
    epoch = error.params.get("epoch") if isinstance(error, Refused) else None
    return epoch if isinstance(epoch, int) else 0
