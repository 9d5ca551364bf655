"""Pure: who is in a group and what each may do there, as all its members agree (spec E2E-8).

It stands in the GroupContext: MLS itself sees to it that all who are in an epoch have the same.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
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
# What would begin a line, or turn those beside it about.
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

NOBODY: Final = "is not in this group"


@dataclass(frozen=True, slots=True)
class Roster:
    """The people of a group, each with a role, and what it is called."""

    name: str
    people: Mapping[str, str]

    @property
    def actors(self) -> set[str]:
        return {*self.people}

    def rank(self, actor: str) -> int:
        """The greater the more they may; 0 for who is not in it."""
        role = self.people.get(actor)
        return 0 if role is None else 1 + ROLES.index(role)

    def encode(self) -> bytes:
        people = sorted((actor.encode(), ROLES.index(role)) for actor, role in self.people.items())
        written = (tls.opaque(actor) + tls.u8(1 + place) for actor, place in people)
        return tls.u8(1) + tls.opaque(self.name.encode()) + tls.vector(written)


def check_name(name: str) -> str:
    """The name. Raises `Malformed` (E2E-8.1)."""
    wrong = "" if name.strip(" ") else "a group needs a name"
    if len(name) > LONGEST_NAME:
        wrong = f"the name of a group has at most {LONGEST_NAME} characters"
    elif _CONTROL.search(name) or name != name.strip(" "):
        wrong = wrong or "the name of a group is one line, with no space around it"
    elif name.startswith("@"):
        wrong = "the name of a group does not begin with @, as people's do"
    if wrong:
        raise Malformed("E2E-8.1", wrong)
    return name


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
    return Roster(name, dict(reader.vector(_read_person, cost=2)))


def _read_person(reader: Reader) -> tuple[str, str]:
    actor, place = _text(reader.opaque()), reader.u8()
    if not 1 <= place <= len(ROLES) or not actor.startswith("https://"):
        raise Malformed("E2E-8.1", "somebody in a group is an actor with a role")
    return actor, ROLES[place - 1]


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
class Made:
    """What a commit did: who made it, of whom it added devices, and who has some after it."""

    by: str
    added: Collection[str]
    present: Collection[str]
    is_outside: bool = False  # by one who only joins by it, or it closes the group


def check_commit(before: Extensions, after: Extensions, made: Made) -> None:
    """A commit that others accepted may be followed. Raises `Refused` (E2E-8.1 to E2E-8.4)."""
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
    if strangers := {*made.added} - now.actors:
        raise Forbidden("E2E-8.4", f"a device of who {NOBODY} was added: {min(strangers)}")
    came, went = now.actors - was.actors, was.actors - now.actors
    if came - {*made.added}:
        raise Forbidden("E2E-8.4", "who comes into a group comes with a device")
    if (went - {made.by}).intersection(made.present):
        raise Forbidden("E2E-8.4", "who is taken out of a group goes with all devices")


def check_devices(roster: Roster, count: int) -> None:
    """So many devices fit. Raises `TooMuch` (E2E-8.2)."""
    if count > MOST_DEVICES:
        raise TooMuch("E2E-8.2", f"a group has at most {MOST_DEVICES} devices: {roster.name}")
