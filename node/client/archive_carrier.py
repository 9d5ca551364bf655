"""What a device keeps in the archive is brought to the home node, beside all else and in batches.

It never delays talk: what cannot go out now goes out later, and only what has to be known is told.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final

from node.client.api_client import ApiClient
from node.client.archiving import MOST_AT_ONCE
from node.client.conversation_events import ArchiveHeld, ArchiveMissing, ConversationEvent
from node.client.device_archive import DeviceArchive
from node.client.restoring import ArchivedPage, Restored
from node.e2ee.records.seals import Sealed
from node.errors import Forbidden, NodeError, Refused, TooMuch, will_pass
from node.ports import Clock
from node.wire.api.archive import (
    ArchiveAnswers,
    ArchivedRecord,
    ArchivedRecords,
    ArchiveNames,
    ArchiveRecord,
    ArchiveSummary,
    ArchiveSwitch,
    NewArchiveRecords,
)

BATCH_SECONDS: Final = 5
HELD_SECONDS: Final = 3600  # where nobody says for how long
LONGEST_HELD: Final = 86_400
CLOSE_SECONDS: Final = 4  # for the last batch; what does not go out stays due
PAGE: Final = {"limit": "100"}
NOT_REMOVED: Final = "what was taken back or changed is not removed from the archive yet"


class ArchiveCarrier:
    """Sends one device's records, and reads them back."""

    def __init__(
        self,
        api: ApiClient,
        archive: DeviceArchive,
        clock: Clock,
        tell: Callable[[Iterable[ConversationEvent]], None],
    ) -> None:
        self._api = api
        self._archive = archive
        self._clock = clock
        self._tell = tell
        self._hurry = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._held_until = 0
        self._told = ""
        self._last = False  # the next batch is the last one

    def _seconds(self) -> int:
        return int(self._clock.now().timestamp())

    def look(self) -> None:
        """Tell what earlier runs left to be known, until it was looked at (DEV-14.6)."""
        row = self._archive.place
        if row.held and row.held != self._told:
            self._told = row.held
            self._tell([ArchiveHeld(row.held, row.why)])
        if row.missing:
            self._tell([ArchiveMissing(row.missing)])

    # -- sending ---------------------------------------------------------------------------------

    def wake(self) -> None:
        """Something may be due: it goes out in a while, or when a whole batch waits."""
        waiting = self._archive.waiting
        if waiting >= MOST_AT_ONCE:
            self._hurry.set()
        if self._archive.is_due and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._send_later())

    async def _send_later(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._hurry.wait(), BATCH_SECONDS)
        self._hurry.clear()
        with suppress(NodeError):  # what is to be known of it was told
            await self.send()

    async def send(self) -> None:
        """Send all that is due. Raises what is in the way; what it holds up stays due."""
        kept = await self._erase()
        await self._put()
        if kept is not None:
            raise kept

    async def _erase(self) -> Refused | None:
        """What was taken back goes before anything comes, also where there is no room. Where that
        is refused it is asked for again later, by whichever run, and what is new goes on meanwhile.
        """
        if 0 < self._archive.not_erased.until - self._seconds() <= LONGEST_HELD:
            return None
        while (gone := self._archive.erasing()).rows:
            names = ArchiveNames(names=gone.names)
            try:
                await self._api.ask("POST", "/archive/delete", object, names, once=False)
            except Refused as error:
                if is_switched_off(error):
                    self._refused(error)
                    return error
                told = self._archive.not_erased.clause
                self._archive.hold_erasing(error.clause, self._seconds() + _wait(error))
                if error.clause != told:
                    self._tell([ArchiveHeld(error.clause, f"{NOT_REMOVED}: {error.reason}")])
                return error
            self._archive.erased(gone)
        return None

    async def _put(self) -> None:
        if self._seconds() < max(self._held_until, self._archive.place.held_until):
            return
        while (due := self._archive.due(self._seconds())).rows:
            records = [
                ArchiveRecord(name=one.name, g=one.generation, day=one.day, body=one.body)
                for one in due.records
            ]
            body = NewArchiveRecords(records=records)
            try:
                await self._api.ask("PUT", "/archive", ArchiveAnswers, body, once=False)
            except Refused as error:
                self._refused(error)
                raise
            self._archive.sent(due)
            self._told = ""
            if self._last:
                return

    def _refused(self, error: Refused) -> None:
        """Talk goes on; that the archive does not is said once."""
        self._held_until = self._seconds() + _wait(error)
        if is_switched_off(error):
            self._archive.switch(False)
        else:
            # Only what waiting helps keeps the next run from trying.
            self._archive.hold(error, self._held_until if will_pass(error) else 0)
        if error.clause != self._told:
            self._told = error.clause
            self._tell([ArchiveHeld(error.clause, error.reason)])

    async def close(self) -> None:
        """Let one more batch out, within seconds: what does not go out stays due."""
        self._last = True
        self._hurry.set()
        if self._task is None or self._task.done():
            if not self._archive.is_due:
                return
            self._task = asyncio.create_task(self._send_later())
        with suppress(TimeoutError):
            await asyncio.wait_for(self._task, CLOSE_SECONDS)

    # -- switching, reading back -----------------------------------------------------------------

    async def switch(self, on: bool) -> ArchiveSummary:
        """Begin or end it, here and at the home node; off, all that is kept there is removed."""
        if on:
            self._archive.switch(on)  # a device that cannot asks nobody for it
        body = ArchiveSwitch(on=on)
        shown = await self._api.ask("PUT", "/archive/switch", ArchiveSummary, body)
        self._archive.switch(on)
        self._held_until = 0
        return shown

    async def summary(self) -> ArchiveSummary:
        """How much is kept at the home node."""
        return await self._api.ask("GET", "/archive/summary", ArchiveSummary)

    async def fetch(self, progress: Callable[[Restored], None]) -> Restored:
        """Make history of all that is kept: the newest first, then on where it was read to."""
        came = Restored()
        with suppress(NodeError):
            await self.send()  # what is here and not there is in the way of nothing
        place = self._archive.place
        if not place.done:
            await self._pages({}, True, came, progress)
        else:
            await self._pages({"since": str(place.since)}, False, came, progress)
        return came

    async def _pages(
        self,
        query: dict[str, str],
        backwards: bool,
        came: Restored,
        progress: Callable[[Restored], None],
    ) -> None:
        async for page in self._api.pages("/archive", ArchivedRecords, {**PAGE, **query}):
            records = [(one.pos, _sealed(one)) for one in page.items]
            taken = ArchivedPage(records, backwards, page.incarnation)
            came.add(self._archive.take(taken, self._seconds()))
            progress(came)


def is_switched_off(error: Refused) -> bool:
    """Whether the account has no archive any more."""
    return isinstance(error, Forbidden) and error.clause == "ARC-7.8"


def _wait(error: Refused) -> int:
    """Seconds until the home node is asked again."""
    after = error.retry_after_seconds if isinstance(error, TooMuch) else None
    return min(after or HELD_SECONDS, LONGEST_HELD)


def _sealed(one: ArchivedRecord) -> Sealed:
    return Sealed(one.name, one.g, one.day, one.body)
