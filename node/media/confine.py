"""The door through which a media child goes: it gives up its rights, then becomes the program.

Run as a script of its own (`python -I -S confine.py ORDER -- PROGRAM ARGUMENT…`), with the standard
library alone, because between fork and exec of a threaded server nothing may run. `ORDER` is
JSON: numbers for each limit, folders that may be read, folders that may be written. With
``--try`` instead of a program it tries each bound and prints which of them hold (spec VID-4.4).
"""

import ctypes
import errno
import json
import mmap
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
CLONE_NEWNET, CLONE_NEWUSER = 0x40000000, 0x10000000
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446  # the same on every processor
READ_ACCESS = 0b1101  # execute, read a file, read a folder
ALL_ACCESS_BY_VERSION = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1}
FILE_ACCESS = 0b111 | 1 << 14  # what makes sense for a file that is not a folder
NO_NEW_SOCKETS = 22, 2  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
# Machine → its number for the kernel's audit, and that of the call `socket`.
MACHINES = {
    "x86_64": (0xC000003E, 41),
    "aarch64": (0xC00000B7, 198),
    "riscv64": (0xC00000F3, 198),
    "armv7l": (0x40000028, 281),
}
IO_URING_SETUP = 425  # the same on every processor; what it takes in may open sockets too
ANOTHER_CALLING = 0x40000000  # numbers from here are those of x32, which would be a way around
LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06  # of the kernel's packet filters
ALLOW, DENY = 0x7FFF0000, 0x00050000 | errno.EACCES
OFFLINE_EXIT = 96  # the program could not be kept off the network, so it was not started
REFUSED_EXIT = 97  # the program could not be started
SYSTEM_FOLDERS = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/localtime")
SYSTEM_FILES = ("/dev/null", "/dev/zero", "/dev/urandom", "/proc/self", "/proc/cpuinfo")
PUBLIC_ADDRESS = ("192.0.2.1", 9)  # documentation range: nothing is ever sent there

_libc = ctypes.CDLL(None, use_errno=True)


class _Rules(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64)]


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("access", ctypes.c_uint64), ("folder", ctypes.c_int32)]


class _Step(ctypes.Structure):
    _fields_ = [
        ("code", ctypes.c_uint16),
        ("if_so", ctypes.c_uint8),
        ("if_not", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    ]


class _Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint16), ("steps", ctypes.POINTER(_Step))]


def _held(result: int) -> bool:
    return result == 0


def limit(order: dict[str, Any]) -> None:
    """Memory, processor, file size and core dumps: always permitted, as they only shrink."""
    for kind, most in (
        (resource.RLIMIT_AS, order["memory_bytes"]),
        (resource.RLIMIT_FSIZE, order["file_bytes"]),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))
    # First the signal that tells why, then the one that cannot be ignored.
    resource.setrlimit(resource.RLIMIT_CPU, (order["cpu_seconds"], order["cpu_seconds"] + 5))


def leave_network() -> bool:
    """A name space without any interface. Some containers forbid it."""
    return _held(_libc.unshare(CLONE_NEWUSER | CLONE_NEWNET))


def open_no_socket() -> bool:
    """seccomp: whoever asks for a socket, of whatever kind, is told that they may not.

    Containers that forbid name spaces permit this. What was open before is not ours to keep: a
    child is born with its three pipes alone.
    """
    audit, open_socket = MACHINES.get(os.uname().machine, (0, 0))
    if not audit:
        return False
    steps = (
        (LOAD, 0, 0, 4),  # the machine
        (EQUAL, 0, 5, audit),
        (LOAD, 0, 0, 0),  # the call
        (AT_LEAST, 3, 0, ANOTHER_CALLING),
        (EQUAL, 2, 0, open_socket),
        (EQUAL, 1, 0, IO_URING_SETUP),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, DENY),
    )
    program = _Filter(len(steps), (_Step * len(steps))(*(_Step(*step) for step in steps)))
    return _held(_libc.prctl(*NO_NEW_SOCKETS, ctypes.byref(program), 0, 0))


def see_only(readable: list[str], writable: list[str]) -> bool:
    """Landlock: nothing but these folders from here on. Needs Linux 5.13."""
    version = _libc.syscall(LANDLOCK_CREATE, None, 0, 1)
    if version < 1:
        return False
    everything = ALL_ACCESS_BY_VERSION[min(version, 3)]
    rules = _Rules(everything)
    handle = _libc.syscall(LANDLOCK_CREATE, ctypes.byref(rules), ctypes.sizeof(rules), 0)
    if handle < 0:
        return False
    for access, places in ((READ_ACCESS, readable), (everything, writable)):
        for place in places:
            _open_up(handle, place, access & everything)
    held = _held(_libc.syscall(LANDLOCK_RESTRICT, handle, 0))
    os.close(handle)
    return held


def _open_up(handle: int, place: str, access: int) -> None:
    try:
        folder = os.open(place, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # a system without this folder: nothing to see there
    if not os.path.isdir(place):  # noqa: PTH112 - pathlib costs as much as all the rest here
        access &= FILE_ACCESS
    rule = _Beneath(access, folder)
    _libc.syscall(LANDLOCK_ADD, handle, 1, ctypes.byref(rule), 0)
    os.close(folder)


def give_up(order: dict[str, Any]) -> bool:
    """All bounds, one after the other; those that the system forbids are passed over.

    False when the network is still there.
    """
    _libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    left = leave_network()
    # When the node is killed, so are its children. After the name space: new credentials reset it.
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    see_only(
        [*SYSTEM_FOLDERS, *SYSTEM_FILES, *order["readable"]],
        ["/dev/null", *order["writable"]],
    )
    limit(order)
    return open_no_socket() or left


def _fails(deed: Callable[[], object]) -> bool:
    try:
        deed()
    except (OSError, MemoryError, ValueError):
        return True
    return False


def _call_out() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.connect(PUBLIC_ADDRESS)


def _stopped_in_time() -> bool:
    """Whether a process that only burns time is ended by its limit."""
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_CPU, (1, 1))
        while True:
            pass
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def tried(order: dict[str, Any]) -> dict[str, bool]:
    """Which bounds hold, after `give_up`: by doing what they forbid."""
    return {
        "network": _fails(_call_out),
        "files": _fails(lambda: os.listdir("/etc")),  # noqa: PTH208
        "memory": _fails(lambda: mmap.mmap(-1, order["memory_bytes"] + mmap.PAGESIZE)),
        "time": _stopped_in_time(),
        "core": resource.getrlimit(resource.RLIMIT_CORE) == (0, 0),
    }


def main(arguments: list[str]) -> int:
    order = json.loads(arguments[0])
    offline = give_up(order)
    if arguments[1] == "--try":
        sys.stdout.write(json.dumps(tried(order)))
        return 0
    if not offline:
        return OFFLINE_EXIT
    # Python ignores these two, and what is ignored stays so in the program.
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    with suppress(OSError):
        os.execve(arguments[2], arguments[2:], {})  # noqa: S606 - no shell is what we want
    return REFUSED_EXIT


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
