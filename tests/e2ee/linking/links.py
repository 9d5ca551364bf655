"""Linkings for tests: both devices and what they say, out of a seed."""

from dataclasses import dataclass, replace
from functools import cached_property

from node.e2ee.keys.public.published import Published
from node.e2ee.linking.private.grant import CountMark, GrantSecret, StateMark, seal_grant
from node.e2ee.linking.private.linking import Agreed, Shower, read
from node.e2ee.linking.public.code import Found, new_code
from node.e2ee.linking.public.sides import NewSide, OldSide
from node.e2ee.mls.private import hpke
from node.e2ee.mls.private.hpke import KeyPair
from node.e2ee.mls.public.suite import X25519_AES128_SHA256_ED25519 as SUITE
from node.ports import Entropy
from node.testing.fakes import FakeEntropy
from tests.e2ee.keys.accounts import Account, HeldDevice, lives, new_device

ORIGIN = "https://alpha.test"


@dataclass(frozen=True)
class Linked:
    """One linking as it ought to go, private halves included."""

    about: str
    code: str
    account: Account
    held: HeldDevice
    once: KeyPair
    new: NewSide
    old: OldSide
    secret: GrantSecret

    @property
    def found(self) -> Found:
        """What the link says when the new device shows."""
        return Found(self.code, ORIGIN, Shower(self.new).commit)

    def at_old(self) -> Agreed:
        """The old device read the link: it is sure."""
        there = read(self.old, self.found, self.found.commit, is_vouched=True)
        return there.meet(self.new.encode())

    def at_new(self) -> Agreed:
        """The new device showed, and the right number was typed."""
        agreed = Shower(self.new).meet(self.code, self.old.encode())
        assert agreed.type(self.at_old().shown)
        return agreed

    def grant(self, entropy: Entropy) -> bytes:
        return seal_grant(self.at_old(), self.account.list_key, self.secret, entropy)

    @cached_property
    def after(self) -> Account:
        """The account with the new device, its entry dated by the old one."""
        listed = replace(self.held, device=replace(self.held.device, added=self.account.now + 60))
        return self.account.with_devices(*self.account.held, listed, n=self.account.n + 1)

    @property
    def published(self) -> Published:
        return self.after.published


def linked(about: str, account: Account, name: str, secret: GrantSecret) -> Linked:
    entropy = FakeEntropy(f"linking {about}")
    held, once = new_device(entropy, added=0), hpke.key_pair(SUITE, entropy.draw(32))
    new = NewSide(entropy.draw(32), held.device, once.public, name)
    there = account.published
    old = OldSide(
        entropy.draw(32),
        account.actor,
        there.delegation.root,
        account.d,
        account.n,
        there.signed_list.hash(),
    )
    return Linked(about, new_code(entropy), account, held, once, new, old, secret)


def all_linked() -> list[Linked]:
    """To an account with one device, without anything; to one with three, with all there is."""
    first, three, *_ = lives()
    entropy = FakeEntropy("what is granted")
    states = tuple(StateMark(entropy.draw(32), n, entropy.draw(32)) for n in (1, 7))
    counts = (CountMark(entropy.draw(16), entropy.draw(32), 41),)
    full = GrantSecret(20_833, entropy.draw(32), states, counts)
    return [
        linked("to one device", first, "phone", GrantSecret()),
        linked("to three devices", three, "Älices 📱", full),
    ]
