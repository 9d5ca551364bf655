"""The keys of one's account between this device and its home node (spec DEV-12, KEY-7)."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Final
from uuid import UUID

from node.client.api_client import ApiClient
from node.client.conversation_events import ConversationEvent, KeysHeld
from node.client.device import Device
from node.client.key_signing import PutKeys, SignedKeys
from node.client.looking import Shown
from node.client.seat import CLAUSES as SEAT_CLAUSES
from node.errors import (
    Conflict,
    Forbidden,
    Missing,
    Outdated,
    Refused,
    Unproven,
    will_pass,
)
from node.wire.api.accounts import DeviceList
from node.wire.api.keys import AccountKeys, NewAccountKeys

PATH: Final = "/account/devices"
MOST_TRIES: Final = 8  # others may be quicker each time; more often that is no accident
NO_KEYS: Final = "KEY-7.5"
NO_PATH: Final = "API-1.5"  # an older node, which keeps no keys
OF_KEYS: Final = ("KEY-", "MLS-")  # clauses that keys themselves may break
OTHER_ROOT: Final = "KEY-7.4"
QUICKER: Final = "other devices change the account's keys all the time"
AWAITED: Final = (
    "your server has no keys of your account, and another of your devices may hold them: open Kith"
    " there, or end those that you have no more with kith devices revoke; after 30 days this device"
    " makes new ones"
)


def id_of(device: str) -> bytes:
    """What the list calls the device that the home node calls `device`.

    Raises `Missing` (DEV-12.6) for what is no device's id.
    """
    try:
        return UUID(device).bytes
    except ValueError:
        raise Missing("DEV-12.6", f"{device!r} is not the id of a device") from None


def _is_in_the_way_of_all(error: Refused) -> bool:
    """Of no token, of too many requests, of a seat that others have: not of the keys alone.

    A signature in the keys that is not right is Unproven too, and whoever had the list key may
    have made it: that ends nothing else (DEV-12.9).
    """
    is_of_token = isinstance(error, Unproven) and not error.clause.startswith(OF_KEYS)
    return is_of_token or will_pass(error) or error.clause in SEAT_CLAUSES


class KeyKeeper:
    """Sees to it that the home node has the account's keys, and this device the newest."""

    def __init__(
        self,
        api: ApiClient,
        device: Device,
        id: str,
        seconds: Callable[[], int],
        tell: Callable[[Iterable[ConversationEvent]], None],
    ) -> None:
        self._api = api
        self._device = device
        self._id = id
        self._seconds = seconds
        self._tell = tell
        self._told = ""

    async def keep(self) -> None:
        """Begin the account's keys where it has none; take newer ones, put what is owed.

        A device that came by a password alone has none, and changes nothing (DEV-12.1). What is in
        the way of the keys is told once, and is in the way of nothing else (DEV-12.9).
        """
        if not (self._device.has_keys or self._id):
            return
        try:
            await self._keep()
            self._told = ""
        except Refused as error:
            if _is_in_the_way_of_all(error):
                raise
            if error.clause != NO_PATH and error.clause != self._told:
                self._told = error.clause
                self._tell([KeysHeld(error.clause, error.reason)])

    async def _keep(self) -> None:
        told = await self.read()
        if self._device.has_keys:
            self._device.meet_keys(told, self._seconds())
            await self.put()
        elif told is None:
            await self._begin()
        else:
            self._device.await_no_keys()
        if told is not None:
            self._look(Shown(told.delegation, told.list))

    def _look(self, keys: Shown) -> None:
        """Judge the leaves of the account by its keys as they are now (DEV-16.7)."""
        self._tell(self._device.trust.seen_own(keys, self._seconds()))

    async def _begin(self) -> None:
        others = (await self._api.ask("GET", "/devices", DeviceList)).items
        alone = all(one.id == self._id for one in others)
        if not self._device.may_begin_keys(alone, self._seconds()):
            raise Missing("DEV-12.2", AWAITED)
        self._device.begin_keys(id_of(self._id), self._seconds())
        try:
            await self.put()
        except Forbidden as error:
            # The login is long ago; or another program made a root, and put no keys of it.
            if error.clause == OTHER_ROOT:
                self._device.drop_keys()
            raise

    async def change(self, intent: Callable[[], Awaitable[None]], password: str = "") -> None:
        """Change the account's keys, upon those of others when they are quicker (DEV-12.3).

        `intent` changes the device's. What it raises the second time is not told: others did it.
        `password` proves another root (KEY-7.4).
        """
        for tried in range(MOST_TRIES):
            try:
                await intent()
            except Refused:
                if tried:
                    return
                raise
            if await self.put(password):
                return
        raise Conflict("DEV-12.3", QUICKER)

    async def put(self, password: str = "") -> bool:
        """Put what is owed; False when keys of others took its place.

        Raises `Conflict` (DEV-12.3) when others are quicker all the time.
        """
        came = True
        for _ in range(MOST_TRIES):
            owed = self._device.keys_owed()
            if owed is None:
                self._device.certify(self._seconds())
                return came
            told = await self._put(owed, password)
            came = told == owed.keys
            self._device.meet_keys(told, self._seconds())
            if told is not None:
                self._look(Shown(told.delegation, told.list))
        raise Conflict("DEV-12.3", QUICKER)

    async def _put(self, owed: PutKeys, password: str) -> SignedKeys | None:
        """What is there afterwards: ours, or those of who was quicker."""
        keys = owed.keys
        body = NewAccountKeys(
            delegation=keys.delegation, list=keys.list, box=keys.box, password=password
        )
        condition = {"If-Match": f'"{owed.before}"'}
        try:
            await self._api.ask("PUT", PATH, AccountKeys, body, more=condition)
        except Outdated:
            return await self.read()
        except Forbidden as error:
            # Another device began the account's keys between our look and our word.
            if error.clause != OTHER_ROOT or (there := await self.read()) is None:
                raise
            return there
        return keys

    async def read(self) -> SignedKeys | None:
        """What the home node has; None where the account has no keys yet."""
        try:
            found = await self._api.ask("GET", PATH, AccountKeys)
        except Missing as error:
            if error.clause != NO_KEYS:
                raise
            return None
        return SignedKeys(found.delegation, found.list, found.box)
