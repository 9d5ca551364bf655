"""Who takes part changes: what a device means to do is kept until it has come true."""

from pathlib import Path

import pytest

from node.client.conversation_events import (
    ChangeDropped,
    ConversationJoined,
    ConversationLeft,
    MembersChanged,
    MessageReceived,
)
from node.client.exchange import Fetch, Send, Tell, Wait
from node.errors import Forbidden, Full, TooMuch, Unreachable
from tests.client.devices import ALICE, BOB, CAROL, MICROS, NOW, Side, befriend, pass_on, side

DAY = 86400


def three(alice: Side, bob: Side, carol: Side) -> str:
    """A conversation of three that Alice began."""
    group = befriend(alice, bob)
    alice.device.add(group, {CAROL: carol.packages()}, NOW)
    (commit,) = alice.send()
    assert alice.told == [MembersChanged(group, (CAROL,), ())]
    assert bob.get(commit.content) == [MembersChanged(group, (CAROL,), ())]
    (joined,) = carol.get(commit.welcomes[0].content)
    assert joined == ConversationJoined(group, ALICE, (ALICE, CAROL, BOB))
    alice.told.clear()
    return group


def same(group: str, *sides: Side) -> bool:
    return len({each.device.authenticator(group) for each in sides}) == 1


def fetched(loser: Side, *winners: Send) -> list[object]:
    """The loser reads what came first."""
    assert loser.device.next(NOW) == Fetch()
    found = [event for winner in winners for event in loser.get(winner.content)]
    return [*found, *loser.accept(Fetch())]


@pytest.mark.clause("DEV-4.2")
def test_somebody_is_added_and_talks_with_all(alice: Side, bob: Side, carol: Side) -> None:
    group = three(alice, bob, carol)
    for one in (alice, bob, carol):
        assert one.device.conversations()[group].members == [ALICE, CAROL, BOB]
    carol.device.say(group, "hello, both", MICROS)
    heard = pass_on(carol, alice, bob)
    assert [one.text for one in heard if isinstance(one, MessageReceived)] == ["hello, both"] * 2
    assert same(group, alice, bob, carol)


@pytest.mark.clause("DEV-4.2")
def test_one_welcome_is_for_all_who_are_added(alice: Side, bob: Side, carol: Side) -> None:
    group = alice.device.start({BOB: bob.packages(), CAROL: carol.packages()}, NOW)
    founding = alice.next()
    (welcome,) = founding.welcomes
    assert welcome.to == [CAROL, BOB]
    alice.accept(founding)
    for one in (bob, carol):
        assert isinstance(one.get(welcome.content)[0], ConversationJoined)
    assert same(group, alice, bob, carol)


@pytest.mark.clause("DEV-4.2", "E2E-3.2")
def test_somebody_is_removed_with_all_their_devices(
    alice: Side, bob: Side, carol: Side, tmp_path: Path
) -> None:
    group = three(alice, bob, carol)
    with side(tmp_path / "laptop", CAROL) as laptop:
        alice.device.add(group, {CAROL: laptop.packages()}, NOW)
        (commit,) = alice.send()
        assert commit.removed == []
        for one in (bob, carol):
            one.get(commit.content)
        laptop.get(commit.welcomes[0].content)
        bob.device.remove(group, [CAROL], NOW)
        (commit,) = bob.send()
        assert commit.removed == [CAROL]
        for one in (carol, laptop):
            assert one.get(commit.content) == [ConversationLeft(group, BOB)]
            assert one.vault.names("group/") == []
            with pytest.raises(Exception, match=r"E2E-5\.6"):
                one.device.say(group, "hello?", MICROS)
        alice.get(commit.content)
    assert alice.device.conversations()[group].members == [ALICE, BOB]
    assert same(group, alice, bob)


@pytest.mark.clause("DEV-4.4")
@pytest.mark.parametrize("restarted", [False, True])
def test_an_add_that_lost_is_made_anew(
    alice: Side, bob: Side, carol: Side, restarted: bool
) -> None:
    group = befriend(alice, bob)
    bob.device.refresh(group, NOW)
    alice.device.add(group, {CAROL: carol.packages()}, NOW)
    (winner,) = bob.send()
    first = alice.next()
    alice.lose(first)
    if restarted:
        alice.reopen()
        alice.get(winner.content)
    else:
        fetched(alice, winner)
    anew = alice.next()
    assert anew.row == first.row
    assert anew.content != first.content
    alice.told += alice.accept(anew)
    assert alice.told == [MembersChanged(group, (CAROL,), ())]
    bob.get(anew.content)
    assert isinstance(carol.get(anew.welcomes[0].content)[0], ConversationJoined)
    assert same(group, alice, bob, carol)


@pytest.mark.clause("DEV-4.4")
def test_a_remove_that_lost_is_made_anew(alice: Side, bob: Side, carol: Side) -> None:
    group = three(alice, bob, carol)
    bob.device.refresh(group, NOW)
    alice.device.remove(group, [CAROL], NOW)
    said = alice.device.say(group, "now it is us", MICROS)
    (winner,) = bob.send()
    carol.get(winner.content)
    alice.lose(alice.next())
    fetched(alice, winner)
    anew, words = alice.send()
    assert anew.removed == [CAROL]
    assert carol.get(anew.content) == [ConversationLeft(group, ALICE)]
    bob.get(anew.content)
    (heard,) = bob.get(words.content)
    assert (heard.id, heard.text) == (said.id, "now it is us")


@pytest.mark.clause("DEV-4.4")
def test_a_winner_that_comes_before_the_answer_makes_it_anew_too(
    alice: Side, bob: Side, carol: Side
) -> None:
    group = befriend(alice, bob)
    bob.device.refresh(group, NOW)
    alice.device.add(group, {CAROL: carol.packages()}, NOW)
    on_its_way = alice.next()
    (winner,) = bob.send()
    alice.get(winner.content)
    alice.lose(on_its_way)
    (anew,) = alice.send()
    bob.get(anew.content)
    assert isinstance(carol.get(anew.welcomes[0].content)[0], ConversationJoined)


@pytest.mark.clause("DEV-4.5")
def test_what_others_did_first_is_dropped_and_told(alice: Side, bob: Side, carol: Side) -> None:
    group = befriend(alice, bob)
    bob.device.add(group, {CAROL: carol.packages()}, NOW)
    alice.device.add(group, {CAROL: carol.packages()}, NOW)
    (winner,) = bob.send()
    alice.lose(alice.next())
    fetched(alice, winner)
    carol.get(winner.welcomes[0].content)
    assert alice.send() == []
    (told,) = alice.told
    assert isinstance(told, ChangeDropped)
    assert (told.change, told.actors, told.clause) == ("add", (CAROL,), "DEV-4.5")
    assert alice.device.owed() == []

    alice.told.clear()
    for one in (alice, bob):
        one.device.remove(group, [CAROL], NOW)
    (winner,) = bob.send()
    alice.lose(alice.next())
    fetched(alice, winner)
    assert alice.send() == []
    assert [(one.change, one.clause) for one in alice.told] == [("remove", "DEV-4.5")]


@pytest.mark.clause("DEV-4.5")
def test_a_change_that_is_none_is_refused(alice: Side, bob: Side, carol: Side, refused) -> None:
    group = befriend(alice, bob)
    with refused("DEV-4.5"):
        alice.device.add(group, {BOB: bob.packages()}, NOW)
    for actors in ([CAROL], [ALICE], []):
        with refused("DEV-4.5"):
            alice.device.remove(group, actors, NOW)
    with refused("E2E-5.1"):
        alice.device.add(group, {CAROL: bob.packages()}, NOW)
    with refused("E2E-5.6"):
        alice.device.add("00", {CAROL: carol.packages()}, NOW)
    assert alice.device.owed() == []


@pytest.mark.clause("DEV-4.6")
def test_a_change_that_is_refused_takes_no_words_with_it(
    alice: Side, bob: Side, carol: Side
) -> None:
    group = befriend(alice, bob)
    alice.device.add(group, {CAROL: carol.packages()}, NOW)
    said = alice.device.say(group, "we two then", MICROS)
    (told,) = alice.device.tell(alice.next(), Forbidden("E2E-3.7", "no friend of yours"), NOW)
    assert told == ChangeDropped(group, "add", (CAROL,), "E2E-3.7", "no friend of yours")
    (heard,) = pass_on(alice, bob)
    assert heard.id == said.id
    assert alice.device.conversations()[group].members == [ALICE, BOB]


@pytest.mark.clause("DEV-4.6")
def test_a_package_that_is_too_old_by_then_is_told(alice: Side, bob: Side, carol: Side) -> None:
    group = befriend(alice, bob)
    alice.device.refresh(group, NOW)  # it goes first
    alice.device.add(group, {CAROL: carol.packages()}, NOW)
    alice.accept(alice.next())
    asked = alice.device.next(NOW + 60 * DAY)
    assert isinstance(asked, Tell)
    assert [(one.change, one.clause) for one in asked.events] == [("add", asked.error.clause)]
    assert asked.error.clause.startswith("MLS-")
    assert alice.device.next(NOW) == Wait()


@pytest.mark.clause("DEV-4.7")
def test_who_wishes_to_leave_is_taken_out_by_the_first_who_stays(
    alice: Side, bob: Side, carol: Side
) -> None:
    group = three(alice, bob, carol)
    assert carol.device.leave(group, NOW) == []
    (proposal,) = carol.send()
    carol.reopen()
    assert carol.device.next(NOW) == Wait()
    with pytest.raises(Exception, match=r"E2E-5\.6"):
        carol.device.say(group, "one more thing", MICROS)
    for one in (alice, bob):
        assert one.get(proposal.content) == []
    assert not bob.device.has_work
    (commit,) = alice.send()
    assert commit.removed == [CAROL]
    assert carol.get(commit.content) == [ConversationLeft(group, CAROL)]
    assert bob.get(commit.content) == [MembersChanged(group, (), (CAROL,))]
    assert carol.device.owed() == []
    assert same(group, alice, bob)


@pytest.mark.clause("DEV-4.7", "E2E-5.7")
def test_whoever_speaks_next_commits_a_leave_too(alice: Side, bob: Side, carol: Side) -> None:
    group = three(alice, bob, carol)
    carol.device.leave(group, NOW)
    (proposal,) = carol.send()
    for one in (alice, bob):
        one.get(proposal.content)
    bob.device.say(group, "good bye", MICROS)
    commit, words = bob.send()
    assert commit.removed == [CAROL]
    alice.get(commit.content)
    assert alice.send() == []  # there is nothing left to commit, and nothing to tell of it
    assert alice.told == []
    assert alice.get(words.content)[0].text == "good bye"


@pytest.mark.clause("DEV-4.4", "DEV-4.7")
def test_a_leave_is_proposed_anew_when_a_commit_did_not_take_it_up(
    alice: Side, bob: Side, carol: Side
) -> None:
    group = three(alice, bob, carol)
    bob.device.refresh(group, NOW)
    (unaware,) = bob.send()
    carol.device.leave(group, NOW)
    (lost,) = carol.send()
    for one in (alice, carol):
        one.get(unaware.content)
    (anew,) = carol.send()
    assert anew.content != lost.content
    alice.get(anew.content)
    (commit,) = alice.send()
    assert carol.get(commit.content) == [ConversationLeft(group, CAROL)]


@pytest.mark.clause("DEV-4.7")
def test_who_is_alone_leaves_at_once(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    alice.device.remove(group, [BOB], NOW)
    alice.send()
    assert alice.device.leave(group, NOW) == [ConversationLeft(group, ALICE)]
    assert alice.device.conversations()[group].left
    assert alice.vault.names("group/") == []


@pytest.mark.clause("DEV-5.5")
def test_who_was_removed_can_be_added_again(alice: Side, bob: Side, carol: Side) -> None:
    group = three(alice, bob, carol)
    alice.device.remove(group, [CAROL], NOW)
    alice.device.add(group, {CAROL: carol.packages()}, NOW)
    out, again = alice.send()
    bob.get(out.content)
    bob.device.say(group, "without her", MICROS)
    (unheard,) = bob.send()
    bob.get(again.content)
    bob.device.say(group, "and with her", MICROS)
    (early,) = bob.send()
    assert carol.get(out.content) == [ConversationLeft(group, ALICE)]
    assert [carol.get(each.content) for each in (unheard, early)] == [[], []]
    carol.reopen()
    joined, heard = carol.get(again.welcomes[0].content)
    assert isinstance(joined, ConversationJoined)
    assert heard.text == "and with her"
    assert carol.vault.names("parked/") == []
    assert same(group, alice, bob, carol)
    assert not carol.device.conversations()[group].left


@pytest.mark.clause("DEV-3.4")
def test_who_does_not_answer_holds_back_only_what_needs_them(alice: Side, bob: Side) -> None:
    first, second = befriend(alice, bob), befriend(alice, bob)
    for group in (first, second):
        alice.device.say(group, "hello", MICROS)
    away = Unreachable("their relay is away", beyond=True)
    assert alice.device.tell(alice.next(), away, NOW) == []
    (sent,) = alice.send()
    assert sent.group == second
    assert alice.device.next(NOW) == Wait(away)
    assert alice.device.held(first) is away
    assert not alice.device.has_work
    alice.device.retry()
    assert alice.next().group == first

    home = Unreachable("our own node is away")
    alice.device.say(second, "and you?", MICROS)
    alice.device.tell(alice.next(), home, NOW)
    assert alice.device.next(NOW) == Wait(home)


@pytest.mark.clause("DEV-3.2")
def test_conversations_come_in_the_order_of_what_was_owed_first(alice: Side, bob: Side) -> None:
    groups = [befriend(alice, bob) for _ in range(6)]
    for group in reversed(groups):
        alice.device.say(group, "first", MICROS)
    for group in groups:
        alice.device.say(group, "second", MICROS)
    sent = [each.group for each in alice.send()]
    assert sent == [*reversed(groups), *groups]


@pytest.mark.clause("DEV-3.4", "E2E-4.7", "FED-12.8")
@pytest.mark.parametrize("seconds", [600, None])
def test_what_is_full_for_now_waits_and_what_is_too_much_is_told(
    alice: Side, bob: Side, seconds: int | None
) -> None:
    group = befriend(alice, bob)
    said = alice.device.say(group, "hello", MICROS)
    full = Full("E2E-4.7", "no room", retry_after_seconds=seconds)
    assert alice.device.tell(alice.next(), full, NOW) == []
    assert alice.device.next(NOW) == Wait(full)
    alice.device.retry()
    (told,) = alice.device.tell(alice.next(), TooMuch("E2E-1.3", "too long"), NOW)
    assert (told.id, told.clause) == (said.id, "E2E-1.3")


@pytest.mark.clause("DEV-3.5")
def test_who_loses_every_race_pauses(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    alice.device.say(group, "let me speak", MICROS)
    races = 0
    while not isinstance(asked := alice.device.next(NOW), Wait):
        if isinstance(asked, Fetch):
            alice.accept(asked)
            continue
        races += 1
        alice.lose(asked)
        bob.device.refresh(group, NOW)
        (winner,) = bob.send()
        alice.get(winner.content)
    assert isinstance(asked, Wait)
    assert isinstance(asked.reason, Unreachable)
    assert races == 8
    alice.device.retry()
    assert pass_on(alice, bob)[0].text == "let me speak"
