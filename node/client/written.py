"""What is written is posted once, also where an answer is lost and it is said again (API-9.12)."""

import fcntl
import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import IO, Final

import msgspec
from msgspec.structs import replace

from node.client import profile
from node.errors import Conflict, Refused, Unreachable
from node.ports import Clock, Entropy
from node.wire.times import from_micros, micros

FILE: Final = "written.json"
LOCK: Final = "written.lock"  # whoever reads or changes the file holds it, for that moment
SHOWN: Final = 60  # characters of what was said, by which its author knows it again
SURE: Final = timedelta(hours=23)  # the node knows a key for a day
DONE: Final = ("API-6.2", "API-6.5")  # what was said with that key is posted
LOOK: Final = "Whether it is posted is not known here: see kith feed --mine, and kith comments"
AGAIN: Final = "; or say it again: the same words are posted once, and of changed ones you are told"
EARLIER: Final = (
    "what you said there before, and changed, is posted: only the answer was lost{words}. This is"
    " not posted: say it once more to post it as well"
)
UNKNOWN: Final = (
    "something that you said there before got no answer, and may be posted{words}. This is not"
    " posted: look, and say it once more to post it"
)


class Tried(msgspec.Struct, frozen=True):
    """The key of what was said and not answered, since when, and whose token it was said with.

    `words`: how it begins. `digest`: of all that was said with the key last.
    """

    key: str
    at: int  # microseconds
    token: str  # its SHA-256, in hex
    words: str = ""
    digest: str = ""


class Place(msgspec.Struct, frozen=True):
    """Where the file has it, and what says that we are at it: None when another process is, or
    when it is not `kept`. `earlier`: of a process that got no answer."""

    name: str
    tried: Tried
    held: IO[str] | None = None
    earlier: bool = False
    kept: bool = True


class Written:
    """What is posted by this account of this machine, and not answered: in a file, by the path in
    the API and the key; a version before this one had one of each path."""

    def __init__(self, own: profile.Profile, home: Path, clock: Clock, entropy: Entropy) -> None:
        self._file = profile.folder_of(home, own.handle) / FILE
        self._token = hashlib.sha256(own.token.encode()).hexdigest()
        self._clock = clock
        self._entropy = entropy

    @asynccontextmanager
    async def posting(self, path: str, words: str) -> AsyncIterator[str]:
        """The key to post `words` to `path` with; that of earlier ones, as long as their answer is
        missing. It is on disk before anything goes out: who is killed says it again. Another
        process may be saying the same at this time: then it is said with the key of that one.

        Raises `Conflict` (API-6.2) when those were posted, and what is said now is not.
        """
        place = self._begin(path, words)
        try:
            async with self._kept(place) as key:
                yield key
        finally:
            if place.held is not None:
                place.held.close()

    @asynccontextmanager
    async def _kept(self, place: Place) -> AsyncIterator[str]:
        if place.earlier and not self._is_known(place.tried):
            self._forget(place)
            raise Conflict("API-6.2", UNKNOWN.format(words=_shown(place.tried)))
        try:
            yield place.tried.key
        except Unreachable as error:
            if error.never_sent and not place.earlier:
                self._forget(place)
                raise
            raise Unreachable(f"{error}. {LOOK}{AGAIN if place.kept else ''}") from None
        except Refused as error:
            # Of earlier words, or those of another process, nothing is known by another refusal.
            if error.clause in DONE or not (place.earlier or error.clause == "API-6.3"):
                self._forget(place)
            if error.clause == "API-6.2":
                raise Conflict("API-6.2", EARLIER.format(words=_shown(place.tried))) from None
            raise
        self._forget(place)

    def _begin(self, path: str, words: str) -> Place:
        """What is left of a process that is no more, the same words first; else a new one."""
        digest = hashlib.sha256(words.encode()).hexdigest()
        key, now = self._entropy.draw(16).hex(), micros(self._clock.now())
        tried = Tried(key, now, self._token, words[:SHOWN], digest)
        with suppress(OSError), _alone(self._file.with_name(LOCK)):
            return self._waiting(path, digest) or self._new(path, tried)
        return Place("", tried, kept=False)

    def _waiting(self, path: str, digest: str) -> Place | None:
        left: list[Place] = []
        said_now: Place | None = None
        for name, one in self._all().items():
            if name.split(" ")[0] != path:
                continue
            if (held := self._hold(one.key)) is not None:
                left.append(Place(name, one, held, earlier=True))
            elif (one.digest, one.token) == (digest, self._token):
                said_now = Place(name, one)
        left.sort(key=lambda place: (place.tried.digest != digest, place.tried.at))
        found = said_now or next(iter(left), None)
        for other in left:
            if other is not found and other.held is not None:
                other.held.close()
        if found is not None and found.earlier:
            with suppress(OSError):  # it has its key all the same
                self._write(found.name, replace(found.tried, digest=digest))
        return found

    def _new(self, path: str, tried: Tried) -> Place:
        place = Place(f"{path} {tried.key}", tried, self._hold(tried.key))
        try:
            self._write(place.name, tried)
        except OSError:
            self._lock_of(tried.key).unlink(missing_ok=True)
            raise
        return place

    def _hold(self, key: str) -> IO[str] | None:
        """What says that we are at it, until it is closed or we die; None while another is."""
        file = self._lock_of(key).open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return None
        return file

    def _lock_of(self, key: str) -> Path:
        return self._file.with_name(f"written-{key}.lock")

    def _forget(self, place: Place) -> None:
        if place.held is None:
            return  # it is another process's to forget, or not kept
        with suppress(OSError), _alone(self._file.with_name(LOCK)):
            self._write(place.name, None)
            self._lock_of(place.tried.key).unlink(missing_ok=True)

    def _is_known(self, tried: Tried) -> bool:
        """Whether the node would know its key."""
        age = self._clock.now() - from_micros(tried.at)
        return tried.token == self._token and timedelta() <= age < SURE

    def _all(self) -> dict[str, Tried]:
        with suppress(OSError, msgspec.DecodeError, msgspec.ValidationError):
            return msgspec.json.decode(self._file.read_bytes(), type=dict[str, Tried])
        return {}

    def _write(self, name: str, tried: Tried | None) -> None:
        """Keep it under that name; None is not kept."""
        known = self._all()
        known.pop(name, None)
        if tried is not None:
            known[name] = tried
        profile.write(self._file, msgspec.json.encode(known))


def _shown(tried: Tried) -> str:
    """How it began, as one line."""
    words = " ".join(tried.words.split())
    return f" (“{words}”)" if words else ""


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Hold it: for as long as a small file is read and written. Let go when we die."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
