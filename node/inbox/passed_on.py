"""What is passed on and is not known here: a job fetches it from where it stands (spec INB-9)."""

from typing import Final, Protocol

import msgspec

from node.federation.activities.shapes import Announce
from node.graph.visibility import Audience, AudienceKind
from node.inbox.fan_out import FanOutUnit, has_reader
from node.wire.ids import same_origin

PASSED_ON: Final = "passed_on"  # the kind of its jobs
TO_ALL: Final = (Audience(AudienceKind.PUBLIC),)


class PassedOn(msgspec.Struct, frozen=True):
    """`by` shared the `post`. `counted`: as one that is fetched for them and their domain, after
    it was `put_off` so many times; it was asked for `tries` times, of a server that did not answer.
    """

    by: str
    post: str
    counted: bool = False
    tries: int = 0
    put_off: int = 0


class PassedOnUnit(FanOutUnit, Protocol):
    """What this page asks of its transaction."""

    async def has_tombstone(self, id: str, actor: str) -> bool:
        """Whether `actor` is known to have ended the thing `id`."""
        ...

    async def hidden(self, actor: str) -> bool:
        """Whether the actor is gone or suspended."""
        ...


async def look_for(said: Announce, unit: PassedOnUnit) -> None:
    """Have a post that is not known here fetched, if somebody here follows who passes it on.

    Only what is of their own origin: so a channel of PeerTube names its videos (INB-9.1).
    """
    if not same_origin(said.object, said.actor) or await unit.hidden(said.actor):
        return
    if await unit.has_tombstone(said.id, said.actor):
        return  # it was taken back before it came
    if await has_reader(unit, said.actor, TO_ALL):
        subject = msgspec.json.encode(PassedOn(said.actor, said.object)).decode()
        await unit.add_job(PASSED_ON, subject)
