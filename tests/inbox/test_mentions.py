"""Who is heard when they mention one of ours; all others are kept as requests, and told nobody."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from node.federation.activities.shapes import PUBLIC, Block
from node.inbox import mentions
from node.store.accounts import AccountsUnit
from node.store.feeds import FeedUnit
from node.testing.fakes import FakeClock
from node.testing.memory import MemoryTables
from node.testing.stores import open_new_stores
from tests.inbox.harness import ALICE, BOB, CAROL, DORA, EVE, Harness, any_harness, create, note


@pytest.fixture(params=["memory", "sqlite"])
async def node(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Harness]:
    if request.param == "memory":
        yield await any_harness(MemoryTables())
        return
    stores = await open_new_stores("alpha.test", tmp_path, FakeClock())
    yield await any_harness(stores.database)
    await stores.database.close()


async def mentioned_by(node: Harness, author: str, name: str, *whom: str) -> str:
    said = note(author, name, to=(PUBLIC,), cc=whom, mentions=whom)
    await node.hear(create(said))
    return said.id


async def requests(node: Harness, reader: str) -> list[str]:
    name = reader.rpartition("/")[2]
    items, _ = await node.look(lambda unit: unit.noticed(name, 40, None, True))
    assert {one.kind for one in items} <= {"mention_request"}
    return [one.object for one in items]


async def choose(node: Harness, who: mentions.WhoMentions) -> None:
    store = node.store
    if isinstance(store, MemoryTables):
        store.accounts["alice"] = replace(store.accounts["alice"], mentions=who.value)
        return
    await node.units.run(AccountsUnit, lambda unit: unit.put_mentions("alice", who.value))


@pytest.mark.clause("INB-8.1", "INB-8.3", "INB-4.8")
async def test_a_strangers_mention_is_kept_and_tells_nobody(node: Harness) -> None:
    before = await node.told()
    id = await mentioned_by(node, EVE, "1", ALICE)
    assert await requests(node, ALICE) == [id]
    assert await node.notices(ALICE) == [] and await node.feed(ALICE) == []
    assert await node.told() == before, "no device is told"
    assert (await node.shown(ALICE, id)).id == id
    await node.hear(create(note(EVE, "1", to=(PUBLIC,), cc=(ALICE,), mentions=(ALICE,))))
    assert await requests(node, ALICE) == [id], "once"
    friends = await mentioned_by(node, BOB, "2", ALICE)
    assert await node.notices(ALICE) == [("mention", BOB, friends)]
    neighbours = await mentioned_by(node, CAROL, "3", ALICE)
    assert ("mention", CAROL, neighbours) in await node.notices(ALICE)


@pytest.mark.clause("INB-8.2")
@pytest.mark.parametrize(
    ("choice", "heard"),
    [
        ("everyone", {EVE, BOB, "https://gamma.test/a/fay"}),
        ("following", {BOB, "https://gamma.test/a/fay"}),
        ("friends", {BOB}),
        ("nobody", set()),
    ],
)
async def test_a_person_chooses_who_is_heard(node: Harness, choice: str, heard: set[str]) -> None:
    fay = await node.person("https://gamma.test/a/fay")
    await node.follow(ALICE, fay)
    await choose(node, mentions.WhoMentions(choice))
    for author in (EVE, BOB, fay):
        await mentioned_by(node, author, author.rpartition("/")[2], ALICE)
    assert {actor for kind, actor, _ in await node.notices(ALICE) if kind == "mention"} == heard
    assert len(await requests(node, ALICE)) == 3 - len(heard)


@pytest.mark.clause("INB-8.1")
async def test_strangers_fill_nobodys_disk(node: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mentions, "MOST_WAITING", 2)
    kept = [await mentioned_by(node, EVE, str(number), ALICE) for number in range(4)]
    assert sorted(await requests(node, ALICE)) == kept[:2]
    assert not await node.sees(ALICE, kept[3]), "what nobody is told of is not kept"
    nobody = await mentioned_by(node, EVE, "n", "https://alpha.test/a/nobody")
    assert not await node.sees(ALICE, nobody)


@pytest.mark.clause("INB-8.1")
async def test_one_stranger_does_not_fill_the_requests_for_all_others(node: Harness) -> None:
    for number in range(11):  # by as many actors, of as many servers of one owner
        evil = await node.person(f"https://s{number}.evil.example/a/mallory")
        last = await mentioned_by(node, evil, str(number), ALICE)
    assert len(await requests(node, ALICE)) == 10
    assert not await node.sees(ALICE, last)
    heard = await mentioned_by(node, EVE, "1", ALICE)
    assert heard in await requests(node, ALICE) and await node.sees(ALICE, heard)


@pytest.mark.clause("INB-8.1", "INB-8.2")
async def test_who_is_heard_at_once_needs_no_room_among_the_requests(
    node: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mentions, "MOST_WAITING", 1)
    await mentioned_by(node, EVE, "1", ALICE)
    await choose(node, mentions.WhoMentions.EVERYONE)
    id = await mentioned_by(node, EVE, "2", ALICE)
    assert await node.notices(ALICE) == [("mention", EVE, id)]
    await node.friendship(ALICE, DORA, "blocked", "none")
    blocked = await mentioned_by(node, DORA, "1", ALICE)
    assert not await node.sees(ALICE, blocked)
    assert await node.notices(ALICE) == [("mention", EVE, id)]


@pytest.mark.clause("INB-8.1")
async def test_who_is_blocked_is_not_heard(node: Harness) -> None:
    await node.friendship(ALICE, DORA, "blocked", "none")
    await node.hear(Block("https://alpha.test/t/block", ALICE, DORA))
    id = await mentioned_by(node, DORA, "1", ALICE)
    assert await requests(node, ALICE) == []
    assert not await node.sees(ALICE, id)


@pytest.mark.clause("INB-8.3")
async def test_requests_are_read_apart(node: Harness) -> None:
    await mentioned_by(node, EVE, "1", ALICE)
    await mentioned_by(node, BOB, "2", ALICE)
    items, _ = await node.look(lambda unit: unit.noticed("alice", 40, None))
    await read(node, items[0].id)
    waiting, _ = await node.look(lambda unit: unit.noticed("alice", 40, None, True))
    assert [one.read for one in waiting] == [False]
    await read(node, waiting[0].id)
    waiting, _ = await node.look(lambda unit: unit.noticed("alice", 40, None, True))
    assert [one.read for one in waiting] == [True]


async def read(node: Harness, id: str) -> None:
    await node.units.run(FeedUnit, lambda unit: unit.read_up_to("alice", id))
