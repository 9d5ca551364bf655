"""What a home node, or who stands between two devices, does to a linking: nothing is let in.

Each is told in words; the numbers and forms are in `tests/e2ee/linking`.
"""

from dataclasses import replace

import pytest

from node.client import joining
from node.client.joining import Joined
from node.client.key_signing import SignedKeys
from node.e2ee.keys.private.box_secret import ArchiveKey
from node.e2ee.keys.private.recovery import SigningKey
from node.e2ee.linking.private.grant import GrantSecret, seal_grant
from node.e2ee.linking.private.linking import Agreed, Shower, read
from node.e2ee.linking.public.code import Found
from node.e2ee.linking.public.sides import NewSide, parse_side
from node.errors import Conflict, Forbidden, Malformed, Refused, Unproven
from node.testing.fakes import FakeEntropy
from tests.e2ee.keys.accounts import Account, new_account, new_device
from tests.e2ee.linking.links import ORIGIN, Linked, all_linked, linked


@pytest.fixture
def it() -> Linked:
    """Alice's phone is linked."""
    return all_linked()[0]


def keys(one: Account, seed: str = "box") -> SignedKeys:
    box = one.box(FakeEntropy(seed)).encode()
    return SignedKeys(one.sign_delegation().encode(), one.sign_list().encode(), box)


def take(it: Linked, told: SignedKeys, grant: bytes = b"", agreed: Agreed | None = None) -> Joined:
    """What the new device does with what its home node shows it."""
    grant = grant or it.grant(FakeEntropy("grant"))
    return joining.take(told, agreed or it.at_new(), grant, it.held.seal.private, it.once)


def refuses(it: Linked, clause: str, told: SignedKeys, grant: bytes = b"") -> None:
    with pytest.raises(Refused) as refused:
        take(it, told, grant)
    assert refused.value.clause == clause
    assert len(refused.value.reason.split()) > 3, "and says it in words"


def test_as_it_ought_to_go(it: Linked) -> None:
    joined = take(it, keys(it.after))
    assert joined.archive == it.account.archive and joined.row.id == it.held.device.id


@pytest.mark.clause("LNK-3.4")
def test_a_side_is_swapped_for_another_once_the_reader_has_spoken(it: Linked) -> None:
    thief = replace(it.new, device=new_device(FakeEntropy("thief")).device)
    with pytest.raises(Unproven, match=r"LNK-3\.4: .*somebody stands between"):
        read(it.old, it.found, it.found.commit).meet(thief.encode())


@pytest.mark.clause("LNK-3.2")
def test_the_node_has_another_commitment_than_the_link(it: Linked) -> None:
    thief = Shower(replace(it.new, name="thief")).commit
    with pytest.raises(Unproven, match=r"LNK-3\.2"):
        read(it.old, it.found, thief)


@pytest.mark.clause("LNK-3.5")
def test_one_side_is_sent_back_to_who_said_it(it: Linked) -> None:
    for one, words in ((it.new, "both devices are new"), (it.old, "devices of an account")):
        with pytest.raises(Conflict, match=rf"LNK-3\.5: .*{words}"):
            Shower(one).meet(it.code, one.encode())


@pytest.mark.clause("LNK-3.8", "LNK-3.9")
def test_a_node_between_two_codes_guesses_numbers(it: Linked) -> None:
    """By code alone: each of the two talks with a device of the node, and their numbers differ."""
    evil = all_linked()[1]
    at_old = read(it.old, Found(it.code), Shower(evil.new).commit).meet(evil.new.encode())
    at_new = Shower(it.new).meet(it.code, evil.old.encode())
    for _ in range(2):
        assert not at_old.type(at_new.shown) and not at_new.type(at_old.shown)
    for agreed, told in ((at_old, at_new.shown), (at_new, at_old.shown)):
        with pytest.raises(Forbidden, match=r"LNK-3\.9: three numbers were wrong: somebody may"):
            agreed.type(told)
        with pytest.raises(Forbidden, match=r"LNK-3\.8"):
            agreed.check_sure()


@pytest.mark.clause("LNK-2.3", "LNK-3.6")
def test_a_code_that_was_used_is_used_once_more(it: Linked) -> None:
    """Of another linking under the same code nothing that was typed or granted counts."""
    again = replace(linked("once more", it.account, "phone", GrantSecret()), code=it.code)
    assert again.at_old().shown != it.at_old().shown
    refuses(it, "LNK-4.2", keys(it.after), again.grant(FakeEntropy("grant")))


@pytest.mark.clause("LNK-4.2")
def test_the_node_makes_a_grant_of_its_own(it: Linked) -> None:
    """In base mode anybody can seal to the once key: the signature says who did."""
    evil = SigningKey(FakeEntropy("node").draw(32))
    secret = GrantSecret(20_833, bytes(32))
    refuses(
        it, "KEY-1.6", keys(it.after), seal_grant(it.at_old(), evil, secret, FakeEntropy("grant"))
    )


@pytest.mark.clause("LNK-4.2", "LNK-4.3")
def test_a_grant_is_cut_short_or_changed(it: Linked) -> None:
    right = it.grant(FakeEntropy("grant"))
    for wrong in (right[:-1], right + b"\0", right[:90] + bytes([right[90] ^ 1]) + right[91:]):
        with pytest.raises(Refused):
            take(it, keys(it.after), wrong)


@pytest.mark.clause("LNK-4.4")
def test_the_list_has_the_new_device_with_another_key(it: Linked) -> None:
    thief = new_device(FakeEntropy("thief"))
    mixed = replace(it.held.device, keys=thief.device.keys)
    for device in (mixed, replace(it.held.device, seal=thief.device.seal)):
        held = replace(it.held, device=device)
        refuses(it, "LNK-4.4", keys(it.account.with_devices(*it.account.held, held, n=2)))


@pytest.mark.clause("LNK-4.4")
def test_the_list_is_withheld(it: Linked) -> None:
    """The list from before, with the grant: the new device is on no list, and keeps nothing."""
    refuses(it, "LNK-4.4", keys(it.account))


@pytest.mark.clause("LNK-4.4")
def test_another_root_is_shown_to_the_new_device(it: Linked) -> None:
    """The node signs a whole account of its own, with the new device on its list."""
    evil = new_account("mallory").with_devices(it.held, n=it.after.n)
    refuses(it, "LNK-4.4", keys(evil))


@pytest.mark.clause("KEY-1.5")
def test_the_keys_of_another_account_are_shown(it: Linked) -> None:
    bob = replace(it.after, actor="https://alpha.test/a/bob")
    refuses(it, "KEY-1.5", keys(bob))


@pytest.mark.clause("KEY-3.7", "KEY-3.8")
def test_the_box_of_another_list_or_with_nothing_for_us_is_shown(it: Linked) -> None:
    right, older = keys(it.after), keys(it.account)
    refuses(it, "KEY-3.7", SignedKeys(right.delegation, right.list, older.box))
    evil = replace(it.after, archive=(ArchiveKey(1, bytes(32)),))
    foreign = replace(evil, list_key=SigningKey(FakeEntropy("node").draw(32)))
    refuses(it, "KEY-1.6", SignedKeys(right.delegation, right.list, keys(foreign).box))


@pytest.mark.clause("LNK-1.4")
def test_a_name_is_turned_around_before_the_person_reads_it(it: Linked) -> None:
    for name in ("ecila s'\u202ephone", "phone\n(of your bank)", "\x1b[2Jphone", ""):
        with pytest.raises(Malformed, match=r"LNK-1\.4"):
            parse_side(NewSide(it.new.nonce, it.new.device, it.new.once_kem, name).encode())


@pytest.mark.clause("LNK-3.8")
def test_nothing_is_granted_to_whom_nobody_made_sure_of(it: Linked) -> None:
    shown = Shower(it.old).meet(it.code, it.new.encode())
    with pytest.raises(Forbidden, match=r"LNK-3\.8"):
        seal_grant(shown, it.account.list_key, GrantSecret(), FakeEntropy("grant"))
    unsure = Shower(it.new).meet(it.code, it.old.encode())
    with pytest.raises(Forbidden, match=r"LNK-3\.8"):
        take(it, keys(it.after), agreed=unsure)
    assert ORIGIN in it.found.origin
