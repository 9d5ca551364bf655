"""Routes of the archive (spec ARC-7)."""

from node.e2ee import archive
from node.e2ee.archive import Kept, Offered, Shelf
from node.errors import Malformed
from node.store.archive import ArchiveUnit
from node.store.incarnation import IncarnationUnit
from node.store.unit import Units
from node.web.api.scopes import Scope
from node.web.paging import read_number
from node.web.routes import Call, Reply, Route
from node.wire.api import archive as api
from node.wire.api.cursor import Cursor

LIMIT_BYTES = 3 * 2**19  # a MiB of records, as base64 in JSON
SINCE = "Records behind this `pos` only, the oldest first; without it the newest come first."


class Archive:
    """The verbs of the archive, as the routes call them. All need a device and its seat."""

    def __init__(self, units: Units, limit_bytes: int) -> None:
        self._units = units
        self._limit_bytes = limit_bytes

    async def keep(self, call: Call) -> Reply:
        body: api.NewArchiveRecords = call.body
        account = call.device_caller.account
        offered = [Offered(one.name, one.g, one.day, one.body, one.was) for one in body.records]
        answers = await self._units.run(
            ArchiveUnit, lambda unit: archive.keep(unit, account, offered, self._limit_bytes)
        )
        shown = [api.ArchiveAnswer(state=one.state, body=one.body) for one in answers]
        return Reply(api.ArchiveAnswers(answers=shown))

    async def read(self, call: Call) -> Reply:
        account, place = call.device_caller.account, call.after.at if call.after else None
        since = _since(call)

        async def look(unit: ArchiveUnit) -> tuple[list[Kept], str]:
            life = await unit.beside(IncarnationUnit).incarnation()
            return await archive.read(unit, account, since, place, call.limit), life

        found, life = await self._units.look(ArchiveUnit, look)
        # A page may end early, by bytes: only an empty one is the last.
        more = Cursor(found[-1].pos, "archive") if found else None
        shown = [
            api.ArchivedRecord(
                pos=one.pos, name=one.name, g=one.generation, day=one.day, body=one.body
            )
            for one in found
        ]
        return Reply(api.ArchivedRecords(items=shown, incarnation=life), after=more)

    async def forget(self, call: Call) -> Reply:
        body: api.ArchiveNames = call.body
        account = call.device_caller.account
        await self._units.run(
            ArchiveUnit,
            lambda unit: archive.forget(unit, account, body.names, self._limit_bytes),
            once=call.once,
        )
        return Reply()

    async def switch(self, call: Call) -> Reply:
        body: api.ArchiveSwitch = call.body
        account = call.device_caller.account
        shelf = await self._units.run(
            ArchiveUnit, lambda unit: archive.switch(unit, account, body.on)
        )
        archive.check_switched(shelf, body.on)
        return Reply(self._shown(shelf))

    async def summary(self, call: Call) -> Reply:
        account = call.device_caller.account
        shelf = await self._units.look(ArchiveUnit, lambda unit: unit.shelf_as_it_is(account))
        return Reply(self._shown(shelf))

    def _shown(self, shelf: Shelf) -> api.ArchiveSummary:
        return api.ArchiveSummary(
            on=not shelf.off,
            records=shelf.records,
            bytes=shelf.bytes,
            limit_bytes=self._limit_bytes,
            generation=shelf.generation,
        )


def _since(call: Call) -> int | None:
    if "since" not in call.query:
        return None
    number = read_number(call.query["since"], 0, 2**63 - 1)
    if number is None:
        raise Malformed("ARC-7.5", "since is the pos of a record, or 0")
    return number


def routes(units: Units, limit_bytes: int) -> tuple[Route, ...]:
    """The routes of this page."""
    it, scope = Archive(units, limit_bytes), Scope.MESSAGES
    return (
        Route(
            "PUT",
            "/archive",
            it.keep,
            "Keep sealed records; a name that is there already stays as it is.",
            scope,
            body=api.NewArchiveRecords,
            answers=api.ArchiveAnswers,
            limit_bytes=LIMIT_BYTES,
        ),
        Route(
            "GET",
            "/archive",
            it.read,
            "The account's sealed records, the newest first.",
            scope,
            answers=api.ArchivedRecords,
            paged=True,
            query={"since": SINCE},
        ),
        Route(
            "GET",
            "/archive/summary",
            it.summary,
            "How much the account keeps.",
            scope,
            answers=api.ArchiveSummary,
        ),
        Route(
            "POST",
            "/archive/delete",
            it.forget,
            "Remove records for ever: nothing comes under their names any more.",
            scope,
            body=api.ArchiveNames,
        ),
        Route(
            "PUT",
            "/archive/switch",
            it.switch,
            "Switch the account's archive on, or off: then all that it holds is removed.",
            scope,
            body=api.ArchiveSwitch,
            answers=api.ArchiveSummary,
        ),
    )
