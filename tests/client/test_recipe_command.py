"""The recipe of CONTRIBUTING.md for a new command, followed for a toy: `kith wave @bob`."""

from types import SimpleNamespace
from typing import Any

import pytest
import typer

from node.cli.table import COMMANDS, PERSONS, Command, help_text
from node.client import cli, kith
from node.client.cli import program
from node.client.cli.command import CommandContext, verb
from node.client.cli.people import Who
from node.client.kith import Kith
from node.client.people import People
from node.errors import Missing
from node.wire.api.graph import Relation
from tests.client import test_cli
from tests.client.conftest import Square
from tests.client.test_cli import Shell, enter

passphrase_file, shell = test_cli.passphrase_file, test_cli.shell


async def wave(people: People, handle: str) -> Relation:
    """Step 2: a method of the part. Raises `Missing` for a stranger."""
    found = await people.relation(handle)
    if found.state == "none":
        raise Missing("GRA-3.1", "you do not know each other")
    return found


async def wave_command(context: CommandContext, who: Who) -> None:
    """Wave at somebody."""
    async with context.kith() as own:
        waved: Relation = await own.wave(who)  # type: ignore[attr-defined]
        context.out.done(f"You waved at {waved.person.handle}.", waved)


def register(app: typer.Typer) -> None:
    """Step 3: the page of the command."""
    verb(app, "wave")(wave_command)


@pytest.fixture
def waving(monkeypatch: pytest.MonkeyPatch) -> None:
    """Step 2: its line in `Kith`. Steps 3 and 4: the page's and the command's lines."""
    monkeypatch.setattr(Kith, "wave", kith._of_people(wave), raising=False)
    page: Any = SimpleNamespace(register=register)
    monkeypatch.setattr(cli, "PAGES", (*cli.PAGES, page))
    monkeypatch.setitem(PERSONS, "wave", Command("node.client.cli", "Wave.", whole=True))
    monkeypatch.setitem(COMMANDS, "wave", PERSONS["wave"])


async def test_a_new_command_prints_answers_in_json_and_fails_in_words(
    waving: None, shell: Shell, square: Square
) -> None:
    """Step 5."""
    await enter(shell, "alice", "alpha.test")
    await enter(shell, "bob", "beta.test")
    await shell.run("alice", "friend add @bob@beta.test")
    assert (await shell.run("alice", "wave @bob@beta.test")).out == (
        "You waved at @bob@beta.test.\n"
    )
    assert (await shell.run("alice", "wave @bob@beta.test --json")).json["state"] == "requested"
    unknown = await shell.run("alice", "wave @alice@alpha.test --json")
    assert (unknown.code, unknown.out) == (1, "")
    assert (await shell.run("alice", "wave --json")).code == 2
    nobody = await shell.run("carol", "wave @bob@beta.test --json")
    assert (nobody.code, nobody.problem["clause"]) == (1, "API-9.1")
    assert "kith wave " in help_text()


def test_a_command_that_no_table_names_is_found(
    waving: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Step 4, of who forgot it: see `test_cli`."""
    monkeypatch.delitem(PERSONS, "wave")
    registered = {group.name for group in program().registered_groups}
    registered |= {command.name for command in program().registered_commands}
    assert registered - set(PERSONS) == {"wave"}
