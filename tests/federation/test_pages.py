"""What peers ask of a node, over real HTTP: inboxes, actors, collections, WebFinger, NodeInfo."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient

from node.config import Config
from node.federation.actors import parse_actor
from node.federation.proving import Prover
from node.ports import Request
from node.store import tables
from node.store.keyring import Keyring, NodeKey
from node.store.unit import Unit
from node.testing.fakes import FakeEntropy
from node.web.activitypub import wellknown
from node.web.activitypub.actors import Actors, LocalActors
from node.web.activitypub.collections import ITEMS_A_PAGE, Collections
from node.web.activitypub.documents import Activities, Documents
from node.web.activitypub.inbox import Inbox
from node.web.activitypub.requests import delivery_of
from node.web.activitypub.surface import surface
from node.web.limits import MemoryBuckets
from node.web.peer_rate_limits import PeerRateLimits
from node.web.routes import Call
from node.wire import httpsig
from node.wire.httpsig import Dialect
from node.wire.suffixes import Suffixes
from tests.federation.conftest import ALICE, US, Person, System
from tests.served import as_document, serve

INSTANCE = f"{US}/a/node"
Client = TestClient[web.Request, web.Application]


async def friends_only(id: str, viewer: str | None) -> dict[str, Any] | None:
    """A resolver as other rooms provide it."""
    if id == f"{US}/o/1" and viewer == "https://b.test/a/bob":
        return {"id": id, "type": "Note", "url": f"{US}/@alice/1"}
    return None


@pytest.fixture
async def client(system: System, tmp_path: Path) -> AsyncIterator[Client]:
    config = Config(origin=US, inbox_limit_bytes=65536)
    entropy = FakeEntropy()
    keyring = Keyring(NodeKey(tmp_path, entropy), system.units, entropy)

    async def people(unit: Unit) -> None:
        put = unit.connection.execute
        await put(tables.actors.delete())
        for id, name, kind, account in (
            (ALICE, "alice", "Person", "1"),
            (f"{US}/a/channel", "alice_channel", "Group", "1"),
            (INSTANCE, "instance", "Application", None),
        ):
            await put(
                tables.actors.insert().values(
                    id=id, kind=kind, local=True, account=account, name=name, domain="a.test",
                    inbox=f"{id}/inbox", outbox=f"{id}/outbox", followers=f"{id}/followers",
                    friends=f"{id}/friends", url=f"{US}/@{name}", shared_inbox=f"{US}/inbox",
                )
            )  # fmt: skip
            await put(tables.names.insert().values(name=name, actor=id, created=0))
        await put(
            tables.accounts.insert().values(
                id="1", name="alice", actor=ALICE, channel=f"{US}/a/channel", created=0,
                identity_key=b"k" * 32,
            )
        )  # fmt: skip
        for n, public in ((1, True), (2, False), (3, True)):
            body = {"id": f"{US}/t/{n}", "type": "Like", "actor": ALICE, "to": [f"{ALICE}/friends"]}
            await put(
                tables.outbox.insert().values(
                    id=f"{US}/t/{n}", actor=ALICE, body=json.dumps(body).encode(), public=public,
                    created=n,
                )
            )  # fmt: skip
        for other, state in (("https://b.test/a/bob", "accepted"), ("https://b.test/x", "asked")):
            await put(
                tables.friendships.insert().values(
                    actor=ALICE, other=other, ours="accepted", theirs=state, updated=0
                )
            )

    await system.units.run(Unit, people)
    rate_limits = PeerRateLimits(MemoryBuckets(system.clock), Suffixes(), 6000)

    async def prove(call: Call, body: bytes) -> str | None:
        delivery = delivery_of(call, body)
        return await rate_limits.asked(call.address, lambda: system.receiver.viewer(delivery))

    units, directory = system.units, system.directory
    actors, prover = LocalActors(directory, US), Prover(keyring, system.clock)
    resolvers = (friends_only, Activities(units, prover).resolve)
    routes = (
        *Inbox(system.receiver, actors, rate_limits).routes(),
        *Actors(actors, units, keyring, prover).routes(),
        *Collections(actors, units, prove).routes(),
        *Documents(US, directory, prove, resolvers).routes(),
    )
    plain = wellknown.routes(directory, units, config)
    async with serve(surface(routes, config, as_document, plain)) as opened:
        yield opened


def signed_get(system: System, who: Person, path: str) -> dict[str, str]:
    request = Request("GET", US + path)
    headers = httpsig.sign(request, who.ed25519, system.clock.now(), Dialect.RFC9421)
    return {**headers, "Accept": "application/activity+json"}


async def post(system: System, client: Client, who: Person, path: str, said: Any) -> Any:
    delivery = system.signed(who.rsa, said, path)
    headers = {name: values[0] for name, values in delivery.headers.items()}
    headers["Content-Type"] = "application/activity+json"
    async with client.post(path, data=delivery.body, headers=headers) as answer:
        return answer.status, await answer.read()


@pytest.mark.clause("FED-7.8", "FED-7.14")
async def test_an_inbox_accepts_what_is_proven(system: System, client: Client, bob: Person) -> None:
    system.publish(bob)
    follow = bob.says("Follow", object=ALICE)
    assert (await post(system, client, bob, "/a/alice/inbox", follow))[0] == 202
    assert (await post(system, client, bob, "/inbox", follow))[0] == 202
    assert await system.stored() == [follow["id"]]
    status, body = await post(system, client, bob, "/a/nobody/inbox", follow)
    assert (status, json.loads(body)["clause"]) == (404, "FED-7.14")


@pytest.mark.clause("FED-7.12")
async def test_a_large_body_is_refused_before_it_is_read(client: Client) -> None:
    headers = {"Content-Type": "application/activity+json"}

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(8):
            yield b"x" * 16384

    async with client.post("/inbox", data=chunks(), headers=headers) as answer:
        assert answer.status == 413
        assert (await answer.json())["clause"] == "FED-7.12"


@pytest.mark.clause("FED-7.12")
async def test_two_gigabytes_are_refused_by_their_announcement(client: Client) -> None:
    reader, writer = await open_connection(client)
    writer.write(
        b"POST /inbox HTTP/1.1\r\nHost: a.test\r\nContent-Type: application/activity+json\r\n"
        b"Content-Length: 2147483648\r\n\r\n"
    )
    line = await reader.readline()
    assert b"413" in line
    writer.close()
    await writer.wait_closed()


@pytest.mark.clause("FED-7.2")
async def test_an_inbox_takes_activities_only(client: Client) -> None:
    async with client.post("/inbox", data=b"{}", headers={"Content-Type": "text/plain"}) as answer:
        assert answer.status == 415
    headers = {"Content-Type": "application/activity+json"}
    async with client.post("/inbox", data=b"{}", headers=headers) as answer:
        assert answer.status == 401


@pytest.mark.clause("FED-11.1")
async def test_every_actor_of_ours_is_served_unsigned(client: Client) -> None:
    for opaque, kind in (("alice", "Person"), ("channel", "Group"), ("node", "Application")):
        async with client.get(f"/a/{opaque}") as answer:
            assert answer.content_type == "application/activity+json"
            read = parse_actor(await answer.json())
        assert (read.id, read.kind) == (f"{US}/a/{opaque}", kind)
        assert {key.algorithm.value for key in read.keys} == {"rsa", "ed25519"}
    async with client.get("/a/alice") as answer:
        alice = parse_actor(await answer.json())
    assert (alice.channel, alice.webfinger) == (f"{US}/a/channel", "alice@a.test")
    assert alice.identity_key.startswith("z6Mk")
    headers = {"Accept": "text/html"}
    async with client.get("/a/alice", headers=headers, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, f"{US}/@alice")


@pytest.mark.clause("FED-11.1", "FED-11.6")
async def test_what_is_pinned_is_an_empty_list(client: Client) -> None:
    async with client.get("/a/alice") as answer:
        featured = (await answer.json())["featured"]
    assert featured == f"{US}/a/alice/featured"
    async with client.get("/a/alice/featured") as answer:
        found = await answer.json()
    assert (found["type"], found["totalItems"]) == ("OrderedCollection", 0)
    async with client.get(found["first"].removeprefix(US)) as answer:
        page = await answer.json()
    assert (page["orderedItems"], "next" in page) == ([], False)
    async with client.get("/a/nobody/featured") as answer:
        assert answer.status == 404


@pytest.mark.clause("FED-11.1")
async def test_a_deleted_actor_is_gone(system: System, client: Client) -> None:
    async def delete(unit: Unit) -> None:
        await unit.connection.execute(
            tables.actors.update().where(tables.actors.c.id == ALICE).values(gone=1)
        )

    async with client.get("/a/alice") as answer:
        assert answer.status == 200
    await system.units.run(Unit, delete)
    async with client.get("/a/alice") as answer:
        assert answer.status == 410, "at once, though it was read a moment ago"
        assert (await answer.json())["type"] == "Tombstone"


@pytest.mark.clause("FED-11.2")
async def test_what_is_not_for_you_does_not_exist(
    system: System, client: Client, bob: Person, eve: Person
) -> None:
    system.publish(bob)
    system.publish(eve)
    answers = []
    for headers in ({}, signed_get(system, eve, "/o/1")):
        async with client.get("/o/1", headers=headers) as answer:
            answers.append((answer.status, await answer.read()))
    async with client.get("/o/absent") as answer:
        answers.append((answer.status, await answer.read()))
    assert len(set(answers)) == 1
    assert answers[0][0] == 404
    async with client.get("/o/1", headers=signed_get(system, bob, "/o/1")) as answer:
        assert (await answer.json())["id"] == f"{US}/o/1"
        assert "Signature" in answer.headers["Vary"]
        assert "private" in answer.headers["Cache-Control"]


@pytest.mark.clause("FED-11.2")
async def test_an_activity_is_shown_to_those_it_was_sent_to(
    system: System, client: Client, bob: Person, eve: Person
) -> None:
    system.publish(bob)
    system.publish(eve)
    async with client.get("/t/1") as answer:
        assert answer.status == 200, "public"
    for headers, status in (
        ({}, 404),
        (signed_get(system, eve, "/t/2"), 404),
        (signed_get(system, bob, "/t/2"), 200),
    ):
        async with client.get("/t/2", headers=headers) as answer:
            assert answer.status == status


@pytest.mark.clause("FED-11.5")
async def test_a_wrong_signature_is_refused_not_ignored(
    system: System, client: Client, bob: Person
) -> None:
    system.publish(bob)
    headers = signed_get(system, bob, "/t/2")
    async with client.get("/t/1", headers=headers) as answer:
        assert answer.status == 401


@pytest.mark.clause("FED-11.3")
async def test_the_outbox_lists_public_activities_newest_first(client: Client) -> None:
    async with client.get("/a/alice/outbox") as answer:
        box = await answer.json()
    assert box["totalItems"] == 2
    async with client.get(box["first"].removeprefix(US)) as answer:
        page = await answer.json()
    assert [item["id"] for item in page["orderedItems"]] == [f"{US}/t/3", f"{US}/t/1"]
    assert "next" not in page


@pytest.mark.clause("FED-11.3", "FED-11.6")
async def test_each_activity_of_one_instant_stands_on_just_one_page(
    system: System, client: Client
) -> None:
    count = 2 * ITEMS_A_PAGE + 1

    async def say(unit: Unit) -> None:
        rows = [
            {"id": f"{US}/t/same-{n}", "actor": ALICE, "public": True, "created": 7}
            | {"body": json.dumps({"id": f"{US}/t/same-{n}"}).encode()}
            for n in range(count)
        ]
        await unit.connection.execute(tables.outbox.insert(), rows)

    await system.units.run(Unit, say)
    listed: list[str] = []
    at = "/a/alice/outbox?page=first"
    while at:
        async with client.get(at) as answer:
            page = await answer.json()
        listed += [item["id"] for item in page["orderedItems"]]
        at = page.get("next", "").removeprefix(US)
    assert sorted(listed) == sorted(
        [*(f"{US}/t/same-{n}" for n in range(count)), f"{US}/t/1", f"{US}/t/3"]
    )
    async with client.get("/a/alice/outbox?page=nonsense") as answer:
        assert answer.status == 400


@pytest.mark.clause("GRA-6.2")
@pytest.mark.parametrize(
    "path", ["/t/1", "/a/alice/outbox", "/a/alice/outbox?page=first", "/a/channel/outbox"]
)
async def test_who_is_blocked_and_says_who_they_are_is_shown_nothing(
    system: System, client: Client, eve: Person, path: str
) -> None:
    system.publish(eve)
    async with client.get(path, headers=signed_get(system, eve, path)) as answer:
        assert answer.status == 200

    async def block(unit: Unit) -> None:
        await unit.connection.execute(
            tables.friendships.insert().values(
                actor=ALICE, other=eve.id, ours="blocked", theirs="none", updated=0
            )
        )

    await system.units.run(Unit, block)
    async with client.get(path, headers=signed_get(system, eve, path)) as answer:
        assert (answer.status, (await answer.json())["clause"]) == (404, "FED-11.2")


@pytest.mark.clause("INB-1.8")
@pytest.mark.parametrize("path", ["/t/1", "/a/alice/outbox", "/a/alice/outbox?page=first"])
async def test_what_someone_suspended_said_is_not_shown(
    system: System, client: Client, path: str
) -> None:
    async with client.get(path) as answer:
        assert answer.status == 200

    async def suspend(unit: Unit) -> None:
        await unit.connection.execute(tables.accounts.update().values(state="suspended"))

    await system.units.run(Unit, suspend)
    async with client.get(path) as answer:
        assert answer.status == 404


@pytest.mark.clause("FED-11.4")
async def test_only_friends_see_who_the_friends_are(
    system: System, client: Client, bob: Person, eve: Person
) -> None:
    system.publish(bob)
    system.publish(eve)
    path = "/a/alice/friends"
    for headers in ({}, signed_get(system, eve, path)):
        async with client.get(path, headers=headers) as answer:
            shell = await answer.json()
            assert "first" not in shell
            assert "totalItems" not in shell
        page = f"{path}?page=first"
        async with client.get(page, headers=headers and signed_get(system, eve, page)) as answer:
            assert answer.status == 404
    async with client.get(path, headers=signed_get(system, bob, path)) as answer:
        first = (await answer.json())["first"].removeprefix(US)
    async with client.get(first, headers=signed_get(system, bob, first)) as answer:
        assert (await answer.json())["orderedItems"] == [bob.id], "who only was asked is none"


@pytest.mark.clause("FED-10.1")
@pytest.mark.parametrize(
    ("resource", "id"),
    [
        ("acct:alice@a.test", ALICE),
        ("acct:ALICE@A.test", ALICE),
        (ALICE, ALICE),
        (f"{US}/@alice", ALICE),
        ("acct:alice_channel@a.test", f"{US}/a/channel"),
        ("acct:instance@a.test", INSTANCE),
        ("acct:a.test@a.test", INSTANCE),
        (US, INSTANCE),
        (f"{US}/", INSTANCE),
    ],
)
async def test_webfinger_finds_ours(client: Client, resource: str, id: str) -> None:
    async with client.get("/.well-known/webfinger", params={"resource": resource}) as answer:
        assert answer.status == 200
        assert answer.content_type == "application/jrd+json"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        jrd = await answer.json()
    [link] = [link for link in jrd["links"] if link["rel"] == "self"]
    assert link["href"] == id


@pytest.mark.clause("FED-10.1")
@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400), ("?resource=", 400), ("?resource=alice", 400), ("?resource=@alice@a.test", 400),
        ("?resource=acct:x@a.test&resource=acct:alice@a.test", 400),
        ("?resource=acct:nobody@a.test", 404), ("?resource=acct:alice@b.test", 404),
        ("?resource=https://a.test.evil.test/a/alice", 404), ("?resource=https://b.test/", 404),
        ("?resource=acct:a.test", 404), ("?resource=https://a.test/a/none", 404),
    ],
)  # fmt: skip
async def test_webfinger_refuses_what_is_not_ours(client: Client, query: str, status: int) -> None:
    async with client.get(f"/.well-known/webfinger{query}") as answer:
        assert answer.status == status


@pytest.mark.clause("FED-10.2")
async def test_webfinger_gives_the_relations_that_are_asked_for(client: Client) -> None:
    for query, rels in (("", 2), ("&rel=self", 1), ("&rel=none", 0), ("&rel=self&rel=x", 1)):
        url = f"/.well-known/webfinger?resource=acct:alice@a.test{query}"
        async with client.get(url) as answer:
            assert len((await answer.json())["links"]) == rels


@pytest.mark.clause("FED-10.4")
async def test_host_meta_is_xrd_or_json(client: Client) -> None:
    async with client.get("/.well-known/host-meta") as answer:
        assert answer.content_type == "application/xrd+xml"
        assert f'template="{US}/.well-known/webfinger?resource={{uri}}"' in await answer.text()
    for path, accept in (("", "application/json"), (".json", "*/*")):
        url = f"/.well-known/host-meta{path}"
        async with client.get(url, headers={"Accept": accept}) as answer:
            assert (await answer.json())["links"][0]["rel"] == "lrdd"


@pytest.mark.clause("FED-10.5")
async def test_nodeinfo_is_served_in_two_versions(client: Client) -> None:
    async with client.get("/.well-known/nodeinfo") as answer:
        links = (await answer.json())["links"]
    assert links[-1]["href"] == INSTANCE
    for link in links[:2]:
        async with client.get(link["href"].removeprefix(US)) as answer:
            info = await answer.json()
        assert info["version"] == link["rel"][-3:]
        assert info["software"]["name"] == "kith"
        assert info["usage"]["users"]["total"] == 1
        assert info["protocols"] == ["activitypub"]
    async with client.get("/nodeinfo/9.9") as answer:
        assert answer.status == 404


@pytest.mark.clause("FED-10.5")
async def test_who_asks_often_does_not_make_us_count_often(system: System, client: Client) -> None:
    async def people() -> int:
        async with client.get("/nodeinfo/2.1") as answer:
            return int((await answer.json())["usage"]["users"]["total"])

    async def join(unit: Unit) -> None:
        row = {"id": "2", "name": "zoe", "actor": f"{US}/a/zoe", "channel": f"{US}/a/zoe_channel"}
        await unit.connection.execute(tables.accounts.insert(), {**row, "created": 0})

    assert await people() == 1
    await system.units.run(Unit, join)
    assert await people() == 1
    system.clock.pass_(timedelta(hours=1, seconds=1))
    assert await people() == 2


async def open_connection(client: Client) -> Any:
    return await asyncio.open_connection("127.0.0.1", client.server.port)
