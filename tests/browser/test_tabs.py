"""The stories of a person whose device is a browser: Python ↔ Chromium, and Chromium ↔ Chromium."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from node.client import api
from node.client.conversation_events import MessageReceived
from node.testing.town import Town, open_town
from tests.browser.chromium import why_absent
from tests.browser.tabs import (
    Resident,
    Tab,
    ahead_of_machine,
    launched,
    move_in,
    of_its_own,
    residence,
)
from tests.stories.copies import copy_of, put_back
from tests.stories.people import Person, befriend, new_phone, person
from tests.stories.test_missed import commit
from tests.stories.test_new_phone import log_out
from tests.stories.test_new_phone import read as acknowledge

pytestmark = pytest.mark.slow
DOMAINS = ("alpha.test", "beta.test")
HOUR = 3_600_000


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    reason = why_absent()
    if reason is not None:
        pytest.fail(reason)
    async with async_playwright() as play:
        browser = await launched(play)
        yield browser
        await browser.close()


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with open_town(tmp_path, *DOMAINS) as town:
        yield town


def heard(bob: Person) -> list[str]:
    """The words that a Python device has been told of."""
    found = []
    while not bob.talk.heard.empty():
        event = bob.talk.heard.get_nowait()
        if isinstance(event, MessageReceived):
            found.append(event.text)
    return found


async def read(town: Town, bob: Person) -> list[str]:
    await town.settle()
    await bob.talk.pull()
    return heard(bob)


async def reply(town: Town, bob: Person, text: str) -> None:
    """Bob says something in the conversation that he was invited to."""
    await bob.talk.say(next(iter(bob.talk.device.conversations())), text)
    await town.settle()


async def chat_with(tab: Tab, other: Person | Resident) -> str:
    return str((await tab.ask("chatWith", other.handle))["id"])


Meet = Callable[[Resident, Person], Awaitable[tuple[Tab, str]]]


@pytest.fixture
def meet(town: Town) -> Meet:
    """Alice signs up in a tab, befriends Bob, and says hello."""

    async def meet(alice: Resident, bob: Person) -> tuple[Tab, str]:
        tab = await alice.tab()
        await alice.sign_up(tab)
        await befriend(town, alice, bob)
        chat = await chat_with(tab, bob)
        await tab.say(chat, "hello Bob")
        await tab.until(text="hello Bob", state="atOurNode")
        assert await read(town, bob) == ["hello Bob"]
        return tab, chat

    return meet


@pytest.mark.clause("E2E-5.4", "API-7.1")
async def test_from_an_invite_to_words_that_are_answered(
    town: Town, chromium: Browser, meet: Meet
) -> None:
    async with (
        residence(town, chromium, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        tab, chat = await meet(alice, bob)
        await tab.until(text="hello Bob", state="atTheirNode")
        await reply(town, bob, "hello Alice")
        await tab.until(text="hello Alice")
        assert await tab.texts(chat) == ["hello Bob", "hello Alice"]
        (shown,) = await tab.ask("chats")
        assert shown["unread"] == 1 and shown["last"]["text"] == "hello Alice"
        assert shown["others"] == [{"actor": bob.actor, "handle": bob.handle}]
        await tab.ask("markRead", chat, shown["last"]["number"])
        (shown,) = await tab.ask("chats")
        assert shown["unread"] == 0


@pytest.mark.clause("E2E-5.8")
async def test_two_browsers_on_two_nodes(town: Town, chromium: Browser) -> None:
    async with (
        residence(town, chromium, "alice", "alpha.test") as alice,
        residence(town, chromium, "bob", "beta.test") as bob,
    ):
        one, other = await alice.tab(), await bob.tab()
        await alice.sign_up(one)
        await bob.sign_up(other)
        await befriend(town, alice, bob)
        chat = await chat_with(one, bob)
        await one.say(chat, "hello Bob")
        await one.until(text="hello Bob", state="atOurNode")
        await town.settle()
        await other.until(text="hello Bob")
        assert await chat_with(other, alice) == alice.actor
        for number in range(5):
            await other.say(alice.actor, f"word {number}")
        await other.until(text="word 4", state="atOurNode")
        await town.settle()
        await one.until(text="word 4")
        assert await one.texts(chat) == ["hello Bob", *(f"word {number}" for number in range(5))]


@pytest.mark.clause("E2E-6.12", "E2E-6.17")
async def test_what_was_said_stands_after_a_reload_and_in_a_second_tab(
    town: Town, chromium: Browser, meet: Meet
) -> None:
    async with (
        residence(town, chromium, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        tab, chat = await meet(alice, bob)
        await tab.ask("saveDraft", chat, "half a wo")
        await tab.page.reload()
        assert await tab.texts(chat) == ["hello Bob"]
        (shown,) = await tab.ask("chats")
        assert shown["draft"] == "half a wo"
        second = await alice.tab()
        await second.say(chat, "from the second")
        await tab.until(text="from the second", state="atOurNode")
        # The first held the device: the second goes on where it was.
        await tab.page.close()
        await second.say(chat, "alone now")
        await second.until(text="alone now", state="atOurNode")
        assert await read(town, bob) == ["from the second", "alone now"]
        await reply(town, bob, "I hear both")
        await second.until(text="I hear both")


@pytest.mark.clause("E2E-5.4", "E2E-6.7", "E2E-6.17")
async def test_a_worker_that_is_killed_loses_and_doubles_no_word(
    town: Town, chromium: Browser, meet: Meet
) -> None:
    async with (
        residence(town, chromium, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        holder, chat = await meet(alice, bob)
        other = await alice.tab()
        said = [f"word {number}" for number in range(6)]
        for number, word in enumerate(said):
            # The word is under way when the worker is killed: the next one is asked for it again.
            under_way = asyncio.create_task(other.ask("send", chat, word, _uuid(number)))
            if number % 2:
                await other.until(text=word)
            await holder.kill()
            await under_way
            await holder.page.reload()
            holder, other = other, holder
        await holder.until(text=said[-1], state="atOurNode")
        assert await read(town, bob) == said
        assert await other.texts(chat) == ["hello Bob", *said]


@pytest.mark.clause("E2E-6.7", "E2E-6.14")
async def test_a_browser_that_is_killed_goes_on_where_it_was(town: Town, tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    async with async_playwright() as play, person(town, "bob", "beta.test") as bob:
        async with of_its_own(play, profile) as (browser, process):
            alice = await move_in(town, browser.contexts[0], "alice", "alpha.test")
            tab = await alice.tab()
            await alice.sign_up(tab)
            await befriend(town, alice, bob)
            chat = await chat_with(tab, bob)
            await tab.ask("saveDraft", chat, "a dra")
            await tab.say(chat, "hello Bob")
            await tab.until(text="hello Bob", state="atOurNode")
            await alice.context.set_offline(True)
            await tab.say(chat, "not out yet")
            os.killpg(process.pid, signal.SIGKILL)
        async with of_its_own(play, profile) as (browser, _):
            again = await move_in(town, browser.contexts[0], "alice", "alpha.test")
            tab = await again.tab()
            await tab.until(text="not out yet", state="atOurNode")
            assert await read(town, bob) == ["hello Bob", "not out yet"]
            await reply(town, bob, "still there?")
            await tab.until(text="still there?")
            assert await tab.texts(chat) == ["hello Bob", "not out yet", "still there?"]


@pytest.mark.clause("E2E-4.8", "DEV-5.1")
@pytest.mark.parametrize("told", [True, False], ids=["kith restore", "files put back"])
async def test_a_node_that_was_put_back_is_told_and_drops_no_later_word(
    town: Town, chromium: Browser, meet: Meet, told: bool
) -> None:
    async with (
        residence(town, chromium, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        tab, chat = await meet(alice, bob)
        copy = await copy_of(town, "alpha.test")
        gap = [f"in the gap {number}" for number in range(5)]
        for text in gap:
            await reply(town, bob, text)
        await tab.until(text=gap[-1])
        # Another seat is taken in the gap: by that a node finds out that nobody told it.
        await tab.page.reload()
        await tab.until(node="hello")
        await put_back(town, "alpha.test", copy, told)
        await tab.page.reload()
        await tab.until(told="NodeRestored")
        later = [f"after it {number}" for number in range(5)]
        for text in later:
            await reply(town, bob, text)
        await tab.until(text=later[-1])
        assert await tab.texts(chat) == ["hello Bob", *gap, *later]
        await tab.say(chat, "all there")
        await tab.until(text="all there", state="atOurNode")
        assert await read(town, bob) == ["all there"]


async def go_on(town: Town, alice: Resident, tab: Tab, *others: Person, **wanted: object) -> None:
    """All read and send, with the time of the town, until Alice's device says so."""
    waiting = asyncio.create_task(tab.until(**wanted))
    while not waiting.done():
        await town.settle(timedelta(seconds=5))
        await alice.set(tab, ahead=ahead_of_machine(town))
        for other in others:
            await other.talk.pull()
        await asyncio.wait([waiting], timeout=0.2)
    await waiting


@pytest.mark.clause("E2E-5.11", "DEV-9.1", "DEV-9.4")
async def test_who_was_away_for_35_days_is_taken_back(
    town: Town, chromium: Browser, meet: Meet
) -> None:
    async with (
        residence(town, chromium, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        tab, chat = await meet(alice, bob)
        await tab.page.goto("about:blank")
        group = next(iter(bob.talk.device.conversations()))
        await reply(town, bob, "before the commit")
        await commit(town, bob, group)
        await town.settle(timedelta(days=35))
        await bob.talk.prepare()
        await reply(town, bob, "are you there?")
        again = await alice.tab()
        await go_on(town, alice, again, bob, told="ConversationBehind")
        said = await again.say(chat, "I was on the sea")
        assert said["state"]["is"] == "waiting"
        await go_on(town, alice, again, bob, told="ConversationCaughtUp")
        await go_on(town, alice, again, bob, text="I was on the sea", state="atOurNode")
        await go_on(town, alice, again, bob, text="are you there?")
        assert "I was on the sea" in await read(town, bob)


@pytest.mark.clause("DEV-10.2", "DEV-10.3", "DEV-10.4")
async def test_words_to_a_former_phone_go_on_when_one_says_so(
    town: Town, chromium: Browser, meet: Meet
) -> None:
    async with (
        residence(town, chromium, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        tab, chat = await meet(alice, bob)
        await acknowledge(bob)
        await log_out(town, bob)
        await tab.say(chat, "nobody is logged in")
        await go_on(town, alice, tab, told="NoDeviceLeft")
        await tab.until(text="nobody is logged in", state="returned")
        waiting = await tab.say(chat, "kept at once")
        assert waiting["state"]["is"] == "waiting"
        (shown,) = await tab.ask("chats")
        assert shown["needsNewDevice"] and shown["trouble"]["reason"]
        assert (await tab.refused("goOn", chat))["clause"] == "E2E-5.6"
        async with new_phone(town, bob) as phone:
            assert await tab.ask("goOn", chat) == 2
            await tab.until(text="kept at once", state="atOurNode")
            assert await read(town, phone) == ["nobody is logged in", "kept at once"]
            await reply(town, phone, "here I am")
            await tab.until(text="here I am")
        words = ["hello Bob", "nobody is logged in", "kept at once", "here I am"]
        assert await tab.texts(chat) == words
        (shown,) = await tab.ask("chats")
        assert not shown["needsNewDevice"]
        await tab.page.reload()
        assert await tab.texts(chat) == words


@pytest.mark.clause("DEV-4.2", "DEV-4.7")
async def test_a_browser_in_a_conversation_of_three(
    town: Town, chromium: Browser, meet: Meet
) -> None:
    async with (
        residence(town, chromium, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
        person(town, "carol", "beta.test") as carol,
    ):
        tab, _ = await meet(alice, bob)
        await befriend(town, bob, carol)
        group = next(iter(bob.talk.device.conversations()))
        await bob.talk.add(group, carol.actor)
        await town.settle()
        await tab.until(told="MembersChanged")
        await carol.talk.pull()
        await tab.say(group, "hello, both")
        await tab.until(text="hello, both", state="atOurNode")
        assert await read(town, bob) == await read(town, carol) == ["hello, both"]
        (shown,) = await tab.ask("chats")
        assert shown["id"] == group and len(shown["others"]) == 2
        await tab.ask("leave", group)
        await go_on(town, alice, tab, bob, told="ConversationLeft")
        (shown,) = await tab.ask("chats")
        assert not shown["isOpen"]
        assert (await tab.refused("send", group, "still?", _uuid(1)))["clause"] == "E2E-5.6"
        assert await tab.texts(group) == ["hello Bob", "hello, both"]


@pytest.mark.clause("E2E-5.6", "E2E-5.1", "GRA-3.1")
async def test_who_cannot_be_written_to_is_told_in_words(town: Town, chromium: Browser) -> None:
    async with (
        residence(town, chromium, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        tab = await alice.tab()
        await alice.sign_up(tab)
        assert (await tab.refused("chatWith", "@nobody@alpha.test"))["is"] == "Missing"
        chat = await chat_with(tab, bob)
        await tab.ask("saveDraft", chat, "hello stranger")
        told = await tab.refused("send", chat, "hello stranger", _uuid(1))
        assert told["is"] == "Forbidden" and told["words"]
        dave = await town.sign_up("dave", "alpha.test")
        name = dave.account.address
        assert (await tab.refused("send", dave.account.actor, "hi", _uuid(2)))["is"] == "Forbidden"
        assert (await tab.ask("chatWith", name))["last"] is None
        (shown,) = await tab.ask("chats")
        assert shown["draft"] == "hello stranger" and shown["last"] is None
        too_long = await tab.refused("send", chat, "x" * 70_000, _uuid(3))
        assert too_long["is"] == "Forbidden", "nothing was made for who is no friend"


@pytest.mark.clause("E2E-5.10", "DEV-3.4")
async def test_words_wait_while_the_node_is_away(town: Town, chromium: Browser, meet: Meet) -> None:
    async with (
        residence(town, chromium, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        tab, chat = await meet(alice, bob)
        await alice.context.set_offline(True)
        waiting = await tab.say(chat, "into the dark")
        assert waiting["state"]["is"] == "waiting"
        await tab.say(chat, "and on")
        await alice.context.set_offline(False)
        await tab.until(text="and on", state="atOurNode")
        assert await read(town, bob) == ["into the dark", "and on"]


@pytest.mark.clause("DEV-4.6")
async def test_refused_words_say_why_and_are_said_anew(
    town: Town, chromium: Browser, meet: Meet
) -> None:
    async with (
        residence(town, chromium, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        tab, chat = await meet(alice, bob)
        await alice.context.set_offline(True)
        await tab.say(chat, "are you there?")
        group = next(iter(bob.talk.device.conversations()))
        await bob.talk.remove(group, alice.actor)
        await town.settle()
        await alice.context.set_offline(False)
        await tab.until(text="are you there?", state="refused")
        page = await tab.ask("history", chat, 1, None)
        because = page["items"][0]["state"]["because"]
        assert because["clause"] and because["reason"]
        again = await tab.ask("retry", chat, page["items"][0]["id"], _uuid(1))
        await tab.until(text="are you there?", state="atOurNode")
        assert again["id"] != page["items"][0]["id"]
        assert await tab.texts(chat) == ["hello Bob", "are you there?"]
        assert await read(town, bob) == ["are you there?"]


def _json(**body: object) -> tuple[bytes, dict[str, str]]:
    return api.encode(body), {"Content-Type": "application/json"}


def _uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


@pytest.mark.clause("E2E-6.15")
async def test_a_browser_that_cleared_its_store_says_so(
    town: Town, chromium: Browser, meet: Meet
) -> None:
    async with (
        residence(town, chromium, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        tab, chat = await meet(alice, bob)
        words = (await tab.ask("recovery"))["words"]
        await alice.clear(tab)
        told = await tab.refused("send", chat, "lost?", _uuid(1))
        assert told["is"] == "Broken" and "cleared" in told["words"]
        await tab.page.reload()
        await tab.until(phase="absent")
        await alice.log_in(tab)
        # A password alone makes it no device of hers. With the words it is one, and begins a new
        # conversation; the other side has both as one.
        chat = await chat_with(tab, bob)
        told = await tab.refused("send", chat, "who am I?", _uuid(2))
        assert told["clause"] == "KEY-5.2" and told["seen"] == "this device, not listed"
        await tab.ask("recover", " ".join(words), [])
        await tab.say(chat, "I lost my history")
        await tab.until(text="I lost my history", state="atOurNode")
        assert await read(town, bob) == ["I lost my history"]


@pytest.mark.clause("E2E-6.14")
async def test_no_room_is_told_and_loses_nothing(town: Town, chromium: Browser, meet: Meet) -> None:
    async with (
        residence(town, chromium, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        tab, chat = await meet(alice, bob)
        await alice.set(tab, full=True)
        told = await tab.refused("send", chat, "no room for this", _uuid(1))
        assert told["is"] == "NoRoom" and "no room" in told["words"]
        await reply(town, bob, "while it is full")
        await tab.until(trouble="NoRoom")
        await alice.set(tab, full=False)
        await tab.until(text="while it is full")
        await tab.say(chat, "room again")
        await tab.until(text="room again", state="atOurNode")
        assert await read(town, bob) == ["room again"]


@pytest.mark.clause("DEV-1.3")
async def test_a_clock_that_is_set_back_changes_no_order(
    town: Town, chromium: Browser, meet: Meet
) -> None:
    async with (
        residence(town, chromium, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        tab, chat = await meet(alice, bob)
        ahead = ahead_of_machine(town)
        for number, hours in enumerate((-5, 30, -1, 0)):
            await alice.set(tab, ahead=ahead + hours * HOUR)
            await tab.say(chat, f"word {number}")
            await tab.until(text=f"word {number}", state="atOurNode")
        said = ["hello Bob", *(f"word {number}" for number in range(4))]
        assert await tab.texts(chat) == said
        assert await read(town, bob) == said[1:]
        await reply(town, bob, "in order")
        await tab.until(text="in order")
        await tab.page.reload()
        assert await tab.texts(chat) == [*said, "in order"]


@pytest.mark.clause("API-7.3")
async def test_a_laptop_that_slept_hears_what_was_said_meanwhile(
    town: Town, chromium: Browser, meet: Meet
) -> None:
    async with (
        residence(town, chromium, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        tab, chat = await meet(alice, bob)
        await tab.forget()
        await alice.set(tab, ahead=ahead_of_machine(town) + 8 * HOUR)
        # The connection is taken for dead, whatever it looks like, and another one is made.
        await tab.until(node="hello")
        await reply(town, bob, "good morning")
        await tab.until(text="good morning")
        assert await tab.texts(chat) == ["hello Bob", "good morning"]


@pytest.mark.clause("DEV-8.2", "ACC-4.4")
async def test_a_copied_vault_is_frozen_and_can_be_read(
    town: Town, chromium: Browser, meet: Meet
) -> None:
    """The copy: another client that has the token and takes the seat."""
    async with (
        residence(town, chromium, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        tab, chat = await meet(alice, bob)
        session = await tab.ask("session")
        async with alice.harness.line(session["token"]) as line:
            taken = {"have": session["seat"], "nonce": "AAAAAAAAAAAAAAAAAAAAAA=="}
            await line.send("POST", "/device/seat", *_json(**taken), harmless=True)
        await tab.say(chat, "from the elder copy")
        await tab.until(phase="frozen")
        await tab.until(text="from the elder copy", state="refused")
        assert await tab.texts(chat) == ["hello Bob", "from the elder copy"]
        told = await tab.refused("send", chat, "more", _uuid(1))
        assert told["clause"].startswith("ACC-4.") and "log in again" in told["words"]
        await tab.page.reload()
        await tab.until(phase="frozen")
        await alice.log_in(tab)
        await tab.until(phase="open")


@pytest.mark.clause("E2E-6.2", "E2E-6.8", "E2E-6.11")
async def test_a_passphrase_is_asked_for_after_a_reload(town: Town, chromium: Browser) -> None:
    async with residence(town, chromium, "alice", "alpha.test") as alice:
        tab = await alice.tab()
        empty = {"name": "x", "password": "y", "deviceName": "z", "passphrase": ""}
        assert (await tab.refused("signUp", empty))["clause"] == "E2E-6.8"
        await alice.sign_up(tab, passphrase="correct horse")
        await tab.page.reload()
        await tab.until(phase="locked")
        assert (await tab.refused("chats"))["clause"] == "E2E-6.2"
        assert (await tab.refused("unlock", "wrong horse"))["clause"] == "E2E-6.2"
        await tab.ask("unlock", "correct horse")
        await tab.until(phase="open")
        await tab.ask("setPassphrase", None)
        await tab.page.reload()
        await tab.until(phase="open")


@pytest.mark.clause("API-9.2")
async def test_logging_out_keeps_or_removes_what_was_said(
    town: Town, chromium: Browser, meet: Meet
) -> None:
    async with (
        residence(town, chromium, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        tab, chat = await meet(alice, bob)
        first = (await tab.ask("session"))["account"]["id"]
        await tab.ask("logOut", first, "keep")
        await tab.until(phase="loggedOut")
        assert await tab.texts(chat) == ["hello Bob"]
        assert (await tab.refused("send", chat, "still?", _uuid(1)))["is"] == "Unproven"
        assert (await tab.refused("session"))["is"] == "Unproven"
        await alice.log_in(tab)
        status = await tab.ask("status")
        assert [one["isLoggedIn"] for one in status["accounts"]] == [True, False]
        assert await tab.texts(chat) == []
        await tab.ask("switchTo", first)
        assert await tab.texts(chat) == ["hello Bob"]
        await tab.ask("forget", first)
        second = status["current"]["id"]
        await tab.ask("logOut", second, "remove")
        assert (await tab.ask("status"))["phase"] == "absent"
        assert (await tab.refused("chats"))["clause"] == "API-9.1"


@pytest.mark.clause("API-3.5")
async def test_a_device_that_was_revoked_elsewhere_says_so(
    town: Town, chromium: Browser, meet: Meet
) -> None:
    async with (
        residence(town, chromium, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        tab, chat = await meet(alice, bob)
        session = await tab.ask("session")
        async with alice.harness.line(session["token"]) as line:
            await line.send("DELETE", f"/devices/{session['account']['device']}")
        await town.settle(timedelta(seconds=10))
        await tab.until(phase="loggedOut")
        assert await tab.texts(chat) == ["hello Bob"]


async def test_search_finds_words_in_all_chats(town: Town, chromium: Browser, meet: Meet) -> None:
    async with (
        residence(town, chromium, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        tab, _ = await meet(alice, bob)
        await reply(town, bob, "Grüße aus dem Café")
        await tab.until(text="Grüße aus dem Café")
        for words in ("cafe", "GRUSSE cafe", "gruße"):
            page = await tab.ask("search", words, None, 10, None)
            found = [item["text"] for item in page["items"]]
            assert found == (["Grüße aus dem Café"] if words != "GRUSSE cafe" else []), words
        assert (await tab.ask("search", "", None, 10, None))["items"] == []
        assert (await tab.ask("search", "hello", "https://a.test/nobody", 10, None))["items"] == []
