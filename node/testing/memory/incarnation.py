"""Which life of a node's rows this is, over a `MemoryTables`."""

from msgspec.structs import replace

from node.store.incarnation import INCARNATION, INCARNATION_BYTES
from node.testing.memory.unit import Unit
from node.wire.times import micros


class IncarnationUnit(Unit):
    """Names the life. Nothing in memory is put back from a copy but by a test."""

    async def incarnation(self) -> str:
        return self.tables.settings.get(INCARNATION, "")

    async def renew_incarnation(self) -> str:
        name = self.context.entropy.draw(INCARNATION_BYTES).hex()
        self.tables.settings[INCARNATION] = name
        for id, one in self.tables.packages.items():
            if one.claimed is None and not one.offer.last_resort:
                self.tables.packages[id] = replace(one, claimed=micros(self.now))
        return name
