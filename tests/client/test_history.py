"""The archive as people have it: kept by one device, read on another; export and search."""

import asyncio
import json
import stat
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from node.client import archive_carrier, profile
from node.client.api_client import ApiClient
from node.client.conversation_events import ArchiveHeld
from node.client.kith import Kith
from node.client.restoring import Restored
from node.client.vault import Vault
from node.errors import Forbidden, Full, Missing, Refused, Unreachable
from node.system import SystemEntropy
from tests.client.conftest import PASSPHRASE, Square, password_of
from tests.client.test_cli import Shell, passphrase_file, shell

__all__ = ["passphrase_file", "shell"]
Friends = tuple[Kith, Kith]


async def talk(square: Square, alice: Kith, bob: Kith) -> None:
    """Four words, and all of them kept."""
    await alice.say(bob.handle, "do you see the sea?")
    await square.town.settle()
    await bob.catch_up()
    await bob.say(alice.handle, "I see it")
    await square.town.settle()
    await alice.catch_up()
    await (await alice.talk()).archive.send()


async def second_phone(square: Square, alice: Kith, folder: Path) -> Kith:
    """Another device of Alice that was given the archive's keys, as linking will do."""
    made = await Kith.log_in(
        alice.profile.origin, "alice", password_of("alice"),
        home=folder, passphrase=PASSPHRASE, clock=square.town.clock,
    )  # fmt: skip
    device = (await alice.talk()).device
    key = device.state.read("archive_key/1")
    vault = Vault.open(profile.vault_of(folder, made.profile), PASSPHRASE, SystemEntropy())
    vault.step({"archive_key/1": key})
    vault.close()
    return made


@pytest.mark.clause("DEV-14.3", "DEV-14.4")
async def test_a_second_phone_has_the_whole_history(
    square: Square, friends: Friends, tmp_path: Path
) -> None:
    alice, bob = friends
    assert await alice.keeps_history()
    await talk(square, alice, bob)
    assert (await alice.archive()).records == 2
    async with await second_phone(square, alice, tmp_path / "second") as second:
        steps: list[Restored] = []
        assert await second.fetch_history(steps.append) == Restored(new=2)
        assert steps
        said = [(row.actor, row.text) for row in await second.history(bob.handle)]
        assert said == [(alice.actor, "do you see the sea?"), (bob.actor, "I see it")]
        # What is said from now on comes after it, and what the other phone keeps is read on.
        await bob.say(alice.handle, "and the gulls")
        await square.town.settle()
        await alice.catch_up()
        await (await alice.talk()).archive.send()
        assert await second.fetch_history() == Restored(new=1)
        assert [row.text for row in await second.history(bob.handle)][-1] == "and the gulls"
        assert [one.message.text for one in await second.search("sea", bob.handle)] == [
            "do you see the sea?"
        ]
        [line, *_] = list(await second.export_history())
        assert (line.text, line.members) == (
            "do you see the sea?",
            sorted([alice.actor, bob.actor]),
        )


@pytest.mark.clause("DEV-14.3")
async def test_without_the_keys_it_is_said_how_much_is_missing(
    square: Square, friends: Friends, tmp_path: Path
) -> None:
    alice, bob = friends
    await talk(square, alice, bob)
    made = await Kith.log_in(
        alice.profile.origin, "alice", password_of("alice"),
        home=tmp_path / "second", passphrase=PASSPHRASE, clock=square.town.clock,
    )  # fmt: skip
    async with made as second:
        assert await second.fetch_history() == Restored(locked=2)
        with pytest.raises(Missing, match=r"DEV-14\.5"):
            await second.keep_history(True)
        assert await second.history(bob.handle) == []


@pytest.mark.clause("DEV-14.2")
@pytest.mark.parametrize("why", [Full("ARC-7.7", "it is full", 60), Unreachable("away")])
async def test_talk_does_not_wait_for_the_archive(
    square: Square, friends: Friends, monkeypatch: pytest.MonkeyPatch, why: Refused | Unreachable
) -> None:
    alice, bob = friends
    ask, tries = alice.api.ask, 0

    async def failing(method: str, path: str, *given: object, **named: object) -> object:
        nonlocal tries
        if (method, path) == ("PUT", "/archive"):
            tries += 1
            raise why
        return await ask(method, path, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(alice.api, "ask", failing)
    archive = (await alice.talk()).archive
    for text in ("one", "two"):
        assert (await alice.say(bob.handle, text)).sent
        with suppress(Full, Unreachable):
            await archive.send()
    held = [one for one in await alice.told() if isinstance(one, ArchiveHeld)]
    assert len(held) == isinstance(why, Full), "it is told once"
    assert tries == (1 if isinstance(why, Full) else 2), "who has no room says for how long"
    monkeypatch.setattr(alice.api, "ask", ask)
    assert (await alice.talk()).device.archive.waiting == 2
    square.town.clock.pass_(timedelta(minutes=1))
    await archive.send()
    assert (await alice.archive()).records == 2


@pytest.mark.clause("DEV-14.2", "DEV-14.6")
async def test_a_full_archive_is_told_by_the_next_run_which_asks_nobody(
    square: Square, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        await square.join("alice", "alpha.test") as alice,
        await square.join("bob", "beta.test") as bob,
    ):
        await square.befriend(alice, bob)
    ask, tries = ApiClient.ask, list[str]()

    async def full(api: ApiClient, method: str, path: str, *given: Any, **more: Any) -> Any:
        if (method, path) == ("PUT", "/archive"):
            tries.append(path)
            raise Full("ARC-7.7", "it is full", 60)
        return await ask(api, method, path, *given, **more)

    monkeypatch.setattr(ApiClient, "ask", full)
    assert "it is full" not in (await shell.run("alice", "chat @bob --send", "hello")).out
    assert len(tries) == 1
    again = await shell.run("alice", "chat @bob --send", "more")
    assert "takes nothing for now: it is full" in again.out and len(tries) == 1
    status = (await shell.run("alice", "history")).out
    assert "2 of this device wait" in status and "it is full" in status


@pytest.mark.clause("DEV-14.2")
async def test_a_node_that_hangs_keeps_nobody_from_leaving(
    square: Square, friends: Friends, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = friends
    ask = alice.api.ask

    async def hanging(method: str, path: str, *given: Any, **more: Any) -> Any:
        if (method, path) == ("PUT", "/archive"):
            await asyncio.Event().wait()
        return await ask(method, path, *given, **more)

    monkeypatch.setattr(alice.api, "ask", hanging)
    monkeypatch.setattr(archive_carrier, "CLOSE_SECONDS", 0)
    await alice.say(bob.handle, "hello")
    archive = (await alice.talk()).archive
    await archive.close()
    assert (await alice.talk()).device.archive.waiting == 1


@pytest.mark.clause("DEV-14.5", "DEV-14.2")
async def test_switched_off_elsewhere_a_device_keeps_nothing(
    square: Square, friends: Friends
) -> None:
    alice, bob = friends
    await talk(square, alice, bob)
    await alice.api.ask("PUT", "/archive/switch", object, {"on": False})
    await alice.say(bob.handle, "more")
    with pytest.raises(Forbidden, match=r"ARC-7\.8"):
        await (await alice.talk()).archive.send()
    assert not await alice.keeps_history()
    assert (await alice.talk()).device.archive.waiting == 0
    assert not (await alice.archive()).on


@pytest.mark.clause("API-9.9", "DEV-15.1")
async def test_the_commands(square: Square, shell: Shell, tmp_path: Path) -> None:
    async with (
        await square.join("alice", "alpha.test") as alice,
        await square.join("bob", "beta.test") as bob,
    ):
        await square.befriend(alice, bob)
    assert "0 records" in (await shell.run("alice", "history")).out
    assert (await shell.run("alice", "history off --yes")).code == 0
    assert "kith history on" in (await shell.run("alice", "history")).out
    on = await shell.run("alice", "history on")
    assert on.code == 0 and "sealed" in on.out
    said = await shell.run("alice", "chat @bob@beta.test --send", "the sea, the sea")
    assert said.code == 0, said.err
    status = await shell.run("alice", "history --json")
    assert (status.json["records"], status.json["this_device"]) == (1, True)
    fetched = await shell.run("alice", "history fetch")
    assert "0 messages came, 1 were here." in fetched.out
    found = await shell.run("alice", "search sea --with @bob@beta.test --json")
    assert [one["text"] for one in found.json["items"]] == ["the sea, the sea"]
    assert "Nothing was found" in (await shell.run("alice", "search mountain")).out
    none = await shell.run("alice", "search --json", "?!")
    assert (none.code, none.problem["clause"]) == (1, "DEV-15.1")
    file = tmp_path / "history.jsonl"
    exported = await shell.run("alice", "history export", str(file))
    assert exported.code == 0, exported.err
    [line] = file.read_text().splitlines()
    assert json.loads(line)["text"] == "the sea, the sea"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = await shell.run("alice", "history export --json", str(file))
    assert (again.code, again.problem["clause"]) == (1, "API-9.9")
    assert not (tmp_path / "history.jsonl.part").exists()
    assert (await shell.run("alice", "history export")).code == 2
    assert (await shell.run("alice", "history fetch", str(file))).code == 2
    kept = await shell.run("alice", "history off --json")
    assert (kept.code, kept.problem["clause"]) == (1, "API-9.9")
    off = await shell.run("alice", "history off --yes --json")
    assert (off.code, off.json["on"]) == (0, False)
