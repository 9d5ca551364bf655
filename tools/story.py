"""The story of two people on two nodes, told through the public client only.

Alice befriends Bob, they talk end-to-end encrypted, she shares a video with her friends, he
watches it and answers. The same story runs over processes (`make demo`) and containers.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from node.client.kith import Kith, MessageReceived

WORDS = "meet me where the blackbird sings, at the north window"
MESSAGES = 20
PATIENCE_SECONDS = 90.0
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a person sits: their node's invite link, how to reach it, and their own folder."""

    invite: str
    connect: str
    ca_file: str
    home: Path


@dataclass(slots=True)
class Ear:
    """Listens for one person: what was said, with the instant at which it was here."""

    kith: Kith
    heard: "asyncio.Queue[tuple[MessageReceived, float]]" = field(default_factory=asyncio.Queue)

    async def listen(self) -> None:
        """Until cancelled."""
        async for one in self.kith.listen():
            if isinstance(one, MessageReceived):
                self.heard.put_nowait((one, time.perf_counter()))

    async def next(self) -> tuple[MessageReceived, float]:
        """The next thing said, within the patience of the story."""
        return await asyncio.wait_for(self.heard.get(), PATIENCE_SECONDS)


async def until(what: str, look: Callable[[], Awaitable[Any]]) -> Any:
    """Ask again until there is an answer."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends:
        found = await look()
        if found:
            return found
        await asyncio.sleep(0.02)
    raise TimeoutError(f"never happened: {what}")


async def enter(seat: Seat, name: str) -> Kith:
    """Sign up with the link."""
    return await Kith.sign_up(
        seat.invite,
        name,
        f"{name} likes long passwords",
        home=seat.home,
        connect=seat.connect,
        ca_file=seat.ca_file,
        device_name=f"{name}'s laptop",
        passphrase=f"the vault of {name}",
    )


async def befriend(alice: Kith, bob: Kith) -> str:
    """She asks, he accepts; both see it."""
    await alice.add_friend(bob.handle, "it is me, alice")
    await until("the request arrives", bob.requests)
    await bob.accept(alice.handle)

    async def both() -> bool:
        return (await alice.relation(bob.handle)).state == "friend"

    await until("they are friends", both)
    return (await bob.relation(alice.handle)).state


async def talk(alice: Kith, bob: Kith, ear: Ear) -> dict[str, Any]:
    """The first word, then twenty more, each timed from the call to the other device's event."""
    await alice.say(bob.handle, WORDS)
    said, _ = await ear.next()
    took = []
    for number in range(MESSAGES):
        began = time.perf_counter()
        await alice.say(bob.handle, f"{WORDS}, {number}")
        _, at = await ear.next()
        took.append(round((at - began) * 1000, 2))
    await bob.say(alice.handle, "I hear it too")
    return {"plaintext": WORDS, "sent": MESSAGES + 1, "decrypted": said.text, "latency_ms": took}


async def share(alice: Kith, bob: Kith, clip: Path, folder: Path) -> dict[str, Any]:
    """She posts it to her friends; it comes into his feed and he takes every byte of it."""
    began = time.perf_counter()
    video = await alice.post_video(clip, audience="friends", name="The north window")
    ready = time.perf_counter() - began

    async def in_feed() -> Any:
        return [post async for post in bob.feed() if post.id == video.post]

    (post,) = await until("the video is in his feed", in_feed)
    there = await bob.watching(post.id)
    played = await bob.watch(post.id, folder / "watched.mp4")
    return {
        "id": video.id,
        "post": post.id,
        "duration_s": video.duration_ms / 1000,
        "variants": [kind for kind in ("mp4", "hls", "poster") if getattr(there, kind)],
        "played_bytes": played,
        "size": there.size,
        "ready_s": round(ready, 2),
    }


async def answer(alice: Kith, bob: Kith, post: str) -> tuple[str, bool]:
    """He likes it and says so; she is told of both."""
    await bob.like(post)
    await bob.comment(post, "it sings at mine as well")

    async def told() -> bool:
        kinds = {notice.kind async for notice in alice.notices()}
        return {"like", "comment"} <= kinds

    await until("she is told", told)
    comments = [one.content async for one in alice.comments(post)]
    return comments[0], (await alice.post(post)).likes == 1


Between = Callable[[Kith, Kith, Ear], Awaitable[None]]


async def nothing(_alice: Kith, _bob: Kith, _ear: Ear) -> None:
    """No interruption."""


async def tell_story(
    alice_seat: Seat,
    bob_seat: Seat,
    clip: Path,
    tell: Tell,
    between: Between = nothing,
) -> dict[str, Any]:
    """The whole story; `between` happens before the video. What it returns goes into a report."""
    async with await enter(alice_seat, "alice") as alice, await enter(bob_seat, "bob") as bob:
        tell(f"{alice.handle} and {bob.handle} signed up")
        await alice.talk()
        await bob.talk()
        ear = Ear(bob)
        listening = asyncio.create_task(ear.listen())
        try:
            report: dict[str, Any] = {"friendship": await befriend(alice, bob)}
            tell("they are friends")
            report["message"] = await talk(alice, bob, ear)
            median = sorted(report["message"]["latency_ms"])[MESSAGES // 2]
            tell(f"they talk; a sealed message takes {median} ms")
            await between(alice, bob, ear)
            report["video"] = await share(alice, bob, clip, bob_seat.home)
            tell(f"he watched her video: {report['video']['played_bytes']} bytes")
            report["comment"], report["like"] = await answer(alice, bob, report["video"]["post"])
            tell("she was told that he likes it and what he said")
            return report
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening
