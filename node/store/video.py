"""The queries of videos: their rows, files and grants, and what publishing asks of other tables."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Row, delete, or_, select, update

from node.federation import telling
from node.federation.activities.shapes import Activity, Attachment, Note
from node.federation.copies import Copy
from node.inbox.audiences import audience_of
from node.store.circles import Circles
from node.store.grant_ends import end_grants, ends
from node.store.inbox import InboxUnit
from node.store.jobs import add_job
from node.store.notices import Notices
from node.store.tables import (
    accounts,
    actors,
    jobs,
    media_grants,
    posts,
    renditions,
    videos,
)
from node.store.tombstones import Tombstones
from node.store.uploads import IntakeUnit
from node.store.upserts import insert_ignore, put_keeping
from node.video.cut import Cut
from node.video.playing import Grant, Shown
from node.video.records import MediaFileRecord, State, VideoRecord, Words
from node.wire.ids import covering, origin
from node.wire.times import from_micros, micros


class VideoUnit(IntakeUnit):
    """A transaction of the video room; publishing puts posts with it."""

    @property
    def posts(self) -> InboxUnit:
        """The posts of the same transaction."""
        return self.beside(InboxUnit)

    # -- videos ------------------------------------------------------------------------------------

    async def record(self, id: str) -> VideoRecord | None:
        """The video with this id, or the one whose Note has it."""
        return await self._record(or_(videos.c.id == id, videos.c.post == id))

    async def record_by_uuid(self, uuid: str) -> VideoRecord | None:
        """The video of ours with this uuid."""
        return await self._record(videos.c.id == f"{self.context.origin}/o/{uuid}")

    async def _record(self, condition: Any) -> VideoRecord | None:
        found = await self.connection.execute(select(videos).where(condition))
        row = found.first()
        return None if row is None else await self._whole(row)

    async def videos_of(self, actor: str) -> list[VideoRecord]:
        found = await self.connection.execute(
            select(videos).where(videos.c.author == actor, videos.c.deleted.is_(None))
        )
        return [await self._whole(row) for row in found.all()]

    async def _whole(self, row: "Row[Any]") -> VideoRecord:
        found = await self.connection.execute(
            select(renditions).where(renditions.c.video == row.id).order_by(renditions.c.name)
        )
        return _record(row, tuple(_file(each) for each in found.all()))

    async def put_record(self, record: VideoRecord) -> None:
        """Keep the row, and the list of its files in place of the one before."""
        await self.connection.execute(
            put_keeping(
                self.connection,
                videos,
                {"number": self.fresh_number(record.created)},
                **_row(record),
            )
        )
        await self.connection.execute(delete(renditions).where(renditions.c.video == record.id))
        for file in record.files:
            await self.connection.execute(
                insert_ignore(self.connection, renditions).values(
                    video=record.id,
                    name=file.name,
                    kind=file.kind,
                    blob=file.blob,
                    url=file.url,
                    media_type=file.media_type,
                    width=file.width,
                    height=file.height,
                    fps=file.fps,
                    size=file.size,
                    sha256=file.sha256,
                )
            )

    async def note_facts(self, id: str, facts: bytes) -> None:
        """Keep what the probe saw."""
        await self.connection.execute(
            update(videos).where(videos.c.id == id).values(facts=facts.decode())
        )

    async def add_job(self, kind: str, subject: str) -> None:
        await add_job(self, kind, subject)

    # -- what publishing asks ----------------------------------------------------------------------

    async def tries(self, kind: str, subject: str) -> int:
        """How often the latest job of this kind for `subject` has failed."""
        found = await self.connection.execute(
            select(jobs.c.attempts)
            .where(jobs.c.kind == kind, jobs.c.subject == subject)
            .order_by(jobs.c.id.desc())
            .limit(1)
        )
        return int(found.scalar_one_or_none() or 0)

    async def unknown(self, ids: Iterable[str]) -> list[str]:
        wanted = set(ids)
        found = await self.connection.execute(select(actors.c.id).where(actors.c.id.in_(wanted)))
        return sorted(wanted - set(found.scalars()))

    async def channel_of(self, actor: str) -> str:
        found = await self.connection.execute(
            select(accounts.c.channel).where(accounts.c.actor == actor)
        )
        return str(found.scalar_one_or_none() or "")

    async def tell_followers(
        self, activity: Activity, channel: str, copy: Copy | None = None, author: str = ""
    ) -> None:
        of = [channel, author] if author else [channel]
        left = telling.of_all(activity, of, followers=True)
        await telling.tell(replace(left, copy=copy, author=author), Circles(self))

    # -- videos from elsewhere ---------------------------------------------------------------------

    async def author_of(self, post: str) -> str | None:
        found = await self.connection.execute(select(posts.c.author).where(posts.c.id == post))
        author: str | None = found.scalar_one_or_none()
        return author

    async def link(self, post: str, video: str) -> None:
        await self.connection.execute(
            update(posts)
            .where(posts.c.id == post, posts.c.video == "")
            .values(video=video, kind="video")
        )

    async def audience_of_record(self, note: Note, channel: str) -> list[str]:
        """Readers by its author and by its channel, whose followers are meant as well."""
        found: set[str] = set()
        for actor in filter(None, (note.author, channel)):
            audience = audience_of(await self.posts.author(actor), (*note.to, *note.cc))
            after = ""
            while True:
                accounts, after = await self.posts.readers(actor, audience, after, telling.PAGE)
                found.update(accounts)
                if not after:
                    break
        return sorted(found)

    async def put_video_note(self, note: Note) -> None:
        audience = audience_of(await self.posts.author(note.author), (*note.to, *note.cc))
        await self.posts.put_post(note, "video", note.id, audience)

    async def change_post(self, note: Note) -> None:
        await self.posts.change_post(note)

    async def show(self, accounts: Sequence[str], post: Note) -> None:
        await self.posts.show(accounts, post)

    async def has_tombstone(self, id: str) -> bool:
        return await Tombstones(self).has(id)

    async def add_tombstone(self, id: str, actor: str) -> None:
        await Tombstones(self).add(id, actor)

    async def notify(self, account: str, kind: str, actor: str, object: str) -> None:
        await Notices(self).add(account, kind, actor, object, once=True)

    # -- playing -----------------------------------------------------------------------------------

    async def shown(self, id: str) -> Shown | None:
        found = await self.connection.execute(
            select(posts.c.id, posts.c.video, posts.c.author, posts.c.local, posts.c.attachments)
            .where(or_(posts.c.id == id, posts.c.video == id), posts.c.deleted.is_(None))
            .limit(1)
        )
        row = found.first()
        if row is None:
            return None
        attachments = msgspec.json.decode(row.attachments, type=list[Attachment])
        record = await self.record(row.id)
        return Shown(row.id, row.video, row.author, row.local, attachments, record)

    async def plays(self, actor: str, post: str) -> bool:
        """Whether the post stands and `actor` may see it."""
        found = await self.connection.execute(
            select(posts.c.id).where(posts.c.id == post, posts.c.deleted.is_(None))
        )
        return found.first() is not None and await self.sees(actor, post)

    async def sees(self, actor: str, post: str) -> bool:
        return await self.posts.sees(actor, post)

    async def hidden(self, actor: str) -> bool:
        return await self.posts.hidden(actor)

    async def put_grant(self, digest: bytes, grant: Grant) -> None:
        now = micros(self.now)
        await self.connection.execute(
            delete(media_grants).where(
                media_grants.c.video == grant.video, media_grants.c.expires <= now
            )
        )
        await self.connection.execute(
            media_grants.insert().values(
                digest=digest,
                video=grant.video,
                actor=grant.actor,
                expires=micros(grant.expires),
            )
        )

    async def grant(self, digest: bytes) -> Grant | None:
        found = await self.connection.execute(
            select(media_grants).where(media_grants.c.digest == digest)
        )
        row = found.first()
        return None if row is None else Grant(row.video, row.actor, from_micros(row.expires))

    async def drop_grants(self, video: str) -> None:
        await self.connection.execute(delete(media_grants).where(media_grants.c.video == video))

    async def drop_grants_between(self, one: str, other: str) -> None:
        for author, viewer in ((one, other), (other, one)):
            theirs = select(videos.c.id).where(videos.c.author == author)
            await self.connection.execute(
                delete(media_grants).where(
                    media_grants.c.actor == viewer, media_grants.c.video.in_(theirs)
                )
            )
        await end_grants(self, one, other)

    async def ends(self, viewer: str, author: str) -> frozenset[str]:
        servers = covering(origin(viewer).authority)
        alone = (viewer, author, *servers)
        return await ends(self, (viewer, author), *((one,) for one in alone))


def _row(record: VideoRecord) -> Mapping[str, Any]:
    words = record.words
    return {
        "id": record.id,
        "uuid": record.uuid,
        "post": record.post,
        "author": record.author,
        "local": record.local,
        "channel": record.channel,
        "upload": record.upload,
        "state": record.state.value,
        "reason": record.reason[:500],
        "progress": record.progress,
        "draft": msgspec.json.encode(words).decode(),
        "cut": msgspec.json.encode(record.cut).decode(),
        "duration_ms": record.duration_ms,
        "width": record.width,
        "height": record.height,
        "blurhash": record.blurhash,
        "poster": record.poster,
        "bytes": record.bytes,
        "created": micros(record.created),
        "ready": micros(record.ready) if record.ready else None,
        "deleted": micros(record.deleted) if record.deleted else None,
    }


def _record(row: "Row[Any]", files: tuple[MediaFileRecord, ...]) -> VideoRecord:
    return VideoRecord(
        id=row.id,
        number=row.number,
        uuid=row.uuid,
        post=row.post,
        author=row.author,
        created=from_micros(row.created),
        local=row.local,
        channel=row.channel,
        upload=row.upload,
        state=State(row.state),
        reason=row.reason,
        progress=row.progress,
        words=msgspec.json.decode(row.draft, type=Words),
        cut=msgspec.json.decode(row.cut, type=Cut),
        duration_ms=row.duration_ms,
        width=row.width,
        height=row.height,
        blurhash=row.blurhash,
        poster=row.poster,
        bytes=row.bytes,
        ready=from_micros(row.ready) if row.ready is not None else None,
        deleted=from_micros(row.deleted) if row.deleted is not None else None,
        files=files,
    )


def _file(row: "Row[Any]") -> MediaFileRecord:
    return MediaFileRecord(
        name=row.name,
        kind=row.kind,
        media_type=row.media_type,
        size=row.size,
        blob=row.blob,
        url=row.url,
        sha256=row.sha256,
        width=row.width,
        height=row.height,
        fps=row.fps,
    )
