"""A device's line to its home node, without sockets and with weather."""

import asyncio
from collections.abc import Coroutine, Mapping

import aiohttp

from node.client import api
from node.client.api_client import Answer, ApiClient
from node.ports import Entropy
from node.testing.simulator.disk import OpenDisk
from node.testing.simulator.home import Answered, HomeNode
from node.testing.town import Fate


class Line(ApiClient):
    """As a connection that may be cut at any time. `disk` tells whether the program lives."""

    def __init__(
        self, node: HomeNode, entropy: Entropy, token: str, name: str, disk: OpenDisk | None = None
    ) -> None:
        super().__init__(node.origin, entropy, token)
        self._node = node
        self._name = name
        self._disk = disk
        self._asked: set[asyncio.Task[Answered]] = set()

    async def __aenter__(self) -> "Line":
        return self

    async def __aexit__(self, *_error: object) -> None:
        return None

    def _check(self) -> None:
        if self._disk is not None:
            self._disk.check()

    async def _send(
        self,
        method: str,
        path: str,
        body: bytes | None,
        headers: Mapping[str, str] | None,
        query: Mapping[str, str] | None,
    ) -> Answer:
        self._check()
        sky, told = self._node.sky, self._headers(headers or {})
        fate = sky.fate(self._name, self._node.domain)

        async def ask(wait: bool = False) -> Answered:
            if wait:
                await sky.dawdle()
            return await self._node.answer(method, path, query or {}, told, body or b"")

        await sky.travel()
        self._check()
        if fate is Fate.LATE:
            self._beside(ask(wait=True))
        if fate in (Fate.LOST, Fate.LATE):
            raise aiohttp.ServerDisconnectedError
        answer = await self._beside(ask())
        if fate is Fate.TWICE and (method != "POST" or "Idempotency-Key" in told):
            answer = await self._beside(ask())
        await sky.travel()
        self._check()
        if fate is Fate.UNANSWERED:
            raise aiohttp.ServerDisconnectedError
        if answer.status >= 300:
            raise api.error_of(answer.status, answer.body, answer.headers)
        return Answer(answer.status, answer.body, answer.following)

    def _beside(self, work: Coroutine[object, object, Answered]) -> "asyncio.Future[Answered]":
        """The node goes on with what it was asked, whether anybody still waits or not."""
        task = asyncio.create_task(work)
        self._asked.add(task)
        task.add_done_callback(self._asked.discard)
        return asyncio.shield(task)
