"""Each POST once, whatever the network does to the answer."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from node.errors import Missing, NoRoom
from node.store.idempotency import IdempotencyUnit
from node.store.idempotency_marks import IdempotencyMark
from node.store.unit import Unit, Units
from node.testing.fakes import FakeEntropy
from node.web import idempotency
from node.web.api.scopes import Scope
from node.web.idempotency import SHARES, Answer, Asked
from node.web.routes import Call, Reply, Route
from tests.web.conftest import PASSWORD, Build, Harness, Said

KEY = "9f3c4b1e-2f6a-4a43-8f57-0d6d0f2a7c11"


async def make_invite(harness: Harness, token: str, key: str = KEY, uses: int = 1) -> Said:
    headers = {"Idempotency-Key": key}
    return await harness.ask("POST", "/invites", {"uses": uses}, token, headers)


async def rows(harness: Harness) -> Sequence[Any]:
    async with harness.units._database.read() as connection:
        return (await connection.exec_driver_sql("SELECT * FROM idempotency")).all()


async def count(harness: Harness, token: str) -> int:
    return len((await harness.ask("GET", "/invites", token=token)).body["items"])


@pytest.mark.clause("API-6.1")
async def test_the_same_request_is_done_once_and_answered_alike(harness: Harness) -> None:
    token = await harness.join("alice")
    first, again = await make_invite(harness, token), await make_invite(harness, token)
    assert (first.status, first.raw) == (again.status, again.raw) == (201, first.raw)
    assert await count(harness, token) == 1
    harness.clock.pass_(timedelta(hours=24))
    assert (await make_invite(harness, token)).raw != first.raw
    assert await count(harness, token) == 2


@pytest.mark.clause("API-6.1")
async def test_a_key_belongs_to_its_token(harness: Harness) -> None:
    alice, bob = await harness.join("alice"), await harness.join("bob")
    assert (await make_invite(harness, alice)).raw != (await make_invite(harness, bob)).raw


@pytest.mark.clause("API-6.1")
@pytest.mark.parametrize("key", ["short", "x" * 256, "with a blank in the middle"])
async def test_a_key_is_long_enough_that_nobody_guesses_it(harness: Harness, key: str) -> None:
    said = await make_invite(harness, await harness.join("alice"), key)
    assert (said.status, said.body["clause"]) == (400, "API-6.1")


@pytest.mark.clause("API-6.1", "API-6.4")
async def test_a_login_that_is_repeated_makes_no_second_device(harness: Harness) -> None:
    token = await harness.join("alice")
    sent = {"Idempotency-Key": KEY}

    async def log_in(password: str) -> Said:
        body = {"name": "alice", "password": password, "device_name": "phone"}
        return await harness.ask("POST", "/login", body, headers=sent)

    assert (await log_in("not the password")).status == 401
    first, again = await log_in(PASSWORD), await log_in(PASSWORD)
    assert (first.status, first.raw) == (again.status, again.raw) == (201, first.raw)
    assert (await log_in("not the password")).body["clause"] == "API-6.2"
    devices = (await harness.ask("GET", "/devices", token=token)).body["items"]
    assert [one["name"] for one in devices] == ["phone"]


@pytest.mark.clause("API-6.1", "API-6.6")
async def test_a_sign_up_is_repeated_with_its_token_though_nothing_secret_is_kept(
    harness: Harness,
) -> None:
    body = {
        "name": "alice",
        "password": PASSWORD,
        "invite": await harness.invite(),
        "device_name": "phone",
    }
    sent = {"Idempotency-Key": KEY}
    first = await harness.ask("POST", "/accounts", body, headers=sent)
    again = await harness.ask("POST", "/accounts", body, headers=sent)
    assert first.status == 201 and first.raw == again.raw
    (row,) = await rows(harness)
    token = first.body["token"].encode()
    for secret in (token, PASSWORD.encode(), KEY.encode(), first.body["device"].encode()):
        assert not any(secret in bytes(str(value), "utf-8") for value in row)
        assert not any(isinstance(value, bytes) and secret in value for value in row)


@pytest.mark.clause("API-6.2")
async def test_a_key_is_not_used_for_two_requests(harness: Harness) -> None:
    token = await harness.join("alice")
    await make_invite(harness, token)
    said = await make_invite(harness, token, uses=2)
    assert (said.status, said.body["clause"]) == (409, "API-6.2")


@pytest.mark.clause("API-6.3")
async def test_two_at_once_are_one(harness: Harness) -> None:
    token = await harness.join("alice")
    answers = await asyncio.gather(*[make_invite(harness, token) for _ in range(5)])
    assert len({said.raw for said in answers}) == 1
    assert await count(harness, token) == 1


@pytest.mark.clause("API-6.4")
async def test_what_was_refused_may_be_tried_again(harness: Harness) -> None:
    token = await harness.join("alice")
    assert (await make_invite(harness, token, uses=1000)).status == 400
    assert (await make_invite(harness, token, uses=10)).status == 201


@pytest.mark.clause("API-6.5")
async def test_what_was_done_though_its_answer_was_lost_is_not_done_again(build: Build) -> None:
    """The process stops after the commit of the unit that decides: the mark is there."""
    done: list[int] = []

    def stopping(harness: Harness) -> tuple[Route, ...]:
        async def work(call: Call) -> Reply:
            await harness.units.run(Unit, nothing, once=call.once)
            done.append(1)
            raise asyncio.CancelledError

        return (Route("POST", "/stop", work, "Stop.", Scope.WRITE),)

    harness = await build(stopping)
    token = await harness.join("alice")
    sent = {"Idempotency-Key": KEY}
    with pytest.raises(Exception, match=r"(?i)disconnect|closed|reset"):
        await harness.ask("POST", "/stop", token=token, headers=sent)
    said = await harness.ask("POST", "/stop", token=token, headers=sent)
    assert (said.status, said.body["clause"]) == (409, "API-6.5")
    assert done == [1]


@pytest.mark.clause("API-6.7")
async def test_what_was_done_is_answered_so_though_its_answer_finds_no_room(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    token = await harness.join("alice")

    with monkeypatch.context() as patch:
        patch.setattr(IdempotencyUnit, "keep", no_room)
        first = await make_invite(harness, token)
        assert first.status == 201
        assert (await make_invite(harness, token)).raw == first.raw
    [told] = [one for one in caplog.records if one.message == "an answer was not kept"]
    assert (vars(told)["method"], vars(told)["path"]) == ("POST", "/api/kith/v1/invites")
    assert await count(harness, token) == 1
    assert (await make_invite(harness, token)).raw == first.raw
    # By now there was room: the answer outlives the process that made it.
    [row] = await rows(harness)
    assert row.status == 201


@pytest.mark.clause("API-6.5", "API-6.7")
async def test_of_answers_that_find_no_room_a_bounded_number_is_held(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "MOST_UNKEPT_BYTES", 3000 * SHARES)
    harness = await build()
    token, bob = await harness.join("alice"), await harness.join("bob")
    monkeypatch.setattr(IdempotencyUnit, "keep", no_room)
    of_bob = await make_invite(harness, bob)
    keys = [f"{KEY}-{number}" for number in range(5)]
    first = [await make_invite(harness, token, key) for key in keys]
    for _ in range(2):  # found as often as it is asked for
        assert (await make_invite(harness, token, keys[4])).raw == first[4].raw
    lost = await make_invite(harness, token, keys[0])
    assert (lost.status, lost.body["clause"]) == (409, "API-6.5")
    assert await count(harness, token) == 5
    assert (await make_invite(harness, bob)).raw == of_bob.raw, "each token has a share of its own"


ASKED = Asked(b"token", KEY, "POST", "/stop", b"")


@pytest.mark.clause("API-6.7")
async def test_an_answer_is_held_also_where_we_are_stopped_before_it_is_kept(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = idempotency.Answered(harness.units, FakeEntropy())
    done: list[int] = []

    async def work(mark: IdempotencyMark) -> Answer:
        await harness.units.run(Unit, nothing, once=mark)
        done.append(1)
        return Answer(200, {}, b"done")

    async def stopped(*_: object) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr(Units, "join", stopped)
        with pytest.raises(asyncio.CancelledError):
            await answered.once(ASKED, work)
    assert ((await answered.once(ASKED, work)).body, done) == (b"done", [1])
    [row] = await rows(harness)
    assert row.status == 200


@pytest.mark.clause("API-6.7")
async def test_an_answer_that_nothing_leads_back_to_is_not_held(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = idempotency.Answered(harness.units, FakeEntropy())
    monkeypatch.setattr(IdempotencyUnit, "keep", no_room)

    async def undecided(_mark: IdempotencyMark) -> Answer:
        return Answer(200, {}, b"asked elsewhere")

    assert (await answered.once(ASKED, undecided)).body == b"asked elsewhere"
    assert answered._unkept.get(ASKED.place) is None


async def no_room(*_: object) -> None:
    raise NoRoom("FED-12.8", "the disk is full")


async def nothing(_unit: Unit) -> None:
    """A unit that has nothing to do."""


@pytest.mark.clause("API-6.4")
@pytest.mark.parametrize("end", [Missing("ACC-1.3", "not yet"), asyncio.CancelledError()])
async def test_what_ended_before_the_unit_that_decides_is_done_by_the_next_try(
    build: Build, end: BaseException
) -> None:
    """A unit before it (a discovery, say) leaves no mark, whether refused or stopped after it."""
    tries: list[int] = []

    def wavering(harness: Harness) -> tuple[Route, ...]:
        async def work(call: Call) -> Reply:
            await harness.units.run(Unit, nothing)
            tries.append(1)
            if len(tries) == 1:
                raise end
            await harness.units.run(Unit, nothing, once=call.once)
            return Reply({"tries": len(tries)})

        return (Route("POST", "/waver", work, "Waver.", Scope.WRITE, answers=dict[str, int]),)

    harness = await build(wavering)
    token = await harness.join("alice")
    sent = {"Idempotency-Key": KEY}
    if isinstance(end, Missing):
        first = await harness.ask("POST", "/waver", token=token, headers=sent)
        assert first.status == 404
    else:
        with pytest.raises(Exception, match=r"(?i)disconnect|closed|reset"):
            await harness.ask("POST", "/waver", token=token, headers=sent)
    answers = [await harness.ask("POST", "/waver", token=token, headers=sent) for _ in range(2)]
    assert [(said.status, said.body) for said in answers] == [(200, {"tries": 2})] * 2


async def test_a_route_that_hands_its_key_to_no_unit_is_a_fault_of_ours(build: Build) -> None:
    def forgetful(harness: Harness) -> tuple[Route, ...]:
        async def work(_call: Call) -> Reply:
            await harness.units.run(Unit, nothing)
            return Reply()

        return (Route("POST", "/forget", work, "Forget.", Scope.WRITE, status=204),)

    harness = await build(forgetful)
    token = await harness.join("alice")
    said = await harness.ask("POST", "/forget", token=token, headers={"Idempotency-Key": KEY})
    assert said.status == 500
    assert (await harness.ask("POST", "/forget", token=token)).status == 204
