"""Which life of a node's rows this is, over a `MemoryTables`."""

from msgspec.structs import replace

from node.store.incarnation import INCARNATION, INCARNATION_BYTES, RESTORED
from node.testing.memory.unit import Unit
from node.wire.times import micros


class IncarnationUnit(Unit):
    """Names the life. Nothing in memory is put back from a copy but by a test."""

    async def incarnation(self) -> str:
        return self.tables.settings.get(INCARNATION, "")

    async def restored_at(self) -> int:
        return int(self.tables.settings.get(RESTORED, "0"))

    async def renew_incarnation(self) -> str:
        if INCARNATION in self.tables.settings:
            self.tables.settings[RESTORED] = str(micros(self.now))
        name = self.context.entropy.draw(INCARNATION_BYTES).hex()
        self.tables.settings[INCARNATION] = name
        for id, one in self.tables.packages.items():
            if one.claimed is None and not one.offer.last_resort:
                self.tables.packages[id] = replace(one, claimed=micros(self.now))
        return name
