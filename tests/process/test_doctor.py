"""`kith doctor` of real nodes: running, stopped, broken, on SQLite and PostgreSQL (OPS-3)."""

import asyncio
import json
import os
import socket
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from node.cli import doctor
from node.cli.doctor import CHECKS
from tests.postgres import Cluster, postgres_server
from tests.process.test_start_stop import place
from tools.lab import Lab, Place

__all__ = ["place", "postgres_server"]
Examined = Callable[..., tuple[int, dict[str, dict[str, str]]]]
# What a machine of tests has or lacks says nothing of the node.
MACHINE = {"clock-kept", "umask", "memory", "descriptors", "passphrases", "disk", "database-disk",
           "media-bounds", "ffmpeg", "ffmpeg-parts"}  # fmt: skip


@pytest.fixture
def examined(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Examined:
    def examine(place: Place, *more: str) -> tuple[int, dict[str, dict[str, str]]]:
        for variable in [one for one in os.environ if one.startswith("KITH_")]:
            monkeypatch.delenv(variable)
        for variable, value in place.environ.items():
            if variable.startswith("KITH_"):
                monkeypatch.setenv(variable, value)
        words = ["--data", str(place.data), "--listen", place.connect, "--json", *more]
        code = doctor.main(words)
        found = json.loads(capsys.readouterr().out)
        told = {one["check"]: one for one in found}
        assert len(told) == len(found)
        return code, told

    return examine


def wrong(told: dict[str, dict[str, str]]) -> set[str]:
    return {check for check, one in told.items() if one["state"] == "wrong"} - MACHINE


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    """All files but those by which SQLite's readers and writer share what they know."""
    files = [one for one in folder.rglob("*") if one.is_file() and "sqlite3-" not in one.name]
    return {str(one.relative_to(folder)): (one.stat().st_mode, one.read_bytes()) for one in files}


def put_administrator(place: Place) -> None:
    with sqlite3.connect(place.data / "kith.sqlite3") as database:
        database.execute(
            "INSERT INTO accounts (id, name, actor, channel, role, created)"
            " VALUES ('1', 'anna', 'https://alpha.test/a/1', 'https://alpha.test/a/2', 'admin', 0)"
        )
    database.close()


@pytest.mark.clause("OPS-3.1", "OPS-3.3", "OPS-3.4")
def test_a_node_that_runs_and_one_that_is_stopped(place: Place, examined: Examined) -> None:
    place.start()
    asyncio.run(place.ready())
    code, told = examined(place)
    assert tuple(told) == CHECKS and len(CHECKS) >= 50
    assert (code, wrong(told)) == (1, {"administrator"})
    put_administrator(place)
    code, told = examined(place)
    assert wrong(told) == set()
    assert told["process"]["state"] == told["same-node"]["state"] == told["tls"]["state"] == "ok"
    assert told["proxy-body"]["state"] == told["webfinger"]["state"] == "ok"
    assert place.stop() == 0
    before = contents(place.data)
    _, told = examined(place)
    assert wrong(told) == set()
    assert told["process"]["state"] == "look"
    assert told["livez"]["state"] == told["tls"]["state"] == told["worker"]["state"] == "unknown"
    assert contents(place.data) == before


@pytest.mark.clause("OPS-3.1", "OPS-3.2", "OPS-3.3")
def test_what_is_broken_is_named_and_the_other_looks_go_on(
    place: Place, examined: Examined
) -> None:
    place.start()
    asyncio.run(place.ready())
    assert place.stop() == 0
    put_administrator(place)
    file = place.data / "kith.sqlite3"
    with sqlite3.connect(file) as database:
        database.execute(
            "INSERT INTO renditions (video, name, blob, size) VALUES ('v', 'a.mp4', 'v/a.mp4', 7)"
        )
        database.execute("UPDATE settings SET value = 'open' WHERE key = 'registration'")
    database.close()
    left = place.data / "blobs" / "left-over.mp4"
    left.parent.mkdir(exist_ok=True)
    left.write_bytes(b"kith")
    os.utime(left, (0, 0))
    (place.data / "node.key").write_text("00" * 32 + "\n")
    with socket.socket() as other:
        other.bind(("127.0.0.1", place.port))
        other.listen()
        code, told = examined(place, "--domain", "beta.test")
    assert code == 1
    assert wrong(told) >= {"node-key", "blobs", "port", "name"}
    assert {told[one]["state"] for one in ("sign-up", "orphans")} == {"look"}
    assert "v/a.mp4" in told["blobs"]["words"]
    assert all(one["advice"] for one in told.values() if one["state"] in ("wrong", "look"))

    with file.open("r+b") as pages:  # a table's page, far from the first
        pages.seek(file.stat().st_size // 2 & ~4095)
        pages.write(os.urandom(4096 * 8))
    code, told = examined(place)
    assert code == 1 and told["integrity"]["state"] == "wrong"
    assert tuple(told) == CHECKS


@pytest.mark.clause("OPS-3.1", "OPS-3.3")
def test_where_no_node_is_nothing_is_made(place: Place, examined: Examined) -> None:
    code, told = examined(place)
    assert code == 1 and {"database", "key-file"} <= wrong(told)
    assert told["migrations"]["state"] == "unknown"
    assert not place.data.exists()
    place.environ["KITH_MAILBOX_LIMIT_BYTE"] = "1"
    code, told = examined(place)
    assert (code, list(told)) == (1, ["settings"])
    assert "mailbox_limit_byte" in told["settings"]["words"]


@pytest.mark.postgres
@pytest.mark.clause("OPS-3.1")
def test_a_node_over_postgresql(lab: Lab, postgres_server: Cluster, examined: Examined) -> None:
    lab.build("alpha.test", database=postgres_server.fresh())
    place = lab.places["alpha.test"]
    place.start()
    asyncio.run(place.ready())
    code, told = examined(place)
    assert (code, wrong(told)) == (1, {"administrator"})
    assert told["database-encoding"]["state"] == told["migrations"]["state"] == "ok"
    assert "PostgreSQL" in told["database-version"]["words"]
    place.environ["KITH_DATABASE"] = "postgresql+asyncpg://nobody@127.0.0.1:1/nothing"
    code, told = examined(place)
    assert code == 1 and "database" in wrong(told)
    assert told["administrator"]["state"] == "unknown"
