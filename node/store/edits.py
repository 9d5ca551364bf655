"""The queries of changed posts (spec INB-13)."""

from collections.abc import Iterable, Sequence

from sqlalchemy import bindparam, select

from node.federation.activities.shapes import Note
from node.graph.visibility import AudienceKind
from node.inbox.changing import Version
from node.store.inbox import InboxUnit
from node.store.objects import ObjectUnit
from node.store.tables import audiences, post_versions, posts
from node.store.upserts import insert_ignore
from node.wire.times import from_micros

_V, _P = post_versions.c, posts.c
BEFORE = select(post_versions).where(_V.post == bindparam("id")).order_by(_V.said.desc())
NOW = select(posts).where(_P.id == bindparam("id"))


class EditsUnit(InboxUnit):
    """What `inbox.changing` asks for."""

    async def own_words(self, id: str) -> Note | None:
        """Our post as it would be sent now; None when it is deleted, or not ours."""
        kept = await self.beside(ObjectUnit).kept(id)
        return kept.note if kept is not None and kept.deleted is None else None

    async def name_also(self, post: str, actors: Iterable[str]) -> None:
        """The post names these actors too."""
        for one in sorted(actors):
            row = {"post": post, "kind": str(AudienceKind.ACTOR), "ref": one}
            self.connection.later(insert_ignore(self.connection, audiences), row)
        self._meant.pop(post, None)

    async def versions(self, id: str) -> Sequence[Version]:
        """All that is known of what the post said, as it is now first."""
        asked = {"id": id}
        now, before = await self.connection.fetch_all((NOW, asked), (BEFORE, asked))
        since = [row.updated if row.updated is not None else row.published for row in now]
        return [
            Version(from_micros(said), row.content, row.summary, bool(row.sensitive), row.lang)
            for row, said in (*zip(now, since, strict=True), *((row, row.said) for row in before))
        ]
