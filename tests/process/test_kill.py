"""`kill -9` at any instant: after a restart everything that was accepted is there, once."""

import asyncio
import os
import random
import signal
import subprocess
import time
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest

from node.client import profile, seals, uploads
from node.client.api_client import ApiClient
from node.client.kith import Kith
from tests.process import crowd
from tests.process.crowd import PASSPHRASE, Voice, until
from tools.lab import KITH, Lab, Place

KILLS = int(os.environ.get("SOAK_KILLS", "4"))
SEED = int(os.environ.get("SOAK_SEED", "7"))
STRANGERS = 2
UPLOAD_BYTES = 24 * 1024 * 1024

# `while_moving` ends what stands still.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(0)]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Vaults open fast, and tries follow one another quickly."""
    monkeypatch.setattr(seals, "OPSLIMIT", 1)
    monkeypatch.setattr(seals, "MEMLIMIT", 8192)

    async def rest(_api: ApiClient, _failures: int) -> None:
        await asyncio.sleep(0.25)

    monkeypatch.setattr(uploads, "TRIES", 1000)
    monkeypatch.setattr(ApiClient, "rest", rest)


@pytest.fixture
async def lab(lab: Lab) -> Lab:
    """Two nodes that run."""
    lab.build("alpha.test", "beta.test", api_requests_per_minute="1000000")
    await lab.start()
    return lab


async def kill_and_restart(place: Place) -> None:
    await asyncio.to_thread(place.kill)
    place.start()
    await place.ready()


@pytest.mark.clause("FED-7.8", "FED-7.13", "FED-8.8", "VID-1.6", "API-6.5", "E2E-5.9")
async def test_what_was_accepted_survives_kills_at_random_instants(
    lab: Lab, tmp_path: Path
) -> None:
    chance = random.Random(SEED)
    alpha, beta = lab.places.values()
    film = tmp_path / "film.bin"
    film.write_bytes(chance.randbytes(UPLOAD_BYTES))
    async with crowd.friends(lab) as (alice, bob), AsyncExitStack() as stack:
        entered = [await crowd.enter(lab, beta, f"carol{n}") for n in range(STRANGERS)]
        strangers = [await stack.enter_async_context(each) for each in entered]
        voices = (Voice(alice, bob), Voice(bob, alice))
        ears = [asyncio.create_task(voice.listen()) for voice in voices]
        parts: set[int] = set()
        works = [asyncio.create_task(voice.talk()) for voice in voices]
        works += [asyncio.create_task(voice.post()) for voice in voices]
        works.append(
            asyncio.create_task(crowd.put_up(alice, film, lambda done, _size: parts.add(done)))
        )
        kills = 0
        async with crowd.while_moving(lambda: kills):
            for kills in range(KILLS):
                await asyncio.sleep(chance.uniform(0.02, 0.8))
                asking = None
                if kills < STRANGERS:
                    asking = asyncio.create_task(crowd.befriend(strangers[kills], alice.handle))
                    await asyncio.sleep(chance.uniform(0, 0.05))
                await kill_and_restart(alpha if chance.random() < 0.7 else beta)
                if asking is not None:
                    await asking
        for voice in voices:
            voice.over.set()
        async with crowd.while_moving(
            lambda: [len(parts), *(len(voice.heard) for voice in voices)]
        ):
            *_, uploaded = await asyncio.gather(*works)
        assert uploaded.offset == UPLOAD_BYTES

        for one, other in (voices, voices[::-1]):
            await crowd.has_all_once(one, other, lab)

        async def asked() -> bool:
            return len(await alice.requests()) == STRANGERS

        await until("every stranger's request has arrived", asked)
        devices = [(await voice.kith.talk()).device for voice in voices]
        (group,) = devices[0].conversations()
        assert devices[0].authenticator(group) == devices[1].authenticator(group)
        for ear in ears:
            ear.cancel()
            with suppress(asyncio.CancelledError):
                await ear
    for place in lab.places.values():
        assert await asyncio.to_thread(place.stop) == 0
        crowd.hard_look(place, place.data)


@pytest.mark.clause("E2E-5.4")
async def test_a_client_that_is_killed_while_it_speaks_goes_on(lab: Lab) -> None:
    """Whatever was said before the kill goes out later with the same bytes, or was never said."""
    chance = random.Random(SEED)
    words = lab.folder / "passphrase"
    words.write_text(PASSPHRASE)
    words.chmod(0o600)
    async with crowd.friends(lab) as (alice, bob):
        await alice.say(bob.handle, "hello")
        vault = profile.vault_of(alice.home, alice.profile)
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("KITH_")},
        "KITH_HOME": str(lab.folder / "alice"),
        "KITH_VAULT_PASSPHRASE_FILE": str(words),
    }

    def speak(text: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [str(KITH), "chat", bob.handle, "--send", text],
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    done = ["hello"]
    number = 0
    async with crowd.while_moving(lambda: number):
        for number in range(max(3, KILLS // 2)):
            text = f"word {number}"
            before = stamps(vault)
            process = speak(text)
            # The instants that matter begin when the vault is first written to.
            await asyncio.to_thread(written, process, vault, before)
            await asyncio.sleep(chance.uniform(0, 0.06))
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGKILL)
            output, _ = await asyncio.to_thread(process.communicate)
            assert process.returncode in (0, -signal.SIGKILL), output
            if process.returncode == 0:
                done.append(text)
    last = speak("the last word")
    output, _ = await asyncio.to_thread(last.communicate)
    assert last.returncode == 0, output

    async with Kith.load(lab.folder / "alice", passphrase=PASSPHRASE) as alice:
        said = [row.text for row in await alice.history(bob.handle)]
    assert set(done) <= set(said)
    assert len(said) == len(set(said))
    async with Kith.load(lab.folder / "bob", passphrase=PASSPHRASE) as bob:

        async def read() -> list[str]:
            await (await bob.talk()).pull()
            return [row.text for row in await bob.history(alice.handle)]

        async def came() -> bool:
            return len(await read()) >= len(said)

        await until("bob reads all that was said", came)
        assert await read() == said


def stamps(vault: Path) -> list[int]:
    files = (vault, vault.with_name(vault.name + "-wal"))
    return [file.stat().st_mtime_ns if file.exists() else 0 for file in files]


def written(process: subprocess.Popen[bytes], vault: Path, before: list[int]) -> None:
    """Until the vault is written to, or the process has ended."""
    while process.poll() is None and stamps(vault) == before:
        time.sleep(0.001)
