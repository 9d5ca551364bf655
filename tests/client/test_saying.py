"""What is said, as people have it: the library and `kith chat` between two nodes (spec DEV-18)."""

import json
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from node.client.archive_carrier import NOT_REMOVED, ArchiveCarrier
from node.client.cli import said
from node.client.conversation_events import ArchiveHeld, ConversationEvent
from node.client.kith import Kith, MessageChanged, ReactionChanged
from node.client.rows import MessageRow
from node.errors import Conflict, Forbidden, Full, Malformed, Missing, TooMuch
from tests.client.conftest import PASSPHRASE, Square
from tests.client.test_cli import Shell, enter, passphrase_file, shell
from tests.client.test_history import second_phone

__all__ = ["passphrase_file", "shell"]
Friends = tuple[Kith, Kith]


async def settle(square: Square, *people: Kith) -> None:
    await square.town.settle()
    for one in people:
        await one.catch_up()


@pytest.mark.clause("E2E-7.3", "E2E-7.5", "E2E-7.6", "E2E-7.7")
async def test_the_library_says_all_of_it(square: Square, friends: Friends) -> None:
    alice, bob = friends
    first = await alice.say(bob.handle, "shall we *go*?")
    await settle(square, bob)
    answer = await bob.say(alice.handle, "we shall", reply=first.id)
    assert (await bob.react(alice.handle, first.id, "👍")).sent
    await settle(square, alice)
    asked, answered = await alice.messages(bob.handle)
    assert answered.answers == asked.row and answered.row.id == answer.id
    assert [(one.actor, one.emoji) for one in asked.reactions] == [(bob.actor, "👍")]
    assert (await alice.edit(bob.handle, first.id, "shall we **go**?")).sent
    assert await alice.edit(bob.handle, first.id, "shall we **go**?") is None
    await settle(square, bob)
    assert (await bob.history(alice.handle))[0].text == "shall we **go**?"
    await alice.take_back(bob.handle, first.id)
    assert (await bob.react(alice.handle, first.id, "👍", on=False)).sent
    await settle(square, alice, bob)
    for one, other in ((alice, bob), (bob, alice)):
        gone, kept = await one.messages(other.handle)
        assert (gone.row.kind, gone.row.text, gone.reactions) == ("Tombstone", "", ())
        assert kept.answers == gone.row
    told = [event for event in await bob.told() if isinstance(event, MessageChanged)]
    assert [event.change for event in told] == ["edited", "deleted"]
    told = [event for event in await alice.told() if isinstance(event, ReactionChanged)]
    assert [(event.emoji, event.on) for event in told] == [("👍", True)]


@pytest.mark.clause("DEV-18.6")
async def test_what_cannot_be_is_refused_and_nothing_is_begun(
    square: Square, friends: Friends
) -> None:
    alice, bob = friends
    with pytest.raises(Missing):
        await alice.react(bob.handle, "urn:uuid:never", "👍")
    assert await alice.conversations() == {}
    first = await alice.say(bob.handle, "mine")
    await settle(square, bob)
    with pytest.raises(Forbidden):
        await bob.edit(alice.handle, first.id, "yours")
    with pytest.raises(Forbidden):
        await bob.take_back(alice.handle, first.id)
    with pytest.raises(TooMuch):
        await alice.edit(bob.handle, first.id, "x" * 70_000)
    await alice.take_back(bob.handle, first.id)
    await settle(square, bob)
    with pytest.raises(Conflict, match="nothing to react to"):
        await bob.react(alice.handle, first.id, "👍")


@pytest.mark.clause("DEV-18.1")
async def test_what_is_done_while_a_server_is_away_goes_out_later(
    square: Square, friends: Friends
) -> None:
    alice, bob = friends
    first = await alice.say(bob.handle, "hello")
    await settle(square, bob)
    await alice.__aexit__(None, None, None)
    away = replace(alice.profile, origin="http://127.0.0.1:9")
    async with Kith(away, alice.home, PASSPHRASE, alice.clock) as later:
        changed = await later.edit(bob.handle, first.id, "hello, Bob")
        assert changed is not None and not changed.sent
        assert [row.text for row in await later.history(bob.handle)] == ["hello, Bob"]
    async with Kith(alice.profile, alice.home, PASSPHRASE, alice.clock) as again:
        await again.catch_up()
        await settle(square, bob)
    assert (await bob.history(alice.handle))[0].text == "hello, Bob"


@pytest.mark.clause("DEV-18.5", "DEV-14.2")
async def test_a_full_archive_keeps_no_deletion_from_it(
    square: Square, friends: Friends, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = friends
    gone = await alice.say(bob.handle, "forget me")
    archive = (await alice.talk()).archive
    await archive.send()
    ask = alice.api.ask

    async def full(method: str, path: str, *given: object, **named: object) -> object:
        if (method, path) == ("PUT", "/archive"):
            raise Full("ARC-7.7", "it is full", 60)
        return await ask(method, path, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(alice.api, "ask", full)
    await alice.say(bob.handle, "there is no room for this")
    with suppress(Full):
        await archive.send()
    assert (await alice.archive()).records == 1
    await alice.take_back(bob.handle, gone.id)
    await archive.send()
    assert (await alice.archive()).records == 0


@pytest.mark.clause("DEV-18.5")
async def test_a_deletion_that_the_archive_refuses_holds_no_record_up(
    square: Square, friends: Friends, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = friends
    gone = await alice.say(bob.handle, "forget me")
    archive = (await alice.talk()).archive
    await archive.send()
    ask, asked, told = alice.api.ask, 0, list[ConversationEvent]()
    monkeypatch.setattr(archive, "_tell", told.extend)

    async def refusing(method: str, path: str, *given: object, **named: object) -> object:
        nonlocal asked
        if (method, path) == ("POST", "/archive/delete"):
            asked += 1
            raise Forbidden("ARC-7.6", "not now")
        return await ask(method, path, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(alice.api, "ask", refusing)
    await alice.take_back(bob.handle, gone.id)
    await alice.say(bob.handle, "what is new")
    with pytest.raises(Forbidden):
        await archive.send()
    await alice.say(bob.handle, "and more")
    await archive.send()  # it is not asked again within the hour, and nothing is in the way
    assert asked == 1
    # The word that was taken back, its deletion, and both new ones.
    assert (await alice.archive()).records == 4
    assert told == [ArchiveHeld("ARC-7.6", f"{NOT_REMOVED}: not now")]
    again = ArchiveCarrier(alice.api, archive._archive, alice.clock, told.extend)
    await again.send()
    assert asked == 1, "nor is it in the next run of the program"
    square.town.clock.pass_(timedelta(hours=1))
    with pytest.raises(Forbidden):
        await again.send()
    assert (asked, len(told)) == (2, 1), "and it was told"
    monkeypatch.setattr(alice.api, "ask", ask)
    square.town.clock.pass_(timedelta(hours=1))
    await archive.send()
    assert (await alice.archive()).records == 3


@pytest.mark.clause("DEV-18.5", "ARC-7.6")
async def test_the_archive_at_the_node_forgets_what_was_taken_back(
    square: Square, friends: Friends, tmp_path: Path
) -> None:
    alice, bob = friends
    kept, gone = [await alice.say(bob.handle, text) for text in ("keep me", "forget me")]
    await settle(square, bob)
    archive = (await alice.talk()).archive
    await archive.send()
    assert (await alice.archive()).records == 2
    await alice.edit(bob.handle, kept.id, "kept and changed")
    await bob.react(alice.handle, kept.id, "👍")
    await settle(square, alice)
    await alice.take_back(bob.handle, gone.id)
    await archive.send()
    # A message, its change, a reaction to it and a deletion: what was taken back is not there.
    assert (await alice.archive()).records == 4
    async with await second_phone(square, alice, tmp_path / "phone") as phone:
        await phone.fetch_history()
        shown = {one.row.text: one for one in await phone.messages(bob.handle)}
        assert set(shown) == {"kept and changed", ""}
        assert [one.emoji for one in shown["kept and changed"].reactions] == ["👍"]
        assert [one.message.text for one in await phone.search("changed")] == ["kept and changed"]
        assert await phone.search("forget") == []
        (line, *_) = [one for one in await phone.export_history() if one.text]
        assert line.edited and line.reactions == [(bob.actor, "👍")]


@pytest.mark.clause("API-9.13")
async def test_the_command_says_all_of_it(shell: Shell) -> None:
    await enter(shell, "alice", "alpha.test")
    await enter(shell, "bob", "beta.test")
    await shell.run("alice", "friend add @bob@beta.test --text", "it is me")
    await shell.run("bob", "friend accept @alice")
    assert (await shell.run("alice", "chat @bob --send", "shall we go?")).out == "Sent.\n"
    (row,) = [json.loads((await shell.run("bob", "chat @alice --history --json")).out)]
    assert (row["from"], row["about"], row["edited"]) == ("@alice@alpha.test", "", None)
    short = row["id"].removeprefix("urn:uuid:")[:8]
    assert (await shell.run("bob", f"chat @alice --reply {short} --send", "yes")).out == "Sent.\n"
    assert (await shell.run("bob", "chat @alice --react last 👍")).out == "Sent.\n"
    again = await shell.run("bob", "chat @alice --react last 👍")
    assert (again.code, again.out) == (0, "It is so already: nothing was sent.\n")
    shown = (await shell.run("alice", "chat @bob --history")).out
    assert "@alice@alpha.test: shall we go?  👍" in shown
    assert "@bob@beta.test: (to “shall we go?”) yes" in shown
    assert (await shell.run("alice", "chat @bob --edit last --send", "we go")).code == 0
    assert (await shell.run("bob", "chat @alice --unreact last 👍")).code == 0
    sent = (await shell.run("alice", "chat @bob --json --react last 😂")).json
    assert (sent["kind"], sent["text"], sent["state"]) == ("Like", "😂", "sent")
    lines = (await shell.run("bob", "chat @alice --history --json")).out.splitlines()
    changed, answer = map(json.loads, lines)
    assert changed["text"] == "we go" and changed["edited"] and changed["reactions"] == []
    assert answer["about"] == row["id"]
    assert answer["reactions"] == [{"from": "@alice@alpha.test", "emoji": "😂"}]
    assert (await shell.run("alice", "chat @bob --delete last")).out == "Sent.\n"
    shown = (await shell.run("bob", "chat @alice --history")).out
    assert "[taken back]" in shown and "we go" not in shown
    assert (await shell.run("bob", "search go")).out == "Nothing was found.\n"


@pytest.mark.clause("API-9.13", "DEV-18.6")
async def test_the_command_refuses_in_words(shell: Shell) -> None:
    await enter(shell, "alice", "alpha.test")
    await enter(shell, "bob", "beta.test")
    await shell.run("alice", "friend add @bob@beta.test --text", "it is me")
    await shell.run("bob", "friend accept @alice")
    await shell.run("alice", "chat @bob --send", "mine")
    row = json.loads((await shell.run("bob", "chat @alice --history --json")).out)
    named = row["id"]
    for words, code, why in (
        (f"--edit {named} --send yours", 1, "only who said something may change it"),
        (f"--delete {named}", 1, "only who said something may change it"),
        ("--react urn:uuid:0 👍", 1, "there is no message urn:uuid:0"),
        ("--delete last", 1, "there is no message last"),
        (f"--react {named} twowordsthatareverylong", 1, "a reaction is one emoji"),
        (f"--edit {named}", 2, "say the words as well"),
        (f"--delete {named} --react {named} 👍", 2, "say one of"),
        (f"--delete {named} --send more", 2, "--send goes with"),
    ):
        ran = await shell.run("bob", f"chat @alice {words}")
        assert ran.code == code and why in ran.err and ran.out == "", words
    await shell.run("alice", "chat @bob --delete last")
    ran = await shell.run("bob", f"chat @alice --react {named} 👍")
    assert ran.code == 1 and "it was taken back" in ran.err


@pytest.mark.clause("API-9.13", "E2E-7.4")
async def test_who_repeats_an_id_takes_nothing_from_its_author(
    square: Square, friends: Friends
) -> None:
    alice, bob = friends
    mine = await alice.say(bob.handle, "mine")
    await settle(square, bob)
    rows = [mine, replace(mine, actor=bob.actor, text="a copy of the id")]

    class Double:
        actor = alice.actor

        async def history(self, _: str) -> list[MessageRow]:
            return rows

    for named in (mine.id, mine.id.removeprefix("urn:uuid:"), mine.id[:20], mine.id[9:17]):
        assert await said.meant(Double(), bob.handle, named, own=True) == mine  # type: ignore[arg-type]
        with pytest.raises(Malformed):
            await said.meant(Double(), bob.handle, named)  # type: ignore[arg-type]


@pytest.mark.clause("API-9.13", "DEV-18.2")
def test_what_was_done_to_words_that_wait_is_told() -> None:
    before = MessageRow(id="urn:m", actor="a", text="kpet", at=1, number=1)
    assert said.silent(before, before) == ("It is so already: nothing was sent.", False)
    assert said.silent(before, replace(before, text="kept"))[1]
    assert (
        "before it was sent" in said.silent(before, replace(before, kind="Tombstone", text=""))[0]
    )
