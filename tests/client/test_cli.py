"""The commands of persons against a town: what they print, how they end, what they advise."""

import asyncio
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from node.accounts import resets
from node.cli.table import PERSONS
from node.client import saving
from node.client.api_client import ApiClient
from node.client.cli import main, program
from node.client.cli.out import clean
from node.client.cli.videos import seconds
from node.client.conversations import Conversations
from node.client.device import Device
from node.client.journal import Changes
from node.client.kith import Kith
from node.client.rows import MessageRow
from node.client.uploads import upload
from node.client.vault import Vault
from node.errors import Full, Malformed, NodeError, NoRoom, Refused, TooMuch
from node.federation.capabilities import VIDEOS
from node.inbox.reports import Report
from node.store import tables
from node.store.invites import InvitesUnit
from node.store.reports import ReportsUnit
from node.store.unit import Units
from node.testing.rows import Rows
from node.wire.api.video import NewUpload, NewVideo, UploadView, VideoView
from tests.client.conftest import PASSPHRASE, Square, password_of
from tests.clips import make_clip


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def problem(self) -> Any:
        return json.loads(self.err)["problem"]


class Shell:
    """Runs commands as a person does, in a thread beside the town."""

    def __init__(self, square: Square, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.square = square
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    async def run(self, name: str, line: str, *words: str, typed: str = "") -> Ran:
        """`line` is split at spaces; `words` follow as they are; `typed` is standard input."""
        self._monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        home = ["--home", str(self.square.folder / name)]
        self._capsys.readouterr()
        argv = [*line.split(), *words, *home]
        code = await asyncio.to_thread(main, argv, self.square.town.clock)
        await self.square.town.settle()
        said = self._capsys.readouterr()
        return Ran(code, said.out, said.err)


@pytest.fixture
def passphrase_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "passphrase"
    path.write_text(PASSPHRASE + "\n")
    path.chmod(0o600)
    monkeypatch.setenv("KITH_VAULT_PASSPHRASE_FILE", str(path))
    return path


@pytest.fixture
def nobody_types(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))


@pytest.fixture
def shell(
    square: Square,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    passphrase_file: Path,
) -> Shell:
    return Shell(square, capsys, monkeypatch)


async def enter(shell: Shell, name: str, domain: str) -> None:
    link = await shell.square.invite(domain)
    ran = await shell.run(
        name, f"signup {link} --name {name} --password-file -", typed=password_of(name) + "\n"
    )
    assert ran.code == 0, ran.err
    assert f"Welcome, @{name}@{domain}" in ran.out


@pytest.mark.clause("API-9.17")
async def test_a_story_in_commands(shell: Shell) -> None:
    await enter(shell, "alice", "alpha.test")
    await enter(shell, "bob", "beta.test")
    asked = await shell.run("alice", "friend add @bob@beta.test --text", "it is me")
    assert asked.out == "@bob@beta.test has been asked.\n"
    waiting = await shell.run("bob", "friends")
    assert "@alice@alpha.test asks to be your friend: “it is me”" in waiting.out
    assert (await shell.run("bob", "friend accept @alice")).code == 0
    assert "@bob@beta.test" in (await shell.run("alice", "friends")).out

    assert (await shell.run("alice", "chat @bob --send", "do you hear me?")).out == "Sent.\n"
    heard = await shell.run("bob", "chat @alice --history")
    assert "@alice@alpha.test: do you hear me?" in heard.out
    typed = await shell.run("bob", "chat @alice", typed="yes\nloud and clear\n")
    assert typed.code == 0
    lines = (await shell.run("alice", "chat @bob --history --json")).out.splitlines()
    rows = [json.loads(line) for line in lines]
    assert [row["text"] for row in rows] == ["do you hear me?", "yes", "loud and clear"]
    assert {frozenset(row) for row in rows} == {
        frozenset(
            {"id", "conversation", "from", "actor", "text", "at", "kind", "about", "edited"}
            | {"files", "reactions", "sent", "state", "reason", "next_try"}
        )
    }
    assert {row["state"] for row in rows} == {"sent"}
    assert all(datetime.fromisoformat(row["at"]).tzinfo and row["at"][-1] == "Z" for row in rows)

    await shell.run("alice", "post --text", "A day at the <sea> & more")
    feed = await shell.run("bob", "feed")
    assert "A day at the <sea> & more" in feed.out
    assert "You are caught up." in feed.out
    assert (await shell.run("bob", "feed friends")).out == feed.out
    for part in ("following", "local"):
        empty = {"items": [], "more": False}
        assert (await shell.run("bob", f"feed {part} --json")).json == empty
    assert (await shell.run("bob", "feed friends")).out == feed.out
    assert (await shell.run("bob", "like 1 --json")).json["liked"] is True
    assert (await shell.run("bob", "comment 1 lucky")).out == "Said.\n"
    assert "@bob@beta.test likes your post" in (await shell.run("alice", "notices")).out
    await shell.run("alice", "feed --mine")
    assert "lucky" in (await shell.run("alice", "comments 1")).out
    changed = await shell.run("alice", "edit 1 --cw salt", "A day at the lake")
    assert changed.out == "Changed. Who sees it can read what it said before.\n"
    feed = await shell.run("bob", "feed")
    assert "(salt)" in feed.out and "A day at the lake" in feed.out and "changed" in feed.out
    said = (await shell.run("bob", "edits 1 --json")).json["items"]
    assert [one["summary"] for one in said] == ["salt", ""]
    assert "A day at the <sea> & more" in (await shell.run("bob", "edits 1")).out
    assert (await shell.run("alice", "edit 1")).code == 2
    foreign = await shell.run("bob", "edit 1 mine")
    assert foreign.code == 1 and "only its author may change a post" in foreign.err
    assert (await shell.run("alice", "delete 1")).out == "Deleted.\n"
    assert (await shell.run("bob", "feed --json")).json == {"items": [], "more": False}

    assert (await shell.run("bob", "block @alice")).out == "@alice@alpha.test is blocked.\n"
    shown = (await shell.run("bob", "friends")).out
    assert "Nobody yet." in shown and "@alice@alpha.test is blocked." in shown
    assert (await shell.run("bob", "unblock @alice@alpha.test --json")).json["state"] == "none"
    (device,) = (await shell.run("bob", "devices --json")).json["items"]
    assert device["current"] is True
    named = await shell.run("bob", f"devices rename {device['id']} tablet --json")
    assert named.json == {"renamed": device["id"], "name": "tablet"}
    assert "tablet" in (await shell.run("bob", "devices")).out
    unknown = await shell.run("bob", f"devices rename {device['id'][::-1]} tablet --json")
    assert (unknown.code, unknown.problem["clause"]) == (1, "ACC-4.3")
    assert (await shell.run("bob", "whoami --json")).json["device"] == device["id"]
    (session,) = (await shell.run("bob", "sessions --json")).json["items"]
    assert (session["device"], session["current"]) == (device["id"], True)
    unknown = await shell.run("bob", f"sessions end {device['id']} --json")
    assert (unknown.code, unknown.problem["clause"]) == (1, "ACC-3.5")
    ended = await shell.run("bob", f"sessions end {session['id']} --json")
    assert ended.json == {"ended": session["id"]}
    assert (await shell.run("bob", "devices --json")).problem["clause"] == "API-3.1"
    assert (await shell.run("bob", "logout")).code == 0
    gone = await shell.run("bob", "feed --json")
    assert (gone.code, gone.out, gone.problem["clause"]) == (1, "", "API-9.1")


@pytest.mark.clause("API-9.7", "DEV-10.4")
async def test_words_to_a_friend_who_is_logged_in_nowhere_are_kept_and_said_so(
    shell: Shell,
) -> None:
    await enter(shell, "alice", "alpha.test")
    await enter(shell, "bob", "beta.test")
    await shell.run("alice", "friend add @bob@beta.test")
    await shell.run("bob", "friend accept @alice")
    assert (await shell.run("alice", "chat @bob --send", "one")).code == 0
    assert "one" in (await shell.run("bob", "chat @alice --history")).out
    words = " ".join((await shell.run("bob", "recovery show --json")).json["words"])
    assert (await shell.run("bob", "logout")).code == 0
    await shell.run("alice", "chat @bob --send", "two")  # it comes back a moment later
    await shell.square.town.settle()
    kept = await shell.run("alice", "chat @bob --send", "three")
    assert kept.code == 4
    assert "Kept, not sent: they have no device" in kept.out and "Sent." not in kept.out
    assert "Kept, not read: two (@bob@beta.test is logged in nowhere)" in kept.out
    row = (await shell.run("alice", "chat @bob --json --send", "four")).json
    assert (row["state"], row["sent"], row["next_try"]) == ("kept", False, None)
    assert row["reason"].startswith("they have no device")
    early = await shell.run("alice", "chat @bob --go-on")
    assert early.code == 1 and "tell them to log in" in early.err

    url = shell.square.town.nodes["beta.test"].url
    line = f"login --server {url} --name bob --password-file -"
    back = await shell.run("bob-phone", line, typed=password_of("bob") + "\n")
    assert back.code == 0 and "other devices" not in back.out, "the former one is revoked"
    again = await shell.run("bob-laptop", line, typed=password_of("bob") + "\n")
    assert "You have other devices" in again.out and "kith recovery use" in again.out
    ghost = await shell.run("alice", "chat @bob --go-on")
    assert ghost.code == 1 and "not on their list of devices" in ghost.err
    used = await shell.run("bob-phone", "recovery use --file -", typed=words)
    assert used.code == 0
    shell.square.town.clock.pass_(timedelta(seconds=6))  # so long a node answers as before
    went = await shell.run("alice", "chat @bob --go-on")
    # Those that waited in the old conversation are said there: the listed phone comes into it.
    assert went.code == 0 and "kept messages are said there" in went.out
    heard = await shell.run("bob-phone", "chat @alice --history")
    assert [text for text in ("two", "three", "four") if text in heard.out] == [
        "two", "three", "four",
    ]  # fmt: skip
    rows = (await shell.run("alice", "chat @bob --history --json")).out.splitlines()
    assert [json.loads(line)["state"] for line in rows] == ["sent"] * 4


@pytest.mark.clause("ACC-1.8")
async def test_an_account_is_deleted_with_all_that_this_machine_keeps(shell: Shell) -> None:
    await enter(shell, "alice", "alpha.test")
    await enter(shell, "bob", "beta.test")
    secret = (await shell.run("bob", "friend invite --json")).json["url"].rpartition("/")[2]
    link = f"{shell.square.town.nodes['beta.test'].url}/invite/{secret}"
    signup = f"signup {link} --name carol --password-file -"
    assert (await shell.run("carol", signup, typed=password_of("carol") + "\n")).code == 0
    await shell.run("alice", "friend add @carol@beta.test")
    await shell.run("carol", "friend accept @alice@alpha.test")
    await shell.run("carol", "post --text", "my window")
    assert "my window" in (await shell.run("alice", "feed")).out
    home = shell.square.folder / "carol"
    assert list(home.rglob("vault-*"))
    delete = "delete-account --password-file -"
    wrong = await shell.run("carol", delete, typed="not the password\n")
    assert wrong.code == 1 and "What cannot be taken back" in wrong.out
    assert (await shell.run("carol", "whoami")).code == 0

    done = await shell.run("carol", f"{delete} --json", typed=password_of("carol") + "\n")
    assert (done.code, done.json["handle"]) == (0, "@carol@beta.test")
    assert list(home.rglob("*")) == []
    assert (await shell.run("carol", "whoami --json")).problem["clause"] == "API-9.1"
    assert "my window" not in (await shell.run("alice", "feed")).out
    assert "@carol" not in (await shell.run("alice", "friends")).out


@pytest.mark.clause("ACC-1.8")
async def test_the_last_administrator_cannot_delete_the_account(shell: Shell) -> None:
    await enter(shell, "alice", "alpha.test")
    said = await shell.run(
        "alice", "delete-account --password-file - --json", typed=password_of("alice") + "\n"
    )
    assert (said.code, said.problem["clause"]) == (1, "ACC-1.8")
    assert (await shell.run("alice", "whoami")).code == 0


@pytest.mark.clause("GRA-7.1", "GRA-7.3")
async def test_a_code_befriends_across_two_nodes(shell: Shell) -> None:
    await enter(shell, "alice", "alpha.test")
    await enter(shell, "bob", "beta.test")
    shown = (await shell.run("bob", "friend code --json")).json
    address, _, code = shown["link"].rpartition("#f=")
    assert address.endswith("/app/code/@bob")
    # In a lab a node listens elsewhere than where its people are found.
    link = f"https://beta.test/@bob#f={code}.FINGERPRINT"
    assert (await shell.run("alice", "friend add", link)).out == "@bob@beta.test has been asked.\n"
    for one, other in (("alice", "@bob@beta.test"), ("bob", "@alice@alpha.test")):
        found = (await shell.run(one, "friends --json")).json["friends"]
        assert [each["person"]["handle"] for each in found] == [other]


async def test_a_wrong_password(shell: Shell) -> None:
    await enter(shell, "alice", "alpha.test")
    url = shell.square.town.nodes["alpha.test"].url
    ran = await shell.run("x", f"login --server {url} --name alice --password-file -", typed="no\n")
    assert ran.code == 1
    assert "Check the name and the password" in ran.err


@pytest.mark.clause("ACC-4.2")
async def test_a_device_that_may_be_lost_is_told_with_what_to_do(shell: Shell) -> None:
    await enter(shell, "alice", "alpha.test")
    url = shell.square.town.nodes["alpha.test"].url
    line = f"login --server {url} --name alice --device phone --password-file -"
    assert (await shell.run("phone", line, typed=password_of("alice") + "\n")).code == 0
    assert "not heard of" not in (await shell.run("alice", "devices")).out
    shell.square.town.clock.pass_(timedelta(days=8))
    said = (await shell.run("alice", "devices")).out
    assert said.count("not heard of") == 1
    items = (await shell.run("alice", "devices --json")).json["items"]
    (phone,) = [one["id"] for one in items if not one["current"]]
    assert "phone was not heard of for 8 days" in " ".join(said.split())
    assert f"kith devices revoke {phone}" in " ".join(said.split())


@pytest.mark.clause("ACC-5.5")
async def test_a_new_password_by_a_link(shell: Shell) -> None:
    await enter(shell, "alice", "alpha.test")
    harness = shell.square.town.nodes["alpha.test"]
    secret = await reset_secret(harness.node.stores.units, "alice")
    line = f"new-password {harness.url}/reset/{secret} --password-file -"
    short = await shell.run("x", f"{line} --json", typed="short\n")
    assert (short.code, short.problem["clause"]) == (1, "ACC-1.4")
    done = await shell.run("x", line, typed="another long password\n")
    assert done.code == 0 and "kith login @alice@alpha.test" in done.out
    assert (await shell.run("alice", "whoami")).code == 1, "its device was logged out"
    again = f"login --server {harness.url} --name alice --password-file -"
    assert (await shell.run("x", again, typed="another long password\n")).code == 0
    used = await shell.run("x", f"{line} --json", typed="one more password\n")
    assert (used.code, used.problem["clause"]) == (1, "ACC-5.3")
    none = f"new-password {harness.url}/invite/{secret} --password-file - --json"
    assert (await shell.run("x", none, typed="one more password\n")).problem["clause"] == "ACC-5.5"


async def reset_secret(units: Units, name: str) -> str:
    """The secret of a link, as an operator makes it on the node's machine."""
    secret = "a-secret-that-nobody-guesses"

    async def make(unit: InvitesUnit) -> None:
        account = await unit.by_name(name)
        assert account is not None
        await resets.make_reset(account.id, resets.digest_of(secret), None, unit)

    await units.run(InvitesUnit, make)
    return secret


async def test_an_expired_invite(shell: Shell) -> None:
    await shell.square.join("alice", "alpha.test")
    link = await shell.square.invite("alpha.test", days=1)
    shell.square.town.clock.pass_(timedelta(days=1, seconds=1))
    line = f"signup {link} --name eve --password-file - --json"
    ran = await shell.run("eve", line, typed="a long password\n")
    assert (ran.code, ran.problem["clause"]) == (1, "ACC-2.2")
    assert "new one" in ran.problem["advice"]
    assert not (shell.square.folder / "eve" / "current").exists()


async def test_an_unknown_person_and_an_unknown_server(shell: Shell) -> None:
    await enter(shell, "alice", "alpha.test")
    nobody = await shell.run("alice", "friend add @nobody@beta.test")
    assert nobody.code == 1
    assert "Check the handle" in nobody.err
    nowhere = await shell.run("alice", "friend add @bob@gamma.test --json")
    assert (nowhere.code, nowhere.problem["code"]) == (3, "unreachable")


async def test_a_peer_that_is_down(shell: Shell) -> None:
    await enter(shell, "alice", "alpha.test")
    shell.square.town.down.add("beta.test")
    ran = await shell.run("alice", "friend add @bob@beta.test")
    assert ran.code == 3
    assert "try again" in ran.err


@pytest.mark.clause("API-9.1", "API-11.1", "API-11.5")
async def test_what_has_not_arrived_is_listed_with_its_reason_and_retried(
    shell: Shell,
) -> None:
    await enter(shell, "alice", "alpha.test")
    await enter(shell, "bob", "beta.test")
    await shell.run("alice", "friend add @bob@beta.test")
    await shell.run("bob", "friend accept @alice")
    nothing = await shell.run("alice", "deliveries")
    assert (nothing.code, nothing.out.strip()) == (0, "Everything has arrived.")
    shell.square.town.down.add("beta.test")
    await shell.run("alice", "post --to friends --text", "are you there?")
    waits = await shell.run("alice", "deliveries")
    assert waits.code == 0
    assert "beta.test" in waits.out and "is tried again" in waits.out
    (one,) = (await shell.run("alice", "deliveries --json")).json["items"]
    assert (one["state"], one["failures"]) == ("due", 1) and "does not answer" in one["reason"]
    shell.square.town.down.clear()
    again = await shell.run("alice", "deliveries retry --json")
    assert (again.code, again.json) == (0, {"count": 1})
    assert (await shell.run("alice", "deliveries --json")).json["items"] == []
    assert (await shell.run("alice", "deliveries retry")).out == "Everything has arrived.\n"
    wrong = await shell.run("alice", "deliveries burn")
    assert wrong.code == 2


@pytest.mark.clause("INB-8.2", "INB-8.3")
async def test_a_person_says_who_may_mention_them_and_reads_the_requests(shell: Shell) -> None:
    await enter(shell, "alice", "alpha.test")
    await enter(shell, "bob", "beta.test")
    assert "whom you follow, friends" in (await shell.run("alice", "mentions")).out
    assert (await shell.run("alice", "mentions friends --json")).json == {"mentions": "friends"}
    assert (await shell.run("alice", "whoami --json")).code == 0
    assert (await shell.run("alice", "mentions somebody")).code == 2
    await shell.run("bob", "friend add @alice@alpha.test")
    await shell.run("alice", "friend decline @bob@beta.test")
    await shell.run("bob", "post --to public --text", "hello @alice@alpha.test")
    assert "mentioned you" not in (await shell.run("alice", "notices")).out
    asked = await shell.run("alice", "notices --requests")
    assert "@bob@beta.test mentioned you" in asked.out
    (one,) = (await shell.run("alice", "notices --requests --json")).json["items"]
    assert (one["kind"], one["read"]) == ("mention_request", True)


@pytest.mark.clause("API-9.14", "INB-10.7", "INB-10.8", "OPS-2.1")
async def test_a_post_of_another_server_is_reported_to_both(shell: Shell) -> None:
    await enter(shell, "alice", "alpha.test")
    await enter(shell, "bob", "beta.test")
    assert (await shell.run("alice", "friend add @bob@beta.test")).code == 0
    await shell.run("bob", "friend accept @alice@alpha.test")
    await shell.run("bob", "post --to friends --text", "mean words")
    assert "mean words" in (await shell.run("alice", "feed")).out
    told = await shell.run("alice", "report 1 --text rude --forward")
    assert told.code == 0 and told.out == (
        "Reported to your node. Their server is told too. "
        "Not named to it: 1 that few people here can see.\n"
    )
    more = (await shell.run("alice", "report @bob --json")).json
    assert (more["added"], more["forwarded"], more["unsent"]) == (True, False, "")
    more = await shell.run("alice", "report @bob --forward")
    assert more.out == (
        "Added to what you reported before. "
        "Their server was told of it before: this is not sent there.\n"
    )
    own = await shell.run("alice", "report @alice@alpha.test")
    assert own.code == 1 and "nobody reports themselves" in own.err

    async def queue(unit: ReportsUnit) -> list[Report]:
        return [*await unit.reports(False, "", 9, None)]

    nodes = shell.square.town.nodes
    [here] = await nodes["alpha.test"].node.stores.units.look(ReportsUnit, queue)
    [there] = await nodes["beta.test"].node.stores.units.look(ReportsUnit, queue)
    assert (there.about, there.reporter, there.text) == (here.about, "alpha.test", "rude")
    assert (len(here.words), there.words) == (1, ())
    assert "alice" not in str(there)


@pytest.mark.clause("API-9.15", "INB-11.1", "INB-11.2", "INB-11.5")
async def test_people_threads_and_words_are_muted(shell: Shell) -> None:
    await enter(shell, "alice", "alpha.test")
    await enter(shell, "bob", "beta.test")
    await shell.run("alice", "friend add @bob@beta.test")
    await shell.run("bob", "friend accept @alice@alpha.test")
    await shell.run("bob", "post --to friends --text", "who wins the match")
    assert (await shell.run("alice", "mute match --word --for 7d")).out.startswith("match is muted")
    hidden = (await shell.run("alice", "feed")).out
    assert "wins" not in hidden and "(hidden: match)" in hidden
    assert (await shell.run("alice", "mute 1 --thread")).code == 0
    assert (await shell.run("alice", "mute @bob")).out == "@bob@beta.test is muted.\n"
    assert "Nothing has been posted" in (await shell.run("alice", "feed")).out
    found = (await shell.run("alice", "mutes --json")).json["items"]
    assert sorted(one["kind"] for one in found) == ["person", "thread", "word"]
    assert "until" in (await shell.run("alice", "mutes")).out
    await shell.run("alice", "unmute @bob")
    await shell.run("alice", "unmute match --word")
    assert "wins" in (await shell.run("alice", "feed")).out
    await shell.run("alice", "unmute 1 --thread")
    assert (await shell.run("alice", "mutes --json")).json == {"items": []}
    for words in ("mute @bob --for soon", "mute x --thread --word"):
        assert (await shell.run("alice", words)).code == 2
    own = await shell.run("alice", "mute @alice@alpha.test")
    assert own.code == 1 and "nobody mutes themselves" in own.err


@pytest.mark.clause("INB-4.9")
async def test_who_posts_for_friends_is_told_whose_server_cannot_show_it(shell: Shell) -> None:
    await enter(shell, "alice", "alpha.test")
    await enter(shell, "bob", "beta.test")
    await shell.run("alice", "friend add @bob@beta.test")
    await shell.run("bob", "friend accept @alice")
    assert "Note:" not in (await shell.run("alice", "post --text hello")).out
    guy = "https://gts.test/users/guy"
    rows = Rows()
    rows.database = shell.square.town.nodes["alpha.test"].node.stores.database
    async with shell.square.at_home("alice") as alice:
        able = json.dumps([VIDEOS])
        await rows.knows(guy, name="guy", domain="gts.test", capabilities=able)
        await rows.put_friendship(alice.actor, guy)
        await rows.knows("https://snac.test/dan")
        await rows.put_friendship(alice.actor, "https://snac.test/dan")
        assert [one.id for one in await alice.unreached()] == [guy]
        assert await alice.unreached("public") == await alice.unreached("followers") == []
        with pytest.raises(Malformed):
            await alice.unreached("everybody")
    told = await shell.run("alice", "post --text", "hello friends")
    assert told.out.startswith("Note: @guy@gts.test's server cannot show posts for friends.\n")
    assert "Note:" not in (await shell.run("alice", "post --to public --text hello")).out
    as_json = await shell.run("alice", "post --text hello --json")
    assert as_json.json["kind"] == "note"


@pytest.mark.clause("OPS-2.4")
@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("deliveries retry --of", "--of"),
        ("chat @bob --send", "--send"),
        ("verify @bob --number", "--number"),
        ("feed --as", "--as"),
        ("history export", "file"),
        ("like", "which"),
        ("search", "words"),
        ("login", "handle"),
    ],
)
async def test_an_empty_word_does_not_pass_for_one_that_was_not_said(
    shell: Shell, line: str, word: str
) -> None:
    for empty in ("", " "):
        ran = await shell.run("alice", line, empty)
        assert (ran.code, ran.out) == (2, "") and f"{word}: it is empty" in ran.err


@pytest.mark.clause("OPS-2.4")
def test_an_empty_home_is_not_the_folder_one_stands_in(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["feed", "--home", ""]) == 2
    assert "--home: it is empty" in capsys.readouterr().err
    assert main(["feed", "--home", "."]) == 1, "nobody is logged in there"


@pytest.mark.clause("OPS-2.4", "ACC-2.3")
async def test_an_invite_for_nobody_is_told_to_the_node(shell: Shell) -> None:
    await enter(shell, "alice", "alpha.test")
    for word in ("uses", "days"):
        ran = await shell.run("alice", f"friend invite --{word} 0 --json")
        assert (ran.code, ran.problem["clause"]) == (1, "ACC-2.3")


@pytest.mark.clause("VID-6.8")
async def test_who_posts_a_video_sees_why_their_node_waits_with_it(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    await enter(shell, "alice", "alpha.test")

    async def post(_kith: Kith, *said: Any, again: bool, joins: object) -> VideoView:
        assert not again
        said[-1]("the node's disk is full")
        return VideoView(
            id="v", number="1", post="p", name="n", state="ready", progress=100,
            created=datetime.now(UTC),
        )  # fmt: skip

    monkeypatch.setattr(Kith, "post_video", post)
    assert "It waits: the node's disk is full.\n" in (await shell.run("alice", "post x.mp4")).out
    assert "waits" not in (await shell.run("alice", "post x.mp4 --json")).out


@pytest.mark.clause("API-9.1", "VID-5.5", "VID-1.9")
async def test_what_was_begun_is_listed_and_cancelled(shell: Shell) -> None:
    await enter(shell, "alice", "alpha.test")
    assert (await shell.run("alice", "uploads")).out == "Nothing is under way.\n"
    async with shell.square.at_home("alice") as alice:
        for number in range(5):
            shell.square.town.clock.pass_(timedelta(minutes=1))
            new = NewUpload(size=10, sha256=bytes([number]) * 32, filename=f"film-{number}.mp4")
            await alice.api.ask("POST", "/uploads", UploadView, new)
    film = shell.square.folder / "more.mp4"
    await asyncio.to_thread(film.write_bytes, b"one more")
    refused = await shell.run("alice", f"post {film} --json")
    assert (refused.code, refused.problem["clause"]) == (1, "VID-1.9")
    assert "kith uploads" in refused.problem["advice"]
    listed = await shell.run("alice", "uploads")
    assert "  1  film-4.mp4  0 % of 10 bytes, kept until" in listed.out
    items = (await shell.run("alice", "uploads --json")).json["items"]
    assert [one["filename"] for one in items] == [f"film-{n}.mp4" for n in (4, 3, 2, 1, 0)]
    assert (await shell.run("alice", "uploads cancel 1")).out == "Cancelled.\n"
    again = await shell.run("alice", f"uploads cancel {items[1]['id']} --json")
    assert again.json == {"cancelled": items[1]["id"]}
    left = (await shell.run("alice", "uploads --json")).json["items"]
    assert left == items[2:]
    unknown = await shell.run("alice", "uploads cancel none --json")
    assert (unknown.code, unknown.problem["clause"]) == (1, "VID-5.1")


async def begun(shell: Shell, film: Path) -> tuple[str, VideoView]:
    """As `kith post` leaves it that is killed while the video is made: the upload, the video."""
    async with shell.square.at_home("alice") as alice:
        id = await upload(alice.api, film)
        body = NewVideo(upload=id)
        return id, await alice.api.ask("POST", "/videos", VideoView, body)


@pytest.mark.slow
@pytest.mark.clause("VID-5.6", "VID-5.5")
async def test_a_file_is_posted_a_second_time_by_who_means_it(shell: Shell, tmp_path: Path) -> None:
    await enter(shell, "alice", "alpha.test")
    film = await asyncio.to_thread(make_clip, tmp_path / "film.mp4", seconds=1)
    _, made = await begun(shell, film)
    listed = await shell.run("alice", "uploads")
    assert "  1  film.mp4  is being made into a video" in listed.out

    ran = await shell.run("alice", f"post {film}")  # by now it is ready
    assert (ran.code, ran.out) == (1, "")
    assert "you posted this file on " in ran.err and "kith post --again FILE" in ran.err
    async with shell.square.working():
        meant = await shell.run("alice", f"post {film} --again --json")
    assert (meant.code, meant.json["id"] != made.id) == (0, True)


@pytest.mark.clause("VID-5.4", "VID-5.5")
async def test_a_video_that_is_being_made_is_cancelled(shell: Shell, tmp_path: Path) -> None:
    await enter(shell, "alice", "alpha.test")
    film = tmp_path / "film.mp4"
    await asyncio.to_thread(film.write_bytes, b"film")
    id, _ = await begun(shell, film)
    assert (await shell.run("alice", f"uploads cancel {id}")).out == "Cancelled.\n"
    assert (await shell.run("alice", "uploads")).out == "Nothing is under way.\n"
    assert "could not be made" not in (await shell.run("alice", "notices")).out


async def test_a_home_node_that_is_down(shell: Shell) -> None:
    ran = await shell.run("x", "login --server http://127.0.0.1:9 --name alice --password-file -")
    assert ran.code == 3
    assert "cannot be reached" in ran.err


async def test_a_message_to_a_stranger(shell: Shell) -> None:
    await enter(shell, "alice", "alpha.test")
    await enter(shell, "bob", "beta.test")
    ran = await shell.run("alice", "chat @bob@beta.test --send", "hello?")
    assert ran.code == 1
    assert "Only friends can be written to" in ran.err


def refuse(monkeypatch: pytest.MonkeyPatch, path: str, error: NodeError) -> None:
    """The home node answers what is asked at such a path with `error`."""
    send = ApiClient.send

    async def sent(api: ApiClient, method: str, to: str, *given: Any, **named: Any) -> Any:
        if to.endswith(path):
            raise error
        return await send(api, method, to, *given, **named)

    monkeypatch.setattr(ApiClient, "send", sent)


async def befriend(shell: Shell) -> None:
    await enter(shell, "alice", "alpha.test")
    await enter(shell, "bob", "beta.test")
    await shell.run("alice", "friend add @bob@beta.test")
    await shell.run("bob", "friend accept @alice")


@contextmanager
def unread(stream: str = "stdout") -> Iterator[None]:
    """What is printed inside of this, nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    before = getattr(sys, stream)
    with suppress(BrokenPipeError), os.fdopen(writing, "w") as nobody:
        setattr(sys, stream, nobody)
        try:
            yield
        finally:
            setattr(sys, stream, before)


@pytest.mark.clause("API-9.11", "API-9.7")
async def test_a_reader_that_goes_away_keeps_nobody_from_the_deed(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    await befriend(shell)
    assert (await shell.run("alice", "chat @bob --send", "one")).code == 0

    async def went_on(_kith: Kith, _who: str) -> int:
        return 0

    async def unreached(kith: Kith, _audience: str) -> list[Any]:
        return [one.person for one in await kith.friends()]

    async def run(line: str, *words: str) -> int:
        with unread():
            return (await shell.run("alice", line, *words)).code

    monkeypatch.setattr(Kith, "go_on", went_on)
    monkeypatch.setattr(Kith, "unreached", unreached)
    for as_json in ("", " --json"):
        assert await run(f"chat @bob{as_json} --go-on --send", "two") == 0
        assert await run(f"post{as_json} --text", "hello") == 0
        with monkeypatch.context() as patch:
            refuse(patch, "/messages", Full("E2E-4.7", "no room", 60))
            assert await run(f"chat @bob{as_json} --send", "three") == 4
        with unread("stderr"):
            assert await run(f"like{as_json} https://alpha.test/none") == 1
    items = (await shell.run("alice", "feed --mine --json")).json["items"]
    assert [one["content"] for one in items] == ["<p>hello</p>"] * 2
    rows = (await shell.run("alice", "chat @bob --history --json")).out.splitlines()
    assert [json.loads(row)["text"] for row in rows] == ["one", *("two", "three") * 2]


@pytest.mark.clause("API-9.11")
@pytest.mark.parametrize(
    "line", ["feed --mine", "feed --mine --json", "friends", "uploads", "events"]
)
async def test_a_list_that_nobody_reads_ends_as_such(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    await befriend(shell)

    async def without_end(_kith: Kith, _after: str) -> AsyncIterator[str]:
        while True:
            yield "an event"

    monkeypatch.setattr(Kith, "events", without_end)
    with unread():
        assert (await shell.run("alice", line)).code == 141


@pytest.mark.clause("API-9.7")
async def test_first_words_that_were_not_taken_in_are_refused_in_a_sentence(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    await befriend(shell)
    with monkeypatch.context() as patch:
        refuse(patch, "/key-packages/claim", TooMuch("E2E-2.8", "too many were claimed", 60))
        ran = await shell.run("alice", "chat @bob --json --send", "hello")
    assert (ran.code, ran.out, ran.problem["clause"]) == (1, "", "E2E-2.8")
    assert (await shell.run("alice", "chat @bob --send", "hello")).out == "Sent.\n"
    rows = (await shell.run("bob", "chat @alice --history --json")).out.splitlines()
    assert [json.loads(row)["text"] for row in rows] == ["hello"]


@pytest.mark.clause("API-9.7")
@pytest.mark.parametrize(
    "path, error",
    [
        ("/messages", Full("E2E-4.7", "no room", 60)),
        ("/messages", TooMuch("API-4.2", "too many requests", 60)),
        ("/device/seat", Full("FED-12.8", "the node's disk is full")),
        ("/device/seat", TooMuch("API-4.2", "too many requests", 60)),
    ],
)
async def test_kept_words_are_told_as_kept_whatever_came_meanwhile(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, path: str, error: TooMuch
) -> None:
    await befriend(shell)
    assert (await shell.run("alice", "chat @bob --send", "one")).code == 0
    assert (await shell.run("bob", "chat @alice --send", "of Bob's")).code == 0
    with monkeypatch.context() as patch:
        refuse(patch, path, error)
        ran = await shell.run("alice", "chat @bob --json --send", "two")
    assert ran.code == 4, ran.err
    row = ran.json
    assert (row["text"], row["state"], row["reason"]) == ("two", "kept", error.reason)
    assert (await shell.run("alice", "chat @bob --send", "three")).out == "Sent.\n"
    rows = (await shell.run("bob", "chat @alice --history --json")).out.splitlines()
    said = [json.loads(row)["text"] for row in rows]
    assert [text for text in said if text != "of Bob's"] == ["one", "two", "three"]


@pytest.mark.clause("API-9.7")
@pytest.mark.parametrize(
    "error",
    [TooMuch("API-4.2", "too many requests", 60), Malformed("API-1.3", "not understood")],
)
async def test_words_that_are_out_are_sent_though_the_mailbox_cannot_be_read(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, error: Refused
) -> None:
    await befriend(shell)
    assert (await shell.run("alice", "chat @bob --send", "one")).code == 0
    say = Conversations.say

    async def said(conversations: Conversations, who: str, text: str) -> MessageRow:
        row = await say(conversations, who, text)
        refuse(monkeypatch, "/mailbox", error)
        return row

    monkeypatch.setattr(Conversations, "say", said)
    ran = await shell.run("alice", "chat @bob --send", "two")
    assert (ran.code, ran.out) == (0, "Sent.\n")


async def befriended_and_heard(shell: Shell) -> None:
    """Alice and Bob are friends, and each has said one thing."""
    await befriend(shell)
    assert (await shell.run("alice", "chat @bob --send", "of Alice's")).code == 0
    assert (await shell.run("bob", "chat @alice --send", "of Bob's")).code == 0
    assert "of Bob's" in (await shell.run("alice", "chat @bob --history")).out


async def said_to_bob(shell: Shell) -> list[str]:
    rows = (await shell.run("alice", "chat @bob --history --json")).out.splitlines()
    return [json.loads(row)["text"] for row in rows]


@pytest.mark.clause("E2E-6.21", "API-9.7")
async def test_words_are_said_once_whenever_the_disk_of_the_vault_fills(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From one step of the vault on, whichever, nothing more is written; then there is room."""
    await befriend(shell)
    step, said, codes, words = Vault.step, list[str](), list[int](), ""

    def filling(room: int) -> Callable[[Vault, Changes], None]:
        left = [room]

        def write(vault: Vault, changes: Changes) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise NoRoom("the disk of the vault has no room left")
            step(vault, changes)

        return write

    while 0 not in codes:
        assert len(codes) < 30
        words = f"words {len(codes)}"
        with monkeypatch.context() as full:
            full.setattr(Vault, "step", filling(len(codes)))
            ran = await shell.run("alice", "chat @bob --send", words)
        codes.append(ran.code)
        if ran.code == 1:
            assert "no room left" in ran.err and "Make room on this machine" in ran.err
        else:
            said.append(words)
        if said:
            assert await said_to_bob(shell) == said, codes
    heard = (await shell.run("bob", "chat @alice --history --json")).out.splitlines()
    assert [json.loads(row)["text"] for row in heard] == said
    assert 1 in codes, codes


@pytest.mark.clause("E2E-6.21", "API-9.7")
async def test_words_of_which_nothing_more_can_be_written_are_told_as_kept(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    await befriended_and_heard(shell)

    def full(*_: object) -> None:
        raise NoRoom("the disk of the vault has no room left")

    with monkeypatch.context() as patch:
        patch.setattr(Device, "tell", full)
        ran = await shell.run("alice", "chat @bob --json --send", "hello")
    assert (ran.code, ran.json["state"]) == (4, "kept"), ran.err
    assert "no room left" in ran.json["reason"]
    assert (await shell.run("alice", "chat @bob --history")).out.count("hello") == 1
    assert (await shell.run("bob", "chat @alice --history")).out.count("hello") == 1


@pytest.mark.clause("DEV-8.2")
async def test_a_frozen_vault_tells_what_was_kept_and_shows_its_history(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    await befriended_and_heard(shell)
    homes = shell.square.folder
    with monkeypatch.context() as patch:
        refuse(patch, "/messages", Full("E2E-4.7", "no room", 60))
        assert (await shell.run("alice", "chat @bob --send", "kept")).code == 4
    shutil.copytree(homes / "alice", homes / "copy")
    assert (await shell.run("copy", "chat @bob --history")).code == 0
    met = await shell.run("alice", "chat @bob --send", "as if nothing were")
    assert met.code == 1 and "log in again" in met.err
    assert "Not sent to all: kept" in met.out

    async def nobody(*_given: Any, **_named: Any) -> Any:
        raise AssertionError("a frozen vault is read without the node")

    with monkeypatch.context() as patch:
        patch.setattr(ApiClient, "send", nobody)
        texts = await said_to_bob(shell)
    assert texts == ["of Alice's", "of Bob's", "kept"]
    found = await shell.run("alice", "search --with @bob of --json")
    assert len(found.json["items"]) == 2


@pytest.mark.clause("DEV-5.5")
@pytest.mark.parametrize("who", ["alice", "bob"])
async def test_the_history_of_a_conversation_that_ended_is_shown(shell: Shell, who: str) -> None:
    """Whoever of the two was taken out of it; beside a new one it is shown as one."""
    await befriended_and_heard(shell)
    async with shell.square.at_home("bob") as bob:
        messenger = await bob.talk()
        (group,) = await bob.conversations_with("@alice")
        if who == "alice":
            (actor,) = {*messenger.device.conversations()[group].members} - {bob.actor}
            await messenger.remove(group, actor)
        else:
            await messenger.leave(group)
    await shell.square.town.settle()
    assert await said_to_bob(shell) == ["of Alice's", "of Bob's"]
    assert await said_to_bob(shell) == ["of Alice's", "of Bob's"], "and out of the vault"
    assert (await shell.run("alice", "chat @bob --send", "anew")).code == 0
    assert await said_to_bob(shell) == ["of Alice's", "of Bob's", "anew"]


async def test_a_wrong_vault_passphrase(shell: Shell, passphrase_file: Path) -> None:
    await enter(shell, "alice", "alpha.test")
    await asyncio.to_thread(passphrase_file.write_text, "not this one")
    ran = await shell.run("alice", "chat @bob@beta.test --history")
    assert ran.code == 1
    assert "KITH_VAULT_PASSPHRASE_FILE" in ran.err
    assert (await shell.run("alice", "friends")).code == 0  # needs no vault


@pytest.mark.clause("VID-1.1")
async def test_a_file_that_is_none(shell: Shell, tmp_path: Path) -> None:
    await enter(shell, "alice", "alpha.test")
    whole = tmp_path / "whole.mp4"
    (tmp_path / "folder.mp4").mkdir()
    os.mkfifo(tmp_path / "pipe.mp4")
    for name, size in (("empty.mp4", 0), ("whole.mp4", 9)):
        await asyncio.to_thread((tmp_path / name).write_bytes, bytes(size))
    told = {
        tmp_path / "absent.mp4": "there is no file {}",
        whole / "below.mp4": "there is no file {}",
        tmp_path / "folder.mp4": "{} is a folder",
        tmp_path / "pipe.mp4": "{} is a pipe or a device, not a file",
        tmp_path / "empty.mp4": "{} is empty",
    }
    for path, words in told.items():
        ran = await shell.run("alice", "post --json", str(path))
        assert (ran.code, ran.problem["clause"]) == (1, "VID-1.1")
        assert ran.problem["detail"] == words.format(path)
    assert (await shell.run("alice", "uploads")).out == "Nothing is under way.\n"


@pytest.mark.clause("API-9.11")
async def test_a_name_of_a_file_may_be_no_text_and_words_may_not(
    shell: Shell, tmp_path: Path
) -> None:
    await enter(shell, "alice", "alpha.test")
    film = tmp_path / os.fsdecode(b"no\xff\xfetext.mp4")
    await asyncio.to_thread(film.write_bytes, b"film")
    async with shell.square.working():
        ran = await shell.run("alice", "post --json", str(film))
    assert (ran.code, ran.problem["clause"]) == (1, "VID-2.1")
    async with shell.square.at_home("alice") as alice:
        await upload(alice.api, film)
    items = (await shell.run("alice", "uploads --json")).json["items"]
    assert [one["filename"] for one in items] == ["no??text.mp4"]
    for line in ("post --text", "like", "chat @bob --send", "feed --as"):
        ran = await shell.run("alice", line, os.fsdecode(b"no \xff text"))
        assert (ran.code, ran.out) == (2, "") and "it is not UTF-8" in ran.err


@pytest.mark.clause("VID-7.5")
async def test_what_is_saved_to_a_pipe_does_not_take_its_place(tmp_path: Path) -> None:
    whole, pipe = tmp_path / "whole.mp4", tmp_path / "pipe"
    async with saving.whole(whole) as write:
        await write(b"film")
    assert await asyncio.to_thread(whole.read_bytes) == b"film"
    assert await asyncio.to_thread(lambda: [*tmp_path.iterdir()]) == [whole]
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    async with saving.whole(pipe) as write:
        await write(b"film")
    assert (os.read(reading, 9), await asyncio.to_thread(pipe.is_fifo)) == (b"film", True)
    os.close(reading)


LARGE = bytes(range(256)) * 4096  # more than a pipe holds


@pytest.mark.clause("API-9.11", "VID-7.5")
@pytest.mark.parametrize("is_opened", [False, True])
async def test_who_saves_into_a_pipe_that_nobody_reads_can_be_stopped(
    tmp_path: Path, is_opened: bool
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK) if is_opened else None
    began = asyncio.Event()

    async def save() -> None:
        began.set()
        async with saving.whole(pipe) as write:
            await write(LARGE)

    saved = asyncio.create_task(save())
    await began.wait()
    await asyncio.sleep(0)
    saved.cancel()
    with pytest.raises(asyncio.CancelledError):
        await saved
    if reading is not None:
        os.close(reading)


@pytest.mark.clause("VID-7.5", "API-9.11")
async def test_a_pipe_gets_all_of_it_or_ends_with_its_reader(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    async def save() -> None:
        async with saving.whole(pipe) as write:
            await write(LARGE)

    saved = asyncio.create_task(save())
    assert await asyncio.to_thread(pipe.read_bytes) == LARGE
    await saved
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    saved = asyncio.create_task(save())
    await asyncio.sleep(0)
    os.close(reading)
    with pytest.raises(BrokenPipeError):
        await saved


@pytest.mark.clause("VID-7.5")
def test_a_device_that_takes_little_at_once_gets_all_of_it() -> None:
    class Device(io.RawIOBase):
        taken = b""

        def write(self, piece: Any) -> int:
            self.taken += bytes(piece[:1000])
            return min(len(piece), 1000)

    device = Device()
    saving._write(device, LARGE)
    assert device.taken == LARGE


@pytest.mark.parametrize(
    ("text", "time"),
    [("75", 75), ("0.5", 0.5), ("1:15.25", 75.25), ("1:02:03", 3723), ("90:00", 5400)],
)
def test_times_are_said_as_players_show_them(text: str, time: float) -> None:
    assert seconds(text) == time


@pytest.mark.clause("PIC-2.8")
async def test_pictures_are_posted_with_words_for_who_cannot_see_them(
    shell: Shell, tmp_path: Path
) -> None:
    await enter(shell, "alice", "alpha.test")
    cat, dog = tmp_path / "cat.png", tmp_path / "dog.jpg"
    Image.new("RGB", (600, 300), (200, 0, 0)).save(cat)
    Image.new("RGB", (300, 600), (0, 0, 200)).save(dog)
    posted = await shell.run("alice", f"post {cat} {dog} --to public --alt", "a red cat")
    assert posted.code == 0, posted.err
    assert "Note: 1 of 2 have no description for who cannot see them: --alt." in posted.out
    assert "Posted to public: 2 pictures." in posted.out
    shown = (await shell.run("alice", "feed --mine")).out
    assert "▣ a red cat" in shown and "▣ a picture without a description" in shown
    (post,) = (await shell.run("alice", "feed --mine --json")).json["items"]
    assert [(one["width"], one["height"]) for one in post["media"]] == [(600, 300), (300, 600)]
    alone = await shell.run("alice", f"post {cat} --json --alt red --text", "my cat")
    assert alone.json["media"][0]["name"] == "red"


@pytest.mark.clause("PIC-3.6")
async def test_a_profile_is_set_and_shown(shell: Shell, tmp_path: Path) -> None:
    await enter(shell, "alice", "alpha.test")
    face, text = tmp_path / "me.png", tmp_path / "me.txt"
    Image.new("RGB", (600, 600), (200, 0, 0)).save(face)
    text.write_text("no face")
    assert (await shell.run("alice", "profile set")).code == 2
    assert (await shell.run("alice", "profile --name Eve")).code == 2
    assert (await shell.run("alice", "profile set --link home")).code == 2
    refused = await shell.run("alice", f"profile set --name Eve --avatar {text} --json")
    assert (refused.code, refused.problem["clause"]) == (1, "PIC-1.1")
    line = f"profile set --name Alice --avatar {face} --link Home=https://alice.example/"
    assert (await shell.run("alice", line, "--bio", "I like the sea")).out == (
        "Your profile is changed.\n"
    )
    shown = (await shell.run("alice", "profile")).out
    assert "Alice  @alice@alpha.test" in shown and "I like the sea" in shown
    assert "Home: https://alice.example/" in shown and "/small.jpg" in shown
    bare = await shell.run("alice", "profile set --json --avatar none --link none")
    assert bare.code == 0, bare.err
    assert (bare.json["avatar"], bare.json["links"]) == ("", [])
    assert bare.json["display_name"] == "Alice"


@pytest.mark.clause("PIC-2.8")
async def test_what_cannot_be_posted_together_is_refused_before_anything_is_sent(
    shell: Shell, tmp_path: Path
) -> None:
    await enter(shell, "alice", "alpha.test")
    cat, film, broken = tmp_path / "cat.png", tmp_path / "a.mp4", tmp_path / "b.jpg"
    Image.new("RGB", (60, 30), (200, 0, 0)).save(cat)
    film.write_bytes(b"no picture")
    broken.write_bytes(b"\xff\xd8\xff no picture either")
    for line in (f"{cat} {film}", f"{film} {film}", f"{cat} --alt a --alt b", f"{film} --alt a"):
        assert (await shell.run("alice", f"post {line}")).code == 2
    assert (await shell.run("alice", "post", *([str(cat)] * 11))).code == 2
    refused = await shell.run("alice", f"post {cat} {broken} --json")
    assert (refused.code, refused.problem["clause"]) == (1, "PIC-1.2")
    assert (await shell.run("alice", "feed --mine --json")).json["items"] == []
    assert (await shell.run("alice", "uploads --json")).json["items"] == []
    rows = Rows()
    rows.database = shell.square.town.nodes["alpha.test"].node.stores.database
    assert await rows.rows(tables.pictures) == [], "what was made before is given up"


@pytest.mark.parametrize(
    "line",
    [
        "signup",
        "login",
        "login @alice@alpha.test",
        "chat",
        "post",
        "like",
        "friend add",
        "devices lose",
        "devices rename tablet",
        "devices revoke",
        "new-password",
        "uploads cancel",
        "post clip.mp4 --start soon",
        "post clip.mp4 --end 1:75",
        "post --text hello --cover 1",
        "feed --count none",
        "feed enemies",
        "feed local --mine",
        "friends --what",
    ],
)
@pytest.mark.usefixtures("nobody_types")
def test_what_is_not_understood(
    line: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for json_too in ([], ["--json"]):
        code = main([*line.split(), *json_too, "--home", str(tmp_path)])
        said = capsys.readouterr()
        assert (code, said.out) == (2, "")
        assert said.err
    assert json.loads(said.err)["problem"]["advice"]


@pytest.mark.usefixtures("nobody_types")
def test_who_is_not_logged_in_is_told_how(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for line in ("friends", "chat @bob", "devices revoke 1", "watch 1"):
        assert main([*line.split(), "--home", str(tmp_path)]) == 1
        assert "kith login" in capsys.readouterr().err


def test_the_table_of_commands_is_what_there_is() -> None:
    app = program()
    there = [one.name for one in (*app.registered_commands, *app.registered_groups)]
    assert sorted(map(str, there)) == sorted(PERSONS)


@pytest.mark.parametrize("name", sorted(PERSONS))
def test_every_command_has_help_and_json(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    said = capsys.readouterr().out
    assert "--json" in said or name == "friend"


def test_words_of_others_do_not_steer_the_terminal() -> None:
    assert clean("a\x1b[31mb\x07\x9bc\u202ed\n\te") == "a[31mbcd\n\te"


def test_a_person_loads_no_server() -> None:
    code = "import sys, node.client.cli; print([m for m in sys.modules if m.startswith(%r)])"
    servers = ("node.store", "node.web", "node.graph", "node.inbox", "node.video", "sqlalchemy")
    ran = subprocess.run(
        [sys.executable, "-c", code % (servers,)], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[]"
