"""A node in memory: the real routes and rooms over dictionaries, without sockets.

What its program had in its own memory is gone when it begins anew; the tables stay.
"""

import asyncio
import traceback
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from msgspec.structs import replace

from node.accounts import seats
from node.accounts.account import Account, Role, State
from node.accounts.actors import NewKey
from node.accounts.devices import Device
from node.accounts.sessions import Session
from node.accounts.tokens import new_token
from node.app.handlers import handlers
from node.e2ee import returning
from node.e2ee.arriving import Arrivals
from node.errors import Missing, Refused, Unreachable
from node.federation.activities import render
from node.federation.activities.table import parse
from node.federation.resending import MARGIN
from node.graph.friendship import Friendship
from node.graph.friendship_states import FRIENDS
from node.ports import Clock
from node.store.e2ee import E2eeUnit
from node.store.idempotency_marks import IdempotencyMark
from node.store.passwords import Passwords
from node.store.unit import UnitContext
from node.store.wakeups import Wakeups
from node.testing.fakes import FakeEntropy
from node.testing.memory import MemoryTables, Units
from node.testing.memory.incarnation import IncarnationUnit
from node.testing.memory.kinds import at_once
from node.testing.memory.tables import Actor, Arrived, KeptSession
from node.testing.simulator.neighbours import Neighbours
from node.testing.simulator.sky import Sky
from node.testing.stores import hear
from node.testing.town import Fate
from node.video.pictures import PictureUrls
from node.video.records import MediaUrls
from node.web import idempotency
from node.web.activitypub.sealed import SealedPages
from node.web.api import accounts, archive, e2ee, keys, links, mailbox
from node.web.api.profiles import Profiles
from node.web.api.scopes import ALL_SCOPES
from node.web.auth import Authenticator, admit
from node.web.guesses import Guesses
from node.web.homes import Homes
from node.web.idempotency import NOBODY, Answer, Asked, read_key
from node.web.paging import ForwardPaging
from node.web.password_queue import PasswordQueue
from node.web.problems import BROKEN, problem_of
from node.web.routes import Call, Caller, Reply, Route
from node.web.signup import SignUp
from node.wire import json
from node.wire.api import bodies
from node.wire.api.accounts import ActorView
from node.wire.api.cursor import write_cursor
from node.wire.keys import PublicKey, ed25519_from_seed

ARCHIVE_BYTES: Final = 2**30
FIRST_REST: Final = timedelta(seconds=1)
LONGEST_REST: Final = timedelta(minutes=2)
LOOKS_AGAIN_SECONDS: Final = 5.0


class Answered(NamedTuple):
    """What a request was answered. `following` is the query of the page that follows, if any."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    following: dict[str, str] | None = None


class NoKeys:
    """Actors here sign nothing: nothing is proven between nodes in memory."""

    async def make(self, actor: str) -> Sequence[NewKey]:
        return ()

    async def public(self, actor: str) -> Sequence[PublicKey]:
        return ()


class HomeNode:
    """One node, whose people and devices are rows. `faults` is what no node should do."""

    def __init__(self, domain: str, clock: Clock, sky: Sky, seed: str) -> None:
        self.domain, self.origin = domain, f"https://{domain}"
        self.clock, self.sky = clock, sky
        self.tables = MemoryTables()
        self.entropy = FakeEntropy(f"{seed} node {domain}")
        actor = f"{self.origin}/a/node"
        self.key = ed25519_from_seed(sha256(domain.encode()).digest(), f"{actor}#key", actor)
        self.neighbours: dict[str, HomeNode] = {}
        self.faults: list[str] = []
        self.wakeups = Wakeups()
        self._begin_life()
        self.begin()

    def begin(self) -> None:
        """Its program begins."""
        self.wakeups.wake_all_here()
        self.wakeups = Wakeups()
        context = UnitContext(self.origin, self.clock, self.entropy, render)
        self.units = units = Units(self.tables, context, self.wakeups)
        self.once = idempotency.Answered(units, self.entropy)
        self.authenticator = Authenticator(units, self.clock, self.wakeups)
        self.pages = SealedPages(units, self.key, self.origin)
        self.heard = handlers(Arrivals(self.key))
        peers, guesses = Neighbours(self), Guesses(self.clock)
        queue, homes = PasswordQueue(Passwords(self.entropy)), Homes(units, guesses, bytes(32))
        signing_up = SignUp(self.origin, units, queue, guesses, homes, NoKeys(), self.entropy)
        entropy, clock = self.entropy, self.clock
        profiles = Profiles(units, NoKeys(), PictureUrls(MediaUrls(self.origin, self.origin)))
        self.routes: tuple[Route, ...] = (
            *accounts.routes(units, signing_up, entropy, self.domain, _nobody, profiles),
            *e2ee.routes(units, self.key, peers, clock),
            *mailbox.routes(units, seats.Proofs(bytes(32))),
            *keys.routes(units, peers, clock, self.origin, signing_up),
            *links.routes(units, entropy, clock),
            *archive.routes(units, ARCHIVE_BYTES),
        )

    def copy(self) -> MemoryTables:
        """What a backup has of it now."""
        made = MemoryTables()
        made.back(self.tables.cut())
        made.let_go, made._count = {*self.tables.let_go}, self.tables._count
        return made

    def put_back(self, copy: MemoryTables, made: datetime) -> None:
        """Its program begins over a copy that was made then, and says so (E2E-4.8); others send
        again what they sent since (FED-13.2)."""
        self.tables = copy
        self._begin_life()
        self.begin()
        for node in self.neighbours.values():
            if node is not self:
                node.send_again(self.domain, made - MARGIN)

    def _begin_life(self) -> None:
        context = UnitContext(self.origin, self.clock, self.entropy, render)
        at_once(IncarnationUnit(self.tables, context).renew_incarnation())

    def send_again(self, host: str, since: datetime) -> None:
        """What that node took since then."""
        for seq, one in self.tables.deliveries.items():
            if one.host == host and one.state == "delivered" and one.due >= since:
                self.tables.deliveries[seq] = replace(one, state="due", due=self.clock.now())
        self.wakeups.wake({"deliveries"})

    # -- people ----------------------------------------------------------------------------------

    def add_person(self, name: str) -> str:
        """An account; its actor's id."""
        actor = f"{self.origin}/a/{name}"
        account = Account(
            id=f"account-{name}",
            name=name,
            actor=actor,
            channel=f"{actor}-tv",
            password="",
            role=Role.MEMBER,
            state=State.ACTIVE,
            created=self.clock.now(),
        )
        self.tables.accounts[account.id] = account
        self.tables.actors[actor] = self._actor(actor, account.id)
        return actor

    def add_device(self, name: str, id: str) -> str:
        """A device that logged in just now; its token."""
        now, token = self.clock.now(), new_token(self.entropy)
        self.tables.devices[id] = f"account-{name}", Device(id, id, now)
        session = Session(f"session-{id}", id, " ".join(ALL_SCOPES), now, now, id)
        self.tables.sessions[session.id] = KeptSession(f"account-{name}", token.digest, session)
        return token.secret

    def know(self, actor: str) -> None:
        """Somebody elsewhere is known from now on."""
        self.tables.actors.setdefault(actor, self._actor(actor, None))

    def _actor(self, id: str, account: str | None) -> Actor:
        host = urlsplit(id).netloc
        return Actor(
            id,
            local=account is not None,
            account=account,
            name=id.rpartition("/")[2],
            domain=host,
            inbox=f"https://{host}/inbox",
            key_packages=f"{id}/key_packages",
        )

    def befriend(self, ours: str, other: str) -> None:
        """Our side of a friendship."""
        self.know(other)
        self.tables.friendships[ours, other] = Friendship(ours, other, FRIENDS), 0

    # -- what is asked ---------------------------------------------------------------------------

    async def answer(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        raw: bytes,
    ) -> Answered:
        """As the web kernel does it: a refusal becomes a problem document."""
        try:
            answer, following = await self._answered(method, path, query, headers, raw)
        except Exception as error:
            problem = problem_of(error, "simulated")
            if problem.kind is BROKEN:
                self.faults.append(f"{method} {path}: {''.join(traceback.format_exception(error))}")
            return Answered(problem.kind.status, problem.headers, problem.document())
        return Answered(answer.status, answer.headers, answer.body, following)

    async def _answered(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        raw: bytes,
    ) -> tuple[Answer, dict[str, str] | None]:
        route, named = self._route(method, path)
        caller = await self._caller(headers)
        admit(route, caller)
        page = ForwardPaging().read(query) if route.paged else None
        body = None if route.body is None else bodies.read(raw, route.body)
        call = Call(named, query, headers, "192.0.2.1", caller, body, page=page, method=method)
        key = headers.get("Idempotency-Key", "")
        if not (key and route.idempotent and method == "POST"):
            reply = await route.do(call)
            return _written(route, reply), _following(query, reply)

        async def work(mark: IdempotencyMark) -> Answer:
            return _written(route, await route.do(replace(call, once=mark)))

        token = caller.token if caller else NOBODY
        return await self.once.once(Asked(token, read_key(key), method, path, raw), work), None

    def _route(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        parts = path.split("/")
        for route in self.routes:
            names = route.path.split("/")
            if route.method == method and len(names) == len(parts):
                pairs = list(zip(names, parts, strict=True))
                if all(name == part or name.startswith("{") for name, part in pairs):
                    return route, {n[1:-1]: part for n, part in pairs if n.startswith("{")}
        raise Missing("API-1.5", "there is no such path")

    async def _caller(self, headers: Mapping[str, str]) -> Caller | None:
        told = headers.get("Authorization", "").removeprefix("Bearer ")
        if not told:
            return None
        digest = sha256(told.encode()).digest()
        return await self.authenticator.caller(digest, headers.get(seats.HEADER, ""))

    # -- what it does by itself ------------------------------------------------------------------

    async def work(self) -> None:
        """For ever: what is owed to others is sent, what arrived is applied."""
        while True:
            rung = [self.wakeups.listen(name) for name in ("deliveries", "arrivals")]
            if self.domain not in self.sky.down:
                await self._send()
                await self._apply()
                await self._give_back()
            await asyncio.wait(
                rung, timeout=LOOKS_AGAIN_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            for each in rung:
                each.cancel()

    async def _send(self) -> None:
        now, asked = self.clock.now(), self.tables.deliveries
        for seq, one in sorted(asked.items()):
            if one.state != "due" or one.due > now:
                continue
            other, fate = self.neighbours[one.host], self.sky.fate(self.domain, one.host)
            body = self.tables.outbox[one.activity].body
            if fate is not Fate.LOST:
                other.arrive(body)
            if fate is Fate.TWICE:
                other.arrive(body)
            if fate in (Fate.ARRIVES, Fate.TWICE):
                asked[seq] = replace(one, state="delivered")
            else:
                later = now + rest(one.failures)
                asked[seq] = replace(one, due=later, failures=one.failures + 1)

    async def _give_back(self) -> None:
        """What waits for devices that are none any more (E2E-4.9)."""
        for device in sorted({one.device for one in self.tables.mail.values()}):
            if device not in self.tables.devices:
                while await self.units.run(E2eeUnit, partial(returning.of_device, device=device)):
                    pass

    def arrive(self, body: bytes) -> None:
        """The door: each activity of an actor once, by its id."""
        said = parse(json.document(body))
        now = self.clock.now()
        if (
            self.tables.arrivals.setdefault(
                (said.actor, said.id), Arrived(self.tables.number(), body, now, now)
            ).state
            == "new"
        ):
            self.wakeups.wake({"arrivals"})

    async def _apply(self) -> None:
        waiting = sorted(self.tables.arrivals.items(), key=lambda pair: pair[1].seq)
        for key, one in waiting:
            if one.state != "new" or one.due > self.clock.now():
                continue
            try:
                await hear(self.units, parse(json.document(one.body)), self.heard)
                after = replace(one, state="applied")
            except Unreachable:
                later = self.clock.now() + rest(one.failures)
                after = replace(one, due=later, failures=one.failures + 1)
            except Refused as error:
                after = replace(one, state="refused", reason=f"{error.clause}: {error.reason}")
            self.tables.arrivals[key] = after


def rest(failures: int) -> timedelta:
    """Until it is tried again."""
    return min(FIRST_REST * 2.0 ** min(failures, 10), LONGEST_REST)


async def _nobody(text: str) -> ActorView:
    raise Missing("GRA-3.1", f"nobody is looked up in memory: {text}")


def _written(route: Route, reply: Reply) -> Answer:
    body = b"" if reply.value is None else bodies.write(reply.value)
    return Answer(reply.status or route.status, dict(reply.headers), body)


def _following(query: Mapping[str, str], reply: Reply) -> dict[str, str] | None:
    return None if reply.after is None else {**query, "after": write_cursor(reply.after)}
