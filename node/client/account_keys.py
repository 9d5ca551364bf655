"""Pure: what a device keeps of its account's keys: made, taken over, changed (spec DEV-12).

Changes are signed upon the newest keys that are known; until they are at the home node `before`
says in whose place. When others were quicker theirs are taken, and the change is made upon those.
"""

from collections.abc import Collection, Iterable

from msgspec.structs import replace

from node.client import key_signing, rows
from node.client.device_state import SUITE, DeviceState
from node.client.key_rows import AccountKeysRow, AwaitedKeysRow
from node.client.key_signing import PutKeys, SignedKeys, certify, delegate, list_devices
from node.client.known_keys import (
    FORKED,
    OTHER_ROOT,
    KnownKeys,
    another_key,
    archive_keys,
    fresh_keys,
    is_fork,
    known_keys,
    own_row,
    written,
)
from node.e2ee.keys.private.box_secret import (
    ArchiveKey,
    BoxSecret,
    check_known,
    open_box,
    seal_box,
)
from node.e2ee.keys.private.recovery import RecoveryKey
from node.e2ee.keys.public import certificate
from node.e2ee.keys.public.device_list import NOBODY, RENEW_SECONDS, Device, SuiteKey
from node.e2ee.keys.public.key_box import KeyBox
from node.e2ee.keys.public.published import (
    Published,
    check_counted_on,
    check_published,
    check_with_box,
)
from node.e2ee.mls.private import hpke
from node.e2ee.mls.private.client import Client
from node.e2ee.mls.private.hpke import KeyPair
from node.e2ee.mls.public.extensions import Extension, find
from node.e2ee.mls.public.suite import X25519_AES128_SHA256_ED25519 as BOX_SUITE
from node.errors import Conflict, Forbidden, Missing

NONE = "0.0.0"
AWAITED_SECONDS = 30 * 86_400


class AccountKeys:
    """A device's part in the keys of its account. What changes them is called inside a step."""

    def __init__(self, state: DeviceState) -> None:
        self._state = state

    @property
    def row(self) -> AccountKeysRow | None:
        return self._state.find(rows.ACCOUNT_KEYS, AccountKeysRow)

    @property
    def is_listed(self) -> bool:
        """Whether this device is on the account's list, for all that it knows."""
        return self.row is not None and not self.row.unlisted

    def published(self) -> Published:
        """The newest keys of the account, as anybody may see them. Raises `Missing` (DEV-12.1)."""
        row = own_row(self._state)
        return check_published(row.delegation, row.list, self._state.actor)

    def recovery_key(self) -> bytes:
        """The recovery key. Raises `Missing` (DEV-12.4) once it was written down."""
        row = own_row(self._state)
        if not row.rk:
            raise Missing(
                "DEV-12.4",
                "the recovery key was written down, and no device has it any more: it is on paper",
            )
        return row.rk

    def owed(self) -> PutKeys | None:
        """What is to be put at the home node."""
        row = self.row
        if row is None or not row.before:
            return None
        return PutKeys(SignedKeys(row.delegation, row.list, row.box), row.before)

    def certified(self, now: int) -> Client | None:
        """Our client with a certificate under the newest delegation; None when it has one."""
        if not self.is_listed:
            return None
        known, me = known_keys(self._state), self._state.groups.me
        there = known.published
        carried = find(me.extensions, certificate.EXTENSION)
        if carried is not None:
            above = certificate.parse_leaf_extension(carried).delegation
            if above.content == there.signed_delegation.content:
                return None
        extension = certify(there, known.row.id, self._suite_key(), known.row.list_private, now)
        return me.carrying(Extension(certificate.EXTENSION, extension))

    # -- what changes ----------------------------------------------------------------------------

    def may_begin(self, alone: bool, now: int) -> bool:
        """Whether this device makes the first keys of its account, which has none (DEV-12.2).

        Not while other devices, where it is not `alone`, may still put those that they hold.
        """
        if alone:
            return True
        row = self._state.find(rows.AWAITED_KEYS, AwaitedKeysRow)
        if row is None:
            row = AwaitedKeysRow(since=now)
            self._state.put(rows.AWAITED_KEYS, row)
        return now - row.since >= AWAITED_SECONDS

    def await_none(self) -> None:
        """The account has keys: a later loss of them is waited out from its own beginning."""
        if self._state.has(rows.AWAITED_KEYS):
            self._state.delete(rows.AWAITED_KEYS)

    def begin(self, id: bytes, now: int) -> None:
        """The first keys of an account, with this device alone, which it calls `id` (DEV-12.2)."""
        self._begin((), NONE, id, now)

    def begin_anew(self, told: SignedKeys | None, id: bytes, now: int) -> None:
        """Another root, in place of what the home node has (DEV-12.10).

        The archive keys that this device has stay. What it had before is kept until the home node
        has taken the new keys.
        """
        before = NONE
        if told is not None:
            there = check_published(told.delegation, told.list, self._state.actor)
            box, _ = check_with_box(there, told.box)
            before = written(box)
        row = self.row
        if row is not None and row.accepted:
            self._state.put(rows.ACCOUNT_KEYS_BEFORE, row)
        self._begin(archive_keys(self._state), before, id, now)

    def _begin(self, had: tuple[ArchiveKey, ...], before: str, id: bytes, now: int) -> None:
        draw = self._state.entropy.draw
        seal, rk = draw(32), RecoveryKey(draw(32))
        archive = another_key(had, self._state.entropy)
        secret = BoxSecret(draw(32), archive, rk.key)
        device = Device(id, self._seal(seal).public, (self._suite_key(),), now)
        row = AccountKeysRow(
            id=id, seal=seal, list_private=b"", rk=rk.key, delegation=b"", list=b"", box=b""
        )
        above = delegate(self._state.actor, rk, 1, secret.list_private, now)
        self._sign(row, above, 1, [device], secret, before, now)

    def meet(self, told: SignedKeys | None) -> None:
        """What the home node has: ours, older ones, or newer ones, which are taken (DEV-12.3).

        Raises `Forbidden` (DEV-12.3) for keys of another root, or forked ones: nothing is taken.
        """
        known = known_keys(self._state)
        if told is None:
            # It was put back from a copy that is older than our keys.
            self._owe(known.row, NONE)
            return
        there = check_published(told.delegation, told.list, self._state.actor)
        box, _ = check_with_box(there, told.box)
        if there.delegation.root != known.published.delegation.root:
            if known.row.accepted:
                raise Forbidden("DEV-12.3", OTHER_ROOT)
            self.forget()
            return
        if told == known.signed:
            self._owe(known.row, "")
        elif box.number < known.box.number:
            self._owe(known.row, written(box))
        elif not known.row.before and is_fork(known.published, there):
            raise Forbidden("DEV-12.3", FORKED)
        else:
            self._take(known, there, box, told)

    def admit(self, device: Device, now: int) -> None:
        """Let another device in: the next list has it (DEV-12.11)."""
        known, new = known_keys(self._state), Device(device.id, device.seal, device.keys, now)
        if known.row.unlisted:
            raise Missing("DEV-12.11", "this device is not on the account's list any more")
        self._change(known, [*known.published.devices.devices, new], known.secret, now)

    def forget(self) -> None:
        """What was made here is nobody's; what this device had before stands again, if anything.

        Keys that the home node took once stay.
        """
        row = self.row
        if row is None or row.accepted:
            return
        before = self._state.find(rows.ACCOUNT_KEYS_BEFORE, AccountKeysRow)
        if before is None:
            self._state.delete(rows.ACCOUNT_KEYS)
            return
        self._state.put(rows.ACCOUNT_KEYS, before)
        self._state.delete(rows.ACCOUNT_KEYS_BEFORE)

    def write_down(self) -> None:
        """The recovery key is on paper: the box forgets it, and so does this device (DEV-12.4)."""
        known = known_keys(self._state)
        if not known.row.rk:
            return
        row, secret = known.row, known.secret
        bare = BoxSecret(secret.list_private, secret.archive, b"")
        there = known.published
        kem, b = there.delegation.recovery_kem, known.box.b + 1
        box = seal_box(there.devices, b, kem, bare, self._state.entropy)
        before = row.before or known.number
        row = replace(row, rk=b"", box=box.encode(), before=before)
        self._state.put(rows.ACCOUNT_KEYS, row)

    def renew(self, now: int) -> bool:
        """Sign the list anew when it ends in 20 days or less (DEV-12.5); whether it was."""
        known = known_keys(self._state)
        if known.row.unlisted or known.published.devices.not_after - now >= RENEW_SECONDS:
            return False
        devices = known.published.devices.devices
        self._change(known, devices, known.secret, now)
        return True

    def remove(self, id: bytes, rk: bytes | None, now: int) -> None:
        """Take a device off the list, with a new archive key (DEV-12.6).

        With the recovery key the list key is another one too: without it whoever has that device
        can still sign lists. Raises `Missing` for a device that is not listed, `Conflict` for this
        one, `Forbidden` for the recovery key of another account.
        """
        known = known_keys(self._state)
        devices = known.published.devices.devices
        if id == known.row.id:
            raise Conflict("DEV-12.6", "this is the device you are at: revoke it from another one")
        left = [device for device in devices if device.id != id]
        if len(left) == len(devices):
            raise Missing("DEV-12.6", "the account's list has no such device")
        self._rotate(known, left, rk, now)

    def redelegate(self, rk: bytes, now: int) -> None:
        """Another list key and archive key, for the same devices (DEV-12.6)."""
        known = known_keys(self._state)
        self._rotate(known, known.published.devices.devices, rk, now)

    def _rotate(
        self, known: KnownKeys, devices: Iterable[Device], rk: bytes | None, now: int
    ) -> None:
        draw, old = self._state.entropy.draw, known.secret
        archive = old.archive
        if not known.row.fresh:  # one that nobody has seen yet is new enough
            archive = another_key(archive, self._state.entropy)
        if rk is None:
            self._change(known, devices, BoxSecret(old.list_private, archive, old.rk), now)
            return
        key = self._recovery(rk, known.published)
        secret = BoxSecret(draw(32), archive, old.rk)
        d = key_signing.next_delegation(known.published.delegation.d, now)
        above = delegate(self._state.actor, key, d, secret.list_private, now)
        before = known.row.before or known.number
        self._sign(known.row, above, 1, devices, secret, before, now)

    def recover(
        self, told: SignedKeys, id: bytes, rk: bytes, now: int, keep: Collection[bytes] = ()
    ) -> list[bytes]:
        """Come back with the recovery key: this device alone, and whom it keeps (DEV-12.7).

        Always under a new delegation and with a new archive key, so that it works whatever lists a
        thief signed meanwhile. The ids of who is taken off the list are returned.
        """
        there = check_published(told.delegation, told.list, self._state.actor)
        box, _ = check_with_box(there, told.box)
        key = self._recovery(rk, there)
        secret = open_box(box, NOBODY, key.kem, there.delegation.list_key)
        draw = self._state.entropy.draw
        seal = draw(32)
        device = Device(id, self._seal(seal).public, (self._suite_key(),), now)
        others = [one for one in there.devices.devices if one.id != id]
        kept = [one for one in others if one.id in keep]
        if len(kept) < len(set(keep) - {id}):
            raise Missing("DEV-12.7", "the account's list has no such device to be kept")
        self._meet_archive(secret, there.delegation.root)
        archive = another_key(secret.archive, self._state.entropy)
        secret = BoxSecret(draw(32), archive, b"")
        row = AccountKeysRow(
            id=id, seal=seal, list_private=b"", rk=b"", delegation=b"", list=b"", box=b""
        )
        d = key_signing.next_delegation(there.delegation.d, now)
        above = delegate(self._state.actor, key, d, secret.list_private, now)
        self._sign(row, above, 1, [*kept, device], secret, written(box), now)
        return [one.id for one in others if one not in kept]

    # -- how -------------------------------------------------------------------------------------

    def _meet_archive(self, secret: BoxSecret, root: bytes) -> None:
        """The archive keys that we have are in the box, unless the account began anew since."""
        ours, row = archive_keys(self._state), self.row
        try:
            check_known(secret, ours)
        except Forbidden:
            if row is None or known_keys(self._state).published.delegation.root == root:
                raise
            for each in ours:
                self._state.delete(rows.archive_key_row(each.g))

    def _seal(self, private: bytes) -> KeyPair:
        return hpke.key_pair(BOX_SUITE, private)

    def _suite_key(self) -> SuiteKey:
        return SuiteKey(SUITE, self._state.groups.me.signature.public)

    def _recovery(self, rk: bytes, there: Published) -> RecoveryKey:
        key = RecoveryKey(rk)
        if key.root.public != there.delegation.root:
            raise Forbidden(
                "DEV-12.7", "that is the recovery key of another account, or an old one"
            )
        return key

    def _change(
        self, known: KnownKeys, devices: Iterable[Device], secret: BoxSecret, now: int
    ) -> None:
        """The next list of the same delegation."""
        n, before = known.published.devices.n + 1, known.row.before or known.number
        self._sign(known.row, known.row.delegation, n, devices, secret, before, now)

    def _sign(
        self,
        row: AccountKeysRow,
        above: bytes,
        n: int,
        devices: Iterable[Device],
        secret: BoxSecret,
        before: str,
        now: int,
    ) -> None:
        """List and box under a delegation; they are kept, and owed to the home node."""
        actor, entropy = self._state.actor, self._state.entropy
        made = list_devices(above, actor, n, devices, secret, entropy, now)
        there = len(archive_keys(self._state))
        signed = replace(
            row,
            list_private=secret.list_private,
            rk=secret.rk,
            delegation=above,
            list=made.list,
            box=made.box,
            before=before,
            fresh=b"".join(each.key for each in secret.archive[there:]),
            unlisted=False,
        )
        self._state.put(rows.ACCOUNT_KEYS, signed)

    def _owe(self, row: AccountKeysRow, before: str) -> None:
        changed = replace(row, before=before)
        if not before:
            changed = replace(changed, accepted=True, fresh=b"")
            for each in fresh_keys(self._state, row):
                self._state.write(rows.archive_key_row(each.g), each.key)
            if self._state.find(rows.ACCOUNT_KEYS_BEFORE, AccountKeysRow) is not None:
                self._state.delete(rows.ACCOUNT_KEYS_BEFORE)
        if changed != row:
            self._state.put(rows.ACCOUNT_KEYS, changed)

    def _take(self, known: KnownKeys, there: Published, box: KeyBox, told: SignedKeys) -> None:
        row = known.row
        check_counted_on(there, known.published)
        if box.entry(row.id) is None:
            self._state.put(rows.ACCOUNT_KEYS, replace(row, before="", fresh=b"", unlisted=True))
            return
        secret = open_box(box, row.id, self._seal(row.seal), there.delegation.list_key)
        check_known(secret, archive_keys(self._state))
        taken = replace(
            row,
            list_private=secret.list_private,
            rk=secret.rk,
            delegation=told.delegation,
            list=told.list,
            box=told.box,
            before="",
            fresh=b"",
            accepted=True,
            unlisted=False,
        )
        for each in secret.archive:
            if not self._state.has(name := rows.archive_key_row(each.g)):
                self._state.write(name, each.key)
        self._state.put(rows.ACCOUNT_KEYS, taken)
        if not row.rk:
            # What was erased here is never taken back, and goes out of the box again.
            self.write_down()
