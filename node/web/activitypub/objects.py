"""The documents at `/o/…`: posts and videos of ours, for who may see them (spec VID-8.3)."""

from typing import Any

from node.federation.activities.context import with_context
from node.federation.activities.deleting import render_tombstone
from node.federation.activities.posts import render_note
from node.federation.activities.video import render_video
from node.federation.naming import name
from node.store.inbox import InboxUnit
from node.store.objects import ObjectUnit
from node.store.unit import Units
from node.store.video import VideoUnit
from node.video.records import MediaUrls, video_of

COLLECTIONS = frozenset({"likes", "dislikes", "shares", "comments", "replies"})


class Objects:
    """A resolver of `web.federation.Rooms`. A collection tells how many, and not who."""

    def __init__(self, units: Units, media_urls: MediaUrls) -> None:
        self._units = units
        self._media_urls = media_urls

    async def resolve(self, id: str, viewer: str | None) -> dict[str, Any] | None:
        """The document at `id` for `viewer` (None: unsigned); None for what is not for them."""
        object, _, tail = id.rpartition("/")
        part = tail if tail in COLLECTIONS else ""
        return await self._units.look(
            ObjectUnit, lambda unit: self._document(unit, object if part else id, part, viewer)
        )

    async def _document(
        self, unit: ObjectUnit, id: str, part: str, viewer: str | None
    ) -> dict[str, Any] | None:
        # Who may see it is asked of what there is not as well: it takes as long (FED-11.2).
        post = await unit.post_of(id)
        if not await unit.beside(InboxUnit).sees(viewer or "", post or id):
            return None
        kept = await unit.kept(id)
        if kept is None:
            return None
        is_video = id == kept.note.video
        if kept.deleted is not None:
            former = "Video" if is_video else "Note"
            return None if part else with_context(render_tombstone(id, kept.deleted, former))
        if part:
            total = await unit.total(kept.note.id, part)
            collection = {"type": "Collection", "id": f"{id}/{part}", "totalItems": total}
            return with_context(collection)
        if not is_video:
            note = render_note(kept.note)
            if viewer and await unit.shows_the_named_alone(kept.note, viewer):
                name(note, [viewer])
            return with_context(note)
        record = await unit.beside(VideoUnit).record(id)
        return (
            None
            if record is None
            else with_context(render_video(video_of(record, self._media_urls)))
        )
