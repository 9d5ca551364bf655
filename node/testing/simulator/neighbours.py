"""What a node in memory asks of the others (`node.e2ee.peers.Peers`)."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from node.e2ee import account_keys
from node.e2ee.peers import Answer
from node.errors import NodeError, Unreachable
from node.testing.town import Fate
from node.web.activitypub.sealed import SealedPages
from node.web.actor_documents import ED25519_MULTIKEY
from node.web.problems import problem_of
from node.wire import json, multibase
from node.wire.json import Document

if TYPE_CHECKING:
    from node.testing.simulator.home import HomeNode


class Neighbours:
    """Straight into the other node's pages, as the weather allows."""

    def __init__(self, node: "HomeNode") -> None:
        self._node = node

    async def _reach(self, url: str) -> "HomeNode":
        await self._node.sky.travel()
        host = urlsplit(url).netloc
        if self._node.sky.fate(self._node.domain, host) in (Fate.LOST, Fate.LATE):
            raise Unreachable(f"{host} does not answer")
        return self._node.neighbours[host]

    def _unanswered(self, url: str) -> bool:
        """Whether it was done and nobody hears of it."""
        fate = self._node.sky.fate(urlsplit(url).netloc, self._node.domain)
        return fate in (Fate.LOST, Fate.UNANSWERED)

    async def ask(self, actor: str, url: str, document: Document) -> Answer:
        other = await self._reach(url)
        said = json.document(json.encode(document))
        try:
            if url.endswith("/claim"):
                owner = url.removesuffix("/key_packages/claim")
                answer = Answer(200, await other.pages.claim(owner, actor, said))
            else:
                answer = Answer(200, await other.pages.order(url, actor, said))
        except NodeError as error:
            problem = problem_of(error, "")
            answer = Answer(problem.kind.status, json.document(problem.document()))
        if self._unanswered(url):
            raise Unreachable(f"{urlsplit(url).netloc} did not answer in time")
        return answer

    async def look(self, actor: str, url: str) -> Answer:
        other = await self._reach(url)
        found = await _page(other, url, actor)
        return Answer(200 if found else 404, found or {})

    async def meet(self, actor: str) -> None:
        await self._reach(actor)
        self._node.know(actor)


async def _page(node: "HomeNode", url: str, asker: str) -> Document | None:
    pages: SealedPages = node.pages
    owner = url.removesuffix("/devices")
    kept = node.tables.account_keys.get(owner)
    if url in node.tables.actors:
        return _actor(url, kept.root if kept else None)
    if owner != url and owner in node.tables.actors:
        return account_keys.document(owner, kept) if kept else None
    if url.endswith("/key_packages"):
        return await pages.key_packages(url.removesuffix("/key_packages"))
    return await pages.object(url, asker)


def _actor(id: str, root: bytes | None) -> Document:
    if root is None:
        return {"id": id}
    shown = multibase.encode(ED25519_MULTIKEY + root)
    return {"id": id, "kith:identityKey": shown, "kith:devices": account_keys.address(id)}
