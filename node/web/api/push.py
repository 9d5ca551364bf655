"""Routes of Web Push: the node's key, the browsers that are told, a test (spec PSH-1, PSH-3)."""

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from node.accounts import push
from node.accounts.push import GONE, Kind, Subscription, Wanted, read_kinds
from node.errors import Missing
from node.store.push import PushUnit
from node.store.unit import Units
from node.web.api.scopes import Scope
from node.web.routes import Call, Reply, Route
from node.wire.api.push import NewPush, PushKey, PushList, PushTried, PushView
from node.wire.ids import origin


class Handed(Protocol):
    """How a push service took a message."""

    @property
    def status(self) -> int | None: ...
    @property
    def trouble(self) -> str: ...


class Pushing(Protocol):
    """`net.push.Pushing`."""

    @property
    def public(self) -> bytes: ...

    async def hand(self, subscription: Subscription, kind: Kind) -> Handed: ...


class Pushes(Struct, frozen=True):
    """The verbs of Web Push. `check` refuses an endpoint that may not be called (FED-9)."""

    units: Units
    pushing: Pushing
    check: Callable[[str], object]

    async def key(self, _call: Call) -> Reply:
        return Reply(PushKey(key=self.pushing.public, kinds=[kind.value for kind in Kind]))

    async def subscribe(self, call: Call) -> Reply:
        new: NewPush = call.body
        who = call.caller
        self.check(new.endpoint)
        kinds = push.USUAL if new.kinds is None else read_kinds(new.kinds)
        wanted = Wanted(new.endpoint, new.p256dh, new.auth, kinds, new.expires)
        made = await self.units.run(
            PushUnit,
            lambda unit: push.subscribe(unit, who.account, who.session, who.device, wanted),
        )
        return Reply(_view(made, who.session))

    async def list(self, call: Call) -> Reply:
        who = call.caller
        found = await self.units.look(PushUnit, lambda unit: unit.subscriptions(who.account))
        return Reply(PushList(items=[_view(one, who.session) for one in found]))

    async def unsubscribe(self, call: Call) -> Reply:
        account, id = call.caller.account, call.path["id"]
        await self.units.run(PushUnit, lambda unit: push.unsubscribe(unit, account, id))
        return Reply()

    async def test(self, call: Call) -> Reply:
        """Whether it arrives is seen by the person: what is answered is how it was taken."""
        who = call.caller
        found = await self.units.look(PushUnit, lambda unit: unit.subscriptions(who.account))
        mine = next((one for one in found if one.session == who.session), None)
        if mine is None:
            raise Missing("PSH-3.1", "this session is told nothing: subscribe first")
        answer = await self.pushing.hand(mine, Kind.MESSAGES)
        if answer.status in GONE:
            await self.units.run(
                PushUnit, lambda unit: unit.drop_subscriptions(who.account, [mine.id])
            )
        delivered = answer.status is not None and 200 <= answer.status < 300
        return Reply(PushTried(delivered=delivered, status=answer.status, reason=answer.trouble))


def _view(one: Subscription, session: str) -> PushView:
    return PushView(
        id=one.id,
        session=one.session,
        service=origin(one.endpoint).authority,
        kinds=[kind.value for kind in one.kinds],
        created=one.created,
        current=one.session == session,
        expires=one.expires,
        told=one.told,
        failing=one.failing,
    )


def routes(pushes: Pushes) -> tuple[Route, ...]:
    """The routes of this page."""
    read, write = Scope.READ, Scope.WRITE
    return (
        Route("GET", "/push/key", pushes.key, "By which key a browser subscribes.",
              read, answers=PushKey),
        Route("PUT", "/push/subscription", pushes.subscribe,
              "Have the browser of this session told; said again, what is said now counts.",
              write, NewPush, PushView),
        Route("GET", "/push/subscriptions", pushes.list, "Your browsers that are told.",
              read, answers=PushList),
        Route("DELETE", "/push/subscriptions/{id}", pushes.unsubscribe,
              "Have a browser told nothing more.", write, status=204),
        Route("POST", "/push/test", pushes.test, "Send this session's browser an empty message.",
              write, answers=PushTried, idempotent=False, sensitive=True),
    )  # fmt: skip
