"""Pure: what a device that was let in takes of its account's keys (spec DEV-12.11)."""

from dataclasses import dataclass

from node.client.device_state import DeviceState
from node.client.key_rows import AccountKeysRow
from node.client.key_signing import SignedKeys
from node.client.rows import ACCOUNT_KEYS, archive_key_row
from node.e2ee.keys.private.box_secret import ArchiveKey, open_box
from node.e2ee.keys.public.published import check_published, check_with_box
from node.e2ee.linking.private.grant import check_listed, open_grant
from node.e2ee.linking.private.linking import Agreed
from node.e2ee.mls.private import hpke
from node.e2ee.mls.private.hpke import KeyPair
from node.e2ee.mls.public.suite import X25519_AES128_SHA256_ED25519 as BOX_SUITE


@dataclass(frozen=True, slots=True)
class Joined:
    """A device's part in its account's keys, and the archive keys that came with it."""

    row: AccountKeysRow
    archive: tuple[ArchiveKey, ...]


def take(told: SignedKeys, agreed: Agreed, grant: bytes, seal: bytes, once: KeyPair) -> Joined:
    """What the home node and the old device have for us, all of it checked before any is kept.

    Raises `Refused` with the clause that is broken (LNK-4, KEY-3, KEY-4.4).
    """
    actor, id = agreed.old.actor, agreed.new.device.id
    there = check_published(told.delegation, told.list, actor)
    box, _ = check_with_box(there, told.box)
    check_listed(agreed, there)
    list_key = there.delegation.list_key
    open_grant(grant, agreed, list_key, once)
    secret = open_box(box, id, hpke.key_pair(BOX_SUITE, seal), list_key)
    row = AccountKeysRow(
        id=id,
        seal=seal,
        list_private=secret.list_private,
        rk=secret.rk,
        delegation=told.delegation,
        list=told.list,
        box=told.box,
        accepted=True,
    )
    return Joined(row, secret.archive)


def keep(state: DeviceState, joined: Joined) -> None:
    """From now on this device is one of the account's."""
    with state.step():
        for each in joined.archive:
            state.write(archive_key_row(each.g), each.key)
        state.put(ACCOUNT_KEYS, joined.row)
