"""The jobs that fetch what is passed on, in bounds for whoever makes us do it (spec INB-9)."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Final

import msgspec
from cachetools import TTLCache
from msgspec import Struct
from msgspec.structs import replace

from node.errors import Forbidden, NodeError, Refused, Unreachable
from node.federation.discovery import Discovery
from node.federation.fetched import Said, author_of, said_at
from node.inbox.passed_on import PASSED_ON, PassedOn
from node.ports import Clock
from node.store.directory import Directory
from node.store.inbox import InboxUnit
from node.store.jobs import add_job
from node.store.queue import QueueUnit
from node.store.unit import Units
from node.wire.ids import origin
from node.worker.handlers import Handlers
from node.worker.jobs import JobKind

LOG = logging.getLogger("node.worker")

AT_ONCE: Final = 8  # fetches of the node
AT_ONCE_OF_DOMAIN: Final = 2
PUT_OFF: Final = timedelta(hours=1)  # until what goes beyond that is looked at again
PUT_OFF_TIMES: Final = 24  # then it is left
REFUSED_SECONDS: Final = 3600.0  # in which what was refused is not asked for again
MOST_REMEMBERED: Final = 20_000
SOON = timedelta(seconds=15)  # until a domain whose fetches are under way is asked for more
# Until a silent server is asked again; then it is left.
WAITS = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))


class Share(Struct, frozen=True):
    """What there is in an hour: `of_one`, and `of_domain` for all of it.

    The `first` of each one are counted by themselves, `firsts` of a domain: so that no few of its
    people, with all that they may pass on, leave nothing to its others.
    """

    of_one: int
    of_domain: int
    first: int
    firsts: int


FETCHED: Final = Share(of_one=20, of_domain=120, first=5, firsts=600)
WAITING: Final = Share(of_one=250, of_domain=1000, first=25, firsts=3000)


class Pace:
    """How much is fetched for a domain, and what came to nothing lately."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._under_way: Counter[str] = Counter()
        self._looked_for: set[str] = set()
        self._begun: TTLCache[tuple[str, int], int] = TTLCache(MOST_REMEMBERED, 3600.0, clock.ticks)
        self._put_off: TTLCache[tuple[str, int], int] = TTLCache(
            MOST_REMEMBERED, 3600.0, clock.ticks
        )
        self._refused: TTLCache[str, bool] = TTLCache(MOST_REMEMBERED, REFUSED_SECONDS, clock.ticks)

    def is_refused(self, id: str) -> bool:
        """Whether it was refused lately: asked for again, it would be again."""
        return id in self._refused

    def refuse(self, id: str) -> None:
        self._refused[id] = True

    def begin(self, domain: str, by: str) -> bool:
        """Count one more of `by`, of the domain; False when either had its share of this hour."""
        return self._count(self._begun, FETCHED, domain, by)

    def put_off(self, domain: str, by: str) -> bool:
        """Count one that waits for the next hour; False when there wait too many."""
        return self._count(self._put_off, WAITING, domain, by)

    def _count(
        self, counts: TTLCache[tuple[str, int], int], share: Share, domain: str, by: str
    ) -> bool:
        hour = int(self._clock.ticks() // 3600)
        before = counts.get((by, hour), 0)
        bounds = {by: share.of_one, domain: share.of_domain}
        if before < share.first:
            bounds = {by: share.of_one, f"first of {domain}": share.firsts}
        if any(counts.get((whose, hour), 0) >= most for whose, most in bounds.items()):
            return False
        for whose in bounds:
            counts[whose, hour] = counts.get((whose, hour), 0) + 1
        return True

    def is_looked_for(self, id: str) -> bool:
        """Whether a fetch of it is under way."""
        return id in self._looked_for

    @contextmanager
    def place(self, domain: str, id: str) -> Iterator[bool]:
        """Whether there is a place for one more of the domain at this time; held meanwhile."""
        if self._under_way[domain] >= AT_ONCE_OF_DOMAIN:
            yield False
            return
        self._under_way[domain] += 1
        self._looked_for.add(id)
        try:
            yield True
        finally:
            self._looked_for.discard(id)
            self._under_way[domain] -= 1
            if not self._under_way[domain]:
                del self._under_way[domain]


class Reader(Struct, frozen=True):
    """Does the jobs. What is fetched is heard as if its author had said it here."""

    units: Units
    discovery: Discovery
    directory: Directory
    heard: Handlers
    clock: Clock
    domain: Callable[[str], str]
    pace: Pace

    def kinds(self) -> Mapping[str, JobKind]:
        """What the worker's table of jobs gets."""
        return {PASSED_ON: JobKind(self.go_on, at_once=AT_ONCE)}

    async def go_on(self, subject: str) -> None:
        """Fetch one post, unless it came meanwhile."""
        wanted = msgspec.json.decode(subject, type=PassedOn)
        domain, id = self.domain(wanted.by), wanted.post
        if self.pace.is_refused(id) or await self._is_known(id) or self.pace.is_looked_for(id):
            return
        if not wanted.counted and not self.pace.begin(domain, wanted.by):
            await self._put_off(domain, wanted)
            return
        wanted = replace(wanted, counted=True)
        with self.pace.place(domain, id) as free:
            if free:
                await self._fetch(wanted)
            else:
                await self._later(wanted, SOON)

    async def _put_off(self, domain: str, wanted: PassedOn) -> None:
        if wanted.put_off < PUT_OFF_TIMES and self.pace.put_off(domain, wanted.by):
            await self._later(replace(wanted, put_off=wanted.put_off + 1), PUT_OFF)
        else:
            LOG.info("not fetched: too much is passed on", extra={"object": wanted.post})

    async def _is_known(self, id: str) -> bool:
        return await self.units.look(InboxUnit, lambda unit: unit.post(id)) is not None

    async def _fetch(self, wanted: PassedOn) -> None:
        try:
            await self._check(wanted.by)
            post = await self.discovery.document(wanted.post)
            said = said_at(wanted.post, post, author_of(post), self.clock.now())
            await self._check(said.actor)
            await self.discovery.actor(said.actor)
            await self.units.run(QueueUnit, partial(self._hear, said))
        except Refused as refusal:
            self._tell("what was passed on is refused", wanted, refusal)
            self.pace.refuse(wanted.post)
        except Unreachable as silence:
            self._tell("what was passed on is not to be had now", wanted, silence)
            if wanted.tries < len(WAITS):
                later = replace(wanted, tries=wanted.tries + 1)
                await self._later(later, WAITS[wanted.tries])

    async def _check(self, actor: str) -> None:
        if await self.directory.suspended(actor, origin(actor).authority):
            raise Forbidden("FED-7.7", "this node does not talk with that server or actor")

    def _tell(self, event: str, wanted: PassedOn, error: NodeError) -> None:
        LOG.info(event, extra={"object": wanted.post, "reason": str(error)})

    async def _later(self, wanted: PassedOn, span: timedelta) -> None:
        subject, due = msgspec.json.encode(wanted).decode(), self.clock.now() + span

        async def add(unit: InboxUnit) -> None:
            await add_job(unit, PASSED_ON, subject, due)

        await self.units.run(InboxUnit, add)

    async def _hear(self, said: Said, unit: QueueUnit) -> None:
        for handler in self.heard.of(said):
            await handler.hear(said, unit.beside(handler.unit))
