"""Pure: friendship as a table: where the two stand, what happens, where they stand then (GRA-3).

The pair is kept on each side as (ours, theirs). Which event an activity *is* (an Accept of an open
request, an Undo of the last live one) is decided by ids in `friendship`; this page knows no ids.
"""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from node.errors import Conflict


class Stance(StrEnum):
    """How one of the two stands to the other."""

    NONE = "none"
    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    BLOCKED = "blocked"


class Pair(Struct, frozen=True):
    """How we stand to them, and they to us."""

    ours: Stance = Stance.NONE
    theirs: Stance = Stance.NONE


class Event(StrEnum):
    """What one of us does, then what is heard from the other."""

    REQUEST = "request"
    ACCEPT = "accept"
    DECLINE = "decline"
    CANCEL = "cancel"
    UNFRIEND = "unfriend"
    BLOCK = "block"
    UNBLOCK = "unblock"
    CONFIRM = "confirm"  # a mutual follow with a foreign server is a friendship for us
    OFFERED = "offered"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"  # their last live request was taken back
    UNCROSSED = "uncrossed"  # of two requests that crossed, theirs was taken back: ours is open
    ENDED = "ended"
    BLOCKS = "blocks"  # they block us
    UNBLOCKS = "unblocks"


_N, _A, _D, _B = Stance.NONE, Stance.ASKED, Stance.DECLINED, Stance.BLOCKED

STRANGERS = Pair()
REQUESTED = Pair(_A, _N)
INCOMING = Pair(_N, _A)
FRIENDS = Pair(Stance.ACCEPTED, Stance.ACCEPTED)
WE_DECLINED = Pair(_D, _N)
THEY_DECLINED = Pair(_N, _D)
WE_BLOCK = Pair(_B, _N)
THEY_BLOCK = Pair(_N, _B)
BOTH_BLOCK = Pair(_B, _B)

# From any of these, people begin anew.
_ANEW: Mapping[Event, Pair] = {
    Event.REQUEST: REQUESTED,
    Event.CONFIRM: FRIENDS,
    Event.BLOCK: WE_BLOCK,
    Event.OFFERED: INCOMING,
    Event.BLOCKS: THEY_BLOCK,
}
TABLE: Mapping[Pair, Mapping[Event, Pair]] = {
    STRANGERS: _ANEW,
    WE_DECLINED: _ANEW,
    THEY_DECLINED: _ANEW,
    REQUESTED: {
        Event.CANCEL: STRANGERS,
        Event.CONFIRM: FRIENDS,
        Event.BLOCK: WE_BLOCK,
        Event.OFFERED: FRIENDS,  # crossing requests are one friendship
        Event.ACCEPTED: FRIENDS,
        Event.REJECTED: THEY_DECLINED,
        Event.ENDED: STRANGERS,
        Event.BLOCKS: THEY_BLOCK,
    },
    INCOMING: {
        Event.REQUEST: FRIENDS,  # who asks the one that asked them says yes
        Event.ACCEPT: FRIENDS,
        Event.DECLINE: WE_DECLINED,
        Event.BLOCK: WE_BLOCK,
        Event.OFFERED: INCOMING,
        Event.WITHDRAWN: STRANGERS,
        Event.ENDED: STRANGERS,
        Event.BLOCKS: THEY_BLOCK,
    },
    FRIENDS: {
        Event.UNFRIEND: STRANGERS,
        Event.BLOCK: WE_BLOCK,
        Event.OFFERED: FRIENDS,
        Event.ACCEPTED: FRIENDS,
        Event.REJECTED: THEY_DECLINED,
        Event.WITHDRAWN: STRANGERS,
        Event.UNCROSSED: REQUESTED,
        Event.ENDED: STRANGERS,
        Event.BLOCKS: THEY_BLOCK,
    },
    WE_BLOCK: {Event.UNBLOCK: STRANGERS, Event.BLOCKS: BOTH_BLOCK},
    THEY_BLOCK: {
        Event.BLOCK: BOTH_BLOCK,
        Event.OFFERED: THEY_BLOCK,  # it may have overtaken their unblocking: kept until then
        Event.BLOCKS: THEY_BLOCK,
        Event.UNBLOCKS: STRANGERS,
    },
    BOTH_BLOCK: {
        Event.UNBLOCK: THEY_BLOCK,
        Event.BLOCKS: BOTH_BLOCK,
        Event.UNBLOCKS: WE_BLOCK,
    },
}
# What a person can do instead, where the table is blank. Of a block by the other one nothing
# is told beyond what silence tells as well.
ADVICE: Mapping[Pair, str] = {
    STRANGERS: "nothing is open between you: send a request",
    WE_DECLINED: "you declined: send a request yourself, or wait for another",
    THEY_DECLINED: "they declined: you may ask again",
    REQUESTED: "your request is open: wait for the answer, or cancel it",
    INCOMING: "they asked you: accept or decline",
    FRIENDS: "you are friends: unfriend or block to end that",
    WE_BLOCK: "you block them: unblock first",
    THEY_BLOCK: "this person cannot be asked at present",
    BOTH_BLOCK: "you block them: unblock first",
}


def step(now: Pair, event: Event) -> Pair:
    """Where `event` leads from `now`. Raises `Conflict` (GRA-3.2) where the table is blank."""
    then = TABLE.get(now, {}).get(event)
    if then is None:
        raise Conflict("GRA-3.2", ADVICE.get(now, "there is no such state"), event=event.value)
    return then


class View(StrEnum):
    """What a person is shown of themselves and another."""

    NONE = "none"
    REQUESTED = "requested"
    INCOMING = "incoming"
    MUTUAL = "mutual"
    FRIEND = "friend"
    DECLINED = "declined"
    BLOCKED = "blocked"


_VIEWS: Mapping[Pair, View] = {
    REQUESTED: View.REQUESTED,
    INCOMING: View.INCOMING,
    FRIENDS: View.FRIEND,
    THEY_DECLINED: View.DECLINED,
    WE_BLOCK: View.BLOCKED,
    BOTH_BLOCK: View.BLOCKED,
}
_MAYBE_MUTUAL = frozenset({View.NONE, View.REQUESTED, View.DECLINED})


def view(pair: Pair, mutual: bool = False) -> View:
    """How `pair` is shown. `mutual`: both follow each other, and one is of a foreign server.

    Who blocks us is shown as nothing at all (GRA-4.3).
    """
    shown = _VIEWS.get(pair, View.NONE)
    if mutual and shown in _MAYBE_MUTUAL and pair.theirs is not Stance.BLOCKED:
        return View.MUTUAL
    return shown
