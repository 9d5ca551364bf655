"""What a session promises: nothing before its time, nothing kept after it, nothing done twice."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from node.e2ee.mls.private.events import Committed
from node.e2ee.mls.private.joining import join
from node.e2ee.mls.private.key_schedule import EpochSecrets
from node.e2ee.mls.private.secret_tree import SecretTree
from node.e2ee.mls.private.session import Session
from node.e2ee.mls.private.state import Staged
from node.e2ee.mls.public.proposals import Add, GroupContextExtensions, ReInit, Remove
from node.errors import Broken, Conflict
from tests.e2ee.mls.insider import Insider, Lie
from tests.e2ee.mls.people import GROUP, NOW, Device, People, add, agree, commit


def live(value: Any, seen: set[int] | None = None) -> Iterator[bytes]:
    """Every run of bytes that a value can reach."""
    seen = set() if seen is None else seen
    if isinstance(value, bytes):
        yield value
        return
    if id(value) in seen or isinstance(value, str | int | type(None)):
        return
    seen.add(id(value))
    if isinstance(value, dict):
        parts = [*value.keys(), *value.values()]
    elif isinstance(value, list | tuple | set):
        parts = list(value)
    elif is_dataclass(value):
        parts = [getattr(value, f.name) for f in fields(value)]
    elif hasattr(value, "__slots__"):
        parts = [getattr(value, name) for name in type(value).__slots__ if hasattr(value, name)]
    else:
        return
    for part in parts:
        yield from live(part, seen)


def holds(device: Device, secret: bytes) -> bool:
    """Whether `secret` is anywhere in the state of a device, or on its disk."""
    assert len(secret) >= 16
    everything = [*live(device.session._state), *device.records.values()]
    return any(secret in value for value in everything)


@pytest.fixture
def pair(people: People) -> list[Device]:
    return people.group("alice", "bob")


@pytest.mark.clause("MLS-11b")
def test_how_a_group_begins(people: People) -> None:
    (alice,) = people.group("alice")
    context = alice.session.group.context
    assert (context.epoch, context.confirmed_transcript_hash, context.group_id) == (0, b"", GROUP)
    assert [m.identity for m in alice.session.members()] == [b"https://alice.example/a"]
    (other,) = people.group("other")
    assert alice.session.epoch_authenticator != other.session.epoch_authenticator
    assert len(alice.session.epoch_authenticator) == alice.me.suite.nh


@pytest.mark.clause("MLS-12.4a")
def test_a_commit_comes_before_more_words(pair: list[Device], refused) -> None:
    alice, bob = pair
    carol = Device("carol", alice.me.suite.id)
    own = carol.package()
    sealed = bob.take(bob.session.propose(Add(own.key_package), NOW))
    alice.take(alice.session.receive(sealed, NOW))
    for device in pair:
        assert device.session.must_commit
        with refused("MLS-12.4a"):
            device.session.seal(b"too soon")
    welcome = commit([alice, bob])
    carol.take(join(welcome or b"", own, carol.me, carol.means, NOW))
    for device in (alice, bob, carol):
        assert not device.session.must_commit
        device.take(device.session.seal(b"now"))


@pytest.mark.clause("MLS-14c", "MLS-14a", "MLS-14b")
def test_a_staged_commit_changes_nothing_yet(pair: list[Device], refused) -> None:
    alice, bob = pair
    with refused("MLS-14b"):
        alice.session.merge(NOW)
    with refused("MLS-14b"):
        alice.session.drop()
    group, authenticator = alice.session.group, alice.session.epoch_authenticator
    staged = alice.take(alice.session.stage(NOW))
    assert alice.session.group is group
    assert alice.session.epoch_authenticator == authenticator
    with refused("MLS-14a"):
        alice.session.stage(NOW)
    alice.reload()
    assert alice.session.staged is not None
    assert alice.session.staged.commit == staged.commit
    sealed = alice.take(alice.session.seal(b"still here"))
    assert bob.take(bob.session.receive(sealed, NOW)).data == b"still here"
    alice.take(alice.session.drop())
    assert "staged" not in alice.records
    agree([alice, bob])


@pytest.mark.clause("MLS-14c", "MLS-14e")
def test_a_lost_commit_leaves_no_key(pair: list[Device]) -> None:
    alice, bob = pair
    lost = alice.take(alice.session.stage(NOW))
    secrets = [getattr(lost.next.secrets, f.name) for f in fields(EpochSecrets)]
    keys = [secret for secret in secrets if secret]
    keys.append(lost.next.keys[0].private)
    won = bob.take(bob.session.stage(NOW)).commit
    event = alice.take(alice.session.receive(won, NOW))
    assert isinstance(event, Committed) and event.lost and not event.own
    bob.take(bob.session.merge(NOW))
    agree([alice, bob])
    assert not any(holds(alice, key) for key in keys)


@pytest.mark.clause("MLS-14e")
def test_a_second_commit_of_an_epoch_is_seen(people: People, refused) -> None:
    for lie in (Lie(), Lie(wire_format=1)):
        alice, bob, carol = people.group("alice", "bob", "carol")
        one, other = Insider(alice).commit([], lie), Insider(carol).commit([], lie)
        bob.take(bob.session.receive(one, NOW))
        with refused("MLS-12.4.2a"):
            bob.session.receive(one, NOW)
        bob.reload()
        with refused("MLS-14e"):
            bob.session.receive(other, NOW)
        commit([bob])
        staged = bob.take(bob.session.stage(NOW)).commit
        bob.take(bob.session.merge(NOW))
        with refused("MLS-12.4.2a"):
            bob.session.receive(staged, NOW)
        with refused("MLS-14e"):
            bob.session.receive(other, NOW)
        for _ in range(8):
            commit([bob])
        with refused("MLS-12.4.2a"):
            bob.session.receive(other, NOW)
        assert len([name for name in bob.records if name.startswith("ended/")]) == 8


@pytest.mark.clause("MLS-15.2a")
def test_an_accepted_commit_comes_before_words(pair: list[Device]) -> None:
    alice, bob = pair
    commit([alice, bob])
    sealed = alice.take(alice.session.seal(b"new epoch"))
    assert bob.take(bob.session.receive(sealed, NOW)).epoch == alice.session.epoch == 2


@pytest.mark.clause("MLS-14d")
def test_a_welcome_waits_for_its_commit(pair: list[Device]) -> None:
    alice, bob = pair
    own = Device("carol", alice.me.suite.id).package()
    staged = alice.take(alice.session.stage(NOW, [Add(own.key_package)]))
    assert isinstance(staged, Staged)
    welcome = staged.entrust()
    assert welcome is not None
    assert own.reference not in staged.commit
    alice.reload()
    bob.take(bob.session.receive(staged.commit, NOW))
    assert alice.take(alice.session.merge(NOW)).welcome == welcome
    nobody = bob.take(bob.session.stage(NOW))
    assert nobody.entrust() is None


@pytest.mark.clause("MLS-7.5b", "MLS-9.2b")
def test_what_an_epoch_retires_is_gone(people: People) -> None:
    members = people.group("alice", "bob", "carol")
    for turn in range(6):
        retired: dict[int, list[bytes]] = {}
        for place, device in enumerate(members):
            epoch = device.session._live.epoch
            secrets = epoch.secrets
            retired[place] = [secrets.init, secrets.membership_key, secrets.exporter]
            retired[place] += [secrets.external, secrets.epoch_authenticator]
        first = turn % 3
        keys = {n: p.private for n, p in members[first].session._live.epoch.keys.items()}
        commit(members[first:] + members[:first])
        retired[first] += list(keys.values())
        for place, device in enumerate(members):
            for secret in retired[place]:
                assert not holds(device, secret)
            secrets = device.session._live.epoch.secrets
            assert (secrets.encryption, secrets.confirmation_key) == (b"", b"")


@pytest.mark.clause("MLS-9.2b")
def test_no_key_of_a_message_stays(pair: list[Device]) -> None:
    alice, bob = pair
    for _ in range(4):
        ahead = alice.session._own_ahead(1)
        before = alice.session._live.epoch.messages.dump()
        sealed = alice.take(alice.session.seal(b"x"))
        bob.take(bob.session.receive(sealed, NOW))
        used = [ahead.key.key, before.get("r/0/1", bytes(36))[4:], before.get("n/1", bytes(32))]
        for device in pair:
            assert not any(holds(device, key) for key in used if any(key))


def test_no_secret_is_shown(pair: list[Device]) -> None:
    alice, _ = pair
    staged = alice.take(alice.session.stage(NOW))
    state = alice.session._live
    shown = "".join(
        map(repr, (state, state.epoch, alice.session, staged, alice.me, alice.package()))
    )
    epoch = state.epoch
    secrets = [getattr(epoch.secrets, f.name) for f in fields(EpochSecrets)]
    secrets += [pair.private for pair in epoch.keys.values()]
    secrets += [epoch.signature.private, *epoch.messages.dump().values()]
    for secret in filter(None, secrets):
        assert secret.hex() not in shown
        assert repr(secret)[2:-1] not in shown
    assert "Seeded" not in shown


def test_our_own_commit_is_known_by_its_bytes(pair: list[Device]) -> None:
    alice, bob = pair
    staged = alice.take(alice.session.stage(NOW))
    bob.take(bob.session.receive(staged.commit, NOW))
    event = alice.take(alice.session.receive(staged.commit, NOW))
    assert event.own
    agree([alice, bob])


def test_what_waits_is_chosen_with_sense(people: People) -> None:
    """Removes before Updates, the latest of what excludes each other, ours before all."""
    alice, bob, carol = people.group("alice", "bob", "carol")
    everyone = [alice, bob, carol]

    def tell(device: Device, message: bytes) -> None:
        for other in everyone:
            if other is not device:
                other.take(other.session.receive(message, NOW))

    dave = people.device("dave")
    owns = [dave.package(), dave.package()]
    for own in owns:
        tell(bob, bob.take(bob.session.propose(Add(own.key_package), NOW)))
    for _ in range(2):
        tell(bob, bob.take(bob.session.propose_update(NOW)))
    tell(carol, carol.take(carol.session.propose_update(NOW)))
    tell(bob, bob.take(bob.session.propose(Remove(2), NOW)))
    tell(carol, carol.take(carol.session.propose(ReInit(b"x", 1, 1, ()), NOW)))
    tell(carol, carol.take(carol.session.propose(Remove(0), NOW)))
    for _ in range(2):
        tell(carol, carol.take(carol.session.propose(GroupContextExtensions(()), NOW)))
    staged = alice.take(alice.session.stage(NOW))
    event = bob.take(bob.session.receive(staged.commit, NOW))
    assert [m.leaf for m in event.removed] == [2]
    assert [m.leaf for m in event.updated] == [1]
    assert [m.identity for m in event.added] == [b"https://dave.example/a"]
    welcome = alice.take(alice.session.merge(NOW)).welcome
    dave.take(join(welcome, owns[1], dave.me, dave.means, NOW))
    agree([alice, bob, dave])


def test_a_reinit_waits_and_then_closes(pair: list[Device]) -> None:
    alice, bob = pair
    sealed = bob.take(bob.session.propose(ReInit(b"x", 1, 1, ()), NOW))
    alice.take(alice.session.receive(sealed, NOW))
    commit([alice, bob])
    assert alice.session.closed
    alice.reload()
    assert alice.session.closed


def test_damaged_records_are_our_fault(pair: list[Device]) -> None:
    alice, _ = pair
    whole = alice.session.dump()
    for name in ("group", "secrets"):
        for wrong in (b"", whole[name][:-1], whole[name][1:], whole[name] + b"\x00"):
            with pytest.raises(Broken):
                Session.load({**whole, name: wrong}, alice.means)
        with pytest.raises(Broken):
            Session.load({k: v for k, v in whole.items() if k != name}, alice.means)
    for name in ("m/1/n", "past/7", "proposal/zz", "psk/x", "staged", "m/1/q/1/1"):
        with pytest.raises(Broken):
            Session.load({**whole, name: b"?"}, alice.means)


def test_exports_differ_by_label_context_and_epoch(pair: list[Device]) -> None:
    alice, bob = pair
    seen = {
        alice.session.export(label, context, 40)
        for label in (b"a", b"b")
        for context in (b"", b"c")
    }
    commit([alice, bob])
    seen.add(alice.session.export(b"a", b"", 40))
    assert len(seen) == 5
    assert {len(secret) for secret in seen} == {40}


def test_public_handshakes_are_a_policy(people: People) -> None:
    alice, bob = people.group("alice", "bob", public=True)
    carol = people.device("carol", public=True)
    message = bob.take(bob.session.propose_update(NOW))
    alice.take(alice.session.receive(message, NOW))
    commit([alice, bob])
    add([bob, alice], [carol])
    commit([carol, alice, bob])
    agree([alice, bob, carol])


def test_resumption_psks_are_few(pair: list[Device]) -> None:
    alice, bob = pair
    for _ in range(7):
        commit([alice, bob])
    assert sorted(n for n in alice.records if n.startswith("psk/")) == [
        "psk/5",
        "psk/6",
        "psk/7",
        "psk/8",
    ]


def test_one_message_writes_little(people: People) -> None:
    members = people.group("alice", "bob")
    add(members, [people.device(f"d{n}") for n in range(62)])
    alice, bob = members
    sealed = alice.take(alice.session.seal(b"x" * 200))
    assert alice.written <= 1024
    bob.take(bob.session.receive(sealed, NOW))
    assert bob.written <= 1024


def test_who_is_told_to_leave_may_ask_others(pair: list[Device]) -> None:
    alice, bob = pair
    leaving = bob.take(bob.session.propose(Remove(1), NOW))
    with pytest.raises(Conflict):
        bob.session.seal(b"x")
    alice.take(alice.session.receive(leaving, NOW))
    commit([alice])
    assert [m.leaf for m in alice.session.members()] == [0]


@pytest.mark.clause("MLS-6.3.1d")
def test_a_step_can_be_tried_again_when_the_write_failed(pair: list[Device]) -> None:
    alice, bob = pair
    alice.session.seal(b"never written")
    alice.reload()
    sealed = alice.take(alice.session.seal(b"again"))
    assert bob.take(bob.session.receive(sealed, NOW)).data == b"again"
    assert isinstance(alice.session._live.epoch.messages, SecretTree)


@pytest.mark.clause("MLS-6.3.1d")
def test_a_restart_goes_on_where_the_ratchet_stands(pair: list[Device]) -> None:
    alice, bob = pair
    for count in range(3):
        step = alice.session.seal(b"x")
        assert any(name.startswith("m/1/r/0/") for name in step.change.writes)
        sealed = alice.take(step)
        alice.reload()
        assert bob.take(bob.session.receive(sealed, NOW)).generation == count
        bob.reload()
