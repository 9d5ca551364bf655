"""The keys of an account against their vectors: what is right is read, what is wrong refused."""

from typing import Any

import pytest

from node.e2ee.keys.private import recovery_words, safety_number
from node.e2ee.keys.private.box_secret import open_box
from node.e2ee.keys.private.recovery import from_qr_text, is_qr_text, qr_text
from node.e2ee.keys.public.device_list import NOBODY
from node.e2ee.keys.public.key_box import check_box, parse_box
from node.errors import Forbidden, Refused
from tests.e2ee.keys.accounts import Account, lives, new_account
from tests.e2ee.keys.vectors import FOLDER, account, page, read
from tools.record_keys import pages

REFUSE = page("refuse")
CASES = [pytest.param(case, id=f"{case['structure']}: {case['why']}") for case in REFUSE["cases"]]
WRONG_WORDS = page("recovery")["wrong"]


def test_the_files_are_what_the_recorder_writes() -> None:
    assert pages() == {path.name: path.read_text() for path in FOLDER.glob("*.json")}


@pytest.mark.clause("KEY-1.1", "KEY-1.2", "KEY-1.3", "KEY-1.4", "KEY-1.5", "KEY-1.6")
@pytest.mark.clause("KEY-3.1", "KEY-3.2", "KEY-3.3", "KEY-3.4", "KEY-3.6", "KEY-3.7", "KEY-3.8")
@pytest.mark.clause("KEY-1.8", "KEY-4.4")
@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_is_refused(case: dict[str, Any]) -> None:
    data = bytes.fromhex(case["bytes"]) + bytes(case.get("zeros", 0))
    with pytest.raises(Refused) as refused:
        read(case["structure"], data, account(REFUSE["of"]), REFUSE["now"])
    assert refused.value.clause == case["clause"]


@pytest.mark.parametrize("case", page("accounts")["accounts"], ids=lambda case: case["about"])
def test_what_is_right_is_read(case: dict[str, Any]) -> None:
    one, now = account(case["about"]), case["now"]
    for structure in ("delegation", "list", "box"):
        read(structure, bytes.fromhex(case[structure]["signed"]), one, now)
    read("leaf_extension", bytes.fromhex(case["leaf_extensions"][0]), one, now)
    box = check_box(parse_box(bytes.fromhex(case["box"]["signed"])), one.delegation, one.devices)
    for held in one.held:
        assert open_box(box, held.device.id, held.seal, one.list_key.public) == one.secret
    paper = open_box(box, NOBODY, one.rk.kem, one.list_key.public)
    assert (paper.list_private, paper.archive) == (one.list_key.private, one.archive)
    assert paper.rk == b""


@pytest.mark.clause("KEY-3.8")
def test_who_is_not_on_the_list_is_told() -> None:
    one, stranger = lives()[0], new_account("bob").held[0]
    read("box", bytes.fromhex(page("accounts")["accounts"][0]["box"]["signed"]), one, one.now)
    signed = parse_box(bytes.fromhex(page("accounts")["accounts"][0]["box"]["signed"]))
    box = check_box(signed, one.delegation, one.devices)
    with pytest.raises(Forbidden, match=r"KEY-3\.8: .* no entry for this device"):
        open_box(box, stranger.device.id, stranger.seal, one.list_key.public)


def test_two_signatures_of_one_content_are_one_structure() -> None:
    one: Account = lives()[0]
    signed = one.sign_list()
    other = type(signed)(signed.content, bytes(64))
    assert other.hash() == signed.hash() != one.sign_delegation().hash()


@pytest.mark.clause("KEY-2.2", "KEY-2.3", "KEY-2.4")
def test_a_recovery_key_comes_back_from_words_and_code() -> None:
    for case in page("recovery")["right"]:
        key = bytes.fromhex(case["rk"])
        assert recovery_words.words_of(key) == case["words"].split()
        assert recovery_words.key_of(case["words"]) == key
        assert qr_text(key) == case["qr"] and is_qr_text(case["qr"])
        assert from_qr_text(case["qr"]) == key == from_qr_text(f" {case['qr'].lower()}\n")
    for alike in page("recovery")["read_alike"]:
        assert recovery_words.key_of(alike["text"]) == recovery_words.key_of(alike["words"])


@pytest.mark.clause("KEY-2.3", "KEY-2.4")
@pytest.mark.parametrize("case", WRONG_WORDS, ids=[case["why"] for case in WRONG_WORDS])
def test_a_recovery_key_that_is_wrong_is_refused(case: dict[str, str]) -> None:
    inverse = recovery_words.key_of if case["what"] == "words" else from_qr_text
    with pytest.raises(Refused) as refused:
        inverse(case["text"])
    assert refused.value.clause == case["clause"]


@pytest.mark.clause("KEY-2.3")
def test_it_is_said_which_word_is_none() -> None:
    words = recovery_words.words_of(bytes(32))
    with pytest.raises(Refused, match="word 3 is no word of a recovery key: 'kith'"):
        recovery_words.key_of(" ".join([*words[:2], "kith", *words[3:]]))


@pytest.mark.clause("KEY-6.1", "KEY-6.2")
def test_both_sides_have_one_safety_number() -> None:
    for case in page("numbers")["right"]:
        one, other = [(side["actor"], bytes.fromhex(side["root"])) for side in case["sides"]]
        for sides in ((one, other), (other, one)):
            assert safety_number.safety_number(*sides) == case["number"]
        spoken = safety_number.grouped(case["number"])
        assert spoken.count(" ") == 11 and safety_number.read_number(spoken) == case["number"]
    for case in page("numbers")["wrong"]:
        with pytest.raises(Refused) as refused:
            safety_number.read_number(case["text"])
        assert refused.value.clause == case["clause"]
