"""Conversations follow the lists: who is listed is added, who is on no list taken out (DEV-17)."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from typing import Final

from node.client.device import Device
from node.e2ee.mls.public import key_package
from node.errors import Refused, Unproven, Unreachable

REST_SECONDS: Final = 60  # after a round that had nobody to add
PATIENCE_SECONDS: Final = 5.0  # so long a round waits for servers; the next one goes on

Claim = Callable[[str, Collection[str]], Awaitable[list[bytes]]]


class Following:
    """What one device adds by itself. What cannot be done now is looked at again."""

    def __init__(self, device: Device, claim: Claim, seconds: Callable[[], int]) -> None:
        """`claim` gives one key package of each named device of an actor that may be added."""
        self._device = device
        self._claim = claim
        self._seconds = seconds
        self._rested: int | None = None

    def ready(self, device: str) -> None:
        """A device of our account has key packages now (E2E-2.11)."""
        self._device.trust.ready(device)
        self._rested = None

    async def round(self) -> None:
        """Add what is missing, in the newest conversations first. Raises `Unproven`."""
        if self._rested is not None and 0 <= self._seconds() - self._rested < REST_SECONDS:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._round()

    async def _round(self) -> None:
        trust, added = self._device.trust, False
        for group in trust.overdue(self._seconds()):
            self._device.refresh(group, self._seconds())
        lacking = trust.lacking(self._seconds())
        for group, actor in lacking:
            try:
                added |= await self._follow(group, actor)
            except Unreachable:
                return  # our own node is away
        self._rested = self._seconds() if lacking and not added else None
        trust.followed()

    async def _follow(self, group: str, actor: str) -> bool:
        """Add whom there is a package of; whether there was. Raises `Unproven`, `Unreachable` of
        our own node."""
        missing = self._device.trust.missing(group, actor)
        keys = self._device.trust.to_ask(group, missing, self._seconds())
        if not keys:
            return False  # what came of the group before may say that nobody is left to ask
        try:
            return await self._add(group, actor, {key: missing[key] for key in keys})
        except (Refused, Unreachable) as error:
            is_own = isinstance(error, Unreachable) and not error.beyond
            if is_own or isinstance(error, Unproven):
                raise
            return False

    async def _add(self, group: str, actor: str, missing: dict[bytes, str]) -> bool:
        trust, found, keys = self._device.trust, dict[bytes, bytes](), missing.keys()
        try:
            for data in await self._claim(actor, sorted(missing.values())):
                found[key_package.parse(data).leaf.signature_key] = data
        except (Refused, Unreachable, asyncio.CancelledError) as error:
            if not isinstance(error, Unreachable) or error.beyond:
                trust.claimed((), keys, self._seconds())
            raise
        came = keys & found.keys()
        trust.claimed(came, keys - came, self._seconds())
        if came:
            packages = [found[key] for key in sorted(came)]
            try:
                self._device.add(group, {actor: packages}, self._seconds())
            except Refused:
                trust.declined(group, came, self._seconds())
                raise
        return bool(came)
