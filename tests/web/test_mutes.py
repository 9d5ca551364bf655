"""Mutes over the API (spec INB-11)."""

import pytest

from tests.web.conftest import Harness


@pytest.mark.clause("INB-11.1", "INB-11.6")
async def test_what_is_muted_is_listed_and_taken_back(harness: Harness) -> None:
    anna, bert = await harness.join("anna"), await harness.join("bert")
    for body, status in (
        ({"kind": "person", "of": "@bert@a.test", "seconds": 3600}, 200),
        ({"kind": "word", "of": "Ball"}, 200),
        ({"kind": "person", "of": "@anna@a.test"}, 403),
        ({"kind": "person", "of": "@bert@a.test", "seconds": 5}, 400),
        ({"kind": "thread", "of": "https://a.test/o/none"}, 404),
        ({"kind": "topic", "of": "x"}, 400),
    ):
        answer = await harness.ask("PUT", "/mutes", body, anna)
        assert answer.status == status, (body, answer.raw)
    [word, person] = sorted(
        (await harness.ask("GET", "/mutes", token=anna)).body["items"],
        key=lambda one: str(one["kind"]),
        reverse=True,
    )
    assert (word["ref"], word["until"], word["person"]) == ("ball", None, None)
    assert person["person"]["handle"] == "@bert@a.test" and person["until"] is not None
    assert (await harness.ask("GET", "/mutes", token=bert)).body == {"items": []}
    for query in ("kind=word&of=BALL", "kind=person&of=@bert@a.test", "kind=word&of=never"):
        assert (await harness.ask("DELETE", f"/mutes?{query}", token=anna)).status == 204
    assert (await harness.ask("DELETE", "/mutes?kind=x&of=y", token=anna)).status == 400
    assert (await harness.ask("GET", "/mutes", token=anna)).body == {"items": []}
    assert (await harness.ask("GET", "/mutes")).status == 401
