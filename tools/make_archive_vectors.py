"""Write the vectors of the archive: `.venv/bin/python -m tools.make_archive_vectors [--check]`.

The same bytes each time: chance is seeded. A case whose refusal is not the foreseen one stops it.
"""

import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from msgspec.structs import asdict, replace
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_encrypt as encrypt

from node.e2ee.mls.private.protect import padded_size
from node.e2ee.records import days
from node.e2ee.records.complete import Numbers
from node.e2ee.records.days import DayKey
from node.e2ee.records.record import LARGEST_NUMBER, Kind, Record
from node.e2ee.records.seals import LARGEST_SEALED, ArchiveKey, Keyring, Sealed
from node.errors import Refused
from node.testing.fakes import FakeEntropy
from node.wire import tls

FOLDER = Path(__file__).resolve().parents[1] / "spec" / "vectors" / "archive"
TODAY = 20_420
ALICE, BOB = "https://a.example/people/alice", "https://b.example/people/bob"
ID = "urn:uuid:00000000-0000-4000-8000-00000000000"
NOTE = b'{"type":"Note","id":"%sa","content":"Hello"}' % ID.encode()


_fixed = FakeEntropy("archive keys")
KEYS = tuple(ArchiveKey(g, _fixed.draw(32)) for g in (1, 2))
DAY_KEY = DayKey(TODAY - 2, _fixed.draw(32))
RING = Keyring(KEYS, DAY_KEY)
OLD_RING = Keyring(KEYS[:1], DAY_KEY)
HELLO = Record(
    kind=Kind.CREATE,
    group=_fixed.draw(16),
    actor=BOB,
    device=_fixed.draw(32),
    id=ID + "a",
    epoch=3,
    t=1_764_340_000_123,
    number=41,
    received=1_764_340_000_456,
    data=NOTE,
)


def hello_with(**changes: Any) -> Record:
    return replace(HELLO, **changes)


def records() -> Iterator[tuple[str, Record, Keyring, int]]:
    """What each shows, the record, the keys there are, and the day it is sealed for."""
    yield "a message", HELLO, RING, 0
    yield "the same, under the former key", HELLO, OLD_RING, 0
    yield "what changes a message", hello_with(kind=Kind.UPDATE, id=ID + "b", number=42), RING, 0
    yield "a heart", hello_with(kind=Kind.LIKE, id=ID + "c", number=43), RING, 0
    yield "a heart taken back", hello_with(kind=Kind.UNDO, id=ID + "d", number=44), RING, 0
    gone = (
        b'{"type":"Delete","kith:empties":{"device":"%s","number":41}}'
        % HELLO.device.hex().encode()
    )
    yield "a deletion", hello_with(kind=Kind.DELETE, id=ID + "e", number=45, data=gone), RING, 0
    state = Record(kind=Kind.STATE, actor=ALICE, id="archive", number=7, data=b'{"off":true}')
    yield "a state of the account", state, RING, 0
    yield "a state of a conversation", replace(state, group=HELLO.group), RING, 0
    yield "what disappears tomorrow", hello_with(id=ID + "f", number=1), RING, TODAY + 2
    yield "what disappears in a year", hello_with(id=ID + "0", number=2), RING, TODAY + 367
    yield "what disappears today", hello_with(id=ID + "1", number=3), OLD_RING, TODAY
    yield "nothing but names", Record(kind=Kind.CREATE, actor=BOB, id="x"), RING, 0
    largest = {"t": LARGEST_NUMBER, "number": LARGEST_NUMBER, "epoch": LARGEST_NUMBER}
    yield "the largest numbers", hello_with(id="y", **largest), RING, 0
    at_256 = len(HELLO.encode()) - len(NOTE)
    for size, about in ((256, "fills the first step"), (257, "begins the second step")):
        yield about, hello_with(id=ID + "a", data=b"." * (size - at_256 - 1)), RING, 0
    yield "letters of all kinds", hello_with(id="ünïcödé ☃"), RING, 0
    yield "a long one", hello_with(id=ID + "2", data=b"." * 20_000), RING, 0


def sealed_by_hand(
    chance: FakeEntropy,
    plain: bytes,
    name: bytes,
    *,
    pad: Callable[[bytes], bytes] | None = None,
    g: int = 2,
    day: int = 0,
) -> Sealed:
    """As a device that keeps to nothing would seal: any bytes, under any name."""
    padded = pad(plain) if pad else plain.ljust(padded_size(len(plain)), b"\x00")
    place = tls.opaque(b"Kith archive 1") + tls.u32(g) + tls.u32(day) + name
    key = days.sealing_key(KEYS[g - 1].key, day, DAY_KEY, TODAY)
    nonce = chance.draw(24)
    return Sealed(name, g, day, nonce + encrypt(padded, place, nonce, key))


def refusals(chance: FakeEntropy) -> Iterator[tuple[str, str, Sealed]]:
    """Why, the clause, and what is sealed."""
    by_hand = partial(sealed_by_hand, chance)
    good, name, plain = RING.seal(HELLO, chance, TODAY), KEYS[1].name_of(HELLO), HELLO.encode()
    yield "its version is 2", "ARC-1.2", by_hand(b"\x02" + plain[1:], name)
    yield "its kind is 0", "ARC-1.2", by_hand(plain[:1] + b"\x00" + plain[2:], name)
    yield "its kind is 7", "ARC-1.2", by_hand(plain[:1] + b"\x07" + plain[2:], name)
    for field in ("epoch", "t", "number", "received"):
        wrong = hello_with(**{field: LARGEST_NUMBER + 1})
        yield f"its {field} is 2^53", "ARC-1.2", by_hand(wrong.encode(), name)
    for field in ("actor", "id"):
        for value, why in (("", "is absent"), ("a" * 2049, "has 2,049 bytes")):
            wrong = hello_with(**{field: value})
            yield f"its {field} {why}", "ARC-1.2", by_hand(wrong.encode(), KEYS[1].name_of(wrong))
    for field in ("group", "device"):
        wrong = hello_with(**{field: b"g" * 257})
        yield (
            f"its {field} has 257 bytes",
            "ARC-1.2",
            by_hand(wrong.encode(), KEYS[1].name_of(wrong)),
        )
    latin = plain.replace(BOB.encode(), b"\xff" * len(BOB))
    yield "its actor is not UTF-8", "ARC-1.2", by_hand(latin, name)
    one = plain.ljust(padded_size(len(plain)) - 1, b"\x00") + b"\x01"
    yield "its padding ends with a one", "ARC-1.2", by_hand(one, name)
    bare = by_hand(plain, name, pad=lambda plain: plain)
    yield "it is not padded", "ARC-2.4", bare
    double = by_hand(plain, name, pad=lambda plain: plain.ljust(1024, b"\x00"))
    yield "it is padded to another step", "ARC-2.4", double
    yield "it ends inside a field", "MLS-2.1", by_hand(plain[:60], name, pad=lambda plain: plain)
    long = plain.replace(tls.opaque(HELLO.group), b"\x40\x10" + HELLO.group)
    yield "a length is not in its shortest form", "MLS-2.1.2", by_hand(long, name)
    flipped = good.body[:-1] + bytes([good.body[-1] ^ 1])
    yield "a bit of it was changed", "ARC-2.4", replace(good, body=flipped)
    yield "its end is gone", "ARC-2.4", replace(good, body=good.body[:-1])
    yield "nothing but a nonce is left", "ARC-2.4", replace(good, body=good.body[:24])
    yield "nothing is left", "ARC-2.4", replace(good, body=b"")
    other = KEYS[1].name_of(hello_with(id=ID + "b"))
    yield "the node gives it for another name", "ARC-2.4", replace(good, name=other)
    yield "it was sealed under the name of another", "ARC-2.4", by_hand(plain, other)
    state_name = KEYS[1].name(HELLO.group, HELLO.actor, HELLO.id, state=True)
    yield "a message stands under a state's name", "ARC-2.4", by_hand(plain, state_name)
    yield "the node says another generation", "ARC-2.4", replace(good, generation=1)
    yield "the node says another day", "ARC-2.4", replace(good, day=TODAY)
    yield "its generation is not here", "ARC-2.1", replace(good, generation=3)
    yield "it is too long", "ARC-2.5", replace(good, body=b"\x00" * (LARGEST_SEALED + 1))
    yield "its day is too far away", "ARC-3.3", replace(good, day=TODAY + 368)
    past = by_hand(plain, name, day=TODAY)
    yield "its day is over", "ARC-3.2", replace(past, day=TODAY - 1)
    yield "its day was over before the key began", "ARC-3.2", replace(past, day=TODAY - 3)


def numbers() -> Iterator[tuple[list[int], int]]:
    yield [], 0
    yield [1, 2, 3], 3
    yield [], 3
    yield [2, 3, 7], 0
    yield [3, 1, 2, 6, 5], 9
    yield [4, 4, 0], 2
    yield [LARGEST_NUMBER], 0


def _hex(value: object) -> object:
    if not isinstance(value, bytes):
        return value
    if len(value) > 9000 and len({*value}) == 1:
        return {"byte": value[:1].hex(), "times": len(value)}
    return value.hex()


def _sealed(sealed: Sealed) -> dict[str, object]:
    return {name: _hex(value) for name, value in asdict(sealed).items()}


def _record(
    chance: FakeEntropy, about: str, what: Record, ring: Keyring, day: int
) -> dict[str, object]:
    sealed = ring.seal(what, chance, TODAY, day)
    assert ring.open(sealed, TODAY) == what
    fields = {name: _hex(value) for name, value in asdict(what).items()}
    made = {"nonce": sealed.body[:24].hex(), "record": what.encode().hex(), **_sealed(sealed)}
    return {"about": about, "fields": {**fields, "kind": int(what.kind)}, **made}


def _refusal(why: str, clause: str, sealed: Sealed) -> dict[str, object]:
    try:
        RING.open(sealed, TODAY)
    except Refused as error:
        if error.clause != clause:
            raise SystemExit(f"{why}: refused by {error.clause}, not {clause}") from error
        return {"why": why, "clause": clause, **_sealed(sealed)}
    raise SystemExit(f"{why}: accepted")


def _numbers(here: list[int], heard: int) -> dict[str, object]:
    known = Numbers()
    for number in here:
        known.add(number)
    known.heard(heard)
    return {"here": here, "heard": heard, "missing": [list(gap) for gap in known.missing()]}


def pages() -> dict[str, object]:
    """The files, by name. The same whenever it is asked."""
    chance = FakeEntropy("archive vectors")
    day_key = {"day": DAY_KEY.day, "key": DAY_KEY.key.hex()}
    later = [DAY_KEY.on(day) for day in (DAY_KEY.day, DAY_KEY.day + 1, TODAY, TODAY + 367)]
    return {
        "records.json": {
            "keys": {str(key.generation): key.key.hex() for key in KEYS},
            "day_key": day_key,
            "today": TODAY,
            "records": [_record(chance, *each) for each in records()],
        },
        "days.json": [{"day": one.day, "key": one.key.hex()} for one in later],
        "numbers.json": [_numbers(*each) for each in numbers()],
        "refuse.json": [_refusal(*each) for each in refusals(chance)],
    }


def main() -> int:
    made = {
        name: json.dumps(page, indent=0, separators=(",", ":")) + "\n"
        for name, page in pages().items()
    }
    if "--check" in sys.argv:
        stale = [name for name, page in made.items() if (FOLDER / name).read_text() != page]
        print("stale:", stale)
        return len(stale)
    for name, page in made.items():
        (FOLDER / name).write_text(page)
    print(sum(map(len, made.values())), "bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
