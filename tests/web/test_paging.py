"""Every list of the node is walked to its end, as the table of routes has them."""

import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import Table

from node.app import Node, System, admin_invite
from node.ports import Request
from node.store import tables
from node.testing.fakes import FakeClock, FakeEntropy, FakeFetch
from node.web.activitypub.collections import ITEMS_A_PAGE
from node.web.api.surface import API
from node.web.server import SURFACES
from node.wire import httpsig
from node.wire.api.cursor import Cursor, write_cursor
from node.wire.api.e2ee import ref_of
from node.wire.httpsig import Dialect
from node.wire.keys import Algorithm
from node.wire.times import micros
from tests.web.test_whole import whole_node

US = "https://a.test"
COUNT = 2 * ITEMS_A_PAGE + 3  # more than two pages of any list
AT = micros(FakeClock().now())  # of all of them: an instant alone must not tell them apart
POST, TALK = f"{US}/o/root", f"{US}/o/talk"
DIGITS = "9" * 4400  # more than Python makes an int of


def others(path: str = "a") -> list[str]:
    return [f"https://b.test/{path}/{n:03}" for n in range(COUNT)]


class Alice:
    """A person of the node to whom everything happened `COUNT` times in one instant."""

    def __init__(
        self, node: Node, client: TestClient[Any, Any], session: Mapping[str, Any]
    ) -> None:
        self.node, self.client = node, client
        self.token, self.device = session["token"], session["device"]
        self.account, self.actor = session["account"]["id"], session["account"]["actor"]

    async def put(self, table: Table, rows: Sequence[dict[str, Any]]) -> None:
        await self.node.stores.database.write(lambda c: c.execute(table.insert(), list(rows)))

    async def fill(self) -> None:
        me, account = self.actor, self.account
        posts, ids = [f"{US}/o/{n:03}" for n in range(COUNT)], range(COUNT)
        await self.put(tables.accounts, [
            {"id": f"p{n:03}", "name": f"p{n}", "actor": f"{US}/a/p{n}", "channel": f"{US}/a/c{n}",
             "state": "pending", "created": AT} for n in ids
        ])  # fmt: skip
        await self.put(tables.friendships, [
            {"actor": me, "other": f"{one}-{ours}", "ours": ours, "theirs": theirs, "updated": AT}
            for one in others()
            for ours, theirs in (("accepted", "accepted"), ("none", "asked"), ("blocked", "none"))
        ])  # fmt: skip
        await self.put(tables.follows, [
            row for one in others("f") for row in (
                {"follower": me, "followed": one, "state": "accepted", "updated": AT},
                {"follower": one, "followed": me, "state": "accepted", "updated": AT},
            )
        ])  # fmt: skip
        usual = {"author": me, "local": True, "published": AT}
        await self.put(tables.posts, [
            {"id": id, "thread": id, "local_feed": 1, **usual} for id in [POST, *posts]
        ])  # fmt: skip
        known = [f"{others()[0]}-accepted", others("f")[0]]  # a friend, and one who is followed
        theirs = [(f"{one}/{n:03}", one) for one in known for n in ids]
        await self.put(tables.posts, [
            {"id": id, "thread": id, "author": one, "published": AT} for id, one in theirs
        ])  # fmt: skip
        await self.put(tables.posts, [
            {"id": f"{id}c", "thread": POST, "in_reply_to": POST, **usual} for id in posts
        ])  # fmt: skip
        await self.put(tables.audiences, [
            {"post": id, "kind": "public", "ref": ""}
            for id in [POST, *posts, *(f"{id}c" for id in posts), *(id for id, _ in theirs)]
        ])  # fmt: skip
        await self.put(tables.timeline, [
            {"account": account, "post": id, "published": AT} for id, _ in theirs
        ])  # fmt: skip
        await self.put(tables.notices, [
            {"id": f"n{n:03}", "account": account, "kind": "like", "actor": me, "created": AT}
            for n in ids
        ])  # fmt: skip
        activities = [f"{US}/t/{n:03}" for n in ids]
        await self.put(tables.outbox, [
            {"id": id, "actor": me, "body": json.dumps({"id": id}).encode(), "public": True,
             "created": AT} for id in activities
        ])  # fmt: skip
        await self.put(tables.deliveries, [
            {"activity": id, "host": "b.test", "inbox": "https://b.test/inbox", "actor": me,
             "due": AT} for id in activities
        ])  # fmt: skip
        await self.put(tables.conversations, [
            {"id": TALK, "creator": me, "mls_group": b"g", "hosted": True, "seq": COUNT,
             "created": AT}
        ])  # fmt: skip
        await self.put(tables.participants, [
            {"conversation": TALK, "actor": me, "device": device, "joined": AT, "share": me}
            for device in ("", self.device)
        ])  # fmt: skip
        await self.put(tables.relay_items, [
            {"conversation": TALK, "seq": n + 1, "sha256": str(n).encode(), "prev": b"",
             "actor": me, "signature": b"s", "created": AT} for n in ids
        ])  # fmt: skip
        await self.put(tables.mailbox, [
            {"device": self.device, "sha256": str(n).encode(), "created": AT, "conversation": TALK,
             "share": me}
            for n in ids
        ])  # fmt: skip
        await self.put(tables.archive_records, [
            {"account": account, "name": str(n).encode(), "size": 1, "body": b"b"} for n in ids
        ])  # fmt: skip
        await self.put(tables.uploads, [
            {"id": f"u{n:03}", "account": account, "size": 1, "sha256": b"s", "blob": f"upload/{n}",
             "created": AT, "expires": AT + 10**9} for n in ids
        ])  # fmt: skip
        await self.put(tables.attachments, [
            {"id": f"01890000-0000-7000-8000-{n:012x}", "account": account,
             "digest": str(n).encode(), "blob": f"b{n}", "bytes": 1, "sha256": b"s",
             "created": AT, "expires": AT + 10**9} for n in ids
        ])  # fmt: skip
        await self.put(tables.reports, [
            {"id": f"r{n:03}", "about": others("f")[0], "reporter": f"b{n}.test",
             "domain": "b.test", "created": AT, "updated": AT} for n in ids
        ])  # fmt: skip
        await self.put(tables.admin_log, [
            {"id": f"l{n:03}", "who": "alice", "deed": "suspend-server", "object": f"b{n}.test",
             "created": AT} for n in ids
        ])  # fmt: skip
        await self.put(tables.ciphertexts, [
            {"sha256": str(n).encode(), "body": b"b"} for n in ids
        ])  # fmt: skip

    async def get(self, path: str) -> tuple[int, Any, Any]:
        """As a client of the API below its prefix, and signed as a server everywhere else."""
        headers = {"Authorization": f"Bearer {self.token}"}
        if not path.startswith("/api/"):
            key = await self.node.stores.keyring.private(self.actor, Algorithm.ED25519)
            request = Request("GET", US + path)
            headers = httpsig.sign(request, key, FakeClock().now(), Dialect.RFC9421)
        async with self.client.get(path, headers=headers) as answer:
            return answer.status, answer.headers, await answer.json(content_type=None)

    async def walk(self, path: str) -> list[str]:
        """The items behind `path`, to the end; never more than a list has pages."""
        items: list[Any] = []
        for _ in range(COUNT + 1):
            status, headers, body = await self.get(path)
            assert status == 200, body
            found = body.get("orderedItems", body.get("items"))
            items += [] if found is None else found
            link = re.fullmatch(r'<(.*)>; rel="next"', headers.get("Link", ""))
            following = link[1] if link else body.get("next") or (found is None and body["first"])
            if not following:
                return [json.dumps(item, sort_keys=True) for item in items]
            path = following.removeprefix(US)
        raise AssertionError(f"{path}: its pages do not end")


# Where each list is found, by its route. A new one that pages is written down here as well.
def lists(alice: Alice) -> dict[str, list[str]]:
    actor = alice.actor.removeprefix(US)
    member = "/a/{opaque}/{collection:followers|following|friends}"
    return {
        "/admin/accounts": ["?state=pending"],
        "/admin/log": [""],
        "/admin/reports": [""],
        "/friends": ["", "?state=blocked"],
        "/friends/requests": [""],
        "/blocks": [""],
        "/follows": ["", "?direction=followers"],
        "/posts": [""],
        "/comments": [f"?of={quote(POST)}"],
        "/feed": ["", "?of=friends", "?of=following", "?of=local"],
        "/notices": [""],
        "/uploads": [""],
        "/attachments": [""],
        "/deliveries": [""],
        "/conversations/{ref}/items": [f"/conversations/{ref_of(TALK)}/items"],
        "/mailbox": [""],
        "/archive": ["", "?since=0"],
        "/a/{opaque}/outbox": [f"{actor}/outbox"],
        "/a/{opaque}/featured": [],  # nothing can be pinned yet
        member: [f"{actor}/{name}" for name in ("followers", "following", "friends")],
        "/o/{uuid}/items": ["/o/talk/items"],
    }


@pytest.fixture
async def alice(tmp_path: Path) -> AsyncIterator[Alice]:
    async with whole_node(tmp_path) as node, TestClient(TestServer(node.application)) as client:
        system = System(FakeClock(), FakeEntropy("invites"), FakeFetch())
        link = await admin_invite(node, system) or ""
        body = {
            "name": "alice", "password": "a long enough password", "device_name": "phone",
            "invite": link.rpartition("/")[2],
        }  # fmt: skip
        async with client.post(f"{API}/accounts", json=body) as answer:
            found = Alice(node, client, await answer.json())
        await found.fill()
        yield found


def addresses(alice: Alice) -> list[str]:
    """A first page of every list in the table of routes."""
    known, found = lists(alice), []
    for surface in alice.node.application[SURFACES]:
        for route in surface.routes:
            if route.paged:
                assert route.path in known, f"write down how {route.path} is walked"
                for where in known[route.path]:
                    own = where.startswith("/")
                    found.append(surface.prefix + (where if own else route.path + where))
    return found


@pytest.mark.clause("API-5.3", "FED-11.6", "E2E-3.11")
async def test_every_list_is_walked_to_its_end(alice: Alice) -> None:
    walked = addresses(alice)
    assert len(walked) >= 18
    for path in walked:
        items = await alice.walk(path)
        assert len(set(items)) == len(items), f"{path} shows something twice"
        # A list of posts has the one that all comments are on, too; a feed those of two people.
        wanted = (2 * COUNT,) if path.endswith("/feed") else (COUNT, COUNT + 1)
        assert len(items) in wanted, f"{path} shows {len(items)}"


@pytest.mark.clause("API-5.1", "API-5.2", "FED-11.6")
@pytest.mark.parametrize(
    "cursor",
    [
        "", "!!", "x", DIGITS, "first%20", "%00", "%ED%A0%80",
        write_cursor(Cursor(1 << 63, "x")), write_cursor(Cursor(-1, "x")),
        write_cursor(Cursor(1, "\0")), write_cursor(Cursor(1, "x")) + "!",
    ],
)  # fmt: skip
async def test_what_is_no_cursor_of_ours_is_refused(alice: Alice, cursor: str) -> None:
    for path in addresses(alice):
        ours = path.startswith(API)
        # What is signed is an id, and no id is longer than that.
        wrong = f"after={cursor}" if ours else f"page={cursor[:1000]}"
        address = f"{path}{'&' if '?' in path else '?'}{wrong}"
        status, _, problem = await alice.get(address)
        assert status == 400, (address, problem)
        assert problem["clause"] in ("API-5.2", "FED-11.6", "API-1.7")


@pytest.mark.clause("API-1.7", "API-5.1")
@pytest.mark.parametrize("value", [DIGITS, str(1 << 64), "%00", "-1", "1e400"])
async def test_no_query_breaks_the_node(alice: Alice, value: str) -> None:
    """Every parameter of every GET: a number beyond all bounds, a NUL."""
    api = alice.node.application[SURFACES][0]
    for route in api.routes:
        if route.method != "GET" or route.answers is bytes:
            continue
        names = [*route.query, *(api.paging.parameters if route.paged else ())]
        path = re.sub(r"\{\w+\}", "x" if len(value) > 100 else value, route.path)
        for name in names or ["x"]:
            status, _, problem = await alice.get(f"{API}{path}?{name}={value}")
            assert status < 500, (route.path, name, problem)
            assert "\\0" not in value or status == 400


@pytest.mark.clause("API-1.7")
async def test_what_no_database_keeps_is_refused_in_a_body_too(alice: Alice) -> None:
    headers = {"Authorization": f"Bearer {alice.token}"}
    for path, body in (
        ("/mailbox/ack", {"seq": 1 << 63}),
        ("/mailbox/ack", {"seq": -(1 << 70)}),
        ("/posts", {"content": "nothing\0"}),
    ):
        async with alice.client.post(API + path, json=body, headers=headers) as answer:
            assert answer.status == 400, (path, body)
            assert (await answer.json())["clause"] in ("API-1.7", "API-1.3")
    body = {"content": "\\u0000 in words is fine: 123456789012345678901"}
    async with alice.client.post(API + "/posts", json=body, headers=headers) as answer:
        assert answer.status == 201
