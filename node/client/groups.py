"""Pure: whom a device believes, how a group is named, its records among the vault's rows."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from node.client import rows
from node.client.rows import Changes, ConversationRow, SaidRow
from node.e2ee.mls.private.events import Member
from node.e2ee.mls.private.state import Change
from node.e2ee.mls.public.credentials import BASIC, Claim
from node.ports import Entropy


def believe(claim: Claim) -> bool:
    """A basic credential that names an actor, and is succeeded by the same actor only.

    Whose key it is follows from how it came: we add only what the actor's own node handed out
    for them (E2E-5.1), and each message shows its actor's id.
    """
    if claim.credential.type != BASIC:
        return False
    try:
        identity = claim.credential.identity.decode()
    except UnicodeDecodeError:
        return False
    same = claim.predecessor is None or claim.predecessor == claim.credential
    return same and identity.startswith("https://")


def new_group_id(entropy: Entropy) -> bytes:
    """`mls://g/` and base32 of 16 random bytes: valid UTF-8, no host, no time (e2ee.md §0)."""
    alphabet = "abcdefghijklmnopqrstuvwxyz234567"
    number = int.from_bytes(entropy.draw(16), "big")
    text = "".join(alphabet[number >> shift & 31] for shift in range(125, -1, -5))
    return b"mls://g/" + text.encode()


def merge(changes: Changes, group: str, change: Change) -> None:
    for record, value in change.writes.items():
        changes[rows.group_row(group, record)] = value
    for record in change.deletes:
        changes[rows.group_row(group, record)] = None


def actors_of(members: Iterable[Member]) -> list[str]:
    return sorted({member.identity.decode() for member in members})


def between(
    known: Mapping[str, ConversationRow],
    us: str,
    them: str,
    history: Callable[[str], Sequence[SaidRow]],
) -> list[str]:
    """The groups of just the two: first where they spoke last, or else the newest (E2E-5.8).

    There are several when one of them came back with a new device.
    """
    pair = {us, them}
    found = {group: row for group, row in known.items() if not row.left and {*row.members} == pair}
    if len(found) < 2:
        return list(found)

    def fresh(group: str) -> tuple[int, str]:
        heard = [row.at for row in history(group) if row.actor == them]
        return max(found[group].created * 1_000_000, *heard, 0), group

    return sorted(found, key=fresh, reverse=True)
