"""A device's seat: of two copies of one vault only one is the device (spec ACC-4.4, ACC-4.5).

A vault that remembers more than the node shows that the node was put back from a copy: if the node
gave it that seat, and since its present life began (ACC-4.7).
"""

import hashlib
import hmac
from typing import Final, Protocol

from msgspec import Struct

from node.errors import Conflict, Malformed

NONCE_BYTES: Final = 16
TIME_BYTES: Final = 8
DIGEST_BYTES: Final = 16
LONGEST_PROOF: Final = TIME_BYTES + DIGEST_BYTES
# How far ahead a seat is where the node forgot others: of no number given since its copy.
FAR: Final = 2**20
HEADER: Final = "Kith-Seat"
LEFT_BEHIND: Final = (
    "this vault is an older copy, or another copy of it is in use: log in again to make this"
    " machine a device of its own"
)


class Seat(Struct, frozen=True):
    """The number that a device's requests carry, and by which nonce it was taken."""

    number: int = 0
    nonce: bytes = b""


class SeatUnit(Protocol):
    """What this page needs of a unit."""

    async def seat_of(self, device: str) -> Seat:
        """The seat of a device; none is number 0. Nobody else takes one before the unit ends."""
        ...

    async def keep_seat(self, device: str, seat: Seat) -> None: ...

    async def restored_at(self) -> int:
        """When the present life of the database began, in microseconds; 0 for the first."""
        ...

    async def renew_incarnation(self) -> str: ...


class Proofs:
    """What the node gives with a seat, by which it knows later that it did (ACC-4.7)."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def of(self, device: str, seat: int, at: int) -> bytes:
        """The proof that `device` was given `seat` at this instant, in microseconds."""
        when = at.to_bytes(TIME_BYTES, "big")
        said = when + f"{device}\n{seat}".encode()
        return when + hashlib.blake2b(said, key=self._secret, digest_size=DIGEST_BYTES).digest()

    def given_at(self, device: str, seat: int, proof: bytes) -> int | None:
        """When `device` was given `seat`; None where this does not prove it."""
        at = int.from_bytes(proof[:TIME_BYTES], "big")
        return at if hmac.compare_digest(self.of(device, seat, at), proof) else None


async def take(
    unit: SeatUnit, proofs: Proofs, device: str, have: int, nonce: bytes, proof: bytes
) -> tuple[Seat, bool]:
    """The device's next seat, and whether this node was restored from a copy without knowing it.

    `have` is the seat that the vault remembers, `proof` what came with it. Raises `Malformed` and
    `Conflict` (ACC-4.4).
    """
    if len(nonce) != NONCE_BYTES or len(proof) > LONGEST_PROOF or not 0 <= have < 2**53 - FAR:
        raise Malformed("ACC-4.4", "a seat is taken with its last number and 16 random bytes")
    kept = await unit.seat_of(device)
    if kept.nonce == nonce:
        return kept, False
    if kept.number > have:
        raise Conflict("ACC-4.4", LEFT_BEHIND)
    restored = False
    if kept.number < have:
        at = proofs.given_at(device, have, proof)
        restored = at is not None and at >= await unit.restored_at()
        have += FAR
    if restored:
        await unit.renew_incarnation()
    taken = Seat(have + 1, nonce)
    await unit.keep_seat(device, taken)
    return taken, restored


def check(seat: int, said: str) -> None:
    """A request `said` the seat of its device. Raises `Conflict` (ACC-4.5)."""
    if seat and said != str(seat):
        raise Conflict("ACC-4.5", LEFT_BEHIND)
