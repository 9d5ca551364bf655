"""A backup brings a node back whole; what is no whole backup brings nothing; a drill of both."""

import asyncio
import errno
import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from node.cli import admin, backup, backup_file, restore, secrets
from node.cli.no_room import no_room
from node.client.kith import Kith
from node.errors import Missing
from tests.media.test_blobs import on_small_disk
from tests.process import crowd
from tests.process.crowd import until
from tests.process.test_start_stop import place
from tools.lab import Lab, Place

__all__ = ["place"]
WORDS = "words that nobody guesses"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup_file, "OPSLIMIT", 1)
    monkeypatch.setattr(backup_file, "MEMLIMIT", 8192)


@pytest.fixture
def words(tmp_path: Path) -> str:
    path = tmp_path / "words"
    path.write_text(WORDS + "\n")
    path.chmod(0o600)
    return str(path)


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    def one() -> str:
        text = capsys.readouterr().err
        assert "Traceback" not in text and text.count("\n") == 1, text
        return text

    return one


def contents(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.clause("FED-12.16", "FED-12.17", "FED-12.18", "E2E-4.8")
def test_a_backup_of_a_running_node_brings_it_back_and_a_broken_one_brings_nothing(
    place: Place,
    tmp_path: Path,
    words: str,
    said: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place.start()
    asyncio.run(place.ready())
    film = place.data / "blobs" / "videos" / "a.mp4"
    film.parent.mkdir(parents=True, exist_ok=True)
    film.write_bytes(os.urandom(700_000))
    file = tmp_path / "a.kith"
    given = ["--data", str(place.data), "--passphrase-file", words]
    assert backup.main([str(file), *given]) == 0
    assert file.stat().st_mode & 0o077 == 0
    assert (
        film.read_bytes()[:64] not in file.read_bytes() and b"alpha.test" not in file.read_bytes()
    )
    assert backup.main([str(file), *given]) == 1
    assert "is there already" in said()
    assert not list(place.data.glob(".backup*")) and not list(tmp_path.glob("*.part"))
    assert place.stop() == 0

    target = tmp_path / "back"
    taking = [str(file), "--data", str(target), "--passphrase-file", words]
    assert restore.main(taking) == 0
    old, new = contents(place.data), contents(target)
    assert new["node.key"] == old["node.key"]
    assert new["blobs/videos/a.mp4"] == old["blobs/videos/a.mp4"]
    assert sorted(path.name for path in target.iterdir()) == [
        "blobs",
        "kith.sqlite3",
        "node.key",
    ]
    assert settings(target)["origin"] == "https://alpha.test"
    assert settings(target)["incarnation"] != settings(place.data)["incarnation"]
    again = replace(place, data=target)
    again.start()
    asyncio.run(again.ready())
    assert again.stop() == 0

    assert restore.main(taking) == 1
    assert "FED-12.18" in (told := said()) and "not empty" in told

    whole, away = file.read_bytes(), tmp_path / "away"
    here = len(backup_file.MAGIC)
    middle = len(whole) // 2
    broken = {
        "cut off": whole[:-1],
        "cut off ": whole[: len(whole) // 3],
        "no backup": b"PK" + whole[2:],
        "version 2": whole[:here] + b"\0\2" + whole[here + 2 :],
        "damaged": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
        "damaged ": whole + b"\0",
        "passphrase": whole[: here + 20] + bytes([whole[here + 20] ^ 1]) + whole[here + 21 :],
    }
    for expected, data in broken.items():
        (tmp_path / "b.kith").write_bytes(data)
        code = restore.main([str(tmp_path / "b.kith"), "--data", str(away), *taking[3:]])
        assert code == 1 and expected.strip() in said(), expected
        assert not away.exists(), "nothing is left"
    Path(words).write_text("other words than those\n")
    assert restore.main([str(file), "--data", str(away), *taking[3:]]) == 1
    assert "passphrase" in said() and not away.exists()
    Path(words).chmod(0o644)
    assert restore.main([str(file), "--data", str(away), *taking[3:]]) == 1
    assert "chmod 600" in said() and not away.exists()
    assert restore.main([str(tmp_path / "none"), "--data", str(away), *taking[3:]]) == 1
    assert "No such file" in said()
    Path(words).write_text(f"{WORDS}\n")
    Path(words).chmod(0o600)
    assert restore.main([*taking[:2], str(away), *taking[3:], "--domain", "beta.test"]) == 1
    assert "keeps its name" in said() and not away.exists()
    assert backup.main([str(tmp_path / "none" / "a.kith"), *given]) == 1
    assert "make it first" in said()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        assert restore.main([*taking[:2], str(away), *taking[3:]]) == 1
        assert f"on the disk of {away}" in said() and not away.exists()
        assert backup.main([str(tmp_path / "c.kith"), *given]) == 1
        assert f"on the disk of {tmp_path}" in said()
    assert not (tmp_path / "c.kith").exists() and not list(tmp_path.glob(".*"))


SMALL_DISK = """
import os, pathlib, shutil, sys
from node.cli import backup, backup_file, restore
backup_file.OPSLIMIT, backup_file.MEMLIMIT = 1, 8192
disk, data, roomy, words = map(pathlib.Path, sys.argv[1:])
def fill(left):
    (disk / "filler").unlink(missing_ok=True)
    room = os.statvfs(disk)
    with (disk / "filler").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, room.f_bavail * room.f_bsize - left * 1024)
def refused(command, file, folder, full):
    given = [str(file), "--data", str(folder), "--passphrase-file", str(words)]
    def there():
        shared = ("-wal", "-shm")  # SQLite's own
        return sorted(path for each in (disk, roomy) for path in each.rglob("*")
                      if not path.name.endswith(shared))
    before = there()
    assert command.main(given) == 1
    assert there() == before
    print(f"{full}:", file=sys.stderr)
small = disk / "data"
shutil.copytree(data, small)
whole = roomy / "whole.kith"
assert backup.main([str(whole), "--data", str(data), "--passphrase-file", str(words)]) == 0
for left in (0, 4, 64):
    fill(left)
    refused(backup, disk / "a.kith", data, disk)
    refused(backup, roomy / "a.kith", small, small)
    refused(restore, whole, disk / "back", disk / "back")
# Room for the files, and for all or a part of what SQLite writes beside them.
size = whole.stat().st_size // 1024
for left in range(size, size + 96, 8):
    fill(left)
    given = [str(whole), "--data", str(disk / "back"), "--passphrase-file", str(words)]
    if restore.main(given) == 1:
        print(f"{disk / 'back'}:", file=sys.stderr)
    shutil.rmtree(disk / "back", ignore_errors=True)
"""


@pytest.mark.clause("FED-12.9", "FED-12.16", "FED-12.18")
def test_the_disk_that_has_no_room_is_the_one_that_is_named(
    place: Place, tmp_path: Path, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    place.start()
    asyncio.run(place.ready())
    assert place.stop() == 0
    (disk := tmp_path / "disk").mkdir()
    (roomy := tmp_path / "roomy").mkdir()
    on_small_disk(disk, "32m", SMALL_DISK, str(place.data), str(roomy), words)
    told = capfd.readouterr().err.splitlines()
    assert len(told) > 2 * 10
    for line, full in zip(told[::2], told[1::2], strict=True):
        assert f"no room is left on the disk of {full}" in line, told


@pytest.mark.clause("FED-12.16")
def test_a_file_that_an_error_names_says_whose_disk_it_is() -> None:
    folder = Path("/srv/backups")
    for named, where in (
        (None, folder), (7, folder), ("/srv/backups/.a.part", folder), ("/data/.backup-1", "/data")
    ):  # fmt: skip
        told = no_room("FED-12.16", folder, OSError(errno.EDQUOT, "Quota", named))
        assert f"on the disk of {where}:" in str(told)
    other = OSError(errno.EACCES, "No", "/data/x")
    assert no_room("FED-12.16", folder, other) is other


def full(_descriptor: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def settings(data: Path) -> dict[str, str]:
    connection = sqlite3.connect(data / "kith.sqlite3")
    try:
        return dict(connection.execute("SELECT key, value FROM settings"))
    finally:
        connection.close()


@pytest.mark.clause("FED-12.17")
def test_without_a_terminal_the_file_of_the_passphrase_has_to_be_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(secrets.FILE, raising=False)
    with pytest.raises(Missing) as caught:
        secrets.passphrase("", twice=True)
    assert secrets.FILE in caught.value.reason


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.clause("FED-12.18", "FED-13.1", "FED-13.5", "E2E-4.8")
async def test_a_drill_two_nodes_talk_and_one_comes_back_from_before(
    lab: Lab, tmp_path: Path, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What others sent after the backup comes again, words that are sealed among it; what was
    done here is lost, and said to be; who is friends goes on talking.
    """
    lab.build("alpha.test", "beta.test", api_requests_per_minute="1000000")
    await lab.start()
    alpha = lab.places["alpha.test"]
    file = tmp_path / "alpha.kith"
    given = [str(file), "--data", str(alpha.data), "--passphrase-file", words]
    async with crowd.friends(lab) as (alice, bob):

        async def fed(kith: Kith, words: str) -> None:
            async def seen() -> bool:
                return words in "".join([post.content async for post in kith.feed()])

            await until(f"{kith.handle} sees {words}", seen)

        await alice.post_text("before", "friends")
        await bob.say(alice.handle, "sealed before")
        await fed(bob, "before")
        assert await asyncio.to_thread(backup.main, given) == 0
        await alice.post_text("lost here", "friends")
        await fed(bob, "lost here")
        await bob.post_text("in the gap", "friends")
        await fed(alice, "in the gap")
        await bob.say(alice.handle, "sealed in the gap")
        former = await asyncio.to_thread(settings, alpha.data)

        await asyncio.to_thread(alpha.kill)
        await bob.post_text("while alpha is away", "friends")
        await asyncio.to_thread(shutil.rmtree, alpha.data)
        assert await asyncio.to_thread(restore.main, given) == 0
        alpha.start()
        await alpha.ready()
        assert [post.content async for post in alice.posts()] == ["<p>before</p>"]
        renewed = (await asyncio.to_thread(settings, alpha.data))["incarnation"]
        assert renewed != former["incarnation"], "devices are told, by hello and mailbox"
        await alice.post_text("after", "friends")
        await fed(bob, "after")
        await fed(alice, "while alpha is away")
        await fed(alice, "in the gap")
        told = [one async for one in alice.notices() if one.kind == "restored"]
        assert len(told) == 1 and told[0].object.startswith("20")
        words_of = ["--data", str(alpha.data), "--json", "health"]
        assert await asyncio.to_thread(admin.main, words_of) == 0
        (warning,) = json.loads(capsys.readouterr().out.splitlines()[-1])["warnings"]
        assert "put back" in warning and "lost here" in warning

        async def goes_on() -> bool:
            for one in (alice, bob):
                await (await one.talk()).pull()
            kept = [row.text for row in await alice.history(bob.handle)]
            return kept.count("sealed in the gap") == kept.count("after it") == 1

        await bob.say(alice.handle, "after it")
        await until("the sealed talk goes on, without a gap", goes_on)
        assert (await alice.relation(bob.handle)).state == "friend"
    assert "Traceback" not in alpha.log.read_text()
