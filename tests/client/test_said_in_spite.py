"""What friends forge, repeat and leave out: all devices show the same (spec E2E-7)."""

import json
from itertools import permutations
from typing import Any

import pytest

from node.client.rows import MessageRow
from node.errors import TooMuch
from tests.client.devices import BOB, MICROS, Side, befriend, pass_on
from tests.client.test_said import SECOND, emoji, hears, rows, seals, taken, texts

EARLY, LATE, LAST = (f"2026-01-01T00:00:0{second}Z" for second in (1, 3, 5))


def like(id: str, at: str = "", content: str = "👍") -> dict[str, Any]:
    said = {"type": "Like", "id": id, "object": "urn:m", "content": content}
    return said | ({"published": at} if at else {})


def undo(object: object, at: str = "") -> dict[str, Any]:
    return {"type": "Undo", "id": "urn:u", "object": object} | ({"published": at} if at else {})


def change(id: str, text: str, at: str = "") -> dict[str, Any]:
    words = {"id": "urn:m", "content": text}
    return {"type": "Update", "id": id, "object": words} | ({"published": at} if at else {})


@pytest.mark.clause("E2E-7.7")
@pytest.mark.parametrize(
    ("undoing", "left"),
    (
        (undo("urn:l1", LAST), 1),  # by its id alone: that one
        (undo("urn:l2", EARLY), 0),
        (undo(like("urn:l1"), LAST), 0),  # by its emoji: what is older too
        (undo(like("urn:l1"), EARLY), 1),
        (undo(like("urn:l2"), EARLY), 0),  # what it names, whatever its time
        (undo(like("urn:l2")), 0),
    ),
)
def test_two_reactions_and_an_undoing_end_alike_in_any_order(
    alice: Side, bob: Side, undoing: dict[str, Any], left: int
) -> None:
    group = befriend(alice, bob)
    note = {"type": "Note", "id": "urn:m", "content": "first"}
    what = (note, like("urn:l1", EARLY), like("urn:l2", LATE), undoing)
    ends = set()
    for number, order in enumerate(permutations(what)):
        for each in order:
            text = json.dumps(each, ensure_ascii=False)
            for part in ("urn:m", "urn:l1", "urn:l2", "urn:u"):
                text = text.replace(f'"{part}"', f'"{part}-{number}"')
            taken(alice, group, text)
        row = alice.device.state.get(f"message/{group}/{BOB} urn:m-{number}", MessageRow)
        ends.add(len(alice.device.words.reactions(group, row)))
    assert ends == {left}


@pytest.mark.clause("E2E-7.5")
def test_changes_of_one_time_and_of_one_id_end_alike_in_any_order(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    note = {"type": "Note", "id": "urn:m", "content": "first"}
    changes = (
        (change("urn:\U0001f600", "beyond", EARLY), change("urn:\uff5e", "before", EARLY)),
        (change("urn:1", "b", EARLY), change("urn:1", "a", EARLY)),
        (change("urn:1", "later", LATE), change("urn:1", "sooner", EARLY)),
    )
    shown = []
    for place, some in enumerate(changes):
        ends = set()
        for number, order in enumerate(permutations((note, *some))):
            for each in order:
                text = json.dumps(each).replace("urn:m", f"urn:m-{place}-{number}")
                taken(alice, group, text)
            name = f"message/{group}/{BOB} urn:m-{place}-{number}"
            ends.add(alice.device.state.get(name, MessageRow).text)
        shown.append(ends)
    assert shown == [{"beyond"}, {"b"}, {"later"}]


@pytest.mark.clause("E2E-7.5", "E2E-7.7")
def test_what_names_no_time_happened_when_it_came(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    hears(alice, bob, group, {"type": "Note", "id": "urn:m", "content": "first"})
    hears(alice, bob, group, change("urn:z", "timed", "2031-01-01T00:00:00Z"))
    for id, text in (("urn:y", "then"), ("urn:b", "and then"), ("urn:a", "now")):
        hears(alice, bob, group, change(id, text))
    assert texts(alice, group) == ["now"]
    assert hears(alice, bob, group, change("urn:a", "now")) == []
    hears(alice, bob, group, like("urn:l1"), undo(like("urn:l1")))
    assert emoji(alice, group) == []
    later = seals(bob, group, like("urn:0"))
    alice.get(later, at=MICROS + SECOND)
    assert emoji(alice, group) == ["👍"]
    hears(alice, bob, group, {"type": "Undo", "id": "urn:u2", "object": "urn:0"})
    assert emoji(alice, group) == [] and len(rows(alice, group)) == 1


@pytest.mark.clause("DEV-18.6")
def test_reactions_that_were_taken_away_make_room(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    hears(alice, bob, group, {"type": "Note", "id": "urn:m", "content": "first"})
    for number in range(12):
        for on in (True, False):
            alice.device.words.react(group, "urn:m", chr(0x1F600 + number), MICROS, on=on)
    assert emoji(alice, group) == []
    assert alice.device.words.react(group, "urn:m", "🐳", MICROS)
    assert emoji(alice, group) == ["🐳"]


@pytest.mark.clause("E2E-7.8")
def test_what_came_with_words_stays_when_they_change(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    picture = [{"type": "Image", "url": "https://b.test/1"}]
    hears(alice, bob, group, {"type": "Note", "id": "urn:m", "content": "a", "attachment": picture})
    hears(alice, bob, group, change("urn:1", "b"))
    (row,) = rows(alice, group)
    assert row.text == "b" and json.loads(row.raw)["attachment"] == picture
    more = {"type": "Update", "id": "urn:2", "published": "2031-01-01T00:00:00Z"}
    words = {"id": "urn:m", "content": "c", "attachment": picture * 2}
    hears(alice, bob, group, {**more, "object": words})
    (row,) = rows(alice, group)
    assert row.text == "c" and json.loads(row.raw)["object"]["attachment"] == picture * 2


@pytest.mark.clause("DEV-18.6", "E2E-5.9")
def test_a_changed_answer_has_to_fit_as_it_is_said_anew(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    hears(alice, bob, group, {"type": "Note", "id": "urn:" + "x" * 500, "content": "first"})
    answer = alice.device.say(group, "short", MICROS, reply="urn:" + "x" * 500)
    pass_on(alice, bob)
    fits, is_too_long = 1, 40_000
    while is_too_long - fits > 1:
        size = (fits + is_too_long) // 2
        try:
            alice.device.words.edit(group, answer.id, "y" * size, MICROS)
            fits = size
        except TooMuch:
            is_too_long = size
    (row,) = [one for one in rows(alice, group) if one.id == answer.id]
    alice.device.inbox._outbox.maker.check_length(row)
