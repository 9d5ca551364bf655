"""A node starts and stops as its operator expects; what cannot work is said in one sentence."""

import asyncio
import os
import signal
import socket
import sqlite3
import ssl
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from aiohttp import web

from node.cli import child, invite, migrate, serve
from node.client.api_client import ApiClient, Event
from node.errors import Missing, Unreachable
from node.system import SystemEntropy
from node.wire.api.accounts import ActorView, NewAccount, Session
from tools.bench.people import person
from tools.bench.talk import until
from tools.lab import Lab, Place, free_port

FRESH_SECONDS = 20.0  # generous: the figure itself is measured by `make bench`


Start = Callable[..., tuple[int, str]]


@pytest.fixture
def start(
    place: Place, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Start:
    """A start that should fail: its exit code and its words. In this process, to save time."""

    def run(*more: str, **environ: str) -> tuple[int, str]:
        with monkeypatch.context() as patch:
            for name, value in (place.environ | environ).items():
                patch.setenv(name, value)
            given = ["--data", str(place.data), "--domain", place.domain]
            code = serve.main([*given, "--listen", place.connect, *more])
        return code, capsys.readouterr().err.strip()

    return run


def one_sentence(words: str) -> bool:
    return words.startswith("kith serve: ") and "\n" not in words and "Traceback" not in words


@pytest.fixture
def place(lab: Lab) -> Place:
    lab.build("alpha.test")
    return lab.places["alpha.test"]


@pytest.mark.clause("FED-12.3", "FED-12.4", "FED-12.7", "FED-8.12")
def test_first_start_second_start_and_all_that_a_later_start_refuses(
    place: Place, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One node through its life, so that it has to be made only once."""
    place.start()
    assert place.process is not None
    assert asyncio.run(place.ready()) < FRESH_SECONDS
    code, words = start()
    assert (code, one_sentence(words)) == (1, True), words
    assert "FED-12.4" in words and str(place.process.pid) in words
    assert place.stop() == 0

    # From here on no migration runs: a start that wanted one would fail by this.
    monkeypatch.setattr(child.subprocess, "Popen", None)
    before = sorted(file.name for file in place.data.iterdir())
    code, words = start("--domain", "gamma.test")
    assert (code, one_sentence(words)) == (1, True) and "FED-12.3" in words, words

    key = (place.data / "node.key").read_bytes()
    (place.data / "node.key").write_text("00" * 32 + "\n")
    code, words = start()
    assert (code, one_sentence(words)) == (1, True) and "put back the one" in words, words
    (place.data / "node.key").unlink()
    code, words = start()
    assert (code, one_sentence(words)) == (1, True) and "put back the one" in words, words
    assert not (place.data / "node.key").exists(), "no other key was made in its place"
    (place.data / "node.key").touch(mode=0o600)
    (place.data / "node.key").write_bytes(key)
    assert sorted(file.name for file in place.data.iterdir()) == before
    monkeypatch.undo()

    set_version(place, "9999_pre_later")
    code, words = start()
    assert (code, one_sentence(words)) == (1, True) and "9999_pre_later" in words, words
    assert sorted(file.name for file in place.data.iterdir()) == before


async def deaf(place: Place) -> None:
    """Until nobody listens there any more."""
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", place.port)
        except OSError:
            return
        writer.close()
        await asyncio.sleep(0.01)


def set_version(place: Place, name: str) -> None:
    connection = sqlite3.connect(place.data / "kith.sqlite3")
    with connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (name,))
    connection.close()


@pytest.mark.clause("FED-12.7")
async def test_a_stop_answers_what_is_under_way_and_ends_the_streams(lab: Lab) -> None:
    """A lookup waits for a peer that answers only when the node no longer listens."""
    port = free_port()
    lab.build("alpha.test", peers={"slow.test": port})
    place = lab.places["alpha.test"]
    place.start()
    await place.ready()
    link = (await asyncio.to_thread(place.invite)).rpartition("/")[2]

    async def webfinger(_request: web.Request) -> web.Response:
        assert place.process is not None
        place.process.send_signal(signal.SIGTERM)
        await deaf(place)
        raise web.HTTPNotFound

    app = web.Application()
    app.router.add_get("/.well-known/webfinger", webfinger)
    peer = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    peer.load_cert_chain(lab.folder / "slow.test.pem", lab.folder / "slow.test.key")
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=peer).start()
    entropy = SystemEntropy()
    seat = (place.origin, entropy)
    body = NewAccount(
        name="alice", password="alice has a long password", device_name="phone", invite=link
    )
    async with ApiClient(*seat, "", place.connect, str(lab.ca)) as line:
        session = await line.ask("POST", "/accounts", Session, body)
    events: list[Event] = []
    async with ApiClient(*seat, session.token or "", place.connect, str(lab.ca)) as line:

        async def listen() -> None:
            with suppress(Unreachable):
                async for event in line._stream(""):
                    events.append(event)

        listening = asyncio.create_task(listen())
        with pytest.raises(Missing):
            query = {"acct": "@bob@slow.test"}
            await line.ask("GET", "/accounts/lookup", ActorView, query=query)
        await listening
        assert await asyncio.to_thread(place.stop) == 0
    await runner.cleanup()
    assert "Traceback" not in place.log.read_text()


@pytest.mark.clause("FED-12.1", "FED-12.2", "FED-12.5")
def test_what_cannot_be_used_is_said_in_one_sentence_and_nothing_is_made(
    place: Place, start: Start, tmp_path: Path
) -> None:
    junk = tmp_path / "junk.pem"
    junk.write_text("no certificate\n")
    junk.chmod(0o600)
    toml = tmp_path / "bad.toml"
    toml.write_text("listen = [\n")
    away = str(tmp_path / "away.pem")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        cases: list[tuple[tuple[str, ...], dict[str, str], str]] = [
            (("--config", str(toml)), {}, "is not TOML"),
            (("--config", away), {}, "cannot be read"),
            (("--domain", "kith.example.org"), {}, "FED-12.2"),
            (("--domain", "foo bar.test"), {}, "host name of letters, digits and hyphens"),
            ((), {"KITH_RESOLVE": "beta.test=beta:1"}, "beta.test must lead to IP:PORT"),
            ((), {"KITH_FFMPEG": away}, "is no program that can be run"),
            (("--database", f"sqlite+aiosqlite:///{away}/k.db"), {}, "there is no folder"),
            ((), {"KITH_TLS_CERT_FILE": away}, "away.pem cannot be read"),
            ((), {"KITH_TLS_KEY_FILE": str(junk)}, "no certificate chain"),
            ((), {"KITH_EXTRA_CA_FILE": str(junk)}, "holds no certificate"),
            (("--listen", f"127.0.0.1:{port}"), {}, f"cannot listen on 127.0.0.1:{port}"),
            (("--data", str(junk)), {}, "cannot be written to"),
            (("--data", "/proc/kith"), {}, "cannot be written to"),
            (("--database", "postgresql+asyncpg://kith@127.0.0.1:1/x"), {}, "cannot be reached"),
        ]
        for more, environ, expected in cases:
            code, words = start(*more, **environ)
            assert code == 1 and one_sentence(words) and expected in words, words
    made = [file.name for file in place.data.iterdir()] if place.data.exists() else []
    assert made in ([], ["node.lock"])


@pytest.mark.clause("FED-12.9")
def test_an_invite_needs_a_node_and_takes_its_names_from_it(
    place: Place, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    away = tmp_path / "away"
    assert invite.main(["--data", str(away)]) == 1
    assert "FED-12.9" in capsys.readouterr().err and not away.exists()

    place.start()
    asyncio.run(place.ready())
    here = ["--data", str(place.data)]
    assert invite.main([*here, "--domain", "gamma.test"]) == 1
    assert "FED-12.3" in capsys.readouterr().err
    assert invite.main([*here, "--uses", "0"]) == 1
    assert "ACC-2.3" in capsys.readouterr().err
    connection = sqlite3.connect(place.data / "kith.sqlite3")

    async def count() -> int:
        return int(connection.execute("SELECT count(*) FROM invites").fetchone()[0])

    # The first one it makes by itself, once it answers.
    asyncio.run(until("the first administrator is invited", count))
    assert invite.main([*here, "--admin"]) == 0
    assert capsys.readouterr().out.startswith("https://alpha.test/invite/")
    assert asyncio.run(count()) == 2
    connection.close()
    assert place.stop() == 0
    assert migrate.main(here) == 0


@pytest.mark.clause("FED-12.6")
def test_a_file_that_is_no_database_is_left_as_it_is(place: Place, start: Start) -> None:
    place.data.mkdir(mode=0o700)
    junk = os.urandom(8192)
    (place.data / "kith.sqlite3").write_bytes(junk)
    code, words = start()
    assert (code, one_sentence(words)) == (1, True) and "not a database" in words, words
    assert (place.data / "kith.sqlite3").read_bytes() == junk


@pytest.mark.clause("FED-12.4a")
async def test_without_a_worker_a_process_serves_and_what_it_took_in_waits(lab: Lab) -> None:
    lab.build("alpha.test", worker="false")
    place = lab.places["alpha.test"]
    place.start()
    await place.ready()
    async with person(place, "alice") as alice, person(place, "bob") as bob:
        await alice.ask("POST", "/follows", {"actor": bob.actor})
        database = sqlite3.connect(place.data / "kith.sqlite3")
        query = "SELECT state, count(*) FROM arrivals GROUP BY state"
        assert database.execute(query).fetchall() == [("new", 1)]
        assert place.stop() == 0
        # Nothing works any more: what was not done at its end was never begun.
        assert database.execute(query).fetchall() == [("new", 1)]
        place.environ["KITH_WORKER"] = "true"
        place.start()
        await place.ready()

        async def applied() -> bool:
            return ("new", 1) not in database.execute(query).fetchall()

        await until("what waited is applied", applied)
        database.close()
    assert place.stop() == 0
