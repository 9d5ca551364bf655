"""After each step of a random history no device holds what it has consumed (RFC 9420 §9.2)."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest

from node.e2ee.mls.private.key_schedule import EpochSecrets
from tests.e2ee.mls.histories import History
from tests.e2ee.mls.mixed import Member, Ours, Town
from tests.e2ee.mls.watch import HEAD, Watch, held

DEEDS = (
    "create package join propose stage merge drop receive seal info come renewed found move view"
)


def _watched(watch: Watch) -> type[Ours]:
    """Devices whose every deed is seen by `watch`, and judged when it is done."""

    def seen(deed: Callable[..., Any]) -> Callable[..., Any]:
        def done(self: Ours, *args: Any) -> Any:
            with watch.of(self.name):
                out = deed(self, *args)
            if self.session is not None:
                kept = watch.kept_too_long(self.name, self.session._state, self.records)
                assert not kept, (self.name, deed.__name__, kept)
            return out

        return done

    return type("Watched", (Ours,), {name: seen(getattr(Ours, name)) for name in DEEDS.split()})


@pytest.mark.clause("MLS-9.2a", "MLS-9.2b", "MLS-7.5b")
@pytest.mark.parametrize(("seed", "suite"), [(1, 1), (2, 3)])
def test_what_is_consumed_is_gone(seed: int, suite: int, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch()
    watch.install(monkeypatch)
    monkeypatch.setattr(History, "ours", _watched(watch))
    history = History(Town(suite, seed), seed, largest=6)
    for _ in range(30):
        before = {member.name: _keys(member) for member in history.members}
        history.step()
        for member in history.members:
            assert isinstance(member, Ours)
            replaced = before.get(member.name, set()) - _keys(member)
            assert not replaced & held(member.session._state, member.records)
    assert sum(map(len, (known.gone for known in watch.known.values()))) > 1000


def _keys(member: Member) -> set[bytes]:
    """The beginnings of the secrets of a member's epoch, and of its private keys in the tree."""
    assert isinstance(member, Ours)
    epoch = member.session._live.epoch
    nodes = epoch.group.tree.nodes
    secrets = [getattr(epoch.secrets, f.name) for f in fields(EpochSecrets)]
    kept = {epoch.secrets.resumption_psk, epoch.secrets.sender_data}  # for later epochs, late words
    own = ((nodes[at], pair) for at, pair in epoch.keys.items() if at < len(nodes))
    return {k[:HEAD] for k in secrets if k and k not in kept} | {
        pair.private[:HEAD] for node, pair in own if node and node.encryption_key == pair.public
    }


@pytest.mark.clause("MLS-9.2a")
def test_late_keys_are_consumed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch()
    watch.install(monkeypatch)
    monkeypatch.setattr(History, "ours", _watched(watch))
    history = History(Town(1, 4), 4, largest=3, at_first=3)
    alice, bob, carol = history.members
    sealed = [alice.seal(bytes([i])) for i in range(8)]
    history.commit_now([], carol)
    for order in ((5, 2, 7, 0), (1, 6, 3, 4)):
        for place in order:
            assert bob.receive(sealed[place]) == ("said", bytes([place]))
        history.restart()
