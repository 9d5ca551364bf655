"""The jobs of videos: make what was uploaded, remove what was deleted, sweep leftovers."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta

import msgspec

from node.errors import Broken, NodeError, NoRoom, Refused, Unreachable, will_pass
from node.inbox.publishing import send_out
from node.media.studio import Studio
from node.ports import Blobs
from node.store.unit import Units
from node.store.uploads import IntakeUnit
from node.store.video import VideoUnit
from node.video import publishing, renditions
from node.video.records import MediaUrls, State, VideoRecord
from node.video.renditions import Rendered
from node.worker.jobs import JobKind, Waits

SWEEP = "upload_sweep"
SWEEP_EVERY = timedelta(hours=1)
SWEEP_GROUP = 200
TRIES = 5
STEP = 5  # per cent between two tellings of progress
GIVEN_UP = "the node failed at this video again and again: tell its operator"
PAUSE = timedelta(minutes=10)
LONGEST_PAUSE = timedelta(hours=1)  # making it to the place where room ends costs much each time
MADE = 10  # what is made of a video is seldom smaller than this part of its original
FULL = "the node's disk is full: the video is kept, and made as soon as there is room"
SILENT = "the node's store of videos does not answer: the video is kept, and made when it does"


class Transcoder(msgspec.Struct, frozen=True):
    """Does the jobs. Each may be stopped at any instant and done again."""

    units: Units
    studio: Studio
    blobs: Blobs
    media_urls: MediaUrls
    at_once: int = 1
    # How long those wait whose transcoding came to nothing: forgotten with the process.
    pauses: dict[str, timedelta] = msgspec.field(default_factory=dict)

    def kinds(self) -> Mapping[str, JobKind]:
        """What the worker's table of jobs gets."""
        return {
            publishing.RENDER: JobKind(self.render, at_once=self.at_once, tries=TRIES),
            publishing.DROP: JobKind(self.drop),
            SWEEP: JobKind(self.sweep, every=SWEEP_EVERY),
        }

    async def render(self, id: str) -> None:
        """Make a video, publish it, and drop the original (VID-6.3, VID-6.6)."""
        record = await self.units.look(VideoUnit, lambda unit: unit.record(id))
        if record is None:
            return
        with self._waiting(id):
            if record.state is State.PROCESSING and record.deleted is None:
                try:
                    await self._make(record)
                except Exception as error:
                    await self._stopped(record, error)
            await self._tidy(record)
        self.pauses.pop(id, None)

    @contextmanager
    def _waiting(self, id: str) -> Iterator[None]:
        """Who finds no room, or no store, waits for it, and has not failed (VID-6.8)."""
        try:
            yield
        except NodeError as error:
            if isinstance(error, NoRoom) or not will_pass(error):
                raise
            raise Waits(str(error), self.pauses.get(id, PAUSE)) from error

    @contextmanager
    def _costing(self, id: str) -> Iterator[None]:
        """What comes to nothing here is not done again so soon."""
        try:
            yield
        except NodeError as error:
            if will_pass(error):
                longer = self.pauses.get(id, PAUSE / 2) * 2
                self.pauses[id] = min(longer, LONGEST_PAUSE)
            raise

    async def _stopped(self, record: VideoRecord, error: Exception) -> None:
        """Raises `error` unless it is the video's own, which ends it."""
        if isinstance(error, NodeError) and (isinstance(error, NoRoom) or will_pass(error)):
            why = SILENT if isinstance(error, Unreachable) else FULL
            with suppress(NoRoom):  # it is the database's own disk
                await self.units.run(VideoUnit, lambda unit: publishing.waits(unit, record.id, why))
        elif isinstance(error, Refused):
            await self._fail(record, error)
            return
        else:
            await self._last_try(record)
        raise error

    async def _make(self, record: VideoRecord) -> None:
        source = await self._source(record)
        facts = await self.studio.probe(source)
        seen = msgspec.json.encode(facts, enc_hook=str)
        await self.units.run(VideoUnit, lambda unit: unit.note_facts(record.id, seen))
        ticker = Ticker(self.units, record.id)
        telling = asyncio.create_task(ticker.run())
        try:
            with self._costing(record.id):
                rendered = await self.studio.render(
                    source, renditions.plan(facts, record.cut), _folder(record), ticker.heard
                )
        finally:
            ticker.stop()
            await telling
        await self.units.run(VideoUnit, lambda unit: self._publish(unit, record.id, rendered))

    async def _publish(self, unit: VideoUnit, id: str, rendered: Rendered) -> None:
        """One unit: row, files, post, audience, and all that is owed."""
        note = await publishing.finished(unit, id, rendered, self.media_urls)
        if note is not None:
            await send_out(unit.posts, note, note.id)
            await publishing.announced(unit, id, self.media_urls)

    async def _source(self, record: VideoRecord) -> str:
        upload_record = await self.units.look(
            VideoUnit, lambda unit: unit.upload_record(record.upload)
        )
        size = None if upload_record is None else await self.blobs.size(upload_record.blob)
        if upload_record is None or size is None:
            raise Broken("the original of a video that is to be made is not there")
        await self.blobs.expect(size // MADE)
        return upload_record.blob

    async def _fail(self, record: VideoRecord, refusal: Refused) -> None:
        await self.units.run(VideoUnit, lambda unit: publishing.failed(unit, record.id, refusal))

    async def _last_try(self, record: VideoRecord) -> None:
        """When no try is left, the author must not wait for ever."""
        tries = await self.units.look(
            VideoUnit, lambda unit: unit.tries(publishing.RENDER, record.id)
        )
        if tries + 1 >= TRIES:
            await self._fail(record, Refused("VID-6.4", GIVEN_UP))
            await self._tidy(record)

    async def _tidy(self, record: VideoRecord) -> None:
        """Whatever became of the video: its original goes, and what a deleted one left."""
        await self._drop_source(record)
        now = await self.units.look(VideoUnit, lambda unit: unit.record(record.id))
        if now is not None and not now.playable:
            await self._drop_files(now)

    async def drop(self, id: str) -> None:
        """Remove the files of a deleted video (VID-6.5)."""
        record = await self.units.look(VideoUnit, lambda unit: unit.record(id))
        if record is None or record.deleted is None or not record.local:
            return
        with self._waiting(id):
            await self._drop_source(record)
            await self._drop_files(record)

    async def _drop_source(self, record: VideoRecord) -> None:
        upload_record = await self.units.look(
            VideoUnit, lambda unit: unit.upload_record(record.upload)
        )
        if upload_record is not None and upload_record.blob:
            await self.blobs.delete(upload_record.blob)
            await self.units.run(IntakeUnit, lambda unit: unit.dropped(record.upload))

    async def _drop_files(self, record: VideoRecord) -> None:
        # By name, not by the list: a rendering that was stopped left files that no list has.
        for name in renditions.NAMES:
            await self.blobs.delete(f"{_folder(record)}/{name}")

    async def sweep(self, _subject: str) -> None:
        """Drop the bytes of uploads that failed or that nobody continued (VID-1.8)."""
        await self.units.run(IntakeUnit, lambda unit: unit.fail_late())
        while left := await self.units.look(IntakeUnit, lambda unit: unit.leftovers(SWEEP_GROUP)):
            for one in left:
                await self._sweep_one(one.id, one.blob)

    async def _sweep_one(self, id: str, blob: str) -> None:
        await self.blobs.delete(blob)
        await self.units.run(IntakeUnit, lambda unit: unit.dropped(id))


def _folder(record: VideoRecord) -> str:
    return f"video/{record.uuid}"


class Ticker:
    """Passes progress on: heard from a child as often as it likes, told in steps."""

    def __init__(self, units: Units, id: str) -> None:
        self._units = units
        self._id = id
        self._news = asyncio.Event()
        self._percent = 0
        self._over = False

    def heard(self, done: float) -> None:
        percent = min(99, int(done * 100))
        if percent >= self._percent + STEP:
            self._percent = percent
            self._news.set()

    def stop(self) -> None:
        """No more news. Never by cancelling: it may be in the middle of a unit."""
        self._over = True
        self._news.set()

    async def run(self) -> None:
        """Until it is stopped."""
        while not self._over:
            await self._news.wait()
            self._news.clear()
            if not self._over:
                with suppress(NoRoom):  # what is made is not lost for it
                    await self._units.run(VideoUnit, self._tell)

    async def _tell(self, unit: VideoUnit) -> None:
        await publishing.progressed(unit, self._id, self._percent)
