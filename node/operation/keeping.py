"""Pure: what a node keeps: database, keys, blobs, backups, accounts (spec OPS-3)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from node.operation.findings import Finding, look, ok, size, unknown, wrong

RESTORE = "Bring the node back from a backup with kith restore."
OLDEST_BACKUP = timedelta(days=7)
LARGEST_LOG = 512 * 2**20
OLDEST_SQLITE, OLDEST_POSTGRES = (3, 35), (14,)


class BlobCount(Struct, frozen=True):
    """Files that the database names, and how they stand. `examples` are names of what is amiss."""

    named: int
    missing: int
    cut: int
    examples: Sequence[str] = ()


def database(where: str, fault: str) -> Finding:
    """Whether it can be asked at all."""
    if fault:
        return wrong(
            "database",
            f"the database {where} cannot be used: {fault}",
            "Start its server, see its name and password in the settings, or put the file back.",
        )
    return ok("database", f"the database {where} answers")


def version(sqlite: bool, found: Sequence[int]) -> Finding:
    """Of SQLite or PostgreSQL."""
    name, oldest = ("SQLite", OLDEST_SQLITE) if sqlite else ("PostgreSQL", OLDEST_POSTGRES)
    told = f"{name} {'.'.join(map(str, found))}"
    if tuple(found) < oldest:
        return wrong(
            "database-version",
            f"{told} is too old",
            f"Install {name} {'.'.join(map(str, oldest))} or newer.",
        )
    return ok("database-version", told)


def encoding(found: str) -> Finding:
    """How the database writes letters."""
    if found.upper().replace("-", "") != "UTF8":
        return wrong(
            "database-encoding",
            f"the database writes {found}, not UTF-8: some words cannot be kept",
            "createdb --encoding=UTF8 --template=template0 makes a right one: pg_restore into it.",
        )
    return ok("database-encoding", "the database writes UTF-8")


def order(by_language: int) -> Finding:
    """Whether text is sorted by its bytes, as SQLite does and a newer database (FED-12.22)."""
    if by_language:
        return wrong(
            "database-order",
            f"{by_language} columns are sorted as a language does, not by their bytes, as the "
            "database was made by an older Kith: of a host's posts and friends none may be found",
            "Stop the node and copy the database by pg_dump --format=custom. createdb --locale=C "
            "--encoding=UTF8 --template=template0 (from PostgreSQL 15 on with "
            "--locale-provider=libc) makes one that sorts right: pg_restore into it.",
        )
    return ok("database-order", "text is sorted by its bytes")


def integrity(damage: str | None) -> Finding:
    """What the quick check found; None: the database looks after itself."""
    if damage is None:
        return ok("integrity", "PostgreSQL looks after its own pages")
    if damage:
        return wrong(
            "integrity", f"the database is damaged: {damage}", "Keep this file. " + RESTORE
        )
    return ok("integrity", "the database is whole")


def log_size(found: int | None) -> Finding:
    """SQLite's write-ahead log; None: there is none."""
    if found is not None and found > LARGEST_LOG:
        return look(
            "database-log",
            f"the database's log has grown to {size(found)}",
            "Something reads for hours: end other programs that hold the database open.",
        )
    return ok("database-log", "the database's log is small")


def migrations(found: str | None, newest: str) -> Finding:
    """The schema of the database, and that of this program."""
    if found == newest:
        return ok("migrations", f"the database is at this version ({newest})")
    if found is not None and found > newest:
        return wrong(
            "migrations",
            f"the database is of a newer Kith ({found})",
            "Install that Kith, or a newer one.",
        )
    return wrong(
        "migrations",
        f"the database is at {found or 'no version'}, and this Kith wants {newest}",
        "Stop the node, run kith migrate, and start it again.",
    )


def node_key(fault: str) -> Finding:
    """Whether node.key opens the actors' keys."""
    if fault:
        return wrong("node-key", fault, "Put back the key that belongs to this database.")
    return ok("node-key", "node.key opens the keys in the database")


def blobs(found: BlobCount) -> Finding:
    """Whether all files of videos and pictures are there."""
    amiss = found.missing + found.cut
    if amiss:
        return wrong(
            "blobs",
            f"of {found.named} files of videos and pictures {found.missing} are missing and "
            f"{found.cut} have another length, such as {', '.join(found.examples)}",
            "Is a disk or bucket not there? Else bring blobs/ back from a backup.",
        )
    return ok("blobs", f"all {found.named} files of videos and pictures are there")


def orphans(count: int, total: int) -> Finding:
    """Files that nothing names, of yesterday or older."""
    if count:
        return look(
            "orphans",
            f"{count} files of videos or pictures ({size(total)}) belong to nothing that is known",
            "They do no harm. Delete them by hand if the room is needed, after a backup.",
        )
    return ok("orphans", "no file of a video or picture is left over")


def store(fault: str | None) -> Finding:
    """The object store; None: none is used."""
    if fault is None:
        return ok("blob-store", "videos are kept in a folder, not in an object store")
    if fault:
        return wrong(
            "blob-store",
            f"the object store is not reached: {fault}",
            "See AWS_ENDPOINT_URL, AWS_REGION, the keys, and KITH_BLOB_STORE.",
        )
    return ok("blob-store", "the object store answers")


def backup(made: datetime | None, now: datetime) -> Finding:
    """The last `kith backup` of this data folder."""
    if made is None:
        return look(
            "backup",
            "kith backup was never run here",
            "Run it every night, and keep the files on another machine.",
        )
    told = f"the last kith backup is of {made:%Y-%m-%d %H:%M} UTC"
    if now - made > OLDEST_BACKUP:
        return look("backup", f"{told}, more than a week ago", "See why it was not run since.")
    return ok("backup", told)


def administrators(count: int) -> Finding:
    """How many there are."""
    if not count:
        return wrong(
            "administrator",
            "the node has no administrator",
            "Run kith invite --admin, and sign up by the link.",
        )
    return ok("administrator", f"the node has {count} administrator{'s' if count > 1 else ''}")


UNWATCHED = "sign-up is open, but no administrator was here for 7 days: who is not invited waits"
WATCH = (
    "It is open again once an administrator logs in, or after kith admin set-registration open;"
    " kith admin set-registration approval has them wait for good."
)


def sign_up(mode: str, waiting: int, unwatched: bool = False) -> Finding:
    """Who may sign up, and who waits for a yes."""
    if unwatched:
        return look("sign-up", UNWATCHED, WATCH)
    if mode == "open":
        return look(
            "sign-up",
            "anybody may sign up here, unseen: other servers block nodes from which spam comes",
            "kith admin set-registration approval, unless you look at the node every day.",
        )
    if waiting:
        return look(
            "sign-up",
            f"{waiting} people wait for a yes or no",
            "kith admin accounts; then approve NAME or reject NAME.",
        )
    return ok("sign-up", f"people sign up by {mode}")


def restored(at: datetime | None, as_of: datetime | None, now: datetime) -> Finding:
    """When the database was last put back from a copy, and of when that was."""
    if at is None or now - at > OLDEST_BACKUP:
        return ok("restored", "the node was not put back from a backup lately")
    copy = f" of {as_of:%Y-%m-%d %H:%M}" if as_of else ""
    return look(
        "restored",
        f"the node was put back at {at:%Y-%m-%d %H:%M} UTC from a backup{copy}: what its people"
        " posted and changed in between is lost here, and how much that was nobody can prove",
        "Nothing, if you did it: each of them was told to look through it. Never let the former"
        " node run beside this one.",
    )


def passphrase_files(found: Sequence[tuple[str, int | None]]) -> Finding:
    """Files with passphrases that the settings name, and their modes."""
    for path, mode in found:
        if mode is None:
            return wrong("passphrases", f"the passphrase file {path} is not there", "Put it there.")
        if mode & 0o077:
            return wrong(
                "passphrases", f"others may read the passphrase file {path}", f"chmod 600 {path}"
            )
    if not found:
        return unknown("passphrases", "no passphrase file is named in the environment")
    return ok("passphrases", "nobody else reads the passphrase files")
