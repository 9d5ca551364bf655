"""Routes of mutes (spec INB-11)."""

from collections.abc import Awaitable, Callable, Sequence

from msgspec import Struct

from node.errors import Malformed
from node.inbox import mutes
from node.inbox.mutes import Mute, MuteKind
from node.store.mutes import MutesUnit
from node.store.unit import Units
from node.web.api.scopes import Scope
from node.web.routes import Call, Reply, Route
from node.wire.api.mutes import MuteList, MuteView, NewMute


class Mutes(Struct, frozen=True):
    """`whom` knows actors by handle or id."""

    units: Units
    whom: Callable[[str], Awaitable[str]]

    async def list(self, call: Call) -> Reply:
        account = call.caller.account

        async def look(unit: MutesUnit) -> MuteList:
            return MuteList(items=await _views(unit, await unit.mutes(account)))

        return Reply(await self.units.look(MutesUnit, look))

    async def put(self, call: Call) -> Reply:
        asked: NewMute = call.body
        account, actor, kind = call.caller.account, call.caller.actor, MuteKind(asked.kind)
        span, of = mutes.read_span(asked.seconds), await self._meant(kind, asked.of)

        async def work(unit: MutesUnit) -> MuteView:
            made = await mutes.mute(unit, account, actor, kind, of, span)
            return (await _views(unit, [made]))[0]

        return Reply(await self.units.run(MutesUnit, work))

    async def drop(self, call: Call) -> Reply:
        account, named = call.caller.account, call.query.get("kind", "")
        if named not in list(MuteKind):
            raise Malformed("INB-11.1", "kind is person, thread or word")
        kind = MuteKind(named)
        of = await self._meant(kind, call.query.get("of", ""))
        await self.units.run(MutesUnit, lambda unit: mutes.unmute(unit, account, kind, of))
        return Reply()

    async def _meant(self, kind: MuteKind, text: str) -> str:
        return await self.whom(text) if kind is MuteKind.PERSON else text.strip()


async def _views(unit: MutesUnit, found: Sequence[Mute]) -> list[MuteView]:
    people = await unit.people(one.ref for one in found if one.kind is MuteKind.PERSON)
    return [
        MuteView(
            kind=one.kind.value,
            ref=one.ref,
            person=people.get(one.ref),
            created=one.created,
            until=one.until,
        )
        for one in found
    ]


def routes(units: Units, whom: Callable[[str], Awaitable[str]]) -> tuple[Route, ...]:
    """The routes of this room."""
    mutes = Mutes(units, whom)
    which = {"kind": "person, thread or word", "of": "as it was muted, or as the list says"}
    return (
        Route("GET", "/mutes", mutes.list, "What you mute, the newest first.",
              Scope.READ, answers=MuteList),
        Route("PUT", "/mutes", mutes.put,
              "Mute a person, a thread or a word, for a time or for good; nobody learns of it.",
              Scope.WRITE, NewMute, MuteView),
        Route("DELETE", "/mutes", mutes.drop, "Take a mute back.",
              Scope.WRITE, status=204, query=which),
    )  # fmt: skip
