"""Pure: what one side keeps of a pair, and which event an activity is, decided by ids (GRA-3).

Activities may be lost, come twice and overtake each other. So nothing is inferred from order: every
request and every block is one statement with an id, and ends by an activity that names it. A tie
holds the statements that are live; those that ended are buried by their ids (tombstones), so that a
late copy does not bring them back.
"""

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from node.errors import TooMuch
from node.graph.friendship import (
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


class Tie(Struct, frozen=True):
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
        """The requests that hold this tie up, ours first."""
        return (*((self.our_offer,) if self.our_offer else ()), *self.their_offers)

    @property
    def barred(self) -> bool:
        """Whether either of the two blocks the other."""
        return Stance.BLOCKED in (self.pair.ours, self.pair.theirs)


def moved(tie: Tie, event: Event) -> Tie:
    """`tie` after `event`. Raises `Conflict` (GRA-3.2)."""
    return replace(tie, pair=step(tie.pair, event))


def cleared(tie: Tie) -> Tie:
    """`tie` with no request on either side; the pair is as it was."""
    return replace(tie, our_offer="", confirmed=False, their_offers=(), text="")


def offered(tie: Tie, id: str, text: str) -> Tie:
    """They ask with the request `id`, perhaps again. Raises `TooMuch` (GRA-3.9)."""
    live = _with(tie.their_offers, id)
    return moved(replace(tie, their_offers=live, text=text), Event.OFFERED)


def accepted(tie: Tie) -> Tie:
    """They accepted our open request."""
    return replace(moved(tie, Event.ACCEPTED), confirmed=True)


def without(tie: Tie, ids: Iterable[str], event: Event) -> Tie:
    """The requests `ids` have ended: what still holds, holds; else `event` (GRA-3.6)."""
    gone = set(ids)
    left = replace(
        tie,
        our_offer="" if tie.our_offer in gone else tie.our_offer,
        confirmed=tie.confirmed and tie.our_offer not in gone,
        their_offers=tuple(id for id in tie.their_offers if id not in gone),
    )
    return left if left.offers == tie.offers else _settled(left, event)


def _settled(tie: Tie, event: Event) -> Tie:
    if tie.pair == FRIENDS and not tie.their_offers and not tie.confirmed:
        return moved(tie, Event.UNCROSSED) if tie.our_offer else moved(tie, event)
    if (tie.pair == INCOMING and not tie.their_offers) or (
        tie.pair == REQUESTED and not tie.our_offer
    ):
        return replace(moved(tie, event), text="")
    return tie


def barred_by(tie: Tie, id: str) -> Tie:
    """They block us by the Block `id`. Raises `TooMuch` (GRA-3.9)."""
    live = _with(tie.their_blocks, id)
    return replace(moved(tie, Event.BLOCKS), their_blocks=live)


def freed_by(tie: Tie, id: str) -> Tie:
    """They took the Block `id` back; once none is left, what they asked since comes to light."""
    left = replace(tie, their_blocks=tuple(each for each in tie.their_blocks if each != id))
    if left.their_blocks or left.their_blocks == tie.their_blocks:
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
