"""Pure: who is in a group and what each may do there, as all its members agree (spec E2E-8).

It stands in the GroupContext: MLS itself sees to it that all who are in an epoch have the same.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from node.e2ee.mls.public.extensions import Extension, Extensions, find
from node.errors import Forbidden, Malformed, TooMuch
from node.wire import tls
from node.wire.tls import Reader

EXTENSION: Final = 0xF1C1
MEMBER, ADMIN, OWNER = "member", "admin", "owner"
ROLES: Final = (MEMBER, ADMIN, OWNER)  # what each may, the next one may too; from 1 on the wire
MOST_PEOPLE: Final = 128
MOST_DEVICES: Final = 400
LONGEST_NAME: Final = 100  # characters
LONGEST_ACTOR: Final = 2048  # bytes
MOST_BYTES: Final = 65_536
ROOT_BYTES: Final = 32
# What would begin a line, turn those beside it about, or not be seen. By their numbers, not by a
# property: all have to judge alike, whatever Unicode each of them knows.
_CONTROL: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# Spaces, and what joins or shapes the character before it: none at an end.
_BLANK: Final = "\x20\xa0\u1680\u2000-\u200a\u200c\u200d\u202f\u205f\u2800\u3000\ufe0f"
_AROUND: Final = re.compile(f"^[{_BLANK}]|[{_BLANK.removesuffix(chr(0xFE0F))}]$")
_AT: Final = re.compile("[@\ufe6b\uff20]")
_LIKE_PEOPLE: Final = re.compile(f"^{_AT.pattern}|^[^{_BLANK}]*{_AT.pattern}[^{_BLANK}]*$")
_ACTOR: Final = re.compile(r"https://[\x21-\x7e]+")

ONE_LINE: Final = "the name of a group is one line that is seen, with no space around it"
NOBODY: Final = "is not in this group"


@dataclass(frozen=True, slots=True)
class Roster:
    """The people of a group, each with a role, and what it is called.

    `roots`: of who has keys of an account, their root in hex. A name alone gives nobody a right:
    anybody can write one into a leaf (E2E-8.9).
    """

    name: str
    people: Mapping[str, str]
    roots: Mapping[str, str] = field(default_factory=dict)

    @property
    def actors(self) -> set[str]:
        return {*self.people}

    def rank(self, actor: str) -> int:
        """The greater the more they may; 0 for who is not in it."""
        role = self.people.get(actor)
        return 0 if role is None else 1 + ROLES.index(role)

    def encode(self) -> bytes:
        people = sorted((actor.encode(), actor) for actor in self.people)
        written = (
            tls.opaque(name) + tls.u8(self.rank(actor)) + tls.opaque(self._root(actor))
            for name, actor in people
        )
        return tls.u8(1) + tls.opaque(self.name.encode()) + tls.vector(written)

    def _root(self, actor: str) -> bytes:
        return bytes.fromhex(self.roots.get(actor, ""))


def check_name(name: str) -> str:
    """The name. Raises `Malformed` (E2E-8.1)."""
    wrong = "" if name.strip(" ") else "a group needs a name"
    if len(name) > LONGEST_NAME:
        wrong = f"the name of a group has at most {LONGEST_NAME} characters"
    elif _CONTROL.search(name) or _AROUND.search(name):
        wrong = wrong or ONE_LINE
    elif is_like_people(name):
        wrong = "the name of a group is not written as people's are, with an @"
    if wrong:
        raise Malformed("E2E-8.1", wrong)
    return name


def is_like_people(name: str) -> bool:
    """Whether it is written as people are named: `@bob`, or an address."""
    return _LIKE_PEOPLE.search(name) is not None


def check(roster: Roster) -> Roster:
    """It is one. Raises `Malformed`, `TooMuch` (E2E-8.1, E2E-8.2)."""
    check_name(roster.name)
    if len(roster.people) > MOST_PEOPLE:
        raise TooMuch("E2E-8.2", f"a group has at most {MOST_PEOPLE} people")
    if OWNER not in roster.people.values():
        raise Malformed("E2E-8.1", "a group has an owner: make somebody else one first")
    if any(len(actor.encode()) > LONGEST_ACTOR for actor in roster.people):
        raise TooMuch("E2E-8.1", "the id of somebody is too long for a group")
    if len(roster.encode()) > MOST_BYTES:
        raise TooMuch("E2E-8.2", "the ids of its people are too long for one group")
    return roster


@lru_cache(64)
def parse(data: bytes) -> Roster:
    """Asked at every message: read once. Raises `Malformed`, `TooMuch` (E2E-8.1, E2E-8.2)."""
    if len(data) > MOST_BYTES:
        raise TooMuch("E2E-8.2", "the ids of its people are too long for one group")
    roster = check(tls.parse(data, _read))
    if roster.encode() != data:
        raise Malformed("E2E-8.1", "the people of a group are in order, each once")
    return roster


def _read(reader: Reader) -> Roster:
    if reader.u8() != 1:
        raise Malformed("E2E-8.1", "a group of a version that is not known")
    name = _text(reader.opaque())
    people = list(reader.vector(_read_person, cost=3))
    roles = {actor: role for actor, role, _ in people}
    return Roster(name, roles, {actor: root for actor, _, root in people if root})


def _read_person(reader: Reader) -> tuple[str, str, str]:
    actor, place, root = _text(reader.opaque()), reader.u8(), reader.opaque()
    if not 1 <= place <= len(ROLES) or not _ACTOR.fullmatch(actor):
        raise Malformed("E2E-8.1", "somebody in a group is an actor with a role")
    if len(root) not in (0, ROOT_BYTES):
        raise Malformed("E2E-8.1", "the root of somebody in a group is a key, or none")
    return actor, ROLES[place - 1], root.hex()


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Malformed("E2E-8.1", "the text of a group is not UTF-8") from None


def of(extensions: Extensions) -> Roster | None:
    """That of a group with these; None in a conversation that has none. Raises as `parse`."""
    data = find(extensions, EXTENSION)
    return None if data is None else parse(data)


def extension(roster: Roster) -> Extension:
    """Raises as `check`."""
    return Extension(EXTENSION, check(roster).encode())


def instead(extensions: Extensions, roster: Roster) -> Extensions:
    """These with `roster` in the place of the one before."""
    return (*_others(extensions), extension(roster))


def _others(extensions: Extensions) -> Extensions:
    return tuple(one for one in extensions if one.type != EXTENSION)


# -- who may what ------------------------------------------------------------------------------


def check_change(before: Roster, after: Roster, by: str) -> None:
    """`by` may make of the one the other. Raises `Forbidden` (E2E-8.3)."""
    mine = before.rank(by)
    if not mine:
        raise _forbidden("only who is in a group changes it")
    if before.name != after.name and mine < _RANK[ADMIN]:
        raise _forbidden("only its owners and admins give a group another name")
    came = after.actors - before.actors
    if came and mine < _RANK[ADMIN]:
        raise _forbidden("only its owners and admins take people into a group")
    if any(after.people[actor] != MEMBER for actor in came):
        raise _forbidden("who comes into a group is a member at first")
    for actor in before.actors - after.actors - {by}:
        _check_out(mine, before.rank(actor))
    stay = before.actors & after.actors
    if mine < _RANK[OWNER] and any(before.people[a] != after.people[a] for a in stay):
        raise _forbidden("only its owners give people of a group another role")


def _check_out(mine: int, theirs: int) -> None:
    """By the ranks of who takes somebody out, and of whom."""
    if mine < _RANK[ADMIN]:
        raise _forbidden("only its owners and admins take people out of a group")
    if mine <= theirs and mine < _RANK[OWNER]:
        raise _forbidden("an admin takes no owner and no other admin out of a group")


def _forbidden(reason: str) -> Forbidden:
    return Forbidden("E2E-8.3", reason)


_RANK: Final = {role: 1 + place for place, role in enumerate(ROLES)}


@dataclass(frozen=True, slots=True)
class NewLeaf:
    """A device that a commit adds. `root`: whose keys certify it, in hex; empty for nobody's.
    `again`: one of that actor with the same signature key stood there before."""

    actor: str
    root: str = ""
    again: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """What a commit did: who made it, which devices it added, and who has some after it.

    `roots`: what certifies the leaf of who made it, before and after it, as in `NewLeaf`.
    """

    by: str
    added: Collection[NewLeaf]
    present: Collection[str]
    is_outside: bool = False  # by one who only joins by it, or it closes the group
    roots: tuple[str, str] = ("", "")
    devices: int = 0  # that there are after it


def check_commit(before: Extensions, after: Extensions, made: Made) -> None:
    """A commit may be followed, and be sent. Raises `Refused` (E2E-8.1 to E2E-8.4, E2E-8.9)."""
    was, now = of(before), of(after)
    if was is None:
        if now is not None:
            raise Forbidden("E2E-8.4", "a conversation without roles gets none by a commit")
        return
    if made.is_outside:
        raise Forbidden("E2E-8.4", "nobody comes into a group by themselves, nor closes it")
    if now is None or _others(before) != _others(after):
        raise Forbidden("E2E-8.4", "a commit takes nothing else of a group away, and adds nothing")
    check_change(was, now, made.by)
    _check_devices_of(was, now, made)
    _check_roots(was, now, made)
    if made.added:
        check_devices(now, made.devices)


def _check_devices_of(was: Roster, now: Roster, made: Made) -> None:
    """Who comes, comes with a device, and who goes, with all. Raises `Forbidden` (E2E-8.4)."""
    added = {leaf.actor for leaf in made.added}
    if strangers := added - now.actors:
        raise Forbidden("E2E-8.4", f"a device of who {NOBODY} was added: {min(strangers)}")
    came, went = now.actors - was.actors, was.actors - now.actors
    if came - added:
        raise Forbidden("E2E-8.4", "who comes into a group comes with a device")
    if (went - {made.by}).intersection(made.present):
        raise Forbidden("E2E-8.4", "who is taken out of a group goes with all devices")


def _check_roots(was: Roster, now: Roster, made: Made) -> None:
    """Everybody is who the roster says, by their keys. Raises `Forbidden` (E2E-8.9)."""
    for actor in was.actors & now.actors:
        before, after = was.roots.get(actor, ""), now.roots.get(actor, "")
        if before != after and (before or actor != made.by):
            raise Forbidden("E2E-8.9", "nobody gets other keys in a group by a commit")
    for roster, root in zip((was, now), made.roots, strict=True):
        if roster.roots.get(made.by, root) != root:
            raise Forbidden("E2E-8.9", f"it is of a device that the keys of {made.by} do not know")
    for leaf in made.added:
        expected = now.roots.get(leaf.actor, "")
        if leaf.root != expected if expected else not _may_add(was, made.by, leaf):
            reason = f"it adds a device that the keys of {leaf.actor} do not know"
            raise Forbidden("E2E-8.9", reason)


def _may_add(was: Roster, by: str, leaf: NewLeaf) -> bool:
    """Whether `by` answers for a device that no keys certify: who could take that person out, and
    in again with it."""
    if leaf.again or leaf.actor == by or leaf.actor not in was.people:
        return True
    try:
        _check_out(was.rank(by), was.rank(leaf.actor))
    except Forbidden:
        return False
    return True


def check_devices(roster: Roster, count: int) -> None:
    """So many devices fit. Raises `TooMuch` (E2E-8.2)."""
    if count > MOST_DEVICES:
        raise TooMuch("E2E-8.2", f"a group has at most {MOST_DEVICES} devices: {roster.name}")
