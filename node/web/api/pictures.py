"""Routes of pictures: make one of an upload, look at it, give it up (spec PIC-1, PIC-2)."""

from typing import Protocol

from msgspec import Struct

from node.errors import Full, Missing, Refused, will_pass
from node.net.once import SingleFlight
from node.ports import Blobs
from node.store.pictures import PicturesUnit
from node.store.unit import Units
from node.video import pictures
from node.video.pictures import Made, Picture, Stands
from node.web.api.scopes import Scope
from node.web.api.uploads import Intake
from node.web.routes import Call, Reply, Route
from node.web.turns import Turns
from node.wire.api.pictures import NewPicture, PictureView


class Draws(Protocol):
    """`Studio`, as far as a picture needs it."""

    async def draw(self, blob: str, into: str) -> Made: ...


class Pictures(Struct, frozen=True):
    """The verbs of pictures, as the routes call them. `once` keeps two from making the same one."""

    units: Units
    intake: Intake
    blobs: Blobs
    studio: Draws
    turns: Turns
    once: SingleFlight

    async def make(self, call: Call) -> Reply:
        """Made while the client waits: it takes a second, and they hear at once what is wrong."""
        new: NewPicture = call.body
        account = call.caller.account
        await self.intake.whole(account, new.upload)
        begun = await self.units.run(
            PicturesUnit, lambda unit: pictures.begin(unit, account, new.upload)
        )
        if begun.stands is Stands.READY:
            return Reply(_view(begun))
        return Reply(_view(await self.once(begun.id, lambda: self._make(begun))))

    async def _make(self, begun: Picture) -> Picture:
        async with self.turns.turn(begun.account):
            now = await self.units.look(PicturesUnit, lambda unit: unit.picture(begun.id))
            if now is None or now.stands is not Stands.MAKING:
                return await self._as_it_stands(now)
            source = await self._source(begun)
            try:
                made = await self.studio.draw(source, begun.folder)
            except Refused as refusal:
                if not will_pass(refusal):
                    await self._refuse(begun)
                raise
        picture = await self._finish(begun, made)
        await self._drop_source(begun.upload, source)
        return picture

    async def _as_it_stands(self, now: Picture | None) -> Picture:
        if now is None or now.stands is Stands.DROPPED:
            raise pictures.absent()
        return now

    async def _finish(self, begun: Picture, made: Made) -> Picture:
        room = self.intake.room()
        try:
            return await self.units.run(
                PicturesUnit, lambda unit: pictures.finished(unit, begun.id, made, room)
            )
        except (Missing, Full):
            # Given up meanwhile, and its files may have been looked for before they were there; or
            # they are more than there is room for.
            for file in made.files:
                await self.blobs.delete(file.blob)
            raise

    async def _source(self, begun: Picture) -> str:
        record = await self.units.look(PicturesUnit, lambda unit: unit.upload_record(begun.upload))
        if record is None or not record.blob:
            raise pictures.absent()
        return record.blob

    async def _refuse(self, begun: Picture) -> None:
        source = await self._source(begun)
        await self.units.run(PicturesUnit, lambda unit: pictures.refused(unit, begun.id))
        await self._drop_source(begun.upload, source)

    async def _drop_source(self, upload: str, blob: str) -> None:
        await self.blobs.delete(blob)
        await self.units.run(PicturesUnit, lambda unit: unit.dropped(upload))

    async def show(self, call: Call) -> Reply:
        account, id = call.caller.account, call.path["id"]
        picture = await self.units.look(PicturesUnit, lambda unit: pictures.own(unit, account, id))
        if picture.stands is Stands.MAKING:
            raise pictures.absent()
        return Reply(_view(picture))

    async def give_up(self, call: Call) -> Reply:
        account, id = call.caller.account, call.path["id"]
        await self.units.run(PicturesUnit, lambda unit: pictures.give_up(unit, account, id))
        return Reply()


def _view(picture: Picture) -> PictureView:
    shown = picture.shown
    return PictureView(
        id=picture.id,
        media_type=shown.media_type,
        width=shown.width,
        height=shown.height,
        blurhash=picture.blurhash,
        bytes=picture.size,
        duration_ms=picture.milliseconds,
        expires=picture.expires,
    )


def routes(found: Pictures) -> tuple[Route, ...]:
    """The routes of pictures."""
    write = Scope.WRITE
    return (
        Route(
            "POST",
            "/pictures",
            found.make,
            "Make a picture of a whole upload, for a post or a face.",
            write,
            NewPicture,
            PictureView,
            201,
            # The same upload is answered with the same picture (PIC-2.1).
            idempotent=False,
        ),
        Route(
            "GET", "/pictures/{id}", found.show, "A picture of yours.", write, answers=PictureView
        ),
        Route(
            "DELETE",
            "/pictures/{id}",
            found.give_up,
            "Give a picture up that is not used.",
            write,
            status=204,
        ),
    )
