"""Conversations follow the lists: who is listed is added, who is on no list taken out (DEV-17)."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final

from node.client import silence
from node.client.device import Device
from node.e2ee.mls.public import key_package
from node.errors import Full, NodeError, Refused, Unreachable

REST_SECONDS: Final = 60  # after a round that had nobody to add
PATIENCE_SECONDS: Final = 5.0  # so long a round waits for servers; the next one goes on
ALL_ARE_IN: Final = "DEV-4.5"
OF_US: Final = ("API-", "ACC-")  # clauses of who asks, whomever they ask for

Claim = Callable[[str, Collection[str]], Awaitable[list[bytes]]]
Keep = Callable[[], Awaitable[None]]


class Following:
    """What one device adds by itself. What cannot be done now is looked at again."""

    def __init__(
        self, device: Device, claim: Claim, keep: Keep, seconds: Callable[[], int]
    ) -> None:
        """`claim` gives one key package of each named device of an actor that may be added; `keep`
        reads the account's own list."""
        self._device = device
        self._claim = claim
        self._keep = keep
        self._seconds = seconds
        self._turn = asyncio.Lock()
        self._rested: int | None = None
        self._ready = set[str]()
        self._asked = ""  # whose devices are claimed
        self._came: dict[bytes, bytes] = {}  # what came of it so far
        self._heard: dict[str, int] = {}  # by device: when that was of use last
        self._is_unlisted = False  # one is ready that stands in no list that this device knows
        self._read: int | None = None  # when the list was read because of that

    def ready(self, device: str) -> None:
        """A device of our account has key packages now (E2E-2.11). The next round asks for it, or
        one behind that which is under way."""
        self._ready.add(device)

    async def round(self) -> None:
        """Add what is missing, in the newest conversations first. Rounds take turns."""
        async with self._turn:
            await self._hear()
            while not self._is_recent(self._rested):
                try:
                    async with asyncio.timeout(PATIENCE_SECONDS):
                        await self._round()
                except TimeoutError:
                    self._cut()
                if not self._ready:
                    return
                await self._hear()

    def _is_recent(self, at: int | None) -> bool:
        return at is not None and 0 <= self._seconds() - at < REST_SECONDS

    def rest(self) -> int:
        """How many seconds until the list is read for one who is ready; an hour at most."""
        if not self._is_unlisted:
            return silence.LONGEST_WAIT
        read, now = self._read, self._seconds()
        return read + REST_SECONDS - now if read is not None and self._is_recent(read) else 0

    async def _hear(self) -> None:
        """Once a minute of each device, and only of one that was asked for in vain; for those that
        are on no list the list is read, once a minute for all of them."""
        trust = self._device.trust
        while self._ready:
            device = self._ready.pop()
            if device not in trust.named(self._device.actor).values():
                self._is_unlisted = True
            elif self._is_recent(self._heard.get(device)):
                continue
            elif trust.ready(device, self._seconds()):
                self._heard[device] = self._seconds()
                self._rested = None
        if self._is_unlisted and not self._is_recent(self._read):
            await self._read_list()

    async def _read_list(self) -> None:
        """Another device may have put a newer one. What is in the way leaves it to be read."""
        trust, own = self._device.trust, self._device.actor
        known, self._read = trust.named(own), self._seconds()
        await self._keep()
        self._is_unlisted = False
        if trust.named(own) != known:
            self._rested = None

    async def _round(self) -> None:
        trust, added = self._device.trust, False
        for group in trust.overdue(self._seconds()):
            self._device.refresh(group, self._seconds())
        # Our own devices wait for nobody else's server.
        own = self._device.actor
        lacking = sorted(trust.lacking(self._seconds()), key=lambda each: each[1] != own)
        for group, actor in lacking:
            # What came of the group before may say that nobody is left to ask.
            missing = trust.missing(group, actor)
            for keys in trust.to_ask(group, missing, self._seconds()):
                found: dict[bytes, bytes] = {}
                self._asked, self._came = actor, found
                try:
                    await self._ask(actor, {key: missing[key] for key in keys}, found)
                except (Refused, Unreachable):
                    return  # that our own node is away, or what it says of us
                finally:  # what came before the rest was cut off is used
                    added |= bool(found) and self._add(group, actor, found)
        self._rested = self._seconds() if lacking and not added else None
        trust.followed()

    async def _ask(
        self, actor: str, missing: Mapping[bytes, str], found: dict[bytes, bytes]
    ) -> None:
        """The key packages that there are go to `found`. What is refused for several is asked for
        one by one: each device stands for itself. Raises what our own node, or its absence, says
        of us."""
        given = dict[bytes, bytes]()
        try:
            for data in await self._claim(actor, sorted(missing.values())):
                given[key_package.parse(data).leaf.signature_key] = data
        except (Refused, Unreachable) as error:
            if _is_ours(error):
                raise
            if isinstance(error, Refused) and len(missing) > 1:
                for key, id in missing.items():
                    await self._ask(actor, {key: id}, found)
                return
        came = missing.keys() & given.keys()
        self._device.trust.claimed(came, missing.keys() - came, self._seconds())
        found |= {key: given[key] for key in sorted(came)}

    def _cut(self) -> None:
        """A claim took too long: a server that is silent is so for each device of theirs, but for
        those of which a package just came."""
        trust, now = self._device.trust, self._seconds()
        due = {
            key
            for group, actor in trust.lacking(now)
            if actor == self._asked
            for keys in trust.to_ask(group, trust.missing(group, actor), now)
            for key in keys
        }
        trust.claimed((), due - self._came.keys(), now)

    def _add(self, group: str, actor: str, packages: Mapping[bytes, bytes]) -> bool:
        """Whether somebody was added. Who cannot be keeps nobody else out."""
        try:
            self._device.add(group, {actor: [*packages.values()]}, self._seconds(), listed=True)
        except Refused as error:
            if error.clause == ALL_ARE_IN:
                return False
            if len(packages) > 1:
                alone = [self._add(group, actor, {key: packages[key]}) for key in packages]
                return any(alone)
            self._device.trust.declined(group, packages, self._seconds())
            return False
        return True


def _is_ours(error: NodeError) -> bool:
    """Whether it says nothing of anybody's devices: our own node is away, or has no room, or it is
    about our token, our seat or how often we ask. A key package that is not proven is theirs."""
    if isinstance(error, Unreachable):
        return not error.beyond
    is_of_us = isinstance(error, Refused) and error.clause.startswith(OF_US)
    return is_of_us or isinstance(error, Full)
