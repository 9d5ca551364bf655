"""A ReInit closes the group of a history, and all its members go on in another (RFC 9420 §11.2)."""

from typing import TYPE_CHECKING

from node.errors import Refused
from tests.e2ee.mls.mixed import Item, Member
from tests.e2ee.mls.peering import PeerError

if TYPE_CHECKING:
    from tests.e2ee.mls.histories import History


def move(history: "History") -> None:
    """Close the group and found the next; what was said in the old one is nothing in the new."""
    close(history)
    found(history)
    for held in history.held:
        for member in history.members:
            history.refuses(member, held.message)
    history.held = []


def close(history: "History") -> None:
    """Somebody commits a ReInit: said in the commit itself, or by another before it."""
    chance, town = history.chance, history.town
    town.suite, town.group = chance.choice((1, 3)), chance.randbytes(20)
    reinit = Item("reinit", group=town.group, suite=town.suite)
    by_reference = chance.random() < 0.5
    if by_reference:
        proposer = chance.choice(history.members)
        message = proposer.propose(reinit, chance.random() < 0.3)
        for other in history.others(proposer):
            assert other.receive(message)[0] == "proposal"
    committer = chance.choice(history.members)
    history.commit_now([] if by_reference else [reinit], committer)
    for member in history.members:
        _says_nothing(member)


def _says_nothing(member: Member) -> None:
    """In a closed group nobody speaks any more (MLS-12.4.2b)."""
    try:
        member.seal(b"after the end")
    except PeerError as error:
        assert "suspended pending reinit" in str(error), error
        return
    except Refused as refused:
        assert refused.clause == "MLS-12.4.2b", refused
        return
    raise AssertionError(f"{member.name} speaks in a closed group")


def found(history: "History") -> None:
    """One creates what the ReInit announced and invites all, each with a client of its suite."""
    history.earlier += history.epoch
    history.restart()
    packages = {member.name: member.renewed() for member in history.members}
    founder = history.chance.choice(history.members)
    others = history.others(founder)
    welcome, tree = founder.found([packages[other.name] for other in others])
    for other in others:
        other.move(welcome, tree)
    history.since = dict.fromkeys(history.since, 1)
    history.commits = []
