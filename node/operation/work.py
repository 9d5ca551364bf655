"""Pure: the work of a node: queues, worker, videos, clocks of others (spec OPS-3)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from node.federation.clocks import span
from node.operation.findings import Finding, look, ok, unknown, wrong

OVERDUE = timedelta(minutes=10)
OLD = timedelta(hours=1)
MANY_GIVEN_UP = 1
CLOCK_DOUBT, CLOCK_WRONG = timedelta(seconds=30), timedelta(minutes=5)
ENCODERS = ("libx264", "aac")
FILTERS = ("scale", "fps", "setsar", "bwdif", "zscale", "tonemap", "format")


class Queue(Struct, frozen=True):
    """What waits. `oldest`: since when the first of it has been there, or due."""

    waiting: int
    oldest: datetime | None


def process(pid: int | None, lock: str) -> Finding:
    """The node's process, by its lock."""
    if pid is None:
        return look("process", "the node does not run on this machine", "Start it: kith serve.")
    return ok("process", f"the node runs as process {pid} ({lock})")


def answers(check: str, status: int | None, words: str, running: bool) -> Finding:
    """`/livez` or `/readyz` of the node itself."""
    if not running:
        return unknown(check, "the node does not run here")
    if status == 200:
        return ok(check, f"/{check} says {words}")
    if status is None:
        return wrong(check, f"/{check} is not answered: {words}", "Look at the node's log.")
    return wrong(check, f"/{check} says: {words}", "Do what it says; the node goes on by itself.")


def arrivals(queue: Queue, now: datetime) -> Finding:
    """What others said and is not applied yet."""
    if queue.oldest is not None and now - queue.oldest > OLD:
        return wrong(
            "arrivals",
            f"{queue.waiting} arrivals wait to be applied, the oldest for {_since(queue, now)}",
            "Does a process with worker = true run? Else look at its log.",
        )
    return ok("arrivals", f"{queue.waiting} arrivals wait to be applied")


def broken(count: int) -> Finding:
    """What arrived and could not be worked out."""
    if count:
        return look(
            "broken-arrivals",
            f"{count} things that arrived could not be worked out",
            "kith admin health names them; please report what they have in common.",
        )
    return ok("broken-arrivals", "all that arrived could be worked out")


def deliveries(queue: Queue, now: datetime) -> Finding:
    """What is owed to others. `oldest`: since when the first try of it failed."""
    if queue.oldest is not None and now - queue.oldest > timedelta(days=1):
        return look(
            "deliveries",
            f"{queue.waiting} deliveries wait, the oldest for {_since(queue, now)}",
            "kith admin health says which servers do not answer; it is tried again by itself.",
        )
    return ok("deliveries", f"{queue.waiting} deliveries wait")


def given_up(count: int) -> Finding:
    """What was never taken."""
    if count >= MANY_GIVEN_UP:
        return look(
            "given-up",
            f"{count} deliveries were given up in the last 30 days; their authors were told",
            "Where the server is back: kith deliveries retry, as the author.",
        )
    return ok("given-up", "no delivery was given up")


def silent(hosts: Sequence[str]) -> Finding:
    """Servers that do not take what is sent to them."""
    if hosts:
        shown = ", ".join(hosts[:5]) + (", …" if len(hosts) > 5 else "")
        return look(
            "silent-servers",
            f"{len(hosts)} servers do not take what is sent to them: {shown}",
            "Nothing, if they are down. If it is all of them, look at your own network.",
        )
    return ok("silent-servers", "all servers take what is sent to them")


def worker(overdue: datetime | None, running: bool, now: datetime) -> Finding:
    """`overdue`: since when the first job is due that nobody has taken."""
    late = overdue is not None and now - overdue > OVERDUE
    if late and running:
        return wrong(
            "worker",
            f"nobody works: the first job waits since {overdue:%Y-%m-%d %H:%M} UTC",
            "Let one process run with worker = true, or restart it and look at its log.",
        )
    if not running:
        return unknown("worker", "the node does not run here, so nobody works")
    return ok("worker", "the worker does what is due")


def failed_videos(count: int) -> Finding:
    """Jobs that were given up."""
    if count:
        return look(
            "failed-jobs",
            f"{count} jobs failed in the last 30 days",
            "The log names them; the authors of videos were told why.",
        )
    return ok("failed-jobs", "no job failed")


def ffmpeg(path: str, words: str, fault: str) -> Finding:
    """Whether it is there and runs."""
    if fault:
        return wrong(
            "ffmpeg",
            f"ffmpeg cannot be run: {fault}",
            "Install ffmpeg, or set KITH_FFMPEG to its path.",
        )
    return ok("ffmpeg", f"{path}: {words}")


def ffmpeg_parts(missing: Sequence[str], asked: bool) -> Finding:
    """Encoders, filters and decoders that videos need."""
    if not asked:
        return unknown("ffmpeg-parts", "ffmpeg could not be asked for its parts")
    needed = [one for one in missing if one in (*ENCODERS, *FILTERS)]
    if needed:
        return wrong(
            "ffmpeg-parts",
            f"ffmpeg lacks {', '.join(needed)}: videos cannot be made, or look wrong",
            "Install the distribution's ffmpeg, or use the container image.",
        )
    if missing:
        return look(
            "ffmpeg-parts",
            f"ffmpeg cannot read {', '.join(missing)}: such videos are refused",
            "Install a fuller ffmpeg, if people have such videos.",
        )
    return ok("ffmpeg-parts", "ffmpeg has all parts that videos need")


def media_bounds(missing: Sequence[str], fault: str) -> Finding:
    """What holds around the programs that read foreign videos."""
    if fault:
        return wrong("media-bounds", f"the bounds cannot be tried: {fault}", "Look at the log.")
    if missing:
        return wrong(
            "media-bounds",
            f"around the programs that read videos these bounds do not hold: {', '.join(missing)}",
            "Use a kernel with user namespaces or Landlock, and the documented `docker run`.",
        )
    return ok("media-bounds", "programs that read videos have no network and bounded memory")


def clock(offset: timedelta | None, servers: int) -> Finding:
    """How far the clocks of other servers are ahead of ours."""
    if offset is None:
        return unknown("clock", "no other server told its time")
    told = f"by {servers} server{'s' if servers > 1 else ''}"
    side = "behind" if offset > timedelta() else "ahead"
    words = f"this machine's clock is {span(offset.total_seconds())} {side}, {told}"
    advice = "Set the clock, and let NTP keep it."
    if abs(offset) >= CLOCK_WRONG:
        return wrong("clock", f"{words}: other servers refuse what is signed", advice)
    if abs(offset) >= CLOCK_DOUBT:
        return look("clock", words, advice)
    return ok("clock", f"the clock agrees, {told}")


def _since(queue: Queue, now: datetime) -> str:
    assert queue.oldest is not None
    return span((now - queue.oldest).total_seconds())
