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


def written(name: bytes, people: list[tuple[bytes, int]], version: int = 1) -> str:
    """A roster as it is on the wire, right or wrong."""
    each = (tls.opaque(actor) + tls.u8(role) for actor, role in people)
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
    ("a name of 101 characters", written(b"x" * 101, OWN), "E2E-8.1"),
    ("a name as of a person", written(b"@ann", OWN), "E2E-8.1"),
    ("another version", written(b"x", OWN, 2), "E2E-8.1"),
    ("a byte behind it", written(b"x", OWN) + "00", "MLS-2.1a"),
    ("cut short", written(b"x", OWN)[:-2], "MLS-2.1"),
)
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
) -> dict[str, Any]:
    """`left` are those who still have devices though they are out of the roster; `more`: another
    extension of the GroupContext comes."""
    return {
        "what": what, "by": by, "after": {"name": called, "people": people}, "added": [*added],
        "present": sorted({*people, *left}), "outside": outside, "more": more, "clause": clause,
    }  # fmt: skip


COMMITS = (
    commit("fresh keys", CAT),
    commit("another device of a member, by a member", CAT, added=(BEN,)),
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
