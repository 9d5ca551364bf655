"""Write the vectors of an account's keys: `.venv/bin/python -m tools.record_keys [--check]`.

The same bytes each time (spec/vectors/keys/README.md).
"""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from node.e2ee.keys.private import recovery_words, safety_number
from node.e2ee.keys.private.box_secret import ArchiveKey, box_info
from node.e2ee.keys.private.recovery import RecoveryKey, SigningKey, qr_text
from node.e2ee.keys.public import certificate, delegation, device_list, key_box
from node.e2ee.keys.public.certificate import LeafExtension
from node.e2ee.keys.public.device_list import NOBODY, SuiteKey
from node.e2ee.keys.public.key_box import Entry, KeyBox, check_box
from node.e2ee.keys.public.published import Published
from node.e2ee.keys.public.signed import Signed
from node.e2ee.mls.private import hpke
from node.e2ee.mls.public.suite import X25519_AES128_SHA256_ED25519 as SUITE
from node.ports import Entropy
from node.testing.fakes import FakeEntropy
from tests.e2ee.keys.accounts import ALICE, NOW, Account, lives, new_account, new_device
from tests.e2ee.keys.seen import LEAF_LINES, LIST_LINES

FOLDER = Path(__file__).resolve().parents[1] / "spec" / "vectors" / "keys"
BOB = "https://beta.test/a/bob"
SMALL = bytes([1]) + bytes(31)  # a point of small order
LONGEST = {
    "delegation": delegation.MOST_BYTES,
    "list": device_list.MOST_BYTES,
    "leaf_extension": delegation.MOST_BYTES + certificate.MOST_BYTES,
    "box": key_box.MOST_BYTES,
    "entry": key_box.MOST_BYTES,
}
Case = dict[str, Any]


class Drawn:
    """Chance that remembers what it gave."""

    def __init__(self, source: Entropy) -> None:
        self._source = source
        self.draws: list[str] = []

    def draw(self, count: int) -> bytes:
        found = self._source.draw(count)
        self.draws.append(found.hex())
        return found


def _signed(signed: Signed, **fields: Any) -> Case:
    return {**fields, "signed": signed.encode().hex(), "hash": signed.hash().hex()}


def _account(one: Account) -> Case:
    entropy = Drawn(FakeEntropy(f"box of {one.name}"))
    box = one.box(entropy)
    return {
        "about": one.name,
        "actor": one.actor,
        "now": one.now,
        "rk": one.rk.key.hex(),
        "root_private": one.rk.root.private.hex(),
        "root": one.rk.root.public.hex(),
        "recovery_kem_private": one.rk.kem.private.hex(),
        "recovery_kem": one.rk.kem.public.hex(),
        "list_private": one.list_key.private.hex(),
        "list_key": one.list_key.public.hex(),
        "archive": [key.key.hex() for key in one.archive],
        "d": one.d,
        "n": one.n,
        "b": one.b,
        "written_down": one.written_down,
        "devices": [
            {
                "id": held.device.id.hex(),
                "seal_private": held.seal.private.hex(),
                "seal": held.device.seal.hex(),
                "keys": [[key.suite, key.signature_key.hex()] for key in held.device.keys],
                "added": held.device.added,
            }
            for held in one.held
        ],
        "delegation": _signed(one.sign_delegation(), not_after=one.delegation.not_after),
        "list": _signed(
            one.sign_list(), issued=one.devices.issued, not_after=one.devices.not_after
        ),
        "certificates": [
            _signed(one.sign_certificate(at), not_after=one.certificate(at).not_after)
            for at in range(len(one.held))
        ],
        "leaf_extensions": [one.leaf_extension(at).hex() for at in range(len(one.held))],
        "box": _signed(box, draws=entropy.draws),
    }


def _recovery() -> Case:
    entropy = FakeEntropy("recovery")
    keys = [bytes(32), b"\xff" * 32, *(entropy.draw(32) for _ in range(6))]
    right = [
        {
            "rk": key.hex(),
            "words": " ".join(recovery_words.words_of(key)),
            "qr": qr_text(key),
            "root": RecoveryKey(key).root.public.hex(),
            "recovery_kem": RecoveryKey(key).kem.public.hex(),
        }
        for key in keys
    ]
    words, code = recovery_words.words_of(keys[2]), qr_text(keys[2])
    short = [word[:4].upper() for word in words]
    swapped = [words[1], words[0], *words[2:]]
    wrong = [
        ("words", " ".join(words[:23]), "KEY-2.3", "23 words"),
        ("words", " ".join([*words, words[0]]), "KEY-2.3", "25 words"),
        ("words", "", "KEY-2.3", "none"),
        ("words", " ".join([*words[:5], "kith", *words[6:]]), "KEY-2.3", "no word of the list"),
        ("words", " ".join([*words[:5], words[5] + "s", *words[6:]]), "KEY-2.3", "a longer word"),
        ("words", " ".join([words[0][:3], *words[1:]]), "KEY-2.3", "three letters of four"),
        ("words", " ".join(swapped), "KEY-2.3", "two words swapped: a wrong checksum"),
        ("qr", code[:-1], "KEY-2.4", "cut short"),
        ("qr", code + "A", "KEY-2.4", "too long"),
        ("qr", code[:8] + ("A" if code[8] != "A" else "B") + code[9:], "KEY-2.4", "misread"),
        ("qr", code.replace("KITH1", "KITH2"), "KEY-2.4", "another version"),
        ("qr", "KITH1-" + qr_text(b"")[6:], "KEY-2.4", "the check of no key"),
        ("qr", "https://alpha.test/", "KEY-2.4", "another code"),
    ]
    return {
        "right": right,
        "read_alike": [
            {"text": "  " + "\n".join(short) + " ", "words": " ".join(words)},
        ],
        "wrong": [
            {"what": what, "text": text, "clause": clause, "why": why}
            for what, text, clause, why in wrong
        ],
    }


# -- what has to be refused ---------------------------------------------------------------------


def _delegations(one: Account) -> Iterator[tuple[str, str, Signed]]:
    right, signed = one.delegation, one.sign_delegation()
    content = right.encode()

    def sign(content: bytes) -> Signed:
        return one.rk.root.sign(delegation.LABEL, content)

    yield "KEY-1.3", "version 2", sign(b"\x02" + content[1:])
    yield "KEY-1.3", "version 0", sign(b"\x00" + content[1:])
    yield "MLS-2.1a", "a byte behind the last field", sign(content + b"\x00")
    yield "MLS-2.1", "cut short", sign(content[:-1])
    yield "KEY-1.4", "d is zero", sign(replace(right, d=0).encode())
    yield "KEY-1.4", "a time of 2^53", sign(replace(right, not_after=2**53).encode())
    yield "KEY-1.5", "of another account", sign(replace(right, actor=BOB).encode())
    yield "KEY-1.5", "of nobody", sign(replace(right, actor="").encode())
    yield "KEY-1.5", "an id that is too long", sign(replace(right, actor="h" * 2049).encode())
    yield "KEY-1.6", "another content", replace(signed, content=replace(right, d=2).encode())
    other = one.list_key.sign(delegation.LABEL, content)
    yield "KEY-1.6", "signed by the list key", other
    yield "KEY-1.6", "another label", one.rk.root.sign(device_list.LABEL, content)
    yield "KEY-3.1", "the root is the list key", sign(replace(right, list_key=right.root).encode())
    yield "MLS-5.1.1", "a small list key", sign(replace(right, list_key=SMALL).encode())
    yield "MLS-5.1.1", "a small recovery key", sign(replace(right, recovery_kem=SMALL).encode())
    yield "MLS-5.1.1", "a small root", sign(replace(right, root=SMALL).encode())


def _lists(one: Account) -> Iterator[tuple[str, str, Signed]]:
    right = one.devices
    first, second, *rest = right.devices
    content = right.encode()

    def sign(**changes: Any) -> Signed:
        return one.sign_list(replace(right, **changes).encode())

    def with_first(**changes: Any) -> Signed:
        return sign(devices=(replace(first, **changes), second, *rest))

    yield "KEY-1.3", "version 2", one.sign_list(b"\x02" + content[1:])
    yield "MLS-2.1a", "a byte behind the last field", one.sign_list(content + b"\x00")
    yield "MLS-2.1", "cut short", one.sign_list(content[:-1])
    yield "KEY-1.4", "n is zero", sign(n=0)
    yield "KEY-1.8", "the list of the last number", sign(n=2**32 - 1)
    yield "KEY-1.8", "a list within 65,536 of the last number", sign(n=2**32 - 2**16)
    yield "KEY-1.4", "a time of 2^53", with_first(added=2**53)
    yield "KEY-1.5", "of another account", sign(actor=BOB)
    yield "KEY-1.6", "signed by the root", one.rk.root.sign(device_list.LABEL, content)
    yield "KEY-1.6", "another label", one.list_key.sign(certificate.LABEL, content)
    yield "KEY-3.2", "of another delegation", sign(d=right.d + 1)
    yield "KEY-3.3", "no device", sign(devices=())
    yield "KEY-3.3", "unsorted", sign(devices=tuple(reversed(right.devices)))
    yield "KEY-3.3", "a device twice", sign(devices=(first, first, *rest))
    many = FakeEntropy("seventeen")
    found = sorted((new_device(many).device for _ in range(17)), key=lambda device: device.id)
    yield "KEY-3.3", "seventeen devices", sign(devices=tuple(found))
    yield "KEY-3.3", "the id zero", with_first(id=NOBODY)
    yield "KEY-3.3", "one key to seal to for two", with_first(seal=second.seal)
    yield "KEY-3.3", "one signature key for two", with_first(keys=second.keys)
    crossed = (first.keys[0], SuiteKey(3, second.keys[0].signature_key))
    yield "KEY-3.3", "one signature key for two, of two suites", with_first(keys=crossed)
    yield "KEY-3.3", "no key", with_first(keys=())
    yield "KEY-3.3", "no key of suite 1", with_first(keys=(replace(first.keys[0], suite=3),))
    unsorted = (
        SuiteKey(1, first.keys[0].signature_key),
        SuiteKey(0xF0A1, b"k"),
        SuiteKey(3, SMALL),
    )
    yield "MLS-5.1.1", "a small signature key", with_first(keys=unsorted)
    later = SigningKey(many.draw(32)).public
    unsorted = (first.keys[0], SuiteKey(0xF0A1, b"k"), SuiteKey(3, later))
    yield "KEY-3.3", "suites unsorted", with_first(keys=unsorted)
    nine = (first.keys[0], *(SuiteKey(0xF0A0 + at, bytes([at])) for at in range(8)))
    yield "KEY-3.3", "nine suites", with_first(keys=nine)
    yield "KEY-3.3", "an empty key", with_first(keys=(first.keys[0], SuiteKey(0xF0A1, b"")))
    yield "KEY-3.3", "a long key", with_first(keys=(first.keys[0], SuiteKey(0xF0A1, bytes(513))))
    yield "MLS-5.1.1", "a small key to seal to", with_first(seal=SMALL)
    yield "KEY-3.4", "ends before it begins", sign(not_after=right.issued - 1)
    yield "KEY-3.4", "lasts too long", sign(not_after=right.issued + 30 * 86400 + 1)
    ahead = NOW + 86401
    yield "KEY-3.4", "issued in the future", sign(issued=ahead, not_after=ahead + 60)


def _leaves(one: Account) -> Iterator[tuple[str, str, bytes]]:
    right, above, proof = one.certificate(), one.sign_delegation(), one.sign_certificate()

    def sign(content: bytes) -> bytes:
        signed = one.list_key.sign(certificate.LABEL, content)
        return LeafExtension(above, signed).encode()

    def changed(**changes: Any) -> bytes:
        return sign(replace(right, **changes).encode())

    content = right.encode()
    yield "KEY-1.3", "version 2", sign(b"\x02" + content[1:])
    yield "MLS-2.1a", "a byte behind the last field", sign(content + b"\x00")
    yield "MLS-2.1a", "a byte behind the extension", LeafExtension(above, proof).encode() + b"\x00"
    yield "MLS-2.1", "cut short", LeafExtension(above, proof).encode()[:-1]
    yield "KEY-1.5", "of another account", changed(actor=BOB)
    yield "KEY-3.6", "of another delegation", changed(d=right.d + 1)
    other = SigningKey(FakeEntropy("other").draw(32))
    yield "KEY-3.6", "of another key", changed(key=SuiteKey(1, other.public))
    yield "KEY-3.6", "of another suite", changed(key=replace(right.key, suite=3))
    yield "KEY-3.6", "ended", changed(not_after=NOW - 1)
    yield "KEY-1.4", "n is zero", changed(n=0)
    foreign = LeafExtension(above, other.sign(certificate.LABEL, content)).encode()
    yield "KEY-1.6", "signed by another list key", foreign
    mallory = new_account("mallory", one.actor)
    theirs = LeafExtension(mallory.sign_delegation(), proof).encode()
    yield "KEY-1.6", "under the delegation of another root", theirs
    ended = one.sign_delegation(replace(one.delegation, not_after=NOW - 1).encode())
    yield "KEY-3.6", "the delegation ended", LeafExtension(ended, proof).encode()


def _boxes(one: Account) -> Iterator[tuple[str, str, Signed]]:
    signed = one.box(FakeEntropy("boxes"))
    right = check_box(signed, one.delegation, one.devices)
    content = right.encode()
    zero, first, *rest = right.entries

    def sign(**changes: Any) -> Signed:
        return one.list_key.sign(key_box.LABEL, replace(right, **changes).encode())

    yield "KEY-1.3", "version 2", one.list_key.sign(key_box.LABEL, b"\x02" + content[1:])
    yield "MLS-2.1a", "a byte behind", one.list_key.sign(key_box.LABEL, content + b"\x00")
    yield "KEY-1.4", "b is zero", sign(b=0)
    yield "KEY-1.8", "the box of the last number", sign(b=2**32 - 1)
    yield "KEY-1.8", "the box 65,537", sign(b=2**16 + 1)
    yield "KEY-1.5", "of another account", sign(actor=BOB)
    yield "KEY-1.6", "signed by the root", one.rk.root.sign(key_box.LABEL, content)
    yield "KEY-3.7", "of another list", sign(n=right.n + 1)
    yield "KEY-3.7", "no entry for the recovery key", sign(entries=(first, *rest))
    yield "KEY-3.7", "no entry for a device", sign(entries=(zero, *rest))
    yield "KEY-3.7", "an entry for another device", sign(entries=(zero, first, first))
    yield "KEY-3.7", "unsorted", sign(entries=(first, zero, *rest))


def _entries(one: Account) -> Iterator[tuple[str, str, Signed]]:
    """Boxes of which the entry of the first device holds something wrong."""
    device = one.held[0].device
    empty = KeyBox(one.actor, one.d, one.n, one.b, ())
    right = one.secret

    def box(plain: bytes, to: bytes = b"", box: KeyBox = empty) -> Signed:
        entropy = FakeEntropy("entries")
        info = box_info(box, to or device.id)
        sealed = hpke.seal(SUITE, device.seal, info, plain, entropy)
        entries = [Entry(device.id, sealed), *(Entry(held.device.id, b"") for held in one.held[1:])]
        return one.list_key.sign(
            key_box.LABEL, replace(empty, entries=(Entry(NOBODY, b""), *entries)).encode()
        )

    def changed(**changes: Any) -> Signed:
        return box(replace(right, **changes).encode())

    key = right.archive[0].key
    yield "MLS-2.1a", "a byte behind", box(right.encode() + b"\x00")
    yield "MLS-2.1", "cut short", box(right.encode()[:-1])
    yield "KEY-3.8", "no archive key", changed(archive=())
    yield "KEY-3.8", "archive keys from 2", changed(archive=(ArchiveKey(2, key),))
    gap = (ArchiveKey(1, key), ArchiveKey(3, key))
    yield "KEY-3.8", "a gap in the archive keys", changed(archive=gap)
    twice = (ArchiveKey(1, key), ArchiveKey(1, key))
    yield "KEY-3.8", "an archive key twice", changed(archive=twice)
    many = tuple(ArchiveKey(g, key) for g in range(1, 258))
    yield "KEY-3.8", "257 archive keys", changed(archive=many)
    yield "KEY-3.8", "a short recovery key", changed(rk=bytes(16))
    other = SigningKey(FakeEntropy("other").draw(32))
    yield "KEY-4.4", "another list key", changed(list_private=other.private)
    yield "KEY-4.4", "another archive key", changed(archive=(ArchiveKey(1, bytes(32)),))
    yield "MLS-5.1.3", "sealed for another device", box(right.encode(), to=bytes([7]) * 16)
    yield "MLS-5.1.3", "sealed for an older box", box(right.encode(), box=replace(empty, b=9))
    mine = replace(empty, actor=BOB)
    yield "MLS-5.1.3", "sealed for another account", box(right.encode(), box=mine)


def _refuse(one: Account) -> list[Case]:
    kinds: list[tuple[str, Callable[[Account], Iterator[tuple[str, str, Any]]]]] = [
        ("delegation", _delegations),
        ("list", _lists),
        ("leaf_extension", _leaves),
        ("box", _boxes),
        ("entry", _entries),
    ]
    found = []
    for structure, cases in kinds:
        for clause, why, made in cases(one):
            raw = made if isinstance(made, bytes) else made.encode()
            found.append({"structure": structure, "why": why, "clause": clause, "bytes": raw.hex()})
        long = {"structure": structure, "why": "too long", "clause": "KEY-1.2", "bytes": ""}
        found.append({**long, "zeros": LONGEST[structure] + 1})
    return found


def _numbers() -> Case:
    entropy = FakeEntropy("numbers")
    found = []
    for name in ("bob", "carol", "älice"):
        one, other = (
            ("https://alpha.test/a/alice", entropy.draw(32)),
            (
                f"https://beta.test/a/{name}",
                entropy.draw(32),
            ),
        )
        number = safety_number.safety_number(one, other)
        assert number == safety_number.safety_number(other, one)
        sides = [{"actor": actor, "root": root.hex()} for actor, root in (one, other)]
        found.append({"sides": sides, "number": number})
    wrong = [number[:-1], number + "0", number[:-1] + "x", "", "٣" * 60]
    return {"right": found, "wrong": [{"text": text, "clause": "KEY-6.2"} for text in wrong]}


def _keys(keys: Published | None) -> Case | None:
    if keys is None:
        return None
    delegation, listed = keys.signed_delegation.encode(), keys.signed_list.encode()
    return {"delegation": delegation.hex(), "list": listed.hex()}


def _pins() -> Case:
    lists = [
        {
            "pinned": _keys(None if pinned is None else pinned.published),
            "seen": _keys(seen.published),
            "line": line,
            "deed": str(deed),
        }
        for pinned, seen, line, deed in LIST_LINES
    ]
    leaves = [
        {
            "pinned": _keys(None if seen.pin is None else seen.pin.keys),
            "forked": seen.pin is not None and seen.pin.forked,
            "key": [seen.key.suite, seen.key.signature_key.hex()],
            "extension": extension.hex(),
            "published": seen.published,
            "waited": seen.waited,
            "is_new": seen.is_new,
            "now": seen.now,
            "line": line,
            "deed": str(deed),
        }
        for (seen, extension), line, deed in LEAF_LINES
    ]
    return {"actor": ALICE, "lists": lists, "leaves": leaves}


def pages() -> dict[str, str]:
    """The files, by name."""
    accounts = lives()
    made = {
        "accounts.json": {"accounts": [_account(one) for one in accounts]},
        "recovery.json": _recovery(),
        "refuse.json": {"of": accounts[1].name, "now": NOW, "cases": _refuse(accounts[1])},
        "numbers.json": _numbers(),
        "pins.json": _pins(),
    }
    return {name: json.dumps(page, indent=1) + "\n" for name, page in made.items()}


def main() -> int:
    made = pages()
    stale = [name for name, text in made.items() if not _same(name, text)]
    if "--check" in sys.argv:
        print("stale:", stale)
        return len(stale)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in stale:
        (FOLDER / name).write_text(made[name])
    print(len(made), "files,", len(stale), "were written")
    return 0


def _same(name: str, text: str) -> bool:
    return (FOLDER / name).exists() and (FOLDER / name).read_text() == text


if __name__ == "__main__":
    sys.exit(main())
