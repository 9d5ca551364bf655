"""What is written is posted once, also where an answer is lost and it is said again (API-9.12)."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

import msgspec

from node.client import profile
from node.errors import Conflict, Unreachable
from node.ports import Clock, Entropy
from node.wire.times import from_micros, micros

FILE: Final = "written.json"
SURE: Final = timedelta(hours=23)  # the node knows a key for a day
LOOK: Final = "Whether it is posted is not known here: see kith feed --mine, and kith comments"
AGAIN: Final = "; or say it again: the same words are posted once, and of changed ones you are told"
EARLIER: Final = (
    "what you said there before, and changed, is posted: only the answer was lost. This is not"
    " posted: say it once more to post it as well"
)
UNKNOWN: Final = (
    "something that you said there before got no answer, and may be posted. This is not posted:"
    " look, and say it once more to post it"
)


class Tried(msgspec.Struct, frozen=True):
    """The key of what was said and not answered, since when, and whose token it was said with."""

    key: str
    at: int  # microseconds
    token: str  # its SHA-256, in hex


class Written:
    """What is posted by this account of this machine, and not answered, by the path in the API."""

    def __init__(self, own: profile.Profile, home: Path, clock: Clock, entropy: Entropy) -> None:
        self._file = profile.folder_of(home, own.handle) / FILE
        self._token = hashlib.sha256(own.token.encode()).hexdigest()
        self._clock = clock
        self._entropy = entropy

    @asynccontextmanager
    async def posting(self, path: str) -> AsyncIterator[str]:
        """The key to post to `path` with; that of an earlier one, as long as its answer is missing.

        Raises `Conflict` (API-6.2) when that was posted, and what is said now is not.
        """
        tried = self._all().get(path)
        if tried is not None and not self._is_known(tried):
            self._keep(path, None)
            raise Conflict("API-6.2", UNKNOWN)
        key = tried.key if tried else self._entropy.draw(16).hex()
        now = tried or Tried(key, micros(self._clock.now()), self._token)
        try:
            yield key
        except Unreachable as error:
            raise self._unanswered(path, now, error) from None
        except asyncio.CancelledError:  # stopped in the middle of it: nobody knows
            self._keep(path, now)
            raise
        except Conflict as error:
            self._keep(path, None)
            raise (Conflict("API-6.2", EARLIER) if error.clause == "API-6.2" else error) from None
        self._keep(path, None)

    def _unanswered(self, path: str, now: Tried, error: Unreachable) -> Unreachable:
        if error.never_sent and path not in self._all():
            return error
        again = AGAIN if self._keep(path, now) else ""
        return Unreachable(f"{error}. {LOOK}{again}")

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
