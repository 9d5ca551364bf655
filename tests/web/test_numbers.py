"""Numbers as nobody should write them, at every place where a route reads one (API-1.7)."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest

from node.web.routes import Route
from tests.web.conftest import Harness

HUGE = str(10**30)
STRANGE = [HUGE, "-1", "\u0661", "1e9", "", " 1", "+1", "0x10", "1_0", "1.0", "\u00b2", "9" * 5000]
UUID = "01890a5d-ac96-774b-bcce-b302099a8057"
ENDLESS = "/events"  # a stream: its number is a header, see below


def filled(path: str, value: str) -> str:
    return re.sub(r"\{(?:[^{}]|\{[^}]*\})*\}", value, path)


def places(route: Route, paging: Any) -> list[str]:
    """The names of all that a query of this route may say."""
    return [*route.query, *(paging.parameters if route.paged else ())]


@pytest.mark.clause("API-1.7", "API-5.1", "API-5.2", "FED-11.6")
async def test_no_number_of_a_query_is_more_than_refused(harness: Harness) -> None:
    token = await harness.join("alice", "admin")
    opaque = (await harness.ask("GET", "/account", token=token)).body["actor"].rpartition("/")[2]
    wrong = []
    for surface in harness.node.web.surfaces:
        for route in surface.routes:
            if route.method != "GET" or route.path == ENDLESS:
                continue
            path = filled(route.path, opaque if route.path.startswith("/a/") else UUID)
            for name in places(route, surface.paging):
                for value in STRANGE:
                    said = await harness.client.get(
                        surface.prefix + path,
                        params={name: value},
                        headers={"Authorization": f"Bearer {token}"} if surface.scopes else {},
                    )
                    harness.clock.pass_(timedelta(minutes=1))
                    paging = route.paged and name in surface.paging.parameters
                    # What is not there may be said first; what is there is refused.
                    expected = {400, 404} if paging else range(200, 500)
                    if said.status not in expected:
                        wrong.append((route.path, name, value[:20], said.status))
    assert not wrong


@pytest.mark.clause("API-1.7")
async def test_no_number_of_a_path_or_a_body_is_more_than_refused(harness: Harness) -> None:
    token = await harness.join("alice", "admin")
    wrong = []
    bodies = [json.dumps(dict.fromkeys(("limit", "size", "number", "have", "uses"), 10**30))]
    bodies += ["1" * 5000, '{"uses": 1e400}', '{"size": -1}', json.dumps({"have": 2**63})]
    for surface in harness.node.web.surfaces:
        for route in surface.routes:
            if route.path == ENDLESS or not surface.scopes:
                continue
            for value in (HUGE, "-1", "%D9%A1", "9" * 5000):
                for body in [""] if route.body is None else bodies:
                    said = await harness.client.request(
                        route.method,
                        surface.prefix + filled(route.path, value),
                        data=body.encode(),
                        headers={
                            "Authorization": f"Bearer {token}",
                            "Content-Type": "application/json",
                        },
                    )
                    harness.clock.pass_(timedelta(minutes=1))
                    if said.status >= 500:
                        wrong.append((route.path, value[:20], body[:20], said.status))
    assert not wrong


@pytest.mark.clause("API-1.7")
@pytest.mark.parametrize("value", [HUGE, "-1", "\u0661".encode().decode("latin-1"), "9" * 5000, ""])
@pytest.mark.parametrize(
    ("method", "path", "name", "form"),
    [
        ("GET", "/events", "Last-Event-ID", "{0}.{0}.abcdef01"),
        ("GET", "/events", "Last-Event-ID", "{0}"),
        ("POST", "/login", "Idempotency-Key", "{0}"),
        ("GET", "/account", "Kith-Seat", "{0}"),
        ("GET", "//media/public/" + UUID + "/video.mp4", "Range", "bytes={0}-"),
        ("GET", "//o/1", "Signature-Input", 'sig1=();created={0};keyid="x"'),
    ],
)
async def test_no_number_of_a_header_is_more_than_refused(
    harness: Harness, method: str, path: str, name: str, form: str, value: str
) -> None:
    token = await harness.join("alice")
    headers = {name: form.format(value), "Signature": "sig1=:AAAA:"}
    said = await harness.client.request(
        method,
        path.replace("//", "/", 1) if path.startswith("//") else "/api/kith/v1" + path,
        headers={**headers, "Authorization": f"Bearer {token}"},
    )
    said.close()
    assert said.status < 500
