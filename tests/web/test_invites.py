"""Invites, approval and administration, through the API."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from node.accounts import invites
from node.app import System
from node.app.administration import open_administration
from node.store.invites import InvitesUnit
from node.testing.fakes import FakeEntropy
from node.web.routes import Call
from tests.web.conftest import PASSWORD, Build, Harness, Said


async def sign_up(harness: Harness, name: str, invite: str | None, **more: Any) -> Said:
    body = {"name": name, "password": PASSWORD, "invite": invite, **more}
    return await harness.ask("POST", "/accounts", body)


def secret_of(made: Said) -> str:
    return str(made.body["url"]).removeprefix("https://a.test/invite/")


@pytest.mark.clause("ACC-2.2", "ACC-2.4")
async def test_an_invite_works_once_and_its_secret_is_not_kept(harness: Harness) -> None:
    token = await harness.join("alice")
    made = await harness.ask("POST", "/invites", {}, token)
    secret = secret_of(made)
    listed = (await harness.ask("GET", "/invites", token=token)).body["items"]
    assert [one["id"] for one in listed] == [made.body["id"]]
    assert not listed[0].get("url")
    async with harness.units._database.read() as connection:
        kept = (await connection.exec_driver_sql("SELECT * FROM invites")).all()
    assert secret not in repr(kept)
    assert (await sign_up(harness, "bob", secret)).status == 201
    said = await sign_up(harness, "carol", secret)
    assert (said.status, said.body["clause"]) == (403, "ACC-2.2")
    assert said.raw == (await sign_up(harness, "carol", "unknown")).raw


@pytest.mark.clause("ACC-2.12")
async def test_who_has_the_link_is_told_what_it_promises(harness: Harness) -> None:
    token = await harness.join("alice")
    made = await harness.ask("POST", "/invites", {"befriends": True}, token)
    for _ in range(2):
        said = await harness.ask("POST", "/invites/lookup", {"secret": secret_of(made)})
        assert said.status == 200
    alice = (await harness.ask("GET", "/account", token=token)).body["actor"]
    assert said.body["inviter"]["id"] == alice
    assert said.body["inviter"]["handle"] == "@alice@a.test"
    assert (said.body["befriends"], said.body["role"]) == (True, "member")
    assert (await sign_up(harness, "bob", secret_of(made))).status == 201
    for secret in (secret_of(made), "unknown", ""):
        said = await harness.ask("POST", "/invites/lookup", {"secret": secret})
        assert (said.status, said.body["clause"]) == (403, "ACC-2.2")
    first = await harness.ask("POST", "/invites/lookup", {"secret": await harness.invite("admin")})
    assert first.body == {"inviter": None, "befriends": False, "role": "admin"}


@pytest.mark.clause("ACC-2.12", "API-4.3")
async def test_secrets_are_not_tried_for_long(build: Build) -> None:
    harness = await build(login_attempts_per_minute=3)
    tried = [
        (await harness.ask("POST", "/invites/lookup", {"secret": f"guess {n}"})).status
        for n in range(4)
    ]
    assert tried == [403, 403, 403, 429]


@pytest.mark.clause("ACC-2.2")
async def test_an_invite_is_revoked_by_its_maker_only(harness: Harness) -> None:
    token, other = await harness.join("alice"), await harness.join("eve")
    made = await harness.ask("POST", "/invites", {"uses": 5}, token)
    path = f"/invites/{made.body['id']}"
    assert (await harness.ask("DELETE", path, token=other)).status == 404
    assert (await harness.ask("DELETE", path, token=token)).status == 204
    assert (await sign_up(harness, "bob", secret_of(made))).status == 403


@pytest.mark.clause("ACC-2.3")
async def test_the_last_use_is_taken_once(harness: Harness) -> None:
    token = await harness.join("alice")
    secret = secret_of(await harness.ask("POST", "/invites", {"uses": 2}, token))
    answers = await asyncio.gather(*[sign_up(harness, f"guest{n}", secret) for n in range(6)])
    assert sorted(said.status for said in answers) == [201, 201, 403, 403, 403, 403]


@pytest.mark.clause("ACC-2.5")
async def test_only_administrators_invite_administrators(harness: Harness) -> None:
    member, admin = await harness.join("alice"), await harness.join("root1", "admin")
    said = await harness.ask("POST", "/invites", {"role": "admin"}, member)
    assert (said.status, said.body["clause"]) == (403, "ACC-2.5")
    made = await harness.ask("POST", "/invites", {"role": "admin"}, admin)
    joined = await sign_up(harness, "root2", secret_of(made))
    assert joined.body["account"]["role"] == "admin"
    token = joined.body["token"]
    assert (await harness.ask("GET", "/admin/settings", token=token)).status == 200


@pytest.mark.clause("ACC-1.13", "ACC-2.11")
async def test_what_a_suspended_administrator_granted_is_void(harness: Harness) -> None:
    good, evil = await harness.join("root1", "admin"), await harness.join("root2", "admin")
    made = await harness.ask("POST", "/invites", {"role": "admin", "uses": 2}, evil)
    secret = secret_of(made)
    assert (await harness.ask("GET", f"//invite/{secret}")).status == 200
    listed = (await harness.ask("GET", "/admin/accounts?state=active", token=good)).body["items"]
    (id,) = (one["id"] for one in listed if one["name"] == "root2")
    assert (await harness.ask("POST", f"/admin/accounts/{id}/suspend", token=good)).status == 204
    said = await sign_up(harness, "root3", secret)
    assert (said.status, said.body["clause"]) == (403, "ACC-2.2")
    assert said.raw == (await sign_up(harness, "root3", "unknown")).raw
    assert (await harness.ask("GET", f"//invite/{secret}")).status == 403
    assert (await harness.ask("POST", f"/admin/accounts/{id}/approve", token=good)).status == 200
    assert (await sign_up(harness, "root3", secret)).status == 403


@pytest.mark.clause("ACC-2.13", "FED-10.5")
async def test_a_node_whose_administrator_is_away_takes_nobody_unseen(harness: Harness) -> None:
    admin = await harness.join("root1", "admin")
    await harness.ask("PUT", "/admin/settings", {"registration": "open"}, admin)
    assert (await sign_up(harness, "bob", None)).status == 201

    async def is_open() -> set[object]:
        said = (await harness.ask("GET", "/node")).body["registration"] == "open"
        told = (await harness.ask("GET", "//nodeinfo/2.1")).body["openRegistrations"]
        return {said, told}

    assert await is_open() == {True}
    for _ in range(3):  # a session that is used keeps it so
        harness.clock.pass_(timedelta(days=6))
        assert (await harness.ask("GET", "/account", token=admin)).status == 200
    assert await is_open() == {True}
    harness.clock.pass_(timedelta(days=8))
    assert await is_open() == {False}
    said = await sign_up(harness, "carol", None)
    assert (said.status, said.body["clause"]) == (400, "ACC-2.8")
    system = System(harness.clock, FakeEntropy("on the machine"))
    async with open_administration(harness.config, system) as routes:
        (health,) = [route for route in routes if route.path == "/admin/health"]
        shown = await health.do(Call({}, {}, {}, "", "GET", "/admin/health"))
    (told,) = [one for one in shown.value.warnings if "no administrator was here" in one]
    assert "kith admin set-registration open" in told
    settings = (await harness.ask("GET", "/admin/settings", token=admin)).body
    assert settings["registration"] == "open"
    assert await is_open() == {True}


@pytest.mark.clause("ACC-2.6")
async def test_the_first_administrator_is_invited_until_there_is_one(harness: Harness) -> None:
    async def invite(secret: str) -> bool:
        digest = invites.digest_of(secret)
        made = await harness.units.run(InvitesUnit, lambda unit: invites.first_admin(digest, unit))
        return made is not None

    assert await invite("first") and await invite("second")
    assert (await sign_up(harness, "boss", "first")).status == 403
    said = await sign_up(harness, "boss", "second")
    assert said.body["account"]["role"] == "admin"
    assert not await invite("third")


@pytest.mark.clause("ACC-2.7")
async def test_an_invite_that_befriends_makes_friends(harness: Harness) -> None:
    token = await harness.join("alice")
    made = await harness.ask("POST", "/invites", {"befriends": True}, token)
    assert (await sign_up(harness, "bob", secret_of(made))).status == 201
    async with harness.units._database.read() as connection:
        owed = (await connection.exec_driver_sql("SELECT body FROM arrivals ORDER BY seq")).all()
        friendships = (
            await connection.exec_driver_sql("SELECT ours, theirs FROM friendships")
        ).all()
    assert [json.loads(row.body)["type"] for row in owed] == ["Offer", "Accept"]
    assert len(friendships) == 2


@pytest.mark.clause("ACC-2.10")
async def test_open_invites_are_counted(harness: Harness) -> None:
    token = await harness.join("alice")
    for _ in range(20):
        assert (await harness.ask("POST", "/invites", {}, token)).status == 201
    said = await harness.ask("POST", "/invites", {}, token)
    assert (said.status, said.body["clause"]) == (413, "ACC-2.10")
    harness.clock.pass_(timedelta(days=8))
    assert (await harness.ask("POST", "/invites", {}, token)).status == 201


@pytest.mark.clause("ACC-2.1", "ACC-1.6", "ACC-2.9")
async def test_an_applicant_waits_unseen_until_an_administrator_says_yes(build: Build) -> None:
    harness = await build(registration="approval")
    admin = await harness.join("root1", "admin")
    said = await sign_up(harness, "bob", None)
    assert (said.status, said.body["clause"]) == (400, "ACC-2.8")
    said = await sign_up(harness, "bob", None, reason="I am Bob", display_name="Bob B.")
    assert said.status == 202
    assert said.body.get("token") is None and said.body["account"]["display_name"] == "Bob B."
    assert (await harness.ask("GET", "//@bob")).status == 404
    login = {"name": "bob", "password": PASSWORD}
    waiting = await harness.ask("POST", "/login", login)
    assert (waiting.status, waiting.body["clause"]) == (403, "ACC-1.6")
    pending = (await harness.ask("GET", "/admin/accounts?state=pending", token=admin)).body["items"]
    assert [(one["name"], one["reason"]) for one in pending] == [("bob", "I am Bob")]
    path = f"/admin/accounts/{pending[0]['id']}"
    assert (await harness.ask("POST", f"{path}/approve", token=admin)).body["state"] == "active"
    joined = await harness.ask("POST", "/login", login)
    assert joined.status == 201 and joined.body["account"]["display_name"] == "Bob B."
    assert (await harness.ask("GET", "//@bob")).status == 200
    assert (await harness.ask("POST", f"{path}/approve", token=admin)).status == 409
    assert (await harness.ask("POST", f"{path}/suspend", token=admin)).status == 204
    assert (await harness.ask("POST", "/login", login)).body["clause"] == "ACC-1.6"
    token = joined.body["token"]
    assert (await harness.ask("GET", "/account", token=token)).status == 401
    assert (await harness.ask("GET", "//@bob")).status == 404
    assert (await harness.ask("POST", f"{path}/approve", token=admin)).status == 200
    assert (await harness.ask("POST", "/login", login)).status == 201


@pytest.mark.clause("ACC-2.9")
async def test_a_rejected_name_is_free_again(build: Build) -> None:
    harness = await build(registration="approval")
    admin = await harness.join("root1", "admin")
    said = await sign_up(harness, "bob", None, reason="spam")
    path = f"/admin/accounts/{said.body['account']['id']}"
    assert (await harness.ask("POST", f"{path}/reject", token=admin)).status == 204
    assert (await harness.ask("POST", f"{path}/approve", token=admin)).status == 404
    assert (await sign_up(harness, "bob", None, reason="another")).status == 202


@pytest.mark.clause("ACC-2.1", "API-3.3")
async def test_sign_up_is_switched_while_the_node_runs(harness: Harness) -> None:
    admin, member = await harness.join("root1", "admin"), await harness.join("alice")
    said = await sign_up(harness, "bob", None)
    assert (said.status, said.body["clause"]) == (403, "ACC-2.1")
    said = await harness.ask("PUT", "/admin/settings", {"registration": "open"}, member)
    assert said.status == 403
    said = await harness.ask("PUT", "/admin/settings", {"registration": "open"}, admin)
    assert said.body == {"registration": "open"}
    assert (await sign_up(harness, "bob", None)).status == 201
    assert (await harness.ask("GET", "/node")).body["registration"] == "open"


async def test_administrators_page_through_accounts(harness: Harness) -> None:
    admin = await harness.join("root1", "admin")
    for n in range(4):
        harness.clock.pass_(timedelta(seconds=n % 2))  # two of them at one instant
        await harness.join(f"guest{n}")
    path, seen = "/admin/accounts?state=active&limit=2", []
    while path:
        said = await harness.ask("GET", path, token=admin)
        seen += [one["name"] for one in said.body["items"]]
        link = said.headers.get("Link", "")
        path = link[1 : link.index(">")].removeprefix("/api/kith/v1") if link else ""
    assert sorted(seen) == ["guest0", "guest1", "guest2", "guest3", "root1"]
    assert (await harness.ask("GET", "/admin/accounts?state=odd", token=admin)).status == 400
