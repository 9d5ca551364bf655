"""Groups that live: they talk, add, update, remove; late, lost and repeated messages."""

import pytest

from node.e2ee.mls.private.events import ApplicationMessage, Committed, Removed
from node.e2ee.mls.public.proposals import Remove
from node.errors import Broken
from tests.e2ee.mls.people import NOW, People, add, agree, commit, remove


def test_two_devices_talk(people: People) -> None:
    alice, bob = people.group("alice", "bob")
    for turn in range(5):
        sealed = alice.take(alice.session.seal(b"hello %d" % turn))
        said = bob.take(bob.session.receive(sealed, NOW))
        assert isinstance(said, ApplicationMessage)
        assert said.data == b"hello %d" % turn
        assert said.sender.identity == b"https://alice.example/a"
        sealed = bob.take(bob.session.seal(b"back"))
        assert alice.take(alice.session.receive(sealed, NOW)).data == b"back"
        assert max(alice.written, bob.written) <= 1024


def test_a_group_grows_updates_and_shrinks(people: People) -> None:
    alice, bob = people.group("alice", "bob")
    carol, dave, erin = map(people.device, ("carol", "dave", "erin"))
    add([bob, alice], [carol, dave])
    add([dave, alice, bob, carol], [erin])
    everyone = [alice, bob, carol, dave, erin]
    for one in everyone:
        commit([one, *(o for o in everyone if o is not one)])
        agree(everyone)
    remove([carol, alice, dave, erin], bob)
    agree([alice, carol, dave, erin])
    sealed = erin.take(erin.session.seal(b"without bob"))
    assert alice.take(alice.session.receive(sealed, NOW)).data == b"without bob"


def test_who_is_removed_learns_it_and_keeps_nothing(people: People) -> None:
    alice, bob = people.group("alice", "bob")
    staged = alice.take(alice.session.stage(NOW, [Remove(bob.session.own_leaf)]))
    event = bob.take(bob.session.receive(staged.commit, NOW))
    assert isinstance(event, Removed)
    assert event.by is not None and event.by.identity == b"https://alice.example/a"
    assert bob.records == {}
    assert bob.session.over


def test_a_session_survives_a_restart_at_any_step(people: People) -> None:
    alice, bob = people.group("alice", "bob")
    for _ in range(3):
        for one, other in ((alice, bob), (bob, alice)):
            sealed = one.take(one.session.seal(b"x"))
            one.reload()
            assert other.take(other.session.receive(sealed, NOW)).data == b"x"
            other.reload()
            staged = one.take(one.session.stage(NOW))
            one.reload()
            event = other.take(other.session.receive(staged.commit, NOW))
            assert isinstance(event, Committed)
            other.reload()
            assert one.take(one.session.receive(staged.commit, NOW)).own
            one.reload()
            agree([alice, bob])


def test_a_spent_session_raises(people: People) -> None:
    alice, _bob = people.group("alice", "bob")
    old = alice.session
    alice.take(old.seal(b"one"))
    with pytest.raises(Broken):
        old.seal(b"two")
