"""Write the vectors of linking: `.venv/bin/python -m tools.record_links [--check]`.

The same bytes each time (spec/vectors/link/README.md).
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from node.e2ee.keys.private.recovery import SigningKey
from node.e2ee.linking.private import grant as granting
from node.e2ee.linking.public.code import link, spoken
from node.e2ee.linking.public.sides import commitment
from node.e2ee.mls.private import hpke
from node.e2ee.mls.public.suite import X25519_AES128_SHA256_ED25519 as SUITE
from node.testing.fakes import FakeEntropy
from node.wire import tls
from tests.e2ee.keys.accounts import Account, new_account, new_device
from tests.e2ee.linking.links import ORIGIN, Linked, all_linked
from tools.record_keys import Drawn

FOLDER = Path(__file__).resolve().parents[1] / "spec" / "vectors" / "link"
SMALL = bytes([1]) + bytes(31)  # a point of small order
Case = dict[str, Any]


def _linked(one: Linked) -> Case:
    entropy, device = Drawn(FakeEntropy(f"grant {one.about}")), one.new.device
    grant = one.grant(entropy)
    agreed, secret = one.at_old(), one.secret
    return {
        "about": one.about,
        "code": one.code,
        "spoken": spoken(one.code),
        "new": {
            "nonce": one.new.nonce.hex(),
            "id": device.id.hex(),
            "seal": device.seal.hex(),
            "keys": [[key.suite, key.signature_key.hex()] for key in device.keys],
            "added": device.added,
            "once_private": one.once.private.hex(),
            "once_kem": one.new.once_kem.hex(),
            "name": one.new.name,
            "bytes": one.new.encode().hex(),
            "commit": commitment(one.new.encode()).hex(),
            "link": link(ORIGIN, one.code, commitment(one.new.encode())),
            "number": one.at_new().shown,
        },
        "old": {
            "nonce": one.old.nonce.hex(),
            "actor": one.old.actor,
            "root": one.old.root.hex(),
            "d": one.old.d,
            "n": one.old.n,
            "list_hash": one.old.list_hash.hex(),
            "bytes": one.old.encode().hex(),
            "commit": commitment(one.old.encode()).hex(),
            "link": link(ORIGIN, one.code, commitment(one.old.encode())),
            "number": agreed.shown,
        },
        "told": agreed.told.hex(),
        "grant": {
            "list_private": one.account.list_key.private.hex(),
            "list_key": one.account.list_key.public.hex(),
            "day": secret.day,
            "day_key": secret.day_key.hex(),
            "states": [
                [each.name.hex(), each.version, each.body_hash.hex()] for each in secret.states
            ],
            "counts": [
                [each.group.hex(), each.device.hex(), each.number] for each in secret.counts
            ],
            "draws": entropy.draws,
            "bytes": grant.hex(),
        },
        "after": {
            "delegation": one.after.sign_delegation().encode().hex(),
            "list": one.after.sign_list().encode().hex(),
        },
    }


def _texts(one: Linked) -> Iterator[Case]:
    code, right = one.code, link(ORIGIN, one.code, one.found.commit)
    codes = {
        "seven": code[:7],
        "nine": code + "0",
        "nothing": "",
        "a U": "U" + code[1:],
        "a letter with a mark": "É" + code[1:],
        "a full stop": code[:4] + "." + code[4:],
        "digits of another script": "٣" * 8,
        "a letter that is upper case as two": "ß" + code[2:],
        "a letter that is an I in upper case": "\u0131" + code[1:],
    }
    for why, text in codes.items():
        yield {"what": "code", "why": why, "clause": "LNK-2.2", "text": text}
    # Of the last letter only four bits count: its neighbour says the same bytes.
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    other = letters[letters.index(right[-1]) + 1]
    links = {
        "a code": code,
        "cut short": right[:-1],
        "too long": right + "A",
        "padded": right + "=",
        "spelled otherwise": right[:-1] + other,
        "another version": right.replace("#1.", "#2."),
        "no version": right.replace("#1.", "#"),
        "no commitment": right.rpartition(".")[0],
        "a code in lower case": right.replace(code, code.lower()),
        "a code with a hyphen": right.replace(code, spoken(code)),
        "another page": right.replace("/link#", "/invite#"),
        "below another page": right.replace("/link#", "/x/link#"),
        "without encryption": right.replace("https:", "http:"),
        "another scheme": right.replace("https:", "javascript:"),
        "with a name and password": right.replace("https://", "https://alice:secret@"),
        "with a query": right.replace("/link#", "/link?x=1#"),
        "a host in capitals": right.replace("alpha", "Alpha"),
        "a host with a slash": right.replace("alpha", "alpha/b"),
        "no host": right.replace(ORIGIN, "https://"),
        "something behind it": f"{right} {code}",
    }
    for why, text in links.items():
        yield {"what": "link", "why": why, "clause": "LNK-2.4", "text": text}


def _new_sides(one: Linked) -> Iterator[tuple[str, str, bytes]]:
    right = one.new

    def changed(**changes: Any) -> bytes:
        return replace(right, **changes).encode()

    raw, device = right.encode(), right.device
    yield "KEY-1.3", "version 2", b"\x02" + raw[1:]
    yield "LNK-1.3", "side 0", raw[:1] + b"\x00" + raw[2:]
    yield "LNK-1.3", "side 3", raw[:1] + b"\x03" + raw[2:]
    yield "MLS-2.1", "an old side's content", raw[:1] + b"\x02" + raw[2:34] + b"\x40\x40" + b"a" * 9
    yield "MLS-2.1a", "a byte behind", raw + b"\x00"
    yield "MLS-2.1", "cut short", raw[:-1]
    yield "KEY-3.3", "the id zero", changed(device=replace(device, id=bytes(16)))
    yield "KEY-3.3", "no keys", changed(device=replace(device, keys=()))
    suite = replace(device.keys[0], suite=3)
    yield "KEY-3.3", "no key of suite 1", changed(device=replace(device, keys=(suite,)))
    yield "MLS-5.1.1", "a seal of small order", changed(device=replace(device, seal=SMALL))
    yield "MLS-5.1.1", "a key for once of small order", changed(once_kem=SMALL)
    yield "LNK-1.5", "its seal as the key for once", changed(once_kem=device.seal)
    names = {"no name": "", "65 characters": "a" * 65, "a line break": "a\nb", "a tab": "a\tb"}
    names |= {"an escape": "\x1b[2J", "another direction": "a\u202eb", "isolated": "a\u2066b"}
    names |= {"a line separator": "a\u2028b", "a control of C1": "a\u0085b"}
    for why, name in names.items():
        yield "LNK-1.4", why, changed(name=name)
    start = raw[: -len(tls.opaque(right.name.encode()))]
    yield "LNK-1.4", "no UTF-8", start + tls.opaque(b"\xff")


def _old_sides(one: Linked) -> Iterator[tuple[str, str, bytes]]:
    right = one.old

    def changed(**changes: Any) -> bytes:
        return replace(right, **changes).encode()

    raw = right.encode()
    yield "KEY-1.3", "version 0", b"\x00" + raw[1:]
    yield "MLS-2.1a", "a byte behind", raw + b"\x00"
    yield "MLS-2.1", "cut short", raw[:-1]
    yield "KEY-1.5", "no actor", changed(actor="")
    yield "MLS-5.1.1", "a root of small order", changed(root=SMALL)
    yield "KEY-1.4", "d is zero", changed(d=0)
    yield "KEY-1.4", "n is zero", changed(n=0)


def _met(one: Linked) -> Iterator[Case]:
    new, old = one.new, one.old
    other_new = replace(new, nonce=bytes(32))
    changed = commitment(other_new.encode()).hex()
    yield {
        "what": "commit",
        "why": "another than the link's",
        "clause": "LNK-3.2",
        "bytes": changed,
    }
    wrong = {
        "another side": other_new.encode(),
        "another name": replace(new, name="my phone").encode(),
        "our own": old.encode(),
    }
    for why, raw in wrong.items():
        yield {"what": "shown", "why": why, "clause": "LNK-3.4", "bytes": raw.hex()}
    both = {"two new ones": other_new.encode(), "our own": new.encode()}
    for why, raw in both.items():
        yield {"what": "answer", "why": why, "clause": "LNK-3.5", "bytes": raw.hex()}


def _grants(one: Linked) -> Iterator[tuple[str, str, bytes]]:
    key, told, right = one.account.list_key, one.at_old().told, one.secret.encode()
    info = tls.opaque(granting.INFO) + told

    def sign(content: bytes, by: SigningKey = key, label: bytes = granting.LABEL) -> bytes:
        return by.sign(label, content).encode()

    def grant(plain: bytes, info: bytes = info, told: bytes = told, to: bytes = b"") -> bytes:
        sealed = hpke.seal(SUITE, to or one.new.once_kem, info, plain, FakeEntropy("grants"))
        return b"\x01" + told + tls.opaque(sealed)

    def changed(**changes: Any) -> bytes:
        return sign(grant(replace(one.secret, **changes).encode()))

    content, other = grant(right), SigningKey(FakeEntropy("other").draw(32))
    yield "KEY-1.3", "version 2", sign(b"\x02" + content[1:])
    yield "MLS-2.1a", "a byte behind", sign(content + b"\x00")
    yield "MLS-2.1", "cut short", sign(content)[:-1]
    yield "LNK-4.2", "of another linking", sign(grant(right, told=bytes(32)))
    yield "KEY-1.6", "signed by another key", sign(content, by=other)
    yield "KEY-1.6", "signed by the root", sign(content, by=one.account.rk.root)
    yield "KEY-1.6", "under another label", sign(content, label=b"Kith key box 1")
    yield "MLS-5.1.3", "sealed for another linking", sign(grant(right, info[:-1] + b"\x00"))
    yield "MLS-5.1.3", "sealed to the seal", sign(grant(right, to=one.new.device.seal))
    yield "KEY-1.3", "a secret of version 2", sign(grant(b"\x02" + right[1:]))
    yield "MLS-2.1a", "a byte behind the secret", sign(grant(right + b"\x00"))
    yield "LNK-4.3", "a day without its key", changed(day_key=b"")
    yield "LNK-4.3", "a key without its day", changed(day=0)
    yield "LNK-4.3", "a short day key", changed(day_key=bytes(16))
    far = replace(one.secret.counts[0], number=2**53)
    yield "KEY-1.4", "a count beyond 2^53 - 1", changed(counts=(far,))
    unseen = replace(one.secret.states[0], version=2**53)
    yield "KEY-1.4", "a version beyond 2^53 - 1", changed(states=(unseen,))


def _lists(one: Linked) -> Iterator[tuple[str, str, Account]]:
    after, held = one.after, one.held
    device, entropy = held.device, FakeEntropy("lists")

    def listing(**changes: Any) -> Account:
        entry = replace(held, device=replace(device, **changes))
        return one.account.with_devices(*one.account.held, entry, n=after.n)

    yield "LNK-4.4", "the same list as before", one.account
    yield "LNK-4.4", "an older number", replace(after, n=one.old.n)
    yield "LNK-4.4", "without the device", replace(one.account, n=after.n)
    other = new_device(entropy)
    yield "LNK-4.4", "another seal", listing(seal=other.device.seal)
    yield "LNK-4.4", "another key", listing(keys=other.device.keys)
    more = (*device.keys, replace(other.device.keys[0], suite=3))
    yield "LNK-4.4", "a key more", listing(keys=more)
    yield "LNK-4.4", "another id", listing(id=other.device.id)
    mallory = new_account("mallory", one.account.actor)
    yield "LNK-4.4", "another root", replace(mallory, d=2).with_devices(*after.held, n=1)
    bob = replace(after, actor="https://beta.test/a/bob")
    yield "KEY-1.5", "another account", bob


def _refuse(one: Linked) -> list[Case]:
    found = [*_texts(one), *_met(one)]
    sides = [("new: " + why, clause, raw) for clause, why, raw in _new_sides(one)]
    sides += [("old: " + why, clause, raw) for clause, why, raw in _old_sides(one)]
    for why, clause, raw in sides:
        found.append({"what": "side", "why": why, "clause": clause, "bytes": raw.hex()})
    found.append({"what": "side", "why": "too long", "clause": "LNK-1.2", "zeros": 2049})
    for clause, why, raw in _grants(one):
        found.append({"what": "grant", "why": why, "clause": clause, "bytes": raw.hex()})
    longest = granting.MOST_BYTES + 1
    found.append({"what": "grant", "why": "too long", "clause": "KEY-1.2", "zeros": longest})
    for clause, why, account in _lists(one):
        keys = {
            "actor": account.actor,
            "delegation": account.sign_delegation().encode().hex(),
            "list": account.sign_list().encode().hex(),
        }
        found.append({"what": "listed", "why": why, "clause": clause, **keys})
    return found


def _read_alike(one: Linked) -> list[Case]:
    code = "10" + one.code[2:]
    spelled = ["IO", "lo", "Lo", "i0", "1 o", "1-0-"]
    return [{"text": start + one.code[2:].lower(), "code": code} for start in spelled]


def pages() -> dict[str, str]:
    """The files, by name."""
    linked = all_linked()
    last = linked[-1]
    made = {
        "linked.json": {"origin": ORIGIN, "linked": [_linked(one) for one in linked]},
        "codes.json": {"read_alike": _read_alike(last)},
        "refuse.json": {"of": last.about, "cases": _refuse(last)},
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
