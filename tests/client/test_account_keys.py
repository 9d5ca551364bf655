"""A device's part in its account's keys, without any node (DEV-12, DEV-13)."""

import base64
from dataclasses import replace
from typing import Any

import pytest

from node.client.account_keys import NONE, AccountKeys
from node.client.device import Device
from node.client.key_keeper import id_of
from node.client.key_rows import AccountKeysRow
from node.client.key_signing import SignedKeys
from node.client.known_keys import known_keys
from node.client.rows import ACCOUNT_KEYS, archive_key_row
from node.e2ee.keys.private.box_secret import open_box
from node.e2ee.keys.private.recovery import RecoveryKey
from node.e2ee.keys.public.certificate import EXTENSION, check_leaf
from node.e2ee.keys.public.device_list import NOBODY, SuiteKey
from node.e2ee.keys.public.published import Published, check_published, check_with_box
from node.e2ee.mls.public import key_package
from node.e2ee.mls.public.extensions import find
from node.errors import Conflict, Forbidden, Missing, TooMuch
from node.testing.fakes import FakeEntropy
from tests.client.devices import ALICE, BOB, NOW
from tests.client.transcripts import ClearRows
from tests.e2ee.keys.accounts import Account, lives, new_account

DAY = 86400


class Home:
    """What the home node has of Alice's keys."""

    def __init__(self) -> None:
        self.keys: SignedKeys | None = None
        self.puts = 0

    @property
    def published(self) -> Published:
        assert self.keys is not None
        return check_published(self.keys.delegation, self.keys.list, ALICE)

    @property
    def number(self) -> str:
        if self.keys is None:
            return NONE
        box, _ = check_with_box(self.published, self.keys.box)
        return "{}.{}.{}".format(*box.number)


class Held:
    """One device of Alice, and its rows."""

    def __init__(self, home: Home, name: str) -> None:
        self.home, self.rows = home, ClearRows()
        self.entropy = FakeEntropy(name)
        self.id = self.entropy.draw(16)
        self.device = Device(self.rows, self.entropy, ALICE)

    @property
    def row(self) -> AccountKeysRow:
        row = self.device._keys.row
        assert row is not None
        return row

    def begin(self, now: int = NOW) -> None:
        self.device.begin_keys(self.id, now)

    def put(self) -> bool:
        """Put what is owed; whether the home node took it."""
        owed = self.device.keys_owed()
        if owed is None or owed.before != self.home.number:
            return False
        self.home.keys, self.home.puts = owed.keys, self.home.puts + 1
        self.meet()
        return True

    def meet(self, now: int = NOW) -> None:
        self.device.meet_keys(self.home.keys, now)

    def reopen(self) -> None:
        self.device = Device(self.rows, self.entropy, ALICE)


@pytest.fixture
def home() -> Home:
    return Home()


@pytest.fixture
def phone(home: Home) -> Held:
    """Alice's first device, whose keys are at home."""
    phone = Held(home, "phone")
    phone.begin()
    assert phone.put()
    return phone


def come_back(home: Home, name: str, rk: bytes, now: int = NOW) -> Held:
    """Another device, by the recovery key; all others stay on the list."""
    found = Held(home, name)
    assert home.keys is not None
    there = {one.id for one in home.published.devices.devices}
    assert found.device.recover(home.keys, found.id, rk, now, there) == []
    assert found.put()
    return found


@pytest.mark.clause("DEV-12.2")
def test_the_first_keys_of_an_account(home: Home) -> None:
    phone = Held(home, "phone")
    assert not phone.device.has_keys and not phone.device.is_listed
    phone.begin()
    before = phone.device.keys_owed()
    phone.reopen()
    assert phone.device.keys_owed() == before, "on disk before it is sent"
    assert phone.rows.names("archive_key/") == [], "nothing is sealed with what may be lost"
    assert phone.put() and phone.device.keys_owed() is None
    there = home.published
    assert (there.delegation.d, there.number) == (1, (1, 1)) and home.number == "1.1.1"
    [only] = there.devices.devices
    assert (only.id, only.added) == (phone.id, NOW)
    rk = RecoveryKey(phone.device.recovery_key())
    assert rk.root.public == there.delegation.root
    assert home.keys is not None
    box, _ = check_with_box(there, home.keys.box)
    secret = open_box(box, NOBODY, rk.kem, there.delegation.list_key)
    assert [key.key for key in secret.archive] == [phone.rows.read(archive_key_row(1))]


@pytest.mark.clause("DEV-12.2")
def test_who_was_slower_forgets_what_it_made(home: Home, phone: Held) -> None:
    tablet = Held(home, "tablet")
    tablet.begin()
    assert not tablet.put()
    tablet.meet()
    assert not tablet.device.has_keys and tablet.rows.names("archive_key/") == []
    assert home.puts == 1


@pytest.mark.clause("DEV-12.1")
def test_a_device_by_password_alone_is_told(home: Home, phone: Held) -> None:
    tablet = Held(home, "tablet")
    for ask in (tablet.device.account_keys, tablet.device.recovery_key):
        with pytest.raises(Missing, match=r"DEV-12\.1: .* kith recovery use"):
            ask()
    with pytest.raises(Missing):
        tablet.device.unlist(phone.id, None, NOW)


@pytest.mark.clause("DEV-12.4", "KEY-4.5")
def test_a_recovery_key_that_is_on_paper_is_gone_everywhere(home: Home, phone: Held) -> None:
    rk = phone.device.recovery_key()
    phone.device.write_down()
    assert phone.put() and home.number == "1.1.2"
    with pytest.raises(Missing, match=r"DEV-12\.4"):
        phone.device.recovery_key()
    assert base64.b64encode(rk).decode() not in str(phone.rows._rows)
    phone.device.write_down()
    assert phone.device.keys_owed() is None, "it is gone already"


@pytest.mark.clause("DEV-12.4")
def test_who_comes_back_by_it_has_it_on_paper(home: Home, phone: Held) -> None:
    come_back(home, "tablet", phone.device.recovery_key())
    phone.meet()
    with pytest.raises(Missing, match=r"DEV-12\.4"):
        phone.device.recovery_key()


@pytest.mark.clause("DEV-12.4", "KEY-4.5")
def test_a_box_that_has_it_again_is_followed_by_one_without(home: Home, phone: Held) -> None:
    rk, old = phone.device.recovery_key(), phone.row
    phone.device.write_down()
    assert phone.put()
    # As a device that has the key yet would sign it.
    state = phone.device.state
    with state.step():
        state.put(ACCOUNT_KEYS, old)
        phone.device._keys.renew(NOW + 11 * DAY)
        made = phone.row
        state.put(ACCOUNT_KEYS, AccountKeysRow(**{**_fields(old), "rk": b""}))
    home.keys = SignedKeys(made.delegation, made.list, made.box)
    phone.meet()
    assert home.number == "1.2.1" and phone.row.rk == b""
    assert phone.put() and home.number == "1.2.2"
    there, box = home.published, home.keys
    assert box is not None
    sealed, _ = check_with_box(there, box.box)
    pair = phone.device._keys._seal(phone.row.seal)
    assert open_box(sealed, phone.id, pair, there.delegation.list_key).rk == b"" != rk


def _fields(row: AccountKeysRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__struct_fields__}


@pytest.mark.clause("DEV-12.5")
def test_a_list_is_renewed_in_time(home: Home, phone: Held) -> None:
    phone.meet(NOW + 10 * DAY)
    assert phone.device.keys_owed() is None
    phone.meet(NOW + 10 * DAY + 1)
    assert phone.put() and home.number == "1.2.1"
    assert home.published.devices.not_after == NOW + 40 * DAY + 1
    assert home.published.devices.devices == phone.device.account_keys().devices.devices


@pytest.mark.clause("DEV-12.3")
def test_a_node_put_back_from_a_copy_gets_the_keys_again(home: Home, phone: Held) -> None:
    first = home.keys
    phone.device.write_down()
    assert phone.put()
    newest = home.keys
    for older in (first, None):
        home.keys = older
        phone.meet()
        owed = phone.device.keys_owed()
        assert owed is not None and owed.before == home.number
        assert phone.put() and home.keys == newest


@pytest.mark.clause("DEV-12.3")
def test_another_root_is_refused_and_nothing_changes(home: Home, phone: Held) -> None:
    before = phone.row
    mallory = replace(new_account("mallory", ALICE), d=9, now=NOW)
    for false in (_signed(mallory), _forked(phone)):
        home.keys = false
        with pytest.raises(Forbidden, match=r"DEV-12\.3"):
            phone.meet()
        assert phone.row == before


def _signed(one: Account) -> SignedKeys:
    return SignedKeys(
        one.sign_delegation().encode(),
        one.sign_list().encode(),
        one.box(FakeEntropy("box")).encode(),
    )


def _forked(phone: Held) -> SignedKeys:
    """What somebody who has the list key could sign under the number of the phone's list."""
    other = Held(Home(), "other")
    other.rows._rows = dict(phone.rows._rows)
    other.reopen()
    state = other.device.state
    with state.step():
        known = known_keys(other.device.state)
        devices = [replace(known.published.devices.devices[0], added=NOW + 1)]
        above = known.row.delegation
        other.device._keys._sign(known.row, above, 1, devices, known.secret, "1.1.1", NOW)
    row = other.row
    return SignedKeys(row.delegation, row.list, row.box)


@pytest.mark.clause("DEV-12.7")
def test_a_lost_phone_is_no_lost_account(home: Home, phone: Held) -> None:
    rk = phone.device.recovery_key()
    tablet = come_back(home, "tablet", rk, NOW + 5)
    there = home.published
    assert there.delegation.d == NOW + 5 and there.devices.n == 1
    assert {one.id for one in there.devices.devices} == {phone.id, tablet.id}
    assert tablet.rows.read(archive_key_row(1)) == phone.rows.read(archive_key_row(1))
    assert tablet.row.rk == b""
    phone.meet()
    assert phone.device.is_listed and phone.row.list_private == tablet.row.list_private
    stranger = Held(home, "stranger")
    assert home.keys is not None
    with pytest.raises(Forbidden, match=r"DEV-12\.7"):
        stranger.device.recover(home.keys, stranger.id, bytes(32), NOW)
    assert not stranger.device.has_keys


@pytest.mark.clause("DEV-12.7", "KEY-4.4")
def test_who_comes_back_is_alone_but_for_whom_it_names(home: Home, phone: Held) -> None:
    rk = phone.device.recovery_key()
    thief = come_back(home, "thief", rk)
    phone.meet()
    tablet, keys = Held(home, "tablet"), home.keys
    assert keys is not None
    with pytest.raises(Missing, match=r"DEV-12\.7"):
        tablet.device.recover(keys, tablet.id, rk, NOW, {bytes(16)})
    assert not tablet.device.has_keys
    off = tablet.device.recover(keys, tablet.id, rk, NOW + 9, {phone.id})
    assert off == [thief.id] and tablet.put()
    assert {one.id for one in home.published.devices.devices} == {phone.id, tablet.id}
    thief.meet()
    phone.meet()
    assert not thief.device.is_listed and phone.device.is_listed
    newest = tablet.rows.names("archive_key/")[-1]
    assert phone.rows.read(newest) == tablet.rows.read(newest) is not None
    assert thief.rows.read(newest) is None
    # One that has archive keys takes no box that leaves them out.
    phone.rows.step({archive_key_row(1): bytes(32)})
    phone.reopen()
    assert home.keys is not None
    with pytest.raises(Forbidden, match=r"KEY-4\.4"):
        phone.device.recover(home.keys, phone.id, rk, NOW + 20)


@pytest.mark.clause("DEV-12.7", "DEV-12.10")
def test_the_words_of_an_account_that_began_anew_bring_its_archive_keys(
    home: Home, phone: Held
) -> None:
    tablet = Held(home, "tablet")
    tablet.device.begin_keys_anew(home.keys, tablet.id, NOW)
    assert tablet.put() and home.keys is not None
    phone.device.recover(home.keys, phone.id, tablet.device.recovery_key(), NOW, {tablet.id})
    assert phone.put()
    tablet.meet()
    names = phone.rows.names("archive_key/")
    assert names == tablet.rows.names("archive_key/") == ["archive_key/1", "archive_key/2"]
    assert [phone.rows.read(one) for one in names] == [tablet.rows.read(one) for one in names]


@pytest.mark.clause("DEV-12.7", "KEY-3.3")
def test_a_seventeenth_device_is_refused_and_nothing_changes(home: Home, phone: Held) -> None:
    rk = phone.device.recovery_key()
    for number in range(15):
        come_back(home, f"device {number}", rk, NOW + number)
    last, there = Held(home, "one too many"), home.keys
    listed = {one.id for one in home.published.devices.devices}
    assert there is not None
    with pytest.raises(TooMuch, match=r"KEY-3\.3: .* revoke one"):
        last.device.recover(there, last.id, rk, NOW, listed)
    assert not last.device.has_keys
    with pytest.raises(Missing, match=r"DEV-12\.6"):
        id_of("not a device")


@pytest.mark.clause("DEV-12.6")
def test_a_stolen_device_is_off_the_list_for_good(home: Home, phone: Held) -> None:
    rk = phone.device.recovery_key()
    tablet = come_back(home, "tablet", rk)
    phone.meet()
    stolen_key = tablet.row.list_private
    phone.device.unlist(tablet.id, rk, NOW + 60)
    assert phone.put()
    there = home.published
    assert [one.id for one in there.devices.devices] == [phone.id]
    assert there.delegation.d == NOW + 60 and phone.row.list_private != stolen_key
    newest = ["archive_key/1", "archive_key/2", "archive_key/3"]
    assert phone.rows.names("archive_key/") == newest
    tablet.meet()
    assert not tablet.device.is_listed and tablet.rows.names("archive_key/") == newest[:2]
    before = tablet.row
    tablet.meet(NOW + 29 * DAY)
    assert tablet.row == before and tablet.device.keys_owed() is None


@pytest.mark.clause("DEV-12.3")
def test_an_archive_key_that_lost_is_forgotten(home: Home, phone: Held) -> None:
    rk = phone.device.recovery_key()
    tablet, laptop = come_back(home, "tablet", rk), come_back(home, "laptop", rk)
    for one in (phone, tablet):
        one.meet()
    phone.device.unlist(laptop.id, None, NOW)
    tablet.device.redelegate(rk, NOW)
    assert tablet.put() and not phone.put()
    phone.meet()
    second = archive_key_row(4)
    assert phone.rows.read(second) == tablet.rows.read(second) is not None
    assert phone.device.keys_owed() is None and phone.row.fresh == b""
    phone.device.unlist(laptop.id, None, NOW)
    phone.device.unlist(tablet.id, None, NOW)
    assert phone.put() and len(phone.rows.names("archive_key/")) == 5


@pytest.mark.clause("DEV-12.6")
def test_without_the_words_it_is_only_off_the_list(home: Home, phone: Held) -> None:
    rk = phone.device.recovery_key()
    tablet = come_back(home, "tablet", rk)
    phone.meet()
    phone.device.unlist(tablet.id, None, NOW)
    assert phone.put() and home.number == f"{NOW}.2.1"
    assert phone.row.list_private == tablet.row.list_private
    phone.device.redelegate(rk, NOW)
    assert phone.put() and home.number == f"{NOW + 1}.1.1"
    assert phone.row.list_private != tablet.row.list_private
    for wrong, kind in ((phone.id, Conflict), (tablet.id, Missing), (bytes(16), Missing)):
        with pytest.raises(kind, match=r"DEV-12\.6"):
            phone.device.unlist(wrong, None, NOW)
    with pytest.raises(Forbidden, match=r"DEV-12\.7"):
        phone.device.redelegate(bytes(32), NOW)


@pytest.mark.clause("DEV-12.10", "DEV-12.3")
def test_until_another_root_is_taken_the_device_keeps_what_it_had(home: Home, phone: Held) -> None:
    before, there = phone.row, home.keys
    phone.device.begin_keys_anew(home.keys, phone.id, NOW)
    assert phone.row.rk != before.rk and phone.device.keys_owed() is not None
    phone.reopen()
    phone.meet()  # it never arrived
    assert phone.row == before and phone.device.keys_owed() is None
    phone.device.begin_keys_anew(home.keys, phone.id, NOW)
    phone.device.drop_keys()  # the password was wrong
    assert phone.row == before and phone.rows.names("account/") == ["account/keys"]
    phone.device.drop_keys()
    assert phone.row == before, "what the home node took is not dropped"
    first = phone.rows.read(archive_key_row(1))
    phone.device.begin_keys_anew(home.keys, phone.id, NOW)
    assert phone.put() and home.keys != there
    assert home.number == "1.1.1" and phone.rows.names("account/") == ["account/keys"]
    assert phone.rows.names("archive_key/") == ["archive_key/1", "archive_key/2"]
    assert phone.rows.read(archive_key_row(1)) == first, "its own archive stays open to it"


@pytest.mark.clause("DEV-12.8")
def test_packages_carry_a_certificate_of_the_newest_delegation(home: Home, phone: Held) -> None:
    def carried() -> bytes | None:
        [(package, _)] = phone.device.new_packages(1, False, NOW)
        leaf = key_package.validate(package, identity=ALICE.encode(), now=NOW).leaf
        signs.append(SuiteKey(1, leaf.signature_key))
        return find(leaf.extensions, EXTENSION)

    signs: list[SuiteKey] = []
    assert carried() is None
    phone.device.certify(NOW)
    phone.reopen()
    first = carried()
    assert first is not None
    found = check_leaf(first, ALICE, signs[-1])
    assert (found.certificate.id, found.certificate.number) == (phone.id, (1, 1))
    phone.device.redelegate(phone.device.recovery_key(), NOW)
    assert phone.put()
    phone.device.certify(NOW)
    newer = carried()
    assert newer is not None and check_leaf(newer, ALICE, signs[-1]).certificate.d == NOW
    phone.device.certify(NOW)
    assert carried() == newer


@pytest.mark.clause("DEV-13.1", "DEV-13.2")
def test_what_is_known_of_others_is_on_disk(home: Home, phone: Held) -> None:
    first, three, _, stolen = (replace(one, actor=BOB) for one in lives())
    forked = replace(three, held=first.held)
    with pytest.raises(Missing, match=r"DEV-13\.2"):
        phone.device.verify(BOB)
    assert phone.device.see_keys(BOB, first.published).seen == "first"
    phone.device.verify(BOB)
    phone.device.see_keys(BOB, three.published)
    phone.reopen()
    pin = phone.device.pin_of(BOB)
    assert pin is not None and pin.verified and pin.keys.number == (1, 2)
    assert phone.device.see_keys(BOB, first.published).seen == "lower"
    assert phone.device.see_keys(BOB, forked.published).deed == "stop"
    phone.reopen()
    pin = phone.device.pin_of(BOB)
    assert pin is not None and pin.forked and pin.keys == three.published
    with pytest.raises(Forbidden, match=r"DEV-13\.2"):
        phone.device.verify(BOB)
    phone.device.see_keys(BOB, stolen.published)
    pin = phone.device.pin_of(BOB)
    assert pin is not None and not pin.forked and pin.verified


@pytest.mark.clause("DEV-12.11")
def test_who_is_not_listed_lets_nobody_in(home: Home, phone: Held) -> None:
    tablet = come_back(home, "tablet", phone.device.recovery_key())
    phone.meet()
    phone.device.unlist(tablet.id, None, NOW)
    assert phone.put()
    tablet.meet()
    stranger = new_account("stranger").held[0].device
    before = tablet.row
    with pytest.raises(Missing, match=r"DEV-12\.11"):
        AccountKeys(tablet.device.state).admit(stranger, NOW)
    assert tablet.row == before
