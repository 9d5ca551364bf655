"""Transcripts of groups: people, roles, a name, and what nobody follows (spec E2E-8, DEV-19)."""

import base64
from collections.abc import Callable, Iterable
from typing import Any

from node.client import roster
from node.client.exchange import Accepted, Created, LostRace
from node.client.roster import Roster
from node.e2ee.mls.private.session import Session
from node.e2ee.mls.public import key_package
from node.e2ee.mls.public.extensions import Extension
from node.e2ee.mls.public.proposals import Add, GroupContextExtensions, Proposal, Remove
from node.errors import Forbidden
from tests.client.transcripts import Recorder
from tools.scenarios import URL, Scenario, contents

NAME = "Sunday walk"


def able(it: Scenario, *names: str) -> list[Recorder]:
    """Devices that know groups."""
    made = [it.device(name, f"{name.partition('-')[0]}.test") for name in names]
    for one in made:
        one.do("rosters_learn")
    return made


def all_packages(it: Scenario, others: Iterable[Recorder]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for other in others:
        for actor, packages in it.packages(other).items():
            found.setdefault(actor, []).extend(packages)
    return found


def begin(it: Scenario, one: Recorder, *others: Recorder, name: str = NAME) -> str:
    """A group that all are in."""
    packages = all_packages(it, others)
    group = one.do("rosters_start", name=name, packages=packages, now=it.now)
    (founding,) = it.send(one)
    for other in others:
        it.give(other, founding["welcomes"][0]["content"])
    return str(group)


def pass_on(it: Scenario, one: Recorder, *others: Recorder) -> list[Any]:
    """What a device owes reaches the others, and those whom it welcomes."""
    sent = it.send(one)
    for other in others:
        it.give(other, *contents(sent))
    return sent


def lose(it: Scenario, one: Recorder, *first: str) -> None:
    """Another commit came before what a device sends: it reads that, and begins anew."""
    it.next(one)
    it.tell(one, LostRace())
    it.next(one)
    it.give(one, *first)
    it.tell(one, Accepted())


def deed(it: Scenario, one: Recorder, name: str, /, **given: object) -> Any:
    it.now += 1
    return one.do(f"rosters_{name}", **given, now=it.now)


def a_group(it: Scenario) -> None:
    alice, phone, bob, carol, dave = able(it, "alice", "alice-phone", "bob", "carol", "dave")
    group = begin(it, alice, phone, bob, carol)
    four = (alice, phone, bob, carol)

    def others(one: Recorder, *more: Recorder) -> list[Recorder]:
        return [other for other in (*four, *more) if other is not one]

    said = it.say(bob, group, "who comes along?")
    pass_on(it, bob, *others(bob))
    it.now += 1
    carol.do("words_react", group=group, id=said, emoji="👍", micros=it.now * 1_000_000)
    pass_on(it, carol, *others(carol))
    deed(it, alice, "rename", group=group, name="Sunday swim")
    pass_on(it, alice, *others(alice))
    deed(it, phone, "appoint", group=group, actor=bob.actor, role=roster.ADMIN)
    pass_on(it, phone, *others(phone))
    deed(it, bob, "add", group=group, packages=all_packages(it, [dave]))
    (commit,) = pass_on(it, bob, *others(bob))
    it.give(dave, commit["welcomes"][0]["content"])
    it.say(dave, group, "I do")
    pass_on(it, dave, *four)
    deed(it, bob, "remove", group=group, actors=[carol.actor])
    it.say(bob, group, "without Carol")
    pass_on(it, bob, *others(bob, dave))
    # What is no one's to do, or is so already; nothing of it is owed.
    packages = all_packages(it, [carol])
    deed(it, dave, "add", group=group, packages=packages)
    deed(it, dave, "remove", group=group, actors=[bob.actor])
    deed(it, dave, "rename", group=group, name="Mine")
    deed(it, dave, "appoint", group=group, actor=dave.actor, role=roster.OWNER)
    deed(it, bob, "appoint", group=group, actor=dave.actor, role=roster.ADMIN)
    deed(it, bob, "remove", group=group, actors=[alice.actor])
    deed(it, alice, "rename", group=group, name="Sunday swim")
    deed(it, alice, "rename", group=group, name=" ")
    deed(it, alice, "rename", group=group, name="two\nlines")
    deed(it, alice, "rename", group=group, name="@alice")
    deed(it, alice, "rename", group=group, name="x" * 101)
    deed(it, alice, "remove", group=group, actors=[carol.actor])
    deed(it, alice, "appoint", group=group, actor=carol.actor, role=roster.ADMIN)
    deed(it, alice, "appoint", group=group, actor=alice.actor, role=roster.MEMBER)
    deed(it, alice, "quit", group=group)
    for one in (alice, dave, carol):
        one.do("rosters_of", group=group)
        one.do("rosters_lines", group=group)


def who_quits(it: Scenario) -> None:
    alice, bob, tablet, carol = able(it, "alice", "bob", "bob-tablet", "carol")
    group = begin(it, alice, bob, tablet, carol)
    it.say(carol, group, "said while Bob goes")
    words = contents(it.send(carol))
    deed(it, bob, "quit", group=group)
    bob.do("say", group=group, text="too late", micros=it.now * 1_000_000)
    # Another commit is first: what is meant is made anew.
    deed(it, alice, "rename", group=group, name="Others first")
    (first,) = it.send(alice)
    lose(it, bob, *words, first["content"])
    (gone,) = it.send(bob)
    it.give(alice, *words, gone["content"])
    it.give(tablet, *words, first["content"], gone["content"])
    it.give(carol, first["content"], gone["content"])
    # The first leaf takes out what is left of him; Carol would before her next words.
    (taken,) = it.send(alice)
    it.say(carol, group, "and now it is we two")
    lose(it, carol, taken["content"])
    it.give(bob, taken["content"])
    it.give(alice, *contents(it.send(carol)))
    # Two of a group are no conversation of two: that is another one.
    two = it.meet(alice, carol)
    said = it.say(alice, two, "between us")
    it.give(carol, *contents(it.send(alice)))
    it.now += 1
    carol.do("words_react", group=group, id=said, emoji="👍", micros=it.now * 1_000_000)
    carol.do("words_react", group=two, id=said, emoji="👍", micros=it.now * 1_000_000)
    # Whoever is the last one is out at once.
    deed(it, alice, "appoint", group=group, actor=carol.actor, role=roster.OWNER)
    pass_on(it, alice, carol)
    deed(it, alice, "quit", group=group)
    pass_on(it, alice, carol)
    it.send(carol)
    deed(it, carol, "quit", group=group)
    it.send(carol)
    for one in (alice, bob, carol):
        one.do("rosters_lines", group=group)


Wish = Callable[[Session], Iterable[Proposal]]


def shaped(change: Callable[[Roster], Roster]) -> Wish:
    """Another roster, as it comes."""

    def wish(session: Session) -> list[Proposal]:
        before = roster.of(session.group.context.extensions)
        assert before is not None
        made = Extension(roster.EXTENSION, change(before).encode())
        return [GroupContextExtensions((made,))]

    return wish


def added(package: str) -> Wish:
    return lambda _: [Add(key_package.parse(base64.b64decode(package)))]


def out(who: Recorder) -> Wish:
    def wish(session: Session) -> list[Proposal]:
        theirs = [m.leaf for m in session.members() if m.identity.decode() == who.actor]
        return [Remove(leaf) for leaf in theirs]

    return wish


def both(*wishes: Wish) -> Wish:
    return lambda session: [each for wish in wishes for each in wish(session)]


def no_right(it: Scenario) -> None:
    """What a member may not commit: nobody follows, whatever it is, and the group is over for all
    who see it. Each time it is another group."""
    alice, bob, carol, mallory, puppet = able(it, "alice", "bob", "carol", "mallory", "puppet")
    (package,) = it.packages(puppet)[puppet.actor]

    def owner(before: Roster) -> Roster:
        return Roster(before.name, {**before.people, mallory.actor: roster.OWNER})

    def with_puppet(before: Roster) -> Roster:
        return Roster(before.name, {**before.people, puppet.actor: roster.MEMBER})

    def without_bob(before: Roster) -> Roster:
        left = {actor: role for actor, role in before.people.items() if actor != bob.actor}
        return Roster(before.name, left)

    wishes: list[Wish] = [
        added(package),
        both(shaped(with_puppet), added(package)),
        shaped(owner),
        shaped(lambda before: Roster("Mallory's", before.people)),
        both(shaped(without_bob), out(bob)),
        shaped(lambda before: Roster(before.name, {mallory.actor: roster.OWNER})),
        lambda _: [GroupContextExtensions(())],
    ]
    for number, wish in enumerate(wishes):
        group = begin(it, alice, bob, carol, mallory, name=f"Group {number}")
        it.say(alice, group, "is kept, and told")
        (words,) = contents(it.send(alice))
        commit, welcome = mallory.commits(group, wish, it.now)
        for one in (bob, carol):
            it.give(one, words, commit)
        it.say(alice, group, "waits")
        it.give(alice, commit)
        it.send(alice)
        alice.do("rosters_of", group=group)
        alice.do("rosters_spoilt", group=group)
        # What comes of it afterwards finds nobody.
        it.give(alice, mallory.seals(group, b'{"type":"Note","id":"urn:x:1","content":"hi"}'))
        if welcome:
            it.give(puppet, welcome)
    del it.devices["mallory"]  # hers is another program


def no_way_in(it: Scenario) -> None:
    """Proposals that others are to commit, and Welcomes of who is not in the group."""
    alice, bob, mallory, puppet = able(it, "alice", "bob", "mallory", "puppet")
    group = begin(it, alice, bob, mallory)
    (package,) = it.packages(puppet)[puppet.actor]
    proposed = Add(key_package.parse(base64.b64decode(package)))
    it.give(alice, mallory.proposes(group, proposed, it.now))
    it.say(alice, group, "goes out all the same")
    it.give(bob, *contents(it.send(alice)))
    # She was put out, and asks nobody: her device goes on by itself.
    deed(it, alice, "remove", group=group, actors=[mallory.actor])
    pass_on(it, alice, bob)
    (fresh,) = it.packages(bob)[bob.actor]
    fake = Roster("Fake", {alice.actor: roster.OWNER, puppet.actor: roster.MEMBER})
    made = Extension(roster.EXTENSION, fake.encode())
    other = begin(it, mallory, puppet, name="Hers")
    _, welcome = mallory.commits(
        other,
        lambda _: [
            GroupContextExtensions((made,)),
            Add(key_package.parse(base64.b64decode(fresh))),
        ],
        it.now,
    )
    it.give(bob, welcome)
    del it.devices["mallory"]


def no_way_back(it: Scenario) -> None:
    """A commit that nobody follows; then she asks those who did not into what she made of it."""
    alice, bob, mallory = able(it, "alice", "bob", "mallory")
    third = begin(it, alice, bob, mallory)
    (again,) = it.packages(alice)[alice.actor]
    commit, _ = mallory.commits(third, lambda _: [GroupContextExtensions(())], it.now, goes_on=True)
    it.give(alice, commit)
    _, welcome = mallory.commits(third, both(out(alice), added(again)), it.now)
    it.give(alice, welcome)
    del it.devices["mallory"]


def never_begun(it: Scenario) -> None:
    """A node does not take the first commit: nothing of the group is left, and its name is free."""
    alice, bob = able(it, "alice", "bob")
    group = alice.do("rosters_start", name=NAME, packages=all_packages(it, [bob]), now=it.now)
    it.say(alice, group, "is told")
    it.next(alice)
    it.tell(alice, Created("r", URL))
    it.next(alice)
    it.tell(alice, Forbidden("E2E-3.7", "only friends may be invited to a conversation"))
    it.next(alice)
    alice.do("rosters_of", group=group)
    begin(it, alice, bob)


SCENARIOS: tuple[tuple[Callable[[Scenario], None], str], ...] = (
    (a_group, "A group: its people, their roles, its name, and what is not for everybody to do."),
    (who_quits, "Who leaves a group is out at once, with all devices; another takes the leaf out."),
    (no_right, "Commits by who has no right to them: nobody follows any of them."),
    (no_way_in, "Proposals for others to commit, and invitations by who is not in the group."),
    (never_begun, "A group whose first commit is refused was none."),
    (no_way_back, "Nobody comes into what was made of a group by a commit that nobody follows."),
)
