"""The vault: a device's state on disk, every value sealed, one transaction per step (E2E-6).

Its own small SQLite file, locked against a second process: two programs that share a ratchet
would use one key twice.
"""

import fcntl
import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from node.client import seals
from node.client.seals import Header
from node.errors import Broken, Conflict, Missing
from node.ports import Entropy

SCHEMA = """
CREATE TABLE header (version INTEGER, salt BLOB, opslimit INTEGER, memlimit INTEGER,
                     wrapped BLOB, counter INTEGER);
CREATE TABLE pages (page INTEGER PRIMARY KEY, counter INTEGER, sealed BLOB);
CREATE TABLE rows (id BLOB PRIMARY KEY, sealed BLOB) WITHOUT ROWID;
"""


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


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


class Vault:
    """Named values. `counter` grows by one with every step and never goes back (E2E-6.5)."""

    def __init__(
        self, connection: sqlite3.Connection, lock: IO[str], root: bytes, entropy: Entropy
    ) -> None:
        self._connection = connection
        self._lock = lock
        self._root = root
        self._entropy = entropy
        self._keys: dict[bytes, bytes] = {}
        self._names: dict[str, bytes] = {}
        (self.counter,) = connection.execute("SELECT counter FROM header").fetchone()
        for page, counter, sealed in connection.execute("SELECT page, counter, sealed FROM pages"):
            self._keys.update(seals.open_page(root, page, counter, sealed))
        for row, sealed in connection.execute("SELECT id, sealed FROM rows"):
            if row not in self._keys:
                raise Broken("the vault has a row without a key: it was restored in part")
            self._names[seals.open_row(self._keys[row], sealed)[0]] = row

    def __repr__(self) -> str:
        return f"<Vault at step {self.counter}>"

    @classmethod
    def create(cls, path: Path, passphrase: str, entropy: Entropy) -> "Vault":
        """A new, empty vault. Raises `Conflict` (E2E-6.4) when one stands at `path`."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = _lock(path)
        if path.exists():
            lock.close()
            raise Conflict("E2E-6.4", "there is a vault already; it was left as it is")
        header, root = seals.new_root(passphrase, entropy)
        # Built aside and renamed, so that a vault is whole or absent.
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        connection = _connect(fresh)
        connection.executescript(SCHEMA)
        connection.execute(
            "INSERT INTO header VALUES (?, ?, ?, ?, ?, 0)",
            (seals.VERSION, header.salt, header.opslimit, header.memlimit, header.wrapped),
        )
        connection.close()
        fresh.chmod(0o600)
        fresh.rename(path)
        return cls(_connect(path), lock, root, entropy)

    @classmethod
    def open(cls, path: Path, passphrase: str, entropy: Entropy) -> "Vault":
        """The vault at `path`. Raises `Missing` (E2E-6.4), `Unproven` (E2E-6.2) for a wrong
        passphrase, `Conflict` (E2E-6.3) while another process holds it."""
        if not path.exists():
            raise Missing("E2E-6.4", "there is no vault here: log in to make this a device")
        lock = _lock(path)
        try:
            connection = _connect(path)
            found = connection.execute(
                "SELECT version, salt, opslimit, memlimit, wrapped FROM header"
            ).fetchone()
            if found is None or found[0] != seals.VERSION:
                raise Broken("this vault was written by another version of kith")
            root = seals.unwrap_root(Header(*found[1:]), passphrase)
            return cls(connection, lock, root, entropy)
        except BaseException:
            lock.close()
            raise

    def names(self, prefix: str = "") -> list[str]:
        """The names that begin with `prefix`, in order."""
        return sorted(name for name in self._names if name.startswith(prefix))

    def read(self, name: str) -> bytes | None:
        """The value, or None."""
        row = self._names.get(name)
        if row is None:
            return None
        (sealed,) = self._connection.execute(
            "SELECT sealed FROM rows WHERE id = ?", (row,)
        ).fetchone()
        return seals.open_row(self._keys[row], sealed)[1]

    def step(self, changes: Mapping[str, bytes | None]) -> None:
        """Write (or with None remove) all of `changes`, or nothing; on disk when it returns."""
        keys = dict(self._keys)
        names = dict(self._names)
        counter = self.counter + 1
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            touched = set()
            for name, value in changes.items():
                row = seals.row_id(self._root, name)
                touched.add(seals.page_of(row))
                if value is None:
                    keys.pop(row, None)
                    names.pop(name, None)
                    self._connection.execute("DELETE FROM rows WHERE id = ?", (row,))
                    continue
                # A fresh key for each version: the old version's key is then nowhere.
                keys[row] = self._entropy.draw(seals.KEY_BYTES)
                names[name] = row
                sealed = seals.seal_row(keys[row], name, value, self._entropy)
                self._connection.execute("INSERT OR REPLACE INTO rows VALUES (?, ?)", (row, sealed))
            self._write_pages(touched, keys, counter)
            self._connection.execute("UPDATE header SET counter = ?", (counter,))
            self._connection.execute("COMMIT")
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._keys, self._names, self.counter = keys, names, counter

    def _write_pages(self, touched: set[int], keys: Mapping[bytes, bytes], counter: int) -> None:
        pages: dict[int, dict[bytes, bytes]] = defaultdict(dict)
        for row, key in keys.items():
            if seals.page_of(row) in touched:
                pages[seals.page_of(row)][row] = key
        for page in touched:
            sealed = seals.seal_page(self._root, page, counter, pages[page], self._entropy)
            self._connection.execute(
                "INSERT OR REPLACE INTO pages VALUES (?, ?, ?)", (page, counter, sealed)
            )

    def settle(self) -> None:
        """Take what was removed out of the write-ahead log too (E2E-6.6). Costs a few ms: call
        it when there is time, at the latest when the program ends."""
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Settle, close and give the lock free."""
        self.settle()
        self._connection.close()
        self._lock.close()
