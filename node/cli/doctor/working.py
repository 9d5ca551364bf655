"""Looks at the node's work: its process and port, queues, worker, programs for videos (OPS-3)."""

import asyncio
import ssl
import tempfile
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Sequence
from pathlib import Path

import aiohttp
import msgspec

from node.cli.doctor.subject import Look, Subject
from node.errors import NodeError
from node.media import bounds
from node.media.transcode import found_ffmpeg
from node.operation import name, work
from node.operation.findings import Finding
from node.operation.work import Queue
from node.store.health import HealthUnit, Waiting
from node.wire.times import from_micros

PATIENCE_SECONDS = 10
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (where it is asked)
# What people's videos hold; of some, one of several decoders is enough.
DECODERS = (
    "h264", "hevc", "libdav1d|av1", "vp8|libvpx", "vp9|libvpx-vp9", "mpeg4", "mpeg2video", "mjpeg",
    "prores", "aac", "mp3|mp3float", "opus|libopus", "vorbis|libvorbis", "flac", "alac", "ac3",
    "mp2|mp2float", "dca", "wmav2", "adpcm_ms", "adpcm_ima_wav", "pcm_s16le",
)  # fmt: skip
LISTS = ("-encoders", "-filters", "-decoders")


async def process(subject: Subject) -> Sequence[Finding]:
    """Who runs, who listens, and what they say of themselves."""
    config, running = subject.config, subject.pid is not None
    live = await _ask(subject, "/livez")
    ready = await _ask(subject, "/readyz")
    # Something that does not speak HTTP listens too.
    listening = live[0] is not None or await _listens(subject)
    where = f"{config.host}:{config.port}"
    return (
        work.process(subject.pid, str(subject.data / "node.lock")),
        name.port(where, running, listening, live == (200, "alive")),
        work.answers("livez", *live, running),
        work.answers("readyz", *ready, running),
    )


async def _listens(subject: Subject) -> bool:
    host = ANYWHERE.get(subject.config.host, subject.config.host)
    try:
        opening = asyncio.open_connection(host, subject.config.port)
        _, writer = await asyncio.wait_for(opening, PATIENCE_SECONDS)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


async def _ask(subject: Subject, path: str) -> tuple[int | None, str]:
    """What the node itself answers where it listens; its certificate is another look's."""
    config = subject.config
    host = ANYWHERE.get(config.host, config.host)
    shown = f"[{host}]" if ":" in host else host
    scheme = "https" if config.tls_cert_file else "http"
    trust = ssl.create_default_context()
    trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
    patience = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=patience) as session,
            session.get(f"{scheme}://{shown}:{config.port}{path}", ssl=trust) as answer,
        ):
            return answer.status, (await answer.content.read(1000)).decode(errors="replace").strip()
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        return None, str(error) or "no answer in time"


def _queue(found: Waiting) -> Queue:
    return Queue(found.count, from_micros(found.oldest) if found.oldest else None)


async def queues(subject: Subject) -> Sequence[Finding]:
    """What waits, what was given up, and whether anybody works."""
    now, running = subject.clock.now(), subject.pid is not None

    async def look(unit: HealthUnit) -> Sequence[Finding]:
        jobs = _queue(await unit.jobs_overdue())
        return (
            work.arrivals(_queue(await unit.arrivals_waiting()), now),
            work.broken(await unit.arrivals_broken()),
            work.deliveries(_queue(await unit.deliveries_waiting()), now),
            work.given_up(await unit.deliveries_given_up()),
            work.silent(await unit.silent_hosts()),
            work.worker(jobs.oldest, running, now),
            work.failed_videos(await unit.jobs_failed()),
        )

    return await subject.asked.look(HealthUnit, look)


async def ffmpeg(subject: Subject) -> Sequence[Finding]:
    """Whether it runs, and what it is made of."""
    try:
        path = found_ffmpeg(subject.config.ffmpeg or None)
        version = (await _said(path, "-version")).partition("\n")[0]
    except (NodeError, OSError, TimeoutError) as error:
        return (work.ffmpeg("", "", str(error) or "it does not end"),
                work.ffmpeg_parts((), asked=False))  # fmt: skip
    lists = [await _said(path, "-hide_banner", one) for one in LISTS]
    there = {line.split()[1] for one in lists for line in one.splitlines() if len(line.split()) > 1}
    wanted = (*work.ENCODERS, *work.FILTERS, *DECODERS)
    missing = [one for one in wanted if there.isdisjoint(one.split("|"))]
    return (
        work.ffmpeg(path, version, "" if version else "it says nothing"),
        work.ffmpeg_parts(missing, asked=len(there) > len(wanted)),
    )


async def _said(path: str, *words: str) -> str:
    child = await asyncio.create_subprocess_exec(
        path, *words, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL
    )
    try:
        told, _ = await asyncio.wait_for(child.communicate(), PATIENCE_SECONDS)
    except TimeoutError:
        child.kill()
        await child.wait()
        raise
    return told.decode(errors="replace")


async def media_bounds(_subject: Subject) -> Sequence[Finding]:
    """Tried in a folder of its own, beside that of the node."""
    with tempfile.TemporaryDirectory(prefix="kith-doctor-") as folder:
        try:
            found = await bounds.bounds(Path(folder))
        except NodeError as error:
            return (work.media_bounds((), str(error)),)
    held = msgspec.structs.asdict(found)
    return (work.media_bounds([one for one, holds in held.items() if holds is False], ""),)


LOOKS = (
    Look(("process", "port", "livez", "readyz"), process),
    Look(
        ("arrivals", "broken-arrivals", "deliveries", "given-up", "silent-servers", "worker",
         "failed-jobs"),
        queues,
    ),
    Look(("ffmpeg", "ffmpeg-parts"), ffmpeg),
    Look(("media-bounds",), media_bounds),
)  # fmt: skip
