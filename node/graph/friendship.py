"""Pure: what one side keeps of a pair, and which event an activity is, decided by ids (GRA-3).

Activities may be lost, come twice and overtake each other. So nothing is inferred from order: every
request and every block is one statement with an id, and ends by an activity that names it. A
friendship holds the statements that are live; those that ended are kept as tombstones by their ids,
so that a late copy does not bring them back.
"""

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from node.errors import TooMuch
from node.graph.friendship_states import (
    FRIENDS,
    INCOMING,
    REQUESTED,
    STRANGERS,
    Event,
    Pair,
    Stance,
    step,
)

# An honest peer has one open request; more are copies that overtook their own end.
MOST_LIVE = 32


class Friendship(Struct, frozen=True):
    """How `actor` (one of ours) stands to `other`, and the ids that hold it up.

    `our_offer` is our open or accepted request, `confirmed` whether they accepted just that one
    (and not only crossed it with theirs); `their_offers` are theirs that are open or accepted.
    """

    actor: str
    other: str
    pair: Pair = STRANGERS
    our_offer: str = ""
    confirmed: bool = False
    their_offers: tuple[str, ...] = ()
    our_block: str = ""
    their_blocks: tuple[str, ...] = ()
    text: str = ""  # what they wrote with their request

    @property
    def offers(self) -> tuple[str, ...]:
        """The requests that hold this friendship up, ours first."""
        return (*((self.our_offer,) if self.our_offer else ()), *self.their_offers)

    @property
    def barred(self) -> bool:
        """Whether either of the two blocks the other."""
        return Stance.BLOCKED in (self.pair.ours, self.pair.theirs)


def moved(friendship: Friendship, event: Event) -> Friendship:
    """`friendship` after `event`. Raises `Conflict` (GRA-3.2)."""
    return replace(friendship, pair=step(friendship.pair, event))


def cleared(friendship: Friendship) -> Friendship:
    """`friendship` with no request on either side; the pair is as it was."""
    return replace(friendship, our_offer="", confirmed=False, their_offers=(), text="")


def offered(friendship: Friendship, id: str, text: str) -> Friendship:
    """They ask with the request `id`, perhaps again. Raises `TooMuch` (GRA-3.9)."""
    live = _with(friendship.their_offers, id)
    return moved(replace(friendship, their_offers=live, text=text), Event.OFFERED)


def accepted(friendship: Friendship) -> Friendship:
    """They accepted our open request."""
    return replace(moved(friendship, Event.ACCEPTED), confirmed=True)


def without(friendship: Friendship, ids: Iterable[str], event: Event) -> Friendship:
    """The requests `ids` have ended: what still holds, holds; else `event` (GRA-3.6)."""
    gone = set(ids)
    left = replace(
        friendship,
        our_offer="" if friendship.our_offer in gone else friendship.our_offer,
        confirmed=friendship.confirmed and friendship.our_offer not in gone,
        their_offers=tuple(id for id in friendship.their_offers if id not in gone),
    )
    return left if left.offers == friendship.offers else _settled(left, event)


def _settled(friendship: Friendship, event: Event) -> Friendship:
    if friendship.pair == FRIENDS and not friendship.their_offers and not friendship.confirmed:
        return (
            moved(friendship, Event.UNCROSSED) if friendship.our_offer else moved(friendship, event)
        )
    if (friendship.pair == INCOMING and not friendship.their_offers) or (
        friendship.pair == REQUESTED and not friendship.our_offer
    ):
        return replace(moved(friendship, event), text="")
    return friendship


def barred_by(friendship: Friendship, id: str) -> Friendship:
    """They block us by the Block `id`. Raises `TooMuch` (GRA-3.9)."""
    live = _with(friendship.their_blocks, id)
    return replace(moved(friendship, Event.BLOCKS), their_blocks=live)


def freed_by(friendship: Friendship, id: str) -> Friendship:
    """They took the Block `id` back; once none is left, what they asked since comes to light."""
    left = replace(
        friendship, their_blocks=tuple(each for each in friendship.their_blocks if each != id)
    )
    if left.their_blocks or left.their_blocks == friendship.their_blocks:
        return left
    free = moved(left, Event.UNBLOCKS)
    if free.their_offers and free.pair == STRANGERS:
        return moved(free, Event.OFFERED)
    return free


def _with(live: tuple[str, ...], id: str) -> tuple[str, ...]:
    if id in live:
        return live
    if len(live) >= MOST_LIVE:
        raise TooMuch("GRA-3.9", "too many open requests or blocks of one actor")
    return (*live, id)
