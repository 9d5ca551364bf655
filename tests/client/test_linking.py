"""A new machine is let in by one that is logged in, through a node: library and commands (LNK)."""

import asyncio
import json
import queue
import sys
from pathlib import Path
from typing import Any

import pytest

from node.client import linking
from node.client.cli import main
from node.client.kith import Kith
from node.client.linking import NewDevice
from node.errors import Conflict, Forbidden, Missing, Refused
from tests.client.conftest import PASSPHRASE, Square
from tests.client.test_cli import Shell, passphrase_file, shell
from tests.client.test_keys import friends

__all__ = ["passphrase_file", "shell"]


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linking, "LOOK_SECONDS", 0.01)


def new_device(square: Square, kith: Kith, folder: str = "phone") -> NewDevice:
    return Kith.link(
        kith.profile.origin,
        home=square.folder / folder,
        device_name="Alice's phone",
        passphrase=PASSPHRASE,
        clock=square.town.clock,
    )


def at_phone(square: Square) -> Kith:
    return Kith.load(square.folder / "phone", "", PASSPHRASE, square.town.clock)


async def link(square: Square, alice: Kith, by: str = "vouched link") -> None:
    phone = new_device(square, alice)
    await phone.show()
    text = phone.code.lower() if by == "code" else phone.link
    reading = alice.read_link(text, is_vouched=by == "vouched link")
    approval, agreed = await asyncio.gather(reading, phone.meet())
    assert approval.agreed.new.name == "Alice's phone"
    assert agreed.old.actor == alice.actor
    if by != "vouched link":
        with pytest.raises(Forbidden, match=r"LNK-3\.8"):
            await alice.approve_link(approval)
        assert approval.agreed.type(agreed.shown)
    with pytest.raises(Forbidden, match=r"LNK-3\.8"):
        await phone.join(agreed)
    assert agreed.type(approval.agreed.shown)
    _, own = await asyncio.gather(alice.approve_link(approval), phone.join(agreed))
    assert own.handle == alice.handle


@pytest.mark.clause("LNK-3.8", "LNK-3.10", "LNK-4.1", "LNK-4.4", "DEV-12.11")
@pytest.mark.parametrize("by", ["vouched link", "link", "code"])
async def test_a_new_device_has_keys_and_history(square: Square, by: str) -> None:
    async with (
        await square.join("alice", "alpha.test") as alice,
        await square.join("bob", "beta.test") as bob,
    ):
        await friends(square, alice, bob)
        await alice.keep_history(True)
        await alice.say(bob.handle, "before the phone came")
        await square.town.settle()
        await (await alice.talk()).archive.send()
        await link(square, alice, by)
        async with at_phone(square) as phone:
            assert await phone.listed() == await alice.published_devices()
            assert len(await phone.listed()) == 2
            assert await phone.recovery() == await alice.recovery()
            came = await phone.fetch_history()
            assert (came.new, came.locked, came.broken) == (1, 0, 0)
            lines = [line.text for line in await phone.export_history()]
            assert lines == ["before the phone came"]
            names = {one.name: one.current for one in await phone.devices()}
            assert names == {"Alice's phone": True, "kith": False}
            # It is a device like any other: it lets the next one in, and changes the list.
            await phone.renew_keys(" ".join((await phone.recovery()).words))


@pytest.mark.clause("LNK-5.5", "LNK-2.4", "LNK-3.5")
async def test_codes_that_are_not_good_are_told(square: Square) -> None:
    async with (
        await square.join("alice", "alpha.test") as alice,
        await square.join("bob", "alpha.test") as bob,
    ):
        with pytest.raises(Missing, match=r"LNK-5\.5"):
            await alice.read_link("0000-0000")
        with pytest.raises(Refused, match=r"LNK-2\.2"):
            await alice.read_link("unlike")
        phone = new_device(square, alice)
        await phone.show()
        other = phone.link.replace(alice.profile.origin, "https://beta.test")
        with pytest.raises(Forbidden, match=r"LNK-2\.4: that link is of https://beta\.test"):
            await alice.read_link(other)
        await asyncio.gather(alice.read_link(phone.code), phone.meet())
        with pytest.raises(Missing, match=r"LNK-5\.5"):
            await bob.read_link(phone.code)
        assert len(await alice.published_devices()) == 1


@pytest.mark.clause("DEV-12.11")
async def test_whom_the_node_refuses_goes_off_the_list_again(square: Square) -> None:
    async with await square.join("alice", "alpha.test") as alice:
        phone = new_device(square, alice)
        await phone.show()
        reading = alice.read_link(phone.link, is_vouched=True)
        approval, _ = await asyncio.gather(reading, phone.meet())
        await alice.approve_link(approval)
        again = new_device(square, alice, "tablet")
        await again.show()
        reading = alice.read_link(again.link, is_vouched=True)
        approval, _ = await asyncio.gather(reading, again.meet())
        ask = alice.api.ask

        async def refuse(method: str, path: str, *given: Any, **more: Any) -> Any:
            if path.endswith("/approve"):
                raise Conflict("LNK-5.6", "refused")
            return await ask(method, path, *given, **more)

        alice.api.ask = refuse  # type: ignore[method-assign]
        with pytest.raises(Conflict, match=r"LNK-5\.6"):
            await alice.approve_link(approval)
        assert len(await alice.published_devices()) == 2


class Typing:
    """Standard input of a command that runs: what is typed later."""

    def __init__(self) -> None:
        self._lines: queue.Queue[str] = queue.Queue()

    def isatty(self) -> bool:
        return False

    def readline(self) -> str:
        return self._lines.get(timeout=60) + "\n"

    def type(self, line: str) -> None:
        self._lines.put(line)


def wrong(right: str) -> str:
    return f"{(int(right) + 1) % 10**6:06}"


async def printed(capsys: Any, lines: list[Any], count: int) -> None:
    """Until the command has printed so many JSON lines."""
    while len(lines) < count:
        lines += [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        await asyncio.sleep(0.01)


@pytest.mark.clause("LNK-3.7", "LNK-3.8")
async def test_a_new_machine_by_command(
    square: Square, capsys: Any, monkeypatch: pytest.MonkeyPatch, passphrase_file: Path
) -> None:
    async with await square.join("alice", "alpha.test") as alice:
        typing, told = Typing(), list[Any]()
        monkeypatch.setattr(sys, "stdin", typing)
        home = str(square.folder / "phone")
        argv = ["link", "start", alice.profile.origin, "--json", "--device", "phone"]
        clock = square.town.clock
        running = asyncio.create_task(asyncio.to_thread(main, [*argv, "--home", home], clock))
        await printed(capsys, told, 1)
        approval = await alice.read_link(told[0]["link"])
        await printed(capsys, told, 2)
        typing.type(wrong(approval.agreed.shown))
        typing.type(approval.agreed.shown)
        assert told[1]["account"] == alice.actor
        assert approval.agreed.type(told[1]["number"])
        await alice.approve_link(approval)
        assert await running == 0
        await printed(capsys, told, 3)
        assert told[2]["handle"] == alice.handle
        async with at_phone(square) as phone:
            assert await phone.listed() == await alice.published_devices()


@pytest.mark.clause("LNK-3.9", "API-9.10")
async def test_three_typos_end_it_by_command_and_nothing_stays(
    square: Square, capsys: Any, monkeypatch: pytest.MonkeyPatch, passphrase_file: Path
) -> None:
    async with await square.join("alice", "alpha.test") as alice:
        typing, told = Typing(), list[Any]()
        monkeypatch.setattr(sys, "stdin", typing)
        home = square.folder / "phone"
        argv = ["link", "start", alice.profile.origin, "--json", "--home", str(home)]
        running = asyncio.create_task(asyncio.to_thread(main, argv, square.town.clock))
        await printed(capsys, told, 1)
        approval = await alice.read_link(told[0]["code"])
        for _ in range(3):
            typing.type(wrong(approval.agreed.shown))
        assert await running == 1
        told = " ".join(capsys.readouterr().err.split())
        assert "three numbers were wrong" in told and "kith devices revoke" in told
        assert not (home / "current").exists()
        assert len(await alice.published_devices()) == 1


@pytest.mark.clause("LNK-3.8")
async def test_approving_by_command(shell: Shell) -> None:
    square = shell.square
    async with await square.join("alice", "alpha.test") as alice:
        pass
    phone = new_device(square, alice)
    await phone.show()
    no = await shell.run("alice", f"link approve {phone.code} --yes --json")
    assert (no.code, no.problem["clause"]) == (1, "LNK-3.8")
    bad = await shell.run("alice", "link approve 0000-0000 --json")
    assert (bad.code, bad.problem["clause"]) == (1, "LNK-5.5")
    ran, agreed = await asyncio.gather(
        shell.run("alice", f"link approve {phone.link} --yes --json"), phone.meet()
    )
    assert ran.code == 0, ran.err
    number, done = [json.loads(line) for line in ran.out.splitlines()]
    assert number["name"] == "Alice's phone" and done == {"approved": "Alice's phone"}
    assert agreed.type(number["number"])
    assert (await phone.join(agreed)).handle == alice.handle


@pytest.mark.clause("LNK-3.8", "LNK-3.10", "LNK-3.11")
async def test_a_link_that_was_sent_needs_its_number(shell: Shell) -> None:
    square = shell.square
    async with await square.join("alice", "alpha.test") as alice:
        before = await alice.published_devices()
    phone = new_device(square, alice)
    await phone.show()
    ran, agreed = await asyncio.gather(
        shell.run("alice", f"link approve {phone.link}", typed="y\nyes\ny\n"), phone.meet()
    )
    assert ran.code == 1 and "three numbers were wrong" in ran.err
    assert "A device that calls itself “Alice's phone” wants to be a device" in ran.out
    assert not agreed.is_sure
    async with square.at_home("alice") as again:
        assert await again.published_devices() == before


@pytest.mark.clause("LNK-3.8", "LNK-3.10")
async def test_a_link_is_approved_by_the_number_of_the_new_device(
    square: Square, capsys: Any, monkeypatch: pytest.MonkeyPatch, passphrase_file: Path
) -> None:
    async with await square.join("alice", "alpha.test") as alice:
        home = str(alice.home)
    typing = Typing()
    monkeypatch.setattr(sys, "stdin", typing)
    phone = new_device(square, alice)
    await phone.show()
    argv = ["link", "approve", phone.link, "--json", "--home", home]
    running = asyncio.create_task(asyncio.to_thread(main, argv, square.town.clock))
    agreed = await phone.meet()
    typing.type(wrong(agreed.shown))
    typing.type(agreed.shown)
    told = list[Any]()
    await printed(capsys, told, 2)
    assert await running == 0
    assert agreed.type(told[0]["number"]) and told[1] == {"approved": "Alice's phone"}
    assert (await phone.join(agreed)).handle == alice.handle


@pytest.mark.clause("LNK-3.8", "API-9.10")
async def test_whoever_says_no_changes_nothing(shell: Shell) -> None:
    square = shell.square
    async with await square.join("alice", "alpha.test") as alice:
        before = await alice.published_devices()
    phone = new_device(square, alice)
    await phone.show()
    ran, _ = await asyncio.gather(
        shell.run("alice", f"link approve {phone.link}", typed="n\n"), phone.meet()
    )
    assert ran.code == 1 and "nothing was changed" in ran.err
    assert "Let it in only if it is before you" in ran.out
    async with square.at_home("alice") as again:
        assert await again.published_devices() == before
