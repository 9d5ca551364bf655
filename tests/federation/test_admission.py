"""May this peer say this, now, here."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from node.errors import Forbidden, Malformed
from node.federation.admission import Disposition, Standing, admit, names_us, read_activity

US = "https://a.test"
BOB = "https://b.test/a/bob"
Refuses = Callable[[str], AbstractContextManager[None]]


def activity(kind: str, **more: Any) -> dict[str, Any]:
    return {"id": "https://b.test/t/1", "type": kind, "actor": BOB, **more}


def disposition(document: dict[str, Any], personal: bool = False, **standing: bool) -> Disposition:
    words = read_activity(document)
    return admit(words, Standing(**standing), names_us(words, US, personal))


@pytest.mark.clause("FED-7.2")
@pytest.mark.parametrize(
    "document",
    [
        [],
        "Follow",
        None,
        {},
        {"id": "https://b.test/1", "type": "Follow"},
        {"id": "https://b.test/1", "actor": BOB},
        {"type": "Follow", "actor": BOB},
        {"id": 7, "type": "Follow", "actor": BOB},
        {"id": "https://b.test/1", "type": "Follow", "actor": [BOB, "https://b.test/a/eve"]},
        {"id": "https://b.test/1", "type": {"a": 1}, "actor": BOB},
        {"id": "https://b.test/" + "x" * 3000, "type": "Follow", "actor": BOB},
    ],
)
def test_what_is_no_activity_is_refused(document: object) -> None:
    with pytest.raises(Malformed):
        read_activity(document)


@pytest.mark.clause("FED-7.4")
@pytest.mark.parametrize("id", ["https://evil.test/1", "http://b.test/1", "https://b.test:444/1"])
def test_an_id_of_another_origin_is_refused(id: str) -> None:
    with pytest.raises(Forbidden):
        read_activity({**activity("Follow"), "id": id})


def test_an_actor_may_be_enclosed_or_a_list_of_one() -> None:
    assert read_activity({**activity("Like"), "actor": {"id": BOB, "type": "Person"}}).actor == BOB
    assert read_activity({**activity("Like"), "actor": [BOB]}).actor == BOB


@pytest.mark.clause("FED-7.7")
def test_the_suspended_are_refused(refused: Refuses) -> None:
    with refused("FED-7.7"):
        disposition(activity("Follow", object=f"{US}/a/alice"), suspended=True)


@pytest.mark.clause("FED-7.8")
def test_a_create_is_applied_once_and_a_follow_as_often_as_it_comes() -> None:
    assert disposition(activity("Create", to=[f"{US}/a/alice"])) is Disposition.KEEP
    assert disposition(activity("Announce", to=f"{US}/a/alice")) is Disposition.KEEP
    for kind in ("Follow", "Offer", "Accept", "Like", "Undo", "Block"):
        assert disposition(activity(kind, object=f"{US}/a/alice")) is Disposition.REPEAT


@pytest.mark.clause("FED-7.9")
def test_what_nobody_here_is_concerned_by_is_dropped() -> None:
    note = {"id": "https://b.test/o/1", "type": "Note", "to": ["https://c.test/a/carol"]}
    assert disposition(activity("Create", object=note, to=["as:Public"])) is Disposition.DROP
    assert disposition(activity("Create", object=note), awaited=True) is Disposition.KEEP
    assert disposition(activity("Create", object=note), personal=True) is Disposition.KEEP
    assert disposition(activity("Like", object="https://c.test/o/1")) is Disposition.DROP
    assert disposition(activity("Delete", object="https://b.test/o/1")) is Disposition.DROP
    assert (
        disposition(activity("Delete", object="https://b.test/o/1"), known=True)
        is Disposition.REPEAT
    )


@pytest.mark.clause("FED-7.9")
@pytest.mark.parametrize(
    "more",
    [
        {"object": f"{US}/a/alice"},
        {"object": {"type": "Follow", "actor": f"{US}/a/alice", "object": BOB}},
        {"object": {"type": "Relationship", "subject": BOB, "object": f"{US}/a/alice"}},
        {"object": {"type": "Note", "inReplyTo": f"{US}/o/1"}},
        {"object": {"type": "Note", "to": [f"{US}/a/alice"]}},
        {"object": {"type": "Undo", "object": {"object": f"{US}/a/alice"}}},
        {"cc": {"id": f"{US}/a/alice"}},
        {"target": f"{US}/a/alice"},
    ],
)
def test_what_names_us_concerns_us(more: dict[str, Any]) -> None:
    assert disposition(activity("Undo", **more)) is Disposition.REPEAT


@pytest.mark.clause("FED-7.9")
@pytest.mark.parametrize("kind", ["Travel", "Listen", "Question", "toot:Wave"])
def test_types_without_a_handler_are_dropped(kind: str) -> None:
    assert disposition(activity(kind, object=f"{US}/a/alice"), personal=True) is Disposition.DROP
