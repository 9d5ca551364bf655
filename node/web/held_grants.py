"""Grants to play that found no room in the database: what only reads goes on (spec VID-7.2)."""

from collections.abc import Iterable

from node.store.wakeups import GRANTS, of_grants
from node.video.playing import Grant
from node.wire.ids import covering, origin

MOST = 10_000  # who loses one asks again


class HeldGrants:
    """In memory, by the digest of the capability, for as long as the process goes on.

    They end with those of the database, for good (VID-7.3): what ends these is heard here, and
    what was not heard (another process may have suspended somebody) is seen when one is used.
    """

    def __init__(self) -> None:
        self._held: dict[bytes, tuple[Grant, frozenset[str]]] = {}  # the oldest first

    async def put(self, digest: bytes, grant: Grant) -> None:
        """Hold it, as `put_grant` of a unit keeps one."""
        if len(self._held) >= MOST:
            del self._held[next(iter(self._held))]
        self._held[digest] = grant, _ended_by(grant)

    def get(self, digest: bytes) -> Grant | None:
        found = self._held.get(digest)
        return found[0] if found else None

    def forget(self, digest: bytes) -> None:
        """It was seen that it opens nothing now: it never will again."""
        self._held.pop(digest, None)

    def overhear(self, names: Iterable[str]) -> None:
        """Forget those that end with one of these wakeups."""
        ended = {name for name in names if name.startswith(GRANTS)}
        if ended:
            self._held = {
                digest: held for digest, held in self._held.items() if ended.isdisjoint(held[1])
            }


def _ended_by(grant: Grant) -> frozenset[str]:
    servers = covering(origin(grant.actor).authority)
    alone = (grant.actor, grant.author, *servers)
    return frozenset((of_grants(grant.actor, grant.author), *map(of_grants, alone)))
