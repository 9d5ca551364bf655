"""Pure: the group that takes the place of one closed by a ReInit (RFC 9420 §11.2)."""

from collections.abc import Sequence

from node.e2ee.mls.private.client import Client
from node.e2ee.mls.private.means import Means
from node.e2ee.mls.private.psk import resumption_psk
from node.e2ee.mls.private.session import Session, Step
from node.e2ee.mls.private.state import Staged
from node.e2ee.mls.public.key_package import KeyPackage
from node.e2ee.mls.public.proposals import (
    USAGE_REINIT,
    Add,
    PreSharedKey,
    Proposal,
    ReInit,
)
from node.e2ee.mls.public.suite import MLS10
from node.errors import Conflict, Malformed


def announced(former: Session) -> ReInit:
    """What the ReInit of a closed group said (MLS-11.2d)."""
    reinit = former.group.reinit
    if reinit is None:
        raise Conflict("MLS-11.2d", "the group was not closed by a ReInit")
    return reinit


def succeed(former: Session, me: Client, means: Means, now: int) -> Step[None]:
    """Create the group that the ReInit of `former` announced, with us alone in it.

    `me` is our client of the new suite. Then `invite` everyone.
    """
    reinit = announced(former)
    if (reinit.version, reinit.suite_id) != (MLS10, me.suite.id):
        raise Malformed("MLS-11.2b", "a new group that is not what the ReInit said")
    return Session.create(me, means, reinit.group_id, now, reinit.extensions)


def check_everyone(former: Session, successor: Session, packages: Sequence[KeyPackage]) -> None:
    """All members of the old group come along (MLS-11.2c)."""
    there = [package.leaf.credential for package in packages]
    there += [member.credential for member in successor.members()]
    for member in former.members():
        if member.credential not in there:
            raise Malformed("MLS-11.2c", "a new group without a member of the old one")
        there.remove(member.credential)


def invite(
    successor: Session, former: Session, packages: Sequence[KeyPackage], means: Means, now: int
) -> Step[Staged]:
    """Stage the first commit of the new group: everyone of the old one, and its PSK."""
    announced(former)
    check_everyone(former, successor, packages)
    suite = successor.group.suite
    psk = resumption_psk(suite, former.group_id, former.epoch, means.entropy, USAGE_REINIT)
    proposals: list[Proposal] = [*map(Add, packages), PreSharedKey(psk)]
    return successor.stage(now, proposals, resumes=former)
