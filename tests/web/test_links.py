"""Linking over HTTP: a device without a token gets one (spec LNK-5)."""

import base64
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from node.e2ee.linking.public.sides import commitment
from node.store import tables
from node.store.purge import Purge
from tests.e2ee.keys.accounts import Account
from tests.e2ee.linking.links import Linked, all_linked
from tests.web.conftest import Build, Harness, Said
from tests.web.test_keys import Person, alice, text

__all__ = ["alice"]

LINKED = all_linked()[0]


class Old(Person):
    """The device that is logged in, with keys of the account at the node."""

    before: Account
    linked: Linked

    @classmethod
    async def of(cls, alice: Person) -> "Old":
        made = cls.__new__(cls)
        made.__dict__.update(vars(alice))
        made.before = made.moments()[0]
        made.linked = replace(LINKED, old=replace(LINKED.old, actor=alice.actor))
        assert (await made.put(made.before, '"0.0.0"')).status == 200
        return made

    async def list_new(self) -> None:
        held = LINKED.held
        entry = replace(held, device=replace(held.device, added=self.before.now))
        after = self.before.with_devices(*self.before.held, entry, n=2)
        assert (await self.put(after, '"1.1.1"')).status == 200

    async def approve(self, code: str, secret: str, grant: bytes = b"grant") -> Said:
        body = {"secret": secret, "grant": text(grant)}
        return await self.harness.ask("POST", f"/links/{code}/approve", body, self.token)


@pytest.fixture
async def old(alice: Person) -> Old:
    return await Old.of(alice)


async def start(harness: Harness, side: bytes) -> Any:
    body = {"commit": text(commitment(side))}
    said = await harness.ask("POST", "/links", body)
    assert said.status == 201, said.raw
    return said.body


async def post(harness: Harness, code: str, what: str, **body: str) -> Said:
    return await harness.ask("POST", f"/links/{code}/{what}", body)


@pytest.mark.clause("LNK-5.1", "LNK-5.2", "LNK-5.3", "LNK-5.6")
async def test_a_secret_becomes_the_token_of_a_new_device(harness: Harness, old: Old) -> None:
    new, mine = old.linked.new.encode(), old.linked.old.encode()
    shown = await start(harness, new)
    code, secret = shown["code"], shown["secret"]
    found = await harness.ask("GET", f"/links/{code}")
    assert found.body == {"commit": text(commitment(new))}
    read = await post(harness, code, "read", side=text(mine))
    assert read.status == 201
    assert (await post(harness, code, "show", secret=secret, side=text(new))).status == 204
    seen = await post(harness, code, "look", secret=read.body["secret"])
    assert seen.body == {"side": text(new), "grant": ""}

    assert (await harness.ask("GET", "/account", token=secret)).status == 401
    early = await old.approve(code, read.body["secret"])
    assert (early.status, early.body["clause"]) == (403, "LNK-5.6")
    await old.list_new()
    assert (await old.approve(code, read.body["secret"])).status == 204
    granted = await post(harness, code, "look", secret=secret)
    assert granted.body == {"side": text(mine), "grant": text(b"grant")}
    account = await harness.ask("GET", "/account", token=secret)
    assert account.body["actor"] == old.actor
    devices = await harness.ask("GET", "/devices", token=secret)
    newest = devices.body["items"][0]
    assert newest["id"] == str(UUID(bytes=old.linked.new.device.id))
    assert (newest["name"], newest["current"]) == (old.linked.new.name, True)
    assert (await harness.ask("GET", "/account/devices", token=secret)).status == 200
    assert (await harness.ask("GET", "/account", token=read.body["secret"])).status == 401


@pytest.mark.clause("LNK-5.5")
async def test_what_is_absent_is_answered_alike(harness: Harness, old: Old) -> None:
    new, mine = old.linked.new.encode(), old.linked.old.encode()
    shown = await start(harness, new)
    code = shown["code"]
    await post(harness, code, "read", side=text(mine))
    said = {
        (await harness.ask("GET", f"/links/{code}")).raw,
        (await harness.ask("GET", "/links/00000000")).raw,
        (await harness.ask("GET", "/links/nonsense")).raw,
        (await post(harness, code, "read", side=text(mine))).raw,
        (await post(harness, code, "look", secret="another's")).raw,
        (await post(harness, code, "show", secret="another's", side=text(new))).raw,
        (await old.approve(code, "another's")).raw,
    }
    harness.clock.pass_(timedelta(minutes=10))
    said.add((await post(harness, code, "look", secret=shown["secret"])).raw)
    assert len(said) == 1 and b"LNK-5.5" in said.pop()


@pytest.mark.clause("LNK-5.6")
async def test_only_a_device_approves(harness: Harness, old: Old) -> None:
    shown = await start(harness, old.linked.new.encode())
    body = {"secret": shown["secret"], "grant": text(b"grant")}
    path = f"/links/{shown['code']}/approve"
    assert (await harness.ask("POST", path, body)).status == 401
    browser = await harness.join("bob")
    said = await harness.ask("POST", path, body, browser)
    assert (said.status, said.body["clause"]) == (403, "ACC-3.3")


@pytest.mark.clause("LNK-5.7")
async def test_ten_are_opened_in_an_hour(harness: Harness, old: Old) -> None:
    new = old.linked.new.encode()
    for _ in range(10):
        await start(harness, new)
    said = await harness.ask("POST", "/links", {"commit": text(commitment(new))})
    assert (said.status, said.body["clause"]) == (429, "LNK-5.7")
    assert said.headers["Retry-After"]
    harness.clock.pass_(timedelta(hours=1))
    await start(harness, new)


@pytest.mark.clause("LNK-5.7")
async def test_reading_codes_counts_as_a_login(build: Build) -> None:
    harness = await build(login_attempts_per_minute=3)
    said = [(await harness.ask("GET", f"/links/0000000{n}")).status for n in range(5)]
    assert said == [404, 404, 404, 429, 429]


@pytest.mark.clause("LNK-5.1", "LNK-5.7")
async def test_what_is_too_large_or_malformed_is_refused(harness: Harness, old: Old) -> None:
    said = await harness.ask("POST", "/links", {"commit": text(bytes(31))})
    assert (said.status, said.body["clause"]) == (400, "LNK-5.1")
    code = (await start(harness, old.linked.new.encode()))["code"]
    long = await post(harness, code, "read", side=text(bytes(2049)))
    assert (long.status, long.body["clause"]) == (413, "LNK-1.2")
    longer = await post(harness, code, "read", side=text(bytes(9000)))
    assert longer.status == 413
    assert (await post(harness, code, "read", side=text(b"x"))).status == 400


@pytest.mark.clause("LNK-5.1", "LNK-5.8")
async def test_only_digests_are_kept_and_not_for_long(harness: Harness, old: Old) -> None:
    shown = await start(harness, old.linked.new.encode())
    database = harness.node.stores.database

    async def rows() -> Any:
        async with database.read() as connection:
            return (await connection.execute(select(tables.links))).all()

    (kept,) = await rows()
    secret = shown["secret"].encode()
    assert secret not in b"".join(value for value in kept if isinstance(value, bytes))
    assert base64.urlsafe_b64decode(secret.removeprefix(b"kith_") + b"=") not in kept
    harness.clock.pass_(timedelta(minutes=5, seconds=1))
    await Purge(database, harness.clock)()
    assert await rows() == []
