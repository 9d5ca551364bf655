"""Grants to play that found no room in the database: what only reads goes on (spec VID-7.2)."""

from cachetools import LRUCache

from node.video.playing import Grant

MOST = 10_000  # who loses one asks again


class HeldGrants:
    """In memory, by the digest of the capability, for as long as the process goes on."""

    def __init__(self) -> None:
        self._held: LRUCache[bytes, Grant] = LRUCache(MOST)

    async def put(self, digest: bytes, grant: Grant) -> None:
        """Hold it, as `put_grant` of a unit keeps one."""
        self._held[digest] = grant

    def get(self, digest: bytes) -> Grant | None:
        return self._held.get(digest)
