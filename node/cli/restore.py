"""`kith restore FILE --data DIR`: a node as it was when the backup was made (FED-12.18)."""

import asyncio
import os
import shutil
import sys
import tarfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import msgspec
from sqlalchemy.exc import DBAPIError

from node.cli.backup import DATABASE, MANIFEST, Manifest
from node.cli.backup_file import PIECE, Opener
from node.cli.migrate import migrate
from node.cli.no_room import full, is_full, no_room
from node.cli.probes import QuickCheck
from node.cli.secrets import passphrase
from node.cli.starting import NAMELESS, options, read_config, said_path, said_word
from node.cli.streams import tell
from node.config import Config
from node.errors import Conflict, Malformed, NodeError, NoRoom, Unreachable
from node.federation.activities import render
from node.media.blobs import proven
from node.store.database import Database
from node.store.incarnation import IncarnationUnit
from node.store.keyring import KEY_FILE
from node.store.schema import newest
from node.store.unit import UnitContext, Units
from node.store.wakeups import Wakeups
from node.system import SystemClock, SystemEntropy
from node.wire.times import parse_rfc3339

STAGE = ".restoring"
CLAUSE = "FED-12.18"


def _check_empty(folder: Path) -> None:
    """Raises `Conflict` (FED-12.18) when something is there but what a killed restore left."""
    if folder.exists() and any(each.name != STAGE for each in folder.iterdir()):
        raise Conflict(
            CLAUSE, f"{folder} is not empty: name another folder, or move away what is there"
        )


def _place(stage: Path, name: str) -> Path:
    """Where an entry goes. Raises `Malformed` for what no backup of ours holds."""
    if name in (DATABASE, KEY_FILE):
        return stage / name
    if name.startswith("blobs/"):
        return stage / "blobs" / proven(name.removeprefix("blobs/"))
    raise Malformed("FED-12.16", "this backup holds what no backup of Kith holds")


def unpack(file: Path, words: str, stage: Path) -> Manifest:
    """All that is in `file`, below `stage`. Raises `Malformed`, `Unproven` (FED-12.16)."""
    manifest = None
    with file.open("rb") as source:
        opener = Opener(source, words)
        try:
            with tarfile.open(fileobj=opener, mode="r|") as tar:  # type: ignore[call-overload]
                for entry in tar:
                    content = tar.extractfile(entry) if entry.isreg() else None
                    if content is None or (manifest is None) != (entry.name == MANIFEST):
                        raise Malformed("FED-12.16", "this backup is not put together as ours are")
                    if manifest is None:
                        manifest = _read(content.read(PIECE))
                        continue
                    path = _place(stage, entry.name)
                    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                    with os.fdopen(descriptor, "wb") as out:
                        shutil.copyfileobj(content, out, PIECE)
                        out.flush()
                        os.fsync(out.fileno())
        except tarfile.TarError:
            raise Malformed("FED-12.16", "this backup is damaged: take another copy") from None
        opener.finish()
    if manifest is None or not (stage / KEY_FILE).exists():
        raise Malformed("FED-12.16", "this backup is empty")
    return manifest


def _read(told: bytes) -> Manifest:
    try:
        manifest = msgspec.json.decode(told, type=Manifest)
    except msgspec.MsgspecError:
        raise Malformed("FED-12.16", "this backup does not say what is in it") from None
    if manifest.schema > newest():
        raise Malformed(
            "FED-12.16",
            f"this backup has the database of a newer Kith ({manifest.schema}): install that first",
        )
    return manifest


async def renew(url: str, as_of: datetime | None) -> None:
    """Begin another life of the database: devices are told, key packages are burned (E2E-4.8)."""
    database = Database(url)
    context = UnitContext(NAMELESS, SystemClock(), SystemEntropy(), render)
    try:
        await Units(database, context, Wakeups()).run(
            IncarnationUnit, lambda unit: unit.renew_incarnation(as_of)
        )
    except (DBAPIError, OSError) as error:
        told = getattr(error, "orig", error)
        if is_full(told):
            raise NoRoom("the database has no room left on its disk") from None
        raise Unreachable(f"the database cannot be used: {told}") from None
    finally:
        await database.close()


def _bring_up(staged: Config, manifest: Manifest, data: Path) -> None:
    """The database of `staged` at our schema and in another life. Raises `Full`."""
    try:
        migrate(staged, "pre", new=True)
        asyncio.run(renew(staged.database_url, parse_rfc3339(manifest.made)))
    except NoRoom:
        raise full(CLAUSE, data) from None


def restore(file: Path, words: str, config: Config) -> Manifest:
    """The node of `file` in the data folder of `config`; all of it, or nothing is left."""
    data = Path(config.data_dir)
    _check_empty(data)
    was_there, stage = data.exists(), data / STAGE
    try:
        shutil.rmtree(stage, ignore_errors=True)
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        stage.mkdir(mode=0o700)
        manifest = unpack(file, words, stage)
        if config.origin not in (NAMELESS, manifest.origin):
            raise Conflict(
                CLAUSE, f"this backup is of {manifest.origin}, and a node keeps its name: leave "
                f"out {config.origin}, or take another backup"
            )  # fmt: skip
        if manifest.database:
            staged = replace(config, data_dir=str(stage), database="")
            QuickCheck(staged).check(None)
            _bring_up(staged, manifest, data)
            (stage / "node.lock").unlink(missing_ok=True)
        elif not config.database:
            raise Malformed(
                CLAUSE, "the database is not in this backup: bring it back with pg_restore, and "
                "name it with --database"
            )  # fmt: skip
        else:
            asyncio.run(renew(config.database_url, parse_rfc3339(manifest.made)))
        # The database comes last: a folder without it is refused by every start (FED-12.10).
        for each in sorted(stage.iterdir(), key=lambda path: path.name == DATABASE):
            each.rename(data / each.name)
        stage.rmdir()
    except BaseException as error:
        shutil.rmtree(stage, ignore_errors=True)
        if not was_there and data.exists() and not any(data.iterdir()):
            data.rmdir()
        if isinstance(error, OSError):
            raise no_room(CLAUSE, data, error) from None
        raise
    return manifest


def main(argv: list[str]) -> int:
    """0 when the node can be started; 1 with a sentence, and then nothing is left."""
    parser = options("restore", __doc__)
    parser.add_argument("file", type=said_path, help="what kith backup wrote")
    parser.add_argument("--passphrase-file", type=said_word, help="its first line opens the backup")
    found = parser.parse_args(argv)
    try:
        config = read_config(found, named=False)
        _check_empty(Path(config.data_dir))
        with found.file.open("rb"):
            pass
        words = passphrase(found.passphrase_file or "", twice=False)
        manifest = restore(found.file, words, config)
    except NodeError as error:
        sys.stderr.write(f"kith restore: {error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(
            f"kith restore: {error.strerror or error}: {error.filename or found.file}\n"
        )
        return 1
    return tell(f"{config.data_dir}: {said(manifest)}\n")


def said(manifest: Manifest) -> str:
    """What was restored, and what is lost, in words."""
    lines = [
        f"{manifest.origin} as of {manifest.made}. Start it with kith serve.",
        "Lost here is what came after that: accounts, posts, friendships, logins and settings that "
        "are younger. Other Kith servers are asked for what they sent since, and what is public at "
        "others is read again; people get a notice, and devices are told that the node was "
        "restored, and say what they cannot read.",
    ]
    if not manifest.blobs:
        lines.append("The files of videos are not in the backup: put blobs/ back before the start.")
    return "\n  ".join(lines)
