"""Whoever once had the list key of an account, and what they sign to stop its devices for ever.

Each is refused with what to do, and by the recovery words the account goes on.
"""

from dataclasses import replace

import pytest
from msgspec.structs import replace as with_fields

from node.client.key_signing import SignedKeys, next_delegation
from node.client.known_keys import known_keys
from node.client.rows import ACCOUNT_KEYS, archive_key_row
from node.e2ee.keys.private.box_secret import MOST_GENERATIONS, ArchiveKey, BoxSecret, seal_box
from node.e2ee.keys.private.recovery import SigningKey
from node.e2ee.keys.public import device_list, key_box
from node.e2ee.keys.public.key_box import MOST_BOXES, check_box
from node.e2ee.keys.public.signed import LARGEST_U32, LAST_LIST, LEAP
from node.errors import Forbidden, Malformed, Refused, TooMuch
from node.testing.fakes import FakeEntropy
from tests.client.devices import NOW
from tests.client.test_account_keys import DAY, Held, Home, come_back

WORDS = "kith recovery renew"


@pytest.fixture
def home() -> Home:
    return Home()


@pytest.fixture
def phone(home: Home) -> Held:
    """Alice's device, whose list key the thief has."""
    phone = Held(home, "phone")
    phone.begin()
    assert phone.put()
    return phone


def signed(
    phone: Held, n: int, b: int = 1, rk: bytes = b"", archive: tuple[ArchiveKey, ...] = ()
) -> SignedKeys:
    """What the thief signs: a list that ends soon, with an entry for each device."""
    known = known_keys(phone.device.state)
    listed = replace(known.published.devices, n=n, not_after=NOW + 12 * DAY)
    key = SigningKey(known.secret.list_private)
    secret = BoxSecret(key.private, archive or known.secret.archive, rk)
    kem, entropy = known.published.delegation.recovery_kem, FakeEntropy("thief")
    box = seal_box(listed, min(b, MOST_BOXES), kem, secret, entropy)
    if b > MOST_BOXES:
        found = check_box(box, known.published.delegation, listed)
        box = key.sign(key_box.LABEL, replace(found, b=b).encode())
    made = key.sign(device_list.LABEL, listed.encode())
    return SignedKeys(known.row.delegation, made.encode(), box.encode())


def hold(one: Held, keys: SignedKeys) -> None:
    """The device took them, step by step."""
    state = one.device.state
    with state.step():
        row = with_fields(one.row, delegation=keys.delegation, list=keys.list, box=keys.box)
        state.put(ACCOUNT_KEYS, row)


def goes_on(home: Home, phone: Held, rk: bytes) -> None:
    """By the words the phone has another list key, and the home node takes it."""
    phone.device.redelegate(rk, NOW)
    phone.meet()
    assert phone.put() and phone.device.keys_owed() is None
    assert home.number == f"{NOW}.1.1"
    phone.meet(NOW + 11 * DAY)
    assert phone.put() and home.number == f"{NOW}.2.1"


@pytest.mark.clause("KEY-1.8")
def test_the_list_of_the_last_number(home: Home, phone: Held) -> None:
    """A home node that serves what it ought to refuse: nothing of it is taken, or crashes."""
    rk, before = phone.device.recovery_key(), phone.row
    for false in (signed(phone, LARGEST_U32), signed(phone, LAST_LIST + 1)):
        home.keys = false
        with pytest.raises(Malformed, match=rf"KEY-1\.8: .*{WORDS}"):
            phone.meet()
        assert phone.row == before
    phone.device.redelegate(rk, NOW)
    owed = phone.device.keys_owed()
    assert owed is not None and owed.before == "1.1.1", "ours is signed, whatever is served"


@pytest.mark.clause("KEY-4.6")
def test_a_list_that_leaps(home: Home, phone: Held) -> None:
    rk, before = phone.device.recovery_key(), phone.row
    home.keys = signed(phone, 1 + LEAP + 1)
    with pytest.raises(Forbidden, match=rf"KEY-4\.6: .*{WORDS}"):
        phone.meet()
    assert phone.row == before
    goes_on(home, phone, rk)


@pytest.mark.clause("KEY-4.6", "DEV-12.7")
def test_who_comes_back_by_the_words_minds_no_leap(home: Home, phone: Held) -> None:
    rk = phone.device.recovery_key()
    home.keys = signed(phone, LAST_LIST)
    tablet = come_back(home, "tablet", rk)
    assert tablet.device.is_listed and home.number == f"{NOW}.1.1"


@pytest.mark.clause("KEY-1.8", "DEV-12.5")
def test_step_by_step_to_the_last_list(home: Home, phone: Held) -> None:
    rk = phone.device.recovery_key()
    tablet = come_back(home, "tablet", rk, 5)
    phone.meet()
    home.keys = signed(phone, LAST_LIST)
    hold(phone, home.keys)
    for refused in (
        lambda: phone.meet(NOW + 1),
        lambda: phone.device.unlist(tablet.id, None, NOW),
    ):
        with pytest.raises(Refused, match=rf"KEY-1\.8: .*{WORDS}"):
            refused()
    goes_on(home, phone, rk)


@pytest.mark.clause("KEY-1.8", "DEV-12.4")
def test_the_box_of_the_last_number(home: Home, phone: Held) -> None:
    rk = phone.device.recovery_key()
    home.keys = signed(phone, 2, LARGEST_U32)
    with pytest.raises(Malformed, match=rf"KEY-1\.8: .*{WORDS}"):
        phone.meet()
    hold(phone, signed(phone, 2, MOST_BOXES))
    with pytest.raises(Malformed, match=rf"KEY-1\.8: .*{WORDS}"):
        phone.device.write_down()
    home.keys = signed(phone, 2, MOST_BOXES)
    goes_on(home, phone, rk)


@pytest.mark.clause("KEY-1.8", "DEV-12.4")
def test_the_last_box_brings_no_recovery_key_back(home: Home, phone: Held) -> None:
    rk = phone.device.recovery_key()
    phone.device.write_down()
    assert phone.put()
    home.keys = signed(phone, 2, MOST_BOXES, rk)
    with pytest.raises(Malformed, match=rf"KEY-1\.8: .*{WORDS}"):
        phone.meet()
    assert phone.row.rk == b""
    goes_on(home, phone, rk)


@pytest.mark.clause("KEY-3.8", "DEV-12.6", "DEV-12.7")
def test_a_box_that_is_full_of_archive_keys(home: Home, phone: Held) -> None:
    rk = phone.device.recovery_key()
    tablet = come_back(home, "tablet", rk, 5)
    phone.meet()
    known, draw = known_keys(phone.device.state).secret.archive, FakeEntropy("many").draw
    more = (ArchiveKey(g, draw(32)) for g in range(len(known) + 1, MOST_GENERATIONS + 1))
    home.keys = signed(phone, 3, archive=(*known, *more))
    phone.meet(NOW - 10 * DAY)
    assert phone.rows.read(archive_key_row(MOST_GENERATIONS)) is not None
    phone.device.unlist(tablet.id, None, NOW)
    assert phone.put() and [one.id for one in home.published.devices.devices] == [phone.id]
    phone.device.redelegate(rk, NOW)
    assert phone.put()
    assert come_back(home, "laptop", rk, NOW + 1).device.is_listed


@pytest.mark.clause("KEY-1.8", "DEV-12.6")
def test_another_delegation_has_a_number_whatever_the_clock_says() -> None:
    assert next_delegation(1, NOW) == NOW
    assert next_delegation(1, 2**33) == LAST_LIST, "a clock of another century"
    assert next_delegation(LAST_LIST, 2**33) == LAST_LIST + 1
    with pytest.raises(TooMuch, match=r"KEY-1\.8: .*kith recovery reset"):
        next_delegation(LARGEST_U32, NOW)
