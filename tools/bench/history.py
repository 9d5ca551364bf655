"""What a device's history costs: reading an archive back, search, opening, and what is kept of each
message (`restore`, `search`, `device_open`, `archive_write`)."""

import time
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from node.client import content, rows
from node.client.device import Device
from node.client.exchange import Accepted, Create, Created, Send, Wait
from node.client.restoring import ArchivedPage
from node.client.rows import MessageRow
from node.client.vault import Vault
from node.e2ee.records.record import Kind, Record
from node.e2ee.records.seals import ArchiveKey, Keyring, Sealed
from node.system import SystemEntropy
from tools.bench.figures import Measured, median
from tools.bench.ground import Bench

ACTOR, OTHER = "https://alpha.test/a/alice", "https://beta.test/a/bob"
GROUP = b"mls://g/bench"
NOW = 1_767_225_600
KEY = bytes(32)
RESTORED, SEARCHED, PAGE = 10_000, 50_000, 100
PASSPHRASE = "the vault of the bench"
WORDS = ("the", "sea", "is", "calm", "tonight", "gulls", "far", "away", "from", "here", "again")


def text_of(number: int) -> str:
    """Words that differ, and of which one is rare."""
    return " ".join(WORDS[number % 7 :]) + f" number{number}"


def sealed(number: int) -> Sealed:
    """A record as the home node keeps it."""
    id = f"urn:uuid:00000000-0000-4000-8000-{number:012d}"
    at = datetime.fromtimestamp(NOW + number, UTC)
    note = content.write_bare_note(content.Words(id, text_of(number), at), OTHER, [ACTOR])
    said = Record(
        kind=Kind.CREATE, group=GROUP, actor=OTHER, id=id, received=(NOW + number) * 1000, data=note
    )
    return Keyring([ArchiveKey(1, KEY)]).seal(said, SystemEntropy(), NOW // 86_400)


def device_in(path: Path) -> tuple[Vault, Device]:
    """A device that was given the archive's key."""
    vault = Vault.create(path, PASSPHRASE, SystemEntropy())
    device = Device(vault, SystemEntropy(), ACTOR)
    device.archive.adopt(1, KEY)
    return vault, device


def restoring(device: Device, count: int) -> float:
    """Seconds until so many records are history."""
    records = [(number + 1, sealed(number)) for number in reversed(range(count))]
    began = time.perf_counter()
    for start in range(0, count, PAGE):
        device.archive.take(ArchivedPage(records[start : start + PAGE], True), NOW)
    return time.perf_counter() - began


def fill(device: Device, count: int) -> None:
    """As if so many messages had been read."""
    with device.state.step():
        for number in range(count):
            id = f"urn:uuid:{number}"
            row = MessageRow(
                id=id, actor=OTHER, text=text_of(number), at=number, number=1 << 32 | number
            )
            device.state.put(rows.message_row("ff", OTHER, id), row)


def searching(device: Device, count: int) -> float:
    """Milliseconds of one search, among others; the index is there."""
    device.search.find("sea", None, 1)
    taken = []
    for number in range(5):
        began = time.perf_counter()
        device.search.find(f"gulls number{count // 7 * number}", None, 50)
        taken.append(1000 * (time.perf_counter() - began))
    return median(taken)


def opening(path: Path) -> float:
    """Seconds until a device is there, from a vault that is closed."""
    began = time.perf_counter()
    with closing(Vault.open(path, PASSPHRASE, SystemEntropy())) as vault:
        Device(vault, SystemEntropy(), ACTOR)
        return time.perf_counter() - began


def founded(path: Path) -> tuple[Vault, Device, str]:
    """A device in a conversation of two, whose founding was accepted."""
    vault, device = device_in(path)
    with closing(
        Vault.create(path.with_name("theirs.sqlite3"), PASSPHRASE, SystemEntropy())
    ) as theirs:
        other = Device(theirs, SystemEntropy(), OTHER)
        packages = [data for data, _ in other.new_packages(1, False, NOW)]
    group = device.start({OTHER: packages}, NOW)
    send(device)
    return vault, device, group


def send(device: Device) -> None:
    """All that is owed is accepted."""
    while not isinstance(asked := device.next(NOW), Wait):
        assert isinstance(asked, Create | Send)
        came = Created("r", "https://alpha.test/o/1") if isinstance(asked, Create) else Accepted()
        device.tell(asked, came, NOW)


def saying(device: Device, group: str, count: int) -> float:
    """Seconds of a batch of words, each on disk and sealed, and kept where that is on."""
    began = time.perf_counter()
    for number in range(count):
        device.say(group, text_of(number), NOW * 1_000_000 + number)
        send(device)
    while (due := device.archive.due(NOW)).rows:
        device.archive.sent(due)
    device.settle()
    return time.perf_counter() - began


def keeping(path: Path, batches: int) -> float:
    """The share of what a message costs without an archive; both take turns."""
    vault, device, group = founded(path)
    taken: dict[bool, list[float]] = {True: [], False: []}
    with closing(vault):
        for _ in range(batches):
            for is_on in (False, True):
                device.archive.switch(is_on)
                taken[is_on].append(saying(device, group, PAGE // 2))
                device.refresh(group, NOW)  # an epoch has so many words and no more
                send(device)
    return median(taken[True]) / median(taken[False]) - 1


async def measure(bench: Bench) -> AsyncIterator[Measured]:
    """A new device reads the archive; then words are looked for in many messages."""
    restored, searched = bench.size(RESTORED, 200), bench.size(SEARCHED, 2_000)
    vault, device = device_in(bench.folder / "history.sqlite3")
    with closing(vault):
        yield Measured("restore", restoring(device, restored))
        fill(device, searched)
        yield Measured("search", searching(device, searched))
    yield Measured("device_open", opening(bench.folder / "history.sqlite3"))
    batches = bench.size(11, 2)
    yield Measured("archive_write", keeping(bench.folder / "keeping.sqlite3", batches))
