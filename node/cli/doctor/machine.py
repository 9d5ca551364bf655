"""Looks at the machine: disk, memory, permissions, clock, descriptors (spec OPS-3)."""

import ctypes
import os
import resource
import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from node.cli.doctor.subject import Look, Subject
from node.cli.probes import database_file
from node.cli.secrets import FILE as BACKUP_FILE
from node.operation import keeping, machine
from node.operation.findings import Finding
from node.operation.machine import Place
from node.store.keyring import KEY_FILE
from node.system import MOST_DESCRIPTORS, Descriptors

PASSPHRASES = (BACKUP_FILE, "KITH_VAULT_PASSPHRASE_FILE")
CGROUP = Path("/sys/fs/cgroup")
TIMEX_BYTES = 512  # more than any system's struct timex; all zero: it only asks
TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised


def place(path: Path) -> Place:
    """Whether it is there, and who may read it, as far as they come to it."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return Place(str(path), None)
    mine = os.geteuid() in (0, found.st_uid) or found.st_uid == 0
    # Whoever may not enter a folder above it reads nothing, whatever its own mode is.
    mode = found.st_mode & 0o777
    shut = any(not folder.stat().st_mode & 0o011 for folder in path.resolve().parents)
    return Place(str(path), mode & 0o700 if shut else mode, mine)


def _mode(path: Path) -> int | None:
    return place(path).mode


async def system(subject: Subject) -> Sequence[Finding]:
    """Python, memory, clock, descriptors, umask."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    granted = MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MOST_DESCRIPTORS)
    return (
        machine.python(tuple(sys.version_info[:3])),
        machine.memory(_memory()),
        machine.clock_kept(_clock_kept()),
        machine.descriptors(
            granted, Descriptors.of(granted).connections, subject.config.connections_limit
        ),
        machine.umask(_umask(subject.pid)),
    )


async def disks(subject: Subject) -> Sequence[Finding]:
    """Room for bytes and for files."""
    config, data = subject.config, subject.data
    room = os.statvfs(data)
    file = database_file(config)
    beside = file.parent if file is not None else data
    left = room.f_favail if room.f_files else None
    reserve = config.disk_reserve_bytes
    return (
        machine.disk("disk", str(data), shutil.disk_usage(data).free, reserve),
        machine.disk("database-disk", str(beside), shutil.disk_usage(beside).free, reserve),
        machine.files_left(str(data), left),
    )


async def permissions(subject: Subject) -> Sequence[Finding]:
    """Who reads what, and whether the node can write."""
    data, file, tls = subject.data, database_file(subject.config), subject.config.tls_key_file
    named = [(path, _mode(Path(path))) for path in map(os.environ.get, PASSPHRASES) if path]
    return (
        machine.private("data-folder", "the data folder", place(data)),
        machine.private("key-file", "the node key", place(data / KEY_FILE)),
        machine.private("database-file", "the database", place(file) if file else Place("", None),
                        needed=file is not None),
        machine.private("tls-key", "the TLS key", place(Path(tls)) if tls else Place("", None),
                        needed=bool(tls)),
        keeping.passphrase_files(named),
        machine.writable("writable", "the data folder", _unwritable(data, file)),
    )  # fmt: skip


def _unwritable(data: Path, file: Path | None) -> list[str]:
    """Asked, not tried: nothing is changed."""
    wanted = [data, data / "blobs", data / "work", *([file, file.parent] if file else [])]
    there = [path for path in dict.fromkeys(wanted) if path.exists()]
    return [str(path) for path in there if not os.access(path, os.W_OK)]


def _memory() -> int | None:
    """What the machine has, or what is left of the container's share if that is less."""
    found = []
    with suppress(OSError, ValueError, IndexError):
        told = Path("/proc/meminfo").read_text().partition("MemAvailable:")[2]
        found.append(int(told.split()[0]) * 1024)
    with suppress(OSError, ValueError):
        most = int((CGROUP / "memory.max").read_text())
        found.append(most - int((CGROUP / "memory.current").read_text()))
    return min(found) if found else None


def _clock_kept() -> bool | None:
    """What the kernel knows of it."""
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(TIMEX_BYTES))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != TIME_ERROR


def _umask(pid: int | None) -> int | None:
    with suppress(OSError, ValueError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("Umask:"):
                return int(line.split()[1], 8)
    return None


LOOKS = (
    Look(("python", "memory", "clock-kept", "descriptors", "umask"), system),
    Look(("disk", "database-disk", "inodes"), disks),
    Look(
        ("data-folder", "key-file", "database-file", "tls-key", "passphrases", "writable"),
        permissions,
    ),
)
