"""Pure: what object proofs say of an activity that arrives (spec FED-5.8 to FED-5.10).

A proof names a key and covers the whole activity. So it holds whoever brings it, and for as long:
what is brought by another than its actor is looked at more closely.
"""

from datetime import datetime, timedelta

from node.errors import Forbidden, Malformed, Unproven
from node.federation.activities.shapes import PUBLIC
from node.federation.addressing import audience
from node.federation.trust import UnprovenActivity
from node.wire import json, proofs
from node.wire.ids import same_origin
from node.wire.proofs import Proof

# Canonical JSON takes a millisecond per KiB when it is all structure: larger ones prove nothing.
LARGEST = 64 * 1024
MOST = 2  # a pair of two suites
# Words about what everyone may see. A Follow or an Undo of last week would change what is now.
FORWARDED = frozenset({"Create", "Update", "Delete", "Like", "Announce"})
OLDEST = timedelta(days=7)  # as long as servers try to deliver (FED-8.4)


def carried(activity: UnprovenActivity, now: datetime) -> tuple[Proof, ...]:
    """The proofs of `activity` that count here; with a key that holds, each proves its actor.

    Raises `Malformed` (FED-5.2 to FED-5.6), `Unproven` (FED-5.3), `Forbidden` (FED-5.8).
    """
    if "proof" not in activity.document or len(activity.body) > LARGEST:
        return ()
    document = json.document(activity.body)  # every byte as it was signed
    found = tuple(proof for proof in proofs.proofs(document) if not proof.method.startswith("did:"))
    if len(found) > MOST:
        raise Malformed("FED-5.8", f"an activity carries at most {MOST} proofs")
    for proof in found:
        if not same_origin(proof.method, activity.actor):
            raise Forbidden("FED-5.8", "the proof's key is of another origin than the actor")
        proofs.check_time(proof, now)
    return found


def check_forwardable(activity: UnprovenActivity, attested: tuple[Proof, ...]) -> None:
    """Returns when another than its actor may bring `activity`, should its proofs hold.

    Raises `Forbidden` (FED-7.3, FED-5.10).
    """
    if not attested:
        raise Forbidden("FED-7.3", "the key belongs to another than the activity's actor")
    if activity.verb not in FORWARDED or PUBLIC not in audience(activity.document):
        raise Forbidden("FED-5.10", "only its actor may bring this: it is not something for all")


def check_recent(attested: tuple[Proof, ...], now: datetime) -> None:
    """One of the proofs, which hold, is recent enough for another to bring it.

    Raises `Unproven` (FED-5.10).
    """
    made = [proof.created for proof in attested if proof.created is not None]
    if not made or max(made) < now - OLDEST:
        raise Unproven("FED-5.10", "the proof is too old to be brought by another than its actor")
