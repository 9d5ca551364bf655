"""What happens to a few devices that hear each other through nothing but lists (spec DEV-7)."""

import base64
import hashlib
import json
from collections.abc import Iterable
from typing import Any

from node.client.exchange import Accepted, Created
from node.e2ee.mls.private import hpke
from node.e2ee.mls.public.suite import X25519_AES128_SHA256_ED25519
from node.testing.fakes import FakeEntropy
from tests.client.transcripts import Recorder

NOW = 1_767_225_600
DAY = 86400
URL = "https://alpha.test/o/1"
Transcripts = dict[str, Recorder]


class Scenario:
    """Devices by name; what one sends is given to others by hand."""

    def __init__(self, name: str, about: str) -> None:
        self.name, self.about, self.now = name, about, NOW
        self.devices: Transcripts = {}

    def device(self, name: str, domain: str = "alpha.test") -> Recorder:
        actor = f"https://{domain}/a/{name.partition('-')[0]}"
        made = Recorder(self.about, actor, FakeEntropy(f"{self.name} {name}"))
        self.devices[name] = made
        return made

    # -- what is done ----------------------------------------------------------------------------

    def packages(self, one: Recorder) -> dict[str, list[str]]:
        made = one.do("new_packages", count=1, last_resort=False, now=self.now)
        return {one.actor: [package for package, _ in made]}

    def say(self, one: Recorder, group: str, text: str) -> str:
        self.now += 1
        said = one.do("say", group=group, text=text, micros=self.now * 1_000_000)
        return str(said["id"])

    def next(self, one: Recorder) -> Any:
        return one.do("next", now=self.now)

    def tell(self, one: Recorder, outcome: object) -> Any:
        return one.do("tell", outcome=outcome, now=self.now)

    def send(self, one: Recorder) -> list[Any]:
        """All that a device owes is accepted."""
        found = []
        while (asked := self.next(one))["is"] not in ("Wait", "Fetch"):
            if asked["is"] == "Create":
                self.tell(one, Created("r", URL))
            elif asked["is"] == "TellGone":
                self.tell(one, Accepted())
            elif asked["is"] == "Send":
                found.append(asked)
                self.tell(one, Accepted())
        one.do("settle")
        return found

    def give(self, one: Recorder, *contents: str) -> Any:
        """The node has these for a device; they come at once."""
        return one.do("receive", items=self.items(one, *contents), now=self.now)

    def items(self, one: Recorder, *contents: str) -> list[Any]:
        """These as the next items of a device's mailbox."""
        items = []
        for content in contents:
            one.seq += 1
            at = self.now * 1_000_000 + one.seq
            items.append({"seq": one.seq, "ref": "r", "url": URL, "content": content, "at": at})
        return items

    def answers(self, one: Recorder, actor: str, outcome: object) -> Any:
        """What came of asking for somebody's keys."""
        return one.do("trust_answered", actor=actor, outcome=outcome, now=self.now)

    def looks(self, one: Recorder, group: str) -> None:
        """Whom a device would ask for, and what it knows of whom."""
        one.do("trust_wanted", now=self.now)
        one.do("trust_before_words", group=group, now=self.now)
        one.do("trust_standing", group=group, now=self.now)
        one.do("trust_has_doubts")

    def meet(self, one: Recorder, *others: Recorder) -> str:
        """A conversation that all are in."""
        packages: dict[str, list[str]] = {}
        for other in others:
            for actor, found in self.packages(other).items():
                packages.setdefault(actor, []).extend(found)
        group = one.do("start", packages=packages, now=self.now)
        (founding,) = self.send(one)
        for other in others:
            self.give(other, founding["welcomes"][0]["content"])
        return str(group)

    def go_on(self, one: Recorder, group: str, *others: Recorder, times: int = 1) -> list[str]:
        """Commits of fresh keys, that the others read."""
        commits = []
        for _ in range(times):
            one.do("refresh", group=group, now=self.now)
            commits += [sent["content"] for sent in self.send(one)]
        for other in others:
            self.give(other, *commits)
        return commits


def contents(sent: Iterable[Any]) -> list[str]:
    return [str(each["content"]) for each in sent]


def id_of(name: str) -> str:
    """A device's id, as the home node gives it."""
    return base64.b64encode(hashlib.sha256(name.encode()).digest()[:16]).decode()


def public_seal(name: str) -> str:
    """A public key that something can be sealed to."""
    seal = hpke.key_pair(X25519_AES128_SHA256_ED25519, FakeEntropy(f"seal of {name}").draw(32))
    return base64.b64encode(seal.public).decode()


def put(one: Recorder, now: int) -> Any:
    """What a device owes is put, and comes back as what the node has."""
    told = one.do("keys_owed")["keys"]
    one.do("keys_meet", told=told, now=now)
    one.do("keys_certify", now=now)
    return told


def returned(actor: str, sent: str, reason: str, **more: object) -> str:
    """The node's word that an actor did not take what was sent, as a mailbox has it."""
    digest = hashlib.sha256(base64.b64decode(sent)).hexdigest()
    said = {"type": "Reject", "actor": actor, "digest": digest, "reason": reason, **more}
    return base64.b64encode(json.dumps(said).encode()).decode()
