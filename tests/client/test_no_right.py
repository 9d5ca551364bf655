"""What somebody commits, proposes or invites without the right: nobody follows (spec E2E-8).

By the transcripts: the app's device replays the same ones (`spec/vectors/device`).
"""

import json
from typing import Any

import pytest

from tests.client.transcripts import FOLDER, Line, replay


def lines_of(name: str) -> list[Line]:
    return [line for line, _ in replay((FOLDER / f"{name}.jsonl").read_text(), restarts=True)]


def told(lines: list[Line], kind: str) -> list[Any]:
    given = [line["gives"] for line in lines if line["do"] == "receive"]
    return [event for events in given for event in events if event["is"] == kind]


def rows(lines: list[Line], prefix: str) -> dict[str, Any]:
    """What stands in the end."""
    found: dict[str, Any] = {}
    for line in lines:
        found |= line["rows"]
    return {n: v for n, v in found.items() if n.startswith(prefix) and v is not None}


@pytest.mark.clause("E2E-8.3", "E2E-8.4", "E2E-8.6", "DEV-19.6")
@pytest.mark.parametrize("who", ["alice", "bob", "carol"])
def test_nobody_follows_a_commit_without_the_right(who: str) -> None:
    lines = lines_of(f"no-right.{who}")
    began = [json.loads(one)["name"] for one in rows(lines, "roster/").values()]
    assert sorted(began) == [f"Group {number}" for number in range(7)]
    ended = told(lines, "GroupSpoilt")
    assert len(ended) == 7  # also by whom one of them takes out
    assert {one["by"] for one in ended} == {"https://mallory.test/a/mallory"}
    for one in rows(lines, "roster/").values():
        roles = {each["actor"]: each["role"] for each in json.loads(one)["people"]}
        names = {actor.rpartition("/")[2]: role for actor, role in roles.items()}
        assert names == {
            "alice": "owner", "bob": "member", "carol": "member", "mallory": "member"
        }  # fmt: skip
    for kind in ("group/", "owed/", "parked/", "later/", "missed/"):
        assert not rows(lines, kind), kind
    if who == "alice":
        kept = told(lines, "MessageUndelivered")
        assert [one["text"] for one in kept] == ["waits"] * 7


@pytest.mark.clause("E2E-8.7", "E2E-8.8")
def test_nobody_comes_in_by_what_others_would_commit_or_by_who_is_not_in() -> None:
    alice = lines_of("no-way-in.alice")
    (proposal,) = told(alice, "MessageUnreadable")
    assert proposal["clause"] == "E2E-8.7"
    assert not [name for name in rows(alice, "group/") if "/proposal/" in name]
    (fake,) = told(lines_of("no-way-in.bob"), "MessageUnreadable")
    assert fake["clause"] == "E2E-8.8"
    (back,) = told(lines_of("no-way-back.alice"), "MessageUnreadable")
    assert back["clause"] == "E2E-8.8"
    first, *_ = told(lines_of("no-right.puppet"), "MessageUnreadable")
    assert first["clause"] == "E2E-8.8"


@pytest.mark.clause("E2E-8.5", "DEV-19.4", "DEV-19.5")
def test_who_leaves_is_out_at_once_and_the_first_leaf_takes_out_what_is_left() -> None:
    bob, alice, tablet = (lines_of(f"who-quits.{who}") for who in ("bob", "alice", "bob-tablet"))
    assert not rows(bob, "group/") and not rows(bob, "owed/")
    assert told(tablet, "ConversationLeft")[0]["by"] == "https://bob.test/a/bob"
    lines = [json.loads(one) for one in rows(alice, "line/").values()]
    assert ["https://bob.test/a/bob"] in [one["went"] for one in lines]
    assert "Others first" in [one["name"] for one in lines]
