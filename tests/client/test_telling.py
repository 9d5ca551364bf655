"""What a command hears as it opens the vault is told by it: nobody hears it again (API-9.7)."""

import json
from datetime import timedelta

import pytest

from node.client.cli.chat import ChatScreen
from node.client.cli.out import day
from node.client.conversation_events import (
    ArchiveHeld,
    ConversationBehind,
    KeysHeld,
    MessageReceived,
    MessageUnreadable,
    NodeRestored,
)
from node.client.messenger import Messenger
from tests.client.test_cli import Shell, befriend, enter, passphrase_file, shell

__all__ = ["passphrase_file", "shell"]


async def bring_back(shell: Shell) -> None:
    """Words of Alice's to Bob, who is logged in nowhere, wait in her mailbox as returned."""
    await befriend(shell)
    assert (await shell.run("alice", "chat @bob --send", "two")).code == 0
    assert (await shell.run("bob", "logout")).code == 0


@pytest.mark.clause("API-9.7")
@pytest.mark.parametrize(
    "line", ["search two", "recovery show", "history", "chat @bob --history", "verify @bob"]
)
async def test_whichever_command_hears_it_tells_it_beside_its_json(shell: Shell, line: str) -> None:
    await bring_back(shell)
    ran = await shell.run("alice", f"{line} --json")
    assert ran.code == 0, ran.err
    assert all(json.loads(answer) for answer in ran.out.splitlines())
    assert "returned" not in ran.out
    told = [json.loads(one) for one in ran.err.splitlines()]
    (returned,) = [one["data"] for one in told if one["kind"] == "returned"]
    assert returned["text"] == "two"
    assert (await shell.run("alice", f"{line} --json")).err == "", "once"


@pytest.mark.clause("API-9.7")
async def test_a_command_that_is_refused_tells_it_all_the_same(shell: Shell) -> None:
    await bring_back(shell)
    ran = await shell.run("alice", "search two --with @nobody@beta.test")
    assert ran.code == 1
    assert "Kept, not read: two (@bob@beta.test is logged in nowhere)" in ran.out


@pytest.mark.clause("API-9.7")
async def test_every_trouble_is_told_and_what_merely_came_is_not(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    await befriend(shell)
    assert (await shell.run("bob", "chat @alice --send", "of Bob's")).code == 0
    pull = Messenger.pull

    async def pulled(messenger: Messenger) -> None:
        await pull(messenger)
        unreadable = MessageUnreadable("g", "MLS-9.2a", "its keys are gone")
        messenger.tell([NodeRestored(), ConversationBehind("g"), unreadable])

    monkeypatch.setattr(Messenger, "pull", pulled)
    ran = await shell.run("alice", "search nothing")
    assert "Your server was put back from a copy" in ran.out
    assert "This device missed changes" in ran.out
    assert "A message could not be read: its keys are gone" in ran.out
    assert "of Bob's" not in ran.out


@pytest.mark.clause("API-9.7")
async def test_what_does_not_open_the_vault_does_not_open_it_to_tell(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bring_back(shell)

    async def opened(_messenger: Messenger) -> None:
        raise AssertionError("the vault was opened")

    with monkeypatch.context() as patch:
        patch.setattr(Messenger, "prepare", opened)
        assert (await shell.run("alice", "friends")).code == 0
    assert "Kept, not read: two" in (await shell.run("alice", "search two")).out


@pytest.mark.clause("API-9.7", "DEV-14.6", "DEV-12.9")
async def test_what_is_in_the_way_of_keys_and_archive_is_told_by_whoever_opens_the_vault(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    await befriend(shell)
    held = ArchiveHeld("ARC-7.5", "it is full"), KeysHeld("KEY-5.1", "they are forked")
    prepare = Messenger.prepare

    async def prepared(messenger: Messenger) -> None:
        await prepare(messenger)
        messenger.tell(held)

    monkeypatch.setattr(Messenger, "prepare", prepared)
    archive, keys = (
        "Your archive takes nothing for now: it is full. Talk goes on.",
        "The keys of your account wait: they are forked. Talk goes on.",
    )
    for line in ("search nothing", "verify @bob", "chat @bob --history", "history export"):
        words = [str(shell.square.folder / "copy.jsonl")] if line.endswith("export") else []
        out = (await shell.run("alice", line, *words)).out
        assert (out.count(archive), out.count(keys)) == (1, 1), line
    out = (await shell.run("alice", "history")).out
    assert archive not in out and keys in out, "what it says itself"
    out = (await shell.run("alice", "recovery show")).out
    assert archive in out and keys not in out


@pytest.mark.clause("API-9.7")
async def test_in_one_conversation_the_troubles_of_others_are_told_with_whose_they_are(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    await befriend(shell)
    shell.square._admins["beta.test"] = shell.square.at_home("bob").profile.token
    await enter(shell, "carol", "beta.test")
    await shell.run("alice", "friend add @carol@beta.test")
    await shell.run("carol", "friend accept @alice")
    assert (await shell.run("alice", "chat @carol --send", "to Carol")).code == 0
    assert (await shell.run("alice", "chat @bob --send", "to Bob")).code == 0
    hear = ChatScreen.hear

    async def heard(screen: ChatScreen, them: str) -> None:
        """Something of Carol's conversation is heard, and of one that is no more."""
        (group,) = await screen._kith.conversations_with("@carol@beta.test")
        messenger = await screen._kith._talk.talk()
        said = MessageReceived(group, "urn:1", "https://beta.test/a/carol", "hello", "Note", 0)
        gone = MessageUnreadable("00", "MLS-9.2a", "its keys are gone")
        messenger.tell([said, MessageUnreadable(group, "MLS-9.2a", "its keys are gone"), gone])
        await hear(screen, them)

    monkeypatch.setattr(ChatScreen, "hear", heard)
    ran = await shell.run("alice", "chat @bob")
    lost = "A message could not be read: its keys are gone"
    assert f"In your conversation with @carol@beta.test: {lost}" in ran.out
    assert f"In a conversation that ended: {lost}" in ran.out
    assert "hello" not in ran.out, "it is in the history"
    ran = await shell.run("alice", "chat @bob --json")
    told = [json.loads(line) for line in ran.err.splitlines()]
    assert [one["kind"] for one in told] == ["unreadable", "unreadable"]
    assert "unreadable" not in ran.out


@pytest.mark.clause("DEV-10.7", "API-9.7")
async def test_what_a_friends_lost_phone_does_not_fetch_is_not_shown_as_with_them(
    shell: Shell,
) -> None:
    await befriend(shell)
    assert (await shell.run("alice", "chat @bob --send", "heard")).out == "Sent.\n"
    assert "heard" in (await shell.run("bob", "chat @alice --history")).out
    town = shell.square.town
    for node in town.nodes.values():
        await node.node.worker._jobber.begin()
    town.clock.pass_(timedelta(days=1, hours=3))
    assert (await shell.run("alice", "chat @bob --send", "into a drawer")).out == "Sent.\n"
    since = f"{day(town.clock.now())}:"
    await town.settle(timedelta(days=4))
    await town.settle(timedelta(hours=2))
    why = f"No device of @bob@beta.test has fetched what was said since {since}"
    ran = await shell.run("alice", "search drawer")
    assert ran.out.count(why) == 1
    ran = await shell.run("alice", "chat @bob --history")
    assert "into a drawer  (sent, not fetched)" in ran.out and "heard\n" in ran.out
    ran = await shell.run("alice", "chat @bob --send", "and this")
    assert ran.code == 0 and ran.out.startswith(f"Sent. {why}")
    rows = (await shell.run("alice", "chat @bob --history --json")).out.splitlines()
    shown = [json.loads(row) for row in rows]
    assert [row["state"] for row in shown] == ["sent", "unfetched", "unfetched"]
    assert [row["sent"] for row in shown] == [True] * 3
    assert shown[1]["reason"].startswith(why)
    assert (await shell.run("bob", "chat @alice --send", "found it")).code == 0
    ran = await shell.run("alice", "chat @bob --history")
    assert "not fetched" not in ran.out
