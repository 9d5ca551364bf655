"""People who do not stop talking, posting, asking and uploading while their nodes are killed.

What a node answered with 2xx is written down; in the end all of it has to be there, once.
"""

import asyncio
import hashlib
import re
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from node.client import api
from node.client.kith import Kith, MessageReceived, MessageUnreadable
from node.client.uploads import Progress, upload
from node.errors import Conflict, NodeError, Unreachable, will_pass
from node.wire.api.graph import Whom
from node.wire.api.inbox import NewPost
from node.wire.api.video import UploadView
from tools.lab import Lab, Place

PASSPHRASE = "the vault of a test"
# A node that was killed again and again is tried again after minutes only (FED-8.4).
PATIENCE_SECONDS = 300.0
LONGEST_LOOK_SECONDS = 5.0
STANDSTILL_SECONDS = 300.0
T = TypeVar("T")


async def until(
    what: str,
    look: Callable[[], Awaitable[object]],
    steps: Callable[[], object] = lambda: None,
    slower: float = 0.0,
) -> None:
    """Ask again until it is so. Patience ends when `steps`, what shows progress, stays the same.

    With `slower` it is asked the less often the longer it takes: by that part of the time waited.
    """
    clock, seen, waited = asyncio.get_running_loop().time, steps(), 0.0
    while waited < PATIENCE_SECONDS:
        began = clock()
        with suppress(Unreachable):
            if await look():
                return
        await asyncio.sleep(0.05 + waited * slower)
        # A machine that stood still meanwhile has not kept us waiting.
        waited += min(clock() - began, LONGEST_LOOK_SECONDS)
        if steps() != seen:
            seen, waited = steps(), 0.0
    raise AssertionError(f"never happened: {what}")


@asynccontextmanager
async def while_moving(steps: Callable[[], object]) -> AsyncIterator[None]:
    """The block may take as long as it wants, and is ended when `steps` stays the same for long.

    How long a run takes is the machine's affair; that it stands still is ours.
    """

    async def watch(limit: asyncio.Timeout) -> None:
        clock, seen, waited = asyncio.get_running_loop().time, steps(), 0.0
        while waited < STANDSTILL_SECONDS:
            began = clock()
            await asyncio.sleep(1)
            waited += min(clock() - began, LONGEST_LOOK_SECONDS)
            if steps() != seen:
                seen, waited = steps(), 0.0
        limit.reschedule(clock())

    async with asyncio.timeout(None) as limit:
        watching = asyncio.create_task(watch(limit))
        try:
            yield
        finally:
            watching.cancel()


async def insist(ask: Callable[[], Awaitable[T]]) -> T:
    """The same request until there is an answer, and room where there was none."""
    while True:
        try:
            return await ask()
        except NodeError as error:
            if not will_pass(error):
                raise
        await asyncio.sleep(0.05)


async def once(who: Kith, path: str, body: object, key: str) -> None:
    """A POST that is done once, however often it has to be sent."""
    headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
    try:
        await insist(lambda: who.api.send("POST", path, api.encode(body), headers))
    except Conflict as error:
        # The node was killed between the deed and its answer, and says so.
        if error.clause != "API-6.5":
            raise


async def enter(lab: Lab, place: Place, name: str) -> Kith:
    """A new person of this node."""
    connect = ",".join(f"{each.domain}={each.connect}" for each in lab.places.values())
    link = place.link or await asyncio.to_thread(place.invite)
    return await Kith.sign_up(
        link,
        name,
        f"{name} has a long password",
        home=lab.folder / name,
        connect=connect,
        ca_file=str(lab.ca),
        passphrase=PASSPHRASE,
    )


@asynccontextmanager
async def friends(lab: Lab) -> AsyncIterator[tuple[Kith, Kith]]:
    """Alice of the first node and Bob of the second, friends and in a conversation."""
    first, second = lab.places.values()
    async with await enter(lab, first, "alice") as alice, await enter(lab, second, "bob") as bob:
        await alice.add_friend(bob.handle)
        await until("the request arrives", bob.requests)
        await bob.accept(alice.handle)

        async def friend() -> bool:
            return (await alice.relation(bob.handle)).state == "friend"

        async def joined() -> bool:
            await (await bob.talk()).pull()
            return bool(await bob.conversations())

        await until("they are friends", friend)
        await alice.talk_to(bob.handle)
        await until("they are in one conversation", joined)
        yield alice, bob


@dataclass(slots=True)
class Voice:
    """One person who talks and posts until told to stop, and hears."""

    kith: Kith
    other: Kith
    said: list[str] = field(default_factory=list)
    posted: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    unreadable: list[MessageUnreadable] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def name(self) -> str:
        return self.kith.profile.name

    async def talk(self) -> None:
        while not self.over.is_set():
            words = f"{self.name} says {len(self.said)}"
            # Whether it went out or is only owed: from here on it must arrive.
            await insist(lambda words=words: self.kith.say(self.other.handle, words))
            self.said.append(words)
            await asyncio.sleep(0.02)

    async def post(self) -> None:
        while not self.over.is_set():
            words = f"{self.name} posts {len(self.posted)}"
            key = hashlib.sha256(words.encode()).hexdigest()[:32]
            body = NewPost(content=f"<p>{words}</p>", audience="friends", format="html")

            await once(self.kith, "/posts", body, key)
            self.posted.append(words)
            await asyncio.sleep(0.05)

    async def listen(self) -> None:
        async for one in self.kith.listen():
            if isinstance(one, MessageReceived):
                self.heard.append(one.text)
            elif isinstance(one, MessageUnreadable):
                self.unreadable.append(one)


async def befriend(who: Kith, handle: str) -> None:
    """Ask until the node has done it."""
    await once(who, "/friends/requests", Whom(actor=handle), "f" * 32)


async def put_up(who: Kith, file: Path, progress: Progress) -> UploadView:
    """Upload a file through every cut; what the node says of it in the end."""
    id = await insist(lambda: upload(who.api, file, progress))
    return await insist(lambda: who.api.ask("GET", f"/uploads/{id}", UploadView))


async def contents(kith: Kith) -> list[str]:
    """What the posts in this person's feed say."""
    return sorted([re.sub("<[^>]*>", "", post.content) async for post in kith.feed()])


async def has_all_once(one: Voice, other: Voice, lab: Lab) -> None:
    """What `one` said and posted is with `other`, or comes to be there: once each, in order."""
    fed: list[str] = []

    async def heard() -> bool:
        return len(other.heard) >= len(one.said)

    async def seen() -> bool:
        fed[:] = await contents(other.kith)
        return len(fed) >= len(one.posted)

    try:
        await until(f"{other.name} hears {one.name}", heard, lambda: len(other.heard))
        await until(f"{other.name} sees what {one.name} posts", seen, lambda: len(fed))
    except AssertionError as error:
        raise AssertionError(await story_of(one, other, lab)) from error
    story = await story_of(one, other, lab)
    assert sorted(other.heard) == sorted(one.said), story
    assert all(missed.asked_again for missed in other.unreadable), story
    assert other.unreadable or other.heard == one.said, story
    wrong = Counter(fed), Counter(one.posted)
    assert wrong[0] == wrong[1], ("once each", wrong[0] - wrong[1], wrong[1] - wrong[0], len(fed))


async def story_of(one: Voice, other: Voice, lab: Lab) -> str:
    """Where it went wrong between two, for the message of a failure."""
    said = {words: number for number, words in enumerate(one.said)}
    heard = [said[words] for words in other.heard]
    breaks = [(at, heard[at - 1], n) for at, n in enumerate(heard) if at and heard[at - 1] != n - 1]
    device = (await other.kith.talk()).device
    parked = device.state.groups_with("parked")
    owed = [(await each.kith.talk()).device.owed() for each in (one, other)]
    return (
        f"{one.name} said {len(said)}, {other.name} heard {len(heard)}, {breaks=}, {parked=},"
        f" {owed=}, {other.unreadable=}, {waiting(lab)}"
    )


def waiting(lab: Lab) -> list[object]:
    """What is not done yet at running nodes whose disk is ours: for the message of a failure."""
    found: list[object] = []
    for place in lab.places.values():
        if not (file := place.data / "kith.sqlite3").exists():
            continue
        connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        for statement in (
            "SELECT 'arrival', activity, state, attempts, reason FROM arrivals"
            " WHERE state <> 'applied' LIMIT 5",
            "SELECT 'delivery', seq, host, state, attempts, reason, aside,"
            " due / 1000000 - unixepoch() FROM deliveries WHERE state <> 'delivered' LIMIT 5",
            "SELECT 'mailbox', count(*), min(seq), max(seq) FROM mailbox",
        ):
            found += [(place.domain, *row) for row in connection.execute(statement)]
        connection.close()
    return found


def hard_look(place: Place, data: Path) -> None:
    """SQLite finds this folder of a node whole, nothing waits there, and the log tells no fault."""
    connection = sqlite3.connect(data / "kith.sqlite3")
    try:

        def states(table: str) -> set[str]:
            return {row[0] for row in connection.execute(f"SELECT DISTINCT state FROM {table}")}

        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert states("arrivals") <= {"applied"}
        assert states("deliveries") <= {"delivered"}
    finally:
        connection.close()
    assert "Traceback" not in place.log.read_text()
