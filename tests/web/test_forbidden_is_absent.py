"""What is kept from somebody and what does not exist are answered alike: in words, head and time.

The long form (`make soak`) compares medians of 2,000 interleaved requests.
"""

import json
import os
import statistics
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer
from msgspec.structs import replace

from node.testing.town import Town, TownNode, open_town
from node.testing.weather import Stranger
from node.web.even_answers import BEAT_SECONDS, EvenAnswers
from node.wire.api.inbox import NewPost, Post
from tests.stories.people import person
from tests.web.conftest import Harness

TIMES = int(os.environ.get("SOAK_ANSWERS", "3"))


class Ticks:
    """A clock that moves when it is told to, and by being slept on."""

    def __init__(self) -> None:
        self.now, self.slept = 0.0, list[float]()

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.mark.clause("FED-11.2")
@pytest.mark.parametrize("took", [0.0, 0.0004, 0.003, 0.0199, 0.02, 0.021, 1.2345])
async def test_the_answer_waits_for_the_next_beat(took: float) -> None:
    ticks = Ticks()
    ticks.now = took
    await EvenAnswers(ticks, ticks.sleep).wait(0.0)
    beats = ticks.now / BEAT_SECONDS
    assert beats == pytest.approx(round(beats), abs=1e-6) and beats > 0.9


@pytest.mark.clause("FED-11.2")
@pytest.mark.parametrize(
    ("path", "waits"),
    [
        ("//o/1", True), ("//t/1", True), ("//v/01890a5d-ac96-774b-bcce-b302099a8057", True),
        ("//media/public/01890a5d-ac96-774b-bcce-b302099a8057/video.mp4", True),
        ("/posts/one?id=https://a.test/o/1", True), ("/comments?of=x", True),
        ("/videos/watch?id=x", True), ("/videos/one?id=x", True),
        ("/account", False), ("//", False), ("//nowhere", False), ("/feed?limit=x", False),
    ],
)  # fmt: skip
async def test_each_way_to_something_says_that_it_is_not_there_on_the_beat(
    harness: Harness, path: str, waits: bool
) -> None:
    ticks = Ticks()
    web = harness.node.web
    kernel = replace(web.kernel, even=EvenAnswers(ticks, ticks.sleep))
    token = await harness.join("alice")
    app = replace(web, kernel=kernel).application(web.surfaces)
    async with TestClient(TestServer(app)) as client:
        where = path[1:] if path.startswith("//") else f"/api/kith/v1{path}"
        answer = await client.get(where, headers={"Authorization": f"Bearer {token}"})
    assert (answer.status == 404) == (waits or path == "//nowhere")
    assert bool(ticks.slept) == waits


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    limits = ("page", "api", "inbox")
    settings = {f"{name}_requests_per_minute": 10**6 for name in limits}
    async with open_town(tmp_path, "alpha.test", **settings) as town:
        yield town


class Pair:
    """Something of Alice's for friends, and something like it that there is not."""

    def __init__(self, node: TownNode, evil: Stranger, secret: str, bob: str) -> None:
        self.node, self.evil, self.bob = node, evil, bob
        self.mallory = evil.character("mallory")
        self.ids = (secret, secret[:-4] + "ffff")

    async def ask(self, http: aiohttp.ClientSession, way: str, id: str) -> tuple[float, Any]:
        """How long the answer took, and the answer as far as it may tell: status, head, body."""
        url, headers = id + way, dict[str, str]()
        if way.startswith("?"):
            url = f"https://alpha.test/api/kith/v1/{way[1:]}{id}"
            headers = {"authorization": f"Bearer {self.bob}"}
        elif way.endswith("#signed"):
            url = url.removesuffix("#signed")
            headers = dict(self.evil.asks(self.mallory, url).headers)
        path = url.removeprefix("https://alpha.test")
        headers["host"] = "alpha.test"
        began = time.perf_counter()
        async with http.get(self.node.url + path, headers=headers) as answer:
            told = {
                name: value
                for name, value in answer.headers.items()
                if name != "Date" and not name.startswith("RateLimit-")
            }
            body = await answer.read()
            return time.perf_counter() - began, (answer.status, json.dumps(told), body)


WAYS = ["", "#signed", "/likes", "/replies#signed", "?posts/one?id=", "?comments?of="]


@pytest.fixture
async def pair(town: Town) -> AsyncIterator[Pair]:
    bob = await town.sign_up("bob", "alpha.test")
    async with person(town, "alice", "alpha.test") as alice:
        new = NewPost(content="hello", audience="friends")
        post = await alice.line.ask("POST", "/posts", Post, new)
        evil = Stranger(town, "evil.test")
        yield Pair(town.nodes["alpha.test"], evil, post.id, bob.token or "")
        await evil.close()


@pytest.mark.clause("FED-11.2", "INB-4.1")
@pytest.mark.parametrize("way", WAYS)
async def test_what_is_kept_from_you_and_what_is_not_there_say_the_same(
    town: Town, pair: Pair, way: str
) -> None:
    took: dict[str, list[float]] = {id: [] for id in pair.ids}
    answers = set()
    async with aiohttp.ClientSession() as http:
        for _ in range(TIMES):
            for id, times in took.items():
                seconds, answer = await pair.ask(http, way, id)
                times.append(seconds)
                answers.add(answer)
    assert [answer[0] for answer in answers] == [404]
    if TIMES >= 100:
        one, other = (statistics.median(times) for times in took.values())
        assert abs(one - other) <= 0.05 * max(one, other), (one, other)
