"""What happens to devices that judge leaves by lists, and follow them (spec DEV-16, DEV-17)."""

import base64
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from node.client.looking import Shown
from node.e2ee.keys.public.published import check_published
from node.errors import Forbidden, Missing, Unreachable
from node.testing.fakes import FakeEntropy
from tests.client.transcripts import Recorder
from tools.scenarios import DAY, Scenario, contents, id_of, public_seal, put

NO_KEYS: Final = Missing("KEY-7.5", "the account has published no keys")
AWAY: Final = Unreachable("their server does not answer", beyond=True)


class Account:
    """The keys of one account, as its devices make them and as everybody is shown them."""

    def __init__(self, it: Scenario, first: Recorder, name: str) -> None:
        self.it, self.actor = it, first.actor
        first.do("keys_begin", id=id_of(name), now=it.now)
        self.told = put(first, it.now)
        self.rk = first.do("keys_recovery_key")

    @property
    def shown(self) -> Shown:
        return Shown(*(base64.b64decode(self.told[part]) for part in ("delegation", "list")))

    @property
    def root(self) -> bytes:
        shown = self.shown
        return check_published(shown.delegation, shown.list, self.actor).delegation.root

    def joins(self, other: Recorder, name: str, **kept: Recorder) -> "Account":
        """Another device comes by the recovery key; of those before `kept` stay, by their names."""
        keep = [id_of(each.replace("_", "-")) for each in kept]
        come = {"id": id_of(name), "rk": self.rk, "keep": keep, "now": self.it.now}
        other.do("keys_recover", told=self.told, **come)
        self.told = put(other, self.it.now)
        for each in kept.values():
            self.reads(each)
        return self

    def admits(self, by: Recorder, name: str, key: bytes) -> "Account":
        """A device that has no part in the account's keys stands on its list all the same."""
        device = {
            "id": id_of(name),
            "seal": public_seal(name),
            "key": base64.b64encode(key).decode(),
        }
        by.do("keys_admit", device=device, now=self.it.now)
        self.told = put(by, self.it.now)
        return self

    def revokes(self, by: Recorder, name: str) -> "Account":
        by.do("keys_unlist", id=id_of(name), rk=None, now=self.it.now)
        self.told = put(by, self.it.now)
        return self

    def reads(self, one: Recorder) -> "Account":
        """A device of the account takes the keys that its home node has."""
        one.do("keys_meet", told=self.told, now=self.it.now)
        one.do("keys_certify", now=self.it.now)
        return self.seen(one)

    def seen(self, one: Recorder) -> "Account":
        """A device of the account judges by them."""
        one.do("trust_seen_own", keys=self.shown, now=self.it.now)
        return self

    def shows(self, *others: Recorder) -> "Account":
        """It is answered to these."""
        for one in others:
            self.it.answers(one, self.actor, self.shown)
        return self


def whose_keys(it: Scenario) -> None:
    alice, bob = it.device("alice"), it.device("bob", "beta.test")
    carol = it.device("carol", "gamma.test")
    account = Account(it, bob, "bob")
    group = it.meet(alice, bob, carol)
    it.looks(alice, group)
    alice.do("trust_before_adding", actor=bob.actor, now=it.now)
    it.answers(alice, carol.actor, NO_KEYS)
    # A server that does not answer holds nothing up, and is asked ever more seldom.
    for wait in (0, 59, 1, 119, 1):
        it.now += wait
        if alice.do("trust_wanted", now=it.now):
            it.answers(alice, bob.actor, AWAY)
    it.say(alice, group, "nobody waits for an absent server")
    words = contents(it.send(alice))
    it.give(bob, *words)
    it.give(carol, *words)
    it.now += 240
    account.shows(alice)
    it.looks(alice, group)
    alice.do("keys_verify", actor=bob.actor)
    it.answers(alice, bob.actor, NO_KEYS)  # an older list is worth more than a node's word
    old = account.shown
    account.admits(bob, "laptop", FakeEntropy("a laptop's key").draw(32)).shows(alice)
    it.answers(alice, bob.actor, old)
    cut = Shown(old.delegation, old.list[:-1])
    it.answers(alice, bob.actor, cut)
    it.looks(alice, group)
    it.now += DAY + 1
    it.looks(alice, group)
    alice.do("trust_before_adding", actor=bob.actor, now=it.now)
    account.shows(alice)
    it.looks(alice, group)
    # Carol shows keys now, and they are none that could be read.
    it.answers(alice, carol.actor, cut)
    it.say(alice, group, "kept")
    it.next(alice)
    alice.do("held", group=group)
    Account(it, carol, "carol").shows(alice)
    it.looks(alice, group)
    it.send(alice)


def a_ghost(it: Scenario) -> None:
    alice, bob = it.device("alice"), it.device("bob", "beta.test")
    carol, ghost = it.device("carol", "gamma.test"), it.device("bob-ghost", "beta.test")
    account = Account(it, bob, "bob")
    alice.do("remember", handle="@bob@beta.test", actor=bob.actor)
    group = it.meet(alice, bob, carol)
    account.shows(alice)
    it.answers(alice, carol.actor, NO_KEYS)
    # Carol's node gave her a device that is none of Bob's, and she asked nobody.
    carol.do("add", group=group, packages=it.packages(ghost), now=it.now)
    (added,) = it.send(carol)
    it.give(ghost, added["welcomes"][0]["content"])
    it.say(alice, group, "sealed before the ghost came, and not accepted")
    it.give(alice, added["content"])
    it.say(alice, group, "not for the ghost")
    it.next(alice)
    alice.do("held", group=group)
    it.looks(alice, group)
    it.answers(alice, bob.actor, AWAY)
    it.next(alice)
    alice.do("trust_tend", now=it.now - 100)  # the clock was set back
    alice.do("trust_before_words", group=group, now=it.now - 100)
    it.now += 60
    it.looks(alice, group)
    account.shows(alice)  # asked anew: it is of no list
    it.looks(alice, group)
    sent = contents(it.send(alice))
    it.looks(alice, group)
    # Bob hears of it when all is over; the ghost is out.
    for one in (bob, carol):
        it.give(one, *([added["content"]] if one is bob else []), *sent)
    it.give(ghost, *sent)
    it.say(bob, group, "who was that?")
    it.give(alice, *contents(it.send(bob)))


def a_revoked_phone(it: Scenario) -> None:
    alice, bob = it.device("alice"), it.device("bob", "beta.test")
    phone = it.device("bob-phone", "beta.test")
    account = Account(it, bob, "bob").joins(phone, "phone", bob=bob)
    group = it.meet(alice, bob, phone)
    other = it.meet(alice, bob, phone)
    account.shows(alice)
    it.looks(alice, group)
    it.say(alice, group, "sealed while the phone was listed")
    it.say(alice, other, "and this; a commit is under way")
    alice.do("refresh", group=other, now=it.now)
    account.revokes(bob, "phone").shows(alice)
    sent = it.send(alice)
    for one in (bob, phone):
        it.give(one, *contents(sent))
    # His next device comes alone: no leaf of his is listed any more.
    account.seen(bob)
    third = it.device("bob-tablet", "beta.test")
    account.joins(third, "tablet")
    account.shows(alice)
    it.say(alice, group, "for whom there is no device yet")
    (commit,) = contents(it.send(alice))
    it.next(alice)
    alice.do("held", group=group)
    it.give(bob, commit)
    # He comes in again by his list, within seven days.
    alice.do("trust_lacking", now=it.now)
    missing = alice.do("trust_missing", group=group, actor=bob.actor)
    alice.do("trust_to_ask", group=group, keys=missing, now=it.now)
    alice.do("trust_claimed", came=[], came_not=missing, now=it.now)
    for wait in (59, 1, 0):
        it.now += wait
        alice.do("trust_to_ask", group=group, keys=missing, now=it.now)
    alice.do("trust_claimed", came=[], came_not=missing, now=it.now)
    it.now += 120
    alice.do("trust_to_ask", group=group, keys=missing, now=it.now)
    alice.do("trust_lacking", now=it.now + 7 * DAY)
    packages = it.packages(third)
    alice.do("trust_sift", actor=bob.actor, packages=packages[bob.actor], now=it.now)
    alice.do("add", group=group, packages=packages, now=it.now)
    alice.do("trust_claimed", came=missing, came_not=[], now=it.now)
    added, words = it.send(alice)
    it.give(third, added["welcomes"][0]["content"], words["content"])
    it.looks(alice, group)
    alice.do("trust_lacking", now=it.now)


def who_began_anew(it: Scenario) -> None:
    alice, bob = it.device("alice"), it.device("bob", "beta.test")
    phone = it.device("bob-phone", "beta.test")
    account = Account(it, bob, "bob").joins(phone, "phone", bob=bob)
    group = it.meet(alice, bob)
    account.shows(alice)
    alice.do("keys_verify", actor=bob.actor)
    pinned = account.shown
    it.say(alice, group, "sealed before, and not accepted")
    # Two lists under one number stop, also anew from disk; a higher number ends it.
    for one, name in ((phone, "tablet"), (bob, "laptop")):
        key = FakeEntropy(f"the key of a {name}").draw(32)
        account.admits(one, name, key).shows(alice)
    it.next(alice)
    alice.do("held", group=group)
    it.looks(alice, group)
    alice.do("keys_verify", actor=bob.actor)
    account.revokes(bob, "laptop").shows(alice)
    it.send(alice)
    # Another root, however signed.
    it.say(alice, group, "kept")
    bob.do("keys_begin_anew", told=account.told, id=id_of("bob"), now=it.now)
    account.told = put(bob, it.now)
    account.shows(alice)
    account.shows(alice)  # told once
    it.next(alice)
    it.looks(alice, group)
    root = bytes(32)
    alice.do("trust_accept", actor=bob.actor, root=root, now=it.now)
    it.answers(alice, bob.actor, pinned)  # the pinned one once more: it was a lie
    it.looks(alice, group)
    account.shows(alice)
    root = account.root
    alice.do("trust_accept", actor=bob.actor, root=root, now=it.now)
    it.looks(alice, group)
    alice.do("trust_accept", actor=bob.actor, root=root, now=it.now)
    sent = contents(it.send(alice))
    it.give(bob, *sent)
    # Who is stopped at may be taken out.
    stranger = it.device("bob-stranger", "beta.test")
    Account(it, stranger, "stranger").shows(alice)
    it.say(alice, group, "to nobody, for now")
    alice.do("remove", group=group, actors=[bob.actor], now=it.now)
    it.send(alice)
    it.looks(alice, group)


def a_list_that_ended(it: Scenario) -> None:
    alice, bob = it.device("alice"), it.device("bob", "beta.test")
    carol, phone = it.device("carol", "gamma.test"), it.device("bob-phone", "beta.test")
    account = Account(it, bob, "bob").joins(phone, "phone", bob=bob)
    group = it.meet(alice, bob, carol)
    account.shows(alice)
    it.answers(alice, carol.actor, NO_KEYS)
    it.now += 31 * DAY - 1
    it.looks(alice, group)
    it.now += 2
    it.looks(alice, group)
    it.say(alice, group, "an old leaf works")
    words = contents(it.send(alice))
    it.give(carol, *words)
    packages = it.packages(phone)
    alice.do("trust_check", actor=bob.actor, packages=packages[bob.actor], now=it.now)
    alice.do("add", group=group, packages=packages, now=it.now)
    carol.do("add", group=group, packages=packages, now=it.now)
    (added,) = it.send(carol)
    it.give(alice, added["content"])
    it.say(alice, group, "kept until the list is renewed")
    it.next(alice)
    alice.do("trust_tend", now=it.now + 61)
    it.looks(alice, group)
    account.reads(bob)
    account.told = put(bob, it.now)
    account.shows(alice)
    it.looks(alice, group)
    it.send(alice)


def a_newer_device(it: Scenario) -> None:
    """Its certificate is of a higher number than the list that is known."""
    alice, bob = it.device("alice"), it.device("bob", "beta.test")
    phone = it.device("bob-phone", "beta.test")
    account = Account(it, bob, "bob")
    group = it.meet(alice, bob)
    account.shows(alice)
    old = account.shown
    account.joins(phone, "phone", bob=bob)
    bob.do("add", group=group, packages=it.packages(phone), now=it.now)
    (added,) = it.send(bob)
    it.give(alice, added["content"])
    it.looks(alice, group)
    it.say(alice, group, "for the first minute it is no ghost")
    it.send(alice)
    it.answers(alice, bob.actor, old)
    it.looks(alice, group)
    it.now += 61
    alice.do("trust_tend", now=it.now)
    it.say(alice, group, "kept")
    it.next(alice)
    it.looks(alice, group)
    account.shows(alice)
    it.looks(alice, group)
    it.send(alice)
    # Two delegations of one number: whoever has the recovery key made one of them.
    for one in (bob, phone):
        one.do("keys_redelegate", rk=account.rk, now=it.now)
    account.told = put(bob, it.now)
    account.shows(alice)
    account.told = phone.do("keys_owed")["keys"]
    account.shows(alice)
    it.looks(alice, group)


def who_may_come(it: Scenario) -> None:
    alice, bob = it.device("alice"), it.device("bob", "beta.test")
    phone, ghost = it.device("bob-phone", "beta.test"), it.device("bob-ghost", "beta.test")
    account = Account(it, bob, "bob")
    alice.do("remember", handle="@bob@beta.test", actor=bob.actor)
    account.shows(alice)
    account.joins(phone, "phone", bob=bob)
    found = [each for one in (phone, ghost, bob) for each in it.packages(one)[bob.actor]]
    about: dict[str, Any] = {"actor": bob.actor, "now": it.now}
    alice.do("trust_ahead_of", packages=found, **about)
    alice.do("trust_ahead_of", packages=found[2:], **about)
    alice.do("trust_sift", packages=found, **about)
    it.answers(alice, bob.actor, AWAY)
    alice.do("trust_ahead_of", packages=found, **about)
    account.shows(alice)
    alice.do("trust_ahead_of", packages=found, **about)
    kept, _ = alice.do("trust_sift", packages=found, **about)
    alice.do("trust_sift", packages=[found[1]], **about)
    alice.do("trust_check", packages=[found[1]], **about)
    alice.do("trust_check", packages=kept, **about)
    alice.do("start", packages={bob.actor: [found[1]]}, now=it.now)
    group = alice.do("start", packages={bob.actor: kept}, now=it.now)
    it.send(alice)
    alice.do("add", group=group, packages={bob.actor: [found[1]]}, now=it.now)


def put_out(it: Scenario) -> None:
    alice, bob = it.device("alice"), it.device("bob", "beta.test")
    carol, dave = it.device("carol", "gamma.test"), it.device("dave", "delta.test")
    account = Account(it, carol, "carol")
    group = it.meet(alice, bob, carol, dave)
    for one in (alice, bob):
        account.shows(one)
        it.answers(one, dave.actor, NO_KEYS)
    # Carol takes her own leaf off her list: her next device is not there yet.
    phone = it.device("carol-phone", "gamma.test")
    account.joins(phone, "phone").shows(alice, bob)
    it.say(alice, group, "without Carol's old device")
    sent = contents(it.send(alice))
    for one in (bob, dave):
        it.give(one, *sent)
    bob.do("trust_lacking", now=it.now)
    # Alice puts her out, by a commit without a change of its own.
    alice.do("remove", group=group, actors=[carol.actor], now=it.now)
    out = contents(it.send(alice))
    alice.do("remove", group=group, actors=[carol.actor], now=it.now)
    for one in (bob, dave):
        it.give(one, *out)
    bob.do("trust_lacking", now=it.now)
    # What others say of who is there, and what is not of that form, changes nothing.
    for data in (f'{{"removed":["{bob.actor}"]}}', '{"removed":7}', "[]", "no JSON"):
        commit = dave.commits_saying(group, data.encode(), it.now)
        for one in (alice, bob):
            it.give(one, commit)


def taken_back(it: Scenario) -> None:
    """Who is taken back lets go of those of whom no leaf is left."""
    alice, bob = it.device("alice"), it.device("bob", "beta.test")
    carol, phone = it.device("carol", "gamma.test"), it.device("carol-phone", "gamma.test")
    account = Account(it, carol, "carol")
    group = it.meet(alice, bob, carol)
    account.shows(alice)
    account.joins(phone, "phone").shows(alice)
    it.say(alice, group, "Carol stays, without a device")
    it.give(bob, *contents(it.send(alice)))
    it.go_on(bob, group)  # Alice never gets these
    it.now += 31 * DAY + 1
    alice.do("new_packages", count=0, last_resort=True, now=it.now)
    bob.do("add", group=group, packages=it.packages(phone), now=it.now)
    it.send(bob)  # nor this, of a device on a list that has ended
    it.say(bob, group, "are you there?")
    it.give(alice, *contents(it.send(bob)))
    alice.do("look_behind", now=it.now)
    it.now += 10
    alice.do("look_behind", now=it.now)
    (question,) = contents(it.send(alice))
    alice.do("look_behind", now=it.now - 100)  # the clock was set back
    it.give(bob, question)
    it.say(bob, group, "come back")
    commit, *_ = it.send(bob)
    it.give(alice, commit["welcomes"][0]["content"])
    alice.do("trust_lacking", now=it.now)
    alice.do("held", group=group)


def off_the_list(it: Scenario) -> None:
    alice, phone = it.device("alice"), it.device("alice-phone")
    bob, laptop = it.device("bob", "beta.test"), it.device("alice-laptop")
    account = Account(it, alice, "alice").seen(alice)
    group = it.meet(alice, bob)
    account.joins(phone, "phone", alice=alice)
    account.revokes(phone, "alice").reads(alice)
    it.say(alice, group, "nobody takes this device for hers")
    it.next(alice)
    alice.do("held", group=group)
    packages = it.packages(bob)
    alice.do("start", packages=packages, now=it.now)
    alice.do("add", group=group, packages=packages, now=it.now)
    alice.do("trust_lacking", now=it.now)
    it.looks(alice, group)
    account.seen(alice)  # told once
    alice.do("restart")
    it.next(alice)
    it.give(alice, *it.go_on(bob, group))
    account.joins(alice, "alice", phone=phone).seen(alice)
    it.send(alice)
    # A device that came by a password alone judges itself by what its node shows.
    other = it.meet(bob, laptop)
    it.say(laptop, other, "before it knew")
    account.seen(laptop)
    it.next(laptop)
    laptop.do("start", packages=packages, now=it.now)
    account.admits(phone, "laptop", laptop.signature_key).seen(laptop)
    it.send(laptop)


def an_own_ghost(it: Scenario) -> None:
    """A device of one's own account that is on no list is out before the next word."""
    alice, phone = it.device("alice"), it.device("alice-phone")
    bob = it.device("bob", "beta.test")
    account = Account(it, alice, "alice").joins(phone, "phone", alice=alice)
    group = it.meet(alice, bob, phone)
    it.say(alice, group, "sealed for the phone, too")
    account.revokes(alice, "phone").seen(alice)
    sent = contents(it.send(alice))
    it.give(bob, *sent)
    it.give(phone, *sent)
    ghost = it.device("alice-ghost")
    bob.do("add", group=group, packages=it.packages(ghost), now=it.now)
    (added,) = it.send(bob)
    it.give(alice, added["content"])
    it.say(alice, group, "who is that?")
    it.next(alice)
    it.looks(alice, group)
    account.seen(alice)
    it.send(alice)
    it.answers(alice, bob.actor, AWAY)
    it.now += DAY + 1
    account.seen(alice)  # what was asked in vain a day ago is forgotten


def whose_devices(it: Scenario) -> None:
    """A newer conversation with a device of one's own account that nobody knows takes no words."""
    alice, phone = it.device("alice"), it.device("alice-phone")
    bob, ghost = it.device("bob", "beta.test"), it.device("alice-ghost")
    former = it.meet(alice, bob, phone)
    newer, third = it.meet(alice, bob), it.meet(alice, bob)
    alice.do("trust_knows_own", group=newer, former=[former])
    alice.do("trust_knows_own", group=former, former=[newer])  # nobody has listed the phone
    bob.do("add", group=newer, packages=it.packages(phone), now=it.now)
    (added,) = it.send(bob)
    it.give(alice, added["content"])
    alice.do("trust_knows_own", group=newer, former=[former])  # it stood there before
    Account(it, alice, "alice").joins(phone, "phone", alice=alice).seen(alice)
    alice.do("trust_knows_own", group=former, former=[third])  # and is listed now
    bob.do("add", group=newer, packages=it.packages(ghost), now=it.now)
    (added,) = it.send(bob)
    it.give(alice, added["content"])
    alice.do("trust_knows_own", group=newer, former=[former])
    alice.do("trust_knows_own", group=newer, former=[])


def a_linked_phone(it: Scenario) -> None:
    alice, phone = it.device("alice"), it.device("alice-phone")
    bob, carol = it.device("bob", "beta.test"), it.device("carol", "gamma.test")
    first = it.meet(alice, bob)
    account = Account(it, alice, "alice").seen(alice)
    alice.do("trust_is_followed")
    alice.do("trust_lacking", now=it.now)
    alice.do("trust_followed")
    alice.do("trust_followed")
    account.joins(phone, "phone", alice=alice)
    alice.do("trust_is_followed")
    it.now += 1
    second = it.meet(alice, carol)
    Account(it, bob, "bob").shows(alice)  # uncertified in the group, and listed
    lacking = alice.do("trust_lacking", now=it.now)
    for group, actor in lacking:
        missing = alice.do("trust_missing", group=group, actor=actor)
        alice.do("trust_to_ask", group=group, keys=missing, now=it.now)
        alice.do("trust_claimed", came=missing, came_not=[], now=it.now)
        alice.do("add", group=group, packages=it.packages(phone), now=it.now, listed=True)
    it.next(alice)
    it.tell(alice, Forbidden("E2E-3.8", "your node does not take it"))
    sent = it.send(alice)
    alice.do("trust_followed")
    alice.do("trust_is_followed")
    ((group, actor),) = alice.do("trust_lacking", now=it.now)
    for after in (0, 60):  # ever more seldom
        it.now += after
        alice.do("trust_rest", now=it.now)
        missing = alice.do("trust_missing", group=group, actor=actor)
        alice.do("trust_to_ask", group=group, keys=missing, now=it.now)
    ready = {"device": str(UUID(bytes=base64.b64decode(id_of("phone")))), "now": it.now}
    alice.do("trust_ready", **ready)  # it was not asked for in vain
    alice.do("trust_claimed", came=[], came_not=missing, now=it.now)
    alice.do("trust_to_ask", group=group, keys=missing, now=it.now)
    alice.do("trust_ready", **ready)
    alice.do("trust_to_ask", group=group, keys=missing, now=it.now)
    alice.do("trust_claimed", came=missing, came_not=[], now=it.now)
    alice.do("add", group=group, packages=it.packages(phone), now=it.now, listed=True)
    alice.do("trust_lacking", now=it.now)
    sent += it.send(alice)
    alice.do("trust_followed")
    alice.do("trust_is_followed")
    for one in sent:
        it.give(bob if one["group"] == first else carol, one["content"])
        it.give(phone, one["welcomes"][0]["content"])
    account.seen(phone)
    for group, other in ((first, bob), (second, carol)):
        it.say(phone, group, "from the phone")
        words = contents(it.send(phone))
        it.give(other, *words)
        it.give(alice, *words)
    it.looks(phone, first)
    # The commit brought the newest certificate into Alice's leaf.
    account.shows(bob)
    it.looks(bob, first)


def whose_turn(it: Scenario) -> None:
    alice, bob = it.device("alice"), it.device("bob", "beta.test")
    phone, carol = it.device("bob-phone", "beta.test"), it.device("carol", "gamma.test")
    account = Account(it, bob, "bob").joins(phone, "phone", bob=bob)
    group = it.meet(alice, bob, phone, carol)
    account.shows(alice, carol)
    account.revokes(bob, "phone").seen(bob).shows(alice, carol)
    # Nobody says anything: his own device is the first, then one of the others after the other.
    others = (alice, carol)
    for after in (0, 599, 1, 30):
        it.now += after
        turns = [(one, one.do("trust_overdue", now=it.now)) for one in (bob, *others)]
    first = next(one for one, groups in turns if groups and one is not bob)
    first.do("refresh", group=group, now=it.now)
    first.do("trust_overdue", now=it.now)  # it is owed
    (sent,) = contents(it.send(first))
    for one in (bob, phone, *others):
        if one is not first:
            it.give(one, sent)
            one.do("trust_overdue", now=it.now)


SCENARIOS: tuple[tuple[Callable[[Scenario], None], str], ...] = (
    (whose_keys, "Whose keys are asked for, when, and what an answer changes."),
    (a_ghost, "A device of no list is told, read anew, and out before the next word."),
    (a_revoked_phone, "Words wait for the Remove of a revoked leaf; of whom none is left come in."),
    (who_began_anew, "Two lists under one number, and another root: words wait for a person."),
    (a_list_that_ended, "A list that ended is good for old leaves, and for no new one."),
    (a_newer_device, "A certificate above the list that is known; two delegations of one number."),
    (who_may_come, "Key packages of who is on no list are left out, and refused."),
    (put_out, "Who is put out by a person is out for everybody, also where no leaf is left."),
    (taken_back, "Who is taken back lets go of those of whom no leaf is left."),
    (off_the_list, "A device that is not on its account's list says nothing, and wipes nothing."),
    (an_own_ghost, "A device of one's own account that is on no list."),
    (
        whose_turn,
        "Who is on no list is taken out where nobody speaks, by one device after the other.",
    ),
    (whose_devices, "What one says goes on with no device of one's own that nobody knows."),
    (a_linked_phone, "A linked device comes into the conversations that there are."),
)
