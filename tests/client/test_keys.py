"""The keys of accounts through nodes and commands: recovery, revocation, safety numbers."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from node.client import profile
from node.client.api_client import ApiClient
from node.client.conversation_events import KeysHeld
from node.client.key_keeper import KeyKeeper, id_of
from node.client.key_signing import SignedKeys
from node.client.kith import Kith
from node.errors import Forbidden, Missing
from node.wire.api.accounts import DeleteAccount
from node.wire.api.keys import AccountKeys, ActorKeys
from tests.client.conftest import PASSPHRASE, Square, password_of
from tests.client.test_cli import Ran, Shell, passphrase_file, shell

__all__ = ["passphrase_file", "shell"]


async def friends(square: Square, one: Kith, other: Kith) -> None:
    await one.add_friend(other.handle)
    await square.town.settle()
    await other.accept(one.handle)
    await square.town.settle()


async def log_in(square: Square, kith: Kith, folder: str) -> Kith:
    return await Kith.log_in(
        kith.profile.origin,
        kith.profile.name,
        password_of(kith.profile.name),
        home=square.folder / folder,
        passphrase=PASSPHRASE,
        clock=square.town.clock,
    )


@pytest.mark.clause("DEV-12.2", "KEY-7.4", "KEY-7.6")
async def test_who_signs_up_has_keys_and_others_see_them(square: Square) -> None:
    async with await square.join("alice", "alpha.test") as alice:
        me, kept = await alice.me(), await published(alice)
        assert me.identity_key == kept.root and kept.number == "1.1.1"
        async with await square.join("bob", "beta.test") as bob:
            query = {"actor": alice.actor}
            seen = await bob.api.ask("GET", "/keys", ActorKeys, query=query)
            assert (seen.root, seen.delegation, seen.list) == (
                kept.root, kept.delegation, kept.list,
            )  # fmt: skip


@pytest.mark.clause("DEV-12.2", "DEV-12.1")
async def test_a_second_login_changes_nothing_of_the_keys(square: Square) -> None:
    async with await square.join("alice", "alpha.test") as alice:
        kept = await published(alice)
    async with await log_in(square, alice, "tablet") as tablet:
        await tablet.talk()
        assert await tablet.api.ask("GET", "/account/devices", AccountKeys) == kept
        with pytest.raises(Missing, match=r"DEV-12\.1"):
            await tablet.recovery()
        with pytest.raises(Missing, match=r"DEV-12\.1"):
            await tablet.listed()


async def forget_keys(square: Square) -> None:
    """The node is as before the keys: restored from an older copy."""
    units = square.town.nodes["alpha.test"].node.stores.units

    async def work(connection: AsyncConnection) -> None:
        await connection.exec_driver_sql("DELETE FROM account_keys")
        await connection.exec_driver_sql("UPDATE accounts SET identity_key = NULL")

    await units._database.write(work)


async def held(kith: Kith) -> list[str]:
    return [one.clause for one in await kith.told() if isinstance(one, KeysHeld)]


async def published(kith: Kith) -> AccountKeys:
    await kith.talk()  # they are shown to a device in its seat
    return await kith.api.ask("GET", "/account/devices", AccountKeys)


@pytest.mark.clause("DEV-12.2", "DEV-12.9")
async def test_a_device_without_keys_waits_for_those_of_others(square: Square) -> None:
    async with await square.join("alice", "alpha.test") as alice:
        first = await published(alice)
    tablet = await log_in(square, alice, "tablet")
    await forget_keys(square)
    async with tablet:
        await tablet.talk()
        assert await held(tablet) == ["DEV-12.2"]
        assert await tablet.published_devices() == set(), "it began none"
    async with square.at_home("alice") as alice:
        await alice.talk()
        assert await held(alice) == []
        assert (await published(alice)).root == first.root


@pytest.mark.clause("DEV-12.2", "DEV-12.10", "KEY-7.4")
@pytest.mark.parametrize("revoked", [True, False])
async def test_an_account_from_before_gets_keys_once(square: Square, revoked: bool) -> None:
    """Where nobody holds any: at once alone, else when the others had their time.

    A login that is long ago does not prove the password any more.
    """
    async with await square.join("alice", "alpha.test") as alice:
        pass
    tablet = await log_in(square, alice, "tablet")
    await forget_keys(square)
    async with tablet:
        await tablet.talk()
        if revoked:
            await tablet.revoke(alice.profile.device)
        else:
            square.town.clock.pass_(timedelta(days=30))
    async with square.at_home("tablet") as tablet:
        await tablet.talk()
        if not revoked:
            assert await held(tablet) == ["KEY-7.4"]
            with pytest.raises(Missing, match=r"DEV-12\.1: .* kith recovery reset"):
                await tablet.recovery()
            with pytest.raises(Forbidden, match=r"ACC-1\.7"):
                await tablet.start_keys_over("not the password")
            assert await tablet.published_devices() == set()
            await tablet.start_keys_over(password_of("alice"))
        assert len(await tablet.listed()) == 1
        assert (await published(tablet)).number == "1.1.1"


@pytest.mark.clause("DEV-12.10", "DEV-12.3")
async def test_after_a_restore_the_keys_that_a_device_has_are_put_again(square: Square) -> None:
    async with await square.join("alice", "alpha.test") as alice:
        first = await published(alice)
    await forget_keys(square)
    square.town.clock.pass_(timedelta(days=1))
    async with square.at_home("alice") as alice:
        await alice.talk()
        assert await held(alice) == ["KEY-7.4"]
        await alice.start_keys_over(password_of("alice"))
        assert await published(alice) == first


@pytest.mark.clause("DEV-12.10", "KEY-7.9", "KEY-5.1", "DEV-13.3", "DEV-16.4")
async def test_who_has_lost_the_words_begins_anew_and_peers_are_told(square: Square) -> None:
    async with (
        await square.join("alice", "alpha.test") as alice,
        await square.join("bob", "beta.test") as bob,
    ):
        await friends(square, alice, bob)
        number = (await bob.safety(alice.handle)).number
        await bob.verify(alice.handle, number)
        assert (await bob.say(alice.handle, "as ever")).sent
        async with await log_in(square, alice, "new phone") as new:
            await new.start_keys_over(password_of("alice"))
            assert len(await new.listed()) == 1
            assert (await new.safety(bob.handle)).number != number
            square.town.clock.pass_(timedelta(minutes=10))
            anew = await bob.safety(alice.handle)
            assert anew.began_anew and not anew.compared and anew.number != number
            assert not (await bob.say(alice.handle, "is it you?")).sent
            assert "began anew" in await bob.in_the_way(alice.handle)
            with pytest.raises(Forbidden, match=r"KEY-6\.3"):
                await bob.verify(alice.handle, number)
            assert not (await bob.accept_anew(alice.handle)).compared
            with pytest.raises(Missing, match=r"DEV-13\.3"):
                await bob.accept_anew(alice.handle)
            words = (await new.recovery()).words
        async with await log_in(square, alice, "tablet") as tablet:
            await tablet.recover(" ".join(words))


@pytest.mark.clause("DEV-12.3", "DEV-12.9")
async def test_keys_that_refuse_stop_no_talk(shell: Shell, passphrase_file: Path) -> None:
    """Somebody began the account anew: all but the keys goes on, and revoking does."""
    square = shell.square
    async with (
        await square.join("alice", "alpha.test") as alice,
        await square.join("bob", "beta.test") as bob,
    ):
        await friends(square, alice, bob)
        await bob.talk()
    other = await log_in(square, alice, "other")
    await forget_keys(square)
    async with other:
        messenger = await other.talk()
        messenger.device.begin_keys(
            id_of(other.profile.device), int(square.town.clock.now().timestamp())
        )
        await messenger.keys.put()
        theirs = await published(other)
    said = await run(shell, "alice", "chat @bob --send", "do you hear me?")
    assert said.code == 0 and "shows another root" in said.out
    assert said.out.count("shows another root") == 1
    assert "do you hear me?" in (await run(shell, "alice", "search hear")).out
    assert (await run(shell, "alice", "recovery show")).code == 0
    async with square.at_home("alice") as alice:
        assert await published(alice) == theirs, "nothing of it was taken or changed"
    gone = await run(shell, "alice", "devices revoke --without-words", other.profile.device)
    assert gone.code == 0 and "is logged out" in gone.out


@pytest.mark.clause("DEV-12.9")
async def test_false_signatures_in_the_keys_stop_no_talk(
    square: Square, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has the list key can make a box that none of the account's devices can use."""
    read = KeyKeeper.read

    async def false(keeper: KeyKeeper) -> SignedKeys | None:
        there = await read(keeper)
        return there and replace(there, list=there.list[:-1] + bytes([there.list[-1] ^ 1]))

    async with (
        await square.join("alice", "alpha.test") as alice,
        await square.join("bob", "beta.test") as bob,
    ):
        await friends(square, alice, bob)
        await bob.talk()
        await alice.talk()
    monkeypatch.setattr(KeyKeeper, "read", false)
    async with square.at_home("alice") as alice:
        assert (await alice.say(bob.handle, "hello")).sent
        assert await held(alice) == ["KEY-1.6"]


@pytest.mark.clause("DEV-12.9")
async def test_a_node_that_keeps_no_keys_is_talked_through(
    square: Square, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ApiClient.ask

    async def older(api: ApiClient, method: str, path: str, *given: Any, **more: Any) -> Any:
        if path == "/account/devices":
            raise Missing("API-1.5", "there is no such path")
        return await asked(api, method, path, *given, **more)

    monkeypatch.setattr(ApiClient, "ask", older)
    async with (
        await square.join("alice", "alpha.test") as alice,
        await square.join("bob", "beta.test") as bob,
    ):
        await friends(square, alice, bob)
        assert (await alice.say(bob.handle, "hello")).sent
        assert await held(alice) == [] and await alice.published_devices() == set()


@pytest.mark.clause("KEY-6.1", "KEY-6.3", "DEV-13.2")
async def test_both_see_one_number_and_verify_it(square: Square) -> None:
    async with (
        await square.join("alice", "alpha.test") as alice,
        await square.join("bob", "beta.test") as bob,
    ):
        hers, his = await alice.safety(bob.handle), await bob.safety(alice.handle)
        assert hers.number == his.number and len(hers.number) == 60
        assert not hers.compared
        other = "".join(str((int(digit) + 1) % 10) for digit in his.number)
        with pytest.raises(Forbidden, match=r"KEY-6\.3"):
            await alice.verify(bob.handle, other)
        assert not (await alice.safety(bob.handle)).compared
        spoken = " ".join(his.number[at : at + 5] for at in range(0, 60, 5))
        assert (await alice.verify(bob.handle, spoken)).compared
        assert (await alice.safety(bob.handle)).compared


@pytest.mark.clause("DEV-12.6", "DEV-12.7", "DEV-12.4")
async def test_a_lost_phone_comes_back_by_the_words(square: Square) -> None:
    async with await square.join("alice", "alpha.test") as phone:
        words = (await phone.recovery()).words
        await phone.written_down()
        with pytest.raises(Missing, match=r"DEV-12\.4"):
            await phone.recovery()
    async with await log_in(square, phone, "new phone") as new:
        with pytest.raises(Forbidden, match=r"DEV-12\.7"):
            await new.recover("abandon " * 23 + "art")
        assert await new.recover(" ".join(words)) == [phone.profile.device]
        assert len(await new.listed()) == 1
        await new.revoke(phone.profile.device)
        async with await square.join("bob", "beta.test") as bob:
            await friends(square, new, bob)
            await bob.say(new.handle, "are you back?")
            await square.town.settle()
            await new.catch_up()
            assert [row.text for row in await new.history(bob.handle)] == ["are you back?"]
            # The root is the same, so nobody has to compare anything again.
            assert (await bob.safety(new.handle)).number == (await new.safety(bob.handle)).number


async def run(shell: Shell, name: str, line: str, *words: str, **given: str) -> Ran:
    return await shell.run(name, line, *words, **given)


@pytest.mark.clause("API-9.8", "DEV-12.4", "DEV-12.6")
async def test_the_commands(shell: Shell, passphrase_file: Path, tmp_path: Path) -> None:
    square = shell.square
    async with await square.join("alice", "alpha.test"), await square.join("bob", "beta.test"):
        pass
    paper = tmp_path / "paper"
    shown = await run(shell, "alice", "recovery show --json")
    assert shown.code == 0 and len(shown.json["words"]) == 24
    assert shown.json["code"].startswith("KITH1-")
    spoken = await run(shell, "alice", "recovery show")
    assert all(word in spoken.out for word in shown.json["words"])
    written = await run(shell, "alice", "recovery show", "--file", str(paper))
    assert written.code == 0 and paper.stat().st_mode & 0o077 == 0
    assert paper.read_text().split() == shown.json["words"]
    again = await run(shell, "alice", "recovery show --json", "--file", str(paper))
    assert again.code == 1, "no file is written over"

    wrong = await run(shell, "alice", "recovery confirm --json --file -", typed="abandon " * 24)
    assert (wrong.code, wrong.problem["clause"]) == (1, "KEY-2.3")
    other = await run(
        shell, "alice", "recovery confirm --json --file -", typed="abandon " * 23 + "art"
    )
    assert (other.code, other.problem["clause"]) == (1, "DEV-12.4")
    done = await run(shell, "alice", "recovery confirm --json", "--file", str(paper))
    assert done.json == {"confirmed": True}
    gone = await run(shell, "alice", "recovery show --json")
    assert (gone.code, gone.problem["clause"]) == (1, "DEV-12.4")

    number = (await run(shell, "alice", "verify @bob@beta.test --json")).json["number"]
    told = await run(shell, "bob", "verify @alice@alpha.test", "--number", number)
    assert told.code == 0 and "numbers agree" in told.out
    assert "to no other" in told.out and "is verified" in told.out
    both = await run(shell, "bob", "verify @alice@alpha.test --accept --number", number)
    assert both.code == 2
    calm = await run(shell, "bob", "verify @alice@alpha.test --accept --json")
    assert (calm.code, calm.problem["clause"]) == (1, "DEV-13.3")
    bad = await run(shell, "bob", "verify @alice@alpha.test --json --number 12345")
    assert (bad.code, bad.problem["clause"]) == (1, "KEY-6.2")

    async with await log_in(square, square.at_home("alice"), "laptop"):
        pass
    alice = square.at_home("alice").profile.device
    used = await run(shell, "laptop", "recovery use --json", "--file", str(paper), "--keep", alice)
    assert used.json == {"recovered": True, "unlisted": []}
    ids = (await run(shell, "alice", "devices --json")).json["items"]
    assert [one["listed"] for one in ids] == [True, True]
    laptop = next(one["id"] for one in ids if not one["current"])
    unasked = await run(shell, "alice", "devices revoke --json", laptop)
    assert (unasked.code, unasked.problem["clause"]) == (1, "KEY-2.3")
    said = await run(shell, "alice", "devices revoke --without-words", laptop)
    assert said.code == 0 and "kith recovery renew" in said.out
    renewed = await run(shell, "alice", "recovery renew --json", "--file", str(paper))
    assert renewed.json == {"renewed": True}
    secret = tmp_path / "secret"
    secret.write_text(password_of("alice"))
    anew = await run(shell, "alice", "recovery reset", "--password-file", str(secret))
    assert anew.code == 0 and "void" in anew.out and "new recovery key" in anew.out
    again = await run(shell, "alice", "recovery show --json")
    assert again.code == 0 and again.json["words"] != shown.json["words"]


@pytest.mark.clause("DEV-12.3", "KEY-7.2")
async def test_of_two_devices_that_change_at_once_both_come_true(square: Square) -> None:
    async with await square.join("alice", "alpha.test") as phone:
        words = " ".join((await phone.recovery()).words)
        laptop = await log_in(square, phone, "laptop")
        tablet = await log_in(square, phone, "tablet")
        async with laptop, tablet:
            others = [phone.profile.device]
            for one in (laptop, tablet):
                assert await one.recover(words, others) == []
                others.append(one.profile.device)
            # The laptop has not seen the tablet yet, nor the phone either of them.
            await laptop.unlist(phone.profile.device, words)
            assert len(await laptop.listed()) == 2
            await tablet.renew_keys(words)
            kept = await tablet.api.ask("GET", "/account/devices", AccountKeys)
            assert kept.number.endswith(".1.1") and len(await tablet.listed()) == 2
            # Done by another one meanwhile: it is done.
            await tablet.unlist(laptop.profile.device, words)
            with pytest.raises(Missing, match=r"DEV-12\.6"):
                await tablet.unlist(laptop.profile.device, words)


@pytest.mark.clause("API-9.8", "DEV-12.6")
async def test_a_device_that_logged_out_is_shown_and_comes_off_the_list(shell: Shell) -> None:
    square = shell.square
    async with await square.join("alice", "alpha.test") as alice:
        words = " ".join((await alice.recovery()).words)
    async with await log_in(square, alice, "laptop") as laptop:
        await laptop.recover(words, [alice.profile.device])
        id = laptop.profile.device
        await laptop.log_out()
    shown = await run(shell, "alice", "devices")
    assert "logged out" in shown.out and f"kith devices revoke {id}" in " ".join(shown.out.split())
    assert (await run(shell, "alice", "devices --json")).json["logged_out"] == [id]
    gone = await run(shell, "alice", "devices revoke --without-words", id)
    assert gone.code == 0, gone.err
    assert (await run(shell, "alice", "devices --json")).json["logged_out"] == []
    again = await run(shell, "alice", "devices revoke --json", id)
    assert again.problem["clause"] == "ACC-4.3"


@pytest.mark.clause("API-9.2", "ACC-1.8")
async def test_what_a_machine_keeps_is_removed_though_the_account_is_gone(shell: Shell) -> None:
    square = shell.square
    async with await square.join("first", "alpha.test"):
        pass
    async with await square.join("alice", "alpha.test") as alice:
        body = DeleteAccount(password=password_of("alice"))
        await alice.api.ask("DELETE", "/account", object, body)  # whose answer was lost
    vault = profile.vault_of(square.folder / "alice", alice.profile)
    again = await run(
        shell, "alice", "delete-account --password-file -", typed=password_of("alice") + "\n"
    )
    assert again.code != 0 and "kith logout --remove" in " ".join(again.err.split())
    asked = await run(shell, "alice", "logout --remove --json")
    assert asked.code == 1 and vault.exists(), "it asks"
    removed = await run(shell, "alice", "logout --remove --yes --json")
    assert removed.json["removed"] is True and not vault.exists()
