"""`kith group` and `kith chats`: what they print, and how they end (spec API-9.16)."""

import pytest

from tests.client.test_cli import Shell, enter, passphrase_file, shell
from tests.client.test_groups import square

__all__ = ["passphrase_file", "shell", "square"]


@pytest.mark.clause("API-9.16", "E2E-8.3")
async def test_a_group_in_commands(shell: Shell) -> None:
    for name, domain in (("alice", "alpha.test"), ("bob", "beta.test"), ("carol", "gamma.test")):
        await enter(shell, name, domain)
    for name, domain in (("bob", "beta"), ("carol", "gamma")):
        await shell.run("alice", f"friend add @{name}@{domain}.test")
        await shell.run(name, "friend accept @alice")
    made = await shell.run("alice", "group new", "Sunday walk", "@bob", "@carol")
    assert made.code == 0, made.err
    assert made.out == 'Sunday walk begins, with @bob, @carol: kith chat "Sunday walk"\n'
    assert (await shell.run("alice", "chat", "Sunday walk", "--send", "hello")).out == "Sent.\n"
    heard = await shell.run("bob", "chat", "sunday walk", "--history")
    assert "@alice@alpha.test added @bob@beta.test. @alice@alpha.test called it" in heard.out
    assert "@alice@alpha.test: hello" in heard.out
    assert (await shell.run("bob", "chat", "Sunday walk", "--send", "hi")).out == "Sent.\n"
    assert (
        "@bob@beta.test: hi" in (await shell.run("carol", "chat", "Sunday walk", "--history")).out
    )
    lines = (await shell.run("carol", "chat", "Sunday walk", "--history", "--json")).out
    assert '"kind": "group"' in lines or '"kind":"group"' in lines

    refused = await shell.run("bob", "group rename", "Sunday walk", "Mine")
    assert refused.code == 1 and "only its owners and admins" in refused.err
    refused = await shell.run("bob", "group remove --json", "Sunday walk", "@alice")
    assert refused.code == 1 and refused.problem["clause"] == "E2E-8.3"
    done = await shell.run("alice", "group role", "Sunday walk", "@bob", "admin")
    assert done.out == "@bob is admin now.\n"
    assert (await shell.run("bob", "group rename", "Sunday walk", "Swim")).code == 0
    shown = (await shell.run("carol", "group show --json", "Swim")).json
    assert [one["role"] for one in shown["people"]] == ["owner", "admin", "member"]
    gone = await shell.run("bob", "group remove", "Swim", "@carol")
    assert gone.out == "@carol is out, and reads nothing more.\n"
    refused = await shell.run("carol", "chat", "Swim", "--send", "?")
    assert refused.code == 1
    listed = (await shell.run("carol", "chats")).out
    assert "Swim (2)  (you are out of it)" in listed
    (item,) = (await shell.run("bob", "chats --json")).json["items"]
    assert (item["kind"], item["name"], len(item["people"])) == ("group", "Swim", 2)
    assert (await shell.run("bob", "group leave", "Swim")).code == 0
    alone = await shell.run("alice", "group leave", "Swim")
    assert alone.code == 0, alone.err
    assert "(you are out of it)" in (await shell.run("alice", "chats")).out


@pytest.mark.clause("API-9.16", "DEV-19.3")
async def test_words_that_do_not_belong_to_the_verb(shell: Shell) -> None:
    await enter(shell, "alice", "alpha.test")
    for line, words in (
        ("group new", ["Walk"]),
        ("group rename", ["Walk", "a", "b"]),
        ("group role", ["Walk", "@bob", "king"]),
        ("group leave", ["Walk", "@bob"]),
        ("group dance", ["Walk"]),
    ):
        assert (await shell.run("alice", line, *words)).code == 2, line
    none = await shell.run("alice", "group leave", "Walk")
    assert none.code == 1
    nobody = await shell.run("alice", "group new", "Walk", "@nobody")
    assert nobody.code == 1
    assert (await shell.run("alice", "chats")).out.startswith("You talk with nobody yet")
