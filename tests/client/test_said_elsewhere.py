"""Words that went on in another conversation are changed and taken back in both (spec DEV-18)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from node.client import content as inner
from tests.client.devices import ALICE, BOB, MICROS, NOW, Side, pass_on, side
from tests.client.test_returns import returned


@pytest.fixture
def phone(tmp_path: Path) -> Iterator[Side]:
    with side(tmp_path / "phone", ALICE) as made:
        yield made


@pytest.fixture
def new_bob(tmp_path: Path) -> Iterator[Side]:
    with side(tmp_path / "new", BOB) as made:
        yield made


def begin(alice: Side, *others: Side) -> str:
    packages: dict[str, list[bytes]] = {}
    for other in others:
        packages.setdefault(other.actor, []).extend(other.packages())
    group = alice.device.start(packages, NOW)
    (founding,) = alice.send()
    for other in others:
        other.get(founding.welcomes[0].content)
    return group


def go_on_elsewhere(alice: Side, phone: Side, bob: Side, new_bob: Side) -> tuple[str, str, str]:
    """Words that the phone read, all of Bob's devices returned, and that go on: both
    conversations, and their id."""
    group = begin(alice, phone, bob)
    said = alice.device.say(group, "a secretword", MICROS).id
    (sent,) = alice.send()
    phone.get(sent.content)
    alice.get(returned(BOB, sent.content, "no_device"))
    fresh = begin(alice, new_bob, phone)
    assert alice.device.go_on([group], fresh) == 1
    return group, fresh, said


def secrets(*devices: Side) -> list[str]:
    """The rows in which the word stands."""
    return [
        name
        for one in devices
        for name in one.vault.names()
        if name.startswith(("message/", "act/", "early/", "due/", "search/"))
        and b"secretword" in (one.vault.read(name) or b"")
    ]


@pytest.mark.clause("DEV-18.2", "DEV-18.4", "E2E-7.6")
@pytest.mark.parametrize("sent_first", (True, False))
def test_words_are_taken_back_where_they_were_read_before(
    alice: Side, phone: Side, bob: Side, new_bob: Side, sent_first: bool
) -> None:
    group, fresh, said = go_on_elsewhere(alice, phone, bob, new_bob)
    if sent_first:
        pass_on(alice, phone, new_bob)
    assert alice.device.words.delete(fresh, said, MICROS), "others may have it"
    pass_on(alice, phone, new_bob)
    assert secrets(alice, phone, new_bob) == []
    assert {row.kind for row in phone.device.history(group, fresh)} == {inner.TOMBSTONE}


@pytest.mark.clause("DEV-18.2", "E2E-7.5")
def test_words_are_changed_where_they_were_read_before(
    alice: Side, phone: Side, bob: Side, new_bob: Side
) -> None:
    group, fresh, said = go_on_elsewhere(alice, phone, bob, new_bob)
    assert alice.device.words.edit(fresh, said, "open", MICROS)
    # The change comes first, then the words as they went on.
    sent = alice.send()
    for one in (phone, new_bob):
        for each in sent[::-1]:
            one.get(each.content)
    assert secrets(alice, phone, new_bob) == []
    assert {row.text for row in phone.device.history(group, fresh)} == {"open"}


@pytest.mark.clause("DEV-18.4", "E2E-7.6")
def test_words_that_go_on_behind_their_deletion_stay_gone(
    alice: Side, phone: Side, bob: Side, new_bob: Side
) -> None:
    _, fresh, said = go_on_elsewhere(alice, phone, bob, new_bob)
    sent = alice.send()
    alice.device.words.delete(fresh, said, MICROS)
    for each in (*alice.send(), *sent):
        phone.get(each.content)
    assert secrets(alice, phone) == []
