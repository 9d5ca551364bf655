"""Asking a peer something in the name of one of our people: a signed request, and its answer."""

from node.e2ee.peers import Answer
from node.errors import NodeError
from node.federation.discovery import ACTIVITY_JSON, Discovery
from node.net.courier import SignedFetch
from node.ports import Request, Response
from node.wire import json
from node.wire.json import Document


class Asking:
    """`e2ee.peers.Peers`, and what other rooms ask of peers while a client waits."""

    def __init__(self, fetch: SignedFetch, discovery: Discovery) -> None:
        self._fetch = fetch
        self._discovery = discovery

    async def ask(self, actor: str, url: str, document: Document) -> Answer:
        """A signed POST of `document`. Raises `Unreachable`."""
        headers = {"content-type": ACTIVITY_JSON, "accept": ACTIVITY_JSON}
        return await self._send(actor, Request("POST", url, headers, json.encode(document)))

    async def look(self, actor: str, url: str) -> Answer:
        """A signed GET. Raises `Unreachable`."""
        return await self._send(actor, Request("GET", url, {"accept": ACTIVITY_JSON}))

    async def meet(self, actor: str) -> None:
        """Look an actor up and keep what was found."""
        await self._discovery.actor(actor)

    async def _send(self, actor: str, request: Request) -> Answer:
        answer = await self._fetch.named(actor).fetch(request)
        return Answer(answer.status, _document(answer))


def _document(answer: Response) -> Document:
    """The answer's JSON; an empty document when it is none, for the status says enough."""
    try:
        return json.document(answer.body)
    except NodeError:
        return {}
