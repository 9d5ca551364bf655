"""Asks peers in the name of one of our actors: one signed request, and the JSON they answer."""

from collections.abc import Awaitable, Callable

from node.e2ee.peers import Answer
from node.errors import Malformed, TooMuch
from node.federation.discovery import ACTIVITY_JSON
from node.net.courier import Hops, Signer, knock
from node.ports import Request, Response
from node.wire import json
from node.wire.json import Document


class Asking:
    """`node.e2ee.peers.Peers` over signed HTTP. `meet` is `Discovery.actor`."""

    def __init__(
        self, hops: Hops, signer: Signer, meet: Callable[[str], Awaitable[object]]
    ) -> None:
        self._hops = hops
        self._signer = signer
        self._meet = meet

    async def ask(self, actor: str, url: str, document: Document) -> Answer:
        headers = {"content-type": ACTIVITY_JSON, "accept": ACTIVITY_JSON}
        return await self._send(Request("POST", url, headers, json.encode(document)), actor)

    async def look(self, actor: str, url: str) -> Answer:
        return await self._send(Request("GET", url, {"accept": ACTIVITY_JSON}), actor)

    async def meet(self, actor: str) -> None:
        await self._meet(actor)

    async def _send(self, request: Request, actor: str) -> Answer:
        answer = await knock(request, actor, self._signer, self._hops.hop)
        return Answer(answer.status, _read(answer))


def _read(answer: Response) -> Document:
    """The answer's object; what is none says nothing, its status is all."""
    try:
        return json.document(answer.body)
    except (Malformed, TooMuch):
        return {}
