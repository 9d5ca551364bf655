"""Transcripts of groups that somebody attacks, or that honest races would end (spec E2E-8)."""

import base64
from collections.abc import Callable

from node.client import roster
from node.client.exchange import Accepted, LostRace
from node.client.roster import Roster
from node.client.rows import PackageRow
from node.e2ee.mls.private.client import OwnPackage
from node.e2ee.mls.private.external import propose_self
from node.e2ee.mls.public.extensions import Extension
from node.e2ee.mls.public.proposals import GroupContextExtensions
from node.wire.ids import urn_uuid4
from tests.client.transcripts import Recorder
from tools.record_groups import able, added, begin, both, deed, out, pass_on, shaped
from tools.record_trust import Account
from tools.scenarios import Scenario, contents


def with_role(actor: str, role: str) -> Callable[[Roster], Roster]:
    return lambda b: Roster(b.name, {**b.people, actor: role}, b.roots)


def without(actor: str) -> Callable[[Roster], Roster]:
    def change(before: Roster) -> Roster:
        people = {one: role for one, role in before.people.items() if one != actor}
        roots = {one: root for one, root in before.roots.items() if one != actor}
        return Roster(before.name, people, roots)

    return change


def question(one: Recorder, group: str, now: int, ahead: int = 0) -> str:
    """What a device asks that is behind its group (E2E-5.11), by another program."""
    state = one._told.device.state
    one.do("new_packages", count=1, last_resort=True, now=now)
    rows = [state.get(name, PackageRow) for name in state.names("package")]
    package = [row for row in rows if row.last_resort][-1].package
    epoch = state.groups.session(group).epoch + ahead
    asked = propose_self(OwnPackage.load(package), state.groups.me, bytes.fromhex(group), epoch)
    return base64.b64encode(asked).decode()


def a_false_name(it: Scenario) -> None:
    """A device that only bears an owner's name: nobody may add it, nor does it give any right."""
    alice, bob, mallory, fake = able(it, "alice", "bob", "mallory", "alice-fake")
    group = begin(it, alice, bob, mallory, name="Without keys")
    (package,) = it.packages(fake)[alice.actor]
    commit, welcome = mallory.commits(group, added(package), it.now)
    for one in (alice, bob):
        it.give(one, commit)
    # She goes on alone: whom she takes with her is an owner there, and nobody else's.
    it.give(fake, welcome)
    del it.devices["mallory"], it.devices["alice-fake"]


def a_false_key(it: Scenario) -> None:
    """The same where all have keys; a device of the right ones is added by anybody."""
    alice, bob, mallory, fake = able(it, "alice", "bob", "mallory", "alice-fake")
    (phone,) = able(it, "alice-phone")
    accounts = [Account(it, one, name) for one, name in
                ((alice, "alice"), (bob, "bob"), (mallory, "mallory"))]  # fmt: skip
    for account, one in zip(accounts, (alice, bob, mallory), strict=True):
        account.reads(one)
    group = begin(it, alice, bob, mallory, name="With keys")
    bob.do("rosters_of", group=group)
    accounts[0].joins(phone, "alice-phone", alice=alice)
    (right,) = it.packages(phone)[alice.actor]
    bob.do("add", group=group, packages={alice.actor: [right]}, now=it.now, listed=True)
    (commit,) = pass_on(it, bob, alice, mallory)
    it.give(phone, commit["welcomes"][0]["content"])
    (package,) = it.packages(fake)[alice.actor]
    # Nothing of it is ours to owe.
    bob.do("add", group=group, packages={alice.actor: [package]}, now=it.now, listed=True)
    # Her own keys are Mallory's, and she stays who she is by them; she says that they are Alice's.
    wrong, _ = mallory.commits(group, added(package), it.now)
    for one in (alice, phone, bob):
        it.give(one, wrong)
    del it.devices["mallory"], it.devices["alice-fake"]


def owed_to_who_is_out(it: Scenario) -> None:
    """What is owed to somebody who was put out, or goes, is dropped: nothing ends by it."""
    alice, bob, carol, tablet = able(it, "alice", "bob", "carol", "bob-tablet")
    account = Account(it, bob, "bob").reads(bob)
    group = begin(it, alice, bob, carol)
    account.joins(tablet, "bob-tablet", bob=bob)
    later = it.packages(tablet)
    # The device that came to his list is added, and that loses the race to his removal.
    carol.do("add", group=group, packages=later, now=it.now, listed=True)
    deed(it, alice, "remove", group=group, actors=[bob.actor])
    (removal,) = it.send(alice)
    it.next(carol)
    it.tell(carol, LostRace())
    it.next(carol)
    it.give(carol, removal["content"])
    it.tell(carol, Accepted())
    it.send(carol)
    it.say(carol, group, "goes on")
    it.give(alice, *contents(it.send(carol)))
    it.give(bob, removal["content"])
    for one in (alice, carol):
        one.do("rosters_of", group=group)
        one.do("rosters_spoilt", group=group)


def asks_as_they_go(it: Scenario) -> None:
    """Who left is not taken back by a question of their last leaf, and says nothing more by it."""
    dave, alice, bob, carol = able(it, "dave", "alice", "bob", "carol")
    group = begin(it, dave, alice, bob, carol)
    asked = question(bob, group, it.now, ahead=1)
    gone, _ = bob.commits(group, shaped(without(bob.actor)), it.now)
    for one in (alice, carol):
        it.give(one, gone)
    it.give(alice, asked)
    note = b'{"type":"Create","id":"urn:x:2","actor":"' + bob.actor.encode() + (
        b'","object":{"type":"Note","id":"' + urn_uuid4(bytes(16)).encode() + (
            b'","content":"still here","source":{"content":"still here",'
            b'"mediaType":"text/markdown"}}}'
        )
    )  # fmt: skip
    it.give(alice, bob.seals(group, note))
    it.say(alice, group, "without Bob")
    sent = contents(it.send(alice))
    it.give(carol, *sent)
    for one in (alice, carol):
        one.do("rosters_of", group=group)
        one.do("rosters_spoilt", group=group)
    del it.devices["bob"]


def put_out_by_leaves(it: Scenario) -> None:
    """A member takes an owner's devices out: they are people of the group all the same, and nobody
    takes them into what a member made of it."""
    alice, bob, mallory = able(it, "alice", "bob", "mallory")
    group = begin(it, alice, bob, mallory)
    (again,) = it.packages(alice)[alice.actor]
    taken, _ = mallory.commits(group, out(alice), it.now)
    for one in (alice, bob):
        it.give(one, taken)
        one.do("rosters_of", group=group)

    def hers(before: Roster) -> Roster:
        people = dict.fromkeys(before.people, roster.MEMBER) | {mallory.actor: roster.OWNER}
        return Roster("Mallory's", people)

    def also_in_it(before: Roster) -> Roster:
        return Roster(
            before.name, {**before.people, alice.actor: roster.MEMBER, bob.actor: "owner"}
        )

    for change in (hers, also_in_it):
        fork, welcome = mallory.commits(group, both(shaped(change), added(again)), it.now, False)
        it.give(alice, welcome)
    it.give(bob, fork)
    del it.devices["mallory"]


def taken_back_as_they_were(it: Scenario) -> None:
    """Whose devices a member took out is added again by another member, with the same role."""
    alice, bob, mallory = able(it, "alice", "bob", "mallory")
    account = Account(it, alice, "alice").reads(alice)
    group = begin(it, alice, bob, mallory)
    account.shows(bob, mallory)
    taken, _ = mallory.commits(group, out(alice), it.now)
    for one in (alice, bob):
        it.give(one, taken)
    bob.do("add", group=group, packages=it.packages(alice), now=it.now, listed=True)
    (back,) = it.send(bob)
    it.give(alice, back["welcomes"][0]["content"])
    alice.do("rosters_of", group=group)
    deed(it, alice, "rename", group=group, name="Hers as before")
    pass_on(it, alice, bob)
    bob.do("rosters_of", group=group)
    del it.devices["mallory"]


def meant_in_vain(it: Scenario) -> None:
    """What was meant for somebody who was put out, and words that waited as one left: both told."""
    alice, phone, bob, carol = able(it, "alice", "alice-phone", "bob", "carol")
    (ghost,) = able(it, "bob-ghost")
    account = Account(it, bob, "bob").reads(bob)
    group = begin(it, alice, phone, bob, carol)
    account.shows(alice)
    deed(it, phone, "appoint", group=group, actor=carol.actor, role=roster.ADMIN)
    it.next(phone)
    deed(it, alice, "remove", group=group, actors=[carol.actor])
    (removal,) = it.send(alice)
    it.tell(phone, LostRace())
    it.next(phone)
    it.give(phone, removal["content"])
    it.tell(phone, Accepted())
    it.send(phone)
    it.give(bob, removal["content"])
    deed(it, alice, "appoint", group=group, actor=bob.actor, role=roster.OWNER)
    pass_on(it, alice, phone, bob)
    # Bob's node shows other keys of his: nothing is said until that is settled, and she leaves.
    Account(it, ghost, "bob-ghost").shows(alice)
    it.say(alice, group, "waits")
    deed(it, alice, "quit", group=group)
    deed(it, alice, "rename", group=group, name="Too late")
    it.send(alice)


def two_are_no_group(it: Scenario) -> None:
    """By no invitation does a conversation of two become a group."""
    alice, mallory = able(it, "alice", "mallory")
    group = it.meet(alice, mallory)
    it.say(alice, group, "between us")
    it.send(alice)
    taken, _ = mallory.commits(group, out(alice), it.now)
    it.give(alice, taken)
    (again,) = it.packages(alice)[alice.actor]
    people = {alice.actor: roster.MEMBER, mallory.actor: roster.OWNER}
    made = Extension(roster.EXTENSION, Roster("Family", people).encode())
    _, welcome = mallory.commits(
        group, lambda _: [GroupContextExtensions((made,)), *added(again)(_)], it.now
    )
    it.give(alice, welcome)
    alice.do("rosters_of", group=group)
    del it.devices["mallory"]


SCENARIOS: tuple[tuple[Callable[[Scenario], None], str], ...] = (
    (a_false_name, "A device that only bears the name of an owner, in a group without keys."),
    (a_false_key, "The same in a group whose people have keys; a right one is added by anybody."),
    (owed_to_who_is_out, "What is owed to somebody who is put out meanwhile is dropped."),
    (asks_as_they_go, "Who left is neither taken back nor heard by the leaf that still stands."),
    (put_out_by_leaves, "An owner whose devices a member takes out stays one, and joins no fork."),
    (
        taken_back_as_they_were,
        "Her devices are added again by her keys, and she is an owner still.",
    ),
    (meant_in_vain, "Wishes that nothing is left of, and words that wait as one leaves, are told."),
    (two_are_no_group, "A conversation of two becomes no group by an invitation."),
)
