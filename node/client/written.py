"""What is written is posted once, also where an answer is lost and it is said again (API-9.12)."""

import fcntl
import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

import msgspec

from node.client import profile
from node.errors import Conflict, Refused, Unreachable
from node.ports import Clock, Entropy
from node.wire.times import from_micros, micros

FILE: Final = "written.json"
LOCK: Final = "written.lock"
SHOWN: Final = 60  # characters of what was said, by which its author knows it again
SURE: Final = timedelta(hours=23)  # the node knows a key for a day
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

    `words`: how it begins.
    """

    key: str
    at: int  # microseconds
    token: str  # its SHA-256, in hex
    words: str = ""


class Written:
    """What is posted by this account of this machine, and not answered, by the path in the API."""

    def __init__(self, own: profile.Profile, home: Path, clock: Clock, entropy: Entropy) -> None:
        self._file = profile.folder_of(home, own.handle) / FILE
        self._token = hashlib.sha256(own.token.encode()).hexdigest()
        self._clock = clock
        self._entropy = entropy

    @asynccontextmanager
    async def posting(self, path: str, words: str) -> AsyncIterator[str]:
        """The key to post `words` to `path` with; that of earlier ones, as long as their answer is
        missing. It is on disk before anything goes out: who is killed says it again.

        Raises `Conflict` (API-6.2) when those were posted, and what is said now is not.
        """
        with _alone(self._file.with_name(LOCK)) as is_alone:
            if is_alone:
                async with self._kept(path, words) as key:
                    yield key
            else:  # what another process says at this time is answered to that one
                yield self._entropy.draw(16).hex()

    @asynccontextmanager
    async def _kept(self, path: str, words: str) -> AsyncIterator[str]:
        tried = self._all().get(path)
        if tried is not None and not self._is_known(tried):
            self._keep(path, None)
            raise Conflict("API-6.2", UNKNOWN.format(words=_shown(tried)))
        key = tried.key if tried else self._entropy.draw(16).hex()
        now = tried or Tried(key, micros(self._clock.now()), self._token, words[:SHOWN])
        is_kept = self._keep(path, now)
        try:
            yield key
        except Unreachable as error:
            if error.never_sent and tried is None:
                self._keep(path, None)
                raise
            raise Unreachable(f"{error}. {LOOK}{AGAIN if is_kept else ''}") from None
        except Conflict as error:
            self._keep(path, None)
            if error.clause != "API-6.2":
                raise
            raise Conflict("API-6.2", EARLIER.format(words=_shown(now))) from None
        except Refused:
            if tried is None:  # else the earlier words may still be posted
                self._keep(path, None)
            raise
        self._keep(path, None)

    def _is_known(self, tried: Tried) -> bool:
        """Whether the node would know its key."""
        age = self._clock.now() - from_micros(tried.at)
        return tried.token == self._token and timedelta() <= age < SURE

    def _all(self) -> dict[str, Tried]:
        with suppress(OSError, msgspec.DecodeError, msgspec.ValidationError):
            return msgspec.json.decode(self._file.read_bytes(), type=dict[str, Tried])
        return {}

    def _keep(self, path: str, tried: Tried | None) -> bool:
        """Whether it is kept; None is not."""
        known = self._all()
        if known.pop(path, None) is None and tried is None:
            return True
        if tried is not None:
            known[path] = tried
        try:
            profile.write(self._file, msgspec.json.encode(known))
        except OSError:
            return False
        return True


def _shown(tried: Tried) -> str:
    """How it began, as one line."""
    words = " ".join(tried.words.split())
    return f" (“{words}”)" if words else ""


@contextmanager
def _alone(lock: Path) -> Iterator[bool]:
    """Whether no other process holds it; held meanwhile, and let go by the system when we die."""
    try:
        file = lock.open("w")
    except OSError:
        yield True  # nothing can be kept there either
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True
