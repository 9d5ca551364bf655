"""Random stories of a few devices, told by the Python one and replayed by the TypeScript one.

What goes wrong in them is what the transcripts of `spec/vectors/device` do not think of: any order
of lost races, answers that never came, messages that are late, twice or damaged, restored nodes.
"""

import base64
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from node.client.exchange import Accepted, Created, LostRace
from node.client.rows import Changes
from node.e2ee.mls.public import framing
from node.errors import Conflict, Forbidden, Full, Unreachable
from node.testing.fakes import FakeEntropy
from tests.browser.mirrored import Mirror
from tests.client.transcripts import Recorder
from tools import browser
from tools.record_device import URL, Scenario

STEPS = 60
HOSTS = ("alpha.test", "beta.test", "gamma.test")


@pytest.fixture(scope="module")
def mirror() -> Iterator[Mirror]:
    assert browser.is_installed(), "run .venv/bin/python -m tools.browser install"
    mirror = Mirror()
    yield mirror
    mirror.close()


class Teller(Recorder):
    """Writes down what several steps of one `next` wrote as if it were one."""

    def _write(self, gives: Any) -> None:
        merged: Changes = {}
        for changes in self._rows.written:
            merged |= changes
        self._rows.written = [merged] if merged else []
        super()._write(gives)


class Story(Scenario):
    """Three devices in one conversation, and a node that takes one commit per epoch."""

    def __init__(self, seed: int) -> None:
        super().__init__(f"story {seed}", "A random story.")
        self.chance = random.Random(seed)
        names = ("alice", "bob", "carol")
        self.people = [self.device(name, host) for name, host in zip(names, HOSTS, strict=True)]
        for one in self.people:
            one.do("new_packages", count=0, last_resort=True, now=self.now)
        self.group = self.meet(*self.people)
        self.epoch = 1
        self.log: list[str] = []
        self.read = {one.actor: 0 for one in self.people}
        self.life = 1

    def device(self, name: str, domain: str = "alpha.test") -> Recorder:
        actor = f"https://{domain}/a/{name}"
        made = Teller(self.about, actor, FakeEntropy(f"{self.name} {name}"))
        self.devices[name] = made
        return made

    def step(self) -> None:
        self.now += self.chance.choice((0, 1, 60))
        one = self.chance.choice(self.people)
        deeds: list[tuple[Callable[[Recorder], object], float]] = [
            (self.speak, 5),
            (self.carry, 8),
            (self.hear, 8),
            (lambda one: one.do("refresh", group=self.group, now=self.now), 1),
            (self.change, 2),
            (lambda one: one.do("retry"), 2),
            (lambda one: one.do("settle"), 1),
            (lambda one: one.do("restart"), 1),
            (self.seat, 1),
            (lambda one: one.do("look_behind", now=self.now), 3),
            (self.stay_away, 1),
            (self.freeze, 0.05),
        ]
        what, weights = zip(*deeds, strict=True)
        self.chance.choices(what, weights)[0](one)

    def speak(self, one: Recorder) -> None:
        text = f"word {self.now} <&>\n{self.chance.choice('äß✓😀')}"
        one.do("say", group=self.group, text=text, micros=self.now * 1_000_000 + 7)

    def carry(self, one: Recorder) -> None:
        """What one owes goes out, or does not."""
        asked = self.next(one)
        if asked["is"] in ("Wait", "Tell"):
            return
        if self.chance.random() < 0.2:
            troubles = (
                Unreachable("no answer"),
                Unreachable("theirs is away", beyond=True),
                Full("E2E-4.7", "the mailbox is full", retry_after_seconds=60),
                Forbidden("E2E-3.4", "not here"),
            )
            self.tell(one, self.chance.choice(troubles[: 4 if self.chance.random() < 0.2 else 3]))
        elif asked["is"] == "Create":
            self.tell(one, Created("r", URL))
        elif asked["is"] == "Send":
            lost = LostRace(self.chance.choice((0, self.epoch)))
            self.tell(one, Accepted() if self.takes(asked) else lost)
        else:
            self.hear(one, most=99)
            self.tell(one, Accepted())

    def takes(self, asked: Any) -> bool:
        """Whether the node takes the message: of two commits for one epoch it takes the first."""
        header = framing.header(base64.b64decode(asked["content"]))
        if header.content_type != framing.APPLICATION and header.epoch != self.epoch:
            return False
        self.log.append(asked["content"])
        if header.content_type == framing.COMMIT:
            self.epoch += 1
            self.log += [welcome["content"] for welcome in asked["welcomes"]]
        return True

    def hear(self, one: Recorder, most: int = 3) -> None:
        """One reads on; now and then something is lost, comes twice, or is damaged."""
        start = self.read[one.actor]
        if self.chance.random() < 0.1:
            start = max(start - 2, 0)
        found = self.log[start : start + self.chance.randint(1, most)]
        self.read[one.actor] = start + len(found)
        if found and self.chance.random() < 0.1:
            found.pop(self.chance.randrange(len(found)))
        if found and self.chance.random() < 0.05:
            raw = bytearray(base64.b64decode(found[-1]))
            raw[self.chance.randrange(len(raw))] ^= 1
            found.append(base64.b64encode(raw).decode())
        self.life += self.chance.random() < 0.02
        items = []
        for content in found:
            one.seq += 1
            at = self.now * 1_000_000 + one.seq
            items.append({"seq": one.seq, "ref": "r", "url": URL, "content": content, "at": at})
        one.do("receive", items=items, now=self.now, incarnation=f"life {self.life}")

    def change(self, one: Recorder) -> None:
        """Somebody is taken out, or in again, or leaves."""
        other = self.chance.choice([each for each in self.people if each is not one])
        kind = self.chance.choice(("add", "remove", "leave"))
        if kind == "add":
            packages = self.packages(other)
            one.do("add", group=self.group, packages=packages, now=self.now)
        elif kind == "remove":
            one.do("remove", group=self.group, actors=[other.actor], now=self.now)
        elif self.chance.random() < 0.2:
            one.do("leave", group=self.group, now=self.now)

    def stay_away(self, one: Recorder) -> None:
        """The mailbox has dropped what one did not read; one comes back, and looks around."""
        for other in self.people:
            if other is not one:
                other.do("retry")
                self.hear(other, most=99)
                other.do("refresh", group=self.group, now=self.now)
                self.carry(other)
        self.read[one.actor] = len(self.log)
        one.do("refresh", group=self.group, now=self.now)
        for _ in range(4):
            self.carry(one)
            one.do("look_behind", now=self.now)
            self.now += 10
        for each in self.people:
            self.hear(each, most=99)
            self.carry(each)

    def freeze(self, one: Recorder) -> None:
        one.do("freeze", error=Conflict("ACC-4.5", "another copy of this vault is in use"))

    def seat(self, one: Recorder) -> None:
        one.do("ask_seat")
        if self.chance.random() < 0.5:
            number = self.chance.randrange(1, 99)
            proof = base64.b64encode(self.chance.randbytes(16)).decode()
            one.do("take_seat", number=number, proof=proof)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_a_random_story_comes_out_again(mirror: Mirror, seed: int) -> None:
    story = Story(seed)
    for _ in range(STEPS):
        story.step()
    for name, one in story.devices.items():
        for restarts in (False, True):
            again = mirror.ask("replay", lines=one.lines, restarts=restarts)["lines"]
            for number, (line, now) in enumerate(zip(one.lines, again, strict=True), 1):
                assert now == line, f"{name}:{number}: {line['do']}, restarts={restarts}"
