"""The pages a person looks at most, from a full database (`pages`), on both databases."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from typing import Any

import aiohttp

from node.store import tables
from tools.bench import rows
from tools.bench.figures import Measured, percentile
from tools.bench.ground import UNLIMITED, Bench, child
from tools.bench.people import Person, person
from tools.bench.postgres import cluster
from tools.bench.seeding import Seeds, seeding
from tools.lab import Lab

POSTS, PEOPLE, FRIENDS = 100_000, 10_000, 500
WARMING = 5
MINUTE = 60_000_000  # microseconds
COMMENTS = 5  # every fifth of what was written is a comment on what came four before it


class Town:
    """So many people of one node, so many of them alice's friends, and what they wrote.

    Half of all posts are by her friends and stand in her feed.
    """

    def __init__(self, bench: Bench, seeds: Seeds, alice: Person, origin: str) -> None:
        self._seeds, self._alice, self._origin = seeds, alice, origin
        self._posts = bench.size(POSTS, 2_000)
        self._people = bench.size(PEOPLE, 200)
        self._friends = bench.size(FRIENDS, 20)

    async def build(self) -> str:
        """One of her friends."""
        actors = [actor for _, actor in await self._seeds.people(self._origin, self._people)]
        self.friends, self.others = actors[: self._friends], actors[self._friends :]
        await self._seeds.put(tables.friendships, self._ties())
        await self._seeds.followers(self._alice.actor, self.others[: self._friends])
        await self._seeds.put(tables.posts, self._written())
        await self._seeds.put(tables.audiences, self._audiences())
        await self._seeds.put(tables.timeline, self._timeline())
        await self._seeds.put(tables.reactions, self._likes())
        await self._seeds.put(tables.notices, self._notices())
        return self.friends[0]

    def _ties(self) -> Iterator[Mapping[str, Any]]:
        for other in self.friends:
            for one, two in ((self._alice.actor, other), (other, self._alice.actor)):
                yield {
                    "actor": one, "other": two, "ours": "accepted", "theirs": "accepted",
                    "our_offer": f"{one}/t/offer", "confirmed": True, "updated": self._seeds.now,
                }  # fmt: skip

    def _id(self, number: int) -> str:
        return f"{self._origin}/o/seed-{number}"

    def _author(self, number: int) -> str:
        among = self.others if number % 2 else self.friends
        return among[number // 2 % len(among)]

    def _root(self, number: int) -> int:
        """The post on which this is a comment; itself when it is none."""
        return number - 4 if number % COMMENTS == 4 else number

    def _at(self, number: int) -> int:
        return self._seeds.now - (self._posts - number) * MINUTE

    def _written(self) -> Iterator[Mapping[str, Any]]:
        for number in range(self._posts):
            root = self._root(number)
            comment = root != number
            yield {
                "id": self._id(number), "author": self._author(number), "local": True,
                "kind": "comment" if comment else "note", "url": self._id(number),
                "content": "<p>" + "a letter to a friend, " * 12 + "</p>",
                "thread": self._id(root), "in_reply_to": self._id(root) if comment else "",
                "published": self._at(number),
            }  # fmt: skip

    def _audiences(self) -> Iterator[Mapping[str, Any]]:
        for number in range(self._posts):
            yield {"post": self._id(number), "kind": "public", "ref": ""}

    def _timeline(self) -> Iterator[Mapping[str, Any]]:
        for number in range(0, self._posts, 2):
            if self._root(number) == number:
                post, at = self._id(number), self._at(number)
                yield {"account": self._alice.account, "post": post, "published": at}

    def _likes(self) -> Iterator[Mapping[str, Any]]:
        for number in range(self._posts // 5):
            yield {
                "actor": self.friends[number % len(self.friends)], "kind": "like",
                "object": self._id(self._posts - 1 - number), "created": self._seeds.now,
                "activity": f"{self._origin}/t/like-{number}",
            }  # fmt: skip

    def _notices(self) -> Iterator[Mapping[str, Any]]:
        for number in range(self._posts // 10):
            yield {
                "id": f"notice-{number:08}", "account": self._alice.account, "kind": "like",
                "actor": self.friends[number % len(self.friends)], "object": self._id(number),
                "created": self._at(number),
            }  # fmt: skip


async def slowest(look: Callable[[], Awaitable[object]], times: int) -> float:
    """The slowest in twenty looks, in milliseconds; the first few are for warming up."""
    taken = []
    for _ in range(WARMING + times):
        began = time.perf_counter()
        await look()
        taken.append(1000 * (time.perf_counter() - began))
    return percentile(taken[WARMING:], 95)


async def took(alice: Person, path: str, times: int) -> float:
    """The slowest in twenty looks, in milliseconds."""
    return await slowest(lambda: alice.ask("GET", path), times)


async def raw(times: int, module: str, *words: str) -> float:
    """The same of a raw server's only page."""
    async with child(module, *words) as server, aiohttp.ClientSession() as http:

        async def look() -> None:
            async with http.get(f"http://127.0.0.1:{server.first['port']}/") as answer:
                await answer.read()

        return await slowest(look, times)


async def _on(bench: Bench, kind: str, url: str) -> AsyncIterator[Measured]:
    """The four pages on one database."""
    lab, folder = Lab(bench.folder / kind), bench.folder / kind
    lab.build("alpha.test", **UNLIMITED | ({"database": url} if url else {}))
    place, times = lab.places["alpha.test"], bench.size(200, 20)
    path = rows.database(folder / "alpha.test")
    async with AsyncExitStack() as stack:
        stack.callback(lab.stop)
        await lab.start()
        alice = await stack.enter_async_context(person(place, "alice"))
        place.stop()
        async with seeding(url or f"sqlite+aiosqlite:///{path}") as seeds:
            friend = await Town(bench, seeds, alice, place.origin).build()
            await seeds.analyze()
        place.start()
        await place.ready()
        beside = await raw(times, "raw_pages", url or str(path), alice.account)
        pages = {
            "feed": "/feed", "notices": "/notices", "friends": "/friends",
            "profile": f"/posts?author={friend}",
        }  # fmt: skip
        for name, page in pages.items():
            yield Measured(f"pages.{kind}.{name}", await took(alice, page, times), beside)


async def measure(bench: Bench) -> AsyncIterator[Measured]:
    """Both databases; the row is the slowest of all pages, beside the raw feed."""
    found = [one async for one in _on(bench, "sqlite", "")]
    with cluster() as server:
        if server is not None:
            url = await asyncio.to_thread(server.fresh)
            found += [one async for one in _on(bench, "postgresql", url)]
    slowest = max(found, key=lambda one: one.value or 0)
    yield Measured("pages", slowest.value, slowest.beside)
    for one in found:
        yield one
    yield Measured("pages.hello", await raw(bench.size(200, 20), "raw_hello"))
