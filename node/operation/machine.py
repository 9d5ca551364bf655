"""Pure: the machine that a node runs on: disk, memory, permissions, clock, Python (spec OPS-3)."""

from collections.abc import Sequence

from msgspec import Struct

from node.operation.findings import Finding, look, ok, size, unknown, wrong

OLDEST_PYTHON = (3, 11)
LEAST_MEMORY, USUAL_MEMORY = 128 * 2**20, 384 * 2**20  # a video that is made takes 250 MiB
LEAST_FILES = 10_000  # a video has a few files, the database a few more
OTHERS = 0o077


class Place(Struct, frozen=True):
    """A file or folder. `mode` None: it is not there; `ours`: it belongs to who looks, or root."""

    path: str
    mode: int | None
    ours: bool = True


def python(version: Sequence[int]) -> Finding:
    """The interpreter."""
    told = ".".join(str(part) for part in version[:3])
    if tuple(version[:2]) < OLDEST_PYTHON:
        return wrong("python", f"Python {told} is too old", "Install Python 3.11 or newer.")
    return ok("python", f"Python {told}")


def disk(check: str, where: str, free: int, reserve: int) -> Finding:
    """Free bytes on the disk of `where`, beside what the node keeps free."""
    told = f"{size(free)} are free on the disk of {where}"
    if free < reserve:
        return wrong(
            check,
            f"{told}, less than the reserve of {size(reserve)}: nothing new is taken",
            "Make room, or lower disk_reserve_bytes; the node goes on by itself.",
        )
    if free < 3 * reserve:
        return look(
            check, f"{told}; below {size(reserve)} nothing new is taken", "Make room in time."
        )
    return ok(check, told)


def files_left(where: str, free: int | None) -> Finding:
    """How many more files the disk takes; None: it does not count them."""
    if free is None:
        return unknown("inodes", f"the disk of {where} does not count its files")
    if free < LEAST_FILES:
        return wrong(
            "inodes",
            f"the disk of {where} takes {free} more files",
            "Delete what is not needed, or move the data folder to a disk made for more files.",
        )
    return ok("inodes", f"the disk of {where} takes {free} more files")


def private(check: str, what: str, place: Place, needed: bool = True) -> Finding:
    """Whether nobody else reads `place`."""
    if place.mode is None:
        if not needed:
            return ok(check, f"{what}: none is used")
        return wrong(
            check,
            f"{what} {place.path} is not there",
            "Put it back, bring the node back with kith restore, or name its folder with --data.",
        )
    if place.mode & OTHERS:
        return wrong(
            check,
            f"others on this machine may read {what} {place.path} (mode {place.mode:03o})",
            f"chmod go-rwx {place.path}",
        )
    if not place.ours:
        return look(
            check,
            f"{what} {place.path} belongs to another user than the one who looks",
            "Run kith doctor as the user that runs the node; else chown the folder to it.",
        )
    return ok(check, f"nobody else reads {what}")


def umask(mask: int | None) -> Finding:
    """Of the running node; None: there is none to be seen."""
    if mask is None:
        return unknown("umask", "the node does not run here, or its umask cannot be seen")
    if mask & OTHERS != OTHERS:
        return look(
            "umask",
            f"the node runs with umask {mask:03o}: files that it makes may be read by others",
            "Start it with umask 077 (systemd: UMask=0077).",
        )
    return ok("umask", "what the node makes is read by nobody else")


def writable(check: str, what: str, refused: Sequence[str]) -> Finding:
    """`refused` names what cannot be written to."""
    if refused:
        return wrong(
            check,
            f"{', '.join(refused)} cannot be written to",
            "Give it to the user that runs kith (chown, chmod), or mount its disk for writing.",
        )
    return ok(check, f"{what} can be written to")


def descriptors(granted: int, connections: int, wanted: int) -> Finding:
    """`connections` fit into what the system grants; the settings want `wanted`."""
    if connections < wanted:
        return look(
            "descriptors",
            f"the system grants {granted} open files: {connections} connections, not {wanted}",
            "Raise the limit (systemd: LimitNOFILE=16384; docker: --ulimit nofile=16384), "
            "or lower connections_limit.",
        )
    return ok("descriptors", f"{granted} open files are granted: {connections} connections fit")


def memory(available: int | None) -> Finding:
    """What this machine or container can still give."""
    if available is None:
        return unknown("memory", "this system does not tell how much memory is free")
    told = f"{size(available)} of memory are free"
    if available < LEAST_MEMORY:
        return wrong("memory", told, "Stop something, or give the machine more memory.")
    if available < USUAL_MEMORY:
        return look(
            "memory", f"{told}; a video that is made takes 250 MiB", "Leave 384 MiB free for it."
        )
    return ok("memory", told)


def clock_kept(synchronised: bool | None) -> Finding:
    """Whether something keeps the machine's clock right."""
    if synchronised is None:
        return unknown("clock-kept", "this system does not tell whether its clock is kept")
    if not synchronised:
        return look(
            "clock-kept",
            "nothing keeps this machine's clock right",
            "Switch NTP on (timedatectl set-ntp true, or chrony): other servers refuse what is "
            "signed at another hour.",
        )
    return ok("clock-kept", "the machine's clock is kept right")
