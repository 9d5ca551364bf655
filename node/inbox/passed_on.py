"""What is passed on and is not known here: a job fetches it from where it stands (spec INB-9)."""

from typing import Final

import msgspec

from node.federation.activities.shapes import Announce
from node.inbox import sharing
from node.inbox.fan_out import TO_ALL, first_readers
from node.inbox.sharing import SharingUnit
from node.wire.ids import same_origin

PASSED_ON: Final = "passed_on"  # the kind of its jobs
MOST_NAMED: Final = 5  # of those who would read it


class PassedOn(msgspec.Struct, frozen=True):
    """`by` shared the `post`. `counted`: as one that is fetched for them and their domain, after
    it was `put_off` so many times; it was asked for `tries` times, of a server that did not answer,
    and `waited` for one so many times without being asked for.

    `share`: the activity, where the post is to be shown as shared, `at` that instant (micros).
    `readers`: some of the accounts here that would read it.
    """

    by: str
    post: str
    counted: bool = False
    tries: int = 0
    put_off: int = 0
    waited: int = 0
    share: str = ""
    at: int = 0
    readers: tuple[str, ...] = ()


async def look_for(said: Announce, unit: SharingUnit) -> None:
    """Have a post that is not known here fetched, if somebody here follows who passes it on."""
    if await unit.hidden(said.actor) or await unit.has_tombstone(said.id, said.actor):
        return  # it was taken back before it came
    readers = await first_readers(unit, said.actor, TO_ALL)
    if not readers:
        return
    share = said.id if await sharing.take(said, said.object, unit) else ""
    # What is of their own origin is wanted anyhow: so a channel of PeerTube names its videos.
    if share or same_origin(said.object, said.actor):
        named = tuple(readers[:MOST_NAMED])
        at = sharing.when(said, unit.now)
        wanted = PassedOn(said.actor, said.object, share=share, at=at, readers=named)
        await unit.add_job(PASSED_ON, msgspec.json.encode(wanted).decode())
