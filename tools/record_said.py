"""Transcripts of what is said: answers, changes, deletions, reactions (spec E2E-7, DEV-18)."""

import base64
import json
from collections.abc import Callable
from typing import Any

from node.client import attached
from node.client.exchange import LostRace
from node.errors import Forbidden
from node.testing.fakes import FakeEntropy
from tests.client.transcripts import Recorder
from tools import make_attachment_vectors
from tools.scenarios import Scenario, contents, returned

EMISSARY_NOTE = {
    "@context": "https://www.w3.org/ns/activitystreams",
    "type": "Create",
    "id": "uri:uuid:5c1c4a54-8f0f-4b7e-9d1f-0a6d6f0e7f11",
    "actor": "https://emissary.test/@eve",
    "object": {
        "type": "Note",
        "id": "uri:uuid:0f3f0f62-0c6e-4e0f-8d50-93d5c6a5f001",
        "attributedTo": "https://emissary.test/@eve",
        "content": "<p>Hello <b>all</b> &amp; <a href='https://e.test/'>more</a></p>"
        "<script>alert(1)</script>",
    },
}
BONFIRE_NOTE = {
    "type": "Note",
    "id": "mls://m/01JZ6C9P4N7V8W2X5Y3T1R0QSA",
    "content": "<p>bare, and an answer</p>",
    "inReplyTo": "uri:uuid:0f3f0f62-0c6e-4e0f-8d50-93d5c6a5f001",
    "published": "2026-01-01T00:00:00.123456+01:00",
}


def do(it: Scenario, one: Recorder, deed: str, **given: object) -> Any:
    """A deed of a person, a second later."""
    it.now += 1
    return one.do(f"words_{deed}", **given, micros=it.now * 1_000_000)


def seen(one: Recorder, group: str) -> None:
    """How it stands, written into the transcript."""
    for row in one.do("history", groups=[group]):
        one.do("words_reactions_to", group=group, actor=row["actor"], id=row["id"])


def talk(it: Scenario) -> None:
    alice, bob = it.device("alice"), it.device("bob", "beta.test")
    phone = it.device("alice-phone")
    group = it.meet(alice, bob, phone)

    def pass_on(one: Recorder) -> None:
        sent = contents(it.send(one))
        for other in (alice, bob, phone):
            if other is not one:
                it.give(other, *sent)

    first = it.say(alice, group, "plain words")
    marked = it.say(alice, group, "**strong** and *em*,\n> quoted\n```\n1 < 2\n```\n`code` 2*3*4")
    pass_on(alice)
    answer = do(it, bob, "say", group=group, text="an answer", reply=first)["id"]
    pass_on(bob)
    for emoji in ("👍", "❤", "👍"):
        do(it, bob, "react", group=group, id=first, emoji=emoji)
    do(it, alice, "react", group=group, id=answer, emoji="😂")
    do(it, bob, "react", group=group, id=first, emoji="❤", on=False)
    pass_on(bob)
    pass_on(alice)
    do(it, phone, "edit", group=group, id=first, text="plain words, _changed_")
    do(it, phone, "edit", group=group, id=first, text="plain words, _changed_")
    pass_on(phone)
    do(it, alice, "edit", group=group, id=first, text="and once more")
    pass_on(alice)
    do(it, alice, "delete", group=group, id=marked)
    do(it, alice, "delete", group=group, id=marked)
    pass_on(alice)
    # What is refused.
    do(it, bob, "edit", group=group, id=first, text="not mine")
    do(it, bob, "delete", group=group, id=first)
    do(it, bob, "react", group=group, id=marked, emoji="👍")
    do(it, bob, "react", group=group, id="urn:uuid:nowhere", emoji="👍")
    do(it, bob, "react", group=group, id=first, emoji="two words")
    do(it, bob, "say", group=group, text="?", reply="urn:uuid:nowhere")
    do(it, alice, "edit", group=group, id=marked, text="it is gone")
    do(it, alice, "edit", group=group, id=first, text=" ")
    do(it, alice, "edit", group=group, id=first, text="x" * 70_000)
    do(it, alice, "edit", group=group, id="urn:uuid:nowhere", text="where?")
    for number in range(13):
        do(it, bob, "react", group=group, id=first, emoji=chr(0x1F600 + number))
    pass_on(bob)
    # Words that nobody has yet are changed where they are, and taken back without a word.
    bob.do("refresh", group=group, now=it.now)
    waits = it.say(bob, group, "waits for the commit")
    do(it, bob, "edit", group=group, id=waits, text="waits, and is changed")
    gone = it.say(bob, group, "never said")
    do(it, bob, "delete", group=group, id=gone)
    pass_on(bob)
    # A change that was sealed, and overtaken before it went out.
    do(it, alice, "edit", group=group, id=first, text="too late")
    do(it, alice, "edit", group=group, id=first, text="in time")
    commits = it.go_on(bob, group)
    it.next(alice)
    it.tell(alice, LostRace())
    it.give(alice, *commits)
    it.give(phone, *commits)
    it.next(alice)
    pass_on(alice)
    do(it, alice, "react", group=group, id=answer, emoji="👋")
    it.next(alice)
    it.tell(alice, Forbidden("E2E-3.2", "you do not take part"))
    do(it, alice, "edit", group=group, id=first, text="refused")
    it.next(alice)
    it.tell(alice, Forbidden("E2E-3.2", "you do not take part"))
    for one in (alice, bob, phone):
        seen(one, group)


def in_any_order(it: Scenario) -> None:
    alice, phone = it.device("alice"), it.device("alice-phone")
    bob, tablet = it.device("bob", "beta.test"), it.device("bob-tablet", "beta.test")
    group = it.meet(alice, phone, bob, tablet)
    first = it.say(alice, group, "first")
    second = it.say(alice, group, "second")
    words = contents(it.send(alice))
    it.give(phone, *words)
    at = (it.now + 1) * 1_000_000
    changes = []
    for one, text in ((alice, "from the desk"), (phone, "from the phone")):
        one.do("words_edit", group=group, id=first, text=text, micros=at)
        changes.append(contents(it.send(one)))
    do(it, phone, "react", group=group, id=second, emoji="🎉")
    do(it, phone, "react", group=group, id=first, emoji="🎉")
    do(it, phone, "react", group=group, id=first, emoji="🎉", on=False)
    do(it, phone, "delete", group=group, id=second)
    more = contents(it.send(phone))
    it.give(alice, *changes[1], *more)
    it.give(phone, *changes[0])
    it.give(bob, *more[::-1], *changes[0], *changes[1], *words)
    it.give(tablet, *changes[1], words[0], *changes[0], *more, words[1])
    for one in (alice, phone, bob, tablet):
        seen(one, group)
    # What was missed is asked for, and comes as it is now.
    late = it.say(alice, group, "slow")
    slow = contents(it.send(alice))
    do(it, alice, "edit", group=group, id=late, text="slow, and changed")
    it.go_on(tablet, group, alice, phone, bob, times=11)
    for message in slow:
        it.give(bob, message)
    asked = contents(it.send(bob))
    for one in (alice, phone, tablet):
        it.give(one, *asked)
    again = contents(it.send(alice))
    for one in (phone, bob, tablet):
        it.give(one, *again)
        seen(one, group)


def of_others(it: Scenario) -> None:
    alice, eve = it.device("alice"), it.device("eve", "emissary.test")
    group = it.meet(alice, eve)
    own = it.say(alice, group, "hello, Eve")
    it.give(eve, *contents(it.send(alice)))

    def say(*documents: object) -> None:
        for document in documents:
            data = document if isinstance(document, bytes) else json.dumps(document).encode()
            it.give(alice, eve.seals(group, data))

    def act(kind: str, object: object, **more: object) -> None:
        say({"type": kind, "id": f"urn:x:{it.now}", "object": object, **more})
        it.now += 1

    say(EMISSARY_NOTE, BONFIRE_NOTE)
    say({"type": "Acknowledge", "object": own}, {"type": "kith:Typing"})
    mine = EMISSARY_NOTE["object"]["id"]  # type: ignore[index]
    act("Like", own)
    act("EmojiReact", own, content="🔥")
    act("Undo", {"type": "Like", "id": "urn:x:1", "object": own})
    act("EmojiReact", {"id": own}, content="🌊", published="2026-01-01T00:00:09Z")
    act("Undo", f"urn:x:{it.now - 1}", published="2026-01-01T00:00:10Z")
    act("Undo", "urn:x:never")
    act("EmojiReact", own, content="two words")
    act("EmojiReact", own, content="")
    act("Update", {"id": own, "content": "words of another"})
    act("Delete", own)
    act("Update", {"type": "Note", "id": mine, "content": "<p>changed</p>"})
    act(
        "Update", {"type": "Note", "id": mine, "content": "later"}, published="2026-01-01T00:00:07Z"
    )
    act(
        "Update", {"type": "Note", "id": mine, "content": "older"}, published="2026-01-01T00:00:06Z"
    )
    act("Update", {"type": "Person", "id": "https://emissary.test/@eve"})
    act("Poke", own, content="<i>poked</i>", name="n")
    act("Announce", "https://emissary.test/1")
    say({"type": "Image", "id": "urn:x:image", "name": "a cat", "url": "https://e.test/cat"})
    say({"type": "Note", "id": "urn:x:film", "content": "see", "attachment": [{"type": "Video"}]})
    say({"type": "Note", "id": own, "content": "an id of another"})
    act("Like", own, content="❓")  # whose?
    act("Like", own, content="❗", **{"kith:author": alice.actor})
    say({"type": "Tombstone", "id": BONFIRE_NOTE["id"]})
    say({"type": "Delete", "object": "urn:x:film"}, {"type": "Delete", "object": {}})
    say(b"[]", {"type": "Note"}, {"type": "Like", "object": own, "id": "x" * 513})
    do(it, alice, "say", group=group, text="an answer", reply=mine)
    do(it, alice, "react", group=group, id=mine, emoji="👍")
    it.send(alice)
    seen(alice, group)
    del it.devices["eve"]  # what it said stands in no transcript of its own


def in_the_archive(it: Scenario) -> None:
    alice, bob = it.device("alice"), it.device("bob", "beta.test")
    phone = it.device("alice-phone")
    group = it.meet(alice, bob)
    key = base64.b64encode(FakeEntropy("an archive key").draw(32)).decode()
    for one in (alice, bob):
        one.do("archive_adopt", generation=1, key=key)
    alice.do("archive_adopt", generation=2, key=key)
    records = []

    def keep(one: Recorder) -> list[Any]:
        due = one.do("archive_due", now=it.now)
        one.do("archive_sent")
        one.do("settle")
        return list(due["records"])

    kept = it.say(alice, group, "kept, and changed")
    gone = it.say(alice, group, "kept, and taken back")
    fresh = it.say(alice, group, "taken back before it is kept")
    it.give(bob, *contents(it.send(alice)))
    do(it, alice, "delete", group=group, id=fresh)
    it.give(bob, *contents(it.send(alice)))
    alice.do("archive_erasing")
    alice.do("archive_erased")
    records += keep(alice)
    for text in ("once", "twice"):
        do(it, alice, "edit", group=group, id=kept, text=text)
    do(it, alice, "edit", group=group, id=gone, text="changed, and taken back")
    it.give(bob, *contents(it.send(alice)))
    do(it, bob, "react", group=group, id=kept, emoji="👍")
    do(it, bob, "react", group=group, id=kept, emoji="👎")
    do(it, bob, "react", group=group, id=kept, emoji="👎", on=False)
    it.give(alice, *contents(it.send(bob)))
    records += keep(alice)
    do(it, alice, "delete", group=group, id=gone)
    it.give(bob, *contents(it.send(alice)))
    for one in (alice, bob):
        one.do("archive_erasing")
        one.do("archive_erased")
        one.do("archive_erasing")
    records += keep(alice)
    keep(bob)
    phone.do("archive_adopt", generation=1, key=key)
    phone.do("archive_adopt", generation=2, key=key)
    for page in (records[len(records) // 2 :][::-1], records[: len(records) // 2][::-1], []):
        placed = [[records.index(one) + 1, one] for one in page]
        back = {"records": placed, "backwards": True, "incarnation": "one"}
        phone.do("archive_take", page=back, now=it.now)
    for one in (alice, bob, phone):
        seen(one, group)


def put_again(it: Scenario) -> None:
    """The home node lost its archive's end; what is here goes there once more."""
    alice, bob = it.device("alice"), it.device("bob", "beta.test")
    eve, tablet = it.device("eve", "emissary.test"), it.device("alice-tablet")
    group = it.meet(alice, bob, eve)
    key = base64.b64encode(FakeEntropy("an archive key").draw(32)).decode()
    for one in (alice, tablet):
        one.do("archive_adopt", generation=1, key=key)
    alice.do("receive", items=[], now=it.now, incarnation="one")
    kept, gone = (it.say(alice, group, text) for text in ("kept, and changed", "taken back"))
    it.give(bob, *contents(it.send(alice)))
    do(it, alice, "edit", group=group, id=kept, text="changed")
    do(it, alice, "delete", group=group, id=gone)
    for emoji in ("👍", "👎"):
        do(it, alice, "react", group=group, id=kept, emoji=emoji)
    do(it, alice, "react", group=group, id=kept, emoji="👎", on=False)
    it.give(bob, *contents(it.send(alice)))
    do(it, bob, "react", group=group, id=kept, emoji="😀")
    theirs = it.say(bob, group, "from Bob")
    do(it, bob, "edit", group=group, id=theirs, text="from Bob, and changed")
    it.give(alice, *contents(it.send(bob)))
    # Of a kind that is not known, and an emoji: the former stays as it came.
    for document in (
        {"type": "Question", "id": "urn:e:1", "content": "tea or coffee?"},
        {"type": "Like", "id": "urn:e:2", "object": kept, "content": "🌍"},
    ):
        it.give(alice, eve.seals(group, json.dumps(document).encode()))
    for life in ("two", "three"):
        alice.do("archive_erasing")
        alice.do("archive_erased")
        alice.do("archive_due", now=it.now)
        alice.do("archive_sent")
        alice.do("settle")
        it.say(alice, group, "not sent")
        alice.do("receive", items=[], now=it.now, incarnation=life)
    records = list(alice.do("archive_due", now=it.now)["records"])
    it.say(alice, group, "still due, and not sent")
    alice.do("receive", items=[], now=it.now, incarnation="four")
    placed = [[place, one] for place, one in enumerate(records, 1)]
    page = {"records": placed, "backwards": True, "incarnation": "one"}
    tablet.do("archive_take", page=page, now=it.now)
    # What came by the archive is there to be put again, too; nothing that is older than 30 days.
    tablet.do("receive", items=[], now=it.now, incarnation="one")
    tablet.do("receive", items=[], now=it.now, incarnation="two")
    tablet.do("archive_due", now=it.now)
    tablet.do("archive_sent")
    tablet.do("receive", items=[], now=it.now + 31 * 86_400, incarnation="three")
    tablet.do("archive_due", now=it.now)
    for one in (alice, tablet):
        seen(one, group)
    del it.devices["eve"]


def elsewhere(it: Scenario) -> None:
    """What went on in another conversation is changed and taken back wherever it was read."""
    alice, phone = it.device("alice"), it.device("alice-phone")
    bob, tablet = it.device("bob", "beta.test"), it.device("bob-tablet", "beta.test")
    group = it.meet(alice, phone, bob)
    before, behind, changed = (
        it.say(alice, group, text) for text in ("secret one", "secret two", "secret three")
    )
    for content in contents(it.send(alice)):
        it.give(phone, content)
        it.give(alice, returned(bob.actor, content, "no_device"))
    fresh = alice.do("start", packages=it.packages(tablet) | it.packages(phone), now=it.now)
    (founding,) = it.send(alice)
    for one in (tablet, phone):
        it.give(one, founding["welcomes"][0]["content"])
    alice.do("go_on", groups=[group], group=fresh)
    do(it, alice, "delete", group=fresh, id=before)
    do(it, alice, "edit", group=fresh, id=changed, text="three")
    sent = contents(it.send(alice))
    it.give(phone, sent[-1], *sent[:-1])
    it.give(tablet, *sent)
    do(it, alice, "delete", group=fresh, id=behind)
    sent = contents(it.send(alice))
    for one in (phone, tablet):
        it.give(one, *sent)
    for one in (alice, phone):
        seen(one, group)
    for one in (alice, phone, tablet):
        seen(one, fresh)


AT = "2026-01-01T00:00:05Z"
Hears = Callable[..., None]


def _changes(hears: Hears) -> None:
    # Two changes at one time: UTF-8 tells which id is the greater one, not UTF-16.
    hears({"type": "Note", "id": "urn:e:m", "content": "first"})
    for id, text in (("urn:\U0001f600", "beyond"), ("urn:\uff5e", "before")):
        hears({"type": "Update", "id": id, "object": {"id": "urn:e:m", "content": text},
               "published": AT})  # fmt: skip
    # One id for two changes: their words decide; and for another time: that does.
    for text in ("b", "c", "a"):
        hears({"type": "Update", "id": "urn:e:2", "object": {"id": "urn:e:m", "content": text},
               "published": "2026-01-01T00:00:06Z"})  # fmt: skip
    hears({"type": "Update", "id": "urn:e:2", "object": {"id": "urn:e:m", "content": "later"},
           "published": "2026-01-01T00:00:07Z"})  # fmt: skip
    for text in ("b", "a"):
        hears({"type": "Update", "id": "urn:e:3", "object": {"id": "urn:e:o", "content": text},
               "published": AT})  # fmt: skip
    hears({"type": "Note", "id": "urn:e:o", "content": "of two changes with one id"})
    # What names no time happened when it came.
    for text in ("x", "y"):
        hears({"type": "Update", "id": f"urn:e:{text}",
               "object": {"id": "urn:e:n", "content": text}})  # fmt: skip
    hears({"type": "Note", "id": "urn:e:n", "content": "untimed"})
    for id, text in (("urn:z", "z"), ("urn:a", "last"), ("urn:z", "z")):
        hears({"type": "Update", "id": id, "object": {"id": "urn:e:n", "content": text}})


def _undoings(hears: Hears, own: str, author: str) -> None:
    # An Undo undoes what it names, whatever its time is, and by its id alone nothing else.
    def like(id: str, content: str, at: str = "") -> dict[str, object]:
        said = {"type": "Like", "id": id, "object": own, "content": content}
        more = {"published": at} if at else {}
        return {**said, "kith:author": author, **more}

    def undo(id: str, object: object, at: str = "") -> dict[str, object]:
        more = {"published": at} if at else {}
        return {"type": "Undo", "id": id, "object": object, **more}

    first, second = like("urn:l:1", "👍", AT), like("urn:l:2", "👍", "2026-01-01T00:00:08Z")
    hears(first, undo("urn:u:1", "urn:l:1", "2026-01-01T00:00:09Z"), second)
    hears(like("urn:l:3", "🔥", AT), undo("urn:u:2", like("urn:l:3", "🔥")))
    hears(undo("urn:u:3", like("urn:l:4", "🌊"), AT), like("urn:l:4", "🌊", AT))
    hears(like("urn:l:5", "🎉"), undo("urn:u:4", like("urn:l:5", "🎉")), like("urn:l:6", "🎉"))
    hears(undo("urn:u:5", like("urn:l:7", "👎")), like("urn:l:8", "👎"), like("urn:l:7", "👎", AT))


def in_spite_of_malice(it: Scenario) -> None:
    """What friends forge, repeat and leave out stands in the way of nothing."""
    alice, phone = it.device("alice"), it.device("alice-phone")
    eve = it.device("eve", "emissary.test")
    group = it.meet(alice, phone, eve)
    key = base64.b64encode(FakeEntropy("an archive key").draw(32)).decode()
    tablet = it.device("alice-tablet")
    for one in (phone, tablet):
        one.do("archive_adopt", generation=1, key=key)

    def hears(*documents: object) -> None:
        for document in documents:
            it.give(phone, eve.seals(group, json.dumps(document).encode()))

    own = it.say(alice, group, "mine")
    words = contents(it.send(alice))
    do(it, alice, "edit", group=group, id=own, text="mine, and changed")
    change = contents(it.send(alice))
    # A forged change comes before its message, and is kept in the archive as what waits.
    hears({"type": "Update", "id": "urn:e:0", "object": {"id": own, "content": "forged"}})
    it.give(phone, *change, *words)
    # A kind that is called as something that every object has.
    hears({"type": "constructor", "id": "urn:e:1", "content": "<constructor>x</constructor>"})
    _changes(hears)
    _undoings(hears, own, alice.actor)
    records = list(phone.do("archive_due", now=it.now)["records"])
    phone.do("archive_sent")
    placed = [[place, one] for place, one in enumerate(records, 1)]
    page = {"records": placed, "backwards": True, "incarnation": "one"}
    tablet.do("archive_take", page=page, now=it.now)
    for one in (phone, tablet):
        seen(one, group)
    del it.devices["eve"]


def files(it: Scenario) -> None:
    """Words with files (spec ATT-2): said, sealed anew, changed, kept, taken back."""
    alice, bob = it.device("alice"), it.device("bob", "beta.test")
    phone, eve = it.device("alice-phone"), it.device("eve", "emissary.test")
    group = it.meet(alice, bob, phone, eve)
    key = base64.b64encode(FakeEntropy("an archive key").draw(32)).decode()
    alice.do("archive_adopt", generation=1, key=key)
    both = attached.raw_of([make_attachment_vectors.PICTURE, make_attachment_vectors.FILM])
    paper = attached.raw_of([make_attachment_vectors.PAPER])

    def pass_on(one: Recorder) -> None:
        sent = contents(it.send(one))
        for other in (alice, bob, phone):
            if other is not one:
                it.give(other, *sent)

    first = do(it, alice, "say", group=group, text="look at *these*", raw=both)["id"]
    bare = do(it, alice, "say", group=group, text="", raw=paper)["id"]
    pass_on(alice)
    do(it, bob, "say", group=group, text="an answer with a file", reply=first, raw=paper)
    pass_on(bob)
    do(it, alice, "edit", group=group, id=first, text="look at these two")
    pass_on(alice)
    do(it, alice, "delete", group=group, id=bare)
    pass_on(alice)
    do(
        it,
        alice,
        "say",
        group=group,
        text="",
        raw=attached.raw_of([make_attachment_vectors.FILM] * 80),
    )
    # Sealed once, and once more, as others changed the group meanwhile.
    do(it, alice, "say", group=group, text="too early", raw=paper)
    commits = it.go_on(bob, group)
    it.next(alice)
    it.tell(alice, LostRace())
    it.give(alice, *commits)
    it.give(phone, *commits)
    it.next(alice)
    pass_on(alice)
    alice.do("archive_due", now=it.now)
    small = {"type": "Image", "mediaType": "image/png", "content": "iVBORw0KGgo="}
    for document in (
        {"type": "Note", "id": "urn:e:1", "content": "inline", "attachment": [small]},
        {**small, "id": "urn:e:2", "name": "bare"},
    ):
        it.give(phone, eve.seals(group, json.dumps(document).encode()))
    for one in (alice, bob, phone):
        seen(one, group)
    del it.devices["eve"]


SCENARIOS: tuple[tuple[Callable[[Scenario], None], str], ...] = (
    (talk, "Words with markup, answers, reactions, changes and deletions, and what is refused."),
    (in_any_order, "Changes before their message, and by two devices at once: all show the same."),
    (of_others, "What other programs say: read, answered, kept where it is not known, refused."),
    (elsewhere, "What went on in another conversation is changed and taken back in both."),
    (in_spite_of_malice, "What friends forge, repeat and leave out stands in the way of nothing."),
    (files, "Words with files: sealed anew, changed, kept and taken back with them."),
    (in_the_archive, "The archive follows changes and deletions, and gives them back."),
    (put_again, "A node that was put back has again what its archive lost."),
)
