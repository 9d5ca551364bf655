"""The bounded child: one foreign file, one program, limits around it (spec VID-4.3, VID-4.4)."""

import asyncio
import json
import os
import re
import signal
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from node.errors import Broken, Full, Malformed, NodeError, TooMuch
from node.media.blobs import FULL, WAIT_FOR_ROOM_SECONDS

DOOR = Path(__file__).with_name("confine.py")
PIECE = 16 * 1024
LONGEST_OUTPUT = 64 * 1024
LONGEST_COMPLAINT = 8 * 1024
ROOM = 2**20  # more than a child writes at once: where it found no room, this finds none
NOT_KEPT_OFFLINE = 96
NOT_STARTED = 97
BUSY_SECONDS = 60
INTERRUPTED = 255  # what ffmpeg answers when a signal asked it to stop

# What the children say (ffmpeg and Python alike speak as the C library does) → whose turn it is.
OVER_TIME = (f"received signal {signal.SIGXCPU.value}",)
FULL_DISK = ("No space left on device", "Disk quota exceeded")
OVER_MEMORY = ("Cannot allocate memory", "MemoryError", "malloc of size")
OVER_SIZE = ("File too large",)
# An ffmpeg that is not of the newest ends well although it could not write the end of its file.
UNFINISHED = re.compile(r"^(?:\[[^\]\n]*\] )?Error (?:writing trailer|closing file)", re.M)
NOT_LOADED = ("error while loading shared libraries",)  # of the loader, before the program began


class Caps(msgspec.Struct, frozen=True):
    """What one child may use. Less than 1.5 GB of address space kills ffmpeg with its threads."""

    wall_seconds: float
    cpu_seconds: int
    memory_bytes: int = 1536 * 2**20
    file_bytes: int = 256 * 2**20
    patient: bool = False  # it is bounded by the processor's time: more of the clock's passes


class Bounds(msgspec.Struct, frozen=True):
    """Which bounds hold around a child on this machine; found out by trying each."""

    network: bool
    files: bool
    memory: bool
    time: bool
    core: bool


class Ended(msgspec.Struct, frozen=True):
    """How a child ended: exit code (minus a signal), output, and the end of its complaints."""

    code: int
    output: bytes
    complaint: str
    overtime: bool


async def run(
    program: Sequence[str],
    folder: Path,
    readable: Sequence[str],
    caps: Caps,
    heard: Callable[[bytes], None] | None = None,
    what: str = "video",
) -> bytes:
    """What `program` printed, or the refusal that its end means (VID-2.5).

    It works in `folder`, the only place it may write to, and reads `readable` besides itself and
    its libraries. `heard` is told each piece of output as it comes; `what` is what a refusal calls
    the file. A cancelled caller leaves no process behind.
    """
    order = {
        "memory_bytes": caps.memory_bytes,
        "cpu_seconds": caps.cpu_seconds,
        "file_bytes": caps.file_bytes,
        "readable": [*_program_places(program), *readable],
        "writable": [str(folder)],
    }
    ended = await _end_of([json.dumps(order), "--", *program], folder, caps.wall_seconds, heard)
    if ended.overtime and caps.patient:
        raise TooMuch(
            "VID-2.5", f"this machine is too busy for this {what}: try again", BUSY_SECONDS
        )
    fault = fault_of(ended, what)
    if isinstance(fault, Full) and not await asyncio.to_thread(is_full, folder):
        # A child repeats what stands in a file: it must not have us wait for ever.
        if _is_finished(ended):
            return ended.output
        raise Broken("a media program found no room, and now there is some") from None
    if fault is not None:
        raise fault
    return ended.output


async def bounds(folder: Path) -> Bounds:
    """Which bounds hold here. Takes a second, most of it to see that time is really limited."""
    caps = Caps(wall_seconds=30, cpu_seconds=20)
    order = {
        "memory_bytes": caps.memory_bytes,
        "cpu_seconds": caps.cpu_seconds,
        "file_bytes": caps.file_bytes,
        "readable": _program_places([sys.executable]),
        "writable": [str(folder)],
    }
    ended = await _end_of([json.dumps(order), "--try"], folder, caps.wall_seconds, None)
    try:
        return msgspec.json.decode(ended.output, type=Bounds)
    except msgspec.DecodeError as fault:
        raise Broken(f"the bounds of a child could not be tried: exit {ended.code}") from fault


def python(script: Path, *arguments: str) -> list[str]:
    """The command that runs one of our own scripts, isolated from the place it is started in."""
    return [sys.executable, "-I", "-B", str(script), *arguments]


def _program_places(program: Sequence[str]) -> list[str]:
    return [program[0], sys.prefix, sys.base_prefix, str(DOOR.parent)]


async def _end_of(
    order: list[str], folder: Path, wall_seconds: float, heard: Callable[[bytes], None] | None
) -> Ended:
    door = [sys.executable, "-I", "-S", "-B", str(DOOR)]
    child = await asyncio.create_subprocess_exec(
        *door,
        *order,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
        cwd=folder,
        env={},
        start_new_session=True,
    )
    assert child.stdout is not None
    assert child.stderr is not None
    output, complaint, overtime = bytearray(), bytearray(), False
    try:
        async with asyncio.timeout(wall_seconds):
            await asyncio.gather(
                _listen(child.stdout, output, heard, LONGEST_OUTPUT, keep_end=False),
                _listen(child.stderr, complaint, None, LONGEST_COMPLAINT, keep_end=True),
            )
            await child.wait()
    except TimeoutError:
        overtime = True
    finally:
        await _stop(child)
    code = child.returncode if child.returncode is not None else -signal.SIGKILL
    return Ended(code, bytes(output), complaint.decode(errors="replace"), overtime)


async def _listen(
    stream: asyncio.StreamReader,
    kept: bytearray,
    heard: Callable[[bytes], None] | None,
    longest: int,
    keep_end: bool,
) -> None:
    """Read `stream` to its end, keeping its first or last `longest` bytes: it may never end."""
    while piece := await stream.read(PIECE):
        if heard is not None:
            heard(piece)
        kept += piece
        if len(kept) > longest:
            del kept[slice(0, len(kept) - longest) if keep_end else slice(longest, None)]


async def _stop(child: Process) -> None:
    if child.returncode is None:
        # Its own group: whatever it started goes with it.
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        await child.communicate()


def fault_of(ended: Ended, what: str = "video") -> NodeError | None:
    """What the end of a child means: nothing, a refusal of the file, or a fault of ours."""
    said = ended.complaint
    if ended.overtime or ended.code == -signal.SIGXCPU or _any(OVER_TIME, said):
        return TooMuch("VID-2.5", f"this {what} takes more time than a {what} may take here")
    if _is_finished(ended) and not _any(FULL_DISK, said):
        return None
    if _any(FULL_DISK, said):
        return no_room()
    if ended.code == -signal.SIGXFSZ or _any(OVER_SIZE, said):
        return TooMuch("VID-2.5", f"what is made of this {what} is larger than a file may be here")
    if _any(OVER_MEMORY, said):
        return TooMuch("VID-2.5", f"this {what} takes more memory than a {what} may take here")
    if _any(NOT_LOADED, said):
        return Broken("a media program lacks a library on this machine: is ffmpeg whole?")
    return _fault_of_code(ended.code, what)


def _is_finished(ended: Ended) -> bool:
    """Whether the child says that all went well, and no file of its own was left without an end."""
    return ended.code == 0 and not UNFINISHED.search(ended.complaint)


def _fault_of_code(code: int, what: str) -> NodeError:
    if code == 0:
        return Broken("a media program could not write the end of its file")
    if code in (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP, INTERRUPTED):
        return Broken(f"a media child was stopped from outside (exit {code})")
    if code == NOT_KEPT_OFFLINE:
        return Broken(
            f"{what}s are not read here: their programs cannot be kept off the network, as this "
            "system permits neither name spaces nor seccomp. Permit one of them (a container's "
            "usual profile does), or run the node elsewhere"
        )
    if code == NOT_STARTED:
        return Broken("a media program could not be started: is ffmpeg installed?")
    if code < 0:
        return Malformed("VID-2.5", "this file makes the program that reads it crash")
    return Malformed("VID-2.2", f"this {what} cannot be decoded")


def no_room() -> Full:
    """The work folder takes no more: what was to be made waits (VID-6.8)."""
    return Full("VID-4.2", "the disk with the media work folder is full", WAIT_FOR_ROOM_SECONDS)


@contextmanager
def noticing_full_disk() -> Iterator[None]:
    """As `Full`, whatever finds no room in the work folder."""
    try:
        yield
    except OSError as fault:
        if fault.errno not in FULL:
            raise
        raise no_room() from fault


def is_full(folder: Path) -> bool:
    """Whether the disk or the quota of `folder` takes no more: by trying it."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            os.posix_fallocate(file.fileno(), 0, ROOM)
    except OSError as fault:
        return fault.errno in FULL
    return False


def _any(words: tuple[str, ...], said: str) -> bool:
    return any(word in said for word in words)
