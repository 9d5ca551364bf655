"""Who calls: bearer tokens, their scopes, and the administrator's door (API-3)."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from cachetools import TTLCache
from msgspec.structs import replace

from node.accounts.account import Role, State
from node.accounts.sessions import SEEN_EVERY_SECONDS, Bearer
from node.accounts.tokens import digest_of
from node.errors import Forbidden, NoRoom, Unproven
from node.ports import Clock
from node.store.sessions import SessionsUnit
from node.store.unit import Units
from node.store.wakeups import Wakeups
from node.web.routes import Caller, Route

KEPT_SECONDS = 5.0
MOST_KEPT = 10_000


def read_bearer(headers: Mapping[str, str]) -> bytes | None:
    """The digest of the request's token, or None when it brings none."""
    scheme, _, secret = headers.get("Authorization", "").partition(" ")
    if not scheme:
        return None
    if scheme.lower() != "bearer" or not secret.strip():
        raise Unproven("API-3.1", "the Authorization header holds no bearer token")
    return digest_of(secret.strip())


def admit(route: Route, caller: Caller | None) -> None:
    """Whether `caller` may use `route`. Raises `Unproven` (API-3.1), `Forbidden` (API-3.2, 3.3)."""
    scopes = route.scopes
    if not scopes and not route.admin:
        return
    if caller is None:
        raise Unproven("API-3.1", "this call needs a token: log in first")
    if scopes and caller.scopes.isdisjoint(scopes):
        words = " or ".join(scopes)
        raise Forbidden(
            "API-3.2",
            f"this token lacks the scope {words}: get one that has it",
            scope=words,
        )
    if route.admin and caller.role != Role.ADMIN:
        raise Forbidden("API-3.3", "this is for the node's administrators")


class Authenticator:
    """Knows callers by their tokens, and remembers them for a few seconds.

    Whatever ends a token in this process wakes `tokens`, so that it ends at once; in
    other processes on the same database it ends within `KEPT_SECONDS` (API-3.5).
    """

    def __init__(self, units: Units, clock: Clock, wakeups: Wakeups) -> None:
        self._units = units
        self._clock = clock
        self._wakeups = wakeups
        self._kept: TTLCache[bytes, Bearer] = TTLCache(MOST_KEPT, KEPT_SECONDS, clock.ticks)
        self._rung: asyncio.Future[None] | None = None

    async def _bearer(self, digest: bytes) -> Bearer | None:
        if self._rung is None or self._rung.done():
            # Listen before looking: what ends while we look is heard the next time.
            self._rung = self._wakeups.listen("tokens")
            self._kept.clear()
        bearer = self._kept.get(digest)
        if bearer is None:
            bearer = await self._units.glance(SessionsUnit, lambda unit: unit.bearer(digest))
            if bearer is not None and not self._rung.done():
                self._kept[digest] = bearer
        return bearer

    async def caller(self, digest: bytes, seat: str = "") -> Caller:
        """Whom the token proves. Raises `Unproven` (API-3.1).

        `seat`: what the request says of it; another one than is remembered is looked up.
        """
        bearer = await self._bearer(digest)
        if seat and bearer is not None and str(bearer.seat) != seat:
            self._kept.pop(digest, None)
            bearer = await self._bearer(digest)
        if bearer is None or bearer.state is not State.ACTIVE:
            raise Unproven("API-3.1", "this token is not valid: log in again")
        if self._stale(bearer):
            await self._note_seen(digest, bearer)
        return Caller(
            account=bearer.account,
            actor=bearer.actor,
            name=bearer.name,
            role=bearer.role,
            session=bearer.session,
            device=bearer.device,
            token=digest,
            scopes=frozenset(bearer.scopes.split()),
            seat=bearer.seat,
        )

    async def _note_seen(self, digest: bytes, bearer: Bearer) -> None:
        async def note(unit: SessionsUnit) -> None:
            await unit.seen(bearer.session)
            if bearer.role == Role.ADMIN:
                await unit.admin_was_here()

        try:
            await self._units.run(SessionsUnit, note)
        except NoRoom:
            # Who only reads is answered on a full disk (FED-12.8); noted with a later request.
            if self._kept.get(digest) is bearer:
                self._kept[digest] = replace(bearer, last_seen=self._clock.now())
        else:
            self._wakeups.wake({"tokens"})

    async def holds(self, digest: bytes) -> bool:
        """Whether the token still works."""
        bearer = await self._bearer(digest)
        return bearer is not None and bearer.state is State.ACTIVE

    def _stale(self, bearer: Bearer) -> bool:
        span = timedelta(seconds=SEEN_EVERY_SECONDS)
        return self._clock.now() - bearer.last_seen >= span
