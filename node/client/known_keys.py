"""Pure: the keys of its account that a device knows, read with the secrets they hold (DEV-12)."""

from dataclasses import dataclass

from node.client import rows
from node.client.device_state import DeviceState
from node.client.key_rows import AccountKeysRow
from node.client.key_signing import SignedKeys
from node.e2ee.keys.private.box_secret import MOST_GENERATIONS, ArchiveKey, BoxSecret
from node.e2ee.keys.private.recovery import KEY_BYTES
from node.e2ee.keys.public.key_box import KeyBox
from node.e2ee.keys.public.published import Published, check_published, check_with_box
from node.errors import Missing
from node.ports import Entropy

OTHER_ROOT = (
    "the home node shows another root than the one of this device: somebody began the account anew,"
    " or the node shows false keys; nothing of it is taken"
)
FORKED = (
    "the home node shows another list of devices than the one that was put, under one number: the"
    " node shows false keys, or somebody has the list key; revoke what is not yours"
)


@dataclass(frozen=True, slots=True)
class KnownKeys:
    """The newest keys that this device knows, read, with the secrets that they hold."""

    row: AccountKeysRow
    published: Published
    box: KeyBox
    secret: BoxSecret

    @property
    def number(self) -> str:
        return written(self.box)

    @property
    def signed(self) -> SignedKeys:
        return SignedKeys(self.row.delegation, self.row.list, self.row.box)


def written(box: KeyBox) -> str:
    """The number of keys, as a row and the home node have it."""
    return "{}.{}.{}".format(*box.number)


def own_row(state: DeviceState) -> AccountKeysRow:
    """Raises `Missing` (DEV-12.1)."""
    row = state.find(rows.ACCOUNT_KEYS, AccountKeysRow)
    if row is None:
        raise Missing(
            "DEV-12.1",
            "this device has no keys of its account: kith recovery use takes them over with the"
            " recovery words, kith recovery reset begins them (anew) with the password",
        )
    return row


def known_keys(state: DeviceState) -> KnownKeys:
    """Raises `Missing` (DEV-12.1)."""
    row = own_row(state)
    published = check_published(row.delegation, row.list, state.actor)
    box, _ = check_with_box(published, row.box)
    archive = (*archive_keys(state), *fresh_keys(state, row))
    secret = BoxSecret(row.list_private, archive, row.rk)
    return KnownKeys(row, published, box, secret)


def archive_keys(state: DeviceState) -> tuple[ArchiveKey, ...]:
    """Those on disk: 1, 2, … to the newest."""
    found: list[ArchiveKey] = []
    while (key := state.read(rows.archive_key_row(len(found) + 1))) is not None:
        found.append(ArchiveKey(len(found) + 1, key))
    return tuple(found)


def fresh_keys(state: DeviceState, row: AccountKeysRow) -> list[ArchiveKey]:
    """The archive keys that came with keys which the home node may not have yet."""
    g, keys = len(archive_keys(state)) + 1, row.fresh
    return [
        ArchiveKey(g + at, keys[at * KEY_BYTES : (at + 1) * KEY_BYTES])
        for at in range(len(keys) // KEY_BYTES)
    ]


def another_key(archive: tuple[ArchiveKey, ...], entropy: Entropy) -> tuple[ArchiveKey, ...]:
    """With one more, where a box has room for it: who had the list key may have filled it up, and
    is thrown out all the same (DEV-12.6)."""
    if len(archive) >= MOST_GENERATIONS:
        return archive
    return (*archive, ArchiveKey(len(archive) + 1, entropy.draw(KEY_BYTES)))


def is_fork(ours: Published, theirs: Published) -> bool:
    """Whether they are other keys under a number of ours."""
    same_list = ours.signed_list.hash() == theirs.signed_list.hash()
    same_above = ours.signed_delegation.hash() == theirs.signed_delegation.hash()
    return (ours.number == theirs.number and not same_list) or (
        ours.delegation.d == theirs.delegation.d and not same_above
    )
