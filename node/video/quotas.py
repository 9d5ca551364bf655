"""Pure: how much a person may keep and have under way (spec VID-1.9)."""

from msgspec import Struct

from node.errors import Full, TooMuch


class Quota(Struct, frozen=True):
    """What the node grants one account. Bytes count originals under way and all that is kept."""

    total_bytes: int = 10 * 2**30
    open_uploads: int = 5


class Use(Struct, frozen=True):
    """What one account has: bytes kept, bytes announced but not yet whole, uploads under way."""

    kept_bytes: int
    announced_bytes: int
    open_uploads: int


def left(quota: Quota, use: Use) -> int:
    """The bytes that may still be announced; never below zero."""
    return max(0, quota.total_bytes - use.kept_bytes - use.announced_bytes)


def fit(free_bytes: int, reserve_bytes: int, promised_bytes: int, size: int) -> None:
    """Silence when the node's disk takes `size` more bytes, else `Full` (VID-5.3).

    `promised_bytes` were announced by others and have not come yet; `reserve_bytes` stay free.
    """
    if size > free_bytes - reserve_bytes - promised_bytes:
        raise Full("VID-5.3", "the node's disk has no room for this: try again later", size=size)


def admit(quota: Quota, use: Use, size: int) -> None:
    """Silence when `size` more bytes fit, else `TooMuch` (VID-1.9) that says what to do.

    What is announced counts at once: ten uploads begun together must not pass one by one.
    """
    if use.open_uploads >= quota.open_uploads:
        raise TooMuch(
            "VID-1.9",
            f"{use.open_uploads} uploads are under way: finish or cancel one",
            open_uploads=use.open_uploads,
        )
    grow(quota, use, size)


def grow(quota: Quota, use: Use, size: int) -> None:
    """Silence when `size` more bytes fit, however many uploads are under way, else `Full`."""
    free = left(quota, use)
    if size > free:
        raise Full(
            "VID-1.9",
            f"{size} bytes do not fit into the {free} that are left: delete a video",
            size=size,
            left=free,
        )
