"""What was damaged on its way has one verdict: both devices name the same clause for it."""

import random
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from node.errors import Refused
from tests.browser.mirrored import Mirror, Mirrored, MirroredTown
from tests.e2ee.mls.mixed import Item
from tools import browser

TIMES = 150


@pytest.fixture(scope="module")
def mirror() -> Iterator[Mirror]:
    assert browser.is_installed(), "run .venv/bin/python -m tools.browser install"
    mirror = Mirror()
    yield mirror
    mirror.close()


def damaged(data: bytes, chance: random.Random) -> bytes:
    """`data` with one thing done to it, or two."""
    at = chance.randrange(len(data))
    # Most of what can be read is near the beginning.
    at = at % 80 if chance.random() < 0.3 else at
    length = chance.choice((1, 1, 2, 4, 33))
    changes: tuple[Callable[[], bytes], ...] = (
        lambda: data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :],
        lambda: (
            data[:at] + bytes([chance.choice((0, 1, 2, 3, 0x40, 0x80, 0xC0, 255))]) + data[at + 1 :]
        ),
        lambda: data[:at] + data[at + length :],
        lambda: data[:at] + chance.randbytes(length) + data[at:],
        lambda: data[:at] + data[at : at + length] * 2 + data[at + length :],
        lambda: data[:at],
    )
    changed = chance.choice(changes)()
    return damaged(changed, chance) if changed and chance.random() < 0.2 else changed


@pytest.mark.slow
@pytest.mark.parametrize("suite", [1, 3])
def test_what_is_damaged_has_one_verdict(mirror: Mirror, suite: int) -> None:
    town = MirroredTown(suite, mirror)
    alice, bob, carol = (Mirrored(town, name) for name in ("alice", "bob", "carol"))
    alice.create()
    alice.stage([Item("add", key_package=bob.package())], open=False, path=True)
    welcome = alice.merge()
    assert welcome is not None
    bob.join(welcome)
    said = alice.seal(b"a word")
    proposals = [alice.propose(Item("remove", leaf=1), open=True), alice.propose(None, open=False)]
    item = Item("add", key_package=carol.package())
    commits = [
        alice.stage([item], open=open, path=True) for open in (True, False) if not _drop(alice)
    ]
    invitation = alice.merge()
    assert invitation is not None
    info = bob.info()
    chance = random.Random(suite)
    deeds = [(bob.receive, message) for message in (said, *proposals, *commits)]
    deeds += [(carol.join, invitation), (lambda data: carol.come(data, None), info)]  # type: ignore[list-item]
    for do, whole in deeds:
        for _ in range(TIMES):
            message = damaged(whole, chance)
            with suppress(Refused):
                if message != whole:
                    do(message)
    assert bob.receive(said) == ("said", b"a word")


def _drop(device: Mirrored) -> bool:
    """Drop what is staged, if there is something."""
    if device.session.staged is not None:
        device.drop()
    return False
