"""A node under a load of all kinds of abuse, with people and an honest server beside it.

What is sent are all inputs of `tests/abuse/cases` (`tests/process/hostile.py`). The short form
counts; the long one (`tools/soak hostile`, an hour) measures as well (`tests/process/measured.py`):
memory stays flat, `/livez` is answered, and what a friend on another server posts arrives. It tells
a timeline and writes it to `build/soak/hostile.json`.

The node is warm when every input was sent ten times by each who floods, which takes minutes.
"""

import asyncio
import os
import ssl
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import msgspec
import pytest

from node.client.kith import Kith
from node.wire.api.inbox import NewPost
from tests.abuse.inputs import no_hosts
from tests.process.crowd import friends, until
from tests.process.hostile import Orders, Tally, all_inputs
from tests.process.measured import EVERY_MS, Arrival, Look, Report, Seen, report
from tools.lab import Lab, Place, free_port

SECONDS = float(os.environ.get("SOAK_HOSTILE_SECONDS", "0"))  # 0: each input once, and no times
BARE = "bare.test"
EVIL = ("evil.test", "evil2.test", "evil3.test", "evil4.test")
SUSPENDED = {"blocked": "blocked.test", "below": "sub.blocked.test"}
POSTS = 5  # of the honest friend, in the short form
FLOODERS = len(EVIL) if SECONDS else 1
# What a node may answer to abuse that is no refusal of the request itself.
OURS = {502, 503, 507}
WARM_ROUNDS = 10
REPORT = Path("build/soak/hostile.json")
NICE = 10
POSTED_SECONDS = 1.0
PUBLISHED_SECONDS = 2.0  # between two posts that go to the enemy, too


@asynccontextmanager
async def enemy(orders: Orders, seen: Seen) -> AsyncIterator[None]:
    """Its program, heard until it has ended."""
    pipes = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE}
    command = [sys.executable, "-m", "tests.process.hostile"]
    process = await asyncio.create_subprocess_exec(*command, **pipes)
    assert process.stdin is not None and process.stdout is not None

    async def hear(said: asyncio.StreamReader) -> None:
        async for line in said:
            seen.enemy = msgspec.json.decode(line, type=Tally)

    async def begun() -> bool:
        return seen.hostile() > 0

    hearing = asyncio.create_task(hear(process.stdout))
    try:
        process.stdin.write(msgspec.json.encode(orders) + b"\n")
        await until("the enemy begins", begun)
        yield
        process.stdin.close()
        assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        await hearing


async def watch(place: Place, bare: int, seen: Seen, going: Callable[[], bool]) -> None:
    """Whether the node lives, as a monitor asks, and what memory it takes."""
    tls = ssl.create_default_context(cafile=str(place.ca))
    clock = asyncio.get_running_loop().time
    began = clock()

    async def ask(http: aiohttp.ClientSession, server: str, name: str) -> float:
        asked = clock()
        async with http.get(f"https://{server}/livez", server_hostname=name) as answer:
            assert answer.status == 200
        return clock() - asked

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls)) as http:
        while going():
            at = clock() - began
            had, waited = place.loop_seconds()
            took = await ask(http, place.connect, place.domain)
            had_then, waited_then = place.loop_seconds()
            look = Look(
                at=at,
                live=1000 * took,
                worked=1000 * (had_then - had),
                let=1000 * max(0.0, took - (waited_then - waited)),
                bare=1000 * await ask(http, f"127.0.0.1:{bare}", BARE),
                mib=place.rss_mib(),
            )
            seen.looks.append(look)
            await asyncio.sleep(EVERY_MS / 1000)


@asynccontextmanager
async def bare_server(lab: Lab, port: int) -> AsyncIterator[None]:
    """A server that answers, and does nothing else, as a process of its own."""
    files = [str(lab.folder / f"{BARE}.{end}") for end in ("pem", "key")]
    command = [sys.executable, "-m", "tests.process.bare_server", str(port), *files]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert await process.stdout.readline()
        yield
    finally:
        process.terminate()
        await process.wait()


async def befriend(alice: Kith, bob: Kith, seen: Seen, going: Callable[[], bool]) -> None:
    """Bob posts to his friends, and each post is waited for in Alice's feed."""
    clock = asyncio.get_running_loop().time
    began = clock()
    while going():
        post = await bob.api.ask("POST", "/posts", dict, NewPost(content="hi", audience="friends"))
        posted = clock()

        async def arrived(id: str = post["id"]) -> bool:
            feed = await alice.api.ask("GET", "/feed?limit=20", dict)
            return id in [each["id"] for each in feed["items"]]

        await until("a friend's post arrives", arrived, seen.hostile, slower=0.25)
        seen.arrivals.append(Arrival(posted - began, 1000 * (clock() - posted)))
        # What one account may ask in a minute is bounded for honest people as well.
        await asyncio.sleep(POSTED_SECONDS if SECONDS else 0)


async def publish(alice: Kith, going: Callable[[], bool]) -> None:
    """What is for all goes to those of the enemy who follow her, and to their servers."""
    while going():
        await alice.api.ask("POST", "/posts", dict, NewPost(content="hello", audience="public"))
        await asyncio.sleep(PUBLISHED_SECONDS)


@asynccontextmanager
async def under_attack(lab: Lab, seen: Seen) -> AsyncIterator[tuple[Place, int, Kith, Kith]]:
    bare, evil = free_port(), {domain: free_port() for domain in EVIL}
    suspended = {domain: free_port() for domain in SUSPENDED.values()}
    lab.build("alpha.test", "beta.test", peers={**evil, **suspended, BARE: bare})
    place, nobody = lab.places["alpha.test"], free_port()
    # There are no such servers, and nobody's name server is asked for them.
    for host in no_hosts(max(each["hosts"] for each in all_inputs() if "hosts" in each)):
        place.environ["KITH_RESOLVE"] += f",{host}=127.0.0.1:{nobody}"
    await lab.start()
    async with bare_server(lab, bare), friends(lab) as (alice, bob):
        await asyncio.to_thread(place.command, "admin", "suspend-server", SUSPENDED["blocked"])
        me = (await alice.api.ask("GET", "/account", dict))["actor"]
        posts = {
            name: (await alice.api.ask("POST", "/posts", dict, new))["id"]
            for name, new in (
                ("public", NewPost(content="hello", audience="public")),
                ("secret", NewPost(content="hello", audience="friends")),
            )
        }
        orders = Orders(
            connect=place.connect,
            ca=str(place.ca),
            names={"alice": me, **posts},
            evil=evil,
            suspended=SUSPENDED,
            certificates=str(lab.folder),
            flooders=FLOODERS,
            nice=NICE if SECONDS else 0,
        )
        async with enemy(orders, seen):
            yield place, bare, alice, bob


@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 300)
@pytest.mark.clause("LIM-1.1", "LIM-2.1", "LIM-4.1", "LIM-5.2")
async def test_people_are_served_while_a_node_is_attacked(lab: Lab) -> None:
    seen, clock = Seen(), asyncio.get_running_loop().time
    async with under_attack(lab, seen) as (place, bare, alice, bob):
        began = clock()

        def going() -> bool:
            if seen.warm_at < 0 and seen.enemy.rounds >= WARM_ROUNDS:
                seen.warm_at = clock() - began
            return clock() < began + SECONDS if SECONDS else len(seen.arrivals) < POSTS

        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(befriend(alice, bob, seen, going))
                tasks.create_task(publish(alice, going))
                tasks.create_task(watch(place, bare, seen, going))
        finally:
            has_figures = SECONDS and seen.looks
            found = measured(seen, clock() - began, place) if has_figures else None
    broken = {status for status in seen.enemy.statuses if status >= 500} - OURS
    assert not broken, seen.enemy
    assert seen.enemy.rounds >= 1 and seen.hostile() >= len(all_inputs()) / 2
    assert seen.enemy.asked, "the node knows the enemy's keys: what they signed was read"
    assert 202 in seen.enemy.statuses
    assert len(seen.arrivals) >= POSTS and seen.looks
    assert "Traceback" not in place.log.read_text() and '"fault"' not in place.log.read_text()
    if found is not None:
        missed = [aim.line() for aim in found.aims if not aim.kept]
        assert not missed, missed


def measured(seen: Seen, seconds: float, place: Place) -> Report:
    """The figures of the long form, told and written down, however it ended."""
    had, waited = place.loop_seconds()
    found = report(seen, seconds, (had + waited) / had)
    sys.stdout.write("".join(f"{line}\n" for line in found.lines()))
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")
    return found
