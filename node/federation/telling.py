"""What all who know an actor of ours are told, in pages, each a unit of its own (spec FED-8.16)."""

from collections.abc import Iterable, Sequence
from typing import Final, Protocol, TypeAlias

import msgspec
from msgspec.structs import replace

from node.federation.activities.shapes import Activity
from node.federation.copies import Copy
from node.federation.priority import of_activity

TELL: Final = "tell"  # the kind of its jobs
PAGE: Final = 200  # people of one unit: nobody waits long for the one writer
# Some of them, and the place behind which the next page begins; "" when that was all.
Page: TypeAlias = tuple[Sequence[str], str]


class Telling(msgspec.Struct, frozen=True):
    """What is left to do about `activity`, which `actor` said: who is behind `after` is not told.

    All are told who know one of `of`, or only those who follow it.

    `home`: when all of them are told our own rooms hear it too; not before, for a Delete ends the
    ties by which the others are found.

    `copy`: only those are told whose servers read a video of `author` in this form (VID-8.2).
    """

    activity: str
    actor: str
    priority: int
    of: tuple[str, ...]
    followers: bool = False
    home: bool = False
    after: str = ""
    copy: Copy | None = None
    author: str = ""


class TellingUnit(Protocol):
    """What this page asks of its transaction."""

    async def circle(self, of: Sequence[str], followers: bool, after: str, most: int) -> Page:
        """A page of those who know one of `of`, by their ids; `followers`: who follow it."""
        ...

    async def reading(self, actors: Sequence[str], copy: Copy, author: str) -> Sequence[str]:
        """Those of `actors` to whom a public video of `author` goes as this copy."""
        ...

    async def send_on(
        self, activity: str, actor: str, to: Iterable[str], priority: int
    ) -> None: ...

    async def come_home(self, activity: str, actor: str, priority: int) -> None:
        """What was said arrives here as well."""
        ...

    async def add_job(self, kind: str, subject: str) -> None: ...


def of_all(
    activity: Activity, of: Iterable[str], followers: bool = False, home: bool = False
) -> Telling:
    """All of it is left to do: `activity` was said, and nobody was told."""
    known = tuple(sorted(set(of)))
    priority = int(of_activity(activity))
    return Telling(activity.id, activity.actor, priority, known, followers, home)


async def tell(left: Telling, unit: TellingUnit) -> None:
    """Owe it to a page of them now, and have a job do the rest."""
    actors, place = await unit.circle(left.of, left.followers, left.after, PAGE)
    if left.copy is not None:
        actors = await unit.reading(actors, left.copy, left.author)
    await unit.send_on(left.activity, left.actor, actors, left.priority)
    if place:
        rest = msgspec.json.encode(replace(left, after=place))
        await unit.add_job(TELL, rest.decode())
    elif left.home:
        await unit.come_home(left.activity, left.actor, left.priority)


async def go_on(subject: str, unit: TellingUnit) -> None:
    """The job: the next page."""
    await tell(msgspec.json.decode(subject, type=Telling), unit)
