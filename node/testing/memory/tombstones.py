"""What was ended, as in `store.tombstones`."""

from node.testing.memory.unit import Unit


class Tombstones:
    """Those of one unit."""

    def __init__(self, unit: Unit) -> None:
        self._graves = unit.tables.graves

    async def has(self, id: str, actor: str = "") -> bool:
        return any(grave == (id, actor or grave[1]) for grave in self._graves)

    async def add(self, id: str, actor: str) -> None:
        self._graves[id, actor] = None

    async def drop(self, id: str, actor: str) -> None:
        self._graves.pop((id, actor), None)
