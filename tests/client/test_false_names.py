"""Names in leaves give nobody a right, and honest races end no group (spec E2E-8.4 to E2E-8.9).

By the transcripts: the app's device replays the same ones (`spec/vectors/device`).
"""

import json

import pytest

from tests.client.test_no_right import lines_of, rows, told


@pytest.mark.clause("E2E-8.9", "E2E-8.6")
@pytest.mark.parametrize("name", ["a-false-name.alice", "a-false-name.bob",
    "a-false-key.alice", "a-false-key.bob", "a-false-key.alice-phone"])  # fmt: skip
def test_a_device_that_bears_the_name_of_an_owner_is_not_followed(name: str) -> None:
    lines = lines_of(name)
    (ended,) = told(lines, "GroupSpoilt")
    assert ended["clause"] == "E2E-8.9" and ended["by"].endswith("/mallory")
    (row,) = rows(lines, "roster/").values()
    roles = {one["actor"].rpartition("/")[2]: one["role"] for one in json.loads(row)["people"]}
    assert roles == {"alice": "owner", "bob": "member", "mallory": "member"}


@pytest.mark.clause("E2E-8.9")
def test_a_device_under_the_right_keys_is_added_by_anybody() -> None:
    lines = lines_of("a-false-key.alice-phone")
    assert told(lines, "ConversationJoined")
    added = [line["gives"] for line in lines_of("a-false-key.bob") if line["do"] == "add"]
    assert added[0] is None and added[1]["raises"]["clause"] == "DEV-4.5"


@pytest.mark.clause("E2E-8.4")
@pytest.mark.parametrize("who", ["alice", "carol"])
def test_what_is_owed_to_who_is_out_is_dropped_and_ends_nothing(who: str) -> None:
    lines = lines_of(f"owed-to-who-is-out.{who}")
    assert not told(lines, "GroupSpoilt") and rows(lines, "group/") and not rows(lines, "owed/")
    (row,) = rows(lines, "roster/").values()
    assert [one["actor"][-5:] for one in json.loads(row)["people"]] == ["alice", "carol"]


@pytest.mark.clause("E2E-8.5", "E2E-8.4", "DEV-9.3")
def test_who_left_is_neither_taken_back_nor_heard() -> None:
    alice = lines_of("asks-as-they-go.alice")
    refused = [one["clause"] for one in told(alice, "MessageUnreadable")]
    assert refused == ["DEV-9.3", "E2E-8.5"]
    assert not told(alice, "MessageReceived")
    assert [one["text"] for one in told(lines_of("asks-as-they-go.carol"), "MessageReceived")] == [
        "without Bob"
    ]


@pytest.mark.clause("E2E-8.8", "E2E-8.4")
def test_an_owner_whose_devices_a_member_takes_out_is_one_still_and_joins_no_fork() -> None:
    alice = lines_of("put-out-by-leaves.alice")
    assert [one["clause"] for one in told(alice, "MessageUnreadable")] == ["E2E-8.8"] * 2
    assert not told(alice, "ConversationJoined")
    (row,) = rows(alice, "roster/").values()
    roles = {one["actor"].rpartition("/")[2]: one["role"] for one in json.loads(row)["people"]}
    assert roles == {"alice": "owner", "bob": "member", "mallory": "member"}
    back = lines_of("taken-back-as-they-were.alice")
    (row,) = rows(back, "roster/").values()
    assert json.loads(row)["name"] == "Hers as before"


@pytest.mark.clause("DEV-19.4")
def test_what_was_meant_in_vain_is_told() -> None:
    phone = [
        line["gives"] for line in lines_of("meant-in-vain.alice-phone") if line["do"] == "next"
    ]
    (dropped,) = [one for told in phone if told["is"] == "Tell" for one in told["events"]]
    assert dropped["change"] == "appoint" and dropped["reason"].endswith(
        "not in this group any more"
    )
    alice = lines_of("meant-in-vain.alice")
    given = [line["gives"] for line in alice if line["do"] == "tell"]
    told = [each for events in given for each in events]
    assert [each["is"] for each in told][-2:] == ["MessageUndelivered", "ConversationLeft"]
    (late,) = [line["gives"] for line in alice if line["do"] == "rosters_rename"]
    assert late["raises"]["clause"] == "E2E-5.6"


@pytest.mark.clause("E2E-8.8")
def test_a_conversation_of_two_becomes_no_group() -> None:
    alice = lines_of("two-are-no-group.alice")
    assert [one["clause"] for one in told(alice, "MessageUnreadable")] == ["E2E-8.8"]
    assert not rows(alice, "roster/")
