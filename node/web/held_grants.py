"""Grants to play that found no room in the database: what only reads goes on (spec VID-7.2)."""

from collections import OrderedDict

from node.video.playing import Grant

MOST = 10_000  # the oldest go first: who loses one asks again


class HeldGrants:
    """In memory, by the digest of the capability, for as long as the process goes on."""

    def __init__(self) -> None:
        self._held: OrderedDict[bytes, Grant] = OrderedDict()

    async def put(self, digest: bytes, grant: Grant) -> None:
        """Hold it, as `put_grant` of a unit keeps one."""
        self._held[digest] = grant
        while len(self._held) > MOST:
            self._held.popitem(last=False)

    def get(self, digest: bytes) -> Grant | None:
        return self._held.get(digest)
