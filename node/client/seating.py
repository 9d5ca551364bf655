"""That a vault is the device, asked of its home node (spec DEV-8.1)."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

from node.client.api_client import SEAT_PATH, ApiClient
from node.client.conversation_events import ConversationEvent
from node.client.device import Device
from node.errors import Conflict, Refused
from node.wire.api.e2ee import TakenSeat, TakeSeat

SEAT_SECONDS: Final = 600  # so often another one is taken: a node put back from a copy is found out


class Seating:
    """The seat of one device. Calls may come at once: they take turns."""

    def __init__(
        self,
        api: ApiClient,
        device: Device,
        seconds: Callable[[], int],
        tell: Callable[[Iterable[ConversationEvent]], None],
    ) -> None:
        self._api = api
        self._device = device
        self._seconds = seconds
        self._tell = tell
        self._turn = asyncio.Lock()
        self._taken: int | None = None
        api.retake = self.retake
        api.left_behind = self.freeze

    @property
    def _lasts(self) -> bool:
        """A clock that was set back does not make it last longer."""
        return self._taken is not None and 0 <= self._seconds() - self._taken < SEAT_SECONDS

    async def take(self) -> None:
        """Before anything is sent, and now and then. Raises `Conflict` (ACC-4.4)."""
        async with self._turn:
            self._device.check_seat()
            while not self._lasts:
                asked = self._device.ask_seat()
                body = TakeSeat(have=asked.have, proof=asked.proof, nonce=asked.nonce)
                try:
                    taken = await self._api.ask("POST", SEAT_PATH, TakenSeat, body, once=False)
                except Conflict as error:
                    self.freeze(error)
                    raise
                self._device.take_seat(taken.seat, taken.proof)
                self._api.seat = taken.seat
                if not asked.again:
                    self._taken = self._seconds()

    async def retake(self, refused: int) -> None:
        """The node refused this seat: it was put back from a copy, or another copy of this vault is
        the device (DEV-8.2). Raises `Conflict` (ACC-4.4) for the second."""
        if self._api.seat == refused:  # else another request has met it before
            self._taken = None
        await self.take()

    def freeze(self, error: Refused) -> None:
        """Another copy of this vault is the device."""
        if not self._device.frozen:
            self._tell(self._device.freeze(error))
