"""The index follows what happens to words at once (spec DEV-15.2, DEV-18.4)."""

import pytest

from tests.client.devices import MICROS, NOW, Side, befriend
from tests.client.test_said import hears, rows


def indexed(one: Side, word: bytes) -> list[str]:
    return [name for name in one.vault.names("search") if word in (one.vault.read(name) or b"")]


@pytest.mark.clause("DEV-15.2", "DEV-18.2", "DEV-18.4")
def test_words_that_wait_are_found_as_they_are_now(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    alice.device.refresh(group, NOW)
    said = alice.device.say(group, "mountains", MICROS).id
    assert len(alice.device.search.find("mountains", None, 5)) == 1
    alice.device.words.edit(group, said, "rivers", MICROS)
    assert not indexed(alice, b"mountains")
    assert len(alice.device.search.find("rivers", None, 5)) == 1
    assert alice.device.search.find("mountains", None, 5) == []


@pytest.mark.clause("DEV-15.2", "DEV-18.4")
@pytest.mark.parametrize("id", ('urn:"m"', "urn:\\m", "urn:\n\u00e9\U0001f600", "urn:<&>"))
def test_the_index_knows_every_id(alice: Side, bob: Side, id: str) -> None:
    group = befriend(alice, bob)
    hears(alice, bob, group, {"type": "Note", "id": id, "content": "mountains"})
    assert len(alice.device.search.find("mountains", None, 5)) == 1
    hears(
        alice, bob, group, {"type": "Update", "id": "urn:u", "object": {"id": id, "content": "x"}}
    )
    assert not indexed(alice, b"mountains") and len(rows(alice, group)) == 1
    assert len(alice.device.search.find("x", None, 5)) == 1
    hears(alice, bob, group, {"type": "Delete", "id": "urn:d", "object": id})
    assert not alice.vault.names("search")
