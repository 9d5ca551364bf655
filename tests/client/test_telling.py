"""What a command hears as it opens the vault is told by it: nobody hears it again (API-9.7)."""

import json

import pytest

from node.client.conversation_events import ConversationBehind, MessageUnreadable, NodeRestored
from node.client.messenger import Messenger
from tests.client.test_cli import Shell, befriend, passphrase_file, shell

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
