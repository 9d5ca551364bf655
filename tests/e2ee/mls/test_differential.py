"""Mixed groups: each member is ours or on ts-mls at random, and all agree at every step.

Equal are the epoch authenticator, an exported secret, the tree hash and the roster. ts-mls stands
beside, not above: where the two differ, `companion.py` says which clause of RFC 9420 decides.
"""

from collections.abc import Iterator

import pytest

from node.e2ee.mls.private.hpke import decrypt_with_label
from node.e2ee.mls.private.session import Session
from node.e2ee.mls.public.commit import Commit
from node.e2ee.mls.public.framing import PublicMessage, parse_message
from node.errors import Refused
from tests.e2ee.mls import companion
from tests.e2ee.mls.histories import History, walk
from tests.e2ee.mls.mixed import Item, Member, Ours, Theirs, Town
from tests.e2ee.mls.peering import IN_CI, Peer, PeerError, why_absent

# 6 seeds, 2 suites, 40 steps: 480 steps. `tools/soak` takes 10,000.
STEPS = 40
# (seed, suite, chance of ts-mls, members at most, steps, weight of ReInit) of every history that
# ever failed.
FAILED = [
    # ts-mls sealed a path to the leaf key from before the Update that the commit held.
    (102, 1, 0.5, 9, 60, 0),
    (102, 3, 0.5, 9, 60, 0),
    # ts-mls sealed a path for a newcomer too.
    (2000, 1, 0.5, 10, 80, 0),
    # The test gave a wrong commit to a member of ours whom it removed, which left.
    (10012, 1, 0.5, 8, 80, 0),
    # The test asked one who was out already.
    (20007, 1, 0.5, 7, 80, 0),
    # ts-mls never came to an end with a commit that removed it and shrank the tree.
    (5, 1, 0.5, 7, 40, 0),
]


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    reason = why_absent()
    if reason is not None and IN_CI:
        pytest.fail(reason)
    if reason is not None:
        pytest.skip(reason)
    peer = Peer()
    yield peer
    peer.close()


@pytest.mark.slow
@pytest.mark.parametrize("suite", [1, 3])
@pytest.mark.parametrize("seed", range(6))
def test_mixed_groups_agree(peer: Peer, seed: int, suite: int) -> None:
    history = History(Town(suite, seed, peer), seed, largest=7, theirs=0.5)
    walk(history, STEPS)
    assert history.earlier + history.epoch > 5


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "suite", "theirs", "largest", "steps", "reinits"), FAILED)
def test_a_mixed_history_that_once_failed(
    peer: Peer, seed: int, suite: int, theirs: float, largest: int, steps: int, reinits: int
) -> None:
    walk(History(Town(suite, seed, peer), seed, largest, theirs, reinits=reinits), steps)


def _gather(members: list[Member], *newcomers: Member, path: bool = True) -> None:
    """The first of `members` adds `newcomers`."""
    items = [Item("add", key_package=newcomer.package()) for newcomer in newcomers]
    welcome = _commit(members, items, path=path)
    assert welcome is not None
    for newcomer in newcomers:
        newcomer.join(welcome)
    members.extend(newcomers)


def _commit(members: list[Member], items: list[Item], path: bool = True) -> bytes | None:
    first, *others = members
    commit = first.stage(items, open=False, path=path)
    for other in others:
        assert other.receive(commit)[0] == "commit"
    return first.merge()


def _clause_of(member: Member, message: bytes) -> str:
    with pytest.raises(Refused) as caught:
        member.receive(message)
    return caught.value.clause


def test_ts_mls_makes_no_path_for_one_remove(peer: Peer) -> None:
    town = Town(1, 0, peer)
    members: list[Member] = [Ours(town, "alice")]
    members[0].create()
    _gather(members, Theirs(town, "bob"), Ours(town, "carol"))
    commit = members[1].stage([Item("remove", leaf=2)], open=False, path=True)
    assert _clause_of(members[0], commit) == companion.NO_PATH.clause


def test_ts_mls_seals_a_path_to_the_key_before_an_update(peer: Peer) -> None:
    town = Town(1, 0, peer)
    members: list[Member] = [Ours(town, "alice")]
    members[0].create()
    _gather(members, Ours(town, "bob"), Theirs(town, "carol"), Ours(town, "dave"))
    alice, bob, carol, dave = members
    for by in (alice, bob):
        message = by.propose(None, open=False)
        for other in members:
            if other is not by:
                other.receive(message)
    commit = carol.stage([], open=False, path=True)
    assert _clause_of(alice, commit) == _clause_of(bob, commit) == companion.OLD_KEY.clause
    # Whose key is the same before and after the proposals can read it: it is a fork.
    assert dave.receive(commit)[0] == "commit"


def test_ts_mls_seals_a_path_to_who_was_removed(peer: Peer) -> None:
    """Two removes and an add: the newcomer's ciphertext is for who had the leaf before (!)."""
    town = Town(1, 0, peer)
    members: list[Member] = [Ours(town, "alice")]
    alice, bob, carol, dave = (
        members[0],
        Theirs(town, "bob"),
        Ours(town, "carol"),
        Ours(town, "dave"),
    )
    assert isinstance(alice, Ours)
    alice.create()
    _gather(members, bob, carol, dave)
    items = [Item("add", key_package=Ours(town, "erin").package())]
    items += [Item("remove", leaf=leaf) for leaf in (2, 3)]
    message = bob.stage(items, open=True, path=True)
    assert _clause_of(alice, message) == companion.NEW_LEAF.clause
    body = parse_message(message)
    assert isinstance(body, PublicMessage) and isinstance(body.content.content, Commit)
    path = body.content.content.path
    assert path is not None
    bob.merge()
    old = alice.session.group.context
    context = old.next(bob.view().tree, old.extensions).encode()
    gone = Session.load(carol.records, carol.means)._live.epoch.keys[2 * 2]
    sealed = path.nodes[-1].encrypted_path_secret[-1]
    assert len(decrypt_with_label(old.suite, gone, b"UpdatePathNode", context, sealed)) == 32


def test_ts_mls_refuses_a_tree_whose_unmerged_leaves_are_not_equal(peer: Peer) -> None:
    town = Town(1, 0, peer)
    members: list[Member] = [Ours(town, "m0")]
    members[0].create()
    _gather(members, *(Ours(town, f"m{i}") for i in range(1, 7)))
    _commit([members[4], *(m for m in members if m is not members[4])], [])
    _gather(members, Ours(town, "m7"), path=False)
    _commit(members, [])  # the root lists nobody now, the parent of the right half still the last
    ours = Ours(town, "m8")
    _gather(members, ours, path=False)
    theirs = Theirs(town, "m9")
    with pytest.raises(PeerError, match="unmerged_leaves"):
        _gather(members, theirs, path=False)
    assert ours.view() == members[0].view()
