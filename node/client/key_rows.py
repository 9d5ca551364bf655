"""Pure: the rows of the account's own keys (spec DEV-1, DEV-12)."""

import msgspec


class AccountKeysRow(msgspec.Struct, kw_only=True, frozen=True):
    """This device's part in its account's keys, and the newest keys that it knows (spec KEY).

    `id` and `seal` (the private half) are its own. `rk` is empty once it was written down. `before`
    is the number d.n.b of the keys in whose place these are still to be put; empty when they were.
    `fresh` are the archive keys that came with these, 32 bytes each: rows of their own once the
    home node has them. `accepted`: it had keys of this root; `unlisted`: newer ones have no place
    for this device.
    """

    id: bytes
    seal: bytes
    list_private: bytes
    rk: bytes
    delegation: bytes
    list: bytes
    box: bytes
    before: str = ""
    fresh: bytes = b""
    accepted: bool = False
    unlisted: bool = False


class AwaitedKeysRow(msgspec.Struct, kw_only=True, frozen=True):
    """Since when (seconds) the account has been seen to have no keys, while others may have."""

    since: int
