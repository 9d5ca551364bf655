"""Pure: may this peer say this, now, here (spec FED-7)."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from node.errors import Forbidden, Full, Malformed, TooMuch
from node.federation.activities import attribution, reading, table
from node.federation.activities.shapes import SEALED_KINDS
from node.federation.addressing import audience, touched
from node.federation.trust import ProvenActivity, UnprovenActivity
from node.wire.ids import same_origin

MOST_CHANNELS = 4  # of one video
WAIT_FOR_ROOM_SECONDS = 600
# Said again, these are silence; all others go through their table again (FED-7.8).
ONCE = frozenset({"Create", "Announce", "Move", "Flag", "Resend", "Resent"})
# What encloses the words of a person, or a profile; all else names things.
LONG = frozenset({"Create", "Update", "Announce"})
LONGEST_SHORT = 64 * 1024


class Disposition(StrEnum):
    """What is done with an activity that may be said."""

    KEEP = "keep"  # stored, and applied by the worker
    REPEAT = "repeat"  # likewise, and applied again when it comes again
    DROP = "drop"  # 202, stored nowhere


class Standing(Struct, frozen=True):
    """What we hold of an actor and their host."""

    suspended: bool = False
    known: bool = False  # their document is here
    awaited: bool = False  # someone here follows them, asked to, or is their friend


def read_activity(document: object, body: bytes) -> UnprovenActivity:
    """Read the outside of an activity; `body` is `document` as it came.

    Raises `Malformed` (FED-7.2, FED-6.1 to FED-6.3, FED-1.1), `Forbidden` (FED-6.2) and `TooMuch`
    (LIM-3.1).
    """
    if not isinstance(document, dict | Mapping):  # a dict, as what was read is: the quick question
        raise Malformed("FED-7.2", "the body is not one JSON object")
    if not reading.id_of(document.get("id", document.get("@id")), "the activity's id"):
        raise Malformed("FED-7.2", "an activity that is delivered has an id")
    envelope = attribution.envelope(document)
    verb = table.verb_of(document)
    if verb not in LONG and len(body) > LONGEST_SHORT:
        raise TooMuch("LIM-3.1", f"a {verb or 'thing'} is shorter", limit=LONGEST_SHORT)
    return UnprovenActivity(envelope.id, verb, envelope.actor, document, body)


def sealed_for(activity: UnprovenActivity, origin: str) -> frozenset[str]:
    """Those of ours to whom this brings a sealed message; nobody when it brings none."""
    said = activity.document.get("object")
    if activity.verb != "Create" or not reading.is_a(said, *SEALED_KINDS):
        return frozenset()
    return frozenset(id for id in audience(activity.document) if id.startswith(f"{origin}/"))


def no_room() -> Full:
    """What a sender is told whose sealed message finds a full mailbox; not whose it is."""
    return Full(
        "E2E-4.7",
        "a recipient's device has not fetched what waits for it: there is no room for more now",
        retry_after_seconds=WAIT_FOR_ROOM_SECONDS,
    )


def names_us(activity: UnprovenActivity, origin: str, personal: bool) -> bool:
    """Whether the activity by its own words concerns somebody or something here.

    `personal`: it came to the inbox of one of ours, not to the shared one.
    """
    if personal:
        return True
    prefix = origin + "/"
    if any(id.startswith(prefix) for id in audience(activity.document)):
        return True
    return touched(activity.document, origin)


def channels(activity: UnprovenActivity) -> tuple[str, ...]:
    """Through whom else a video may concern someone here: PeerTube's account publishes it, its
    channel is what people follow."""
    video = activity.document.get("object")
    if activity.verb not in ("Create", "Update") or not isinstance(video, Mapping):
        return ()
    if not reading.is_a(video, "Video"):
        return ()
    named = [reading.id_of(each, "a channel") for each in reading.many(video.get("attributedTo"))]
    others = [id for id in named[:MOST_CHANNELS] if id and id != activity.actor]
    return tuple(id for id in others if same_origin(id, activity.actor))


def admit(activity: ProvenActivity, standing: Standing, names_us: bool) -> Disposition:
    """What to do with `activity`. Raises `Forbidden` (FED-7.7).

    What nobody here handles is dropped: a peer that speaks a newer dialect is not to try it for
    a week (FED-7.9).
    """
    if standing.suspended:
        raise Forbidden("FED-7.7", "this node does not talk with that server or actor")
    of_theirs = standing.known and activity.verb in ("Delete", "Update")
    if not activity.verb or not (names_us or standing.awaited or of_theirs):
        return Disposition.DROP
    return Disposition.KEEP if activity.verb in ONCE else Disposition.REPEAT
