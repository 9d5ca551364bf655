"""What others of the machine may open: nothing that is made, and nothing secret is read from it."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import trustme

from node.cli import admin_ways, backup, invite, migrate, restore, secrets, serve, table
from node.cli.starting import tls_context
from node.client import passphrases, profile
from node.client.profile import Profile
from node.config import Config
from node.errors import Malformed, Missing
from node.private_files import OTHERS, check_private, secret_line
from node.store.keyring import NodeKey
from node.testing.fakes import FakeEntropy
from tools.lab import Lab


@pytest.fixture(autouse=True)
def umask_stays() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def open_to_others(folder: Path) -> list[str]:
    found = [folder, *folder.rglob("*")]
    return [str(path) for path in found if stat.S_IMODE(path.lstat().st_mode) & OTHERS]


@pytest.mark.clause("FED-12.21")
@pytest.mark.parametrize("command", [*table.COMMANDS, "--help", "nonsense"])
def test_every_command_begins_with_a_strict_umask(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    umasks = []

    def page(_name: str) -> None:
        umasks.append(os.umask(0o022))
        raise SystemExit

    monkeypatch.setattr(table, "import_module", page)
    os.umask(0)
    if command in table.COMMANDS:
        with pytest.raises(SystemExit):
            table.run([command])
        assert umasks == [OTHERS]
    else:
        table.run([command])
        assert os.umask(0o022) == OTHERS


@pytest.mark.clause("FED-12.21")
async def test_all_that_a_node_makes_is_its_own(lab: Lab) -> None:
    lab.build("alpha.test")
    place = lab.places["alpha.test"]
    # The folder above is not there yet either, and whoever starts it is careless.
    place.data = place.data / "below" / "data"
    place.wrapper = ("sh", "-c", 'umask 000 && exec "$@"', "sh")
    place.start()
    await place.ready()
    assert place.stop() == 0
    assert len(list(place.data.rglob("*"))) > 3
    assert open_to_others(place.data.parent.parent / "below") == []


@pytest.mark.clause("FED-12.21")
@pytest.mark.parametrize("mode", [0o755, 0o750, 0o701, 0o720])
@pytest.mark.parametrize("command", [serve, migrate, backup, restore, invite])
def test_an_open_data_folder_is_refused_with_what_to_do(
    command: object, mode: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(mode)
    words = {backup: [str(tmp_path / "f")], restore: [str(tmp_path / "f")]}.get(command, [])
    given = [*words, "--data", str(data), "--domain", "alpha.test"]
    assert command.main(given) == 1  # type: ignore[attr-defined]
    said = capsys.readouterr().err
    assert f"chmod 700 {data}" in said and "Traceback" not in said and said.count("\n") == 1
    assert list(data.iterdir()) == []


@pytest.mark.clause("FED-12.21")
def test_settings_that_hold_a_password_are_read_from_a_private_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, data = tmp_path / "kith.toml", tmp_path / "data"
    url = "postgresql+asyncpg://kith:secret@127.0.0.1:1/kith"
    file.write_text(f'origin = "https://alpha.test"\ndatabase = "{url}"\n')
    file.chmod(0o644)
    assert migrate.main(["--config", str(file), "--data", str(data)]) == 1
    said = capsys.readouterr().err
    assert f"chmod 600 {file}" in said and "secret" not in said
    file.write_text(f'origin = "https://alpha.test"\ndatabase = "sqlite+aiosqlite:///{data}/x"\n')
    migrate.main(["--config", str(file), "--data", str(data)])
    assert "chmod" not in capsys.readouterr().err, "without a password everybody may read it"


@pytest.mark.clause("FED-12.21")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_the_key_of_tls_is_read_from_a_private_file(
    tmp_path: Path, mode: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = trustme.CA().issue_cert("a.test")
    chain, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    chain.write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(key)
    config = Config(origin="https://a.test", tls_cert_file=str(chain), tls_key_file=str(key))
    key.chmod(mode)
    with pytest.raises(Malformed, match=f"chmod 600 {key}"):
        tls_context(config)
    monkeypatch.setattr(os, "geteuid", lambda: key.stat().st_uid + 1)
    assert tls_context(config), "lent by another user, as in a container"
    monkeypatch.undo()
    key.chmod(0o600)
    assert tls_context(config)


@pytest.mark.clause("FED-12.17", "E2E-6.8", "OPS-2.2", "FED-8.12", "API-9.1")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602, 0o604])
def test_no_secret_is_read_from_a_file_that_others_may_open(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "secret"
    file.write_text("a long enough passphrase\n")
    known = Profile(
        origin="https://a.test", name="alice", handle="@alice@a.test",
        actor="https://a.test/a/1", device="d", token="kith_token",
    )  # fmt: skip
    profile.save(tmp_path, known)
    kept = profile.folder_of(tmp_path, known.handle) / "profile.json"
    key = tmp_path / "node.key"
    key.write_text("00" * 32)
    readers = {
        file: [
            lambda: secrets.passphrase(str(file), twice=False),
            lambda: passphrases.read(None, {passphrases.FILE: str(file)}),
            lambda: admin_ways.read_token(file),
        ],
        kept: [lambda: profile.load(tmp_path)],
        key: [lambda: NodeKey(tmp_path, FakeEntropy())],
    }
    for path, reads in readers.items():
        for read in reads:
            path.chmod(mode)
            with pytest.raises(Malformed, match=f"chmod 600 {path}"):
                read()
            path.chmod(0o600)
            read()


def test_a_secret_is_the_first_line_and_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    with pytest.raises(Missing, match=f"the file {file} cannot be read: No such file"):
        secret_line(file, "E2E-6.8", "the file")
    for content, said in ((b"word\r\nmore", "word"), (b"word", "word"), (b"", "")):
        file.write_bytes(content)
        file.chmod(0o600)
        assert secret_line(file, "E2E-6.8", "the file") == said
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(Missing, match="not text in UTF-8"):
        secret_line(file, "E2E-6.8", "the file")


def test_a_private_folder_is_let_through(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    check_private(folder, "FED-12.21")
    with closing(sqlite3.connect(folder / "kith.sqlite3")):
        check_private(folder, "FED-12.21")
