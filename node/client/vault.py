"""The vault: a device's state on disk, every value sealed, one transaction per step (E2E-6).

Its own small SQLite file, locked against a second process: two programs that share a ratchet
would use one key twice. A step goes into a journal first (`journal.py`), which is one seal and two
pages of the file; what it changed comes into the tree of keys when the vault settles. That nothing
was cut off is proved by the header's tip, and by a file beside the vault (`newest_step.py`).
"""

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import msgspec
from cachetools import LRUCache

from node.client import key_tree, newest_step, seals
from node.client.journal import Changes, Journal, pack, unpack
from node.client.key_tree import Page, Ref, Top
from node.client.newest_step import NewestStep
from node.client.seals import Header
from node.errors import Broken, Conflict, Missing, NoRoom
from node.ports import Entropy

SCHEMA = """
CREATE TABLE header (version INTEGER, salt BLOB, opslimit INTEGER, memlimit INTEGER,
                     wrapped BLOB, counter INTEGER, settled INTEGER, top BLOB, tip BLOB);
CREATE TABLE pages (number INTEGER PRIMARY KEY, sealed BLOB);
CREATE TABLE rows (number INTEGER PRIMARY KEY, sealed BLOB);
CREATE TABLE journal (counter INTEGER PRIMARY KEY, sealed BLOB);
"""
PAGES_AT_HAND = 2048  # some 90,000 rows
# The last is said of a table that is not there.
UNREADABLE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}
# Without room for what is beside the file, SQLite speaks of its input and output.
UNWRITABLE = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
}
IN_PART = "the vault's files were restored in part: put the whole of them back"
LOST = (
    "the vault is older than what it wrote last, or was not closed and the files beside it, whose"
    " names end in -wal and -step, are gone: put the whole of them back. As it is, keys would be"
    " used twice: where the rest is lost, move all its files away and log in anew"
)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


@contextmanager
def _legible() -> Iterator[None]:
    """A file that SQLite cannot make out is damaged, and one that it cannot write has no room: say
    so in plain words (E2E-6.5, E2E-6.21)."""
    try:
        yield
    except sqlite3.DatabaseError as fault:
        code = getattr(fault, "sqlite_errorcode", 0)
        if code & 0xFF in UNWRITABLE:
            raise NoRoom(
                "the disk of the vault has no room left, or does not write: check its permissions"
                " where there is room"
            ) from fault
        if code not in UNREADABLE:
            raise
        raise Broken("the vault's file is damaged or cut short: put a whole one back") from fault


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _lock(path: Path) -> IO[str]:
    """Hold the vault alone for as long as the handle lives. Raises `Conflict` (E2E-6.3)."""
    handle = path.with_suffix(".lock").open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        raise Conflict(
            "E2E-6.3", "another kith uses this vault: let it finish, or stop it first"
        ) from None
    return handle


class _Pages:
    """The key pages in the file; those used last are at hand, opened."""

    def __init__(self, connection: sqlite3.Connection, entropy: Entropy) -> None:
        self._connection = connection
        self._entropy = entropy
        self._at_hand: LRUCache[int, tuple[bytes, Page]] = LRUCache(PAGES_AT_HAND)

    def load(self, ref: Ref) -> Page:
        """Raises `Broken` (E2E-6.5) when it is not there, or not the one that is meant."""
        key, page = self._at_hand.get(ref.number, (b"", None))
        # After a step that failed, what is at hand has a key that was never written.
        if page is None or key != ref.key:
            found = self._connection.execute(
                "SELECT sealed FROM pages WHERE number = ?", (ref.number,)
            ).fetchone()
            if found is None:
                raise Broken(IN_PART)
            page = Page.unpack(seals.open_sealed(ref.key, found[0], seals.PAGE, ref.number))
            self._at_hand[ref.number] = (ref.key, page)
        return page

    def save(self, number: int, page: Page) -> Ref:
        """The page in the place of what had this number, under a fresh key."""
        key = self._entropy.draw(seals.KEY_BYTES)
        sealed = seals.seal(key, page.pack(), seals.PAGE, number, self._entropy)
        self._connection.execute(
            "INSERT INTO pages VALUES (?, ?)"
            " ON CONFLICT (number) DO UPDATE SET sealed = excluded.sealed",
            (number, sealed),
        )
        self._at_hand[number] = (key, page)
        return Ref(number, key)

    def drop(self, number: int) -> None:
        self._connection.execute("DELETE FROM pages WHERE number = ?", (number,))
        self._at_hand.pop(number, None)


class _Head(msgspec.Struct, frozen=True, array_like=True):
    """What the root key seals: the top of the tree, and the key of the journal behind it."""

    top: Top
    journal: bytes


class Vault:
    """Named values. `counter` grows by one with every step and never goes back (E2E-6.5)."""

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        lock: IO[str],
        root: bytes,
        entropy: Entropy,
    ) -> None:
        self._connection = connection
        self._lock = lock
        self._root = root
        self._entropy = entropy
        self._pages = _Pages(connection, entropy)
        self.counter, settled, sealed, tip = connection.execute(
            "SELECT counter, settled, top, tip FROM header"
        ).fetchone()
        opened = seals.open_sealed(root, sealed, seals.TOP, settled)
        self._head = msgspec.msgpack.decode(opened, type=_Head)
        # What has no place in the tree cannot be opened, but was not put there by a step.
        (rows,) = connection.execute("SELECT count(*) FROM rows").fetchone()
        if rows != self._head.top.rows:
            raise Broken(IN_PART)
        self._journal = Journal()
        self._last = b""  # step of the journal, as it is sealed
        self._read_journal(settled)
        beside = newest_step.file_of(path)
        self._check_newest(tip, newest_step.read(beside, root))
        self._newest = NewestStep(beside, root, self.counter)
        self._mark(seals.OPEN)

    def __repr__(self) -> str:
        return f"<Vault at step {self.counter}>"

    @classmethod
    def create(cls, path: Path, passphrase: str, entropy: Entropy) -> "Vault":
        """A new, empty vault. Raises `Conflict` (E2E-6.4) when one stands at `path`."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = _lock(path)
        # SQLite would take a log that was left behind for the new vault's.
        if any(each.exists() for each in (path, _log_of(path), newest_step.file_of(path))):
            lock.close()
            raise Conflict("E2E-6.4", "there is a vault already; it was left as it is")
        header, root = seals.new_root(passphrase, entropy)
        # Built aside and renamed, so that a vault is whole or absent.
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        connection = _connect(fresh)
        connection.executescript(SCHEMA)
        head = _Head(
            Top(_Pages(connection, entropy).save(0, Page.of([]))), entropy.draw(seals.KEY_BYTES)
        )
        connection.execute(
            "INSERT INTO header VALUES (?, ?, ?, ?, ?, 0, 0, ?, ?)",
            (
                seals.VERSION,
                header.salt,
                header.opslimit,
                header.memlimit,
                header.wrapped,
                _sealed_head(root, head, 0, entropy),
                seals.proof(head.journal, seals.CLOSED, 0),
            ),
        )
        connection.close()
        fresh.chmod(0o600)
        fresh.rename(path)
        return cls(path, _connect(path), lock, root, entropy)

    @classmethod
    def open(cls, path: Path, passphrase: str, entropy: Entropy) -> "Vault":
        """The vault at `path`. Raises `Missing` (E2E-6.4), `Unproven` (E2E-6.2) for a wrong
        passphrase, `Conflict` (E2E-6.3) while another process holds it, `Broken` (E2E-6.5,
        E2E-6.10) for files that are not whole or of another version."""
        if not path.exists():
            raise Missing("E2E-6.4", "there is no vault here: log in to make this a device")
        lock = _lock(path)
        try:
            with _legible():
                connection = _connect(path)
                root = seals.unwrap_root(_header(connection), passphrase)
                return cls(path, connection, lock, root, entropy)
        except BaseException:
            lock.close()
            raise

    def _read_journal(self, settled: int) -> None:
        """Every step since the vault settled: none is missing, and none is of another time."""
        found = self._connection.execute("SELECT counter, sealed FROM journal ORDER BY counter")
        expected = settled
        for counter, sealed in found:
            expected += 1
            if counter != expected:
                raise Broken(IN_PART)
            text = seals.open_sealed(self._head.journal, sealed, seals.JOURNAL, counter)
            self._journal = self._journal.after(unpack(text), len(text))
            self._last = sealed
        if expected != self.counter:
            raise Broken(IN_PART)

    def _check_newest(self, tip: bytes, told: int | None) -> None:
        """The last step is the one that was written last, as the header and `told` have it."""
        is_open = tip != self._tip(seals.CLOSED, self.counter, self._last)
        if is_open:
            seals.check(tip, self._tip(seals.OPEN, self.counter, self._last))
        # Closed, the vault is one file; until then, what is beside it counts.
        if (told is None and is_open) or (told is not None and told > self.counter):
            raise Broken(LOST)

    def _tip(self, kind: bytes, counter: int, last: bytes) -> bytes:
        # What ends a seal depends on all of it.
        return seals.proof(self._head.journal, kind, counter, last[-seals.AUTHENTICATOR_BYTES :])

    def _mark(self, kind: bytes) -> None:
        """Say in the vault's own file, without the write-ahead log, that it is open or closed."""
        with self._transaction():
            tip = self._tip(kind, self.counter, self._last)
            self._connection.execute("UPDATE header SET tip = ?", (tip,))
        self._checkpoint()

    def _checkpoint(self) -> None:
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def names(self, prefix: str = "") -> list[str]:
        """The names that begin with `prefix`, in order."""
        with _legible():
            return self._journal.names(key_tree.names(self._pages, self._head.top, prefix), prefix)

    def read(self, name: str) -> bytes | None:
        """The value, or None."""
        if name in self._journal.changes:
            return self._journal.changes[name]
        with _legible():
            row = key_tree.find(self._pages, self._head.top, name)
            if row is None:
                return None
            found = self._connection.execute(
                "SELECT sealed FROM rows WHERE number = ?", (row.number,)
            ).fetchone()
        if found is None:
            raise Broken(IN_PART)
        return seals.open_sealed(row.key, found[0], seals.ROW, row.number)

    def step(self, changes: Changes) -> None:
        """Write (or with None remove) all of `changes`, or nothing; on disk when it returns."""
        counter, text = self.counter + 1, pack(changes)
        journal = self._journal.after(changes, len(text))
        if journal.is_full:
            self._fold(journal, counter)
            return
        sealed = seals.seal(self._head.journal, text, seals.JOURNAL, counter, self._entropy)
        with self._transaction():
            self._connection.execute("INSERT INTO journal VALUES (?, ?)", (counter, sealed))
            tip = self._tip(seals.OPEN, counter, sealed)
            self._connection.execute("UPDATE header SET counter = ?, tip = ?", (counter, tip))
        self._journal, self._last, self.counter = journal, sealed, counter
        self._newest.tell(counter)

    def _fold(self, journal: Journal, counter: int) -> None:
        """Bring all that the journal holds into the tree; the key that opened it is gone then."""
        with self._transaction():
            top = self._written(journal.changes)
            head = _Head(top, self._entropy.draw(seals.KEY_BYTES))
            self._connection.execute("DELETE FROM journal")
            self._connection.execute(
                "UPDATE header SET counter = ?, settled = ?, top = ?, tip = ?",
                (
                    counter,
                    counter,
                    _sealed_head(self._root, head, counter, self._entropy),
                    seals.proof(head.journal, seals.OPEN, counter),
                ),
            )
        self._head, self._journal, self._last, self.counter = head, Journal(), b"", counter
        self._newest.tell(counter)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All of it is written, or nothing."""
        with _legible():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # a full disk may have ended it already
                    self._connection.execute("ROLLBACK")
                raise

    def _written(self, changes: Changes) -> Top:
        """The rows of `changes`, and the tree with their keys."""
        top = self._head.top
        refs: dict[str, Ref | None] = {}
        sealed: list[tuple[int, bytes]] = []
        gone: list[tuple[int]] = []
        for name, value in changes.items():
            row = key_tree.find(self._pages, top, name)
            if value is not None:
                if row is None:
                    number, top = (
                        top.next_row,
                        msgspec.structs.replace(top, next_row=top.next_row + 1),
                    )
                else:
                    number = row.number
                # A fresh key for each version: the old version's key is then nowhere.
                key = self._entropy.draw(seals.KEY_BYTES)
                sealed.append((number, seals.seal(key, value, seals.ROW, number, self._entropy)))
                refs[name] = Ref(number, key)
            elif row is not None:
                gone.append((row.number,))
                refs[name] = None
        self._connection.executemany("DELETE FROM rows WHERE number = ?", gone)
        self._connection.executemany(
            "INSERT INTO rows VALUES (?, ?)"
            " ON CONFLICT (number) DO UPDATE SET sealed = excluded.sealed",
            sealed,
        )
        return key_tree.change(self._pages, top, refs) if refs else top

    def settle(self) -> None:
        """Bring what was changed into the tree, and take what was removed out of the journal and
        the write-ahead log (E2E-6.6). Costs a few ms: call it when there is time, at the latest
        when the program ends."""
        if self._journal.steps:
            self._fold(self._journal, self.counter)
            self._newest.sync()
        self._checkpoint()

    def close(self) -> None:
        """Settle, close and give the lock free."""
        is_closed = False
        try:
            # Without room it stays as who was killed leaves it: whole, with all that was written.
            with suppress(NoRoom):
                self.settle()
                self._mark(seals.CLOSED)
                is_closed = True
        finally:
            self._connection.close()
            self._newest.close(is_closed)
            self._lock.close()


def _header(connection: sqlite3.Connection) -> Header:
    """What stands in clear. Raises `Broken` (E2E-6.10) for a format that is not this one."""
    found = connection.execute("SELECT version FROM header").fetchone()
    if found is None or found[0] != seals.VERSION:
        raise Broken(
            "this vault was written by another version of kith, which alone can read it: use that"
            " one, or move the vault away and log in anew"
        )
    return Header(
        *connection.execute("SELECT salt, opslimit, memlimit, wrapped FROM header").fetchone()
    )


def _sealed_head(root: bytes, head: _Head, counter: int, entropy: Entropy) -> bytes:
    return seals.seal(root, msgspec.msgpack.encode(head), seals.TOP, counter, entropy)
