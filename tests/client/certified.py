"""Accounts with a root, for tests of devices: who is on whose list, and what their node shows."""

from dataclasses import dataclass, fields, replace

from node.client.device import Device
from node.client.looking import Shown
from node.e2ee.keys.private.recovery import SigningKey
from node.e2ee.keys.public import certificate, delegation
from node.e2ee.keys.public.certificate import Certificate, LeafExtension
from node.e2ee.keys.public.delegation import Delegation
from node.e2ee.keys.public.device_list import Device as ListedDevice
from node.e2ee.keys.public.device_list import SuiteKey
from node.e2ee.mls.private.hpke import key_pair
from node.e2ee.mls.public.extensions import Extension
from node.e2ee.mls.public.suite import X25519_AES128_SHA256_ED25519 as SUITE
from node.testing.fakes import FakeEntropy
from tests.client.devices import NOW, Side
from tests.client.transcripts import ClearRows
from tests.e2ee.keys.accounts import Account, HeldDevice, new_account


@dataclass(frozen=True)
class Dated(Account):
    """An account whose lists are dated anew under one delegation."""

    began: int = NOW

    @property
    def delegation(self) -> Delegation:
        found = super().delegation
        return replace(found, not_after=self.began + delegation.LASTS_SECONDS)


class Owner:
    """The keys of one account, and which of its devices stand on the list."""

    def __init__(self, actor: str, seed: str = "", now: int = NOW) -> None:
        self.actor = actor
        self._entropy = FakeEntropy(f"owner {seed or actor}")
        self._held: dict[bytes, HeldDevice] = {}
        made = replace(new_account(seed or actor, actor), now=now, n=0)
        self.account = Dated(**{one.name: getattr(made, one.name) for one in fields(made)})

    def lists(self, *devices: Device) -> "Owner":
        """The next list: these devices and no other, each certified under it."""
        held = [self._of(device) for device in devices]
        self.account = self.account.with_devices(*held, n=self.account.n + 1)
        for device in devices:
            self.certify(device)
        return self

    def certify(self, device: Device, account: Account | None = None) -> None:
        """A leaf of the device carries a certificate from now on, whatever list it is on."""
        by, listed = account or self.account, self._of(device).device
        made = Certificate(
            self.actor,
            listed.id,
            listed.keys[0],
            by.d,
            by.n,
            by.now + certificate.LASTS_SECONDS,
        )
        signed = by.list_key.sign(certificate.LABEL, made.encode())
        extension = LeafExtension(by.sign_delegation(), signed).encode()
        me = device.state.groups.me
        device.state.groups.me = me.carrying(Extension(certificate.EXTENSION, extension))

    def delegates_anew(self, d: int) -> "Owner":
        """Another list key under the same root."""
        key = SigningKey(self._entropy.draw(32))
        self.account = replace(self.account, list_key=key, d=d, n=1)
        return self

    def renews(self, now: int) -> "Owner":
        """The same devices, dated anew."""
        self.account = replace(self.account, n=self.account.n + 1, now=now)
        return self

    @property
    def shown(self) -> Shown:
        """What the actor's node shows."""
        account = self.account if self.account.n else replace(self.account, n=1)
        found = account.published
        return Shown(found.signed_delegation.encode(), found.signed_list.encode())

    def _of(self, device: Device) -> HeldDevice:
        key = device.state.groups.me.signature.public
        if key not in self._held:
            id, seal = self._entropy.draw(16), key_pair(SUITE, self._entropy.draw(32))
            listed = ListedDevice(id, seal.public, (SuiteKey(1, key),), self.account.now)
            self._held[key] = HeldDevice(listed, seal)
        return self._held[key]


class Light(Side):
    """A device whose vault is in clear: nothing has to be derived for it."""

    def __init__(self, name: str, actor: str) -> None:
        self.actor, self.seq = actor, 0
        self.entropy, self.rows = FakeEntropy(f"{actor} {name}"), ClearRows()
        self.device = Device(self.rows, self.entropy, actor)
        self.told = []

    def reopen(self) -> None:
        self.device = Device(self.rows, self.entropy, self.actor)
