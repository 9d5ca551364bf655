"""What a home node shows an account's own devices of its keys, and what a thief signs of them.

Nothing of it is taken, the person is told, and what the devices had stays.
"""

from dataclasses import replace

import pytest

from node.client.key_signing import SignedKeys, list_devices
from node.client.known_keys import known_keys
from node.e2ee.keys.private.box_secret import ArchiveKey, open_box, seal_box
from node.e2ee.keys.private.recovery import SigningKey
from node.e2ee.keys.public import delegation
from node.e2ee.keys.public.certificate import check_leaf
from node.e2ee.keys.public.device_list import SuiteKey
from node.e2ee.keys.public.published import check_published, check_with_box
from node.e2ee.mls.private import hpke
from node.e2ee.mls.public.suite import X25519_AES128_SHA256_ED25519 as SUITE
from node.errors import Forbidden, Malformed, Refused
from node.testing.fakes import FakeEntropy
from tests.client.devices import ALICE, NOW
from tests.client.test_account_keys import Held, Home, come_back
from tests.e2ee.keys.accounts import Account, lives

OTHER_KEY = SigningKey(FakeEntropy("another device").draw(32)).public


@pytest.fixture
def home() -> Home:
    return Home()


@pytest.fixture
def phone(home: Home) -> Held:
    phone = Held(home, "phone")
    phone.begin()
    assert phone.put()
    return phone


def is_refused(phone: Held, clause: str, shown: SignedKeys | None) -> None:
    """Nothing of it is taken, and what is said is more than that it is wrong."""
    before, there = phone.row, phone.home.keys
    phone.home.keys = shown
    with pytest.raises(Refused) as refused:
        phone.meet()
    assert refused.value.clause == clause and len(refused.value.reason.split()) > 4
    assert phone.row == before and phone.device.is_listed
    phone.home.keys = there


def boxed(phone: Held, *archive: ArchiveKey) -> SignedKeys:
    """The newest list with another box, as whoever has the list key can sign it."""
    known = known_keys(phone.device.state)
    secret = replace(known.secret, archive=archive)
    kem, there = known.published.delegation.recovery_kem, known.published.devices
    box = seal_box(there, 2, kem, secret, FakeEntropy("thief")).encode()
    return SignedKeys(known.row.delegation, known.row.list, box)


@pytest.mark.clause("KEY-4.4")
def test_a_box_with_another_archive_key(home: Home, phone: Held) -> None:
    """What is said from now on would be kept under a key that the thief has chosen."""
    is_refused(phone, "KEY-4.4", boxed(phone, ArchiveKey(1, bytes(32))))


@pytest.mark.clause("KEY-4.4")
def test_a_box_in_which_an_archive_key_is_missing(home: Home, phone: Held) -> None:
    tablet = come_back(home, "tablet", phone.device.recovery_key())
    phone.meet()
    assert len(known_keys(phone.device.state).secret.archive) == 2
    first, _ = known_keys(tablet.device.state).secret.archive
    is_refused(phone, "KEY-4.4", boxed(phone, first))


@pytest.mark.clause("KEY-3.7")
def test_the_box_of_an_older_list(home: Home, phone: Held) -> None:
    old = home.keys
    come_back(home, "tablet", phone.device.recovery_key())
    new = home.keys
    assert old is not None and new is not None
    is_refused(phone, "KEY-3.7", SignedKeys(new.delegation, new.list, old.box))


@pytest.mark.clause("KEY-1.6", "KEY-3.2")
def test_a_list_that_somebody_else_signed(home: Home, phone: Held) -> None:
    known, evil = known_keys(phone.device.state), SigningKey(FakeEntropy("evil").draw(32))
    listed = replace(known.published.devices, n=2)
    false = evil.sign(b"Kith device list 1", listed.encode()).encode()
    is_refused(phone, "KEY-1.6", SignedKeys(known.row.delegation, false, known.row.box))


@pytest.mark.clause("KEY-1.6")
def test_a_signature_of_one_thing_is_shown_as_that_of_another(home: Home, phone: Held) -> None:
    """The label is under each signature: a box is no list, and a list no delegation."""
    known = known_keys(phone.device.state)
    for keys in (
        SignedKeys(known.row.delegation, known.row.box, known.row.box),
        SignedKeys(known.row.list, known.row.list, known.row.box),
    ):
        before = phone.row
        home.keys = keys
        with pytest.raises(Refused):
            phone.meet()
        assert phone.row == before


@pytest.mark.clause("DEV-12.3")
def test_the_own_list_is_forked_with_the_thiefs_device(home: Home, phone: Held) -> None:
    """Whoever has the list key signs another list under the number that was put already."""
    known = known_keys(phone.device.state)
    listed = known.published.devices.devices
    thief = replace(listed[0], id=bytes(15) + b"\1", seal=phone.entropy.draw(32), keys=())
    thief = replace(thief, keys=(replace(listed[0].keys[0], signature_key=OTHER_KEY),))
    forked = list_devices(
        known.row.delegation,
        ALICE,
        known.published.devices.n,
        (*listed, thief),
        known.secret,
        FakeEntropy("thief"),
        NOW,
    )
    is_refused(phone, "DEV-12.3", forked)


@pytest.mark.clause("DEV-12.3", "DEV-16.7")
def test_a_device_that_is_thrown_off_the_list_wipes_nothing(home: Home, phone: Held) -> None:
    """It stops, and keeps what it has: the thief may have been the one who signed."""
    known, before = known_keys(phone.device.state), phone.rows.names()
    (own,) = known.published.devices.devices
    thief = replace(own, id=bytes(15) + b"\1", seal=phone.entropy.draw(32))
    thief = replace(thief, keys=(replace(own.keys[0], signature_key=OTHER_KEY),))
    n = known.published.devices.n + 1
    home.keys = list_devices(
        known.row.delegation, ALICE, n, [thief], known.secret, FakeEntropy("thief"), NOW
    )
    phone.meet()
    assert not phone.device.is_listed and phone.row.unlisted
    assert set(before) <= set(phone.rows.names()) and phone.device.recovery_key()


@pytest.mark.clause("DEV-12.3")
def test_keys_are_withheld(home: Home, phone: Held) -> None:
    """None, or those of yesterday: ours are put in their place, with the number that is served."""
    first = home.keys
    tablet = come_back(home, "tablet", phone.device.recovery_key())
    newest = home.keys
    for shown in (first, None):
        home.keys = shown
        tablet.meet()
        owed = tablet.device.keys_owed()
        assert owed is not None and owed.keys == newest and owed.before == home.number
        assert tablet.put() and home.keys == newest


@pytest.mark.clause("KEY-3.1")
def test_a_delegation_whose_list_key_is_the_root() -> None:
    """Who has the list key would be the account for ever."""
    one = lives()[0]
    false = replace(one.delegation, list_key=one.rk.root.public)
    with pytest.raises(Malformed, match=r"KEY-3\.1"):
        check_published(
            one.rk.root.sign(delegation.LABEL, false.encode()).encode(),
            one.rk.root.sign(b"Kith device list 1", one.devices.encode()).encode(),
            one.actor,
        )


# -- a thief, once the words were entered ----------------------------------------------------------


@pytest.fixture
def theft() -> tuple[Account, Account]:
    """An account with three devices, and after one of them was stolen and revoked."""
    _, _, before, after = lives()
    return before, after


@pytest.mark.clause("KEY-4.1", "KEY-5.1")
def test_the_old_list_key_signs_lists_for_ever(theft: tuple[Account, Account]) -> None:
    """However high its number: the delegation above it is a lower one."""
    before, after = theft
    bob = Held(Home(), "of a friend")
    forged = before.with_devices(*before.held, n=before.n + 9)
    assert bob.device.see_keys(before.actor, after.published).seen == "first"
    assert bob.device.see_keys(before.actor, forged.published).seen == "lower"
    pin = bob.device.pin_of(before.actor)
    assert pin is not None and pin.keys == after.published
    # Nor does the new delegation carry what the old key signed.
    with pytest.raises(Refused, match=r"KEY-3\.2|KEY-1\.6"):
        check_published(after.sign_delegation().encode(), forged.sign_list().encode(), before.actor)
    posed = replace(forged, d=after.d)
    with pytest.raises(Refused, match=r"KEY-1\.6"):
        check_published(after.sign_delegation().encode(), posed.sign_list().encode(), before.actor)


@pytest.mark.clause("KEY-3.8")
def test_a_stolen_device_opens_no_box_that_came_later(theft: tuple[Account, Account]) -> None:
    before, after = theft
    box, _ = check_with_box(after.published, after.box(FakeEntropy("box")).encode())
    (stolen,) = {one.device.id: one for one in before.held if one not in after.held}.values()
    for id in (stolen.device.id, after.held[0].device.id):
        with pytest.raises(Refused):
            open_box(box, id, stolen.seal, after.list_key.public)
    kept = after.held[0]
    assert open_box(box, kept.device.id, kept.seal, after.list_key.public).archive == after.archive


@pytest.mark.clause("KEY-3.6")
def test_a_certificate_is_carried_by_another_device(theft: tuple[Account, Account]) -> None:
    before, _ = theft
    extension = before.leaf_extension(0)
    mine = SuiteKey(1, SigningKey(FakeEntropy("thief").draw(32)).public)
    with pytest.raises(Refused, match=r"KEY-3\.6"):
        check_leaf(extension, before.actor, mine)
    with pytest.raises(Refused, match=r"KEY-1\.5|KEY-3\.6"):
        check_leaf(extension, "https://alpha.test/a/bob", before.held[0].device.keys[0])


@pytest.mark.clause("DEV-12.6")
def test_the_words_of_another_account_revoke_nobody(home: Home, phone: Held) -> None:
    tablet = come_back(home, "tablet", phone.device.recovery_key())
    phone.meet()
    before = phone.row
    with pytest.raises(Forbidden, match=r"DEV-12\.7"):
        phone.device.unlist(tablet.id, bytes(32), NOW)
    assert phone.row == before and phone.device.keys_owed() is None


@pytest.mark.clause("DEV-12.4", "KEY-4.5")
def test_the_recovery_key_is_served_again_once_it_is_on_paper(home: Home, phone: Held) -> None:
    with_key = home.keys
    phone.device.write_down()
    assert phone.put()
    home.keys = with_key
    phone.meet()
    assert phone.row.rk == b"" and phone.put()
    box, _ = check_with_box(home.published, home.keys.box if home.keys else b"")
    seal = hpke.key_pair(SUITE, phone.row.seal)
    assert open_box(box, phone.id, seal, home.published.delegation.list_key).rk == b""
