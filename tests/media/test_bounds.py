"""What a bounded child may not do, tried from inside; and what its end means."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from node.errors import Broken, Full, Malformed, NodeError, TooMuch
from node.media import bounds, transcode
from node.media.bounds import Bounds, Caps, Ended
from node.media.transcode import found_ffmpeg
from tests.clips import ffmpeg, make_clip
from tests.media.test_blobs import on_small_disk

CAPS = Caps(wall_seconds=60, cpu_seconds=60)


async def tried(folder: Path, script: str, caps: Caps = CAPS, *readable: str) -> bytes:
    """What a Python child that runs `script` says."""
    page = folder / "script.py"
    await asyncio.to_thread(page.write_text, script)
    return await bounds.run(bounds.python(page), folder, readable, caps)


@pytest.fixture(scope="session")
def held(tmp_path_factory: pytest.TempPathFactory) -> Bounds:
    """What the node says of this machine."""
    return asyncio.run(bounds.bounds(tmp_path_factory.mktemp("held")))


@pytest.mark.clause("VID-4.4")
def test_the_node_says_which_bounds_hold(held: Bounds) -> None:
    assert held.network
    assert held.memory
    assert held.time
    assert held.core


@pytest.mark.clause("VID-4.3")
async def test_the_environment_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KITH_SECRET", "of the node")
    said = await tried(tmp_path, "import os; print(sorted(set(os.environ) - {'LC_CTYPE'}))")
    assert said.strip() == b"[]"


@pytest.mark.clause("VID-4.6")
async def test_there_is_no_network(tmp_path: Path) -> None:
    listener = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    script = f"""
import socket
try:
    socket.create_connection(("127.0.0.1", {port}), 5)
    print("reached")
except OSError:
    print("nothing")
"""
    async with listener:
        said = (await tried(tmp_path, script)).strip()
    assert said == b"nothing"


IN_A_CONTAINER = """
import json, runpy, sys
confine = runpy.run_path(sys.argv[1])
for name in sys.argv[3:]:
    confine["give_up"].__globals__[name] = lambda: False
sys.exit(confine["main"]([sys.argv[2], "--", *confine["sys"].orig_argv[:1], "-c", CALLS]))
"""
CALLS = """
import ctypes, errno, os, socket
def tried(make):
    try:
        make()
        return "open"
    except OSError as error:
        return errno.errorcode[error.errno]
kinds = [(socket.AF_INET, socket.SOCK_STREAM), (socket.AF_INET, socket.SOCK_DGRAM),
    (socket.AF_INET6, socket.SOCK_STREAM), (socket.AF_UNIX, socket.SOCK_STREAM),
    (socket.AF_NETLINK, socket.SOCK_RAW)]
said = {tried(lambda: socket.socket(*kind)) for kind in kinds}
libc = ctypes.CDLL(None, use_errno=True)
def ring():
    if libc.syscall(425, 1, ctypes.create_string_buffer(256)) < 0:
        raise OSError(ctypes.get_errno(), "")
def x32():
    if libc.syscall(0x40000000 | 41, 2, 1, 0) < 0:
        raise OSError(ctypes.get_errno(), "")
said |= {tried(ring), tried(x32)}
os.pipe(), open("made", "w").close(), os.listdir(".")  # what a program needs is left to it
print(sorted(said))
"""


async def confined(folder: Path, *forbidden: str) -> tuple[int, str]:
    """The calls of a child, where the system forbids some of the bounds."""
    caps = {"memory_bytes": 2**31, "cpu_seconds": 60, "file_bytes": 2**20}
    places = {"readable": [sys.prefix, sys.base_prefix], "writable": [str(folder)]}
    script = IN_A_CONTAINER.replace("CALLS", repr(CALLS))
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, str(bounds.DOOR), json.dumps(caps | places), *forbidden,
        cwd=folder, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, _ = await child.communicate()
    return child.returncode or 0, said.decode().strip()


@pytest.mark.clause("VID-4.6")
async def test_where_name_spaces_are_forbidden_no_socket_is_opened(tmp_path: Path) -> None:
    assert await confined(tmp_path, "leave_network") == (0, "['EACCES']")


@pytest.mark.clause("VID-4.6")
async def test_where_nothing_keeps_it_off_the_network_the_program_is_not_started(
    tmp_path: Path,
) -> None:
    found = await confined(tmp_path, "leave_network", "open_no_socket")
    assert found == (bounds.NOT_KEPT_OFFLINE, "")
    assert not (tmp_path / "made").exists()
    fault = bounds.fault_of(Ended(bounds.NOT_KEPT_OFFLINE, b"", "", overtime=False))
    assert isinstance(fault, Broken) and "seccomp" in str(fault)
    assert (await confined(tmp_path, "open_no_socket"))[0] == 0, "a name space is enough"


@pytest.mark.clause("VID-4.4")
async def test_only_the_named_files_are_seen(tmp_path: Path, held: Bounds) -> None:
    (tmp_path / "named").write_text("named")
    (tmp_path / "node.key").write_text("secret")
    work = tmp_path / "work"
    work.mkdir()
    script = f"""
def tried(path, mode):
    try:
        with open(path, mode) as file:
            return file.write("x") if mode == "w" else len(file.read())
    except OSError:
        return None
print([tried(p, m) for p, m in [("{tmp_path}/named", "r"), ("here", "w"), ("/dev/null", "w"),
    ("{tmp_path}/node.key", "r"), ("/etc/passwd", "r"), ("{tmp_path}/named", "w"),
    ("{tmp_path}/fresh", "w")]])
"""
    said = (await tried(work, script, CAPS, str(tmp_path / "named"))).decode().strip()
    if held.files:
        assert said == "[5, 1, 1, None, None, None, None]"
        assert not (tmp_path / "fresh").exists()
    else:
        assert said.startswith("[5, 1, 1,")


@pytest.mark.clause("VID-2.5", "VID-4.3")
@pytest.mark.parametrize(
    ("script", "caps"),
    [
        ("x = bytearray(2 << 30)", CAPS),
        ("while True: pass", Caps(wall_seconds=60, cpu_seconds=1)),
        ("import time; time.sleep(60)", Caps(wall_seconds=0.5, cpu_seconds=60)),
        (
            "with open('large', 'wb') as f:\n for _ in range(9): f.write(bytes(1 << 20))",
            Caps(wall_seconds=60, cpu_seconds=60, file_bytes=1 << 20),
        ),
    ],
    ids=["memory", "processor", "clock", "file"],
)
async def test_each_limit_ends_the_child(tmp_path: Path, script: str, caps: Caps) -> None:
    with pytest.raises(TooMuch) as said:
        await tried(tmp_path, script, caps)
    assert said.value.clause == "VID-2.5"


@pytest.mark.clause("VID-4.3")
async def test_what_the_child_started_dies_with_it(tmp_path: Path) -> None:
    """The grandchild holds the write end of a pipe: its end shows that the grandchild is gone."""
    pipe = tmp_path / "alive"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    script = """
import os, time
alive = os.open("alive", os.O_WRONLY)
if os.fork():
    os.close(alive)
    os.write(1, b"begun")
time.sleep(600)
"""
    begun = asyncio.Event()
    page = tmp_path / "script.py"
    page.write_text(script)
    job = asyncio.create_task(
        bounds.run(bounds.python(page), tmp_path, [], CAPS, lambda _: begun.set())
    )
    await begun.wait()
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    os.set_blocking(reader, True)
    assert await asyncio.to_thread(os.read, reader, 1) == b""
    os.close(reader)


KILLED_NODE = """
import asyncio, pathlib, sys
from node.media import bounds
folder = pathlib.Path(sys.argv[1])
caps = bounds.Caps(wall_seconds=60, cpu_seconds=60)
asyncio.run(bounds.run(bounds.python(folder / "script.py"), folder, [], caps))
"""


@pytest.mark.clause("VID-4.3")
def test_a_node_that_is_killed_leaves_no_child(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(
        "import os, time\nos.write(os.open('alive', os.O_WRONLY), b'x')\n"
        "alive = os.open('alive', os.O_WRONLY)\ntime.sleep(600)"
    )
    os.mkfifo(tmp_path / "alive")
    node = subprocess.Popen([sys.executable, "-c", KILLED_NODE, str(tmp_path)])
    with node, (tmp_path / "alive").open("rb", buffering=0) as reader:
        assert reader.read(1) == b"x"
        node.kill()
        assert reader.read(1) == b"", "the pipe ends when the child is gone"


@pytest.mark.clause("VID-4.3")
async def test_a_child_that_talks_without_end_is_not_kept_in_memory(tmp_path: Path) -> None:
    script = "import sys\nfor _ in range(400): sys.stdout.write('x' * 10_000)"
    assert len(await tried(tmp_path, script)) == 64 * 1024


@pytest.mark.clause("VID-2.5")
@pytest.mark.parametrize(
    ("number", "kind"), [(signal.SIGKILL, Broken), (signal.SIGTERM, Broken), (11, Malformed)]
)
async def test_a_killed_child_is_told_from_one_that_crashed(
    tmp_path: Path, number: int, kind: type[NodeError]
) -> None:
    with pytest.raises(kind):
        await tried(tmp_path, f"import os; os.kill(os.getpid(), {int(number)})")


TRAILER = "Error writing trailer of video.mp4"


@pytest.mark.parametrize(
    ("ended", "kind"),
    [
        (Ended(0, b"", "", False), None),
        (Ended(255, b"", "Exiting normally, received signal 24.", False), TooMuch),
        (Ended(255, b"", "Exiting normally, received signal 15.", False), Broken),
        (Ended(228, b"", "av_interleaved_write_frame(): No space left on device", False), Full),
        (Ended(0, b"", f"{TRAILER}: No space left on device", False), Full),
        (Ended(0, b"", f"[mp4 @ 0x5] {TRAILER}: Input/output error", False), Broken),
        (Ended(0, b"", f"{TRAILER}: Cannot allocate memory", False), TooMuch),
        (Ended(0, b"", f"    title           : {TRAILER}: Input/output error", False), None),
        (Ended(244, b"", "Cannot allocate memory", False), TooMuch),
        (Ended(97, b"", "", False), Broken),
        (Ended(127, b"", "ffmpeg: error while loading shared libraries: x.so", False), Broken),
        (Ended(1, b"", "Invalid data found", False), Malformed),
        (Ended(-6, b"", "", False), Malformed),
        (Ended(-9, b"", "", True), TooMuch),
    ],
)
@pytest.mark.clause("VID-2.5")
def test_what_an_end_means(ended: Ended, kind: type[NodeError] | None) -> None:
    assert type(bounds.fault_of(ended)) is (kind or type(None))


@pytest.mark.clause("VID-2.1")
@pytest.mark.parametrize(
    "body",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://{target}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{target}'\n",
    ],
)
async def test_the_transcoder_reads_no_playlist(tmp_path: Path, clip: Path, body: str) -> None:
    """Even if one came so far: the command itself does not know how to."""
    target = tmp_path / "target.ts"
    await asyncio.to_thread(make_clip, target, 1)
    playlist = tmp_path / "video.mp4"
    playlist.write_text(body.format(target=target))
    with pytest.raises(Malformed):
        await bounds.run(transcode.to_hls(ffmpeg()), tmp_path, [str(target)], CAPS)
    opened = [ffmpeg(), *transcode.QUIET, "-format_whitelist", "mov", "-i", str(playlist)]
    with pytest.raises(Malformed):
        await bounds.run([*opened, "out.mp4"], tmp_path, [str(target)], CAPS)
    assert not (tmp_path / "out.mp4").exists()


FULL_DISK = """
import asyncio, os, pathlib, sys
from node.errors import Full
from node.media.blobs import LocalBlobs
from node.media.studio import Studio
from node.video import renditions
def fill(disk, left):
    (disk / "filler").unlink(missing_ok=True)
    room = os.statvfs(disk)
    size = room.f_bavail * room.f_bsize - left * 1024
    with (disk / "filler").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, size)
async def story(disk, clip, ffmpeg):
    blobs = LocalBlobs(clip.parent)
    studio = Studio(blobs, disk / "work", ffmpeg, renditions.Limits())
    plan = renditions.plan(await studio.probe(clip.name))
    whole = await studio.render(clip.name, plan, "v/1")
    first, all = whole.mp4.size // 1024, [-(-f.size // 4096) * 4 for f in
        (whole.mp4, *whole.hls, whole.poster)]
    ends = []
    for left in (4, first - 8, first + 8, *range(sum(all) - 20, sum(all) + 16, 4)):
        fill(disk, left)
        try:
            made = await studio.render(clip.name, plan, "v/2")
        except Full as full:
            assert "work folder is full" in str(full), full
            assert await blobs.size("v/2/video.mp4") is None
            ends.append(False)
        else:
            assert [f.sha256 for f in (made.mp4, *made.hls, made.poster)] == [
                f.sha256 for f in (whole.mp4, *whole.hls, whole.poster)], left
            for name in renditions.NAMES:
                await blobs.delete(f"v/2/{name}")
            ends.append(True)
        assert [p for p in (disk / "work").rglob("*")] == []
    assert ends == sorted(ends) and not ends[3] and ends[-1], ends
asyncio.run(story(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]))
"""


@pytest.mark.clause("VID-3.6", "VID-4.2", "VID-6.8")
def test_a_full_disk_under_the_work_folder_leaves_nothing_half_made(tmp_path: Path) -> None:
    """Wherever it is that no more goes in: what is made is whole, or it waits for room."""
    clip = make_clip(tmp_path / "clip.mp4", seconds=1, size="320x180")
    disk = tmp_path / "disk"
    disk.mkdir()
    on_small_disk(disk, "1m", FULL_DISK, str(clip), found_ffmpeg(os.environ.get("KITH_FFMPEG")))


@pytest.mark.clause("VID-2.5", "VID-6.8")
async def test_a_child_that_speaks_of_a_full_disk_where_there_is_room_is_not_believed(
    tmp_path: Path,
) -> None:
    script = "import sys; sys.exit('title: No space left on device')"
    with pytest.raises(Broken, match="now there is some"):
        await tried(tmp_path, script)
    left = await asyncio.to_thread(lambda: [each.name for each in tmp_path.iterdir()])
    assert left == ["script.py"], "what it tried with is gone"


ENDS_WELL = "import sys; sys.stderr.write({said!r}); print('done')"


@pytest.mark.clause("VID-2.5", "VID-6.8")
async def test_a_child_that_ends_well_without_room_for_the_end_of_its_file_waits_for_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = ENDS_WELL.format(said=f"{TRAILER}: No space left on device\n")
    with pytest.raises(Broken, match="now there is some"):
        await tried(tmp_path, script)
    monkeypatch.setattr(bounds, "is_full", lambda _folder: True)
    with pytest.raises(Full, match="work folder is full"):
        await tried(tmp_path, script)


@pytest.mark.clause("VID-2.5")
async def test_a_title_that_speaks_of_a_full_disk_keeps_nothing_from_being_made(
    tmp_path: Path,
) -> None:
    script = ENDS_WELL.format(said="    title           : No space left on device\n")
    assert (await tried(tmp_path, script)).strip() == b"done"
