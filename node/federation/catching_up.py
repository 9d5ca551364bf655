"""After a restore: other servers are asked to send again, and our people are told (spec FED-13)."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from node.errors import Forbidden
from node.federation.activities.shapes import Activity, Held, Resend, Resent
from node.federation.peers import Actor
from node.federation.reading_back import READ_BACK, ReadBack, behind
from node.federation.resending import MARGIN
from node.wire.ids import origin

CATCH_UP: Final = "catch_up"  # the kind of its job
RESTORED: Final = "restored"  # the kind of its notices
LOST: Final = "post_lost"  # and of those of a single post
PAGE: Final = 100


class Step(StrEnum):
    """What is done one after the other."""

    ASK = "ask"  # servers that know what a Resend is
    READ = "read"  # the outboxes of others
    TELL = "tell"  # our people


class CatchUp(msgspec.Struct, frozen=True):
    """What is left to do: of `step` what is behind `after`, and the steps behind it.

    `since` is the instant as of which the database is.
    """

    since: datetime
    after: str = ""
    step: Step = Step.ASK


class CatchingUpUnit(Protocol):
    """What this page asks of its transaction."""

    now: datetime

    def mint_activity(self) -> str: ...
    async def instance(self) -> str:
        """The node's own actor; empty before the first start."""
        ...

    async def resenders(self, after: str, most: int) -> Sequence[str]:
        """Servers behind `after` that know what a Resend is, by their hosts."""
        ...

    async def someone_at(self, host: str) -> str | None:
        """An actor of that server whom we know."""
        ...

    async def next_awaited(self, after: str, within: str = "") -> Actor | None:
        """Of whom someone here follows or befriended, elsewhere, the next one behind `after`."""
        ...

    async def resends(self, actor: Actor) -> bool:
        """Whether the actor's server knows what a Resend is."""
        ...

    async def people(self, after: str, most: int) -> Sequence[tuple[str, str]]:
        """Accounts behind `after` that are active, and their actors."""
        ...

    async def asked(self, resend: str, host: str) -> bool:
        """Whether this node sent that Resend to that server."""
        ...

    async def lost(self, held: Sequence[Held]) -> Sequence[tuple[str, Held]]:
        """Those of them that are of active people here and are not here; with their accounts."""
        ...

    async def owe(self, activity: Activity, to: Sequence[str]) -> None: ...
    async def notify_of(self, account: str, kind: str, actor: str, object: str) -> None: ...
    async def add_job(self, kind: str, subject: str) -> None: ...


def subject(since: datetime) -> str:
    """Of the job that does all of it."""
    return msgspec.json.encode(CatchUp(since)).decode()


async def go_on(subject: str, unit: CatchingUpUnit) -> None:
    """The job: a page of servers, or of people, and a job for the rest."""
    left = msgspec.json.decode(subject, type=CatchUp)
    listed = await {Step.ASK: _ask, Step.READ: _read, Step.TELL: _tell}[left.step](left, unit)
    if len(listed) == PAGE:
        await _later(msgspec.structs.replace(left, after=listed[-1]), unit)
    elif left.step is not Step.TELL:
        following = Step.READ if left.step is Step.ASK else Step.TELL
        await _later(CatchUp(left.since, step=following), unit)


async def _later(left: CatchUp, unit: CatchingUpUnit) -> None:
    await unit.add_job(CATCH_UP, msgspec.json.encode(left).decode())


async def _ask(left: CatchUp, unit: CatchingUpUnit) -> Sequence[str]:
    hosts, instance = await unit.resenders(left.after, PAGE), await unit.instance()
    for host in hosts:
        someone = await unit.someone_at(host)
        if someone is not None and instance:
            # What was sent just before the backup may have been under way, and clocks differ.
            asked = Resend(unit.mint_activity(), instance, someone, left.since - MARGIN)
            await unit.owe(asked, to=[someone])
    return hosts


async def _read(left: CatchUp, unit: CatchingUpUnit) -> Sequence[str]:
    """A job for each server; the places behind them."""
    places: list[str] = []
    while len(places) < PAGE:
        actor = await unit.next_awaited(places[-1] if places else left.after)
        if actor is None:
            break
        at = actor.id[: actor.id.index("/", len("https://"))] + "/"
        if not await unit.resends(actor):
            subject = ReadBack(at, left.since - MARGIN)
            await unit.add_job(READ_BACK, msgspec.json.encode(subject).decode())
        places.append(behind(at))
    return places


async def _tell(left: CatchUp, unit: CatchingUpUnit) -> Sequence[str]:
    people = await unit.people(left.after, PAGE)
    as_of = left.since.strftime("%Y-%m-%dT%H:%M:%SZ")
    for account, actor in people:
        await unit.notify_of(account, RESTORED, actor, as_of)
    return [account for account, _ in people]


async def on_resent(resent: Resent, unit: CatchingUpUnit) -> None:
    """A server that was asked says what it holds of our people: each is told what they lost.

    It proves nothing (FED-13.8). Raises `Forbidden` (FED-13.9) where nothing of ours was asked.
    """
    ours = origin(resent.object)
    if not await unit.asked(resent.object, origin(resent.actor).authority):
        raise Forbidden("FED-13.9", "this answers no Resend that was sent to that server")
    own = [held for held in resent.items if origin(held.id) == ours == origin(held.author)]
    for account, held in await unit.lost(own):
        await unit.notify_of(account, LOST, held.author, held.id)
