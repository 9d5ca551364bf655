"""Codes: one scan makes two people friends, once and only where the code is good (spec GRA-7)."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from node.errors import Malformed
from node.graph import befriending, blocking, friend_codes
from node.graph.friend_codes import GOOD_FOR, digest_of, make_code, new_code, read_code
from node.system import SystemEntropy
from tests.graph.nodes import Node, System
from tests.graph.test_friendship_handlers import ABE, ANN, BOB, CARL, a, b, system
from tests.graph.test_routes import Town, town

__all__ = ["a", "b", "system", "town"]  # fixtures
Expect = Callable[[str], AbstractContextManager[None]]
CODE = "a" * 32


async def scan(system: System, by: Node, who: str, code: str = CODE) -> None:
    await by.do(lambda unit: befriending.request(unit, who, BOB, "", code))


async def show(b: Node, code: str = CODE) -> None:
    await b.do(lambda unit: make_code(unit, BOB, code))


@pytest.mark.clause("GRA-7.2")
async def test_who_scans_is_a_friend_at_once_on_another_node_and_on_the_same(
    system: System, a: Node, b: Node
) -> None:
    for node, who in ((a, ANN), (b, CARL)):
        await show(b)
        await scan(system, node, who)
        await system.settle()
        assert await node.state(who, BOB) == "friend"
        assert await b.state(BOB, who) == "friend"


@pytest.mark.clause("GRA-7.2")
async def test_of_two_who_scan_at_once_one_is_a_friend_and_the_other_has_asked(
    system: System, a: Node, b: Node
) -> None:
    await show(b)
    await asyncio.gather(scan(system, a, ANN), scan(system, a, ABE))
    await system.settle()
    stand = sorted([await b.state(BOB, who) for who in (ANN, ABE)])
    assert stand == sorted(["friend", "incoming"])


@pytest.mark.clause("GRA-7.1", "GRA-7.2")
@pytest.mark.parametrize("how", ["unknown", "expired", "replaced", "used", "another's"])
async def test_a_code_that_counts_no_more_is_a_request_as_any_other(
    system: System, a: Node, b: Node, how: str
) -> None:
    if how != "unknown":
        await show(b)
    if how == "expired":
        b.clock.pass_(GOOD_FOR)
    if how == "replaced":
        await show(b, "b" * 32)
    if how == "used":
        await scan(system, b, CARL)
        await system.settle()
    if how == "another's":
        await b.do(lambda unit: make_code(unit, CARL, "c" * 32))
    await scan(system, a, ANN, "c" * 32 if how == "another's" else CODE)
    await system.settle()
    assert await a.state(ANN, BOB) == "requested"
    assert await b.state(BOB, ANN) == "incoming"
    await b.do(lambda unit: befriending.accept(unit, BOB, ANN))
    await system.settle()
    assert await a.state(ANN, BOB) == "friend"


@pytest.mark.clause("GRA-7.2", "GRA-3.10")
async def test_who_had_asked_before_scans_and_is_a_friend(system: System, a: Node, b: Node) -> None:
    await a.do(lambda unit: befriending.request(unit, ANN, BOB, "it is me"))
    await system.settle()
    await show(b)
    await scan(system, a, ANN)
    await system.settle()
    assert await a.state(ANN, BOB) == await b.state(BOB, ANN) == "friend"
    await a.do(lambda unit: befriending.unfriend(unit, ANN, BOB))
    await system.settle()
    assert await a.state(ANN, BOB) == await b.state(BOB, ANN) == "none"


@pytest.mark.clause("GRA-7.2", "GRA-4.2", "GRA-4.4")
async def test_a_code_opens_nothing_where_one_blocks_the_other(
    system: System, a: Node, b: Node, refused: Expect
) -> None:
    await show(b)
    await b.do(lambda unit: blocking.block(unit, BOB, ANN))
    await scan(system, a, ANN)
    await system.settle()
    assert await b.state(BOB, ANN) != "friend"
    assert await a.state(ANN, BOB) != "friend"
    await a.do(lambda unit: blocking.block(unit, ABE, BOB))
    with refused("GRA-3.2"):
        await scan(system, a, ABE)
    # It is still good for somebody else.
    await scan(system, b, CARL)
    await system.settle()
    assert await b.state(BOB, CARL) == "friend"


@pytest.mark.clause("GRA-7.1", "GRA-3.1")
async def test_ones_own_code_befriends_nobody(system: System, b: Node, refused: Expect) -> None:
    await show(b)
    with refused("GRA-3.1"):
        await scan(system, b, BOB)


@pytest.mark.clause("GRA-7.1")
def test_a_code_has_one_form_and_only_its_digest_is_kept() -> None:
    code = new_code(SystemEntropy())
    assert read_code(code) == code and read_code("") == ""
    assert len(digest_of(code)) == 32 and code.encode() not in digest_of(code)
    for text in ("x", code.upper(), code + "a", "1" * 32, f"{code}\n", " " + code):
        with pytest.raises(Malformed, match=r"GRA-7\.1"):
            read_code(text)


@pytest.mark.clause("GRA-7.1")
async def test_a_code_is_made_and_brought_over_the_api(town: Town, refused: Expect) -> None:
    bob, ann = town.client(BOB), town.client(ANN)
    made = (await bob.call("POST", "/friends/code")).value
    assert friend_codes.read_code(made.code)
    with refused("GRA-7.1"):
        await ann.call("POST", "/friends/requests", {"actor": BOB, "code": "no code"})
    asked = await ann.call("POST", "/friends/requests", {"actor": BOB, "code": made.code})
    assert asked.value.state == "requested"
    await town.system.settle()
    found = await ann.call("GET", "/relationships", actor=BOB)
    assert found.value.state == "friend"
