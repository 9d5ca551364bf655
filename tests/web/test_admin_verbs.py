"""`kith admin` beside the API of administrators: the same verbs, the same answers (spec OPS-2)."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from node.app import System
from node.app.administration import open_administration
from node.cli import admin
from node.cli.admin_verbs import VERBS, Verb
from node.cli.admin_ways import OnTheMachine, OverTheApi, Way, read_token
from node.client.api_client import ApiClient
from node.errors import Refused
from node.system import SystemEntropy
from node.testing.fakes import FakeEntropy
from tests.web.conftest import Harness

Refusal = Callable[[str], AbstractContextManager[None]]
OURS = {("POST", "/invites"), ("GET", "/invites"), ("DELETE", "/invites/{id}")}


@pytest.fixture
async def ways(harness: Harness) -> AsyncIterator[tuple[Way, Way]]:
    """On the machine, and with an administrator's token."""
    token = await harness.join("root1", "admin")
    url = str(harness.client.make_url("/"))
    system = System(harness.clock, FakeEntropy("beside"), harness.web)
    async with AsyncExitStack() as stack:
        routes = await stack.enter_async_context(open_administration(harness.config, system))
        api = await stack.enter_async_context(ApiClient(url, SystemEntropy(), token))
        yield OnTheMachine(routes), OverTheApi(api, SystemEntropy())


async def say(way: Way, *words: str) -> Any:
    """What `kith admin WORDS --json` prints, or the clause and the reason of its refusal."""
    found = admin.parser().parse_args(words)
    verb = next(one for one in VERBS if one.name == found.verb)
    try:
        return admin.joined(await way.ask(verb, await admin.said(verb, found, way)))
    except Refused as refusal:
        return refusal.clause, refusal.reason


@pytest.mark.clause("OPS-2.1", "OPS-2.4")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["reset-link", ""], "argument id: it is empty"),
        (["suspend-server", " "], "argument host: it is empty"),
        (["accounts", "--name", ""], "argument --name: it is empty"),
        (["--as", "", "suspend", "anna"], "argument --as: it is empty"),
        (["suspend", "anna", "--url", ""], "argument --url: it is empty"),
        (["settings", "--data", ""], "argument --data: it is empty"),
        (["settings", "--domain", " "], "argument --domain: it is empty"),
        (["invite", "--uses", "many"], "argument --uses: invalid int value: 'many'"),
        (["set-registration", "maybe"], "invalid choice: 'maybe'"),
        (["approve"], "required: id"),
        (["frobnicate"], "invalid choice: 'frobnicate'"),
    ],
)
def test_words_that_are_not_understood_are_named(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        admin.main(words)
    assert ended.value.code == 2 and told in capsys.readouterr().err


@pytest.mark.clause("OPS-2.2")
def test_which_node_is_meant_is_said_before_the_verb_or_behind_it() -> None:
    ways = ["--data", "here", "--json", "--connect", "a:1"]
    before, behind = (
        vars(admin.parser().parse_args(words))
        for words in ([*ways, "suspend", "anna"], ["suspend", "anna", *ways])
    )
    assert before == behind
    assert (before["data_dir"], before["json"], before["connect"]) == ("here", True, "a:1")
    both = admin.parser().parse_args(["--data", "there", "--json", "accounts", "--data", "here"])
    assert (both.data_dir, both.json) == ("here", True)


@pytest.mark.clause("OPS-2.1")
async def test_every_operation_of_administrators_has_a_verb_that_can_say_all_of_it(
    harness: Harness,
) -> None:
    told = (await harness.ask("GET", "/openapi.json")).body
    schemas = told["components"]["schemas"]
    operations = {
        (method.upper(), path): operation
        for path, methods in told["paths"].items()
        for method, operation in methods.items()
    }
    verbs: dict[tuple[str, str], list[Verb]] = {}
    for verb in VERBS:
        verbs.setdefault((verb.method, verb.path), []).append(verb)
    for_admins = {key for key, one in operations.items() if "administrators" in
                  one.get("description", "")}  # fmt: skip
    assert len(for_admins) >= 12
    assert set(verbs) - OURS == for_admins, "a line in node/cli/admin_verbs.py"
    for key in for_admins:
        operation = operations[key]
        wanted = {one["name"] for one in operation["parameters"] if one["in"] in ("path", "query")}
        if "requestBody" in operation:
            reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
            wanted |= set(schemas[reference.rpartition("/")[2]]["properties"])
        for verb in verbs[key]:
            sayable = {word.name for word in verb.words} | set(verb.given)
            paging = {"limit", "after"} if verb.paged else set()
            assert wanted - paging == sayable, verb.name


@pytest.mark.clause("OPS-2.1", "OPS-2.2")
async def test_both_ways_answer_alike(harness: Harness, ways: tuple[Way, Way]) -> None:
    for name in ("alice", "bob"):
        await harness.join(name)
    machine, away = ways
    for words in (
        ["accounts", "--state", "active"],
        ["accounts", "--name", "alice"],
        ["settings"],
        ["set-registration", "approval"],
        ["settings"],
        ["suspend-server", "evil.test"],
        ["servers"],
        ["allow-server", "evil.test"],
        ["suspend-server", "a.test"],
        ["actors"],
        ["suspend-actor", "not an actor"],
        ["suspend", "alice"],
        ["reset-link", "alice"],
        ["approve", "bob"],
        ["reject", "alice"],
        ["suspend", "root1"],
        ["suspend", "nobody"],
        ["revoke-invite", "none"],
        ["accounts", "--state", "suspended"],
    ):
        assert await say(machine, *words) == await say(away, *words), words
    told = [sorted((await say(way, "health")).items()) for way in ways]
    assert [name for name, _ in told[0]] == [name for name, _ in told[1]]


@pytest.mark.clause("OPS-2.4", "ACC-2.3")
@pytest.mark.parametrize("word", ["uses", "days"])
async def test_no_uses_and_no_days_are_told_to_the_node(ways: tuple[Way, Way], word: str) -> None:
    for way in ways:
        assert (await say(way, "invite", f"--{word}", "0"))[0] == "ACC-2.3"
        assert (await say(way, "invite", f"--{word}", "1"))["url"]


@pytest.mark.clause("OPS-2.1", "OPS-2.3", "ACC-5.4")
async def test_what_is_done_on_the_machine_counts_in_the_running_node(
    harness: Harness, ways: tuple[Way, Way]
) -> None:
    machine, away = ways
    token = await harness.join("alice")
    assert (await say(away, "reset-link", "root1"))[0] == "ACC-5.4"
    link = (await say(machine, "reset-link", "root1"))["url"]
    assert (await harness.ask("GET", "//" + link.removeprefix("https://a.test/"))).status == 200
    made = await say(machine, "invite", "--role", "admin", "--uses", "2")
    assert (await harness.ask("GET", "//" + made["url"].removeprefix("https://a.test/"))).status
    listed = (await say(machine, "invites"))["items"]
    assert made["id"] in [one["id"] for one in listed]
    assert await say(machine, "revoke-invite", made["id"]) is None
    assert (await say(machine, "invite", "--uses", "1000"))[0] == "ACC-2.3"
    assert (await harness.ask("GET", "/account", token=token)).status == 200
    assert await say(machine, "suspend", "@alice") is None
    harness.clock.pass_(timedelta(seconds=5))
    assert (await harness.ask("GET", "/account", token=token)).status == 401


async def test_a_long_list_is_told_to_its_end(harness: Harness, ways: tuple[Way, Way]) -> None:
    for number in range(101):
        await harness.join(f"guest{number}")
    for way in ways:
        assert len((await say(way, "accounts", "--state", "active"))["items"]) == 102


@pytest.mark.clause("OPS-2.2")
def test_where_a_token_is_not_safe_it_is_not_taken(tmp_path: Path, refused: Refusal) -> None:
    path = tmp_path / "token"
    with refused("OPS-2.2"):
        read_token(path)
    path.write_text("kith_secret\n")
    path.chmod(0o640)
    with refused("OPS-2.2"):
        read_token(path)
    path.chmod(0o600)
    assert read_token(path) == "kith_secret"


@pytest.mark.clause("OPS-2.2", "OPS-1.1")
@pytest.mark.parametrize(
    "words", [["--url", "http://a.test"], ["--url", "https://a.test"], ["--data", "nowhere"]]
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    token = tmp_path / "token"
    token.touch(0o600)
    if words == ["--url", "http://a.test"]:
        words += ["--token-file", str(token)]
    words = [word.replace("nowhere", str(tmp_path / "nowhere")) for word in words]
    assert admin.main([*words, "servers"]) == 1
    said = capsys.readouterr()
    assert said.err.startswith("kith admin: ") and len(said.err.splitlines()) == 1
    assert not (tmp_path / "nowhere").exists()


def test_answers_are_shown_to_people_line_by_line() -> None:
    told = {"suspended": [], "items": [{"name": "bob", "ok": True, "why": ""}], "count": 2}
    assert list(admin.lines(told)) == [
        "suspended: none",
        "items:",
        "  name bob  ok yes",
        "count: 2",
    ]
    assert list(admin.lines(None)) == ["done"]


@pytest.mark.clause("OPS-2.5")
def test_what_others_wrote_steers_no_terminal_and_forges_no_line() -> None:
    words = "rude\x1b]0;x\x07\x9b2J\u202e\r\nstate closed  id 7\u2028\n\n more\t"
    told = {"note": words, "items": [{"text": words, "about": {"display_name": words}}]}
    shown = "rude ]0;x 2J\n      | state closed id 7\n      | more"
    assert list(admin.lines(told)) == [
        f"note: {shown}",
        "items:",
        f"  text {shown}  about display_name {shown}",
    ]
    as_json = admin.as_json(told)
    assert json.loads(as_json) == told and as_json.isprintable()
