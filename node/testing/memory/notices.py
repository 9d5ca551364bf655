"""Notices, as in `store.notices`."""

from collections.abc import Callable

from node.store.notices import REST
from node.testing.memory.hushed import is_hushed
from node.testing.memory.tables import Notice
from node.testing.memory.unit import Unit
from node.wire.times import micros


class Notices:
    """Those of one unit."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._kept = unit.tables.notices

    async def add(
        self,
        account: str,
        kind: str,
        actor: str,
        object: str,
        once: bool = False,
        quiet: bool = False,
    ) -> None:
        said = (account, kind, actor, object)
        for one in self._kept.values():
            same = (one.account, one.kind, one.actor, one.object) == said
            if same and (once or not one.read):
                return
        id = self._unit.fresh()
        self._kept[id] = Notice(*said, micros(self._unit.now))
        rested = self._unit.tables.rests.get(said)
        hushed = is_hushed(self._unit, account, kind, actor, object)
        if quiet or hushed or (rested is not None and rested > self._unit.now - REST):
            return
        told = {"id": id, "kind": kind, "actor": actor, "object": object}
        self._unit.tell_each([account], "notice", told, about=id)

    async def take_back(self, which: Callable[[Notice], bool], rests: bool = False) -> None:
        for id, one in list(self._kept.items()):
            if which(one):
                del self._kept[id]
                self._unit.retract_events(one.account, "notice", [id])
                if rests:
                    said = (one.account, one.kind, one.actor, one.object)
                    self._unit.tables.rests[said] = self._unit.now
