"""Accounts, invites, the deed's mark and the event stream, on the fake and both databases."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest

from node.accounts import devices, invites, resets, sessions, sign_up
from node.accounts.account import (
    Account,
    AccountUnit,
    Role,
    State,
    account_of,
    delete_account,
    suspend,
)
from node.accounts.sessions import Wanted
from node.accounts.sign_up import Application, Registration
from node.errors import Broken, Conflict, Forbidden, Malformed, Missing
from node.graph import friend_codes
from node.store.accounts import AccountsUnit
from node.store.graph import GraphUnit
from node.store.idempotency import IdempotencyUnit, Kept
from node.store.idempotency_marks import IdempotencyMark
from node.store.invites import InvitesUnit
from node.store.sessions import SessionsUnit
from node.store.streams import StreamsUnit
from node.store.unit import UnitContext, Units
from node.testing.fakes import FakeClock, FakeEntropy
from tests.contracts.stores import Store, circles, open_units

ORIGIN = "https://a.test"
PHONE = Wanted("phone", new_device="phone")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def units(store: Store, clock: FakeClock) -> Units:
    context = UnitContext(ORIGIN, clock, FakeEntropy(), lambda activity: repr(activity).encode())
    return open_units(store, context)


async def join(units: Units, name: str, invite: bytes | None = None, reason: str = "") -> Account:
    ids = f"{ORIGIN}/a/1{name}", f"{ORIGIN}/a/2{name}"
    wish = Application(name, "hashed", *ids, display_name="X", invite=invite, reason=reason)
    return await units.run(InvitesUnit, lambda unit: sign_up.sign_up(wish, (), unit))


async def log_in(units: Units, who: Account, token: bytes, wanted: Wanted) -> sessions.Session:
    return await units.run(
        AccountsUnit, lambda unit: sessions.log_in(who, wanted, token, "read write", unit)
    )


async def switch(units: Units, mode: Registration) -> None:
    await units.run(InvitesUnit, lambda unit: unit.put_registration(mode))


@pytest.mark.clause("ACC-2.3")
async def test_the_last_use_of_an_invite_is_taken_once(units: Units) -> None:
    made = await units.run(InvitesUnit, lambda unit: invites.first_admin(b"secret", unit))
    assert made is not None and made.role is Role.ADMIN
    found = await asyncio.gather(
        *[join(units, f"guest{n}", b"secret") for n in range(4)], return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in found) == ["Account"] + ["Forbidden"] * 3
    assert await units.look(InvitesUnit, lambda unit: unit.admins()) == 1


@pytest.mark.clause("ACC-1.3")
async def test_one_name_goes_to_one_of_two(units: Units) -> None:
    await switch(units, Registration.OPEN)
    found = await asyncio.gather(*[join(units, "bob") for _ in range(3)], return_exceptions=True)
    assert sorted(type(one).__name__ for one in found) == ["Account", "Conflict", "Conflict"]


async def test_an_account_from_application_to_deletion(units: Units) -> None:
    await switch(units, Registration.APPROVAL)
    with pytest.raises(Exception, match=r"ACC-2\.8"):
        await join(units, "bob")
    bob = await join(units, "bob", reason="I am Bob")
    assert bob.state is State.PENDING
    assert await units.look(AccountsUnit, lambda unit: unit.profile("bob")) is None
    with pytest.raises(Forbidden):
        await units.run(AccountsUnit, lambda unit: sessions.log_in(bob, PHONE, b"t", "read", unit))
    bob = await units.run(InvitesUnit, lambda unit: sign_up.approve(bob.id, (), unit))
    begun = await log_in(units, bob, b"t", PHONE)
    bearer = await units.look(SessionsUnit, lambda unit: unit.bearer(b"t"))
    assert bearer is not None and bearer.account == bob.id
    assert (bearer.session, bearer.device, bearer.scopes) == (begun.id, begun.device, "read write")
    listed = await units.look(AccountsUnit, lambda unit: unit.in_state(State.ACTIVE, None, 9))
    assert [one.name for one in listed] == ["bob"]
    await units.run(AccountsUnit, lambda unit: devices.revoke(bob.id, begun.device, unit))
    assert await units.look(AccountsUnit, lambda unit: unit.bearer(b"t")) is None
    await units.run(AccountsUnit, lambda unit: delete_account(bob.id, unit))
    with pytest.raises(Missing):
        await units.look(AccountsUnit, lambda unit: account_of(bob.id, unit))
    with pytest.raises(Conflict):
        await join(units, "bob", reason="I am Bob too")


@pytest.mark.clause("ACC-2.7")
async def test_friends_by_invite(units: Units) -> None:
    await switch(units, Registration.OPEN)
    alice = await join(units, "alice")
    await units.run(
        InvitesUnit,
        lambda unit: invites.make_invite(alice, b"come", 1, 1, True, Role.MEMBER, unit),
    )
    bob = await join(units, "bob", b"come")
    known, _ = await units.look(
        AccountsUnit, lambda unit: circles(unit).circle([bob.actor], False, "", 9)
    )
    assert known == [alice.actor]


@pytest.mark.clause("ACC-1.13", "ACC-2.11")
async def test_invites_end_with_the_account_that_made_them(units: Units) -> None:
    await switch(units, Registration.OPEN)
    alice, bob = await join(units, "alice"), await join(units, "bob")

    async def invite(maker: Account, secret: bytes) -> None:
        await units.run(
            InvitesUnit,
            lambda unit: invites.make_invite(maker, secret, 1, 1, True, Role.MEMBER, unit),
        )

    await invite(alice, b"hers")
    await invite(bob, b"his")
    await units.run(AccountsUnit, lambda unit: suspend(alice.id, unit))
    with pytest.raises(Forbidden, match=r"ACC-2\.2"):
        await join(units, "carol", b"hers")
    await units.run(InvitesUnit, lambda unit: sign_up.approve(alice.id, (), unit))
    with pytest.raises(Forbidden, match=r"ACC-2\.2"):
        await join(units, "carol", b"hers")
    assert (await join(units, "carol", b"his")).invited_by == bob.id


@pytest.mark.clause("ACC-2.13")
@pytest.mark.parametrize("here", ["login", "setting"])
async def test_open_sign_up_waits_while_no_administrator_looks(
    units: Units, clock: FakeClock, here: str
) -> None:
    await switch(units, Registration.OPEN)
    await units.run(InvitesUnit, lambda unit: invites.first_admin(b"secret", unit))
    admin = await join(units, "root1", b"secret")

    async def mode() -> Registration:
        return await units.look(InvitesUnit, lambda unit: unit.registration())

    clock.pass_(timedelta(days=7))
    assert await mode() is Registration.OPEN
    clock.pass_(timedelta(seconds=1))
    assert await mode() is Registration.APPROVAL
    with pytest.raises(Malformed, match=r"ACC-2\.8"):
        await join(units, "spam1")
    assert (await join(units, "carol", reason="a friend of root1")).state is State.PENDING
    await units.run(
        InvitesUnit, lambda unit: invites.make_invite(admin, b"y", 1, 1, False, Role.MEMBER, unit)
    )
    assert (await join(units, "dora", b"y")).state is State.ACTIVE, "who is invited does not wait"
    if here == "login":
        await log_in(units, admin, b"token", PHONE)
    else:
        await switch(units, Registration.OPEN)
    assert await mode() is Registration.OPEN
    assert (await join(units, "erin1")).state is State.ACTIVE
    for other in (Registration.INVITE, Registration.APPROVAL):
        await switch(units, other)
        clock.pass_(timedelta(days=30))
        assert await mode() is other


@pytest.mark.clause("ACC-2.13")
async def test_open_sign_up_stays_open_where_there_never_was_an_administrator(
    units: Units, clock: FakeClock
) -> None:
    for _ in range(2):  # as the first start chooses it, and later `kith admin set-registration`
        await switch(units, Registration.OPEN)
        clock.pass_(timedelta(days=30))
        mode = await units.look(InvitesUnit, lambda unit: unit.registration())
        assert mode is Registration.OPEN
    assert (await join(units, "alice")).state is State.ACTIVE


@pytest.mark.clause("ACC-2.13")
@pytest.mark.parametrize("by", ["setting", "start"])
async def test_an_instant_that_no_administrator_left_closes_nothing_any_more(
    units: Units, clock: FakeClock, by: str
) -> None:
    """An older version wrote it at the first start, and sign-up waited for somebody for ever."""

    async def mode() -> Registration:
        return await units.look(InvitesUnit, lambda unit: unit.registration())

    await switch(units, Registration.OPEN)
    await units.run(InvitesUnit, lambda unit: unit.admin_was_here())
    clock.pass_(timedelta(days=8))
    assert await mode() is Registration.APPROVAL
    if by == "setting":
        await switch(units, Registration.OPEN)
    else:
        await units.run(InvitesUnit, lambda unit: invites.first_admin(b"secret", unit))
    for _ in range(2):
        assert await mode() is Registration.OPEN
        clock.pass_(timedelta(days=30))


@pytest.mark.clause("ACC-1.13", "GRA-7.1")
@pytest.mark.parametrize("end", [suspend, delete_account])
async def test_a_friend_code_ends_with_its_account(
    units: Units, end: Callable[[str, AccountUnit], Awaitable[None]]
) -> None:
    await switch(units, Registration.OPEN)
    alice, bob = await join(units, "alice"), await join(units, "bob")
    for one in (alice, bob):
        await units.run(
            GraphUnit, lambda unit, actor=one.actor: friend_codes.make_code(unit, actor, "code")
        )
    await units.run(AccountsUnit, lambda unit: end(alice.id, unit))
    digest = friend_codes.digest_of("code")
    assert not await units.run(GraphUnit, lambda unit: unit.use_code(alice.actor, digest))
    assert await units.run(GraphUnit, lambda unit: unit.use_code(bob.actor, digest))


@pytest.mark.clause("API-6.1", "API-6.5")
async def test_the_mark_commits_with_what_its_unit_decides_or_not_at_all(units: Units) -> None:
    async def refuse(unit: IdempotencyUnit) -> None:
        raise Missing("ACC-1.3", "no")

    async def nothing(unit: IdempotencyUnit) -> None:
        return None

    async def kept() -> Kept | None:
        return await units.look(IdempotencyUnit, lambda unit: unit.kept(b"token", "key"))

    mark = IdempotencyMark(b"token", "key", b"request")
    with pytest.raises(Missing):
        await units.run(IdempotencyUnit, refuse, once=mark)
    assert not mark.made and await kept() is None
    await units.run(IdempotencyUnit, nothing)
    assert await kept() is None, "a unit that decides nothing leaves no mark"
    await units.run(IdempotencyUnit, nothing, once=mark, undecided=(type(None),))
    assert not mark.made and await kept() is None
    await units.run(IdempotencyUnit, nothing, once=mark)
    assert mark.made and await kept() == Kept(b"request", 0, b"")
    # Another process, that saw no answer and tries at the same time, is refused.
    with pytest.raises(Conflict):
        again = IdempotencyMark(b"token", "key", b"request")
        await units.run(IdempotencyUnit, nothing, once=again)
    with pytest.raises(Broken):
        await units.run(IdempotencyUnit, nothing, once=mark)
    answer = Kept(b"request", 201, b"sealed")
    await units.run(IdempotencyUnit, lambda unit: unit.keep(b"token", "key", answer))
    assert await kept() == answer
    await units.run(IdempotencyUnit, lambda unit: unit.forget(b"token", "key"))
    assert await kept() is None


@pytest.mark.clause("API-7.3")
async def test_a_reader_beside_many_writers_misses_no_event(units: Units) -> None:
    await switch(units, Registration.OPEN)
    alice = await join(units, "alice")
    begin = await units.look(StreamsUnit, lambda unit: unit.newest(alice.id))
    assert await units.look(StreamsUnit, lambda unit: unit.unbroken(begin))
    seen: list[int] = []

    async def tell(n: int) -> None:
        async def work(unit: StreamsUnit) -> None:
            await unit.tell(alice.id, "number", {"n": n})

        await units.run(StreamsUnit, work)

    async def follow() -> None:
        place = begin
        while len(seen) < 30:
            told = await units.look(
                StreamsUnit, lambda unit, at=place: unit.behind(at, alice.id, "phone")
            )
            seen.extend(one.place.seq for one in told)
            place = told[-1].place if told else place

    await asyncio.wait_for(asyncio.gather(follow(), *[tell(n) for n in range(30)]), 60)
    assert len(set(seen)) == 30 and seen == sorted(seen)


@pytest.mark.clause("ACC-3.4", "ACC-3.5", "ACC-4.2", "ACC-4.3")
async def test_sessions_and_devices_are_listed_and_end_apart(
    units: Units, clock: FakeClock
) -> None:
    await switch(units, Registration.OPEN)
    alice, eve = await join(units, "alice"), await join(units, "eve")
    await log_in(units, eve, b"eve", PHONE)
    phone = await log_in(units, alice, b"phone", PHONE)
    clock.pass_(timedelta(hours=2))
    app = await log_in(units, alice, b"app", Wanted("app"))
    again = await log_in(units, alice, b"again", Wanted("again", device=phone.device))
    with pytest.raises(Missing, match=r"ACC-3\.2"):
        await log_in(units, eve, b"no", Wanted("no", device=phone.device))

    async def listed() -> list[str]:
        found = await units.look(SessionsUnit, lambda unit: unit.sessions(alice.id))
        return [one.id for one in found]

    async def kept() -> list[tuple[str, datetime | None]]:
        found = await units.look(SessionsUnit, lambda unit: unit.devices(alice.id))
        return [(one.id, one.last_seen) for one in found]

    assert await listed() == [*sorted([again.id, app.id], reverse=True), phone.id]
    assert await kept() == [(phone.device, clock.now())]
    clock.pass_(timedelta(hours=2))
    await units.run(SessionsUnit, lambda unit: unit.seen(phone.id))
    assert await kept() == [(phone.device, clock.now())]
    await units.run(AccountsUnit, lambda unit: sessions.end(alice.id, phone.id, unit))
    assert await units.look(SessionsUnit, lambda unit: unit.bearer(b"phone")) is None
    assert phone.id not in await listed()
    assert await kept() == [(phone.device, clock.now())]
    await units.run(AccountsUnit, lambda unit: devices.rename(alice.id, phone.device, "old", unit))
    (named,) = await units.look(SessionsUnit, lambda unit: unit.devices(alice.id))
    assert named.name == "old"
    await units.run(AccountsUnit, lambda unit: devices.revoke(alice.id, phone.device, unit))
    assert (await listed(), await kept()) == ([app.id], [])
    for id in (phone.id, again.id, ""):
        with pytest.raises(Missing, match=r"ACC-3\.5"):
            await units.run(
                AccountsUnit, lambda unit, session=id: sessions.end(alice.id, session, unit)
            )
    with pytest.raises(Missing, match=r"ACC-4\.3"):
        await units.run(AccountsUnit, lambda unit: devices.revoke(alice.id, phone.device, unit))
    with pytest.raises(Missing, match=r"ACC-4\.3"):
        await units.run(AccountsUnit, lambda unit: devices.rename(alice.id, phone.device, "", unit))
    assert await units.look(SessionsUnit, lambda unit: unit.bearer(b"eve")) is not None


async def test_what_was_begun_reads_back(units: Units, clock: FakeClock) -> None:
    await switch(units, Registration.OPEN)
    alice = await join(units, "alice")
    begun = await log_in(units, alice, b"t", PHONE)
    assert begun == sessions.Session(
        begun.id, "phone", "read write", clock.now(), clock.now(), begun.device
    )
    assert list(await units.look(SessionsUnit, lambda unit: unit.sessions(alice.id))) == [begun]
    (device,) = await units.look(SessionsUnit, lambda unit: unit.devices(alice.id))
    assert device == devices.Device(begun.device, "phone", clock.now(), clock.now())


@pytest.mark.clause("ACC-5.1", "ACC-5.2", "ACC-5.3")
async def test_a_link_for_a_new_password_is_the_only_one_and_is_used_once(units: Units) -> None:
    await switch(units, Registration.OPEN)
    alice, bob = await join(units, "alice"), await join(units, "bob")

    async def make(who: Account, secret: bytes, maker: str | None = None) -> None:
        await units.run(InvitesUnit, lambda unit: resets.make_reset(who.id, secret, maker, unit))

    async def use(secret: bytes) -> str:
        found = await units.run(InvitesUnit, lambda unit: resets.use_reset(secret, "new", unit))
        return found.id

    await make(alice, b"first")
    await make(bob, b"bob's")
    await make(alice, b"second")
    with pytest.raises(Forbidden):
        await use(b"first")
    assert await use(b"second") == alice.id
    with pytest.raises(Forbidden):
        await use(b"second")
    await make(alice, b"by bob", bob.id)  # who is no administrator
    with pytest.raises(Forbidden):
        await use(b"by bob")
    await units.run(InvitesUnit, lambda unit: unit.drop_resets(bob.id))
    for secret in (b"bob's", b"by bob"):
        assert await units.look(InvitesUnit, lambda unit, s=secret: unit.reset(s)) is None
