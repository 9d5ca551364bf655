"""Routes of reports and of the administrators' log (spec INB-10, API-11.8)."""

from collections.abc import Awaitable, Callable, Sequence

from msgspec import Struct

from node.accounts.audit import Deed
from node.errors import Malformed
from node.inbox import publishing, reports
from node.inbox.reported_words import Words
from node.inbox.reports import Complaint, Report
from node.store.audit import AuditUnit
from node.store.reports import ReportsUnit
from node.store.unit import Units
from node.web.api.logged import logged
from node.web.api.scopes import Scope
from node.web.routes import Call, Reply, Route
from node.wire import ids
from node.wire.api.cursor import Cursor
from node.wire.api.reports import (
    ActList,
    ActView,
    CloseReport,
    CloseReports,
    NewReport,
    ReportedPost,
    ReportList,
    ReportMade,
    ReportsClosed,
    ReportView,
)
from node.wire.times import micros

STATES = ("open", "closed")
MOST_SHOWN = 20  # on a page: each may hold many words


class Reports(Struct, frozen=True):
    """`whom` knows actors by handle or id."""

    units: Units
    whom: Callable[[str], Awaitable[str]]

    async def make(self, call: Call) -> Reply:
        asked: NewReport = call.body
        about = asked.about.strip()
        if not about.startswith(("https://", "http://")):
            about = await self.whom(about)
        said = Complaint(about, tuple(asked.posts), asked.text, asked.forward)
        made = await self.units.run(
            ReportsUnit,
            lambda unit: reports.report(unit, call.caller.actor, said),
            once=call.once,
        )
        return Reply(
            ReportMade(
                id=made.report.id,
                about=made.report.about,
                added=made.added,
                forwarded=made.forwarded,
                withheld=made.withheld,
                unsent=made.unsent,
            )
        )

    async def list(self, call: Call) -> Reply:
        state, but, limit = (
            call.query.get("state", STATES[0]),
            call.caller.actor,
            min(call.limit, MOST_SHOWN),
        )
        if state not in STATES:
            raise Malformed("INB-10.5", "state is open or closed")

        async def look(unit: ReportsUnit) -> Reply:
            found = await unit.reports(state == "closed", but, limit, call.after)
            page = found[:limit]
            last = page[-1] if len(found) > limit else None
            after = Cursor(micros(last.created), last.id) if last else None
            return Reply(ReportList(items=await _views(unit, page)), after=after)

        return await self.units.look(ReportsUnit, look)

    async def close(self, call: Call) -> Reply:
        id, who, asked = call.path["id"], call.caller, call.body

        async def work(unit: ReportsUnit) -> Report:
            done = await reports.close(unit, id, who.name, who.actor, asked.note)
            ours = done.about if await unit.account_of(done.about) else ""
            unit.beside(AuditUnit).log(who.name, Deed.CLOSE_REPORT, id, about=ours)
            return done

        made = await self.units.run(ReportsUnit, work, once=call.once)
        [view] = await self.units.look(ReportsUnit, lambda unit: _views(unit, [made]))
        return Reply(view)

    async def close_all(self, call: Call) -> Reply:
        who, asked = call.caller, call.body
        host = ids.origin(f"https://{asked.host}").authority

        async def work(unit: ReportsUnit) -> int:
            return await reports.close_all(unit, host, who.name, who.actor, asked.note)

        done = logged(call, Deed.CLOSE_REPORT, host, work)
        return Reply(ReportsClosed(closed=await self.units.run(ReportsUnit, done, once=call.once)))

    async def delete(self, call: Call) -> Reply:
        id = call.query.get("id", "")

        async def work(unit: ReportsUnit) -> None:
            await publishing.delete_for(unit, id)

        await self.units.run(ReportsUnit, logged(call, Deed.DELETE_POST, id, work))
        return Reply()

    async def log(self, call: Call) -> Reply:
        but, limit, after = call.caller.actor, call.limit, call.after
        found = await self.units.look(AuditUnit, lambda unit: unit.logged(but, limit, after))
        page = found[:limit]
        last = page[-1] if len(found) > limit else None
        items = [
            ActView(
                id=one.id,
                who=one.who,
                deed=one.deed,
                object=one.object,
                at=one.at,
            )
            for one in page
        ]
        return Reply(ActList(items=items), after=Cursor(micros(last.at), last.id) if last else None)


async def _views(unit: ReportsUnit, found: Sequence[Report]) -> list[ReportView]:
    ours = {one.reporter for one in found if one.reporter and not one.domain}
    about = sorted({one.about for one in found})
    people = await unit.people(sorted({*about} | ours))
    accounts = await unit.accounts_of(about)
    there = await unit.there(sorted({words.id for one in found for words in one.words}))
    return [
        ReportView(
            id=one.id,
            state="open" if one.closed is None else "closed",
            about=people[one.about],
            account=accounts.get(one.about, ""),
            reporter=people.get(one.reporter),
            host=one.reporter if one.domain else "",
            text=one.text,
            posts=[_post(words, words.id not in there) for words in one.words],
            forwarded=bool(one.flag),
            created=one.created,
            updated=one.updated,
            closed=one.closed,
            closer=one.closer,
            note=one.note,
        )
        for one in found
    ]


def _post(words: Words, gone: bool) -> ReportedPost:
    return ReportedPost(
        id=words.id,
        content=words.content,
        published=words.published,
        name=words.name,
        summary=words.summary,
        media=list(words.media),
        gone=gone,
    )


def routes(units: Units, whom: Callable[[str], Awaitable[str]]) -> tuple[Route, ...]:
    """The routes of this room."""
    reports = Reports(units, whom)
    admin = Scope.ADMIN
    return (
        Route("POST", "/reports", reports.make,
              "Tell the administrators of somebody, or of their posts.",
              Scope.WRITE, NewReport, ReportMade, 201),
        Route("GET", "/admin/reports", reports.list, "What was reported, the newest first.",
              admin, answers=ReportList, paged=True, admin=True,
              query={"state": "open (usual) or closed"}),
        Route("POST", "/admin/reports/{id}/close", reports.close,
              "Close a report, and say what was done.",
              admin, CloseReport, ReportView, admin=True),
        Route("POST", "/admin/reports/close", reports.close_all,
              "Close all that a server reported, and say what was done.",
              admin, CloseReports, ReportsClosed, admin=True),
        Route("DELETE", "/admin/posts", reports.delete,
              "Delete a post of one of this node's people, here and at peers.",
              admin, status=204, admin=True, query={"id": "the id of the post or video"}),
        Route("GET", "/admin/log", reports.log,
              "What administrators did, the newest first.",
              admin, answers=ActList, paged=True, admin=True),
    )  # fmt: skip
