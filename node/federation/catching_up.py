"""After a restore: other servers are asked to send again, and our people are told (spec FED-13)."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from node.errors import Forbidden, TooMuch
from node.federation.activities.shapes import Activity, Held, Resend, Resent
from node.federation.peers import Actor
from node.federation.reading_back import READ_BACK, ReadBack, behind
from node.federation.resending import MARGIN, MOST_TOLD
from node.wire.ids import is_object, origin

CATCH_UP: Final = "catch_up"  # the kind of its job
RESTORED: Final = "restored"  # the kind of its notices
LOST: Final = "post_lost"  # and of those of a single post
PAGE: Final = 100
MOST_LOST: Final = 5_000  # posts of which a restore tells a person: ten servers' worth
MOST_RUNG: Final = 20  # and of those the ones with an event: a device may ring for each


class Step(StrEnum):
    """What is done one after the other."""

    ASK = "ask"  # servers that know what a Resend is
    READ = "read"  # the outboxes of others
    TELL = "tell"  # our people


class CatchUp(msgspec.Struct, frozen=True):
    """What is left to do: of `step` what is behind `after`, and the steps behind it.

    `since` is the instant as of which the database is, `restored` when its present life began.
    """

    since: datetime
    restored: datetime
    after: str = ""
    step: Step = Step.ASK


class Asked(msgspec.Struct, frozen=True):
    """A Resend that `actor` was sent: from `since` until `restored` is what may be lost here."""

    id: str
    actor: str
    since: datetime
    restored: datetime


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

    async def keep_asked(self, asked: Asked) -> None: ...

    async def asked(self, resend: str) -> Asked | None:
        """The Resend of this id, if this node sent it lately."""
        ...

    async def count_named(self, resend: str, posts: int, most: int) -> bool:
        """Count so many posts more in the answers to it; False if that is more than `most`."""
        ...

    async def lost(self, held: Sequence[Held]) -> Sequence[tuple[str, Held]]:
        """Those of them that are of active people here and are not here; with their accounts."""
        ...

    async def notices_since(
        self, accounts: Collection[str], kind: str, since: datetime
    ) -> Mapping[str, int]:
        """How many of this kind each of the accounts was given since then, if any."""
        ...

    async def notified(self, kind: str, objects: Iterable[str]) -> set[tuple[str, str]]:
        """Accounts that were given a notice of this kind, with which of the objects."""
        ...

    async def owe(self, activity: Activity, to: Sequence[str]) -> None: ...

    def notify_of(
        self, account: str, kind: str, actor: str, object: str, quiet: bool = False
    ) -> None:
        """A notice that was not given before; `quiet` without an event."""
        ...

    async def add_job(self, kind: str, subject: str) -> None: ...


def subject(since: datetime, restored: datetime) -> str:
    """Of the job that does all of it."""
    return msgspec.json.encode(CatchUp(since, restored)).decode()


async def go_on(subject: str, unit: CatchingUpUnit) -> None:
    """The job: a page of servers, or of people, and a job for the rest."""
    left = msgspec.json.decode(subject, type=CatchUp)
    listed = await {Step.ASK: _ask, Step.READ: _read, Step.TELL: _tell}[left.step](left, unit)
    if len(listed) == PAGE:
        await _later(msgspec.structs.replace(left, after=listed[-1]), unit)
    elif left.step is not Step.TELL:
        following = Step.READ if left.step is Step.ASK else Step.TELL
        await _later(CatchUp(left.since, left.restored, step=following), unit)


async def _later(left: CatchUp, unit: CatchingUpUnit) -> None:
    await unit.add_job(CATCH_UP, msgspec.json.encode(left).decode())


async def _ask(left: CatchUp, unit: CatchingUpUnit) -> Sequence[str]:
    hosts, instance = await unit.resenders(left.after, PAGE), await unit.instance()
    for host in hosts:
        someone = await unit.someone_at(host)
        if someone is not None and instance:
            # What was sent just before the backup may have been under way, and clocks differ.
            asked = Asked(unit.mint_activity(), someone, left.since - MARGIN, left.restored)
            await unit.keep_asked(asked)
            await unit.owe(Resend(asked.id, instance, someone, asked.since), to=[someone])
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
    told = await unit.notified(RESTORED, [as_of])
    for account, actor in people:
        if (account, as_of) not in told:
            unit.notify_of(account, RESTORED, actor, as_of)
    return [account for account, _ in people]


async def on_resent(resent: Resent, unit: CatchingUpUnit) -> None:
    """Who was asked says what their server holds of our people: each is told what they lost.

    It proves nothing (FED-13.8), so it is bounded. Raises `Forbidden` where nothing of ours asked
    that actor, `TooMuch` where they name more than they may (FED-13.9).
    """
    asked = await unit.asked(resent.object)
    if asked is None or asked.actor != resent.actor:
        raise Forbidden("FED-13.9", "this answers no Resend that was sent to that actor")
    if not await unit.count_named(asked.id, len(resent.items), MOST_TOLD):
        words = f"the answers to a Resend name at most {MOST_TOLD} posts in all"
        raise TooMuch("FED-13.9", words, most=MOST_TOLD)
    lost = await unit.lost([one for one in resent.items if _may_be(one, asked)])
    told = await unit.notified(LOST, [held.id for _, held in lost])
    given = Counter(await unit.notices_since({who for who, _ in lost}, LOST, asked.restored))
    for account, held in lost:
        if given[account] < MOST_LOST and (account, held.id) not in told:
            unit.notify_of(account, LOST, held.author, held.id, given[account] >= MOST_RUNG)
            told.add((account, held.id))
            given[account] += 1


def _may_be(held: Held, asked: Asked) -> bool:
    """Whether this can be a post that was said here, and lost."""
    home, _, _ = asked.id.partition("/t/")
    ours = is_object(held.id, home) and origin(held.author) == origin(home)
    return ours and asked.since <= held.published <= asked.restored
