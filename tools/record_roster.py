"""Write the vectors of rosters: `.venv/bin/python -m tools.record_roster [--check]` (spec E2E-8).

What is expected of each stands here, and is not what the program says of it.
"""

import json
import sys
from pathlib import Path
from typing import Any

from node.client.roster import ROLES
from node.wire import tls

FILE = Path(__file__).resolve().parents[1] / "spec" / "vectors" / "roster" / "rosters.json"
ANN, BEN, CAT, DAN = (f"https://{name}.test/a/{name}" for name in ("ann", "ben", "cat", "dan"))
People = dict[str, str]


def written(
    name: bytes, people: list[tuple[bytes, int]], version: int = 1, root: bytes = b""
) -> str:
    """A roster as it is on the wire, right or wrong; all have the same root."""
    each = (tls.opaque(actor) + tls.u8(role) + tls.opaque(root) for actor, role in people)
    return (tls.u8(version) + tls.opaque(name) + tls.vector(each)).hex()


def _many(count: int, size: int = 20) -> list[tuple[bytes, int]]:
    actors = [f"https://x.test/{n:03}".ljust(size, "x").encode() for n in range(count)]
    return [(actor, 3) for actor in actors]


OWN = [(ANN.encode(), 3)]
TWO = [*OWN, (BEN.encode(), 1)]
# name, bytes, clause ("" where it is right)
FORMS: tuple[tuple[str, str, str], ...] = (
    ("one", written(b"x", OWN), ""),
    ("two, and a name with more than ASCII", written("Grüße 👋".encode(), TWO), ""),
    ("the longest name", written("é".encode() * 100, OWN), ""),
    ("the longest name, of wide characters", written("👋".encode() * 100, OWN), ""),
    ("128 people", written(b"x", _many(128)), ""),
    ("129 people", written(b"x", _many(129)), "E2E-8.2"),
    ("too many bytes", written(b"x", _many(40, 2000)), "E2E-8.2"),
    ("nobody", written(b"x", []), "E2E-8.1"),
    ("no owner", written(b"x", [(ANN.encode(), 2), (BEN.encode(), 1)]), "E2E-8.1"),
    ("out of order", written(b"x", TWO[::-1]), "E2E-8.1"),
    ("somebody twice", written(b"x", [*OWN, *OWN]), "E2E-8.1"),
    ("somebody twice, in two roles", written(b"x", [(ANN.encode(), 1), *OWN]), "E2E-8.1"),
    ("role 0", written(b"x", [*OWN, (BEN.encode(), 0)]), "E2E-8.1"),
    ("role 4", written(b"x", [*OWN, (BEN.encode(), 4)]), "E2E-8.1"),
    ("no actor", written(b"x", [*OWN, (b"mailto:ben@ben.test", 1)]), "E2E-8.1"),
    ("an actor that is too long", written(b"x", _many(1, 2049)), "E2E-8.1"),
    ("an actor that is no UTF-8", written(b"x", [(b"https://\xff", 3)]), "E2E-8.1"),
    ("a name that is no UTF-8", written(b"\xff", OWN), "E2E-8.1"),
    ("no name", written(b"", OWN), "E2E-8.1"),
    ("a blank name", written(b"  ", OWN), "E2E-8.1"),
    ("space around the name", written(b" x", OWN), "E2E-8.1"),
    ("two lines", written(b"a\nb", OWN), "E2E-8.1"),
    ("a name that turns the text", written("a\u202eb".encode(), OWN), "E2E-8.1"),
    *(
        (f"a name with U+{ord(one):04X}", written(f"a{one}b".encode(), OWN), "E2E-8.1")
        for one in (
            "\u00ad\u034f\u061c\u115f\u17b4\u180b\u200b\u200e\u200f\u2060\u2066\u206f\u3164\ufe00"
            "\ufeff\uffa0\ufff9\U0001bca0\U0001d173\U000e0041"
        )
    ),
    *(
        (f"a name that ends with U+{ord(one):04X}", written(f"a{one}".encode(), OWN), "E2E-8.1")
        for one in "\u00a0\u1680\u2003\u200c\u200d\u202f\u205f\u2800\u3000"
    ),
    ("a blank name of another space", written("\u3000".encode(), OWN), "E2E-8.1"),
    ("a joiner inside", written("👩\u200d🦰 ❤\ufe0f".encode(), OWN), ""),
    ("a name as an address", written(b"ann@ann.test", OWN), "E2E-8.1"),
    ("a name with a wide at", written("\uff20ann".encode(), OWN), "E2E-8.1"),
    ("a name with an at among words", written(b"we @ home", OWN), ""),
    ("an actor of two lines", written(b"x", [(b"https://a.test/\nx", 3)]), "E2E-8.1"),
    ("an actor with more than ASCII", written(b"x", [("https://é.test/".encode(), 3)]), "E2E-8.1"),
    ("a name of 101 characters", written(b"x" * 101, OWN), "E2E-8.1"),
    ("a name as of a person", written(b"@ann", OWN), "E2E-8.1"),
    ("with keys", written(b"x", TWO, root=b"r" * 32), ""),
    ("keys that are too short", written(b"x", TWO, root=b"r" * 31), "E2E-8.1"),
    ("keys that are too long", written(b"x", TWO, root=b"r" * 33), "E2E-8.1"),
    ("another version", written(b"x", OWN, 2), "E2E-8.1"),
    ("a byte behind it", written(b"x", OWN) + "00", "MLS-2.1a"),
    ("cut short", written(b"x", OWN)[:-2], "MLS-2.1"),
)
R, S = "0b" * 32, "0c" * 32
BASE: People = {ANN: "owner", BEN: "admin", CAT: "member"}


def _with(**roles: str) -> People:
    by = {"ann": ANN, "ben": BEN, "cat": CAT, "dan": DAN}
    changed = {**BASE, **{by[name]: role for name, role in roles.items()}}
    return {actor: role for actor, role in changed.items() if role != "out"}


def commit(
    what: str,
    by: str,
    clause: str = "",
    people: People = BASE,
    called: str = "Walk",
    added: tuple[str, ...] = (),
    left: tuple[str, ...] = (),
    outside: bool = False,
    more: bool = False,
    keys: str = "",
    again: bool = False,
    before: People | None = None,
    after: People | None = None,
    own: tuple[str, str] = ("", ""),
    devices: int = 4,
) -> dict[str, Any]:
    """`left` are those who still have devices though they are out of the roster; `more`: another
    extension of the GroupContext comes. `before` and `after` are the roots of people; what is
    added is under `keys`, and who commits under `own`, before and after it."""
    then = before if after is None else after
    leaves = [{"actor": actor, "root": keys, "again": again} for actor in added]
    return {
        "what": what, "by": by, "roots": before or {},
        "after": {"name": called, "people": people, "roots": then or {}},
        "added": leaves, "present": sorted({*people, *left}), "outside": outside, "more": more,
        "own": [*own], "devices": devices, "clause": clause,
    }  # fmt: skip


COMMITS = (
    commit("fresh keys", CAT),
    commit("another device of a member without keys, by a member", CAT, "E2E-8.9", added=(BEN,)),
    commit("another device of a member without keys, by an admin", BEN, added=(CAT,)),
    commit("another device of an admin without keys, by an owner", ANN, added=(BEN,)),
    commit("another device of an owner without keys, by an admin", BEN, "E2E-8.9", added=(ANN,)),
    commit("another device of their own, without keys", BEN, added=(BEN,)),
    commit("a device without keys that is taken back", CAT, added=(BEN,), again=True),
    commit("a certified device of who has no keys here", CAT, "E2E-8.9", added=(BEN,), keys=R),
    commit("a device under their keys", CAT, added=(BEN,), before={BEN: R}, keys=R),
    commit("a device under other keys", CAT, "E2E-8.9", added=(BEN,), before={BEN: R}, keys=S),
    commit("a device under no keys", CAT, "E2E-8.9", added=(BEN,), before={BEN: R}),
    commit(
        "one under no keys that stood there",
        CAT,
        "E2E-8.9",
        added=(BEN,),
        before={BEN: R},
        again=True,
    ),
    commit("by a device that is certified", ANN, before={ANN: R}, own=(R, R), called="Swim"),
    commit("by a device of that name", ANN, "E2E-8.9", before={ANN: R}, called="Swim"),
    commit(
        "by a device of that name, and another root", ANN, "E2E-8.9", before={ANN: R}, own=(S, S)
    ),
    commit("by a device that loses its certificate", ANN, "E2E-8.9", before={ANN: R}, own=(R, "")),
    commit("one's own first keys", CAT, after={CAT: R}, own=("", R)),
    commit("one's own first keys, which the leaf has not", CAT, "E2E-8.9", after={CAT: R}),
    commit("the keys of somebody else", ANN, "E2E-8.9", after={CAT: R}),
    commit("other keys of one's own", CAT, "E2E-8.9", before={CAT: R}, after={CAT: S}, own=(R, S)),
    commit("no keys any more", CAT, "E2E-8.9", before={CAT: R}, after={}, own=(R, R)),
    commit(
        "somebody with keys comes",
        ANN,
        people=_with(dan="member"),
        added=(DAN,),
        keys=R,
        after={DAN: R},
    ),
    commit(
        "somebody comes with keys that are not theirs",
        ANN,
        "E2E-8.9",
        people=_with(dan="member"),
        added=(DAN,),
        keys=S,
        after={DAN: R},
    ),
    commit("400 devices", CAT, added=(CAT,), devices=400),
    commit("401 devices", CAT, "E2E-8.2", added=(CAT,), devices=401),
    commit("fresh keys, where there are too many", CAT, devices=401),
    commit("an owner renames", ANN, called="Swim"),
    commit("an admin renames", BEN, called="Swim"),
    commit("a member renames", CAT, "E2E-8.3", called="Swim"),
    commit("an owner adds", ANN, people=_with(dan="member"), added=(DAN,)),
    commit("an admin adds", BEN, people=_with(dan="member"), added=(DAN,)),
    commit("a member adds", CAT, "E2E-8.3", people=_with(dan="member"), added=(DAN,)),
    commit("a device of nobody in it", CAT, "E2E-8.4", added=(DAN,)),
    commit("a device of nobody in it, by an owner", ANN, "E2E-8.4", added=(DAN,)),
    commit("somebody without a device", ANN, "E2E-8.4", people=_with(dan="member")),
    commit("who comes as an admin", ANN, "E2E-8.3", people=_with(dan="admin"), added=(DAN,)),
    commit("an owner removes a member", ANN, people=_with(cat="out")),
    commit("an owner removes an admin", ANN, people=_with(ben="out")),
    commit("an admin removes a member", BEN, people=_with(cat="out")),
    commit("an admin removes an owner", BEN, "E2E-8.1", people=_with(ann="out")),
    commit("a member removes a member", CAT, "E2E-8.3", people=_with(ben="out")),
    commit("a removal that leaves a device", ANN, "E2E-8.4", people=_with(cat="out"), left=(CAT,)),
    commit("a member leaves", CAT, people=_with(cat="out"), left=(CAT,)),
    commit("the last owner leaves", ANN, "E2E-8.1", people=_with(ann="out"), left=(ANN,)),
    commit("an owner gives a role", ANN, people=_with(cat="owner")),
    commit("an admin gives a role", BEN, "E2E-8.3", people=_with(cat="admin")),
    commit("a member takes a role", CAT, "E2E-8.3", people=_with(cat="owner")),
    commit("the last owner steps down", ANN, "E2E-8.1", people=_with(ann="member")),
    commit("an owner steps down for another", ANN, people=_with(ann="member", ben="owner")),
    commit("an admin steps down", BEN, "E2E-8.3", people=_with(ben="member")),
    commit("who is not in it", DAN, "E2E-8.3"),
    commit("an external one", ANN, "E2E-8.4", outside=True),
    commit("another extension", ANN, "E2E-8.4", more=True),
)


def page() -> str:
    forms = [{"what": what, "data": data, "clause": clause} for what, data, clause in FORMS]
    before = {"name": "Walk", "people": BASE}
    made = {"roles": [*ROLES], "forms": forms, "before": before, "commits": COMMITS}
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"


def main() -> int:
    if "--check" in sys.argv:
        return int(not FILE.exists() or FILE.read_text(encoding="utf-8") != page())
    FILE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
