"""Accounts for tests: their keys out of a seed, at one moment of their life."""

from dataclasses import dataclass, replace
from functools import cached_property

from node.e2ee.keys.private.box_secret import ArchiveKey, BoxSecret, seal_box
from node.e2ee.keys.private.recovery import RecoveryKey, SigningKey
from node.e2ee.keys.public import certificate, delegation, device_list
from node.e2ee.keys.public.certificate import Certificate, LeafExtension
from node.e2ee.keys.public.delegation import Delegation
from node.e2ee.keys.public.device_list import Device, DeviceList, SuiteKey
from node.e2ee.keys.public.published import Published, check_published
from node.e2ee.keys.public.signed import Signed
from node.e2ee.mls.private import hpke
from node.e2ee.mls.private.hpke import KeyPair
from node.e2ee.mls.public.suite import X25519_AES128_SHA256_ED25519 as SUITE
from node.ports import Entropy
from node.testing.fakes import FakeEntropy

NOW = 1_800_000_000
ALICE = "https://alpha.test/a/alice"


@dataclass(frozen=True)
class HeldDevice:
    """A device with its private halves."""

    device: Device
    seal: KeyPair


def new_device(entropy: Entropy, suites: tuple[int, ...] = (1,), added: int = NOW) -> HeldDevice:
    id, seal = entropy.draw(16), hpke.key_pair(SUITE, entropy.draw(32))
    keys = tuple(SuiteKey(suite, SigningKey(entropy.draw(32)).public) for suite in suites)
    return HeldDevice(Device(id, seal.public, keys, added), seal)


@dataclass(frozen=True)
class Account:
    """All keys of an account, private halves included."""

    name: str
    rk: RecoveryKey
    list_key: SigningKey
    archive: tuple[ArchiveKey, ...]
    held: tuple[HeldDevice, ...]
    d: int = 1
    n: int = 1
    b: int = 1
    written_down: bool = False
    actor: str = ALICE
    now: int = NOW

    @property
    def delegation(self) -> Delegation:
        return Delegation(
            self.actor,
            self.rk.root.public,
            self.d,
            self.list_key.public,
            self.rk.kem.public,
            self.now + delegation.LASTS_SECONDS,
        )

    @property
    def devices(self) -> DeviceList:
        return DeviceList(
            self.actor,
            self.d,
            self.n,
            self.now,
            self.now + device_list.LASTS_SECONDS,
            tuple(one.device for one in self.held),
        )

    def certificate(self, at: int = 0) -> Certificate:
        device = self.held[at].device
        lasts = self.now + certificate.LASTS_SECONDS
        return Certificate(self.actor, device.id, device.keys[0], self.d, self.n, lasts)

    @property
    def secret(self) -> BoxSecret:
        rk = b"" if self.written_down else self.rk.key
        return BoxSecret(self.list_key.private, self.archive, rk)

    def sign_delegation(self, content: bytes = b"") -> Signed:
        return self.rk.root.sign(delegation.LABEL, content or self.delegation.encode())

    def sign_list(self, content: bytes = b"") -> Signed:
        return self.list_key.sign(device_list.LABEL, content or self.devices.encode())

    def sign_certificate(self, at: int = 0) -> Signed:
        return self.list_key.sign(certificate.LABEL, self.certificate(at).encode())

    def leaf_extension(self, at: int = 0) -> bytes:
        return LeafExtension(self.sign_delegation(), self.sign_certificate(at)).encode()

    def box(self, entropy: Entropy) -> Signed:
        return seal_box(self.devices, self.b, self.rk.kem.public, self.secret, entropy)

    @cached_property
    def published(self) -> Published:
        return check_published(
            self.sign_delegation().encode(), self.sign_list().encode(), self.actor
        )

    def with_devices(self, *held: HeldDevice, n: int) -> "Account":
        found = sorted(held, key=lambda one: one.device.id)
        return replace(self, held=tuple(found), n=n, b=1)


def new_account(seed: str = "alice", actor: str = ALICE) -> Account:
    entropy = FakeEntropy(seed)
    rk, list_key = RecoveryKey(entropy.draw(32)), SigningKey(entropy.draw(32))
    archive = (ArchiveKey(1, entropy.draw(32)),)
    return Account("one device", rk, list_key, archive, (new_device(entropy),), actor=actor)


def lives() -> list[Account]:
    """One account at four moments: new, with three devices, written down, after a theft."""
    first = new_account()
    more = FakeEntropy("more devices")
    phone, laptop = new_device(more, (1, 3)), new_device(more, (1, 3, 0xF0A1), NOW + 5)
    three = replace(first.with_devices(*first.held, phone, laptop, n=2), name="three devices")
    written = replace(three, name="written down", b=2, written_down=True)
    kept = tuple(one for one in written.held if one is not phone)
    archive = (*written.archive, ArchiveKey(2, more.draw(32)))
    stolen = replace(
        written,
        name="after a theft",
        list_key=SigningKey(more.draw(32)),
        archive=archive,
        held=kept,
        d=NOW + 9,
        n=1,
        b=1,
    )
    return [first, three, written, stolen]
