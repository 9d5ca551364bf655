"""May this peer say this, now, here."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest

from node.errors import Forbidden, Malformed, Refused
from node.federation.activities import actors, parse, posts, sealed
from node.federation.activities.likes import ACTIVITIES
from node.federation.activities.table import VERBS
from node.federation.admission import (
    Disposition,
    Standing,
    admit,
    channels,
    names_us,
    read_activity,
)
from node.federation.trust import ProvenActivity, UnprovenActivity

US = "https://a.test"
BOB = "https://b.test/a/bob"
Refuses = Callable[[str], AbstractContextManager[None]]


def outside(document: Any) -> UnprovenActivity:
    return read_activity(document, b"")


def activity(kind: str, **more: Any) -> dict[str, Any]:
    return {"id": "https://b.test/t/1", "type": kind, "actor": BOB, **more}


def disposition(document: dict[str, Any], personal: bool = False, **standing: bool) -> Disposition:
    said = outside(document)
    proven = ProvenActivity(said.id, said.verb, said.actor, said.document, said.body)
    return admit(proven, Standing(**standing), names_us(said, US, personal))


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
        outside(document)


@pytest.mark.clause("FED-7.4")
@pytest.mark.parametrize("id", ["https://evil.test/1", "http://b.test/1", "https://b.test:444/1"])
def test_an_id_of_another_origin_is_refused(id: str) -> None:
    with pytest.raises(Forbidden):
        outside({**activity("Follow"), "id": id})


def test_an_actor_may_be_enclosed_or_a_list_of_one() -> None:
    assert outside({**activity("Like"), "actor": {"id": BOB, "type": "Person"}}).actor == BOB
    assert outside({**activity("Like"), "actor": [BOB]}).actor == BOB


@pytest.mark.clause("FED-7.7")
def test_the_suspended_are_refused(refused: Refuses) -> None:
    with refused("FED-7.7"):
        disposition(activity("Follow", object=f"{US}/a/alice"), suspended=True)


@pytest.mark.clause("FED-7.8")
def test_a_create_is_applied_once_and_a_follow_as_often_as_it_comes() -> None:
    assert disposition(activity("Create", to=[f"{US}/a/alice"])) is Disposition.KEEP
    assert disposition(activity("Announce", to=f"{US}/a/alice")) is Disposition.KEEP
    for kind in ("Follow", "Accept", "Like", "Undo", "Block"):
        assert disposition(activity(kind, object=f"{US}/a/alice")) is Disposition.REPEAT


@pytest.mark.clause("FED-7.9")
def test_a_video_may_concern_us_through_its_channel() -> None:
    person = {"type": "Person", "id": BOB}
    group = {"type": "Group", "id": "https://b.test/video-channels/bees"}
    video = {"type": "Video", "id": "https://b.test/v/1", "attributedTo": [person, group]}
    for verb in ("Create", "Update"):
        assert channels(outside(activity(verb, object=video))) == (group["id"],)
    foreign = video | {"attributedTo": [person, "https://c.test/a/carol"]}
    assert channels(outside(activity("Create", object=foreign))) == ()
    assert channels(outside(activity("Create", object=video | {"type": "Note"}))) == ()
    assert channels(outside(activity("Like", object=video))) == ()
    assert channels(outside(activity("Create", object="https://b.test/v/1"))) == ()
    many = [f"https://b.test/c/{number}" for number in range(500)]
    assert len(channels(outside(activity("Create", object=video | {"attributedTo": many})))) == 4


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
    assert names_us(outside(activity("Undo", **more)), US, personal=False)


@pytest.mark.clause("FED-7.9")
@pytest.mark.parametrize(
    "kind", ["Travel", "Listen", "Question", "toot:Wave", "Add", "Remove", "EmojiReact", "View"]
)
def test_types_without_a_handler_are_dropped(kind: str) -> None:
    assert disposition(activity(kind, object=f"{US}/a/alice"), personal=True) is Disposition.DROP


THINGS = sorted(
    {*VERBS, *ACTIVITIES, *posts.KINDS, *sealed.KINDS, *actors.KINDS}
    | {"Video", "Relationship", "Place", "Tombstone", "toot:Wave", "Collection"}
)


INNER = ("Follow", "Like", "Question", "Note", "Relationship", "EmojiReact", "toot:Wave")


def things() -> Iterator[Any]:
    """What an activity may be about: ids, one of each type, one of each in one of each."""
    yield from (None, "https://b.test/o/1", ["https://b.test/o/1"], [], ["a", "b"], 7, {})
    for outer in THINGS:
        about: dict[str, Any] = {"type": outer, "id": "https://b.test/o/1", "actor": BOB}
        yield from (about, [about], {**about, "type": ["Object", outer]})
        for inner in INNER:
            yield {**about, "object": {"type": inner, "id": "https://b.test/o/2", "actor": BOB}}


@pytest.mark.clause("FED-6.1", "FED-7.9")
@pytest.mark.parametrize("verb", sorted(VERBS))
def test_nothing_is_stored_only_to_be_refused_as_not_understood(verb: str) -> None:
    for thing in things():
        said = activity(verb, object=thing, content="hi")
        try:
            if disposition(said, personal=True) is not Disposition.DROP:
                parse(said)
        except Refused as refusal:
            assert refusal.clause != "FED-6.1", (refusal, said)


@pytest.mark.clause("FED-6.1", "FED-7.9")
def test_nothing_that_is_understood_is_dropped() -> None:
    """The other way round: whatever parses is admitted, where it concerns us."""
    for verb in VERBS:
        for thing in things():
            said = activity(verb, object=thing, content="hi")
            try:
                parse(said)
            except Refused:
                continue
            assert disposition(said, personal=True) is not Disposition.DROP, said


@pytest.mark.clause("FED-6.1")
def test_two_verbs_at_once_are_refused_at_the_door(refused: Refuses) -> None:
    with refused("FED-6.1"):
        outside({**activity("x", object=f"{US}/a/alice"), "type": ["Follow", "Block"]})


def test_a_verb_counts_wherever_it_stands_among_the_types() -> None:
    said = {**activity("x", object=f"{US}/a/alice"), "type": ["toot:Wave", "as:Follow"]}
    assert disposition(said) is Disposition.REPEAT
