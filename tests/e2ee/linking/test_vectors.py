"""Linking against its vectors: what is right is read, what is wrong refused."""

from typing import Any

import pytest

from node.e2ee.linking.private.grant import check_listed, open_grant
from node.e2ee.linking.private.linking import Shower, read
from node.e2ee.linking.public.code import (
    Found,
    link,
    new_code,
    read_code,
    read_code_or_link,
    spoken,
)
from node.e2ee.linking.public.sides import parse_side
from node.errors import Conflict, Forbidden, Malformed, Refused
from node.testing.fakes import FakeEntropy
from tests.e2ee.linking.links import ORIGIN, Linked, all_linked
from tests.e2ee.linking.vectors import FOLDER, linking, page, take
from tools.record_links import pages

REFUSE = page("refuse")
CASES = [pytest.param(case, id=f"{case['what']}: {case['why']}") for case in REFUSE["cases"]]


@pytest.fixture(params=all_linked(), ids=lambda one: one.about)
def one(request: pytest.FixtureRequest) -> Linked:
    found: Linked = request.param
    return found


def wrong(right: str) -> str:
    return f"{(int(right) + 1) % 10**6:06}"


def test_the_files_are_what_the_recorder_writes() -> None:
    assert pages() == {path.name: path.read_text() for path in FOLDER.glob("*.json")}


@pytest.mark.clause("LNK-1.1", "LNK-1.2", "LNK-1.3", "LNK-1.4", "LNK-1.5", "LNK-2.2", "LNK-2.4")
@pytest.mark.clause("LNK-3.2", "LNK-3.4", "LNK-3.5", "LNK-4.2", "LNK-4.3", "LNK-4.4")
@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        take(case, linking(REFUSE["of"]))
    assert refused.value.clause == case["clause"]


@pytest.mark.clause("LNK-1.1", "LNK-1.6", "LNK-4.3", "LNK-4.4")
def test_what_is_right_is_read(one: Linked) -> None:
    assert parse_side(one.new.encode()) == one.new
    assert parse_side(one.old.encode()) == one.old
    there = check_listed(one.at_new(), one.published)
    assert there.added == one.account.now + 60 and there.added != one.new.device.added
    grant = one.grant(FakeEntropy("a grant"))
    assert open_grant(grant, one.at_new(), one.account.list_key.public, one.once) == one.secret


@pytest.mark.clause("LNK-2.1", "LNK-2.2", "LNK-2.3", "LNK-2.4")
def test_code_and_link(one: Linked) -> None:
    assert read_code_or_link(spoken(one.code)) == Found(one.code)
    written = link(ORIGIN, one.code, one.found.commit)
    assert read_code_or_link(f" {written}\n") == one.found
    sent, _, kept = written.partition("#")
    assert sent == f"{ORIGIN}/link" and one.code in kept  # what a browser asks for, what it keeps
    local = link("http://localhost:8420", one.code, one.found.commit)
    assert read_code_or_link(local).origin == "http://localhost:8420"
    for alike in page("codes")["read_alike"]:
        assert read_code(alike["text"]) == alike["code"]


def test_codes_are_of_all_letters() -> None:
    entropy = FakeEntropy("codes")
    drawn = [new_code(entropy) for _ in range(200)]
    assert all(read_code(code) == code for code in drawn)
    assert len(set("".join(drawn))) == 32 and len(set(drawn)) == 200


@pytest.mark.clause("LNK-3.1", "LNK-3.6", "LNK-3.7", "LNK-3.8", "LNK-3.10")
@pytest.mark.parametrize("shows", ["new", "old"])
@pytest.mark.parametrize("by", ["vouched link", "link", "code"])
def test_both_grow_sure_whoever_shows(one: Linked, shows: str, by: str) -> None:
    first, second = (one.new, one.old) if shows == "new" else (one.old, one.new)
    shower = Shower(first)
    found = Found(one.code) if by == "code" else Found(one.code, ORIGIN, shower.commit)
    reader = read(second, found, shower.commit, is_vouched=by != "link")
    at_shower = shower.meet(one.code, reader.mine)
    at_reader = reader.meet(shower.answer(reader.mine))
    assert at_shower.told == at_reader.told
    assert (at_shower.new, at_shower.old) == (at_reader.new, at_reader.old) == (one.new, one.old)
    # Only what came off the other device itself says whose it is.
    assert (at_shower.is_sure, at_reader.is_sure) == (False, by == "vouched link")
    spaced = f"{at_reader.shown[:3]} {at_reader.shown[3:]}"
    assert at_shower.type(spaced) and at_reader.type(at_shower.shown)
    assert at_shower.is_sure and at_reader.is_sure


@pytest.mark.clause("LNK-3.9")
def test_the_third_wrong_number_ends_it(one: Linked) -> None:
    for typos, is_ended in ((2, False), (3, True)):
        agreed, right = Shower(one.new).meet(one.code, one.old.encode()), one.at_old().shown
        for _ in range(2):
            assert not agreed.type(wrong(right))
        if is_ended:
            with pytest.raises(Forbidden, match=r"LNK-3\.9: three numbers were wrong"):
                agreed.type(wrong(right))
            with pytest.raises(Forbidden, match=r"LNK-3\.9"):
                agreed.type(right)
            assert not agreed.is_sure
        else:
            assert agreed.type(right) and agreed.is_sure, f"after {typos}"


@pytest.mark.clause("LNK-3.9")
def test_a_typo_is_counted_also_of_who_read_the_link(one: Linked) -> None:
    agreed = one.at_old()
    for _ in range(2):
        assert not agreed.type("")
    with pytest.raises(Forbidden, match=r"LNK-3\.9"):
        agreed.type("ä")
    assert not agreed.is_sure


@pytest.mark.clause("LNK-3.8")
def test_nothing_is_granted_or_taken_before_the_number(one: Linked) -> None:
    shown = Shower(one.old).meet(one.code, one.new.encode())
    with pytest.raises(Forbidden, match=r"LNK-3\.8: type the number"):
        shown.check_sure()
    unsure = Shower(one.new).meet(one.code, one.old.encode())
    grant = one.grant(FakeEntropy("a grant"))
    key = one.account.list_key.public
    with pytest.raises(Forbidden, match=r"LNK-3\.8"):
        open_grant(grant, unsure, key, one.once)
    with pytest.raises(Forbidden, match=r"LNK-3\.8"):
        check_listed(unsure, one.published)


@pytest.mark.clause("LNK-3.5")
def test_two_of_a_kind_both_see_it(one: Linked) -> None:
    shower = Shower(one.new)
    reader = read(one.new, Found(one.code), shower.commit)
    answer = shower.answer(reader.mine)
    for meet in (lambda: shower.meet(one.code, reader.mine), lambda: reader.meet(answer)):
        with pytest.raises(Conflict, match=r"LNK-3\.5: both devices are new ones"):
            meet()


@pytest.mark.clause("LNK-3.3")
def test_who_shows_has_nothing_to_post_before_the_other_spoke(one: Linked) -> None:
    shower = Shower(one.new)
    assert one.new.nonce.hex() not in repr(shower)
    with pytest.raises(Malformed):
        shower.answer(b"")
    assert shower.answer(one.old.encode()) == one.new.encode()


@pytest.mark.clause("LNK-3.8")
def test_a_node_in_the_middle_shows_other_numbers(one: Linked) -> None:
    """Two linkings that the node joins: each device is shown a device of the node's."""
    evil = all_linked()[0] if one.about != all_linked()[0].about else all_linked()[1]
    at_new = Shower(one.new).meet(one.code, evil.old.encode())
    at_old = Shower(one.old).meet(one.code, evil.new.encode())
    assert not at_new.type(at_old.shown) and not at_old.type(at_new.shown)
    assert not at_new.is_sure and not at_old.is_sure
