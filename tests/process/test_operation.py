"""What happens to a node besides its work: lost files, full disks, new certificates."""

import asyncio
import os
import signal
import sqlite3
import ssl
import subprocess
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest
import trustme

from node.cli import invite, migrate, probes
from node.cli.certificates import Certificate
from node.cli.starting import tls_context
from node.config import Config
from node.errors import Malformed
from tests.process.small_disk import inside, needs_mounts
from tests.process.test_start_stop import Start, one_sentence, place, start
from tools.lab import Place

__all__ = ["place", "start"]


def made(place: Place) -> Place:
    """A node that was started once."""
    place.start()
    asyncio.run(place.ready())
    assert place.stop() == 0
    return place


@pytest.mark.clause("FED-12.10", "FED-12.13", "FED-12.12")
def test_a_node_whose_database_is_gone_or_damaged_does_not_start(
    place: Place, start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    made(place)
    database = place.data / "kith.sqlite3"
    whole = database.read_bytes()

    torn = bytearray(whole)
    for page in range(4, 16):
        torn[page * 4096 : (page + 1) * 4096] = b"\xa5" * 4096
    database.write_bytes(torn)
    code, words = start()
    assert (code, one_sentence(words)) == (1, True), words
    assert "FED-12.13" in words and "kith restore" in words
    assert database.read_bytes() == torn, "kept, for whoever can read something from it"

    for content in (None, b""):
        database.unlink(missing_ok=True)
        if content is not None:
            database.write_bytes(content)
        before = sorted(place.data.iterdir())
        code, words = start()
        assert (code, one_sentence(words)) == (1, True), words
        assert "FED-12.10" in words and "node.key" in words and "--new" in words
        assert migrate.main(["--data", str(place.data)]) == 1
        assert "FED-12.10" in capsys.readouterr().err
        assert invite.main(["--data", str(place.data)]) == 1
        assert "FED-12.10" in capsys.readouterr().err
        assert sorted(place.data.iterdir()) == before, "nothing was made"
        capsys.readouterr()
    empty = sqlite3.connect(database)
    empty.execute("PRAGMA user_version = 1")
    empty.close()
    assert "FED-12.10" in start()[1], "a database without tables is none"
    database.unlink()

    place.more = ("--new",)
    place.start()
    asyncio.run(place.ready())
    assert place.stop() == 0
    assert "/invite/" in place.log.read_text().rpartition("signs up here")[2]


@pytest.mark.clause("FED-12.12")
def test_what_cannot_be_written_to_is_named(place: Place, start: Start) -> None:
    made(place)
    blobs, database = place.data / "blobs", place.data / "kith.sqlite3"
    with suppress(OSError):
        blobs.rmdir()
    # Nobody may make files there, not even who may do all else.
    blobs.symlink_to("/proc/self")
    code, words = start()
    assert (code, one_sentence(words)) == (1, True), words
    assert "FED-12.12" in words and str(blobs) in words and "chown" in words
    blobs.unlink()

    # A program that runs is a file that nobody may write to.
    database.rename(place.data / "kept")
    database.write_bytes(Path("/bin/sleep").read_bytes())
    database.chmod(0o700)
    with subprocess.Popen([database, "30"]) as running:
        with pytest.raises(Malformed) as caught:
            probes.check_writable(Config(origin=place.origin, data_dir=str(place.data)))
        running.kill()
    assert caught.value.clause == "FED-12.12" and str(database) in caught.value.reason


@pytest.mark.clause("FED-12.11", "FED-12.8")
@needs_mounts
async def test_a_start_on_a_full_disk_serves_reads_and_goes_on_by_itself(place: Place) -> None:
    place.start()
    await place.ready()
    assert await asyncio.to_thread(place.stop) == 0
    assert (place.data / probes.ROOM_FILE).stat().st_size == probes.ROOM_BYTES
    place.environ["KITH_DISK_RESERVE_BYTES"] = str(2**20)
    # The folder as it is, on a disk that holds it and not a byte more.
    fill = (
        'cp -a "$1" "$1.kept" && mount -t tmpfs -o mode=700,size=8m none "$1" '
        '&& cp -a "$1.kept/." "$1" '
        '&& (dd if=/dev/zero of="$1/filler" bs=4k 2>/dev/null; true) && shift && exec "$@"'
    )
    place.wrapper = ("unshare", "-Urm", "sh", "-c", fill, "sh", str(place.data))
    place.start()
    await place.ready("/livez")
    status, text = await asked(place, "/readyz")
    assert status == 503 and "disk" in text and "full" in text and "make room" in text, text
    status, _ = await asked(place, "/.well-known/nodeinfo")
    assert status == 200, "what reads is answered"
    assert place.process is not None and place.process.poll() is None
    await asyncio.to_thread((inside(place) / "filler").unlink)
    await place.ready()
    assert await asyncio.to_thread(place.stop) == 0
    assert "Traceback" not in place.log.read_text()


async def asked(place: Place, path: str) -> tuple[int, str]:
    context = ssl.create_default_context(cafile=str(place.ca))
    async with (
        aiohttp.ClientSession() as session,
        session.get(
            f"https://{place.connect}{path}", ssl=context, server_hostname=place.domain
        ) as answer,
    ):
        return answer.status, await answer.text()


async def logged(place: Place, words: str) -> None:
    """Until the node's log has these words."""
    while True:
        if words in place.log.read_text():
            return
        await asyncio.sleep(0.01)


def shown(place: Place) -> str:
    """The certificate that the node shows."""
    return ssl.get_server_certificate(("127.0.0.1", place.port))


@pytest.mark.clause("FED-12.15")
async def test_a_renewed_certificate_is_shown_on_sighup_and_a_torn_one_is_not(
    place: Place,
) -> None:
    place.start()
    assert place.process is not None
    await place.ready()
    former = await asyncio.to_thread(shown, place)
    certificate, key = (Path(place.environ[f"KITH_TLS_{name}_FILE"]) for name in ("CERT", "KEY"))
    renewed = trustme.CA().issue_cert(place.domain)

    certificate.write_bytes(b"".join(part.bytes() for part in renewed.cert_chain_pems))
    place.process.send_signal(signal.SIGHUP)
    await logged(place, "is not taken")
    assert await asyncio.to_thread(shown, place) == former, "the key is still another's"

    renewed.private_key_pem.write_to_path(key)
    place.process.send_signal(signal.SIGHUP)
    await logged(place, "certificate is renewed")
    assert await asyncio.to_thread(shown, place) != former
    os.kill(place.process.pid, signal.SIGHUP)
    assert await asyncio.to_thread(place.stop) == 0
    assert "Traceback" not in place.log.read_text()


@pytest.mark.clause("FED-12.15")
def test_who_asks_is_shown_what_is_there_whenever_it_was_written(tmp_path: Path) -> None:
    """A pair that was renewed before anybody began to look at it differs from nothing."""
    files = {name: tmp_path / name for name in ("cert.pem", "key.pem")}

    def write() -> None:
        issued = trustme.CA().issue_cert("a.test")
        chain = b"".join(part.bytes() for part in issued.cert_chain_pems)
        files["cert.pem"].write_bytes(chain)
        issued.private_key_pem.write_to_path(files["key.pem"])
        files["key.pem"].chmod(0o600)

    write()
    config = Config(
        data_dir=str(tmp_path),
        origin="https://a.test",
        tls_cert_file=str(files["cert.pem"]),
        tls_key_file=str(files["key.pem"]),
    )
    context = tls_context(config)
    assert context is not None
    write()
    certificate = Certificate(config, context)
    assert not certificate.renew()
    assert certificate.renew(asked=True)
    assert not certificate.renew()
