"""A server was restored: friendships that it may have forgotten are asked for anew (FED-13.6)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol

from node.federation.activities.shapes import Resend
from node.federation.resending import MARGIN, asked_since
from node.graph.befriending import request, unfriend
from node.graph.friendship import Friendship
from node.graph.friendship_unit import FriendshipUnit
from node.wire.ids import origin

MOST: Final = 500  # of one server: made since its backup


class ConfirmingUnit(FriendshipUnit, Protocol):
    """What this page asks of its transaction."""

    async def friends_since(self, host: str, since: datetime, most: int) -> Sequence[Friendship]:
        """Friendships of ours with people of that server that changed since, the latest first."""
        ...

    async def resent_lately(self, host: str) -> bool:
        """Whether that server was sent everything again, and has to wait before it asks anew."""
        ...


async def on_resend(resend: Resend, unit: ConfirmingUnit) -> None:
    """What made a friendship there is known there no more, unless it was our own request, which is
    sent again. So it ends and we ask: both sides agree again once the other one says yes. Not one
    of the minutes before the copy was made, by which the asking server asks for too much.
    """
    host, since = origin(resend.actor).authority, asked_since(resend, unit.now)
    if await unit.account_of(resend.object) is None or await unit.resent_lately(host):
        return
    for each in await unit.friends_since(host, since + MARGIN, MOST):
        if not each.our_offer and await unit.person(each.actor) is not None:
            await unfriend(unit, each.actor, each.other)
            await request(unit, each.actor, each.other)
