"""Changed posts, as in `store.edits`."""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from node.federation.activities.shapes import Note
from node.graph.visibility import Audience, AudienceKind
from node.inbox.changing import Version
from node.testing.memory.inbox import InboxUnit
from node.testing.memory.versions import version_of
from node.wire.times import from_micros


class EditsUnit(InboxUnit):
    """What `inbox.changing` asks for."""

    async def own_words(self, id: str) -> Note | None:
        found = self.tables.posts.get(id)
        if found is None or found.deleted or not found.local:
            return None
        updated = None if found.updated is None else from_micros(found.updated)
        named = [
            one.ref for one in self.tables.audiences.get(id, ()) if one.kind is AudienceKind.ACTOR
        ]
        fresh = tuple(one for one in named if one not in (*found.note.to, *found.note.cc))
        return replace(
            found.note,
            updated=updated,
            cc=(*found.note.cc, *fresh),
            mentions=tuple(sorted(named)),
        )

    async def name_also(self, post: str, actors: Iterable[str]) -> None:
        meant = self.tables.audiences.get(post, ())
        more = (Audience(AudienceKind.ACTOR, one) for one in sorted(actors))
        self.tables.audiences[post] = tuple(dict.fromkeys((*meant, *more)))

    async def versions(self, id: str) -> Sequence[Version]:
        found = self.tables.posts.get(id)
        if found is None:
            return []
        now = version_of(found.note, found.at if found.updated is None else found.updated)
        kept = self.tables.post_versions.get(id, [])
        return [now, *(version_of(note, said) for said, note in kept)]
