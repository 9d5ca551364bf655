"""Figures of MLS: each beside the primitives it cannot do without, and beside ts-mls.

`figures()` gives the rows; run as a program it prints them with what their floors are made of.
The floor of a row is measured in the same run: so many signatures, X25519 operations and AEAD
calls of bare `cryptography`, and HMACs: an HPKE seal takes five, a node of a path four, an epoch
and its first message some forty. Ours is CPU time of the thread, the median, so that a busy machine
changes little; for ts-mls, which spreads over threads, it is the shortest time that the clock saw.
"""

import asyncio
import hmac
import statistics
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from node.e2ee.mls.private.joining import join
from node.e2ee.mls.private.session import Session
from node.e2ee.mls.public.proposals import Add
from node.errors import Refused
from tests.e2ee.mls.hostile import Hostile, hostile
from tests.e2ee.mls.mixed import Item, Ours, Theirs, Town
from tests.e2ee.mls.peering import Peer, PeerError, why_absent
from tests.e2ee.mls.people import GROUP, NOW
from tools.bench.figures import Measured
from tools.bench.ground import Bench

SUITE = 1
TEXT = bytes(200)
TIMES = 40


# By the end of the row's name: what it says, its unit, and the most that is aimed at.
AIMS: Mapping[str, tuple[str, str, float]] = {
    "seal": ("seal 200 bytes", "ms", 0.15),
    "open": ("open 200 bytes", "ms", 0.25),
    "skip": ("skip 200 generations", "ms", 4),
    "invite": ("add, commit and Welcome for two", "ms", 3),
    "join_100": ("join 100 leaves", "ms", 35),
    "commit_blank": ("commit in 100 leaves, parents blank", "ms", 20),
    "commit_filled": ("commit in 100 leaves, parents filled", "ms", 6),
    "process": ("process that commit", "ms", 5),
    "state": ("state of 100 leaves", "kB", 64),
    "join_1000": ("join 1,000 leaves", "ms", 300),
    "refuse": ("refuse a hostile MiB, the worst of all", "ms", 20),
}


@dataclass(frozen=True)
class Row:
    """One figure. `floor` is what `of` takes, `peer` what ts-mls takes; None: not measured."""

    name: str
    value: float
    floor: float | None = None
    of: str = ""
    peer: float | None = None
    note: str = ""


def milliseconds(deed: Callable[[], object], times: int = TIMES) -> float:
    """The median of so many runs."""
    taken = []
    for _ in range(times):
        start = time.thread_time()
        deed()
        taken.append(time.thread_time() - start)
    return 1000 * statistics.median(taken)


class Floor:
    """What the primitives take on this machine, now."""

    def __init__(self) -> None:
        signer = Ed25519PrivateKey.generate()
        public, signature = signer.public_key().public_bytes_raw(), signer.sign(TEXT)
        private = X25519PrivateKey.generate()
        raw, key = private.private_bytes_raw(), AESGCM(bytes(16))
        other = private.public_key().public_bytes_raw()

        def pair() -> bytes:
            return X25519PrivateKey.from_private_bytes(raw).public_key().public_bytes_raw()

        def exchange() -> bytes:
            return private.exchange(X25519PublicKey.from_public_bytes(other))

        deeds: dict[str, Callable[[], object]] = {
            "sign": lambda: signer.sign(TEXT),
            "verify": lambda: Ed25519PublicKey.from_public_bytes(public).verify(signature, TEXT),
            "key pair": pair,
            "HPKE seal": lambda: (pair(), exchange()),
            "HPKE open": exchange,
            "AEAD": lambda: key.encrypt(bytes(12), TEXT, b""),
            "HMAC": lambda: hmac.digest(bytes(32), TEXT, "sha256"),
        }
        self.of = {name: milliseconds(deed, 300) for name, deed in deeds.items()}

    def __call__(self, **counts: int) -> tuple[float, str]:
        """(milliseconds, in words); a name's underscore stands for a space."""
        named = {name.replace("_", " "): count for name, count in counts.items()}
        words = " + ".join(f"{count} {name}" for name, count in named.items())
        return sum(self.of[name] * count for name, count in named.items()), words


class Group:
    """A group of our devices, and one device on ts-mls, all added by the first in one commit."""

    def __init__(self, town: Town, size: int, live: int) -> None:
        """Only `live` of the `size` members have a session: the rest is in the tree."""
        self.first = Ours(town, "first")
        self.theirs = None if town.peer is None else Theirs(town, "theirs")
        package = None if self.theirs is None else self.theirs.package()
        others = [Ours(town, f"o{i}") for i in range(size - 1 - (package is not None))]
        packages = [other.package() for other in others]
        if package is not None:
            packages.insert(0, package)
        items = [Item("add", key_package=data).ours() for data in packages]
        session = Session.create(self.first.me, self.first.means, GROUP, NOW).session
        step = session.stage(NOW, items).session.merge(NOW)
        self.first.session, self.welcome = step.session, step.value.welcome or b""
        # One of each pair of leaves: so their commits fill the tree.
        self.live = others[1::2][:live] if live > 1 else others[:live]
        for other in self.live:
            other.session = self.joined(other)
        if self.theirs is not None:
            self.barred = self._enter()

    def joined(self, other: Ours) -> Session:
        """The session of one who joins by the Welcome."""
        return join(self.welcome, other.own, other.me, other.means, NOW).session

    def _enter(self) -> str:
        assert self.theirs is not None
        try:
            self.theirs.join(self.welcome)
        except PeerError as error:
            return str(error)
        return ""

    def fill(self) -> None:
        """Everybody commits once, so that no parent is blank."""
        for by in [self.first, *self.live]:
            self.deliver(by)

    def deliver(self, by: Ours) -> None:
        """One empty commit, taken in by all."""
        step = by.session.stage(NOW)
        by.session = step.session.merge(NOW).session
        for other in [self.first, *self.live]:
            if other is not by:
                other.session = other.session.receive(step.value.commit, NOW).session
        if self.theirs is not None:
            self.theirs.receive(step.value.commit)

    def committing(self) -> float:
        """An empty commit by the first; it is dropped again."""
        session = self.first.session

        def deed() -> None:
            nonlocal session
            session = session.stage(NOW).session

        taken = []
        for _ in range(TIMES // 2):
            taken.append(milliseconds(deed, 1))
            session = session.drop().session
        self.first.session = session
        return statistics.median(taken)

    def processing(self) -> float:
        """Taking in empty commits of the first."""
        other, taken = self.live[-1], []
        for _ in range(TIMES // 2):
            step = self.first.session.stage(NOW)
            self.first.session = step.session.merge(NOW).session
            start = time.thread_time()
            done = other.session.receive(step.value.commit, NOW)
            taken.append(time.thread_time() - start)
            other.session = done.session
        return 1000 * statistics.median(taken)


def timed(town: Town, do: str, times: int = 15, **deed: object) -> float | None:
    """What ts-mls takes for a deed of its driver, without the way there and back."""
    if town.peer is None:
        return None
    asked = {"do": do, "name": "theirs", **deed}
    return float(min(town.peer.ask("time", deed=asked, times=times)["taken"]))


def _messages(town: Town, floor: Floor) -> Iterable[Row]:
    group = Group(town, 3, 1)
    bob, alice = group.live[0], group.first
    sealed: list[bytes] = []

    def seal() -> None:
        step = alice.session.seal(TEXT)
        alice.session = step.session
        sealed.append(step.value)

    sealing = milliseconds(seal, 200)
    waiting = iter(sealed)

    def open() -> None:
        bob.session = bob.session.receive(next(waiting), NOW).session

    opening = milliseconds(open, 200)
    last = sealed[199].hex()
    ratcheting = timed(town, "receive", message=last)
    yield Row("seal", sealing, *floor(sign=1, AEAD=2, HMAC=5),
              timed(town, "seal", data=TEXT.hex()))  # fmt: skip
    yield Row("open", opening, *floor(verify=1, AEAD=2, HMAC=5),
              timed(town, "receive", message=sealed[0].hex()))  # fmt: skip
    fresh = Group(town, 3, 1)
    jump = fresh.first.session
    for _ in range(200):
        jump = jump.seal(b"").session
    late = jump.seal(TEXT).value
    records, means = fresh.live[0].session.dump(), fresh.live[0].means
    sessions = iter([Session.load(records, means) for _ in range(10)])
    skipping = milliseconds(lambda: next(sessions).receive(late, NOW), 10)
    yield Row("skip", skipping, *floor(verify=1, AEAD=2, HMAC=605),
              ratcheting, "ts-mls derives no skipped keys, it keeps their secrets")  # fmt: skip


def _inviting(town: Town, floor: Floor) -> Iterable[Row]:
    alice, bob = Ours(town, "alice"), Ours(town, "bob")
    bob.package()
    add = Add(bob.own.key_package)
    founded = iter(
        [Session.create(alice.me, alice.means, GROUP, NOW).session for _ in range(TIMES)]
    )
    peer = None
    if town.peer is not None:
        theirs = Theirs(town, "theirs")
        theirs.create()
        item = Item("add", key_package=bob.own.package).theirs()
        peer = timed(town, "commit", items=[item], open=False)
    took = milliseconds(lambda: next(founded).stage(NOW, [add]).session.merge(NOW))
    yield Row("invite", took,
              *floor(verify=2, sign=3, key_pair=3, HPKE_seal=1, AEAD=4, HMAC=37), peer,
              "ts-mls sends no path with it")  # fmt: skip


def _hundred(town: Town, floor: Floor) -> Iterable[Row]:
    group = Group(town, 100, 50)
    member, hexed = group.live[-1], group.welcome.hex()
    joining = milliseconds(lambda: group.joined(member), 15)
    yield Row("join_100", joining,
              *floor(verify=101, HPKE_open=1, key_pair=8, AEAD=2, HMAC=24),
              timed(town, "join", welcome=hexed, times=5))  # fmt: skip
    yield Row("commit_blank", group.committing(),
              *floor(sign=2, key_pair=9, HPKE_seal=99, AEAD=101, HMAC=562),
              timed(town, "commit", items=[], open=False, times=5))  # fmt: skip
    group.fill()
    yield Row("commit_filled", group.committing(),
              *floor(sign=2, key_pair=9, HPKE_seal=7, AEAD=9, HMAC=102),
              timed(town, "commit", items=[], open=False))  # fmt: skip
    commit = group.first.session.stage(NOW)
    peer = timed(town, "receive", message=commit.value.commit.hex())
    group.first.session = commit.session.drop().session
    yield Row("process", group.processing(),
              *floor(verify=2, HPKE_open=1, key_pair=7, AEAD=3, HMAC=59), peer)  # fmt: skip
    size = sum(len(k) + len(v) for k, v in group.first.session.dump().items())
    theirs = None if town.peer is None else town.peer.ask("size", name="theirs")["bytes"] / 1000
    yield Row("state", size / 1000, peer=theirs)


def _thousand(town: Town, floor: Floor) -> Iterable[Row]:
    group = Group(town, 1000, 1)
    took = milliseconds(lambda: group.joined(group.live[0]), 5)
    yield Row("join_1000", took,
              *floor(verify=1001, HPKE_open=1, key_pair=11, AEAD=2, HMAC=36),
              timed(town, "join", welcome=group.welcome.hex(), times=1))  # fmt: skip


def refusing(one: Hostile) -> float:
    """What it takes to refuse it, in milliseconds: the shortest of a few."""
    taken = []
    for _ in range(7):
        start = time.thread_time()
        with suppress(Refused):
            one.deed(one.message)
            raise AssertionError(f"{one.name} was accepted")
        taken.append(time.thread_time() - start)
    return 1000 * min(taken)


def _hostile(town: Town, floor: Floor) -> Iterable[Row]:
    took = {one.name: refusing(one) for one in hostile()}
    first, second, third, *_ = sorted(took, key=lambda name: -took[name])
    yield Row("refuse", took[first],
              note=f"of {len(took)} {first}; then {second} ({took[second]:.1f}), {third}"
              f" ({took[third]:.1f}); median {statistics.median(took.values()):.1f}")  # fmt: skip


def figures() -> list[Row]:
    """All rows; those of ts-mls are None where it is not installed."""
    peer = None if why_absent() else Peer()
    floor = Floor()
    rows: list[Row] = []
    for part in (_messages, _inviting, _hundred, _thousand, _hostile):
        rows.extend(part(Town(SUITE, 0, peer), floor))
    if peer is not None:
        peer.close()
    return rows


async def measure(_bench: Bench) -> AsyncIterator[Measured]:
    """The rows beside their floors, and again beside ts-mls."""
    for row in await asyncio.to_thread(figures):
        name = f"mls.{row.name}"
        yield Measured(name, row.value, row.floor, row.note)
        if row.peer is not None:
            yield Measured(f"{name}.ts_mls", row.value, row.peer)


def main() -> None:
    """Each row with what its floor is made of."""
    for row in figures():
        says, unit, aim = AIMS[row.name]
        print(f"{says}: {row.value:.3f} {unit} (aim {aim:g})")
        if row.floor is not None:
            print(f"    {row.value / row.floor:.1f} x {row.floor:.3f}: {row.of}")
        if row.peer is not None:
            print(f"    ts-mls {row.peer:.2f}")
        if row.note:
            print(f"    {row.note}")


if __name__ == "__main__":
    main()
