"""What posts said before they were changed, as in `store.versions` and `store.edits`."""

from node.federation.activities.shapes import Note
from node.inbox.changing import Version
from node.store.versions import MOST_KEPT
from node.testing.memory.tables import MemoryTables, Written
from node.wire.times import from_micros


def version_of(note: Note, said: int) -> Version:
    return Version(from_micros(said), note.content, note.summary, note.sensitive, note.lang)


def keep_version(tables: MemoryTables, before: Written, after: Note) -> None:
    """Keep what `before` says, unless `after` says the same; the newest first."""
    old = before.note
    same = (old.content, old.content_map, old.lang, old.summary, old.sensitive)
    if same == (after.content, after.content_map, after.lang, after.summary, after.sensitive):
        return
    kept = tables.post_versions.get(old.id, [])
    said = before.at if before.updated is None else before.updated
    said = max([said, *(one + 1 for one, _ in kept[:1])])
    kept = [(said, old), *kept]
    tables.post_versions[old.id] = [*kept[: MOST_KEPT - 1], *kept[MOST_KEPT - 1 :][-1:]]
