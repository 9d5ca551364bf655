"""The archive's routes: who may ask, and how answers read (spec ARC-7)."""

import base64

import pytest

from tests.web.conftest import PASSWORD, Build, Harness, Said

BODY = base64.b64encode(b"sealed").decode()


def record(number: int, **more: object) -> dict[str, object]:
    name = base64.b64encode(number.to_bytes(32, "big")).decode()
    return {"name": name, "g": 1, "body": BODY, **more}


async def phone(harness: Harness, name: str) -> str:
    """Somebody new, with a device: their token."""
    body = {"name": name, "password": PASSWORD, "invite": await harness.invite()}
    said = await harness.ask("POST", "/accounts", {**body, "device_name": "phone"})
    return str(said.body["token"])


async def keep(harness: Harness, token: str, *records: dict[str, object]) -> Said:
    return await harness.ask("PUT", "/archive", {"records": records}, token)


@pytest.mark.clause("ARC-7.1")
@pytest.mark.clause("ARC-7.5")
@pytest.mark.clause("ARC-7.6")
async def test_a_device_keeps_reads_and_deletes(harness: Harness) -> None:
    alice, bob = await phone(harness, "alice"), await phone(harness, "bob")
    said = await keep(harness, alice, record(1), record(1), record(2))
    assert [one["state"] for one in said.body["answers"]] == ["stored", "known", "stored"]
    page = await harness.ask("GET", "/archive", token=alice)
    newest, oldest = page.body["items"]
    assert newest == {**record(2), "day": 0, "pos": newest["pos"]}
    assert page.body["incarnation"]
    since = await harness.ask("GET", f"/archive?since={oldest['pos']}", token=alice)
    assert since.body["items"] == [newest]
    names = {"names": [oldest["name"]]}
    assert (await harness.ask("POST", "/archive/delete", names, alice)).status == 200
    assert (await harness.ask("GET", "/archive", token=alice)).body["items"] == [newest]
    summary = (await harness.ask("GET", "/archive/summary", token=alice)).body
    limit = harness.config.archive_limit_bytes
    assert summary == {
        "on": True, "records": 1, "bytes": 6 + 2 * 128, "limit_bytes": limit, "generation": 1,
    }  # fmt: skip
    assert (await harness.ask("GET", "/archive", token=bob)).body["items"] == []


@pytest.mark.clause("ARC-7.4")
async def test_a_state_that_is_not_the_one_known_comes_back(harness: Harness) -> None:
    token = await phone(harness, "alice")
    await keep(harness, token, record(1, was=""))
    said = await keep(harness, token, record(1, was="", body=base64.b64encode(b"mine").decode()))
    assert said.body["answers"] == [{"state": "conflict", "body": BODY}]


@pytest.mark.clause("ARC-7.2")
@pytest.mark.clause("ARC-7.3")
@pytest.mark.clause("ARC-7.5")
async def test_what_is_wrong_is_said_in_words(harness: Harness) -> None:
    token = await phone(harness, "alice")
    keyless = await keep(harness, token, record(2, g=2))
    assert (keyless.status, keyless.body["clause"]) == (409, "ARC-7.3")
    wrong = await keep(harness, token, record(2, name=BODY))
    assert (wrong.status, wrong.body["clause"]) == (400, "ARC-7.2")
    for since in ("", "-1", "x", str(2**63)):
        said = await harness.ask("GET", f"/archive?since={since}", token=token)
        assert (said.status, said.body["clause"]) == (400, "ARC-7.5")


@pytest.mark.clause("ARC-7.7")
async def test_a_full_archive_is_507(build: Build) -> None:
    harness = await build(archive_limit_bytes=200)
    token = await phone(harness, "alice")
    await keep(harness, token, record(1))
    full = await keep(harness, token, record(2))
    assert (full.status, full.body["clause"]) == (507, "ARC-7.7")
    assert int(full.headers["Retry-After"]) > 0


@pytest.mark.clause("ARC-7.8")
async def test_it_is_switched_off(harness: Harness) -> None:
    token = await phone(harness, "alice")
    await keep(harness, token, record(1))
    off = await harness.ask("PUT", "/archive/switch", {"on": False}, token)
    assert (off.body["on"], off.body["records"]) == (False, 0)
    refused = await keep(harness, token, record(1))
    assert (refused.status, refused.body["clause"]) == (403, "ARC-7.8")
    early = await harness.ask("PUT", "/archive/switch", {"on": True}, token)
    assert (early.status, early.body["clause"]) == (409, "ARC-7.8")


async def test_a_session_without_a_device_has_no_archive(harness: Harness) -> None:
    token = await harness.join("alice")
    for method, path, body in (
        ("PUT", "/archive", {"records": []}),
        ("GET", "/archive", None),
        ("GET", "/archive/summary", None),
        ("POST", "/archive/delete", {"names": []}),
        ("PUT", "/archive/switch", {"on": False}),
    ):
        said = await harness.ask(method, path, body, token)
        assert (said.status, said.body["clause"]) == (403, "ACC-3.3"), path
