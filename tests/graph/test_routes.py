"""Friends over the client API: the routes as a client meets them."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from node.errors import Missing
from node.system import SystemEntropy
from node.web.api.graph import routes
from node.web.api.scopes import ALL_SCOPES
from node.web.paging import ForwardPaging
from node.web.routes import Call, Caller, Reply, Route
from tests.graph.nodes import System

Expect = Callable[[str], AbstractContextManager[None]]
ANN, ABE, BOB = "https://a.test/a/ann", "https://a.test/a/abe", "https://b.test/a/bob"


@dataclass
class Client:
    """One of a node's people, calling its routes."""

    table: dict[tuple[str, str], Route]
    caller: Caller

    async def call(self, method: str, path: str, body: Any = None, **query: str) -> Reply:
        route = self.table[method, path]
        given = msgspec.convert(body, route.body) if body is not None else None
        page = ForwardPaging().read(query) if route.paged else None
        call = Call({}, query, {}, "192.0.2.1", self.caller, given, page=page)
        reply = await route.do(call)
        # What is answered is what the description says.
        msgspec.convert(msgspec.to_builtins(reply.value), route.answers)
        return reply


class Town:
    """Two nodes whose people call routes; `looked` is what discovery was asked for."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.looked: list[str] = []

    def client(self, actor: str) -> Client:
        async def find(text: str) -> str:
            self.looked.append(text)
            raise Missing("GRA-3.1", "there is nobody of that name")

        name, domain = actor.rsplit("/", 1)[1], actor.split("/")[2]
        caller = Caller(name, actor, name, "member", "app", "", b"", frozenset(ALL_SCOPES))
        table = routes(self.system.nodes[domain].units, find, SystemEntropy())
        return Client({(route.method, route.path): route for route in table}, caller)


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    system = System(tmp_path)
    await system.node("a.test")
    await system.node("b.test")
    for id in (ANN, ABE, BOB):
        await system.person(id.rsplit("/", 1)[1], id.split("/")[2])
    yield Town(system)
    await system.close()


async def test_a_friendship_by_handle_name_and_id(town: Town) -> None:
    ann, abe, bob = town.client(ANN), town.client(ABE), town.client(BOB)
    asked = await ann.call("POST", "/friends/requests", {"actor": "@bob@b.test", "text": "hello"})
    assert (asked.value.state, asked.value.person.handle) == ("requested", "@bob@b.test")
    await ann.call("POST", "/friends/requests", {"actor": "abe"})
    outgoing = await ann.call("GET", "/friends/requests", direction="outgoing")
    assert {one.person.id for one in outgoing.value.items} == {ABE, BOB}
    await town.system.settle()
    incoming = await bob.call("GET", "/friends/requests")
    assert [(one.person.id, one.text) for one in incoming.value.items] == [(ANN, "hello")]
    yes = await bob.call("POST", "/friends/accept", {"actor": ANN})
    assert yes.value.state == "friend"
    await abe.call("POST", "/friends/decline", {"actor": "ann@a.test"})
    await town.system.settle()
    friends = await ann.call("GET", "/friends", limit="1")
    assert [one.person.id for one in friends.value.items] == [BOB]
    assert friends.after is None
    declined = await ann.call("GET", "/friends", state="declined")
    assert [one.person.id for one in declined.value.items] == [ABE]
    ended = await ann.call("POST", "/friends/unfriend", {"actor": BOB})
    assert ended.value.state == "none"
    assert town.looked == []


async def test_a_request_is_cancelled(town: Town) -> None:
    ann = town.client(ANN)
    await ann.call("POST", "/friends/requests", {"actor": "abe"})
    assert (await ann.call("POST", "/friends/cancel", {"actor": "abe"})).value.state == "none"


async def test_blocks_and_follows_are_listed_and_lifted(town: Town) -> None:
    ann, abe = town.client(ANN), town.client(ABE)
    assert (await abe.call("POST", "/follows", {"actor": "ann"})).value.following == "asked"
    await town.system.settle()
    assert (await abe.call("GET", "/relationships", actor="ann")).value.following == "accepted"
    followers = await ann.call("GET", "/follows", direction="followers")
    assert [one.person.id for one in followers.value.items] == [ABE]
    assert [one.person.id for one in (await abe.call("GET", "/follows")).value.items] == [ANN]
    await ann.call("DELETE", "/followers", actor="abe")
    await town.system.settle()
    assert (await abe.call("GET", "/follows")).value.items == []
    await abe.call("DELETE", "/follows", actor="ann")
    assert (await ann.call("POST", "/blocks", {"actor": "abe"})).value.state == "blocked"
    assert [one.person.id for one in (await ann.call("GET", "/blocks")).value.items] == [ABE]
    assert (await abe.call("GET", "/relationships", actor="ann")).value.state == "none"
    assert (await ann.call("DELETE", "/blocks", actor="abe")).value.state == "none"
    assert (await ann.call("GET", "/blocks")).value.items == []


@pytest.mark.clause("GRA-3.12")
async def test_a_call_that_names_nobody_is_refused(town: Town, refused: Expect) -> None:
    ann = town.client(ANN)
    with refused("GRA-3.12"):
        await ann.call("POST", "/friends/requests", {"actor": " "})
    with refused("GRA-3.12"):
        await ann.call("GET", "/friends", state="enemy")
    with refused("GRA-3.12"):
        await ann.call("GET", "/friends/requests", direction="up")
    with refused("GRA-3.12"):
        await ann.call("GET", "/follows", direction="up")
    assert (await ann.call("GET", "/friends", state="mutual")).value.items == []


async def test_who_is_not_known_is_looked_for(town: Town, refused: Expect) -> None:
    ann = town.client(ANN)
    for name in ("@eve@c.test", "https://c.test/a/eve", "nobody"):
        with refused("GRA-3.1"):
            await ann.call("POST", "/friends/requests", {"actor": name})
    assert town.looked == ["@eve@c.test", "https://c.test/a/eve", "nobody"]
