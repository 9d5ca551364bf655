"""Reports, as in `store.reports`."""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from node.accounts.account import Role, State
from node.accounts.names import INSTANCE
from node.inbox.reported_words import Words
from node.inbox.reports import Report
from node.testing.memory.inbox import InboxUnit
from node.testing.memory.paging import page
from node.wire.api.cursor import Cursor
from node.wire.times import micros


class ReportsUnit(InboxUnit):
    """What `inbox.reports` asks for."""

    async def instance(self) -> str:
        return self.tables.names.get(INSTANCE, "")

    async def person_of(self, actor: str) -> str:
        whose = (one.actor for one in self.tables.accounts.values() if one.channel == actor)
        return next(whose, actor)

    async def words(self, posts: Sequence[str]) -> Sequence[Words]:
        found = [self.tables.posts[id].note for id in posts if id in self.tables.posts]
        return [
            Words(
                one.id,
                one.content,
                one.published,
                one.name,
                one.summary,
                tuple(file.url for file in one.attachments if file.url),
            )
            for one in found
        ]

    async def open_report(self, about: str, reporter: str) -> Report | None:
        for one in self.tables.reports.values():
            if (one.about, one.reporter, one.closed) == (about, reporter, None):
                return one
        return None

    async def report(self, id: str) -> Report | None:
        return self.tables.reports.get(id)

    async def put_report(self, report: Report) -> None:
        self.tables.reports[report.id] = report

    async def reports_since(self, reporter: str, since: datetime) -> int:
        kept = self.tables.reports.values()
        return sum(one.reporter == reporter and one.created >= since for one in kept)

    async def flags_since(self, domain: str, since: datetime) -> int:
        kept = [one for one in self.tables.reports.values() if one.domain == domain]
        return sum(one.flags for one in kept if one.counted and one.counted > since)

    async def close_by(self, domain: str, but: str, closer: str, note: str) -> int:
        kept = self.tables.reports
        found = [one for one in kept.values() if one.domain == domain and not one.closed]
        for one in (found := [one for one in found if one.about != but]):
            kept[one.id] = replace(one, closer=closer, note=note, closed=self.now)
        return len(found)

    async def open_by(self, reporter: str, most: int) -> int:
        kept = self.tables.reports.values()
        return len([one for one in kept if one.reporter == reporter and not one.closed][:most])

    async def open_by_others(self, domain: str, most: int) -> int:
        found = [one for one in self.tables.reports.values() if one.domain and not one.closed]
        return len([one for one in found if domain in ("", one.domain)][:most])

    def domain_of(self, id: str) -> str:
        return self.context.suffixes.of_id(id)

    async def judges(self, but: str) -> Sequence[str]:
        found = [
            one
            for one in self.tables.accounts.values()
            if (one.role, one.state) == (Role.ADMIN, State.ACTIVE) and one.actor != but
        ]
        return [one.id for one in sorted(found, key=lambda one: (one.created, one.id))]

    async def reports(
        self, closed: bool, but: str, limit: int, after: Cursor | None
    ) -> Sequence[Report]:
        kept = self.tables.reports
        rows = [
            (micros(one.created), id)
            for id, one in kept.items()
            if (one.closed is not None) is closed and one.about != but
        ]
        ids, _ = page(rows, limit + 1, after)
        return [kept[id] for id in ids]

    async def there(self, posts: Sequence[str]) -> set[str]:
        kept = self.tables.posts
        return {id for id in posts if id in kept and not kept[id].deleted}

    async def accounts_of(self, actors: Sequence[str]) -> dict[str, str]:
        found = {id: self.tables.actors.get(id) for id in actors}
        return {id: one.account for id, one in found.items() if one and one.local and one.account}
