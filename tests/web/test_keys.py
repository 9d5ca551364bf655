"""The keys of an account through the API, and what everybody may see of them."""

import asyncio
import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from node.testing.fakes import FakeEntropy
from node.wire import multibase
from tests.e2ee.keys.accounts import Account, lives, new_account
from tests.web.conftest import PASSWORD, Harness, Said

BOB = "https://b.test/u/bob"
BOBS_LIST = f"{BOB}/devices"


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def body(one: Account) -> dict[str, str]:
    return {
        "delegation": text(one.sign_delegation().encode()),
        "list": text(one.sign_list().encode()),
        "box": text(one.box(FakeEntropy("box")).encode()),
    }


def keys_of(actor: str, least: str = "") -> str:
    return "/keys?" + urlencode({"actor": actor} | ({"least": least} if least else {}))


class Person:
    """Somebody with a device here, and keys."""

    def __init__(self, harness: Harness, session: Any) -> None:
        self.harness, self.token = harness, session["token"]
        self.actor = session["account"]["actor"]

    def moments(self) -> list[Account]:
        now = int(self.harness.clock.now().timestamp())
        return [replace(one, actor=self.actor, now=now) for one in lives()]

    async def put(self, one: Account, expected: str | None, password: str = "") -> Said:
        headers = {} if expected is None else {"If-Match": expected}
        sent = body(one) | ({"password": password} if password else {})
        return await self.harness.ask("PUT", "/account/devices", sent, self.token, headers)

    async def get(self, path: str = "/account/devices") -> Said:
        return await self.harness.ask("GET", path, token=self.token)


@pytest.fixture
async def alice(harness: Harness) -> Person:
    named = {"name": "alice", "password": PASSWORD, "device_name": "phone"}
    said = await harness.ask("POST", "/accounts", {**named, "invite": await harness.invite()})
    return Person(harness, said.body)


@pytest.mark.clause("KEY-7.1", "KEY-7.2", "KEY-7.5")
async def test_a_device_puts_keys_and_reads_them(alice: Person) -> None:
    first, three, *_ = alice.moments()
    assert ((await alice.get()).status, (await alice.get()).body["clause"]) == (404, "KEY-7.5")
    for wrong in (None, "*", '"1.1"', '"1.1.x"', '"-1.1.1"'):
        said = await alice.put(first, wrong)
        assert (said.status, said.body["clause"]) == (400, "KEY-7.2")
    said = await alice.put(first, '"0.0.0"')
    assert (said.status, said.headers["ETag"]) == (200, '"1.1.1"')
    assert said.body == {
        **body(first),
        "root": text(first.rk.root.public),
        "number": "1.1.1",
    }
    assert (await alice.get()).body == said.body
    late = await alice.put(three, '"0.0.0"')
    assert (late.status, late.body["code"]) == (412, "outdated")
    assert late.body["params"] == {"d": 1, "n": 1, "b": 1}
    assert (await alice.put(three, '"1.1.1"')).headers["ETag"] == '"1.2.1"'


@pytest.mark.clause("KEY-7.1", "KEY-7.5")
async def test_a_session_without_a_device_has_no_part_in_them(alice: Person) -> None:
    login = {"name": "alice", "password": PASSWORD}
    session = (await alice.harness.ask("POST", "/login", login)).body
    app = Person(alice.harness, session)
    said = await app.put(alice.moments()[0], '"0.0.0"')
    assert (said.status, said.body["clause"]) == (403, "ACC-3.3")
    await alice.put(alice.moments()[0], '"0.0.0"')
    said = await app.get()
    assert (said.status, said.body["clause"]) == (403, "ACC-3.3"), "the box is for devices"
    no_token = await alice.harness.ask("PUT", "/account/devices", body(alice.moments()[0]))
    assert no_token.status == 401


@pytest.mark.clause("KEY-7.1", "KEY-7.5", "ACC-4.5")
async def test_an_older_copy_of_a_vault_reads_them_and_puts_none(alice: Person) -> None:
    first, three, *_ = alice.moments()
    await alice.put(first, '"0.0.0"')
    asked = {"have": 0, "nonce": text(bytes(16))}
    taken = await alice.harness.ask("POST", "/device/seat", asked, alice.token)
    assert taken.status == 200
    assert (await alice.get()).status == 200, "it asks without a seat, as a copy would"
    late = await alice.put(three, '"1.1.1"')
    assert (late.status, late.body["clause"]) == (409, "ACC-4.5")


@pytest.mark.clause("KEY-7.4", "KEY-7.6")
async def test_everybody_sees_root_and_list_and_nobody_the_box(alice: Person) -> None:
    address = "/" + alice.actor.removeprefix("https://a.test") + "/devices"
    assert (await alice.harness.ask("GET", address)).status == 404
    document = await alice.harness.ask("GET", address.removesuffix("/devices"))
    assert "kith:devices" not in document.body and "kith:identityKey" not in document.body
    first = alice.moments()[0]
    await alice.put(first, '"0.0.0"')
    document = await alice.harness.ask("GET", address.removesuffix("/devices"))
    assert document.body["kith:devices"] == f"{alice.actor}/devices"
    root = document.body["kith:identityKey"]
    assert root.startswith("z6Mk") and root not in json.dumps(document.body["assertionMethod"])
    said = await alice.harness.ask("GET", address)
    assert said.headers["Cache-Control"] == "public, max-age=30"
    assert said.body["type"] == "kith:Devices" and said.body["attributedTo"] == alice.actor
    assert said.body["kith:delegation"] == body(first)["delegation"]
    assert said.body["kith:list"] == body(first)["list"]
    assert body(first)["box"] not in said.raw.decode()
    own = await alice.get(keys_of(alice.actor))
    assert own.body["root"] == text(first.rk.root.public)
    other = await alice.get(keys_of("https://a.test/a/nobody"))
    assert (other.status, other.body["clause"]) == (404, "KEY-7.5")


@pytest.mark.clause("KEY-7.4", "KEY-7.9", "LIM-5.4")
async def test_the_password_sets_a_root_and_a_token_alone_does_not(alice: Person) -> None:
    first, *_ = alice.moments()
    anew = replace(new_account("anew", alice.actor), now=first.now)
    alice.harness.clock.pass_(timedelta(minutes=10))
    late = await alice.put(first, '"0.0.0"')
    assert (late.status, late.body["clause"]) == (403, "KEY-7.4")
    assert "kith recovery reset" in late.body["detail"]
    wrong = await alice.put(first, '"0.0.0"', "not the password")
    assert (wrong.status, wrong.body["clause"]) == (403, "ACC-1.7")
    assert (await alice.put(first, '"0.0.0"', PASSWORD)).status == 200
    assert (await alice.put(anew, '"1.1.1"')).status == 403
    began = await alice.put(anew, '"1.1.1"', PASSWORD)
    assert (began.status, began.body["root"]) == (200, text(anew.rk.root.public))
    seen = await alice.get(keys_of(alice.actor))
    assert seen.body["root"] == text(anew.rk.root.public), "at once, for all"
    for _ in range(6):
        last = await alice.put(first, '"1.1.1"', "not the password")
    assert (last.status, last.body["clause"]) == (429, "LIM-5.4")


class Server:
    """Bob's server. What a test changes in its documents, it says."""

    def __init__(self, harness: Harness, one: Account) -> None:
        self._web = harness.web
        self.says(one)

    def says(
        self, one: Account, actor: dict[str, Any] | None = None, keys: dict[str, Any] | None = None
    ) -> None:
        found = body(one)
        self._put(
            BOB,
            {
                "id": BOB,
                "type": "Person",
                "kith:identityKey": multibase.encode(b"\xed\x01" + one.rk.root.public),
                "kith:devices": BOBS_LIST,
                **(actor or {}),
            },
        )
        self._put(
            BOBS_LIST,
            {
                "type": "kith:Devices",
                "attributedTo": BOB,
                "kith:delegation": found["delegation"],
                "kith:list": found["list"],
                **(keys or {}),
            },
        )

    def _put(self, url: str, document: dict[str, Any]) -> None:
        kind = "application/activity+json"
        self._web.put(url, json.dumps(document).encode(), content_type=kind)

    @property
    def reads(self) -> int:
        """How often its list was asked for."""
        return sum(request.url == BOBS_LIST for request in self._web.asked)


def bobs(alice: Person) -> list[Account]:
    one = new_account("bob", BOB)
    now = alice.moments()[0].now
    first = replace(one, now=now)
    return [first, replace(first, n=2, held=(*first.held,))]


@pytest.mark.clause("KEY-7.7")
async def test_the_keys_of_somebody_elsewhere_are_read_and_kept_a_while(alice: Person) -> None:
    first, second = bobs(alice)
    server = Server(alice.harness, first)
    said = await alice.get(keys_of(BOB))
    assert said.body == {
        "actor": BOB,
        "root": text(first.rk.root.public),
        "delegation": body(first)["delegation"],
        "list": body(first)["list"],
    }
    server.says(second)
    assert (await alice.get(keys_of(BOB, "1.1"))).body == said.body
    assert server.reads == 1
    alice.harness.clock.pass_(timedelta(seconds=5))
    newer = await alice.get(keys_of(BOB, "1.2"))
    assert newer.body["list"] == body(second)["list"] and server.reads == 2
    alice.harness.clock.pass_(timedelta(minutes=11))
    assert (await alice.get(keys_of(BOB))).status == 200 and server.reads == 3


@pytest.mark.clause("KEY-7.5", "KEY-7.6", "KEY-7.7")
async def test_what_is_wrong_elsewhere_is_refused(alice: Person) -> None:
    first, _ = bobs(alice)
    server = Server(alice.harness, first)
    other = replace(new_account("mallory", BOB), now=first.now)
    theirs = multibase.encode(b"\xed\x01" + other.rk.root.public)
    for actor, keys, status, clause in (
        ({"id": f"{BOB}/other"}, {}, 403, "KEY-7.7"),
        ({"kith:devices": "https://c.test/list"}, {}, 403, "KEY-7.7"),
        ({"kith:devices": None}, {}, 404, "KEY-7.5"),
        ({"kith:identityKey": None}, {}, 404, "KEY-7.5"),
        ({"kith:identityKey": theirs}, {}, 403, "KEY-7.6"),
        ({"kith:identityKey": "z6Mk"}, {}, 400, "KEY-7.6"),
        ({}, {"attributedTo": alice.actor}, 400, "KEY-7.6"),
        ({}, {"type": "Note"}, 400, "KEY-7.6"),
        ({}, {"kith:list": 7}, 400, "KEY-7.6"),
        ({}, {"kith:list": "A" * 70_000}, 400, "KEY-7.6"),
        ({}, {"kith:list": body(alice.moments()[0])["list"]}, 403, "KEY-1.5"),
        ({}, {"kith:list": body(other)["list"]}, 401, "KEY-1.6"),
    ):
        server.says(first, actor, keys)
        alice.harness.clock.pass_(timedelta(seconds=5))
        said = await alice.get(keys_of(BOB))
        assert (said.status, said.body["clause"]) == (status, clause), (actor, keys)
    said = await alice.get(keys_of("https://down.test/u/x"))
    assert said.status in (403, 502)
    for wrong in ("/keys", keys_of(BOB, "1"), keys_of(BOB, "1.4294967296"), keys_of(BOB, "-1.1")):
        assert (await alice.get(wrong)).status == 400


@pytest.mark.clause("KEY-7.7")
async def test_nobody_makes_the_node_ask_another_one_in_a_loop(alice: Person) -> None:
    first, _ = bobs(alice)
    server = Server(alice.harness, first)
    highest = keys_of(BOB, "4294967295.4294967295")
    said = await alice.get(keys_of(BOB))
    for _ in range(5):
        assert (await alice.get(highest)).body == said.body
    assert server.reads == 1
    alice.harness.clock.pass_(timedelta(seconds=5))
    await asyncio.gather(*[alice.get(highest) for _ in range(5)])
    assert server.reads == 2
    # Also where nothing comes of it.
    alice.harness.clock.pass_(timedelta(seconds=5))
    server.says(first, {}, {"type": "Note"})
    for _ in range(5):
        assert (await alice.get(highest)).status == 400
    assert server.reads == 3
