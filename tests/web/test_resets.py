"""A new password by a link that an administrator makes (spec ACC-5)."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest

from tests.web.conftest import PASSWORD, Harness, Said

NEW = "another battery staple"


async def id_of(harness: Harness, admin: str, name: str) -> str:
    said = await harness.ask("GET", f"/admin/accounts?name={name}", token=admin)
    (one,) = said.body["items"]
    assert one["name"] == name
    return str(one["id"])


async def link(harness: Harness, admin: str, name: str) -> Said:
    id = await id_of(harness, admin, name)
    return await harness.ask("POST", f"/admin/accounts/{id}/reset-link", token=admin)


def page_of(made: Said) -> str:
    assert made.status == 201, made.raw
    return "//" + str(made.body["url"]).removeprefix("https://a.test/")


async def send(harness: Harness, page: str, password: str, **headers: str) -> Said:
    raw = urlencode({"password": password}).encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return await harness.ask("POST", page, headers={**kind, **headers}, raw=raw)


async def log_in(harness: Harness, password: str, **more: str) -> Said:
    body = {"name": "alice", "password": password, **more}
    return await harness.ask("POST", "/login", body)


@pytest.mark.clause("ACC-5.1", "ACC-5.2", "ACC-5.3")
async def test_a_person_who_forgot_sets_a_new_password_and_is_logged_out(harness: Harness) -> None:
    admin, alice = await harness.join("root1", "admin"), await harness.join("alice")
    device = await log_in(harness, PASSWORD, device_name="phone")
    made = await link(harness, admin, "alice")
    page = page_of(made)
    shown = await harness.ask("GET", page)
    assert shown.status == 200 and b"@alice@a.test" in shown.raw
    assert shown.headers["Cache-Control"] == "no-store"
    short = await send(harness, page, "short")
    assert short.status == 400 and b"10 to 256" in short.raw
    assert (await send(harness, page, NEW)).status == 303
    for token in (alice, device.body["token"]):
        assert (await harness.ask("GET", "/account", token=token)).status == 401
    assert (await log_in(harness, PASSWORD)).status == 401
    again = await log_in(harness, NEW)
    assert again.status == 201
    left = await harness.ask("GET", "/devices", token=again.body["token"])
    assert left.body["items"] == []
    used = await send(harness, page, "yet another password")
    unknown = await send(harness, "//reset/unknown", "yet another password")
    assert (used.status, used.raw) == (403, unknown.raw)
    assert (await harness.ask("GET", page)).status == 403


@pytest.mark.clause("ACC-5.1")
async def test_the_secret_of_a_link_is_not_kept(harness: Harness) -> None:
    admin = await harness.join("root1", "admin")
    await harness.join("alice")
    secret = page_of(await link(harness, admin, "alice")).rpartition("/")[2]
    async with harness.units._database.read() as connection:
        kept = (await connection.exec_driver_sql("SELECT * FROM resets")).all()
    assert len(kept) == 1 and secret not in repr(kept)


@pytest.mark.clause("ACC-5.1", "ACC-5.3")
@pytest.mark.parametrize("end", ["time", "another", "password", "suspended", "maker"])
async def test_a_link_ends_with_what_it_stands_on(harness: Harness, end: str) -> None:
    admin, other = await harness.join("root1", "admin"), await harness.join("root2", "admin")
    alice = await harness.join("alice")
    page = page_of(await link(harness, admin, "alice"))
    assert (await harness.ask("GET", page)).status == 200
    if end == "time":
        harness.clock.pass_(timedelta(hours=24))
    elif end == "another":
        assert (
            await harness.ask("GET", page_of(await link(harness, other, "alice")))
        ).status == 200
    elif end == "password":
        change = {"old_password": PASSWORD, "new_password": NEW}
        said = await harness.ask("POST", "/account/password", change, alice)
        assert said.status == 204
    else:
        id = await id_of(harness, other, "alice" if end == "suspended" else "root1")
        for what in ("suspend", "approve"):  # taking it back does not bring the link back
            said = await harness.ask("POST", f"/admin/accounts/{id}/{what}", token=other)
            assert said.status < 300
    assert (await harness.ask("GET", page)).status == 403
    assert (await send(harness, page, NEW)).status == 403
    assert (await log_in(harness, "yet another password")).status == 401


@pytest.mark.clause("ACC-5.1", "ACC-5.4")
async def test_for_whom_no_link_is_made(harness: Harness) -> None:
    admin, member = await harness.join("root1", "admin"), await harness.join("alice")
    await harness.join("root2", "admin")
    own = await link(harness, admin, "root1")
    assert (own.status, own.body["clause"]) == (403, "ACC-5.4")
    other = await link(harness, admin, "root2")
    assert (other.status, other.body["clause"]) == (403, "ACC-5.4")
    id = await id_of(harness, admin, "alice")
    said = await harness.ask("POST", f"/admin/accounts/{id}/reset-link", token=member)
    assert said.status == 403
    assert (await harness.ask("POST", f"/admin/accounts/{id}/suspend", token=admin)).status == 204
    gone = await link(harness, admin, "alice")
    assert (gone.status, gone.body["clause"]) == (409, "ACC-5.1")
    said = await harness.ask("POST", "/admin/accounts/nobody/reset-link", token=admin)
    assert (said.status, said.body["clause"]) == (404, "ACC-1.3")


@pytest.mark.clause("API-10.2")
async def test_another_site_cannot_send_the_form(harness: Harness) -> None:
    admin = await harness.join("root1", "admin")
    await harness.join("alice")
    page = page_of(await link(harness, admin, "alice"))
    said = await send(harness, page, NEW, Origin="https://evil.test")
    assert (said.status, b"another site" in said.raw) == (403, True)
    assert (await log_in(harness, PASSWORD)).status == 201
