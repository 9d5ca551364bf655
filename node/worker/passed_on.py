"""The jobs that fetch what is passed on, in bounds for whoever makes us do it (spec INB-9)."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Final

import msgspec
from cachetools import TTLCache
from msgspec import Struct
from msgspec.structs import replace

from node.errors import Forbidden, NodeError, Refused, Unreachable
from node.federation.activities.shapes import CreateNote, CreateVideo
from node.federation.discovery import Discovery
from node.federation.fetched import Said, author_of, said_at
from node.inbox import sharing
from node.inbox.passed_on import PASSED_ON, PassedOn
from node.ports import Clock
from node.store.directory import Directory
from node.store.inbox import InboxUnit
from node.store.jobs import add_job
from node.store.queue import QueueUnit
from node.store.unit import Units
from node.video.foreign import note_of
from node.wire.ids import origin
from node.worker.handlers import Handlers
from node.worker.jobs import JobKind

LOG = logging.getLogger("node.worker")

AT_ONCE: Final = 8  # fetches of the node
AT_ONCE_OF_DOMAIN: Final = 2  # also at the server where they stand
MOST_AT: Final = 300  # fetched in an hour at one server since others share what stands there
SILENT_SECONDS: Final = 60.0  # in which a host that did not answer is not asked for the same one
SILENT_TIMES: Final = 30  # that one waits for that, each time longer, to an hour: about a day
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
    people, with all that they may pass on, leave nothing to its others. And whatever many of them
    pass on, each reader here has `of_reader` more, `of_readers` in all.
    """

    of_one: int
    of_domain: int
    first: int
    firsts: int
    of_reader: int
    of_readers: int


FETCHED: Final = Share(of_one=20, of_domain=120, first=5, firsts=600, of_reader=10, of_readers=600)
WAITING: Final = Share(
    of_one=250, of_domain=1000, first=25, firsts=3000, of_reader=50, of_readers=3000
)


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
        self._silent: TTLCache[tuple[str, str], bool] = TTLCache(
            MOST_REMEMBERED, SILENT_SECONDS, clock.ticks
        )

    def is_refused(self, id: str) -> bool:
        """Whether it was refused lately: asked for again, it would be again."""
        return id in self._refused

    def refuse(self, id: str) -> None:
        self._refused[id] = True

    def is_silent(self, host: str, by: str) -> bool:
        """Whether it did not answer just now, asked for something that `by` shared.

        Nobody else: they choose what it is asked for, and so whether it answers.
        """
        return (host, by) in self._silent

    def silence(self, host: str, by: str) -> None:
        self._silent[host, by] = True

    def begin(self, domain: str, by: str, at: str = "", readers: Sequence[str] = ()) -> bool:
        """Count one more of `by`, of the domain, for one of `readers`; False when there is no
        share of this hour left for it, or none of the domain `at` which it stands.
        """
        hour, at = self._hour, "" if at == domain else at
        if at and self._begun.get((f"at {at}", hour), 0) >= MOST_AT:
            return False
        if not self._count(self._begun, FETCHED, domain, by, readers):
            return False
        if at:
            self._add(self._begun, f"at {at}")
        return True

    def put_off(self, domain: str, by: str, readers: Sequence[str] = ()) -> bool:
        """Count one that waits for the next hour; False when there wait too many."""
        return self._count(self._put_off, WAITING, domain, by, readers)

    @property
    def _hour(self) -> int:
        return int(self._clock.ticks() // 3600)

    def _add(self, counts: TTLCache[tuple[str, int], int], whose: str) -> None:
        counts[whose, self._hour] = counts.get((whose, self._hour), 0) + 1

    def _count(
        self,
        counts: TTLCache[tuple[str, int], int],
        share: Share,
        domain: str,
        by: str,
        readers: Sequence[str],
    ) -> bool:
        def is_free(whose: str, most: int) -> bool:
            return bool(counts.get((whose, self._hour), 0) < most)

        if not is_free(by, share.of_one):
            return False
        common = (domain, share.of_domain)
        if is_free(by, share.first):
            common = (f"first of {domain}", share.firsts)
        spared = (f"readers of {domain}", share.of_readers)
        theirs = ((f"{one} of {domain}", share.of_reader) for one in readers)
        for bounds in ((common,), *((spared, one) for one in theirs)):
            if all(is_free(*one) for one in bounds):
                for whose, _ in ((by, 0), *bounds):
                    self._add(counts, whose)
                return True
        return False

    def is_looked_for(self, id: str) -> bool:
        """Whether a fetch of it is under way."""
        return id in self._looked_for

    @contextmanager
    def place(self, domain: str, id: str, at: str = "") -> Iterator[bool]:
        """Whether there is a place for one more of the domain, and of the one `at` which it
        stands, at this time; held meanwhile.
        """
        places = {domain, at} - {""}
        if any(self._under_way[one] >= AT_ONCE_OF_DOMAIN for one in places):
            yield False
            return
        self._under_way.update(places)
        self._looked_for.add(id)
        try:
            yield True
        finally:
            self._looked_for.discard(id)
            self._under_way.subtract(places)
            self._under_way = +self._under_way


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
        if await self._is_known(id):
            await self._show(wanted)
        elif self.pace.is_refused(id):
            await self._leave(wanted)
        elif self.pace.is_looked_for(id):
            if wanted.share:
                await self._later(wanted, SOON)  # to be shown as theirs too, when it is here
        else:
            await self._begin(wanted, domain, self.domain(id))

    async def _begin(self, wanted: PassedOn, domain: str, at: str) -> None:
        if at != domain and self.pace.is_silent(origin(wanted.post).authority, wanted.by):
            await self._wait(wanted)
            return
        if not wanted.counted and not self.pace.begin(domain, wanted.by, at, wanted.readers):
            await self._put_off(domain, wanted)
            return
        wanted = replace(wanted, counted=True)
        with self.pace.place(domain, wanted.post, at) as free:
            if free:
                await self._fetch(wanted)
            else:
                await self._later(wanted, SOON)

    async def _put_off(self, domain: str, wanted: PassedOn) -> None:
        times, pace = wanted.put_off, self.pace
        if times < PUT_OFF_TIMES and pace.put_off(domain, wanted.by, wanted.readers):
            await self._later(replace(wanted, put_off=times + 1), PUT_OFF)
        else:
            LOG.info("not fetched: too much is passed on", extra={"object": wanted.post})
            await self._leave(wanted)

    async def _is_known(self, id: str) -> bool:
        return await self.units.look(InboxUnit, lambda unit: unit.post(id)) is not None

    async def _fetch(self, wanted: PassedOn) -> None:
        try:
            await self._check(wanted.by)
            post = await self.discovery.document(wanted.post)
            said = said_at(wanted.post, post, author_of(post), self.clock.now())
            await self._check(said.actor)
            await self.discovery.actor(said.actor)
            await self.units.run(QueueUnit, partial(self._hear, said, wanted))
        except Refused as refusal:
            self._tell("what was passed on is refused", wanted, refusal)
            self.pace.refuse(wanted.post)
            await self._leave(wanted)
        except Unreachable as silence:
            self._tell("what was passed on is not to be had now", wanted, silence)
            self.pace.silence(origin(wanted.post).authority, wanted.by)
            await self._ask_again(wanted)

    async def _wait(self, wanted: PassedOn) -> None:
        """For a host that does not answer. It was not asked for this one: that is no try."""
        if wanted.waited < SILENT_TIMES:
            span = min(timedelta(minutes=2**wanted.waited), WAITS[-1])
            await self._later(replace(wanted, waited=wanted.waited + 1), span)
        else:
            await self._leave(wanted)

    async def _ask_again(self, wanted: PassedOn) -> None:
        if wanted.tries < len(WAITS):
            later = replace(wanted, tries=wanted.tries + 1)
            await self._later(later, WAITS[wanted.tries])
        else:
            await self._leave(wanted)

    async def _show(self, wanted: PassedOn) -> None:
        """It is here: those who follow who shared it see it."""
        if wanted.share:
            named = (wanted.by, wanted.share, wanted.post, wanted.at)
            await self.units.run(InboxUnit, lambda unit: sharing.show(*named, unit))

    async def _leave(self, wanted: PassedOn) -> None:
        """It is not to be had: that it was shared says nothing to anybody here."""
        if wanted.share:
            named = (wanted.by, wanted.share, wanted.post)
            await self.units.run(InboxUnit, lambda unit: sharing.forget(*named, unit))

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

    async def _hear(self, said: Said, wanted: PassedOn, unit: QueueUnit) -> None:
        await self._hand_over(said, unit)
        if not wanted.share:
            return
        inbox, share = unit.beside(InboxUnit), (wanted.by, wanted.share, wanted.post)
        note = said.note if isinstance(said, CreateNote) else note_of(said.video)
        if await sharing.keep(note, *share, inbox) and isinstance(said, CreateVideo):
            await self._hand_over(said, unit)  # its files, now that its post is here
        await sharing.show(*share, wanted.at, inbox)

    async def _hand_over(self, said: Said, unit: QueueUnit) -> None:
        for handler in self.heard.of(said):
            await handler.hear(said, unit.beside(handler.unit))
