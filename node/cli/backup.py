"""`kith backup FILE`: all of a node in one encrypted file, while it runs or not (FED-12.16)."""

import asyncio
import io
import os
import sqlite3
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import msgspec

from node.cli.backup_file import Sealer
from node.cli.invite import named
from node.cli.no_room import full, is_full, no_room
from node.cli.probes import database_file
from node.cli.secrets import passphrase
from node.cli.starting import options, read_config, said_path, said_word
from node.cli.streams import tell
from node.config import Config
from node.errors import Broken, Conflict, Malformed, Missing, NodeError
from node.store.keyring import KEY_FILE
from node.store.schema import newest
from node.system import SystemClock, SystemEntropy
from node.wire.times import rfc3339

MANIFEST = "manifest.json"
DATABASE = "kith.sqlite3"
DRAFT = ".backup-"
MARK = "node.backup"  # in the data folder: when the last backup was made, for kith doctor


class Manifest(msgspec.Struct, kw_only=True):
    """What is in a backup: read before anything is made of it."""

    schema: str
    origin: str
    account_domain: str
    made: str
    database: bool
    blobs: bool


@contextmanager
def _snapshot(config: Config) -> Iterator[Path]:
    """A copy of the SQLite database at one instant, for our eyes only; gone at the end."""
    file = database_file(config)
    assert file is not None
    for left in file.parent.glob(f"{DRAFT}*"):  # of one that was killed
        left.unlink()
    draft = file.with_name(f"{DRAFT}{os.getpid()}")
    try:
        draft.touch(mode=0o600)
        connection = sqlite3.connect(file, timeout=30)
        try:
            connection.execute("VACUUM INTO ?", (str(draft),))
        finally:
            connection.close()
        yield draft
    except sqlite3.DatabaseError as error:
        if is_full(error):
            # A copy of the database lies beside it meanwhile.
            raise full("FED-12.16", file.parent) from None
        raise Broken(f"the database cannot be copied ({error}): see kith doctor") from None
    finally:
        draft.unlink(missing_ok=True)


def _add(tar: tarfile.TarFile, name: str, source: IO[bytes], size: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    tar.addfile(entry, source)


def _add_file(tar: tarfile.TarFile, name: str, path: Path) -> bool:
    """Whether it was there: a video may be deleted while the others are copied."""
    try:
        with path.open("rb") as source:
            _add(tar, name, source, os.fstat(source.fileno()).st_size)
    except FileNotFoundError:
        return False
    return True


def write(config: Config, out: IO[bytes], words: str, blobs: bool, database: bool) -> Manifest:
    """The whole backup of the node of `config`, sealed with `words`; what is in it."""
    data = Path(config.data_dir)
    manifest = Manifest(
        schema=newest(),
        origin=config.origin,
        account_domain=config.account_domain,
        made=rfc3339(SystemClock().now()),
        database=database,
        blobs=blobs,
    )
    sealer = Sealer(out, words, SystemEntropy())
    with tarfile.open(fileobj=sealer, mode="w|") as tar:  # type: ignore[call-overload]
        told = msgspec.json.encode(manifest)
        _add(tar, MANIFEST, io.BytesIO(told), len(told))
        if database:
            with _snapshot(config) as copy:
                _add_file(tar, DATABASE, copy)
        if not _add_file(tar, KEY_FILE, data / KEY_FILE):
            raise Malformed(
                "FED-12.16", f"{data / KEY_FILE} is not there: without it a backup opens nothing"
            )
        if blobs:
            for path in sorted((data / "blobs").rglob("*")):
                if path.is_file() and not path.is_symlink():
                    _add_file(tar, str(path.relative_to(data)), path)
    sealer.finish()
    return manifest


def save(config: Config, target: Path, words: str, blobs: bool, database: bool) -> Manifest:
    """As `write`, to the file `target`, which is there whole or not at all.

    Raises `Conflict` (FED-12.16) when there is such a file.
    """
    if target.exists():
        raise Conflict("FED-12.16", f"{target} is there already: choose another name")
    if not target.parent.is_dir():
        raise Missing("FED-12.16", f"there is no folder {target.parent}: make it first")
    draft = target.with_name(f".{target.name}.part")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            manifest = write(config, out, words, blobs, database)
            out.flush()
            os.fsync(out.fileno())
        draft.rename(target)
    except OSError as error:
        raise no_room("FED-12.16", target.parent, error) from None
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def main(argv: list[str]) -> int:
    """0 when the file is written; 1 with a sentence, and then there is none."""
    parser = options("backup", __doc__)
    parser.add_argument("file", type=said_path, help="where the backup is written to")
    parser.add_argument("--without-blobs", action="store_true", help="videos are kept elsewhere")
    parser.add_argument(
        "--without-database", action="store_true", help="PostgreSQL is dumped by pg_dump"
    )
    parser.add_argument("--passphrase-file", type=said_word, help="its first line seals the backup")
    found = parser.parse_args(argv)
    try:
        config = asyncio.run(named(read_config(found, named=False)))
        database = not found.without_database
        if database and database_file(config) is None:
            raise Malformed(
                "FED-12.16",
                "the database is PostgreSQL, which its own tools copy: run pg_dump "
                "--format=custom, and kith backup --without-database for the key and the videos",
            )
        blobs = not (found.without_blobs or config.blob_store)
        words = passphrase(found.passphrase_file or "", twice=True)
        manifest = save(config, found.file, words, blobs, database)
        with suppress(OSError):  # the backup is made, whatever becomes of the note
            (Path(config.data_dir) / MARK).write_text(manifest.made + "\n")
    except NodeError as error:
        sys.stderr.write(f"kith backup: {error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(
            f"kith backup: {error.strerror or error}: {error.filename or found.file}\n"
        )
        return 1
    size = found.file.stat().st_size
    apart = "" if manifest.blobs else " The files of videos are not in it: keep them as well."
    return tell(f"{found.file}: {manifest.origin} as of {manifest.made}, {size} bytes.{apart}\n")
