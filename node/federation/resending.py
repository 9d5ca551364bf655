"""Another server was restored: what it took from here since is sent again (spec FED-13.2)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

import msgspec

from node.errors import Forbidden, Malformed
from node.federation.activities.resending import MOST_HELD
from node.federation.activities.shapes import Activity, Held, Resend, Resent
from node.federation.peers import Actor
from node.wire.ids import origin

RESEND: Final = "resend"  # the kind of its job
APPLICATION: Final = "Application"  # the kind of a server's own actor
PAGE: Final = 500  # deliveries that one transaction makes due again
MOST_TOLD: Final = 500  # posts of the asking server that it is told of
OLDEST: Final = timedelta(days=30)  # as long as deliveries are kept
# Whoever asks says an instant some minutes before their copy; their clock may be ahead by as much.
MARGIN: Final = timedelta(minutes=10)


class Place(msgspec.Struct, frozen=True):
    """How far a server's deliveries were made due again, in the order in which a lane is read."""

    priority: int = -1
    seq: int = 0


class Resending(msgspec.Struct, frozen=True):
    """What is left to do. `until`: when it was asked; what is taken later was sent again."""

    host: str
    since: datetime
    until: datetime
    after: Place = Place()


class ResendingUnit(Protocol):
    """What this page asks of its transaction."""

    now: datetime

    async def actor(self, id: str) -> Actor | None: ...

    async def may_resend(self, host: str) -> bool:
        """Whether this server was not sent everything again lately; from now on it was."""
        ...

    async def send_again(self, left: Resending, most: int) -> Place | None:
        """So much of what that server took is due again; where the rest begins, if any is left."""
        ...

    async def held(self, host: str, since: datetime, most: int) -> Sequence[Held]:
        """The newest posts of that server's people since then that are here."""
        ...

    def mint_activity(self) -> str: ...

    async def owe(self, activity: Activity, to: Sequence[str]) -> None: ...

    async def add_job(self, kind: str, subject: str) -> None: ...


def asked_since(resend: Resend, now: datetime) -> datetime:
    """The instant that is meant, no longer ago than is kept. Raises `Malformed` (FED-13.3)."""
    if resend.since > now + MARGIN:
        raise Malformed("FED-13.3", "the startTime of a Resend lies in the future")
    return max(resend.since, now - OLDEST)


async def on_resend_asker(resend: Resend, unit: ResendingUnit) -> None:
    """Before anything else that a Resend does: a server's people do not ask for what all of them
    were sent, nor use up its turn. Raises `Malformed` (FED-13.3), `Forbidden` (FED-13.2).
    """
    asked_since(resend, unit.now)
    asker = await unit.actor(resend.actor)
    if asker is None or asker.kind != APPLICATION:
        words = "a Resend is asked for by the server's own actor, an Application"
        raise Forbidden("FED-13.2", words)


async def on_resend(resend: Resend, unit: ResendingUnit) -> None:
    """A server asks: it is answered once an hour at most, and once a day when it goes on."""
    host, since = origin(resend.actor).authority, asked_since(resend, unit.now)
    asked = await unit.actor(resend.object)
    if asked is not None and asked.local and await unit.may_resend(host):
        await _send(Resending(host, since, unit.now), unit)
        found = await unit.held(host, since, MOST_TOLD)
        for first in range(0, len(found), MOST_HELD):
            items = tuple(found[first : first + MOST_HELD])
            said = Resent(unit.mint_activity(), asked.id, resend.actor, resend.id, items)
            await unit.owe(said, to=[resend.actor])


async def go_on(subject: str, unit: ResendingUnit) -> None:
    """The job: the next page."""
    await _send(msgspec.json.decode(subject, type=Resending), unit)


async def _send(left: Resending, unit: ResendingUnit) -> None:
    place = await unit.send_again(left, PAGE)
    if place is not None:
        rest = msgspec.structs.replace(left, after=place)
        await unit.add_job(RESEND, msgspec.json.encode(rest).decode())
