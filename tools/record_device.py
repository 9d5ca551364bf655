"""Write the transcripts of devices: `.venv/bin/python -m tools.record_device [--check]`.

Each scenario is a few devices that hear each other through nothing but lists. The same bytes each
time (spec DEV-7).
"""

import base64
import sys
from collections.abc import Callable
from typing import Any

from node.client import parked
from node.client.exchange import Accepted, Created, LostRace
from node.e2ee.mls.public.framing import APPLICATION, COMMIT, PrivateMessage, encode_message
from node.errors import Conflict, Forbidden, Full, Missing, NodeError, Unreachable
from node.testing.fakes import FakeEntropy
from tests.client.transcripts import FOLDER, Recorder
from tools import record_groups, record_said, record_trust
from tools.scenarios import (
    DAY,
    URL,
    Scenario,
    contents,
    id_of,
    public_seal,
    put,
    returned,
)


def first_contact(it: Scenario) -> None:
    alice, bob = it.device("alice"), it.device("bob", "beta.test")
    bob.do("new_packages", count=2, last_resort=True, now=it.now)
    group = it.meet(alice, bob)
    alice.do("remember", handle="@bob@beta.test", actor=bob.actor)
    it.say(alice, group, "hello, Bob")
    it.give(bob, *contents(it.send(alice)))
    it.say(bob, group, "hello,\nAlice <3 & all")
    it.give(alice, *contents(it.send(bob)))


def many_words(it: Scenario) -> None:
    alice, bob = it.device("alice"), it.device("bob", "beta.test")
    group = it.meet(alice, bob)
    for number in range(3):
        it.say(alice, group, f"{number}")
    words = contents(it.send(alice))
    it.give(bob, *words)
    bob.do("receive", items=[], now=it.now)
    it.give(bob, words[0])  # the node repeats itself under another number


def lost_words(it: Scenario) -> None:
    alice, bob = it.device("alice"), it.device("bob", "beta.test")
    group = it.meet(alice, bob)
    it.say(alice, group, "sealed too early")
    it.say(alice, group, "and so was this")
    commits = it.go_on(bob, group)
    it.next(alice)
    it.tell(alice, LostRace())
    it.next(alice)
    it.give(alice, *commits)
    it.tell(alice, Accepted())
    it.give(bob, *contents(it.send(alice)))
    alice.do("retry")


def lost_changes(it: Scenario) -> None:
    alice, bob, carol = it.device("alice"), it.device("bob", "beta.test"), it.device("carol")
    group = it.meet(alice, bob)
    alice.do("add", group=group, packages=it.packages(carol), now=it.now)
    it.say(alice, group, "welcome, Carol")
    commits = it.go_on(bob, group)
    it.next(alice)
    it.tell(alice, LostRace())
    it.next(alice)
    it.tell(alice, Accepted())  # the mailbox is read, and what came first is not there yet
    it.next(alice)
    it.give(alice, *commits)
    commit, words = it.send(alice)
    it.give(bob, commit["content"], words["content"])
    it.give(carol, commit["welcomes"][0]["content"], words["content"])
    alice.do("retry")
    # Both want Carol out: the one who loses has nothing left to do.
    for one in (alice, bob):
        one.do("remove", group=group, actors=[carol.actor], now=it.now)
    (gone,) = it.send(bob)
    it.next(alice)
    it.tell(alice, LostRace())
    it.next(alice)
    it.give(alice, gone["content"])
    it.tell(alice, Accepted())
    it.send(alice)
    it.give(carol, gone["content"])
    alice.do("retry")


def missed_words(it: Scenario) -> None:
    alice, bob = it.device("alice"), it.device("bob", "beta.test")
    group = it.meet(alice, bob)
    for text in ("slow", "slower"):
        it.say(alice, group, text)
    late = contents(it.send(alice))
    it.go_on(bob, group, alice, times=11)
    for message in late:
        it.give(bob, message)
    it.give(alice, *contents(it.send(bob)))
    it.give(bob, *contents(it.send(alice)))


def words_that_trickle(it: Scenario) -> None:
    alice, bob = it.device("alice"), it.device("bob", "beta.test")
    group = it.meet(alice, bob)
    for number in range(24):
        it.say(alice, group, f"{number}")
    late = contents(it.send(alice))
    it.go_on(bob, group, alice, times=11)
    complaints = []
    for message in late:
        it.give(bob, message)
        complaints += contents(it.send(bob))
    for _ in range(2):
        bob.do("missed_rest", now=it.now)
        bob.do("ask_missed", now=it.now)
        complaints += contents(it.send(bob))
        it.now += 2
    it.give(alice, *complaints)
    it.give(bob, *contents(it.send(alice)))


def early_words(it: Scenario) -> None:
    alice, bob = it.device("alice"), it.device("bob", "beta.test")
    group = alice.do("start", packages=it.packages(bob), now=it.now)
    (founding,) = it.send(alice)
    it.say(alice, group, "before the Welcome")
    early = contents(it.send(alice))
    alice.do("refresh", group=group, now=it.now)
    commit = contents(it.send(alice))
    it.say(alice, group, "before the commit")
    later = contents(it.send(alice))
    it.give(bob, *early)
    it.give(bob, *later)
    it.give(bob, founding["welcomes"][0]["content"])
    it.give(bob, *commit)


def no_room_to_wait(it: Scenario) -> None:
    """Somebody fills the room with claims: what others say then is asked for in one `Failure`, once
    the commit that it waits for is there, whatever comes in between."""
    alice, bob = it.device("alice"), it.device("bob", "beta.test")
    for one in (alice, bob):
        one.do("new_packages", count=0, last_resort=True, now=it.now)
    group = it.meet(alice, bob)

    def claim(number: int) -> str:
        far = PrivateMessage(bytes.fromhex(group), 999, APPLICATION, b"", b"who", b"%d" % number)
        return base64.b64encode(encode_message(far)).decode()

    it.give(bob, *map(claim, range(parked.MOST + 1)))
    alice.do("refresh", group=group, now=it.now)
    for number in range(3):
        it.say(alice, group, f"early {number}")
    commit, *words = contents(it.send(alice))
    for word in words:
        it.give(bob, word)
        it.send(bob)
    it.give(bob, words[1])  # once more
    *_, told = bob.do("untold_events")
    bob.do("untold_heard", events=[told, told])  # equal ones count
    bob.do("settle")
    alice.do("refresh", group=group, now=it.now)
    it.say(alice, group, "and one behind another commit")
    it.give(bob, *contents(it.send(alice)))  # words make room for that one
    it.give(bob, commit)
    it.give(alice, *contents(it.send(bob)))
    it.give(bob, *contents(it.send(alice)))
    for _ in range(2):
        bob.do("look_behind", now=it.now)
        it.now += 10
    it.next(bob)
    it.tell(bob, LostRace(2))  # nobody is where the claims say


def numbers_given_again(it: Scenario) -> None:
    """What waits when the node is put back stays beside what has its number now; a repeat of it
    waits once. Commits of epochs that will never be make room for true ones."""
    alice, bob = it.device("alice"), it.device("bob", "beta.test")
    group = it.meet(alice, bob)
    alice.do("refresh", group=group, now=it.now)
    for text in ("before", "after"):
        it.say(alice, group, text)
    commit, before, after = contents(it.send(alice))
    bob.do("receive", items=it.items(bob, before), now=it.now, incarnation="one")
    bob.seq -= 1
    bob.do("receive", items=it.items(bob, after), now=it.now, incarnation="two")
    bob.seq -= 1
    bob.do("receive", items=it.items(bob, before), now=it.now, incarnation="three")

    def claim(number: int) -> str:
        far = PrivateMessage(bytes.fromhex(group), 2000, COMMIT, b"", b"who", b"%d" % number)
        return base64.b64encode(encode_message(far)).decode()

    it.give(bob, *map(claim, range(parked.MOST + 2)))
    alice.do("refresh", group=group, now=it.now)
    it.give(bob, *contents(it.send(alice)))
    it.give(bob, commit)


def unanswered_commit(it: Scenario) -> None:
    alice, bob = it.device("alice"), it.device("bob", "beta.test")
    group = it.meet(alice, bob)
    alice.do("refresh", group=group, now=it.now)
    asked = it.next(alice)
    it.say(alice, group, "waits for the commit")
    it.tell(alice, Unreachable("the answer was lost", beyond=True))
    it.next(alice)
    it.give(bob, asked["content"])
    it.say(bob, group, "already there")
    it.give(alice, *contents(it.send(bob)))
    alice.do("retry")
    it.give(bob, *contents(it.send(alice)))


def obstacles(it: Scenario) -> None:
    alice, bob = it.device("alice"), it.device("bob", "beta.test")
    group = it.meet(alice, bob)
    troubles: tuple[NodeError, ...] = (
        Full("E2E-4.7", "the mailbox is full", retry_after_seconds=600),
        Full("FED-12.8", "the node's disk is full"),
        Unreachable("beta.test does not answer", beyond=True),
        Unreachable("our own node does not answer"),
    )
    for trouble in troubles:
        it.say(alice, group, "once there is room, and a way")
        it.next(alice)
        it.tell(alice, trouble)
        it.next(alice)
        alice.do("restart")
    it.send(alice)
    it.say(alice, group, "to nobody")
    it.next(alice)
    it.tell(alice, Forbidden("E2E-3.2", "you do not take part"))
    it.next(alice)
    other = alice.do("start", packages=it.packages(bob), now=it.now)
    it.say(alice, other, "hello?")
    it.next(alice)
    it.tell(alice, Forbidden("E2E-2.7", "you are not friends"))
    it.next(alice)


def leaving(it: Scenario) -> None:
    alice, bob, carol = it.device("alice"), it.device("bob", "beta.test"), it.device("carol")
    group = it.meet(alice, bob, carol)
    carol.do("leave", group=group, now=it.now)
    proposal = contents(it.send(carol))
    carol.do("say", group=group, text="no more", micros=it.now * 1_000_000)
    commits = it.go_on(bob, group, alice, carol)  # Bob had not heard of it yet
    assert len(commits) == 1
    it.give(bob, *proposal)
    proposal = contents(it.send(carol))
    for one in (alice, bob):
        it.give(one, *proposal)
    it.say(bob, group, "good bye, Carol")
    it.next(bob)
    (commit,) = contents(it.send(alice))
    it.tell(bob, LostRace())
    it.next(bob)
    it.give(bob, commit)
    it.tell(bob, Accepted())
    words = contents(it.send(bob))
    bob.do("retry")
    it.give(carol, commit)
    it.give(alice, *words)
    alice.do("remove", group=group, actors=[bob.actor], now=it.now)
    (out,) = contents(it.send(alice))
    it.give(bob, out)
    bob.do("say", group=group, text="am I alone?", micros=it.now * 1_000_000)
    alice.do("leave", group=group, now=it.now)


def claims(it: Scenario) -> None:
    alice, bob = it.device("alice"), it.device("bob", "beta.test")
    for one in (alice, bob):
        one.do("new_packages", count=0, last_resort=True, now=it.now)
    group = it.meet(alice, bob)

    def claim(one: Recorder, epoch: int) -> None:
        """Something of an epoch in which nobody is; then the relay is asked."""
        far = PrivateMessage(bytes.fromhex(group), epoch, APPLICATION, b"", b"who", b"?")
        it.give(one, base64.b64encode(encode_message(far)).decode())
        one.do("look_behind", now=it.now)
        it.now += 10
        one.do("look_behind", now=it.now)
        it.next(one)

    claim(bob, 999)
    it.say(bob, group, "it is kept until the relay has answered")
    it.tell(bob, LostRace(1))
    it.give(alice, *contents(it.send(bob)))
    claim(alice, 1000)
    it.tell(alice, Accepted(3))  # her node was put back from a copy: it takes any epoch
    it.say(alice, group, "nobody waits for that")
    it.give(bob, *contents(it.send(alice)))
    it.say(alice, group, "and a conflict is more than a claim")
    it.next(alice)
    it.tell(alice, LostRace(7))
    alice.do("look_behind", now=it.now)
    it.next(alice)
    claim(bob, 1000)
    it.tell(bob, Accepted(3))  # what another's relay names may be a lie
    it.say(bob, group, "it waits all the same")
    it.next(bob)


def behind(it: Scenario) -> None:
    alice, bob = it.device("alice"), it.device("bob", "beta.test")
    carol = it.device("carol")
    bob.do("new_packages", count=0, last_resort=True, now=it.now)
    group = it.meet(alice, bob, carol)
    it.go_on(alice, group, carol, times=2)  # the mailbox drops this before Bob is back
    it.say(alice, group, "are you there, Bob?")
    words = contents(it.send(alice))
    for one in (bob, carol):
        it.give(one, *words)
    bob.do("look_behind", now=it.now)
    it.now += 10
    bob.do("look_behind", now=it.now)
    it.say(bob, group, "I was away")
    question = it.next(bob)
    it.tell(bob, LostRace(3))
    question = it.next(bob)
    it.tell(bob, Accepted())
    it.next(bob)
    it.give(carol, question["content"])  # hers to do before her next words, if nobody else does
    it.give(alice, question["content"])
    (commit,) = it.send(alice)
    it.give(carol, commit["content"])
    it.give(bob, commit["welcomes"][0]["content"])
    anew = contents(it.send(bob))
    for one in (alice, carol):
        it.give(one, *anew)
    it.give(bob, *contents(it.send(alice)))
    it.say(carol, group, "there you are")
    it.give(bob, *contents(it.send(carol)))


def answered_too_late(it: Scenario) -> None:
    alice, bob = it.device("alice"), it.device("bob", "beta.test")
    carol = it.device("carol")
    bob.do("new_packages", count=0, last_resort=True, now=it.now)
    group = it.meet(alice, bob, carol)

    def ask() -> dict[str, Any]:
        bob.do("look_behind", now=it.now)
        it.now += 10
        bob.do("look_behind", now=it.now)
        question = it.next(bob)
        it.tell(bob, Accepted())
        return question

    def take_back(question: dict[str, Any]) -> tuple[str, str]:
        it.give(alice, question["content"])
        (commit,) = it.send(alice)
        it.give(carol, commit["content"])
        return commit["content"], commit["welcomes"][0]["content"]

    for welcome_first in (True, False):
        alice.do("refresh", group=group, now=it.now)
        late = contents(it.send(alice))
        it.give(carol, *late)
        it.say(alice, group, "are you there, Bob?")
        it.give(bob, *contents(it.send(alice)))
        question = ask()
        it.give(bob, *late)  # it was only slow
        commit, welcome = take_back(question)
        it.say(bob, group, "I am")
        it.give(bob, *((welcome, commit) if welcome_first else (commit, welcome)))
        if welcome_first:
            it.give(bob, take_back(ask())[1])
        anew = contents(it.send(bob))
        for one in (alice, carol):
            it.give(one, *anew)
    # The relay denies what a commit proved.
    alice.do("refresh", group=group, now=it.now)
    late = contents(it.send(alice))
    it.give(carol, *late)
    it.say(alice, group, "once more")
    it.give(bob, *contents(it.send(alice)))
    question = ask()
    it.give(bob, *late)
    commit, _ = take_back(question)
    it.give(bob, commit)
    bob.do("look_behind", now=it.now)
    it.now += 10
    bob.do("look_behind", now=it.now)
    it.next(bob)
    it.tell(bob, LostRace(2))
    it.next(bob)


def proof(words: str) -> str:
    """What a node gives with a seat, as a transcript has it."""
    return base64.b64encode(words.encode()).decode()


def a_copied_vault(it: Scenario) -> None:
    alice, bob = it.device("alice"), it.device("bob", "beta.test")
    group = it.meet(alice, bob)
    alice.do("ask_seat")
    alice.do("ask_seat")  # the answer was lost: the same question again
    alice.do("take_seat", number=1, proof=proof("1"))
    alice.do("ask_seat")
    alice.do("take_seat", number=2, proof=proof("2"))
    it.say(alice, group, "from the one that was copied")
    it.next(alice)
    alice.do("freeze", error=Conflict("ACC-4.5", "another copy of this vault is in use"))
    alice.do("say", group=group, text="once more", micros=it.now * 1_000_000)
    it.next(alice)


def a_restored_node(it: Scenario) -> None:
    alice, bob = it.device("alice"), it.device("bob", "beta.test")
    group = it.meet(alice, bob)
    for text in ("read before", "read before too"):
        it.say(alice, group, text)
    words = contents(it.send(alice))
    bob.do("receive", items=it.items(bob, *words), now=it.now, incarnation="one")
    bob.seq = 1
    it.say(alice, group, "after the copy was put back")
    again = [words[1], *contents(it.send(alice))]
    bob.do("receive", items=it.items(bob, *again), now=it.now, incarnation="two")
    it.next(bob)
    it.tell(bob, Unreachable("away", beyond=True))
    it.say(bob, group, "does my node know us?")
    bob.do("retry")
    it.next(bob)
    it.tell(bob, Created("r", URL))
    it.next(bob)
    it.tell(bob, Missing("E2E-3.11", "there is no such conversation"))
    it.send(bob)
    it.say(bob, group, "and now?")
    it.next(bob)
    it.tell(bob, Missing("E2E-3.11", "there is no such conversation"))
    it.next(bob)
    it.tell(bob, Conflict("E2E-3.1", "there is another conversation in its place"))
    it.next(bob)


def a_new_phone(it: Scenario) -> None:
    alice, bob = it.device("alice"), it.device("bob", "beta.test")
    group = it.meet(alice, bob)
    it.say(alice, group, "to the old phone")
    it.say(alice, group, "and this")
    first, second = contents(it.send(alice))
    it.give(alice, returned(bob.actor, first, "no_device"))
    it.give(alice, returned(bob.actor, second, "new_device"))
    it.give(alice, returned(bob.actor, first, "new_device"), returned("", first, "no_device"))
    it.give(alice, returned(bob.actor, first, "for fun"))
    it.give(alice, returned(bob.actor, "", "no_device"), base64.b64encode(b"{").decode())
    it.say(alice, group, "kept")
    it.next(alice)
    alice.do("held", group=group)
    alice.do("waiting")
    phone = it.device("bob-phone", "beta.test")
    fresh = alice.do("start", packages=it.packages(phone), now=it.now)
    (founding,) = it.send(alice)
    alice.do("go_on", groups=[group], group=fresh)
    it.give(phone, founding["welcomes"][0]["content"], *contents(it.send(alice)))
    it.say(phone, fresh, "all here")
    it.give(alice, *contents(it.send(phone)))
    it.next(alice)


def words_in_vain(it: Scenario) -> None:
    alice, bob = it.device("alice"), it.device("bob", "beta.test")
    group = it.meet(alice, bob)
    it.say(alice, group, "thirty days")
    it.say(alice, group, "seven days")
    first, second = contents(it.send(alice))
    it.give(alice, returned(bob.actor, first, "not_fetched"))
    it.give(alice, returned(bob.actor, second, "not_delivered"))
    it.say(bob, group, "I was on the sea")
    it.give(alice, *contents(it.send(bob)))
    it.give(bob, *contents(it.send(alice)))


def words_in_vain_to_two(it: Scenario) -> None:
    alice, bob, carol = it.device("alice"), it.device("bob", "beta.test"), it.device("carol")
    group = it.meet(alice, bob)
    it.say(alice, group, "before Carol came")
    (early,) = contents(it.send(alice))
    alice.do("add", group=group, packages=it.packages(carol), now=it.now)
    (added,) = it.send(alice)
    it.give(bob, added["content"])
    it.give(carol, added["welcomes"][0]["content"])
    it.say(alice, group, "to both")
    (late,) = contents(it.send(alice))
    it.give(alice, returned(bob.actor, early, "not_fetched"))
    it.give(alice, returned(bob.actor, late, "not_fetched"))
    it.give(alice, returned(carol.actor, late, "no_device"))
    alice.do("waiting")
    it.say(bob, group, "I was on the sea")
    it.give(alice, *contents(it.send(bob)))
    it.give(bob, *contents(it.send(alice)))


def words_unfetched(it: Scenario) -> None:
    alice, bob, carol = it.device("alice"), it.device("bob", "beta.test"), it.device("carol")
    group = it.meet(alice, bob)
    it.say(alice, group, "to a phone in a drawer")
    it.say(alice, group, "and more")
    since = it.now
    first, second = contents(it.send(alice))
    it.now += 3 * DAY
    it.give(alice, returned(bob.actor, first, "unfetched", since=since))
    it.give(alice, returned(bob.actor, second, "unfetched", since=since))
    it.give(alice, returned(carol.actor, first, "unfetched", since=since))
    for wrong in ({}, {"since": -1}, {"since": "now"}, {"since": None}, {"since": 2**53}):
        it.give(alice, returned(bob.actor, first, "unfetched", **wrong))
    other = base64.b64encode(b"of another device of ours").decode()
    it.give(alice, returned(bob.actor, other, "unfetched", since=it.now + DAY))
    it.give(bob, first, second)
    it.say(bob, group, "here it is")
    it.give(alice, *contents(it.send(bob)))
    it.give(alice, returned(bob.actor, other, "unfetched", since=it.now))
    alice.do("leave", group=group, now=it.now)
    it.give(bob, *contents(it.send(alice)))
    it.give(alice, *contents(it.send(bob)))


def who_is_gone(it: Scenario) -> None:
    alice, bob, carol = it.device("alice"), it.device("bob", "beta.test"), it.device("carol")
    group = it.meet(alice, bob, carol)
    alice.do("remove", group=group, actors=[carol.actor], now=it.now)
    (commit,) = contents(it.send(alice))
    for one in (bob, carol):
        it.give(one, commit)
        it.next(one)
        it.tell(one, Conflict("E2E-3.16", "changes wait in the mailbox"))
        one.do("retry")
        it.next(one)
        it.tell(one, Unreachable("away", beyond=True))
        one.do("retry")
    it.send(bob)
    alice.do("add", group=group, packages=it.packages(carol), now=it.now)
    (again,) = it.send(alice)
    it.give(carol, again["welcomes"][0]["content"])
    it.give(bob, again["content"])
    it.next(carol)
    it.next(bob)


def kept(one: Recorder, now: int) -> list[Any]:
    """What a device sends to its archive."""
    due = one.do("archive_due", now=now)
    one.do("archive_sent")
    one.do("settle")
    return list(due["records"])


def an_archive(it: Scenario) -> None:
    alice, bob = it.device("alice"), it.device("bob", "beta.test")
    group = it.meet(alice, bob)
    it.say(alice, group, "before anything is kept")
    it.give(bob, *contents(it.send(alice)))
    key = base64.b64encode(FakeEntropy("an archive key").draw(32)).decode()
    alice.do("archive_adopt", generation=1, key=key)
    bob.do("archive_switch", on=True)  # without a key it is refused
    bob.do("archive_adopt", generation=1, key=key)
    bob.do("archive_switch", on=True)
    it.say(alice, group, "kept by both")
    it.say(alice, group, "and this, with an é")
    it.give(bob, *contents(it.send(alice)))
    it.say(bob, group, "and an answer")
    it.give(alice, *contents(it.send(bob)))
    records = kept(alice, it.now)
    kept(bob, it.now)
    kept(bob, it.now)  # nothing is left
    bob.do("archive_switch", on=False)
    it.say(bob, group, "not kept by Bob")
    it.give(alice, *contents(it.send(bob)))
    late = kept(alice, it.now)
    phone = it.device("alice-phone")
    phone.do("archive_adopt", generation=1, key=key)
    for numbers in ((2, 1), (0,), ()):
        page = [[number + 1, records[number]] for number in numbers]
        back = {"records": page, "backwards": True, "incarnation": "one"}
        phone.do("archive_take", page=back, now=it.now)
    swapped = {**late[0], "body": records[0]["body"]}
    locked = {**late[0], "generation": 2}
    page = [[number, one] for number, one in enumerate([records[2], swapped, locked, *late], 3)]
    on = {"records": page, "backwards": False, "incarnation": "one"}
    phone.do("archive_take", page=on, now=it.now)
    again = {"records": page[:1], "backwards": False, "incarnation": "two"}
    phone.do("archive_take", page=again, now=it.now)


def the_accounts_keys(it: Scenario) -> None:
    alice, phone, bob = it.device("alice"), it.device("alice-phone"), it.device("bob", "beta.test")
    alice.do("keys_recovery_key")  # it has none
    phone.do("keys_may_begin", alone=False, now=it.now)
    phone.do("keys_may_begin", alone=False, now=it.now + 30 * DAY)
    phone.do("keys_await_none")
    alice.do("keys_may_begin", alone=True, now=it.now)
    alice.do("keys_begin", id=id_of("alice"), now=it.now)
    alice.do("new_packages", count=1, last_resort=False, now=it.now)  # without a certificate
    first = put(alice, it.now)
    alice.do("new_packages", count=1, last_resort=False, now=it.now)
    alice.do("keys_certify", now=it.now)  # it has one
    rk = alice.do("keys_recovery_key")
    # It is written down, and the very box with it comes once more.
    alice.do("keys_write_down")
    bare = put(alice, it.now)
    alice.do("keys_recovery_key")
    alice.do("keys_write_down")
    alice.do("keys_meet", told=first, now=it.now)  # the node was put back: ours go there again
    put(alice, it.now)
    # The words bring a phone back.
    other = base64.b64encode(bytes(32)).decode()
    come = {"id": id_of("phone"), "told": bare, "now": it.now}
    phone.do("keys_recover", rk=other, keep=[], **come)
    phone.do("keys_recover", rk=rk, keep=[id_of("nobody")], **come)
    phone.do("keys_recover", rk=rk, keep=[id_of("alice")], **come)
    second = put(phone, it.now)
    alice.do("keys_meet", told=second, now=it.now)
    alice.do("keys_certify", now=it.now)
    # Others look.
    seen = {"actor": alice.actor, "delegation": first["delegation"], "list": first["list"]}
    newer = {**seen, "delegation": second["delegation"], "list": second["list"]}
    bob.do("keys_verify", actor=alice.actor)
    for keys in (seen, seen, newer, seen):
        bob.do("keys_see", **keys)
    bob.do("keys_verify", actor=alice.actor)
    # Both take the other off at once: the quicker one counts, and others see a fork.
    alice.do("keys_unlist", id=id_of("alice"), rk=None, now=it.now)
    alice.do("keys_unlist", id=id_of("nobody"), rk=None, now=it.now)
    alice.do("keys_unlist", id=id_of("phone"), rk=None, now=it.now)
    phone.do("keys_unlist", id=id_of("alice"), rk=other, now=it.now)
    phone.do("keys_unlist", id=id_of("alice"), rk=None, now=it.now)
    theirs = phone.do("keys_owed")["keys"]
    third = put(alice, it.now)
    phone.do("keys_meet", told=third, now=it.now)
    for keys in (third, theirs):
        shown = {"delegation": keys["delegation"], "list": keys["list"]}
        bob.do("keys_see", actor=alice.actor, **shown)
    bob.do("keys_verify", actor=alice.actor)
    alice.do("keys_meet", told=theirs, now=it.now)
    laptop = {
        "id": id_of("laptop"),
        "seal": public_seal("laptop"),
        "key": base64.b64encode(FakeEntropy("a laptop's key").draw(32)).decode(),
    }
    phone.do("keys_admit", device=laptop, now=it.now)
    # Another list key ends what the phone could do; a laptop is let in; the list is renewed.
    alice.do("keys_redelegate", rk=rk, now=it.now)
    put(alice, it.now)
    alice.do("keys_admit", device=laptop, now=it.now)
    fifth = put(alice, it.now)
    it.now += 11 * DAY
    alice.do("keys_meet", told=fifth, now=it.now)
    put(alice, it.now)
    alice.do("keys_meet", told=None, now=it.now)  # a node that has none gets ours
    sixth = put(alice, it.now)
    # The phone begins anew, which is refused, and then is not.
    phone.do("keys_begin_anew", told=sixth, id=id_of("phone"), now=it.now)
    phone.do("keys_drop")
    phone.do("keys_begin_anew", told=sixth, id=id_of("phone"), now=it.now)
    anew = put(phone, it.now)
    alice.do("keys_meet", told=anew, now=it.now)
    bob.do("keys_see", actor=alice.actor, delegation=anew["delegation"], list=anew["list"])


SCENARIOS: tuple[tuple[Callable[[Scenario], None], str], ...] = (
    (first_contact, "Key packages, a conversation, and words both ways."),
    (many_words, "Words in a burst, a repeat, and an empty mailbox."),
    (lost_words, "A commit came first: words are sealed anew under their ids."),
    (lost_changes, "An Add lost and is made anew; a Remove lost and others had done it."),
    (missed_words, "Words whose keys are gone are asked for, and said again."),
    (words_that_trickle, "The more is missed in a day, the more is asked for at once."),
    (early_words, "Words wait for their Welcome, and for their commit."),
    (no_room_to_wait, "What finds no room to wait is asked for once, when it can be answered."),
    (
        numbers_given_again,
        "What waits is not lost to a number that is given again, nor to a flood.",
    ),
    (unanswered_commit, "What others say in the epoch of our commit waits for its answer."),
    (obstacles, "A full mailbox, a relay and a home node that do not answer, and refusals."),
    (behind, "Commits are gone: a device asks to be taken back, and reads what waits."),
    (answered_too_late, "What was missed comes after all, and then the answer to the question."),
    (a_copied_vault, "A seat is taken, and lost to a copy of the vault."),
    (a_restored_node, "The node was put back from a copy: its numbers come a second time."),
    (
        a_new_phone,
        "Words are returned, for they have a new phone; there they go on when one says so.",
    ),
    (words_in_vain, "Words that waited in vain are said anew when the very device is heard."),
    (
        words_in_vain_to_two,
        "Each did not take words for a reason of their own; what may not be said anew is told.",
    ),
    (
        words_unfetched,
        "Words that nobody fetches stay sent, and are told, until who has them is heard.",
    ),
    (claims, "Words of an epoch in which nobody is make no device silent."),
    (who_is_gone, "A node is told whom a commit took out, but not of who is back."),
    (an_archive, "What is said is kept for the archive, and becomes history on a new phone."),
    (
        the_accounts_keys,
        "The account's keys: made, written down, brought back, forked, begun anew.",
    ),
    (leaving, "A wish to leave, that a commit passes by at first; and a removal."),
    *record_trust.SCENARIOS,
    *record_said.SCENARIOS,
    *record_groups.SCENARIOS,
)


def pages() -> dict[str, str]:
    """The files of all scenarios, by name."""
    found = {}
    for work, about in SCENARIOS:
        scenario = Scenario(work.__name__.replace("_", "-"), about)
        work(scenario)
        for name, recorder in scenario.devices.items():
            found[f"{scenario.name}.{name}.jsonl"] = recorder.text()
    return found


def main() -> int:
    made = pages()
    there = {path.name: path.read_text() for path in FOLDER.glob("*.jsonl")}
    stale = sorted(name for name in made.keys() | there.keys() if made.get(name) != there.get(name))
    if "--check" in sys.argv:
        print("stale:", stale)
        return len(stale)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in there.keys() - made.keys():
        (FOLDER / name).unlink()
    for name in stale:
        if name in made:
            (FOLDER / name).write_text(made[name])
    print(len(made), "transcripts,", len(stale), "were written or removed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
