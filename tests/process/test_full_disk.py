"""A disk that fills up at any instant: what was accepted is there, once, when there is room again.

`tools/soak disks` fills the disks of both nodes many more times.
"""

import asyncio
import os
import random
from contextlib import suppress

import pytest

from node.client import seals
from node.errors import Full
from tests.process import crowd
from tests.process.crowd import Voice, until
from tests.process.small_disk import copied, fill, needs_mounts, put_on_small_disk
from tools.docker_lab import LINK
from tools.lab import Lab, Place

TIMES = int(os.environ.get("SOAK_FULL_DISKS", "2"))
SEED = int(os.environ.get("SOAK_SEED", "7"))
# Half a mebibyte of talk and posts for each time that a disk is full, beside an empty database.
DISK_MIB = 16 + TIMES // 2


async def ready_with_link(place: Place) -> None:
    """Its small disk is seen by the node alone: so what counts is the link that it prints."""
    await place.ready()

    async def printed() -> bool:
        found = LINK.search(place.log.read_text())
        place.link = found[1] if found else ""
        return bool(place.link)

    await until("the node prints its first link", printed)


async def refused(voice: Voice) -> None:
    """Until a post is refused: SQLite's log has a little room of its own."""

    async def so() -> bool:
        words = f"{voice.name} writes on a full disk {len(voice.posted)}"
        try:
            await voice.kith.post_text(words, "friends")
        except Full:
            return True
        voice.posted.append(words)
        return False

    await until("the full disk is noticed", so, lambda: len(voice.posted))


@pytest.mark.slow
@pytest.mark.timeout(180 + 30 * TIMES)
@needs_mounts
@pytest.mark.clause("FED-12.8", "FED-12.11", "FED-8.8", "E2E-4.7")
async def test_what_was_accepted_survives_disks_that_fill_up_at_random_instants(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seals, "OPSLIMIT", 1)
    monkeypatch.setattr(seals, "MEMLIMIT", 8192)
    chance = random.Random(SEED)
    lab.build("alpha.test", "beta.test", api_requests_per_minute="1000000", disk_reserve_bytes="0")
    for place in lab.places.values():
        put_on_small_disk(place, DISK_MIB)
        place.start()
    await asyncio.gather(*map(ready_with_link, lab.places.values()))
    async with crowd.friends(lab) as (alice, bob):
        voices = (Voice(alice, bob), Voice(bob, alice))
        ears = [asyncio.create_task(voice.listen()) for voice in voices]
        works = [asyncio.create_task(voice.talk()) for voice in voices]
        works += [asyncio.create_task(voice.post()) for voice in voices]
        for _ in range(TIMES):
            await asyncio.sleep(chance.uniform(0.1, 0.8))
            voice, place = chance.choice([*zip(voices, lab.places.values(), strict=True)])
            filler = await asyncio.to_thread(fill, place)
            await refused(voice)
            await asyncio.sleep(chance.uniform(0, 1))
            await asyncio.to_thread(filler.unlink)
        for voice in voices:
            voice.over.set()
        await asyncio.gather(*works)
        for one, other in (voices, voices[::-1]):
            await crowd.has_all_once(one, other, lab)
        for ear in ears:
            ear.cancel()
            with suppress(asyncio.CancelledError):
                await ear
    for place in lab.places.values():
        # Before it stops: its disk is gone with it.
        crowd.hard_look(place, copied(place, lab.folder / f"{place.domain}-copy"))
        assert await asyncio.to_thread(place.stop) == 0
