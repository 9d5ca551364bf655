"""Pictures before their post: made of an upload, kept for a day, given up (PIC-1, PIC-2)."""

import os
import shutil
from datetime import timedelta
from types import SimpleNamespace

import pytest

from node.cli.doctor.kept import blobs
from node.cli.doctor.subject import Subject
from node.cli.serving import missing_blobs
from node.errors import Broken, Full, Malformed, NodeError
from node.store import tables
from node.store.uploads import IntakeUnit
from node.web.api.pictures import Pictures
from node.worker.pictures import PictureRemover
from tests.pictures import gif, png
from tests.video.harness import PICTURE, Harness, Person


async def kept(harness: Harness, who: Person) -> int:
    """The bytes that count against the quota."""
    use = await harness.units.look(IntakeUnit, lambda unit: unit.use_of(who.account))
    return use.kept_bytes


FILES = ["large.jpg", "medium.jpg", "small.jpg"]


def names(id: str) -> list[str]:
    return [f"picture/{id}/{name}" for name in FILES]


@pytest.mark.clause("PIC-1.7", "PIC-2.1", "PIC-2.3")
async def test_an_upload_becomes_a_picture_once(harness: Harness) -> None:
    ann = await harness.person("ann")
    upload = await ann.upload(PICTURE)
    made = await ann.ask("POST", "/pictures", {"upload": upload})
    assert made.status == 201
    view = made.body
    assert (view["width"], view["height"], view["media_type"]) == (640, 480, "image/jpeg")
    assert view["blurhash"]
    assert await harness.files() == names(view["id"]), "the original is dropped"
    again = await ann.ask("POST", "/pictures", {"upload": upload})
    assert again.body == view
    assert harness.studio.begun == 1
    assert (await ann.ask("GET", f"/pictures/{view['id']}")).body == view
    row = (await harness.rows(tables.pictures))[0]
    assert row.bytes == view["bytes"]
    await harness.change(
        tables.accounts, tables.accounts.c.id == ann.account, quota_bytes=row.bytes
    )
    assert (await ann.announce(PICTURE)).status == 507, "its files count against the quota"


@pytest.mark.clause("PIC-2.1")
async def test_a_picture_is_its_accounts_alone(harness: Harness) -> None:
    ann, bob = await harness.person("ann"), await harness.person("bob")
    upload = await ann.upload(PICTURE)
    assert (await bob.ask("POST", "/pictures", {"upload": upload})).status == 404
    made = await ann.picture(PICTURE + b"2")
    for method in ("GET", "DELETE"):
        assert (await bob.ask(method, f"/pictures/{made['id']}")).status == 404
    for place in ("public", "signed"):
        path = f"/media/{place}/{made['id']}/large.jpg"
        assert (await harness.http("GET", path)).status == 404, "unused: for nobody"
        assert (await harness.http("GET", path, by=ann.actor)).status == 404


@pytest.mark.clause("PIC-1.1", "PIC-1.6")
@pytest.mark.parametrize(
    "file", [b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"FILM of a cat", b"%PDF-1.7"]
)
async def test_what_is_no_picture_leaves_nothing(harness: Harness, file: bytes) -> None:
    ann = await harness.person("ann")
    upload = await ann.upload(file)
    said = await ann.ask("POST", "/pictures", {"upload": upload})
    assert (said.status, said.body["clause"]) == (400, "PIC-1.1")
    assert "JPEG, PNG, WebP, GIF, AVIF and HEIC" in said.body["detail"]
    assert await harness.files() == []
    assert (await ann.ask("POST", "/pictures", {"upload": upload})).status == 409
    await harness.work()
    assert await harness.rows(tables.pictures) == []


@pytest.mark.clause("PIC-1.6")
async def test_a_full_disk_is_no_fault_of_a_picture(harness: Harness) -> None:
    ann = await harness.person("ann")
    upload = await ann.upload(PICTURE)
    harness.studio.lacks = Full("VID-4.2", "the disk with the media work folder is full", 60)
    assert (await ann.ask("POST", "/pictures", {"upload": upload})).status == 507
    assert len(await harness.files()) == 1, "the upload is kept"
    harness.studio.lacks = None
    made = await ann.ask("POST", "/pictures", {"upload": upload})
    assert made.status == 201
    assert await harness.files() == names(made.body["id"])


@pytest.mark.clause("PIC-1.3", "PIC-1.6")
async def test_a_picture_over_a_limit_leaves_nothing(harness: Harness) -> None:
    ann = await harness.person("ann")
    harness.studio.lacks = Malformed("PIC-1.3", "the picture has 30000 by 30000 points")
    said = await ann.ask("POST", "/pictures", {"upload": await ann.upload(png(30_000, 30_000))})
    assert said.status == 400
    assert await harness.files() == []


@pytest.mark.clause("PIC-2.2")
async def test_an_unused_picture_goes_after_a_day(harness: Harness) -> None:
    ann = await harness.person("ann")
    made = await ann.picture()
    remover = PictureRemover(harness.units, harness.blobs)
    harness.clock.pass_(timedelta(hours=23))
    await remover.sweep("")
    assert await harness.files() == names(made["id"])
    harness.clock.pass_(timedelta(hours=3))
    await remover.sweep("")
    assert await harness.files() == []
    assert await harness.rows(tables.pictures) == []
    assert (await ann.ask("GET", f"/pictures/{made['id']}")).status == 404


@pytest.mark.clause("PIC-2.2")
async def test_a_picture_is_given_up(harness: Harness) -> None:
    ann = await harness.person("ann")
    made = await ann.picture(gif() + b"a cat")
    assert (made["media_type"], made["duration_ms"]) == ("video/mp4", 800)
    assert (await ann.ask("DELETE", f"/pictures/{made['id']}")).status == 204
    await harness.work()
    assert await harness.files() == []
    assert (await ann.ask("DELETE", f"/pictures/{made['id']}")).status == 404


@pytest.mark.clause("PIC-2.2")
async def test_one_that_is_given_up_while_it_is_made_leaves_nothing(harness: Harness) -> None:
    ann = await harness.person("ann")
    upload = await ann.upload(PICTURE)

    async def given_up() -> None:
        row = (await harness.rows(tables.pictures))[0]
        assert (await ann.ask("DELETE", f"/pictures/{row.id}")).status == 204
        await harness.work()

    harness.studio.midway = given_up
    assert (await ann.ask("POST", "/pictures", {"upload": upload})).status == 404
    assert await harness.files() == []
    assert await kept(harness, ann) == 0


@pytest.mark.clause("PIC-1.6", "PIC-2.2")
@pytest.mark.parametrize(
    "stop", [Broken("a media child was stopped from outside"), Full("VID-4.2", "full", 60)]
)
async def test_a_making_that_stops_for_ever_leaves_nothing(
    harness: Harness, stop: NodeError
) -> None:
    ann = await harness.person("ann")
    upload = await ann.upload(PICTURE)
    harness.studio.lacks = stop
    assert (await ann.ask("POST", "/pictures", {"upload": upload})).status >= 500
    harness.clock.pass_(timedelta(hours=25))
    await PictureRemover(harness.units, harness.blobs).sweep("")
    assert await harness.files() == []
    assert await kept(harness, ann) == 0
    assert (await ann.ask("DELETE", f"/uploads/{upload}")).status == 204


@pytest.mark.clause("PIC-1.6")
async def test_a_stop_before_the_upload_is_dropped_leaves_no_upload(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = await harness.person("ann")
    upload = await ann.upload(PICTURE)

    async def stopped(*_: object) -> None:
        raise Broken("the process is killed")

    with monkeypatch.context() as killed:
        killed.setattr(Pictures, "_drop_source", stopped)
        assert (await ann.ask("POST", "/pictures", {"upload": upload})).status == 500
    await harness.work()
    row = (await harness.rows(tables.pictures))[0]
    assert await harness.files() == names(row.id)
    assert await kept(harness, ann) == row.bytes
    assert (await ann.ask("POST", "/pictures", {"upload": upload})).body["id"] == row.id


@pytest.mark.clause("VID-5.4", "PIC-2.2")
async def test_an_upload_is_given_up_with_the_picture_made_of_it(harness: Harness) -> None:
    ann, bob = await harness.person("ann"), await harness.person("bob")
    upload = await ann.upload(PICTURE)
    harness.studio.lacks = Full("VID-4.2", "full", 60)
    assert (await ann.ask("POST", "/pictures", {"upload": upload})).status == 507
    assert (await bob.ask("DELETE", f"/uploads/{upload}")).status == 404
    assert (await ann.ask("DELETE", f"/uploads/{upload}")).status == 204
    assert await harness.files() == [], "at once, while it is made"
    harness.studio.lacks = None
    upload = await ann.upload(PICTURE + b"2")
    made = (await ann.ask("POST", "/pictures", {"upload": upload})).body["id"]
    assert (await ann.ask("PATCH", "/account", {"avatar": made})).status == 200
    said = await ann.ask("DELETE", f"/uploads/{upload}")
    assert (said.status, said.body["clause"]) == (409, "PIC-2.2")
    assert (await ann.ask("PATCH", "/account", {"avatar": ""})).status == 200
    assert (await ann.ask("DELETE", f"/uploads/{upload}")).status == 204
    await harness.work()
    assert await harness.files() == []
    assert await kept(harness, ann) == 0


@pytest.mark.clause("PIC-2.3")
async def test_what_is_larger_than_its_upload_needs_quota(harness: Harness) -> None:
    ann = await harness.person("ann")
    made = await ann.picture()
    upload, mine = await ann.upload(PICTURE + b"2"), tables.accounts.c.id == ann.account
    most = made["bytes"] + len(PICTURE) + 10
    await harness.change(tables.accounts, mine, quota_bytes=most)
    said = await ann.ask("POST", "/pictures", {"upload": upload})
    assert (said.status, said.body["clause"]) == (507, "VID-1.9")
    assert await kept(harness, ann) <= most
    files = await harness.files()
    assert [one for one in files if one.startswith("picture/")] == names(made["id"])
    assert len(files) == 4, "the upload is kept"
    await harness.change(tables.accounts, mine, quota_bytes=2 * most)
    assert (await ann.ask("POST", "/pictures", {"upload": upload})).status == 201


@pytest.mark.clause("PIC-2.3", "VID-5.3")
async def test_what_is_larger_than_its_upload_needs_room_on_the_disk(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = await harness.person("ann")
    upload = await ann.upload(PICTURE)
    with monkeypatch.context() as full:
        # A little more than the reserve of the node.
        full.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=1001))
        said = await ann.ask("POST", "/pictures", {"upload": upload})
    assert (said.status, said.body["clause"]) == (507, "VID-5.3")
    assert await harness.files() == [f"upload/{upload}"]
    assert (await ann.ask("POST", "/pictures", {"upload": upload})).status == 201


@pytest.mark.clause("PIC-2.3", "PIC-2.6")
async def test_the_quota_comes_back_when_the_files_are_gone(harness: Harness) -> None:
    ann = await harness.person("ann")
    made = await ann.picture()
    assert (await ann.ask("DELETE", f"/pictures/{made['id']}")).status == 204
    assert (await harness.files(), await kept(harness, ann)) == (names(made["id"]), made["bytes"])
    await harness.work()
    assert (await harness.files(), await kept(harness, ann)) == ([], 0)


@pytest.mark.clause("OPS-3.4", "FED-12.13")
async def test_files_of_pictures_are_looked_for(harness: Harness) -> None:
    ann = await harness.person("ann")
    used = await ann.picture()
    assert (await ann.ask("PATCH", "/account", {"avatar": used["id"]})).status == 200
    await ann.picture(PICTURE + b"2")
    subject = Subject(harness.config, harness.clock, "", "", units=harness.units)  # type: ignore[arg-type]
    day = (harness.clock.now() - timedelta(days=2)).timestamp()
    for file in harness.blobs_folder.rglob("*.jpg"):
        os.utime(file, (day, day))

    async def told() -> list[str]:
        return [f"{one.state} {one.words}" for one in await blobs(subject)]

    assert await told() == [
        "ok all 6 files of videos and pictures are there",
        "ok no file of a video or picture is left over",
    ]
    assert await missing_blobs(harness.node) == ""
    (harness.blobs_folder / names(used["id"])[0]).unlink()
    (harness.blobs_folder / names(used["id"])[1]).write_bytes(b"cut")
    assert "of 6 files of videos and pictures 1 are missing and 1 have" in (await told())[0]
    assert "2 of 6 files" in await missing_blobs(harness.node)
