"""Signing up, logging in, and leaving, through the API."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from node.errors import NoRoom
from node.federation import telling
from node.federation.activities import parse
from node.federation.activities.shapes import UpdateActor
from node.store import passwords, tables
from node.store.accounts import AccountsUnit
from node.store.homes import HomesUnit
from node.store.sessions import SessionsUnit
from node.wire.times import micros
from tests.federation.conftest import Person
from tests.web.conftest import PASSWORD, Harness, Said

KEY = base64.b64encode(bytes(range(32))).decode()


async def rows(harness: Harness, table: str) -> list[Any]:
    async with harness.units._database.read() as connection:
        return list((await connection.exec_driver_sql(f"SELECT * FROM {table}")).all())


async def log_in(
    harness: Harness, name: str = "alice", password: str = PASSWORD, **more: str
) -> Said:
    return await harness.ask("POST", "/login", {"name": name, "password": password, **more})


@pytest.mark.clause("ACC-1.9")
async def test_a_new_account_has_a_person_a_channel_and_a_token(harness: Harness) -> None:
    body = {
        "name": "Alice", "password": PASSWORD, "display_name": "Alice A.", "identity_key": KEY,
        "invite": await harness.invite(), "device_name": "phone",
    }  # fmt: skip
    said = await harness.ask("POST", "/accounts", body)
    assert said.status == 201
    account = said.body["account"]
    assert (account["name"], account["address"]) == ("alice", "@alice@a.test")
    assert account["identity_key"] == KEY
    assert account["created"] == "2026-01-01T00:00:00Z"
    own = await harness.ask("GET", "/account", token=said.body["token"])
    assert own.body == account
    assert own.headers["Cache-Control"] == "private, no-store"
    actors = {row.id: row for row in await rows(harness, "actors") if row.account}
    person, channel = actors[account["actor"]], actors[account["channel"]]
    assert (person.kind, person.name, channel.kind, channel.name) == (
        "Person", "alice", "Group", "alice_channel",
    )  # fmt: skip
    assert person.inbox == f"{person.id}/inbox" and person.shared_inbox == "https://a.test/inbox"
    assert "alice" not in person.id and "alice" not in channel.id
    keys = [row.actor for row in await rows(harness, "keys")]
    assert (keys.count(person.id), keys.count(channel.id)) == (2, 0)
    assert {"alice", "alice_channel", "instance"} <= {
        row.name for row in await rows(harness, "names")
    }


@pytest.mark.clause("ACC-1.3")
async def test_a_name_is_taken_once_and_stays_taken(harness: Harness) -> None:
    token = await harness.join("alice")
    body = {"name": "ALICE", "password": PASSWORD, "invite": await harness.invite(uses=9)}
    said = await harness.ask("POST", "/accounts", body)
    assert (said.status, said.body["clause"], said.body["params"]) == (
        409, "ACC-1.3", {"name": "alice"},
    )  # fmt: skip
    gone = await harness.ask("DELETE", "/account", {"password": PASSWORD}, token)
    assert gone.status == 204, gone.raw
    assert (await harness.ask("POST", "/accounts", body)).status == 409
    body["name"] = "alice_channel"
    assert (await harness.ask("POST", "/accounts", body)).status == 400
    # None of the refusals used the invite.
    body["name"] = "bob"
    assert (await harness.ask("POST", "/accounts", body)).status == 201


@pytest.mark.clause("ACC-1.5")
async def test_a_wrong_password_and_an_unknown_name_are_answered_alike(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[str] = []

    def compare(hashed: str, password: str) -> bool:
        compared.append(password)
        return False

    monkeypatch.setattr(passwords, "_matches", compare)
    await harness.join("alice")
    answers = [await log_in(harness, "alice", "wrong password"), await log_in(harness, "nobody")]
    assert answers[0].raw == answers[1].raw
    assert (answers[0].status, answers[0].body["clause"]) == (401, "ACC-1.5")
    assert compared == ["wrong password", PASSWORD]  # the work is the same too


async def test_guessing_is_slowed_down(build: Any) -> None:
    harness = await build(login_attempts_per_minute=3)
    statuses = [(await log_in(harness, "alice", "wrong password")).status for _ in range(5)]
    assert statuses == [401, 401, 401, 429, 429]
    harness.clock.pass_(timedelta(minutes=1))
    assert (await log_in(harness, "alice", "wrong password")).status == 401


@pytest.mark.clause("API-9.1", "ACC-3.1", "ACC-3.2")
async def test_a_login_says_whether_it_is_a_device(harness: Harness) -> None:
    await harness.join("alice")
    app = await log_in(harness, client_name="An app")
    assert app.status == 201 and app.body["device"] is None
    phone = await log_in(harness, device_name="phone", client_name="Kith 1.0")
    body = {"name": "alice", "password": PASSWORD, "device": phone.body["device"]}
    again = await harness.ask("POST", "/login", body, headers={"User-Agent": "curl/8"})
    assert phone.body["device"] == again.body["device"] != phone.body["session"]
    for wrong, status in (
        ({"device": phone.body["device"], "device_name": "tablet"}, 400),
        ({"device": "unknown"}, 404),
    ):
        said = await log_in(harness, **wrong)
        assert (said.status, said.body["clause"]) == (status, "ACC-3.2")
    listed = (await harness.ask("GET", "/sessions", token=again.body["token"])).body["items"]
    assert len(listed) == 4
    assert {(one["name"], one["device"], one["current"]) for one in listed} >= {
        ("An app", None, False),
        ("Kith 1.0", phone.body["device"], False),
        ("curl/8", phone.body["device"], True),
    }


@pytest.mark.clause("API-9.1", "API-9.2", "ACC-3.4", "ACC-3.5")
async def test_sessions_are_listed_and_ended_one_by_one(harness: Harness) -> None:
    token, stranger = await harness.join("alice"), await harness.join("eve")
    laptop = (await log_in(harness, device_name="laptop")).body
    path = f"/sessions/{laptop['session']}"
    said = await harness.ask("DELETE", path, token=stranger)
    assert (said.status, said.body["clause"]) == (404, "ACC-3.5")
    assert (await harness.ask("GET", "/account", token=laptop["token"])).status == 200
    assert (await harness.ask("DELETE", path, token=token)).status == 204
    assert (await harness.ask("GET", "/account", token=laptop["token"])).status == 401
    assert (await harness.ask("DELETE", path, token=token)).status == 404
    (left,) = (await harness.ask("GET", "/sessions", token=token)).body["items"]
    assert left["current"] and left["scopes"] == ["read", "write", "messages"]
    (device,) = (await harness.ask("GET", "/devices", token=token)).body["items"]
    assert (device["id"], device["current"]) == (laptop["device"], False)
    back = (await log_in(harness, device=laptop["device"])).body
    (device,) = (await harness.ask("GET", "/devices", token=back["token"])).body["items"]
    assert (device["id"], device["current"]) == (laptop["device"], True)


@pytest.mark.clause("API-9.1", "API-9.2", "ACC-4.2", "ACC-4.3", "ACC-4.6")
async def test_devices_are_listed_renamed_and_revoked(harness: Harness) -> None:
    token, stranger = await harness.join("alice"), await harness.join("eve")
    phone = (await log_in(harness, device_name="")).body
    laptop = (await log_in(harness, device_name="laptop")).body
    listed = (await harness.ask("GET", "/devices", token=phone["token"])).body["items"]
    assert {(one["name"], one["current"]) for one in listed} == {
        ("unnamed", True), ("laptop", False),
    }  # fmt: skip
    path = f"/devices/{laptop['device']}"
    name = {"name": " the old laptop "}
    assert (await harness.ask("PATCH", path, name, token)).status == 204
    listed = (await harness.ask("GET", "/devices", token=phone["token"])).body["items"]
    assert "the old laptop" in {one["name"] for one in listed}
    for wrong, clause in (("", "ACC-4.6"), ("x" * 65, "ACC-1.11"), ("a\u202e\nb", "ACC-1.11")):
        said = await harness.ask("PATCH", path, {"name": wrong}, token)
        assert (said.status, said.body["clause"]) == (400, clause)
    said = await harness.ask("PATCH", path, name, stranger)
    assert (said.status, said.body["clause"]) == (404, "ACC-4.3")
    said = await harness.ask("DELETE", path, token=stranger)
    assert (said.status, said.body["clause"]) == (404, "ACC-4.3")
    assert (await harness.ask("GET", "/account", token=laptop["token"])).status == 200
    assert (await harness.ask("DELETE", path, token=token)).status == 204
    assert (await harness.ask("GET", "/account", token=laptop["token"])).status == 401
    assert (await harness.ask("GET", "/account", token=phone["token"])).status == 200
    assert (await harness.ask("DELETE", path, token=token)).status == 404
    assert (await harness.ask("PATCH", path, name, token)).status == 404
    assert (await log_in(harness, device=laptop["device"])).status == 404


async def test_a_session_was_last_seen_within_the_hour(harness: Harness) -> None:
    await harness.join("alice")
    token = (await log_in(harness, device_name="phone")).body["token"]
    harness.clock.pass_(timedelta(hours=5))
    (device,) = (await harness.ask("GET", "/devices", token=token)).body["items"]
    assert device["last_seen"] == "2026-01-01T05:00:00Z"
    seen = (await harness.ask("GET", "/sessions", token=token)).body["items"]
    assert {one["current"]: one["last_seen"] for one in seen} == {
        True: "2026-01-01T05:00:00Z",
        False: "2026-01-01T00:00:00Z",
    }


async def no_room(*_: object) -> None:
    raise NoRoom("the database has no room left on its disk")


@pytest.mark.clause("FED-12.8")
async def test_on_a_full_disk_who_only_reads_is_answered_and_seen_later(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await harness.join("alice")
    harness.clock.pass_(timedelta(hours=5))
    with monkeypatch.context() as full:
        full.setattr(SessionsUnit, "seen", no_room)
        for _ in range(2):
            assert (await harness.ask("GET", "/account", token=token)).status == 200
        harness.clock.pass_(timedelta(seconds=10))
    (session,) = (await harness.ask("GET", "/sessions", token=token)).body["items"]
    assert session["last_seen"] == "2026-01-01T05:00:10Z"


@pytest.mark.clause("FED-12.8", "ACC-1.9")
async def test_an_account_that_was_made_is_answered_so_though_its_home_finds_no_room(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HomesUnit, "put_home", no_room)
    assert await harness.join("alice")


async def test_a_profile_is_changed_in_part(harness: Harness) -> None:
    token = await harness.join("alice")
    said = await harness.ask("PATCH", "/account", {"summary": "<b>Hi</b> there"}, token)
    assert said.status == 200
    assert "<b>" not in said.body["summary"] and "Hi" in said.body["summary"]
    said = await harness.ask("PATCH", "/account", {"display_name": "Al", "locale": "de"}, token)
    assert (said.body["display_name"], said.body["locale"]) == ("Al", "de")
    assert "Hi" in said.body["summary"]
    wrong = await harness.ask("PATCH", "/account", {"locale": "../etc"}, token)
    assert (wrong.status, wrong.body["clause"]) == (400, "ACC-1.11")


@pytest.mark.clause("ACC-1.12")
async def test_a_changed_profile_is_told_to_those_elsewhere(harness: Harness) -> None:
    token = await harness.join("alice")
    actor = (await harness.ask("GET", "/account", token=token)).body["actor"]
    bob = "https://b.test/a/bob"

    async def befriend(unit: AccountsUnit) -> None:
        at = micros(unit.now)
        await unit.connection.execute(
            tables.actors.insert().values(id=bob, inbox=f"{bob}/inbox", kind="Person")
        )
        await unit.connection.execute(
            tables.friendships.insert().values(actor=actor, other=bob, updated=at)
        )

    await harness.ask("PATCH", "/account", {"display_name": "Al"}, token)
    assert await rows(harness, "deliveries") == []
    await harness.units.run(AccountsUnit, befriend)
    await harness.ask("PATCH", "/account", {"display_name": "Alice"}, token)
    (delivery,) = await rows(harness, "deliveries")
    owed = {row.id: row.body for row in await rows(harness, "outbox")}
    assert delivery.inbox == f"{bob}/inbox"
    said = parse(json.loads(owed[delivery.activity]))
    assert isinstance(said, UpdateActor) and said.document["name"] == "Alice"


@pytest.mark.clause("FED-8.16", "ACC-1.8", "ACC-1.12")
async def test_many_are_told_in_pages_and_none_of_them_an_older_profile(harness: Harness) -> None:
    token = await harness.join("alice")
    account = (await harness.ask("GET", "/account", token=token)).body
    fans = [f"https://{n}.test/a/fan" for n in range(1000, 1000 + 2 * telling.PAGE + 50)]

    async def follow(unit: AccountsUnit) -> None:
        known = [{"id": id, "inbox": f"{id}/inbox", "kind": "Person"} for id in fans]
        follows = [
            {"follower": id, "followed": account["channel"], "state": "accepted", "updated": 0}
            for id in fans
        ]
        await unit.connection.execute(tables.actors.insert(), known)
        await unit.connection.execute(tables.follows.insert(), follows)

    async def owed() -> dict[str, set[str]]:
        """The inboxes by the name that they are told; `None`: that the actor is gone."""
        bodies = {row.id: parse(json.loads(row.body)) for row in await rows(harness, "outbox")}
        found: dict[str, set[str]] = {}
        for row in await rows(harness, "deliveries"):
            said = bodies[row.activity]
            name = said.document["name"] if isinstance(said, UpdateActor) else "gone"
            found.setdefault(name, set()).add(row.inbox)
        return found

    await harness.units.run(AccountsUnit, follow)
    inboxes = {f"{id}/inbox" for id in fans}
    await harness.ask("PATCH", "/account", {"display_name": "Al"}, token)
    assert {name: len(found) for name, found in (await owed()).items()} == {"Al": telling.PAGE}
    await harness.ask("PATCH", "/account", {"display_name": "Alice"}, token)
    await harness.node.worker.step()
    assert await owed() == {"Alice": inboxes}
    assert (await harness.ask("DELETE", "/account", {"password": PASSWORD}, token)).status == 204
    assert await rows(harness, "arrivals") == []
    await harness.node.worker.step()
    assert await owed() == {"gone": inboxes}
    assert [row.state for row in await rows(harness, "arrivals")] == ["applied"]


@pytest.mark.clause("ACC-1.7")
async def test_a_new_password_logs_all_other_devices_out(harness: Harness) -> None:
    token = await harness.join("alice")
    laptop = (await log_in(harness)).body["token"]
    change = {"old_password": "wrong password", "new_password": "another horse battery"}
    said = await harness.ask("POST", "/account/password", change, token)
    assert (said.status, said.body["clause"]) == (403, "ACC-1.7")
    change["old_password"] = PASSWORD
    assert (await harness.ask("POST", "/account/password", change, token)).status == 204
    assert (await harness.ask("GET", "/account", token=token)).status == 200
    assert (await harness.ask("GET", "/account", token=laptop)).status == 401
    assert (await log_in(harness)).status == 401
    assert (await log_in(harness, password="another horse battery")).status == 201


@pytest.mark.clause("ACC-1.8")
async def test_a_deleted_account_leaves_nothing_but_its_name(harness: Harness) -> None:
    token = await harness.join("alice")
    await harness.ask("PATCH", "/account", {"display_name": "Alice", "summary": "my life"}, token)
    actor = (await harness.ask("GET", "/account", token=token)).body["actor"]
    wrong = await harness.ask("DELETE", "/account", {"password": "wrong password"}, token)
    assert wrong.status == 403
    assert (await harness.ask("DELETE", "/account", {"password": PASSWORD}, token)).status == 204
    assert (await harness.ask("GET", "/account", token=token)).status == 401
    assert (await log_in(harness)).status == 401
    (row,) = [row for row in await rows(harness, "actors") if row.id == actor]
    assert row.gone is not None and row.display_name == row.summary == ""
    (account,) = [row for row in await rows(harness, "accounts") if row.actor == actor]
    assert (account.state, account.password) == ("deleted", "")
    (arrival,) = await rows(harness, "arrivals")
    assert arrival.actor == actor and b"Delete" in arrival.body
    assert (await harness.ask("GET", "//@alice")).status == 404


@pytest.mark.clause("ACC-1.8")
async def test_the_last_administrator_stays(harness: Harness) -> None:
    token = await harness.join("root1", "admin")
    said = await harness.ask("DELETE", "/account", {"password": PASSWORD}, token)
    assert (said.status, said.body["clause"]) == (409, "ACC-1.8")

    async def admins(unit: AccountsUnit) -> int:
        return await unit.admins()

    assert await harness.units.look(AccountsUnit, admins) == 1


async def test_an_address_is_looked_up(harness: Harness) -> None:
    token, bob = await harness.join("alice"), Person("https://b.test/a/bob", "bob")
    page = {"subject": "acct:bob@b.test", "links": [
        {"rel": "self", "type": "application/activity+json", "href": bob.id},
    ]}  # fmt: skip
    asked = "https://b.test/.well-known/webfinger?resource=acct%3A{}%40b.test"
    harness.web.put(asked.format("x"), status=404)
    harness.web.put("https://b.test/.well-known/host-meta", status=404)
    for url, kind, document in (
        (asked.format("bob"), "application/jrd+json", page),
        (bob.id, "application/activity+json", bob.document()),
    ):
        harness.web.put(url, json.dumps(document).encode(), content_type=kind)
    said = await harness.ask("GET", "/accounts/lookup?acct=@bob@b.test", token=token)
    assert said.body["id"] == bob.id
    assert (await harness.ask("GET", "/accounts/lookup?acct=@x@b.test", token=token)).status == 404
    assert (await harness.ask("GET", "/accounts/lookup", token=token)).status == 400


async def test_anyone_may_know_the_node(harness: Harness) -> None:
    said = await harness.ask("GET", "/node")
    assert (said.body["domain"], said.body["registration"]) == ("a.test", "invite")
    assert said.body["media_origin"] == said.body["origin"]
    assert said.body["limits"]["api_bytes"] == harness.config.api_limit_bytes
