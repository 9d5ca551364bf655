"""Commands as real processes: stopped by a signal, read by nobody, on a terminal of few letters."""

import asyncio
import contextlib
import fcntl
import json
import os
import pty
import signal
import subprocess
import sys
import termios
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.clips import make_clip
from tests.process.crowd import until
from tools.lab import KITH, Lab, Place

FILM_BYTES = 96 * 2**20
PASSWORD = "a long password of a test"


@dataclass
class Person:
    """Somebody at their shell."""

    environ: dict[str, str]

    def start(
        self, *words: str, first: Callable[[], object] = bool, **streams: Any
    ) -> subprocess.Popen[bytes]:
        """`first` is done in the process that becomes the command."""

        def begin() -> None:
            # A shell that runs the tests in its background has children ignore it.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            first()

        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        words = (str(KITH), *words)
        return subprocess.Popen(words, env=self.environ, preexec_fn=begin, **pipes | streams)

    async def run(self, *words: str) -> bytes:
        """What a command prints that ends well."""
        process = self.start(*words)
        out, error = await asyncio.to_thread(process.communicate, b"")
        assert process.returncode == 0, error.decode()
        return out

    async def uploads(self) -> list[dict[str, Any]]:
        found = json.loads(await self.run("uploads", "--json"))["items"]
        assert isinstance(found, list)
        return found


async def person(place: Place, name: str) -> Person:
    folder = place.data.parent / name
    folder.mkdir(mode=0o700)
    for file in ("password", "passphrase"):
        (folder / file).write_text(f"{PASSWORD}\n")
        (folder / file).chmod(0o600)
    environ = place.environ | {
        "KITH_HOME": str(folder / "home"),
        "KITH_VAULT_PASSPHRASE_FILE": str(folder / "passphrase"),
        "PYTHONUTF8": "0",
    }
    made = Person(environ)
    reached = ("--connect", place.connect, "--ca", str(place.ca))
    file = ("--password-file", str(folder / "password"))
    link = await asyncio.to_thread(place.invite)
    await made.run("signup", link, "--name", name, *file, *reached)
    return made


@pytest.fixture
async def place(lab: Lab) -> AsyncIterator[Place]:
    lab.build("alpha.test")
    await lab.start()
    yield lab.places["alpha.test"]
    assert await asyncio.to_thread(lab.places["alpha.test"].stop) == 0


async def stopped(process: subprocess.Popen[bytes], by: signal.Signals) -> tuple[int, str]:
    """How a process ends by a signal, and all that it said."""
    process.send_signal(by)
    out, error = await asyncio.to_thread(process.communicate, timeout=60)
    said = ((out or b"") + (error or b"")).decode()
    assert "Traceback" not in said and "Exception ignored" not in said, said
    return process.returncode, said


async def half_way(place: Place) -> None:
    """Until some of the film is at the node, which stands still then."""
    folder = place.data / "blobs" / "upload"

    async def so() -> bool:
        return any(one.stat().st_size for one in folder.glob("*"))

    await until("some of the film is there", so)
    assert place.process is not None
    place.process.send_signal(signal.SIGSTOP)
    (blob,) = folder.glob("*")
    assert 0 < blob.stat().st_size < FILM_BYTES


def large(folder: Path) -> Path:
    """A film that takes a while to be sent."""
    film = folder / "film.mp4"
    with film.open("wb") as file:
        file.truncate(FILM_BYTES)
    return film


@pytest.mark.slow
@pytest.mark.clause("VID-5.6", "API-9.11")
async def test_ctrl_c_gives_an_upload_up_and_a_kill_leaves_it_to_be_gone_on_with(
    place: Place, tmp_path: Path
) -> None:
    alice, film = await person(place, "alice"), large(tmp_path)
    for by, code, left in ((signal.SIGINT, 130, 0), (signal.SIGTERM, -signal.SIGTERM, 1)):
        posting = alice.start("post", str(film))
        await half_way(place)
        ended = asyncio.create_task(stopped(posting, by))
        await asyncio.sleep(0)
        assert place.process is not None
        place.process.send_signal(signal.SIGCONT)
        assert (await ended)[0] == code
        found = await alice.uploads()
        assert [(one["state"], one["filename"]) for one in found] == [("open", "film.mp4")] * left
    assert found[0]["offset"] > 0


@pytest.mark.slow
@pytest.mark.clause("VID-5.6", "VID-5.5", "API-9.11")
async def test_ctrl_c_takes_back_what_is_being_made_and_after_a_kill_it_is_posted_once(
    place: Place, tmp_path: Path
) -> None:
    alice = await person(place, "alice")
    clip = str(await asyncio.to_thread(make_clip, tmp_path / "clip.mp4", 20, "1280x720"))

    async def being_made() -> object:
        return [one for one in await alice.uploads() if one["state"] == "used"]

    posting = alice.start("post", clip)
    await until("it is being made", being_made)
    code, said = await stopped(posting, signal.SIGINT)
    assert (code, said) == (130, "Given up. See kith uploads for what is begun and not posted.\n")
    assert await alice.uploads() == []
    assert b"Nothing has been posted yet." in await alice.run("feed", "--mine")

    posting = alice.start("post", clip)
    await until("it is being made", being_made)
    assert (await stopped(posting, signal.SIGKILL))[0] == -signal.SIGKILL
    # Whether it is still made, and waited for, or ready by now.
    again = alice.start("post", clip, "--text", "said later")
    out, error = await asyncio.to_thread(again.communicate, b"")
    assert b"Posted: clip" in out or b"you posted this file on" in error, error
    feed = json.loads(await alice.run("feed", "--mine", "--json"))
    assert len(feed["items"]) == 1


@contextlib.contextmanager
def terminal() -> Any:
    """Both ends of one: the one that is typed at, and a program's."""
    ours, its = pty.openpty()
    try:
        yield ours, its
    finally:
        os.close(ours)
        os.close(its)


def read(ours: int) -> str:
    os.set_blocking(ours, False)
    with contextlib.suppress(BlockingIOError):
        return os.read(ours, 65536).decode()
    return ""


@pytest.mark.slow
@pytest.mark.clause("API-9.11")
async def test_ctrl_c_ends_a_talk_and_leaves_the_terminal_as_it_was(place: Place) -> None:
    alice, bob = await person(place, "alice"), await person(place, "bob")
    await alice.run("friend", "add", "@bob@alpha.test")

    async def asked() -> object:
        return b"@alice" in await bob.run("friends")

    await until("Bob is asked", asked)
    await bob.run("friend", "accept", "@alice@alpha.test")
    await alice.run("chat", "@bob", "--send", "hello")

    with terminal() as (ours, its):
        before, said = termios.tcgetattr(its), ""

        def own() -> None:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        streams = {"stdin": its, "stdout": its, "stderr": its}
        talking = bob.start("chat", "@alice", **streams, start_new_session=True, first=own)

        async def shown() -> bool:
            nonlocal said
            said += read(ours)
            return "> " in said and "hello" in said

        await until("the talk is shown", shown)
        os.write(ours, b"half a wo\x03")  # as the key does it
        assert await asyncio.to_thread(talking.wait, 60) == 130
        said += read(ours)
        assert "Traceback" not in said and "Exception" not in said, said
        assert termios.tcgetattr(its) == before
    history = await bob.run("chat", "@alice", "--history")
    assert b"hello" in history and b"half" not in history


def connections(pid: int, place: Place) -> list[str]:
    """Those of a process to the node."""
    port, mine = f":{place.port:04X}", set()
    for one in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            mine.add(str(one.readlink()))
    lines = Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]
    found = (line.split() for line in lines)
    return [one[2] for one in found if one[2].endswith(port) and f"socket:[{one[9]}]" in mine]


@pytest.mark.slow
@pytest.mark.clause("API-9.11")
async def test_ctrl_c_ends_what_waits(place: Place) -> None:
    alice = await person(place, "alice")
    fresh = Person(alice.environ | {"KITH_HOME": alice.environ["KITH_HOME"] + "-of-a-new-device"})
    reached = ("--connect", place.connect, "--ca", str(place.ca))
    for who, words in (
        (alice, ["events"]),
        (alice, ["chat", "--follow"]),
        (fresh, ["link", "start", place.domain, *reached]),
    ):
        process = who.start(*words)

        async def waits(pid: int = process.pid) -> object:
            return connections(pid, place)

        await until("it waits at the node", waits)
        code, said = await stopped(process, signal.SIGINT)
        assert code == 130, said


@pytest.mark.clause("API-9.11")
def test_ctrl_c_at_any_instant_of_the_start_is_no_fault(tmp_path: Path) -> None:
    script = (
        "import sys, node.__main__ as m\n"
        "def stopped(argv): raise KeyboardInterrupt\n"
        "m.run = stopped; m.main()"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, cwd=tmp_path)
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, b"", b"")


Streams = Callable[[], dict[str, Any]]


def nobody_reads() -> dict[str, Any]:
    reading, writing = os.pipe()
    os.close(reading)
    return {"stdout": writing}


def closed() -> dict[str, Any]:
    return {"first": lambda: os.close(1), "stdout": None}


def full() -> dict[str, Any]:
    return {"stdout": os.open("/dev/full", os.O_WRONLY)}


@pytest.mark.slow
@pytest.mark.clause("API-9.11")
async def test_what_nobody_reads_makes_no_traceback(place: Place) -> None:
    alice = await person(place, "alice")
    await alice.run("post", "--text", "▶ ä 🎬")
    node = f"--data {place.data}"
    # What each ends with when nobody reads it: of a lab something is wrong, read or not.
    lists = {"feed --mine": 141, "feed --mine --json": 141, "--help": 141, f"invite {node}": 141}
    all_kinds = lists | {
        "feed --help": 141,
        f"doctor {node}": 1,
        "doctor --help": 141,
        "doctor --nonsense": 2,
        f"inspect {Path(__file__).parent.parent}/wire": 1,
        f"admin {node} accounts": 141,
        f"admin {node} invite --json": 141,
        f"admin {node} set-registration invite": 0,
        "like nothing": 1,
    }
    commands: dict[Streams, dict[str, int]] = {
        nobody_reads: all_kinds,
        closed: lists | {f"doctor {node} --json": 1},
        full: dict.fromkeys(lists, 1) | {"doctor --nonsense": 2},
    }

    async def ends(streams: Streams, words: str, code: int) -> None:
        process = alice.start(*words.split(), **streams())
        _, error = await asyncio.to_thread(process.communicate, b"")
        for kind in (b"Traceback", b"Exception ignored", b"Error"):
            assert kind not in error, (streams.__name__, words, error.decode())
        assert process.returncode == code, (streams.__name__, words, error.decode())
        if (streams, code) == (full, 1):
            assert b"No space left on device" in error

    for streams, tried in commands.items():
        await asyncio.gather(*(ends(streams, *one) for one in tried.items()))
    for encoding in ("ascii", "latin-1", "utf-8"):
        alice.environ["PYTHONIOENCODING"] = encoding
        out = await alice.run("feed", "--mine")
        assert "▶ ä 🎬".encode(encoding, "replace") in out
        assert (
            "▶ ä 🎬"
            in json.loads(await alice.run("feed", "--mine", "--json"))["items"][0]["content"]
        )
