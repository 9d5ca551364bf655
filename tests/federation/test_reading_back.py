"""What a restored node reads from the outboxes of servers that know no Resend (spec FED-13.7)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from node.errors import Missing, Unreachable
from node.federation.activities.shapes import PUBLIC, CreateNote
from node.federation.peers import Actor
from node.federation.reading_back import MOST_PAGES, MOST_POSTS, posts_since
from node.testing.fakes import NEW_YEAR
from node.wire.times import rfc3339

GUY = "https://gts.test/users/guy"
OUTBOX = f"{GUY}/outbox"
CONTEXT = "https://www.w3.org/ns/activitystreams"
SINCE = NEW_YEAR
LATER = NEW_YEAR + timedelta(hours=1)


class World:
    """What stands where; everything that was asked for."""

    def __init__(self) -> None:
        self.at: dict[str, Any] = {}
        self.asked: list[str] = []

    async def document(self, url: str) -> Mapping[str, Any]:
        self.asked.append(url)
        if url not in self.at:
            raise Missing("FED-10.7", "answered 404")
        if isinstance(self.at[url], Exception):
            raise self.at[url]
        found: Mapping[str, Any] = self.at[url]
        return found

    def post(self, name: str, hours: float = 1, **more: Any) -> str:
        id = f"{GUY}/statuses/{name}"
        self.at[id] = {
            "@context": CONTEXT, "type": "Note", "id": id, "attributedTo": GUY, "content": name,
            "published": rfc3339(NEW_YEAR + timedelta(hours=hours)), "to": [PUBLIC], **more,
        }  # fmt: skip
        return id

    def outbox(self, *pages: list[Any]) -> None:
        names = [f"{OUTBOX}?page={n}" for n in range(len(pages))]
        first = names[0] if names else None
        self.at[OUTBOX] = {"type": "OrderedCollection", "id": OUTBOX, "first": first}
        for n, (name, items) in enumerate(zip(names, pages, strict=True)):
            self.at[name] = {
                "type": "OrderedCollectionPage", "id": name, "orderedItems": items,
                "next": names[n + 1] if n + 1 < len(names) else None,
            }  # fmt: skip

    async def read(self, actor: str = GUY) -> list[str]:
        known = Actor(actor, "Person", f"{actor}/inbox", outbox=OUTBOX)
        found = []
        async for said in posts_since(known, SINCE, self, LATER + timedelta(days=1)):
            assert isinstance(said, CreateNote) and said.actor == said.note.author
            found.append(said.note.id.rpartition("/")[2])
        return found


@pytest.fixture
def world() -> World:
    return World()


def create(object: Any, **more: Any) -> dict[str, Any]:
    return {"type": "Create", "id": f"{GUY}/t/1", "actor": GUY, "object": object, **more}


@pytest.mark.clause("FED-13.7")
async def test_what_was_posted_since_is_read_from_its_ids(world: World) -> None:
    items = [create(world.post("new")), create({"id": world.post("second"), "content": "forged"})]
    world.outbox(items, [create(world.post("old", hours=-1)), create(world.post("never"))])
    assert await world.read() == ["new", "second", "never"]
    dated = create(world.post("old", hours=-1), published=rfc3339(NEW_YEAR - timedelta(hours=1)))
    world.outbox(items, [dated, create(world.post("never"))])
    assert await world.read() == ["new", "second"], "what is behind an older one is older"


@pytest.mark.clause("FED-13.7")
@pytest.mark.parametrize(
    "item",
    [
        create("https://evil.test/o/1"),
        create(f"{GUY}/statuses/absent"),
        create(None),
        create([1, 2]),
        create(f"{GUY}/statuses/hers"),
        create(f"{GUY}/statuses/elsewhere"),
        create(f"{GUY}/statuses/poll"),
        {**create(f"{GUY}/statuses/good"), "actor": "https://gts.test/users/eve"},
        {**create(f"{GUY}/statuses/good"), "type": "Like"},
        {**create(f"{GUY}/statuses/good"), "type": "Announce"},
        f"{GUY}/t/1",
        7,
    ],
)
async def test_what_an_outbox_claims_is_not_believed(world: World, item: Any) -> None:
    world.post("hers", attributedTo="https://gts.test/users/eve")
    world.post("elsewhere", id="https://gts.test/o/other")
    world.post("poll", type="Tombstone")
    good = create(world.post("good"))
    world.outbox([item, good] if item != 7 else [good])
    assert await world.read() == ["good"]
    assert not any(url.startswith("https://evil.test") for url in world.asked)


@pytest.mark.clause("FED-13.7")
async def test_an_outbox_is_read_within_bounds(world: World) -> None:
    many = [[create(world.post(f"{page}-{n}")) for n in range(30)] for page in range(6)]
    world.outbox(*many)
    assert len(await world.read()) == MOST_POSTS
    world.asked.clear()
    world.outbox(*([create("https://gts.test/o/none")] for _ in range(9)))
    assert await world.read() == []
    assert sum("page=" in url for url in world.asked) <= MOST_PAGES + 1
    world.at[OUTBOX]["first"] = "https://evil.test/outbox"
    world.asked.clear()
    assert await world.read() == []
    assert world.asked == [OUTBOX]
    for broken in ({"type": "Note"}, {}, {"type": "OrderedCollection", "items": [1]}):
        world.at[OUTBOX] = broken
        assert await world.read() == []


@pytest.mark.clause("FED-13.7")
async def test_a_silent_server_is_told_apart_from_one_that_shows_nothing(world: World) -> None:
    assert await world.read() == []
    world.at[OUTBOX] = Unreachable("no answer")
    with pytest.raises(Unreachable):
        await world.read()
