"""Reports and the administrators' log, on the fake and both databases (spec INB-10, API-11.8)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from msgspec import json

from node.accounts.audit import Deed
from node.errors import Refused
from node.federation.activities.shapes import PUBLIC, Attachment, Delete, Flag
from node.inbox import publishing, reports
from node.inbox.audiences import Choice
from node.inbox.reported_words import CUT, MOST_BYTES
from node.inbox.reports import Complaint, Handed, Report
from node.store.audit import AuditUnit
from node.store.reports import ReportsUnit
from node.wire.api.cursor import Cursor
from node.wire.times import micros
from tests.contracts.stores import Store
from tests.inbox.harness import (
    ALICE,
    BOB,
    CAROL,
    DORA,
    EVE,
    Harness,
    actor_id,
    any_harness,
    create,
    note,
)

Refusal = Callable[[str], AbstractContextManager[None]]
ROOT, NODE = actor_id("root", "alpha.test"), actor_id("node", "alpha.test")


@pytest.fixture
async def harness(store: Store) -> Harness:
    """With an administrator, and the node's own actor."""
    made = await any_harness(store)
    await made.person(ROOT)
    await made.make_admin(ROOT)
    await made.person(NODE)
    await made.name_instance(NODE)
    return made


async def hand_in(harness: Harness, who: str, about: str, *posts: str, **more: object) -> Handed:
    said = Complaint(about, posts, **more)  # type: ignore[arg-type]
    made = await harness.units.run(ReportsUnit, lambda unit: reports.report(unit, who, said))
    await harness.settle()
    return made


async def report(harness: Harness, who: str, about: str, *posts: str, **more: object) -> Report:
    return (await hand_in(harness, who, about, *posts, **more)).report


async def queue(harness: Harness, closed: bool = False, but: str = "") -> list[Report]:
    return [
        *await harness.units.look(ReportsUnit, lambda unit: unit.reports(closed, but, 40, None))
    ]


async def close(harness: Harness, id: str, by: str = ROOT, words: str = "talked") -> Report:
    return await harness.units.run(
        ReportsUnit, lambda unit: reports.close(unit, id, "root", by, words)
    )


@pytest.mark.clause("INB-10.1", "INB-10.3", "INB-10.4")
async def test_what_was_reported_is_kept_as_it_was(harness: Harness) -> None:
    said = note(BOB, content="<p>cruel words</p>")
    await harness.hear(create(said))
    made = await report(harness, ALICE, said.id, text="he means\nme \u202e!")
    assert (made.about, made.text) == (BOB, "he means\nme !")
    await harness.hear(Delete(f"{BOB}/gone", BOB, said.id))
    [kept] = await queue(harness)
    assert kept == made and [one.content for one in kept.words] == ["<p>cruel words</p>"]
    assert await harness.notices(ROOT) == [("report", BOB, made.id)]
    for other in (ALICE, CAROL):
        assert await harness.notices(other) == []
    assert not harness.sent, "nobody elsewhere hears of it"


@pytest.mark.clause("INB-10.4", "INB-5.2", "INB-1.7")
@pytest.mark.parametrize("who", [CAROL, BOB])
async def test_who_is_reported_takes_no_notice_of_it_back(harness: Harness, who: str) -> None:
    made = await report(harness, ALICE, who)
    told = [("report", who, made.id)]
    assert await harness.notices(ROOT) == told
    for one, other in ((who, ROOT), (ROOT, who)):
        await harness.do(lambda unit, one=one, other=other: unit.forget_between(one, other))
        assert await harness.notices(ROOT) == told
    await harness.hear(Delete(f"{who}/gone", who, who))
    assert await harness.notices(ROOT) == told
    assert [one.id for one in await queue(harness)] == [made.id]


@pytest.mark.clause("INB-10.9", "ACC-1.8")
async def test_who_leaves_is_named_in_no_report(harness: Harness) -> None:
    said = note(BOB, to=(PUBLIC,))
    await harness.hear(create(said))
    kept = await report(harness, CAROL, BOB, text="hers")
    closed = await close(harness, (await report(harness, ALICE, CAROL, text="me")).id)
    harness.clock.pass_(timedelta(seconds=1))
    complaint = Complaint(said.id, (), "it was me, Alice", forward=True)
    await harness.units.run(ReportsUnit, lambda unit: reports.report(unit, ALICE, complaint))
    await harness.hear(Delete(f"{ALICE}/gone", ALICE, ALICE))
    mine, hers = await queue(harness)
    assert (mine.reporter, mine.text, [one.id for one in mine.words]) == ("", "", [said.id])
    assert mine.flag and hers == kept
    assert [(one.id, one.reporter, one.text) for one in await queue(harness, True)] == [
        (closed.id, "", "")
    ]
    await harness.settle()
    assert not harness.sent, "what was not forwarded yet is not"


@pytest.mark.clause("INB-10.1", "INB-4.1")
async def test_unseen_and_absent_are_one(harness: Harness, refused: Refusal) -> None:
    hers = await harness.publish(ALICE, "for friends")
    told = set()
    for about in (hers.id, "https://alpha.test/o/none", "https://delta.test/a/nobody"):
        with pytest.raises(Refused) as refusal:
            await report(harness, EVE if about == hers.id else CAROL, about)
        told.add(str(refusal.value))
    assert len(told) == 1
    with refused("INB-10.1"):
        await report(harness, CAROL, ALICE, "https://alpha.test/o/none")
    with refused("INB-10.1"):
        await report(harness, ALICE, hers.id)
    with refused("INB-10.1"):
        await report(harness, CAROL, BOB, hers.id)
    with refused("INB-10.1"):
        await report(harness, CAROL, BOB, text="x" * 3001)
    with refused("INB-10.1"):
        await report(harness, CAROL, ALICE, *[hers.id] * 11)
    assert await queue(harness) == []


@pytest.mark.clause("INB-10.2")
async def test_more_is_added_and_all_of_it_is_bounded(harness: Harness, refused: Refusal) -> None:
    said = [note(BOB, str(number), content=f"<p>{number}</p>") for number in range(21)]
    await harness.hear(*map(create, said))
    first = await report(harness, ALICE, BOB, text="one")
    harness.clock.pass_(timedelta(minutes=1))
    second = await report(harness, ALICE, said[0].id, text="two")
    assert (second.id, second.text, len(second.words)) == (first.id, "one\n\ntwo", 1)
    assert len(await harness.notices(ROOT)) == 1
    await report(harness, ALICE, BOB, *[one.id for one in said[:10]])
    await report(harness, ALICE, BOB, *[one.id for one in said[10:20]])
    with refused("INB-10.2"):
        await report(harness, ALICE, BOB, said[20].id)
    for _ in range(3):
        await report(harness, ALICE, BOB, text="x" * 3000)
    with refused("INB-10.2"):
        await report(harness, ALICE, BOB, text="x" * 3000)
    assert (await report(harness, CAROL, BOB)).id != first.id
    for number in range(49):
        await report(harness, ALICE, await harness.person(actor_id(f"p{number}", "beta.test")))
    with refused("INB-10.2"):
        await report(harness, ALICE, DORA)
    harness.clock.pass_(timedelta(days=1, seconds=1))
    await report(harness, ALICE, DORA)


@pytest.mark.clause("INB-10.2")
async def test_long_posts_are_cut_and_few_reports_are_open_at_a_time(
    harness: Harness, refused: Refusal
) -> None:
    long = "<p><b>" + "\u0628" * 200_000 + "</b></p>"
    files = tuple(
        Attachment("Image", "image/png", f"https://beta.test/{n}" + "x" * 2000) for n in range(64)
    )
    said = [
        note(BOB, str(n), content=long, summary="n" * 2000, attachments=files) for n in range(20)
    ]
    short = note(DORA, "short", content="<p>" + "x" * 9000 + "</p>")
    await harness.hear(*map(create, [*said, short]))
    await report(harness, ALICE, BOB, *[one.id for one in said[:10]])
    made = await report(harness, ALICE, BOB, *[one.id for one in said[10:]])
    assert len(made.words) == 20 and len(json.encode(made.words)) < MOST_BYTES + 50_000
    first, last = made.words[0], made.words[-1]
    assert first.content.endswith("</b></p>" + CUT) and 9_900 < len(first.content) < 10_100
    assert (len(first.media), last.content, last.id) == (10, CUT, said[-1].id)
    whole = await report(harness, ALICE, short.id)
    assert whole.words[0].content == short.content
    harness.clock.pass_(timedelta(hours=1))
    assert await report(harness, ALICE, BOB, said[0].id) == made, "nothing new is not written"
    people = [await harness.person(actor_id(f"p{n}", "beta.test")) for n in range(99)]
    for n, who in enumerate(people[:98]):
        if n % 40 == 39:
            harness.clock.pass_(timedelta(days=1, seconds=1))
        await report(harness, ALICE, who)
    harness.clock.pass_(timedelta(days=2))
    with refused("INB-10.2"):
        await report(harness, ALICE, people[98])
    await close(harness, made.id)
    await report(harness, ALICE, people[98])


@pytest.mark.clause("INB-10.5")
async def test_what_a_list_of_reports_needs_is_asked_at_once(harness: Harness) -> None:
    hers, gone = await harness.publish(ALICE, "one"), await harness.publish(ALICE, "two")
    await harness.do(lambda unit: publishing.delete_for(unit, gone.id))
    there = await harness.units.look(
        ReportsUnit, lambda unit: unit.there([hers.id, gone.id, "none"])
    )
    found = await harness.units.look(ReportsUnit, lambda unit: unit.accounts_of([ALICE, BOB]))
    assert (there, found) == ({hers.id}, {ALICE: "alice"})


@pytest.mark.clause("INB-10.4", "INB-10.5")
async def test_a_report_is_closed_once_and_never_by_whom_it_is_about(
    harness: Harness, refused: Refusal
) -> None:
    await harness.make_admin(CAROL)
    made = await report(harness, ALICE, CAROL)
    assert await harness.notices(CAROL) == [] != await harness.notices(ROOT)
    assert await queue(harness, but=CAROL) == []
    await harness.person(f"{CAROL}-c")
    assert (await report(harness, ALICE, f"{CAROL}-c")).id == made.id, "her channel is hers"
    with refused("INB-10.4"):
        await close(harness, made.id, CAROL)
    with refused("INB-10.4"):
        await close(harness, "none")
    for words in ("", " \n", "x" * 1001):
        with refused("INB-10.5"):
            await close(harness, made.id, words=words)
    closed = await close(harness, made.id)
    assert (await queue(harness), await queue(harness, closed=True)) == ([], [closed])
    assert (closed.note, closed.closer, closed.closed) == ("talked", "root", harness.clock.now())
    with refused("INB-10.5"):
        await close(harness, made.id)
    harness.clock.pass_(timedelta(seconds=1))
    again = await report(harness, ALICE, CAROL)
    assert again.id != made.id and len(await harness.notices(ROOT)) == 2
    page = await harness.units.look(
        ReportsUnit, lambda unit: unit.reports(False, "", 5, Cursor(micros(again.created), ""))
    )
    assert page == []


@pytest.mark.clause("INB-10.7", "FED-6.22")
async def test_their_server_is_told_once_and_not_by_whom(
    harness: Harness, refused: Refusal
) -> None:
    said = note(BOB, to=(PUBLIC,))
    await harness.hear(create(said))
    with refused("INB-10.7"):
        await report(harness, ALICE, CAROL, forward=True)
    assert not (await report(harness, ALICE, BOB, text="for you alone")).flag
    assert (await report(harness, ALICE, said.id, text="rude", forward=True)).flag
    again = await hand_in(harness, ALICE, BOB, text="again", forward=True)
    assert (again.forwarded, again.unsent, bool(again.report.flag)) == (False, "before", True)
    more = await hand_in(harness, ALICE, BOB, text="for you")
    assert (more.forwarded, more.unsent) == (False, "")
    [(flag, inbox)] = harness.sent
    assert flag == Flag(flag.id, NODE, (BOB, said.id), "rude") and inbox == f"{BOB}/inbox"
    assert "alice" not in harness.context.render(flag).decode()


@pytest.mark.clause("INB-10.7")
async def test_a_server_that_is_suspended_is_not_said_to_be_told(harness: Harness) -> None:
    await harness.suspend("beta.test", True)
    made = await hand_in(harness, ALICE, BOB, forward=True)
    assert (made.forwarded, made.unsent, made.report.flag) == (False, "suspended", "")
    await harness.suspend("beta.test", False)
    assert (await hand_in(harness, ALICE, BOB, forward=True)).forwarded
    assert len(harness.sent) == 1


@pytest.mark.clause("INB-10.7")
async def test_a_post_that_says_who_reports_is_not_named_to_their_server(harness: Harness) -> None:
    await harness.put_friendship(CAROL, DORA, "accepted", "accepted")
    told = [
        note(DORA, "all", to=(PUBLIC,)),
        note(DORA, "friends"),
        note(DORA, "alone", to=(ALICE,)),
        note(DORA, "both", to=(ALICE, CAROL)),
        note(DORA, "below", to=(f"{DORA}/friends",), in_reply_to=f"{DORA[:17]}/o/friends"),
        note(DORA, "aside", to=(ALICE,), in_reply_to=f"{DORA[:17]}/o/all"),
    ]
    theirs = note(BOB, "theirs")
    await harness.hear(*map(create, [*told, theirs]))
    named = {one.id: one.id.rpartition("/")[2] for one in told}
    handed = await hand_in(harness, ALICE, DORA, *named, text="see", forward=True)
    [(flag, _)] = harness.sent
    assert isinstance(flag, Flag)
    assert [named[id] for id in flag.objects[1:]] == ["all", "friends", "both"]
    assert (handed.forwarded, handed.withheld) == (True, 3)
    assert [one.id for one in handed.report.words] == list(named), "our own read all of them"
    handed = await hand_in(harness, ALICE, theirs.id, forward=True)
    assert (handed.forwarded, handed.withheld) == (True, 1), "Carol is no friend of Bob"
    assert harness.sent[1][0].objects == (BOB,)  # type: ignore[union-attr]


@pytest.mark.clause("INB-10.8")
async def test_what_other_servers_report(harness: Harness) -> None:
    hers = await harness.publish(ALICE, "hm", Choice.PUBLIC)
    carols = await harness.publish(CAROL, "mine")
    theirs = note(BOB)
    await harness.hear(create(theirs))
    objects = (theirs.id, "https://x.test/o/1", hers.id, carols.id, CAROL)
    await harness.hear(Flag("https://beta.test/f/1", BOB, objects, "bad"))
    [made] = await queue(harness)
    assert (made.about, made.reporter, made.domain) == (ALICE, "beta.test", "beta.test")
    assert [one.id for one in made.words] == [hers.id] and made.text == "bad"
    assert await harness.notices(ROOT) == [("report", ALICE, made.id)]
    await harness.hear(Flag("https://beta.test/f/2", DORA, (ALICE,), "worse"))
    [more] = await queue(harness)
    assert (more.id, more.text) == (made.id, "bad\n\nworse")
    await harness.hear(Flag("https://beta.test/f/3", BOB, (BOB, theirs.id)))
    assert len(await queue(harness)) == 1, "about nobody here"


@pytest.mark.clause("INB-10.8")
async def test_a_flood_of_flags_ends(harness: Harness, refused: Refusal) -> None:
    people = [await harness.person(actor_id(f"p{n}", "alpha.test")) for n in range(60)]
    flags = [Flag(f"https://beta.test/f/{n}", BOB, (who,)) for n, who in enumerate(people)]
    await harness.hear(*flags[:20])
    with refused("INB-10.8"):
        await harness.hear(flags[20])
    rang = (await harness.told()).count("notice")
    assert rang == 20 == len(await queue(harness))
    await harness.hear(Flag("https://gamma.test/f", EVE, (ALICE,)))
    assert (await harness.told()).count("notice") == rang, "it is kept, and rings nobody"
    for number in range(20, 50):
        await close(harness, next(r.id for r in await queue(harness) if r.reporter == "beta.test"))
        await harness.hear(flags[number])
    await close(harness, next(r.id for r in await queue(harness) if r.reporter == "beta.test"))
    with refused("INB-10.8"):
        await harness.hear(flags[50])
    harness.clock.pass_(timedelta(days=1))
    await harness.hear(flags[51])


@pytest.mark.clause("INB-10.8")
async def test_what_is_added_to_an_open_report_counts(harness: Harness, refused: Refusal) -> None:
    flags = [Flag(f"https://beta.test/f/{n}", BOB, (ALICE,), f"{n}") for n in range(52)]
    await harness.hear(*flags[:50])
    with refused("INB-10.8"):
        await harness.hear(flags[50])
    await harness.hear(Flag("https://gamma.test/f/1", EVE, (ALICE,)))
    harness.clock.pass_(timedelta(days=1))
    await harness.hear(flags[51])
    assert (await queue(harness))[1].text.endswith("49\n\n51")


@pytest.mark.clause("INB-10.5", "INB-10.8")
async def test_a_few_domains_leave_room_for_others(
    harness: Harness, refused: Refusal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "MOST_TOGETHER", 3)
    monkeypatch.setattr(reports, "MOST_OF_OTHERS", 4)
    people = [await harness.person(actor_id(f"p{n}", "alpha.test")) for n in range(4)]
    flags = [Flag(f"https://beta.test/f/{n}", BOB, (who,)) for n, who in enumerate(people)]
    await harness.hear(*flags[:3])
    with refused("INB-10.8"):
        await harness.hear(flags[3])
    await harness.hear(Flag("https://gamma.test/f/1", EVE, (ALICE,)))
    with refused("INB-10.8"):
        await harness.hear(Flag("https://gamma.test/f/2", EVE, (CAROL,)))

    async def all_of(unit: ReportsUnit, words: str = "spam") -> int:
        return await reports.close_all(unit, "social.beta.test", "root", people[0], words)

    with refused("INB-10.5"):
        await harness.units.run(ReportsUnit, lambda unit: all_of(unit, " "))
    assert await harness.units.run(ReportsUnit, all_of) == 2
    assert {one.about for one in await queue(harness)} == {people[0], ALICE}
    assert {(one.note, one.closer) for one in await queue(harness, True)} == {("spam", "root")}


@pytest.mark.clause("INB-10.6")
async def test_an_administrator_deletes_a_post_of_one_of_ours(
    harness: Harness, refused: Refusal
) -> None:
    hers, theirs = await harness.publish(ALICE, "bad"), note(BOB)
    await harness.hear(create(theirs))
    harness.sent.clear()
    await harness.do(lambda unit: publishing.delete_for(unit, hers.id))
    assert {type(activity) for activity, _ in harness.sent} == {Delete}
    assert not await harness.sees(CAROL, hers.id) or hers.id not in await harness.feed(CAROL)
    with refused("INB-10.6"):
        await harness.do(lambda unit: publishing.delete_for(unit, hers.id))
    with refused("INB-10.6"):
        await harness.do(lambda unit: publishing.delete_for(unit, theirs.id))


@pytest.mark.clause("API-11.8")
async def test_the_log_is_written_with_what_is_done(harness: Harness) -> None:
    async def act(unit: AuditUnit, number: int) -> None:
        unit.log("root", Deed.SUSPEND, f"p{number}")

    for number in range(5):
        harness.clock.pass_(timedelta(seconds=1))
        await harness.units.run(AuditUnit, lambda unit, number=number: act(unit, number))

    async def fail(unit: AuditUnit) -> None:
        await act(unit, 9)
        raise Refused("API-11.8", "no")

    with pytest.raises(Refused):
        await harness.units.run(AuditUnit, fail)
    first = await harness.units.look(AuditUnit, lambda unit: unit.logged(ROOT, 2, None))
    assert [one.object for one in first] == ["p4", "p3", "p2"]
    after = Cursor(micros(first[1].at), first[1].id)
    rest = await harness.units.look(AuditUnit, lambda unit: unit.logged("", 5, after))
    assert [one.object for one in rest] == ["p2", "p1", "p0"]
    assert (rest[0].who, rest[0].deed) == ("root", Deed.SUSPEND)

    async def hide(unit: AuditUnit) -> None:
        unit.log("root", Deed.CLOSE_REPORT, "one", about=CAROL)

    harness.clock.pass_(timedelta(seconds=1))
    await harness.units.run(AuditUnit, hide)
    for who, count in ((CAROL, 5), (ALICE, 6), ("", 6)):
        log = await harness.units.look(AuditUnit, lambda unit, who=who: unit.logged(who, 9, None))
        assert len(log) == count
