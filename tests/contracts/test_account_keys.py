"""The keys of accounts, on the fake and both databases."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from node.accounts.account import delete_account
from node.accounts.sessions import Session
from node.accounts.sign_up import Registration
from node.e2ee import account_keys
from node.e2ee.account_keys import NONE, KeptKeys, NewKeys, Putter
from node.e2ee.keys.public.signed import LAST_LIST, LEAP
from node.errors import Conflict, Forbidden, Malformed, Missing, Outdated
from node.store.account_keys import AccountKeysUnit
from node.store.accounts import AccountsUnit
from node.store.unit import UnitContext, Units
from node.testing.fakes import FakeClock, FakeEntropy
from tests.contracts.stores import Store, open_units
from tests.contracts.test_accounts import ORIGIN, join, switch
from tests.e2ee.keys.accounts import Account, lives, new_account, new_device

ALICE = f"{ORIGIN}/a/1alice"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def units(store: Store, clock: FakeClock) -> Units:
    context = UnitContext(ORIGIN, clock, FakeEntropy(), lambda activity: repr(activity).encode())
    return open_units(store, context)


def at(clock: FakeClock, one: Account) -> Account:
    return replace(one, actor=ALICE, now=int(clock.now().timestamp()))


def keys(one: Account, seed: str = "box") -> NewKeys:
    return NewKeys(
        one.sign_delegation().encode(),
        one.sign_list().encode(),
        one.box(FakeEntropy(seed)).encode(),
    )


async def put(
    units: Units,
    account: str,
    new: NewKeys,
    expected: tuple[int, int, int],
    proved: bool = True,
    session: str = "",
) -> KeptKeys:
    who = Putter(account, ALICE, session, proved)
    return await units.run(AccountKeysUnit, lambda unit: account_keys.put(unit, who, new, expected))


@pytest.mark.clause("KEY-7.2", "KEY-7.3", "KEY-7.4", "KEY-7.8")
async def test_newer_keys_take_the_place_of_those_that_are_named(
    units: Units, clock: FakeClock
) -> None:
    await switch(units, Registration.OPEN)
    alice = await join(units, "alice")
    first, three, written, stolen = (at(clock, one) for one in lives())
    with pytest.raises(Missing, match=r"KEY-7\.5"):
        await units.look(AccountKeysUnit, lambda unit: account_keys.show(unit, ALICE))
    with pytest.raises(Outdated) as outdated:
        await put(units, alice.id, keys(first), (1, 1, 1))
    assert outdated.value.params == {"d": 0, "n": 0, "b": 0}
    new = keys(first)
    kept = await put(units, alice.id, new, NONE)
    assert kept == KeptKeys((1, 1, 1), first.rk.root.public, new)
    assert await put(units, alice.id, new, NONE) == kept, "the answer was lost: the same again"
    account = await units.look(AccountsUnit, lambda unit: unit.by_id(alice.id))
    assert account is not None and account.identity_key == first.rk.root.public

    with pytest.raises(Outdated):
        await put(units, alice.id, keys(three), NONE)
    before = kept.number
    for one in (three, written, stolen):
        before = (await put(units, alice.id, keys(one), before)).number
        assert before == (one.d, one.n, one.b)
    with pytest.raises(Conflict, match=r"KEY-7\.3"):
        await put(units, alice.id, keys(three), before)
    shown = await units.look(AccountKeysUnit, lambda unit: account_keys.show(unit, ALICE))
    assert shown == KeptKeys(before, stolen.rk.root.public, keys(stolen))

    await units.run(AccountsUnit, lambda unit: delete_account(alice.id, unit))
    with pytest.raises(Missing):
        await units.look(AccountKeysUnit, lambda unit: account_keys.show(unit, ALICE))


@pytest.mark.clause("KEY-4.6")
async def test_another_delegation_takes_the_place_of_any_list(
    units: Units, clock: FakeClock
) -> None:
    await switch(units, Registration.OPEN)
    alice = await join(units, "alice")
    first, _, _, stolen = (at(clock, one) for one in lives())
    kept = await put(units, alice.id, keys(replace(first, n=LAST_LIST - LEAP)), NONE)
    kept = await put(units, alice.id, keys(replace(first, n=LAST_LIST)), kept.number)
    assert kept.number == (1, LAST_LIST, 1), "step by step"
    kept = await put(units, alice.id, keys(stolen), kept.number)
    assert kept.number == (stolen.d, 1, 1)


@pytest.mark.clause("KEY-1.8", "KEY-4.6", "KEY-7.1", "KEY-7.3", "KEY-7.4")
async def test_what_is_refused_changes_nothing(units: Units, clock: FakeClock) -> None:
    await switch(units, Registration.OPEN)
    alice = await join(units, "alice")
    first, three, _, _ = (at(clock, one) for one in lives())
    kept = await put(units, alice.id, keys(first), NONE)
    mallory = replace(at(clock, new_account("mallory")), n=2)
    redelegated = replace(three, list_key=mallory.list_key)
    relisted = replace(first, held=(new_device(FakeEntropy("other")),), b=2)
    ahead = replace(three, now=three.now + 86401)
    ended = replace(three, now=three.now - 31 * 86400)
    foreign = replace(three, actor=f"{ORIGIN}/a/1bob")
    leap = keys(replace(first, n=first.n + LEAP + 1))
    last = keys(replace(first, n=LAST_LIST + 1))
    mixed = NewKeys(keys(three).delegation, keys(three).devices, keys(first).box)
    for new, kind, clause in (
        (keys(redelegated), Conflict, "KEY-7.3"),
        (keys(relisted), Conflict, "KEY-7.3"),
        (keys(first, "another box"), Conflict, "KEY-7.3"),
        (keys(ahead), Malformed, "KEY-3.4"),
        (keys(ended), Malformed, "KEY-7.1"),
        (keys(foreign), Forbidden, "KEY-1.5"),
        (mixed, Malformed, "KEY-3.7"),
        (leap, Forbidden, "KEY-4.6"),
        (last, Malformed, "KEY-1.8"),
    ):
        with pytest.raises(kind, match=clause):
            await put(units, alice.id, new, kept.number)
    with pytest.raises(Forbidden, match=r"KEY-7\.4"):
        await put(units, alice.id, keys(mallory), kept.number, proved=False)
    shown = await units.look(AccountKeysUnit, lambda unit: account_keys.show(unit, ALICE))
    assert shown == kept


@pytest.mark.clause("KEY-7.4", "KEY-7.9")
async def test_a_session_that_was_stolen_sets_no_root(units: Units, clock: FakeClock) -> None:
    await switch(units, Registration.OPEN)
    alice = await join(units, "alice")
    session = Session("session", "phone", "", clock.now(), clock.now())
    await units.run(AccountsUnit, lambda unit: unit.add_session(alice.id, session, b"token"))
    first = keys(at(clock, lives()[0]))
    clock.pass_(timedelta(minutes=10))
    for unproved in ("session", "another"):
        with pytest.raises(Forbidden, match=r"KEY-7\.4"):
            await put(units, alice.id, first, NONE, proved=False, session=unproved)
    clock.pass_(-timedelta(seconds=1))
    kept = await put(units, alice.id, first, NONE, proved=False, session="session")
    anew = at(clock, new_account("anew"))
    with pytest.raises(Forbidden, match=r"KEY-7\.4"):
        await put(units, alice.id, keys(anew), kept.number, proved=False, session="session")


@pytest.mark.clause("KEY-7.4", "KEY-7.9")
async def test_with_the_password_another_root_takes_the_place(
    units: Units, clock: FakeClock
) -> None:
    await switch(units, Registration.OPEN)
    alice = await join(units, "alice")
    first, three, *_ = (at(clock, one) for one in lives())
    anew = at(clock, new_account("anew"))
    kept = await put(units, alice.id, keys(first), NONE)
    with pytest.raises(Outdated):
        await put(units, alice.id, keys(anew), NONE)
    taken = await put(units, alice.id, keys(anew), kept.number)
    assert taken.number == kept.number, "the numbers of another root"
    account = await units.look(AccountsUnit, lambda unit: unit.by_id(alice.id))
    assert account is not None and account.identity_key == anew.rk.root.public
    with pytest.raises(Forbidden, match=r"KEY-7\.4"):
        await put(units, alice.id, keys(three), kept.number, proved=False)
    found = await units.run(
        AccountKeysUnit, lambda unit: unit.put_account_keys(alice.id, ALICE, kept, kept)
    )
    assert not found, "the same number, of another root"


@pytest.mark.clause("KEY-7.2")
async def test_of_two_devices_at_once_one_is_told(units: Units, clock: FakeClock) -> None:
    await switch(units, Registration.OPEN)
    alice = await join(units, "alice")
    first, three, _, _ = (at(clock, one) for one in lives())
    kept = await put(units, alice.id, keys(first), NONE)
    other = replace(three, held=(new_device(FakeEntropy("other")),))
    found = await asyncio.gather(
        *[put(units, alice.id, keys(one), kept.number) for one in (three, other)],
        return_exceptions=True,
    )
    assert {type(one) for one in found} == {KeptKeys, Outdated}
