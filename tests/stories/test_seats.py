"""A device's seat at its node: of two copies of its vault one goes on (ACC-4.4, ACC-4.5)."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from node.client.api_client import ApiClient
from node.errors import Conflict, Forbidden, Malformed, Refused
from node.testing.town import open_town
from node.wire.api.accounts import LogIn, Session
from node.wire.api.e2ee import (
    Acknowledgement,
    ConversationList,
    KeyPackageStock,
    Mailbox,
    TakenSeat,
    TakeSeat,
)
from node.wire.api.inbox import PostList


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[ApiClient]:
    async with open_town(tmp_path, "alpha.test") as town:
        session = await town.sign_up("alice", "alpha.test")
        async with town.nodes["alpha.test"].line(session.token or "") as line:
            yield line


async def take(line: ApiClient, have: int, number: int, size: int = 16) -> TakenSeat:
    body = TakeSeat(have=have, nonce=bytes([number]) * size)
    return await line.ask("POST", "/device/seat", TakenSeat, body, once=False)


@pytest.mark.clause("ACC-4.4")
async def test_a_seat_is_taken_once_and_an_older_vault_is_refused(line: ApiClient) -> None:
    first = await take(line, 0, 1)
    assert (first.seat, first.restored) == (1, False)
    assert await take(line, 0, 1) == first, "the same request again"
    with pytest.raises(Conflict) as caught:
        await take(line, 0, 2)
    assert caught.value.clause == "ACC-4.4"
    assert "log in again" in caught.value.reason
    assert (await take(line, 1, 3)).seat == 2
    with pytest.raises(Conflict):
        await take(line, 0, 1)
    for have, size in ((-1, 16), (2, 1), (2**53, 16)):
        with pytest.raises(Malformed) as wrong:
            await take(line, have, 4, size)
        assert wrong.value.clause == "ACC-4.4"


@pytest.mark.clause("ACC-4.4", "E2E-4.8")
async def test_a_node_that_is_older_than_a_vault_finds_out(line: ApiClient) -> None:
    before = (await take(line, 0, 1)).incarnation
    later = await take(line, 7, 2)
    assert (later.seat, later.restored) == (8, True)
    line.seat = 8
    told = (await line.ask("GET", "/mailbox", Mailbox)).incarnation
    assert later.incarnation == told != before


@pytest.mark.clause("ACC-4.5")
@pytest.mark.parametrize("said", [0, 1, 3])
async def test_a_request_for_another_seat_is_refused(line: ApiClient, said: int) -> None:
    await line.ask("GET", "/mailbox", Mailbox)  # none is taken yet
    await take(line, 0, 1)
    await take(line, 1, 2)
    line.seat = said
    for method, path, answers, body in (
        ("GET", "/mailbox", Mailbox, None),
        ("POST", "/mailbox/ack", object, Acknowledgement(seq=1)),
        ("GET", "/key-packages", KeyPackageStock, None),
        ("GET", "/conversations", ConversationList, None),
    ):
        with pytest.raises(Refused) as caught:
            await line.ask(method, path, answers, body)
        assert caught.value.clause == "ACC-4.5", path
    await line.ask("GET", "/feed", PostList)  # what needs no device needs no seat
    line.seat = 2
    await line.ask("GET", "/mailbox", Mailbox)


@pytest.mark.clause("ACC-3.3")
async def test_who_has_no_device_takes_no_seat(line: ApiClient) -> None:
    body = LogIn(name="alice", password="alice has a long password")
    session = await line.ask("POST", "/login", Session, body)
    line._token = session.token or ""
    with pytest.raises(Forbidden) as caught:
        await take(line, 0, 1)
    assert caught.value.clause == "ACC-3.3"
