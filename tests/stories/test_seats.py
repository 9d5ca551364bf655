"""A device's seat at its node: of two copies of its vault one goes on (ACC-4.4, ACC-4.5)."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from node.accounts.seats import FAR
from node.client.api_client import ApiClient
from node.errors import Conflict, Forbidden, Malformed, Refused
from node.testing.town import Town
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
from tests.stories.copies import copy_of, put_back


@pytest.fixture
async def line(town: Town) -> AsyncIterator[ApiClient]:
    session = await town.sign_up("alice", "alpha.test")
    async with town.nodes["alpha.test"].line(session.token or "") as line:
        yield line


async def take(
    line: ApiClient, have: int, number: int, size: int = 16, proof: bytes = b""
) -> TakenSeat:
    body = TakeSeat(have=have, proof=proof, nonce=bytes([number]) * size)
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


@pytest.mark.clause("ACC-4.4", "ACC-4.7", "E2E-4.8")
async def test_a_node_that_is_older_than_a_vault_finds_out_once(town: Town) -> None:
    """Of two vaults that remember more, the second tells nothing new."""
    node = town.nodes["alpha.test"]
    alice, bob = [await town.sign_up(name, "alpha.test") for name in ("alice", "bob")]
    async with node.line(alice.token or "") as hers, node.line(bob.token or "") as his:
        first = [await take(line, 0, 1) for line in (hers, his)]
        copy = await copy_of(town, "alpha.test")
        given = [await take(line, 1, 2, proof=first[0].proof) for line in (hers, his)]
        before = given[0].incarnation
        await put_back(town, "alpha.test", copy, told=False)
        await town.settle(timedelta(minutes=10))
        later = await take(hers, 2, 3, proof=given[0].proof)
        assert (later.seat, later.restored) == (FAR + 3, True)
        assert (await take(hers, 2, 3, proof=given[0].proof)).seat == FAR + 3, "the same again"
        hers.seat = FAR + 3
        told = (await hers.ask("GET", "/mailbox", Mailbox)).incarnation
        assert later.incarnation == told != before
        second = await take(his, 2, 3, proof=given[1].proof)
        assert (second.seat, second.restored, second.incarnation) == (FAR + 3, False, told)
        third = await take(hers, FAR + 3, 4, proof=later.proof)
        assert (third.seat, third.restored) == (FAR + 4, False)


@pytest.mark.clause("ACC-4.7", "E2E-4.8")
async def test_a_copy_of_before_the_present_life_is_found_out_too(town: Town) -> None:
    """A restore that was told, then older files in silence: the proof is of the life between."""
    session = await town.sign_up("alice", "alpha.test")
    async with town.nodes["alpha.test"].line(session.token or "") as line:
        first = await take(line, 0, 1)
        copy = await copy_of(town, "alpha.test")
        await town.settle(timedelta(days=1))
        await put_back(town, "alpha.test", copy, told=True)
        second = await take(line, 1, 2, proof=first.proof)
        third = await take(line, 2, 3, proof=second.proof)
        await town.settle(timedelta(days=1))
        await put_back(town, "alpha.test", copy, told=False)
        later = await take(line, 3, 4, proof=third.proof)
        assert later.restored
        assert later.incarnation not in (first.incarnation, second.incarnation)


@pytest.mark.clause("ACC-4.4", "ACC-4.5")
async def test_of_two_copies_whose_seats_the_node_forgot_one_goes_on(town: Town) -> None:
    """An older copy of the vault comes first: the number that it gets is not the other one's."""
    session = await town.sign_up("alice", "alpha.test")
    async with town.nodes["alpha.test"].line(session.token or "") as line:
        await take(line, 0, 1)
        copy = await copy_of(town, "alpha.test")
        await take(line, 1, 2)
        live = (await take(line, 2, 3)).seat
        await put_back(town, "alpha.test", copy, told=True)
        assert (await take(line, 2, 4)).seat != live
        line.seat = live
        with pytest.raises(Conflict) as caught:
            await line.ask("GET", "/mailbox", Mailbox)
        assert caught.value.clause == "ACC-4.5"
        with pytest.raises(Conflict):
            await take(line, live, 5)


@pytest.mark.clause("ACC-4.7")
async def test_nobody_says_by_a_number_that_the_node_was_restored(line: ApiClient) -> None:
    """Nor by a proof of another seat, nor by none."""
    first = await take(line, 0, 1)
    for turn, proof in enumerate((b"", bytes(24), bytes(16), first.proof), start=1):
        number = turn * 10 * FAR
        taken = await take(line, number, turn + 1, proof=proof)
        assert (taken.seat, taken.restored) == (number + FAR + 1, False)
        assert taken.incarnation == first.incarnation
    with pytest.raises(Malformed) as caught:
        await take(line, 10**9, 3, proof=bytes(99))
    assert caught.value.clause == "ACC-4.4"


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
