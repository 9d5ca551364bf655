"""Whom a device seals to: the table of KEY-5.2 row by row, and what follows from it (DEV-16)."""

import pytest

from node.client import leaves
from node.client.conversation_events import (
    DeviceDoubted,
    DoubtSettled,
    KeysChanged,
    MembersChanged,
    MessageReceived,
)
from node.client.exchange import Wait
from node.client.looking import Look, Shown
from node.e2ee.keys.private.pins import Line, SeenLeaf
from node.errors import Forbidden, Missing, Unreachable
from tests.client.certified import Light, Owner
from tests.client.devices import ALICE, BOB, CAROL, MICROS, NOW, Side, befriend

DAY = 86_400
NO_KEYS = Missing("KEY-7.5", "the account has published no keys")
AWAY = Unreachable("beta.test does not answer", beyond=True)
GHOST = "has a device here that is not on their list"


@pytest.fixture
def alice() -> Side:
    return Light("alice", ALICE)


@pytest.fixture
def bob() -> Side:
    return Light("bob", BOB)


@pytest.fixture
def ghost() -> Side:
    """A device that says that it is Bob's."""
    return Light("ghost", BOB)


@pytest.fixture
def carol() -> Side:
    return Light("carol", CAROL)


@pytest.fixture
def owner(bob: Side) -> Owner:
    return Owner(BOB).lists(bob.device)


def state(one: Side, group: str, actor: str = BOB, at: int = NOW) -> str:
    return one.device.trust.standing(group, at)[actor].state


def shows(one: Side, owner: Owner, at: int = NOW):
    """Bob's node answers what it is asked."""
    return one.device.trust.answered(BOB, owner.shown, at)


def sent(one: Side, group: str, text: str = "words") -> bool:
    """Whether what is said goes out."""
    said = one.device.say(group, text, MICROS)
    one.send()
    return one.device.said(group, said.id).sent


def add(one: Side, group: str, other: Side) -> str:
    """A commit that adds a device; its Welcome is given to it."""
    one.device.add(group, {other.actor: other.packages()}, NOW)
    (asked,) = one.send()
    other.get(asked.welcomes[0].content)
    return asked.content


# -- the first leaf ----------------------------------------------------------------------------


@pytest.mark.clause("KEY-5.2", "DEV-16.1", "DEV-16.2")
def test_a_first_certified_leaf_is_confirmed_by_the_published_list_alone(
    alice: Side, bob: Side, owner: Owner
) -> None:
    group = befriend(alice, bob)
    assert state(alice, group) == "unconfirmed" and alice.device.pin_of(BOB) is None
    assert alice.device.trust.wanted(NOW) == [Look(BOB)]
    assert alice.device.trust.answered(BOB, AWAY, NOW) == []
    assert state(alice, group) == "unconfirmed", "nobody has answered"
    assert shows(alice, owner) == []
    assert state(alice, group) == "known" and alice.device.trust.wanted(NOW) == []
    assert sent(alice, group)


@pytest.mark.clause("KEY-5.2", "DEV-16.3", "DEV-16.4")
def test_a_certified_leaf_of_who_publishes_none_is_a_ghost(alice: Side, bob: Side) -> None:
    Owner(BOB).lists(bob.device)
    group = befriend(alice, bob)
    (told,) = alice.device.trust.answered(BOB, NO_KEYS, NOW)
    assert isinstance(told, DeviceDoubted) and "not those that they publish" in told.reason
    assert not sent(alice, group) and isinstance(alice.device.next(NOW), Wait)


@pytest.mark.clause("KEY-5.2", "DEV-16.3")
def test_a_certified_leaf_of_who_publishes_another_root_is_stopped_at(
    alice: Side, bob: Side, owner: Owner
) -> None:
    """Somebody in the group added a self-rooted Bob."""
    group = befriend(alice, bob)
    (told,) = shows(alice, Owner(BOB, "the real Bob"))
    assert isinstance(told, DeviceDoubted) and "began anew" in told.reason
    assert state(alice, group) == "stopped" and not sent(alice, group)


@pytest.mark.clause("KEY-5.2")
def test_who_was_never_certified_and_publishes_nothing_is_spoken_to(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    assert alice.device.trust.answered(BOB, NO_KEYS, NOW) == []
    standing = alice.device.trust.standing(group, NOW)[BOB]
    assert standing.state == "unverifiable" and "cannot be verified" in standing.words
    assert sent(alice, group)


@pytest.mark.clause("KEY-5.2")
def test_an_uncertified_leaf_from_before_is_fine_when_it_is_listed(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    owner = Owner(BOB).lists(bob.device)
    assert shows(alice, owner) == []
    assert state(alice, group) == "known" and sent(alice, group)


@pytest.mark.clause("KEY-5.2", "DEV-16.2")
def test_an_uncertified_leaf_of_who_shows_what_cannot_be_read_is_stopped_at(
    alice: Side, bob: Side
) -> None:
    group = befriend(alice, bob)
    right = Owner(BOB).lists(bob.device).shown
    broken = Shown(right.delegation, right.list[:-1])
    (told,) = alice.device.trust.answered(BOB, broken, NOW)
    assert isinstance(told, DeviceDoubted) and not sent(alice, group)


# -- lists that change ---------------------------------------------------------------------------


@pytest.mark.clause("KEY-5.1", "DEV-16.2")
def test_a_higher_list_is_taken_and_told_in_one_line(
    alice: Side, bob: Side, ghost: Side, owner: Owner
) -> None:
    group = befriend(alice, bob)
    shows(alice, owner)
    assert shows(alice, owner.lists(bob.device, ghost.device)) == [KeysChanged(BOB, 1, 0)]
    assert shows(alice, owner.renews(NOW)) == []
    assert sent(alice, group)


@pytest.mark.clause("KEY-5.1")
def test_a_lower_list_changes_nothing(alice: Side, bob: Side, ghost: Side, owner: Owner) -> None:
    old = owner.shown
    group = befriend(alice, bob)
    shows(alice, owner.lists(bob.device, ghost.device))
    assert alice.device.trust.answered(BOB, old, NOW) == []
    pin = alice.device.pin_of(BOB)
    assert pin is not None and pin.keys.number == (1, 2) and sent(alice, group)


@pytest.mark.clause("KEY-5.1", "KEY-5.2")
def test_two_lists_under_one_number_stop_until_a_higher_one(
    alice: Side, bob: Side, ghost: Side, owner: Owner
) -> None:
    group = befriend(alice, bob)
    shows(alice, owner)
    fork = Owner(BOB)
    fork.lists(ghost.device)
    (told,) = shows(alice, fork)
    assert isinstance(told, DeviceDoubted) and "two different lists" in told.reason
    assert not sent(alice, group)
    alice.reopen()
    assert state(alice, group) == "stopped", "it is on disk"
    settled = shows(alice, owner.lists(bob.device))
    assert DoubtSettled(group, BOB) in settled
    assert [asked.group for asked in alice.send()] == [group], "what was kept goes out"


@pytest.mark.clause("KEY-5.1", "KEY-5.2", "DEV-13.3")
def test_another_root_stops_until_its_person_says_yes(
    alice: Side, bob: Side, ghost: Side, owner: Owner
) -> None:
    group = befriend(alice, bob)
    shows(alice, owner)
    alice.device.verify(BOB)
    anew = Owner(BOB, "anew").lists(bob.device)
    (told,) = shows(alice, anew)
    assert isinstance(told, DeviceDoubted) and "began anew" in told.reason
    assert not sent(alice, group)
    assert shows(alice, anew) == [], "told once"
    root = anew.account.rk.root.public
    with pytest.raises(Missing, match=r"DEV-13\.3"):
        alice.device.trust.accept(BOB, bytes(32), NOW)
    assert alice.device.trust.accept(BOB, root, NOW) == [DoubtSettled(group, BOB)]
    assert state(alice, group) == "known", "and nobody verified it"
    assert alice.send()
    with pytest.raises(Missing, match=r"DEV-13\.3"):
        alice.device.trust.accept(BOB, root, NOW)


@pytest.mark.clause("KEY-5.1")
def test_the_pinned_root_once_more_ends_the_stop(alice: Side, bob: Side, owner: Owner) -> None:
    group = befriend(alice, bob)
    shows(alice, owner)
    shows(alice, Owner(BOB, "a lie of our node"))
    assert state(alice, group) == "stopped"
    assert shows(alice, owner) == [DoubtSettled(group, BOB)] and sent(alice, group)


@pytest.mark.clause("KEY-5.2")
def test_an_old_leaf_under_a_list_that_ended_works_and_is_told(
    alice: Side, bob: Side, owner: Owner
) -> None:
    group = befriend(alice, bob)
    shows(alice, owner)
    later = NOW + 31 * DAY + 1
    assert state(alice, group, at=later - 2) == "known", "a day of grace"
    standing = alice.device.trust.standing(group, later)[BOB]
    assert standing.state == "expired" and "has ended" in standing.words
    assert alice.device.trust.tend(later) == [] and sent(alice, group)


@pytest.mark.clause("KEY-5.2", "DEV-16.6")
def test_a_new_leaf_under_a_list_that_ended_is_not_spoken_to(
    alice: Side, bob: Side, ghost: Side, carol: Side, owner: Owner
) -> None:
    owner.lists(bob.device, ghost.device)
    group = befriend(alice, bob)
    shows(alice, owner)
    later = NOW + 31 * DAY + 1
    packages = {BOB: ghost.packages()}
    with pytest.raises(Forbidden, match=r"KEY-5\.2.*renew"):
        alice.device.add(group, packages, later)
    bob.device.add(group, packages, NOW)
    (asked,) = bob.send()
    told = alice.get(asked.content, at=later * 1_000_000)
    assert isinstance(told[0], DeviceDoubted) and "renew" in told[0].reason
    assert not sent(alice, group)
    assert shows(alice, owner.renews(later), later) == [DoubtSettled(group, BOB)]
    assert alice.send()


# -- leaves of no list ---------------------------------------------------------------------------


@pytest.mark.clause("KEY-5.2", "DEV-16.3", "DEV-16.4", "DEV-16.5")
@pytest.mark.parametrize("certified", [False, True])
def test_a_ghost_is_merged_told_and_taken_out_before_the_next_word(
    alice: Side, bob: Side, ghost: Side, owner: Owner, certified: bool
) -> None:
    group = befriend(alice, bob)
    shows(alice, owner)
    if certified:
        owner.certify(ghost.device)
    doubt, changed = alice.get(add(bob, group, ghost))
    assert isinstance(doubt, DeviceDoubted) and GHOST in doubt.reason
    assert isinstance(changed, MembersChanged), "a bad leaf's commit is merged all the same"
    assert not sent(alice, group, "not for the ghost"), "it may be newer than the list we know"
    assert alice.device.trust.wanted(NOW) == [Look(BOB, "1.2")], (
        "the list that is known is no answer"
    )
    shows(alice, owner)
    commit, words = alice.send()
    bob.get(commit.content)
    assert [one.text for one in bob.get(words.content) if isinstance(one, MessageReceived)]
    ghost.get(commit.content)
    ghost.get(words.content)
    assert ghost.device.history(group) == [] and ghost.device.conversations()[group].left
    assert state(alice, group) == "known" and alice.device.conversations()[group].members == [
        ALICE,
        BOB,
    ]


@pytest.mark.clause("DEV-16.5")
def test_words_that_were_sealed_before_a_revocation_was_learnt_are_sealed_anew_after_the_remove(
    alice: Side, bob: Side, ghost: Side, owner: Owner
) -> None:
    """Alice was offline while Bob took his lost phone off his list."""
    owner.lists(bob.device, ghost.device)
    group = befriend(alice, bob)
    shows(alice, owner)
    alice.get(add(bob, group, ghost))
    said = alice.device.say(group, "not for the lost phone", MICROS)
    (sealed,) = alice.device.owed()
    assert sealed.content
    shows(alice, owner.lists(bob.device))
    alice.reopen()
    assert [owed.content for owed in alice.device.owed()] == [b""]
    commit, words = alice.send()
    assert words.content != sealed.content and alice.device.said(group, said.id).sent
    for one in (bob, ghost):
        one.get(commit.content)
        one.get(words.content)
    assert [row.text for row in bob.device.history(group)] == ["not for the lost phone"]
    assert ghost.device.history(group) == []


@pytest.mark.clause("DEV-16.5")
def test_a_commit_that_is_under_way_goes_out_before_the_remove(
    alice: Side, bob: Side, ghost: Side, owner: Owner
) -> None:
    owner.lists(bob.device, ghost.device)
    group = befriend(alice, bob)
    shows(alice, owner)
    alice.get(add(bob, group, ghost))
    alice.device.say(group, "not for the lost phone", MICROS)
    alice.device.refresh(group, NOW)
    under_way = alice.device.owed()[-1].content
    shows(alice, owner.lists(bob.device))
    first, remove, words = alice.send()
    assert first.content == under_way
    for sent in (first, remove, words):
        bob.get(sent.content)
        ghost.get(sent.content)
    assert [row.text for row in bob.device.history(group)] == ["not for the lost phone"]
    assert ghost.device.history(group) == []


@pytest.mark.clause("DEV-16.4")
def test_words_that_were_sealed_before_a_stop_are_kept_unsealed(
    alice: Side, bob: Side, owner: Owner
) -> None:
    group = befriend(alice, bob)
    shows(alice, owner)
    alice.device.say(group, "kept", MICROS)
    shows(alice, Owner(BOB, "anew").lists(bob.device))
    assert [owed.content for owed in alice.device.owed()] == [b""] and not alice.send()
    shows(alice, owner)
    (words,) = alice.send()
    (heard,) = bob.get(words.content)
    assert isinstance(heard, MessageReceived) and heard.text == "kept"


def crowd(alice: Side, count: int) -> tuple[str, dict[str, Owner]]:
    """A group of Alice and so many others, of whose keys she knows nothing."""
    owners, packages = dict[str, Owner](), dict[str, list[bytes]]()
    for number in range(count):
        one = Light(f"one {number}", f"https://beta.test/a/{number}")
        owners[one.actor] = Owner(one.actor).lists(one.device)
        packages[one.actor] = one.packages()
    group = alice.device.start(packages, NOW)
    alice.send()
    return group, owners


@pytest.mark.clause("DEV-16.3")
def test_an_answer_about_one_of_many_judges_nobody_else(
    alice: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    group, owners = crowd(alice, 12)
    judged, judge = list[str](), leaves.judge_leaf

    def counted(seen: SeenLeaf) -> Line[SeenLeaf]:
        judged.append(group)
        return judge(seen)

    monkeypatch.setattr(leaves, "judge_leaf", counted)
    for number, (actor, owner) in enumerate(owners.items()):
        answer = Owner(actor, "another").shown if number == 0 else owner.shown
        alice.device.trust.answered(actor, answer, NOW)
    assert len(judged) <= 3 * len(owners), "each once, and again who is in doubt"
    standing = alice.device.trust.standing(group, NOW)
    states = [one.state for actor, one in standing.items() if actor in owners]
    assert states.count("stopped") == 1 and states.count("known") == 11


@pytest.mark.clause("DEV-16.3")
def test_what_is_in_doubt_is_at_hand(
    alice: Side, bob: Side, ghost: Side, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = befriend(alice, bob)
    shows(alice, owner)
    alice.get(add(bob, group, ghost))
    alice.reopen()
    alice.device.trust.tend(NOW)
    read, names = alice.rows.read, list[str]()
    monkeypatch.setattr(alice.rows, "read", lambda name: names.append(name) or read(name))
    assert (
        alice.device.trust.wanted(NOW) == [Look(BOB, "1.2")] and alice.device.trust.tend(NOW) == []
    )
    assert not [name for name in names if name.startswith("met/")]


@pytest.mark.clause("KEY-5.2", "DEV-16.1", "DEV-16.3")
def test_a_certificate_above_the_pin_is_admitted_for_a_minute(
    alice: Side, bob: Side, ghost: Side, owner: Owner
) -> None:
    group = befriend(alice, bob)
    shows(alice, owner)
    owner.lists(bob.device, ghost.device)
    alice.get(add(bob, group, ghost))
    assert state(alice, group) == "unconfirmed" and sent(alice, group)
    assert alice.device.trust.wanted(NOW) == [Look(BOB, "1.2")]
    assert alice.device.trust.tend(NOW + 60) == []
    (told,) = alice.device.trust.tend(NOW + 61)
    assert isinstance(told, DeviceDoubted) and GHOST in told.reason
    alice.reopen()
    assert not sent(alice, group)
    assert alice.device.trust.wanted(NOW + 61) == [Look(BOB, "1.2")], "it is asked for all the same"
    events = alice.device.trust.answered(BOB, owner.shown, NOW + 62)
    assert events == [KeysChanged(BOB, 1, 0), DoubtSettled(group, BOB)]
    assert alice.send()


@pytest.mark.clause("KEY-5.2", "DEV-16.5")
def test_who_is_off_the_list_is_out_before_the_next_word(
    alice: Side, bob: Side, ghost: Side, owner: Owner
) -> None:
    phone = ghost
    owner.lists(bob.device, phone.device)
    group = befriend(alice, bob)
    shows(alice, owner)
    alice.get(add(bob, group, phone))
    assert sent(alice, group)
    owner.lists(bob.device)
    events = shows(alice, owner, NOW + 1)
    assert isinstance(events[1], DeviceDoubted) and KeysChanged(BOB, 0, 1) in events
    alice.device.say(group, "not for the phone", MICROS)
    commit, words = alice.send()
    for one in (bob, phone):
        one.get(commit.content)
        one.get(words.content)
    assert [row.text for row in bob.device.history(group)][-1] == "not for the phone"
    assert not any(row.text == "not for the phone" for row in phone.device.history(group))


@pytest.mark.clause("DEV-16.4")
def test_a_stop_leaves_the_way_out_open(alice: Side, bob: Side, carol: Side) -> None:
    group = befriend(alice, bob)
    bob.get(add(alice, group, carol))
    owner = Owner(BOB).lists(bob.device)
    shows(alice, owner)
    alice.device.trust.answered(CAROL, NO_KEYS, NOW)
    shows(alice, Owner(BOB, "anew"))
    assert not sent(alice, group, "to Carol alone")
    alice.device.remove(group, [BOB], NOW)
    commit, words = alice.send()
    carol.get(commit.content)
    assert [one.text for one in carol.get(words.content)] == ["to Carol alone"]
    assert alice.device.held(group) is None


@pytest.mark.clause("DEV-16.8", "DEV-10.3")
def test_who_has_no_listed_device_left_stays_in_the_conversation(
    alice: Side, bob: Side, ghost: Side, owner: Owner
) -> None:
    group = befriend(alice, bob)
    shows(alice, owner)
    shows(alice, owner.lists(ghost.device), NOW + 1)
    assert not sent(alice, group, "for the new phone")
    assert alice.device.between(BOB) == [group]
    assert "new device" in str(alice.device.held(group))
    alice.device.add(group, {BOB: ghost.packages()}, NOW + 2)
    added, words = alice.send()
    ghost.get(added.welcomes[0].content)
    ghost.get(words.content)
    assert [row.text for row in ghost.device.history(group)] == ["for the new phone"]


# -- who is to be added --------------------------------------------------------------------------


@pytest.mark.clause("DEV-16.6")
def test_a_ghosts_key_package_is_left_out_and_told(
    alice: Side, bob: Side, ghost: Side, owner: Owner
) -> None:
    shows(alice, owner)
    packages = [*bob.packages(), *ghost.packages()]
    kept, told = alice.device.trust.sift(BOB, packages, NOW)
    assert kept == packages[:1]
    assert [GHOST in one.reason for one in told if isinstance(one, DeviceDoubted)] == [True]
    with pytest.raises(Forbidden, match=r"KEY-5\.2"):
        alice.device.start({BOB: packages}, NOW)
    assert alice.device.conversations() == {}
    alice.device.start({BOB: kept}, NOW)


@pytest.mark.clause("DEV-16.1", "DEV-16.6")
def test_a_package_that_is_newer_than_the_list_asks_for_the_list(
    alice: Side, bob: Side, ghost: Side, owner: Owner
) -> None:
    shows(alice, owner)
    owner.lists(bob.device, ghost.device)
    packages = ghost.packages()
    assert alice.device.trust.ahead_of(BOB, packages, NOW) == [Look(BOB, "1.2")]
    shows(alice, owner)
    assert alice.device.trust.ahead_of(BOB, packages, NOW) == []
    assert alice.device.trust.sift(BOB, packages, NOW) == (packages, [])


@pytest.mark.clause("DEV-16.1")
def test_keys_are_asked_for_again_before_words_of_the_next_day(
    alice: Side, bob: Side, owner: Owner
) -> None:
    assert alice.device.trust.before_adding(BOB, NOW) == [Look(BOB)]
    group = befriend(alice, bob)
    shows(alice, owner)
    assert alice.device.trust.before_words(group, NOW + DAY) == []
    assert alice.device.trust.before_words(group, NOW + DAY + 1) == [Look(BOB)]
    assert alice.device.trust.before_adding(BOB, NOW + DAY + 1) == [Look(BOB)]
    assert alice.device.trust.wanted(NOW + DAY + 1) == [], "nobody speaks"


@pytest.mark.clause("DEV-16.2", "KEY-5.1")
def test_a_node_that_says_that_there_are_no_keys_any_more_is_not_believed(
    alice: Side, bob: Side, ghost: Side, owner: Owner
) -> None:
    group = befriend(alice, bob)
    shows(alice, owner)
    assert alice.device.trust.answered(BOB, NO_KEYS, NOW) == []
    (doubt, _) = alice.get(add(bob, group, ghost))
    assert isinstance(doubt, DeviceDoubted) and state(alice, group) == "stopped"


@pytest.mark.clause("DEV-16.9", "DEV-12.8", "KEY-3.6")
def test_a_commit_brings_the_certificate_into_a_group_from_before(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    owner = Owner(BOB).lists(bob.device)
    bob.device.refresh(group, NOW)
    (commit,) = bob.send()
    alice.get(commit.content)
    (leaf,) = [one for one in alice.device.trust._leaves.of_group(group, NOW) if one.actor == BOB]
    assert leaf.seen.certified is not None
    assert leaf.seen.certified.delegation.root == owner.account.rk.root.public


# -- our own account -----------------------------------------------------------------------------


@pytest.mark.clause("DEV-16.7", "DEV-16.11")
def test_a_device_that_came_by_a_password_alone_speaks_to_nobody(
    alice: Side, bob: Side, ghost: Side
) -> None:
    group = befriend(alice, bob)
    own = Owner(ALICE).lists(ghost.device)
    (told,) = alice.device.trust.seen_own(own.shown, NOW)
    assert isinstance(told, DeviceDoubted) and "kith link start" in told.reason
    assert not sent(alice, group)
    with pytest.raises(Forbidden, match=r"KEY-5\.2: .*kith link start") as refused:
        alice.device.start({BOB: bob.packages()}, NOW)
    assert refused.value.params == {"seen": told.seen, "actor": ALICE}
    assert told.seen == "this device, not listed", "other programs have other words for it"
    settled = alice.device.trust.seen_own(own.lists(ghost.device, alice.device).shown, NOW)
    assert DoubtSettled(group, ALICE) in settled and alice.send()


@pytest.mark.clause("DEV-16.7", "DEV-16.5")
def test_a_ghost_of_ones_own_account_is_taken_out(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    own = Owner(ALICE).lists(alice.device)
    alice.device.trust.seen_own(own.shown, NOW)
    evil = Light("evil", ALICE)
    doubt, _ = alice.get(add(bob, group, evil))
    assert isinstance(doubt, DeviceDoubted) and "your account has a device" in doubt.reason
    assert Look(ALICE, "1.2") in alice.device.trust.wanted(NOW)
    alice.device.trust.seen_own(own.shown, NOW)
    alice.device.say(group, "not for the evil one", MICROS)
    for asked in alice.send():
        bob.get(asked.content)
        evil.get(asked.content)
    assert [row.text for row in bob.device.history(group)] == ["not for the evil one"]
    assert evil.device.history(group) == []


@pytest.mark.clause("KEY-5.2", "DEV-16.3")
def test_who_joins_judges_everybody(alice: Side, bob: Side, carol: Side, owner: Owner) -> None:
    alice.device.trust.answered(CAROL, NO_KEYS, NOW)
    alice.device.trust.answered(BOB, Owner(BOB, "the real Bob").shown, NOW)
    carol.device.start({BOB: bob.packages(), ALICE: alice.packages()}, NOW)
    (founding,) = carol.send()
    told = alice.get(founding.welcomes[0].content)
    assert isinstance(told[0], DeviceDoubted) and told[0].actor == BOB
    assert not sent(alice, told[-1].conversation)
