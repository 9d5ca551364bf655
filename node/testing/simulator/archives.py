"""What the archives of people have once all has healed: what their devices show, and no more."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from node.client.content import TOMBSTONE
from node.client.device import Device
from node.client.rows import MessageRow
from node.e2ee.records.days import day_of
from node.e2ee.records.record import Kind, Record
from node.e2ee.records.seals import Sealed
from node.errors import Refused
from node.testing.simulator.phone import Phone

if TYPE_CHECKING:
    from node.testing.simulator.world import World


def judge(world: "World", phones: list[Phone]) -> list[str]:
    """Each device opens all that is there, and has it; what was taken back is not there."""
    found: list[str] = []
    for phone in phones:
        records, wrong = _opened(world, phone)
        if wrong:
            found.append(f"{phone.name} opens not all of its archive: {sorted(wrong)}")
        kept = {(one.actor, one.id) for one in records if one.kind is Kind.CREATE}
        rows = {(row.actor, row.id): row for row in _all(phone)}
        lost = sorted(kept - rows.keys())
        found += [f"{phone.name} has not what its archive has: {key}" for key in lost]
        for key, row in sorted(rows.items()):
            if row.kind == TOMBSTONE:
                if key in kept:
                    found.append(f"the archive of {phone.name} has what was taken back: {key}")
            elif key not in kept and _is_kept(phone, row):
                found.append(f"the archive of {phone.name} lacks {row.text!r}")
    return found


def _is_kept(phone: Phone, row: MessageRow) -> bool:
    """Words that others have."""
    return row.actor != phone.actor or row.sent


def _all(phone: Phone) -> Iterator[MessageRow]:
    device = _device(phone)
    yield from device.history(*device.state.groups_with("message"))


def _device(phone: Phone) -> Device:
    assert phone.program is not None, "every phone was started"
    return phone.program.messenger.device


def _opened(world: "World", phone: Phone) -> tuple[list[Record], set[str]]:
    """What this device opens of its account's archive, and by which clauses it does not."""
    keyring, today = _device(phone).outbox.archiving.keyring(), day_of(phone.clock.now())
    account = f"account-{phone.actor.rpartition('/')[2]}"
    records, wrong = list[Record](), set[str]()
    for (of, name), kept in phone.node.tables.archive.items():
        if of != account or not kept.body:
            continue
        try:
            records.append(keyring.open(Sealed(name, kept.generation, kept.day, kept.body), today))
        except Refused as error:
            wrong.add(error.clause)
    return records, wrong
