"""Pure: what a device signs for its account: delegation, list with box, certificate (KEY-3)."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from node.e2ee.keys.private.box_secret import BoxSecret, seal_box
from node.e2ee.keys.private.recovery import RecoveryKey, SigningKey
from node.e2ee.keys.public import certificate, delegation, device_list
from node.e2ee.keys.public.certificate import Certificate, LeafExtension
from node.e2ee.keys.public.delegation import Delegation, check_delegation, parse_delegation
from node.e2ee.keys.public.device_list import Device, DeviceList, SuiteKey, check_list
from node.e2ee.keys.public.published import Published
from node.e2ee.keys.public.signed import LARGEST_U32, LAST_LIST
from node.errors import TooMuch
from node.ports import Entropy


@dataclass(frozen=True, slots=True)
class SignedKeys:
    """A signed delegation, list and key box, as the home node keeps them."""

    delegation: bytes
    list: bytes
    box: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PutKeys:
    """Keys that are to be put in the place of those with the number `before`."""

    keys: SignedKeys
    before: str


def next_delegation(d: int, now: int) -> int:
    """The number of the delegation behind `d` (DEV-12.6). A clock far ahead uses none up.

    Raises `TooMuch` (KEY-1.8) behind the last one: somebody who has the root chose that.
    """
    if d >= LARGEST_U32:
        raise TooMuch(
            "KEY-1.8",
            "the numbers of the account's delegations are used up, so somebody has the recovery"
            " words: begin its keys anew with the password (kith recovery reset)",
        )
    return max(d + 1, min(now, LAST_LIST))


def delegate(actor: str, rk: RecoveryKey, d: int, list_private: bytes, now: int) -> bytes:
    """The root's delegation to a list key."""
    made = Delegation(
        actor=actor,
        root=rk.root.public,
        d=d,
        list_key=SigningKey(list_private).public,
        recovery_kem=rk.kem.public,
        not_after=now + delegation.LASTS_SECONDS,
    )
    return rk.root.sign(delegation.LABEL, made.encode()).encode()


def list_devices(
    above: bytes,
    actor: str,
    n: int,
    devices: Iterable[Device],
    secret: BoxSecret,
    entropy: Entropy,
    now: int,
) -> SignedKeys:
    """The list `n` under the delegation `above`, and its first box.

    Raises `TooMuch` (KEY-3.3, KEY-3.8) for more devices or archive keys than others take,
    `Malformed` (KEY-1.8) behind the last list of the delegation.
    """
    over = check_delegation(parse_delegation(above), actor)
    made = DeviceList(
        actor=actor,
        d=over.d,
        n=n,
        issued=now,
        not_after=now + device_list.LASTS_SECONDS,
        devices=tuple(sorted(devices, key=lambda device: device.id)),
    )
    signed = SigningKey(secret.list_private).sign(device_list.LABEL, made.encode())
    check_list(signed, over)
    box = seal_box(made, 1, over.recovery_kem, secret, entropy)
    return SignedKeys(above, signed.encode(), box.encode())


def certify(there: Published, id: bytes, key: SuiteKey, list_private: bytes, now: int) -> bytes:
    """The leaf extension of the device `id` (KEY-3.6)."""
    made = Certificate(
        actor=there.devices.actor,
        id=id,
        key=key,
        d=there.devices.d,
        n=there.devices.n,
        not_after=now + certificate.LASTS_SECONDS,
    )
    signed = SigningKey(list_private).sign(certificate.LABEL, made.encode())
    return LeafExtension(there.signed_delegation, signed).encode()
