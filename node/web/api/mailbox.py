"""Routes of a device's seat and mailbox (spec E2E-4, ACC-4)."""

from node.accounts import seats
from node.e2ee import mailbox
from node.e2ee.mailbox import Box, Waiting
from node.store.e2ee import E2eeUnit
from node.store.incarnation import IncarnationUnit
from node.store.sessions import SessionsUnit
from node.store.unit import Units
from node.web.api.scopes import Scope
from node.web.routes import Call, Reply, Route
from node.wire.api import e2ee as api
from node.wire.api.cursor import Cursor
from node.wire.times import micros


class Mailbox:
    """The verbs of the mailbox, as the routes call them."""

    def __init__(self, units: Units) -> None:
        self._units = units

    async def pull(self, call: Call) -> Reply:
        device, after = call.device_caller.device, call.after.at if call.after else 0

        async def look(unit: E2eeUnit) -> tuple[list[Waiting], str]:
            life = await unit.beside(IncarnationUnit).incarnation()
            return await mailbox.pull(unit, device, after, call.limit), life

        found, life = await self._units.look(E2eeUnit, look)
        # A page may end early, by bytes: only an empty one is the last.
        more = Cursor(found[-1].seq, "mail") if found else None
        shown = [mailbox.shown(item) for item in found]
        return Reply(api.Mailbox(items=shown, incarnation=life), after=more)

    async def acknowledge(self, call: Call) -> Reply:
        said: api.Acknowledgement = call.body
        who = call.device_caller
        box = Box(who.device, who.account, who.actor)
        await self._units.join(
            E2eeUnit, lambda unit: mailbox.acknowledge(unit, box, said.seq), once=call.once
        )
        return Reply()


class Seats:
    """The verb of seats."""

    def __init__(self, units: Units, proofs: seats.Proofs) -> None:
        self._units = units
        self._proofs = proofs

    async def take(self, call: Call) -> Reply:
        asked: api.TakeSeat = call.body
        device = call.seated_caller.device

        async def work(unit: SessionsUnit) -> api.TakenSeat:
            seat, restored = await seats.take(
                unit, self._proofs, device, asked.have, asked.nonce, asked.proof
            )
            life = await unit.beside(IncarnationUnit).incarnation()
            return api.TakenSeat(
                seat=seat.number,
                incarnation=life,
                restored=restored,
                proof=self._proofs.of(device, seat.number, micros(unit.now)),
            )

        return Reply(await self._units.run(SessionsUnit, work, once=call.once))


def routes(units: Units, proofs: seats.Proofs) -> tuple[Route, ...]:
    """The routes of this page."""
    box, scope = Mailbox(units), Scope.MESSAGES
    return (
        Route(
            "POST",
            "/device/seat",
            Seats(units, proofs).take,
            "This device's vault was opened: its requests carry the next seat from now on.",
            scope,
            body=api.TakeSeat,
            answers=api.TakenSeat,
        ),
        Route(
            "GET",
            "/mailbox",
            box.pull,
            "What waits for this device, the oldest first.",
            scope,
            answers=api.Mailbox,
            paged=True,
        ),
        Route(
            "POST",
            "/mailbox/ack",
            box.acknowledge,
            "All items up to and with `seq` are on the device's disk: forget them.",
            scope,
            body=api.Acknowledgement,
            direct=True,
        ),
    )
