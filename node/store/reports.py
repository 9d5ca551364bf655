"""The queries of reports (spec INB-10)."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import BigInteger, bindparam, func, select, update

from node.accounts.account import Role, State
from node.accounts.names import INSTANCE
from node.inbox.reported_words import Words
from node.inbox.reports import Report
from node.store.inbox import InboxUnit
from node.store.paging import Pages
from node.store.people import people
from node.store.tables import accounts, actors, names, posts, reports
from node.store.upserts import put
from node.wire.api.cursor import Cursor
from node.wire.api.inbox import Person
from node.wire.times import from_micros, micros

_R, _P, _A = reports.c, posts.c, accounts.c
REPORT = select(reports).where(_R.id == bindparam("report"))
OPEN = select(reports).where(
    _R.about == bindparam("about"), _R.reporter == bindparam("reporter"), _R.state == "open"
)
BY_ONE = select(func.count()).where(
    _R.created >= bindparam("since"), _R.reporter == bindparam("reporter")
)
FLAGS = select(func.coalesce(func.sum(_R.flags), 0)).where(
    _R.counted > bindparam("since"), _R.domain == bindparam("domain")
)
_SOME = select(_R.id).where(_R.state == "open").limit(bindparam("most", type_=BigInteger))
OF_ONE = _SOME.where(_R.reporter == bindparam("reporter"))
OF_DOMAIN = _SOME.where(_R.domain == bindparam("domain"))
OF_OTHERS = _SOME.where(_R.domain > "")
WORDS = select(_P.id, _P.content, _P.published, _P.name, _P.summary, _P.attachments).where(
    _P.id.in_(bindparam("posts", expanding=True))
)
THERE = select(_P.id).where(_P.id.in_(bindparam("posts", expanding=True)), _P.deleted.is_(None))
ACCOUNTS = select(actors.c.id, actors.c.account).where(
    actors.c.id.in_(bindparam("actors", expanding=True)), actors.c.local.is_(True)
)
JUDGES = (
    select(_A.id)
    .where(_A.role == Role.ADMIN, _A.state == State.ACTIVE, _A.actor != bindparam("but"))
    .order_by(_A.created, _A.id)
)
OF_CHANNEL = select(_A.actor).where(_A.channel == bindparam("channel"))
THE_INSTANCE = select(names.c.actor).where(names.c.name == INSTANCE)
LISTED = Pages(
    select(reports).where(_R.state == bindparam("state"), _R.about != bindparam("but")),
    _R.created,
    _R.id,
)


class ReportsUnit(InboxUnit):
    """What `inbox.reports` asks for."""

    async def instance(self) -> str:
        rows = await self.connection.fetch(THE_INSTANCE, {})
        return rows[0].actor if rows else ""

    async def person_of(self, actor: str) -> str:
        rows = await self.connection.fetch(OF_CHANNEL, {"channel": actor})
        return rows[0].actor if rows else actor

    async def words(self, posts: Sequence[str]) -> Sequence[Words]:
        if not posts:
            return []
        rows = await self.connection.fetch(WORDS, {"posts": list(posts)})
        found = {row.id: _words(row) for row in rows}
        return [found[id] for id in posts if id in found]

    async def open_report(self, about: str, reporter: str) -> Report | None:
        rows = await self.connection.fetch(OPEN, {"about": about, "reporter": reporter})
        return _report(rows[0]) if rows else None

    async def report(self, id: str) -> Report | None:
        rows = await self.connection.fetch(REPORT, {"report": id})
        return _report(rows[0]) if rows else None

    async def put_report(self, report: Report) -> None:
        values = {
            "about": report.about,
            "reporter": report.reporter,
            "domain": report.domain,
            "state": "open" if report.closed is None else "closed",
            "text": report.text,
            "words": msgspec.json.encode(report.words).decode(),
            "flag": report.flag,
            "flags": report.flags,
            "counted": micros(report.counted) if report.counted else None,
            "closer": report.closer,
            "note": report.note,
            "created": micros(report.created),
            "updated": micros(report.updated),
            "closed": micros(report.closed) if report.closed else None,
        }
        await self.connection.execute(put(self.connection, reports, id=report.id, **values))

    async def reports_since(self, reporter: str, since: datetime) -> int:
        rows = await self.connection.fetch(BY_ONE, {"reporter": reporter, "since": micros(since)})
        return int(rows[0][0])

    async def flags_since(self, domain: str, since: datetime) -> int:
        rows = await self.connection.fetch(FLAGS, {"domain": domain, "since": micros(since)})
        return int(rows[0][0])

    async def close_by(self, domain: str, but: str, closer: str, note: str) -> int:
        done = await self.connection.execute(
            update(reports)
            .where(_R.state == "open", _R.domain == domain, _R.about != but)
            .values(state="closed", closer=closer, note=note, closed=micros(self.now))
        )
        return int(done.rowcount)

    async def open_by(self, reporter: str, most: int) -> int:
        return len(await self.connection.fetch(OF_ONE, {"reporter": reporter, "most": most}))

    async def open_by_others(self, domain: str, most: int) -> int:
        if domain:
            return len(await self.connection.fetch(OF_DOMAIN, {"domain": domain, "most": most}))
        return len(await self.connection.fetch(OF_OTHERS, {"most": most}))

    def domain_of(self, id: str) -> str:
        return self.context.suffixes.of_id(id)

    async def judges(self, but: str) -> Sequence[str]:
        return [row.id for row in await self.connection.fetch(JUDGES, {"but": but})]

    async def reports(
        self, closed: bool, but: str, limit: int, after: Cursor | None
    ) -> Sequence[Report]:
        """The newest first, without those about `but`: one more than `limit`, if there are."""
        asked = {"state": "closed" if closed else "open", "but": but}
        rows = await self.connection.fetch(*LISTED.page(limit, after, **asked))
        return [_report(row) for row in rows]

    async def there(self, posts: Sequence[str]) -> set[str]:
        """Those of the posts that are not deleted."""
        if not posts:
            return set()
        return {row.id for row in await self.connection.fetch(THERE, {"posts": list(posts)})}

    async def accounts_of(self, actors: Sequence[str]) -> dict[str, str]:
        """The accounts of those of the actors who are ours."""
        if not actors:
            return {}
        rows = await self.connection.fetch(ACCOUNTS, {"actors": list(actors)})
        return {row.id: row.account for row in rows if row.account}

    async def people(self, ids: Sequence[str]) -> dict[str, Person]:
        """The actors, as the API shows them."""
        return await people(self.connection, ids)


def _words(row: Any) -> Words:
    media = tuple(one["url"] for one in json.loads(row.attachments) if one.get("url"))
    return Words(row.id, row.content, from_micros(row.published), row.name, row.summary, media)


def _report(row: Any) -> Report:
    return Report(
        id=row.id,
        about=row.about,
        reporter=row.reporter,
        created=from_micros(row.created),
        updated=from_micros(row.updated),
        domain=row.domain,
        text=row.text,
        words=msgspec.json.decode(row.words, type=tuple[Words, ...]),
        flag=row.flag,
        flags=row.flags,
        counted=from_micros(row.counted) if row.counted is not None else None,
        closer=row.closer,
        note=row.note,
        closed=from_micros(row.closed) if row.closed is not None else None,
    )
