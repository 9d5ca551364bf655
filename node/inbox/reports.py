"""Reports: what people and other servers tell this node's administrators of (spec INB-10)."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, Protocol, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from node.errors import Conflict, Forbidden, Malformed, Missing, TooMuch
from node.federation.activities.flagging import LONGEST_TEXT, lines
from node.federation.activities.shapes import Activity, Flag
from node.federation.telling import Page
from node.graph.visibility import Audience, AudienceKind
from node.inbox.known import Known
from node.inbox.reported_words import Words, within
from node.wire.ids import origin

NOTICE: Final = "report"  # the kind of its notices
MOST_POSTS: Final = 10  # of one call
MOST_KEPT: Final = 20  # of one report
MOST_OPEN: Final = 100  # by one account
LONGEST_KEPT: Final = 10_000  # characters of one report
LONGEST_NOTE: Final = 1000
DAY: Final = timedelta(days=1)
MOST_A_DAY: Final = 50  # by one account, or by one registrable domain
MOST_OF_DOMAIN: Final = 20  # open ones
MOST_OF_OTHERS: Final = 500  # open ones, of all other servers
MOST_TOGETHER: Final = 250  # of these by domains that have others open: the rest is for new ones
SEVERAL: Final = (
    2  # people here who may see a post, before their server is told that one of them did
)
MOST_RUNG: Final = 20  # open ones of other servers, until a further one rings no device


class Report(Struct, frozen=True):
    """`about` is an actor, `reporter` one of ours ("" once they left, INB-10.9) or the host of
    another server; then `domain` is its registrable one. `flag` is the id of what told the server
    of `about`. `closer` is the name of an administrator, "" on the node's machine."""

    id: str
    about: str
    reporter: str
    created: datetime
    updated: datetime
    domain: str = ""
    text: str = ""
    words: tuple[Words, ...] = ()
    flag: str = ""
    flags: int = 0  # that came of that server within a day from `counted` on
    counted: datetime | None = None
    closer: str = ""
    note: str = ""
    closed: datetime | None = None


class Complaint(Struct, frozen=True):
    """What is handed in: `about` is an actor or a post."""

    about: str
    posts: tuple[str, ...] = ()
    text: str = ""
    forward: bool = False


Unsent: TypeAlias = Literal["", "before", "suspended"]


class Handed(Struct, frozen=True):
    """What became of a complaint. `added`: to a `report` that was open. `forwarded`: their server
    is told of it, but for `withheld` posts; or why it is not, though that was asked for."""

    report: Report
    added: bool
    forwarded: bool = False
    withheld: int = 0
    unsent: Unsent = ""


class ReportUnit(Protocol):
    """What this page asks of its transaction."""

    now: datetime

    def fresh(self) -> str: ...

    def mint_activity(self) -> str: ...

    async def post(self, id: str) -> Known | None: ...

    async def sees(self, actor: str, post: str) -> bool: ...

    async def hidden(self, actor: str) -> bool:
        """Whether the actor is suspended here, or their server is: nothing is sent there."""
        ...

    async def audience(self, post: str) -> list[Audience]: ...

    async def readers(
        self, author: str, audience: Iterable[Audience], after: str, most: int
    ) -> Page:
        """The accounts of ours in whose feed it would stand, up to `most`."""
        ...

    async def account_of(self, actor: str) -> str | None: ...

    async def person_of(self, actor: str) -> str:
        """Whose channel of ours that is; anybody else is themselves."""
        ...

    async def reachable(self, ids: Iterable[str]) -> set[str]:
        """Those of the actors who are known here and not gone."""
        ...

    async def instance(self) -> str:
        """The node's own actor."""
        ...

    async def words(self, posts: Sequence[str]) -> Sequence[Words]:
        """What these posts say now."""
        ...

    async def open_report(self, about: str, reporter: str) -> Report | None: ...

    async def report(self, id: str) -> Report | None: ...

    async def put_report(self, report: Report) -> None: ...

    async def reports_since(self, reporter: str, since: datetime) -> int:
        """How many the account made since then."""
        ...

    async def flags_since(self, domain: str, since: datetime) -> int:
        """How many Flags by the servers of the domain were counted since then."""
        ...

    async def close_by(self, domain: str, but: str, closer: str, note: str) -> int:
        """Close all by the servers of the domain, except about the actor `but`; how many."""
        ...

    async def open_by(self, reporter: str, most: int) -> int:
        """How many of the account are open, up to `most`."""
        ...

    async def open_by_others(self, domain: str, most: int) -> int:
        """How many are open by the servers of that domain ("": all of them), up to `most`."""
        ...

    def domain_of(self, id: str) -> str:
        """The registrable domain of an actor's server."""
        ...

    async def judges(self, but: str) -> Sequence[str]:
        """The accounts of the active administrators but that of this actor."""
        ...

    async def notify(self, account: str, kind: str, actor: str, object: str) -> None: ...

    async def note_quietly(self, account: str, kind: str, actor: str, object: str) -> None: ...

    async def owe(self, activity: Activity, to: Iterable[str]) -> None: ...


async def report(unit: ReportUnit, reporter: str, said: Complaint) -> Handed:
    """One of ours reports.

    Raises `Missing`, `Malformed`, `Forbidden` (INB-10.1), `Conflict` (INB-10.7), `TooMuch`
    (INB-10.2).
    """
    if len(said.text) > LONGEST_TEXT:
        raise Malformed("INB-10.1", f"a report has at most {LONGEST_TEXT} characters")
    if len(said.posts) > MOST_POSTS:
        raise Malformed("INB-10.1", f"a report names at most {MOST_POSTS} posts")
    about, posts = await _meant(unit, reporter, said)
    if about == reporter:
        raise Forbidden("INB-10.1", "nobody reports themselves")
    if said.forward and await _is_ours(unit, about):
        raise Conflict("INB-10.7", "they are of this node: there is no other server to tell")
    known = await unit.open_report(about, reporter)
    begun = known or await _begun(unit, about, reporter)
    made = _fitting(await _added(unit, begun, lines(said.text), posts))
    handed = Handed(made, known is not None)
    if said.forward:
        handed = await _forwarded(unit, handed, posts, lines(said.text))
    if handed.report != known:
        await unit.put_report(handed.report)
    if known is None:
        await _tell(unit, made, unit.notify)
    return handed


async def _forwarded(unit: ReportUnit, handed: Handed, posts: Sequence[str], text: str) -> Handed:
    """With a Flag to their server, which is not to learn by it who reports (INB-10.7)."""
    made = handed.report
    if made.flag:
        return replace(handed, unsent="before")
    if await unit.hidden(made.about):
        return replace(handed, unsent="suspended")
    named = [id for id in posts if await _has_readers(unit, id)]
    # What was said before was for this node alone.
    flag = Flag(unit.mint_activity(), await unit.instance(), (made.about, *named), text)
    await unit.owe(flag, to=[made.about])
    told, withheld = replace(made, flag=flag.id), len(posts) - len(named)
    return replace(handed, report=told, forwarded=True, withheld=withheld)


async def _has_readers(unit: ReportUnit, id: str) -> bool:
    """Whether several of ours may see the post, as far as its author's server knows.

    Named by a report, any other one says who of us read it, and so who reports.
    """
    post = await unit.post(id)
    root = post if post is None or post.thread in ("", post.id) else await unit.post(post.thread)
    if post is None or root is None:
        return False
    meant = {one.kind for one in await unit.audience(post.id)}
    if root.id != post.id and meant.isdisjoint({AudienceKind.PUBLIC, AudienceKind.THREAD}):
        return False
    audience = await unit.audience(root.id)
    if AudienceKind.PUBLIC in {one.kind for one in audience}:
        return True
    readers, _ = await unit.readers(root.author, audience, "", SEVERAL)
    return len(readers) >= SEVERAL


async def _meant(unit: ReportUnit, reporter: str, said: Complaint) -> tuple[str, list[str]]:
    """Whom it is about, and the posts of theirs that it names."""
    first = await unit.post(said.about)
    if first is None and not await unit.reachable([said.about]):
        raise Missing("INB-10.1", "there is nobody and no post of this id")
    about = await unit.person_of(said.about if first is None else first.author)
    found: dict[str, None] = {}
    for id in (*([] if first is None else [said.about]), *said.posts):
        post = await unit.post(id)
        if post is None or post.deleted or not await unit.sees(reporter, post.id):
            raise Missing("INB-10.1", "there is nobody and no post of this id")
        if await unit.person_of(post.author) != about:
            raise Malformed("INB-10.1", "a report is about one person and posts of theirs")
        found[post.id] = None
    return about, list(found)


async def _is_ours(unit: ReportUnit, actor: str) -> bool:
    return origin(actor) == origin(await unit.instance())


async def _begun(unit: ReportUnit, about: str, reporter: str) -> Report:
    if await unit.reports_since(reporter, unit.now - DAY) >= MOST_A_DAY:
        words = f"you made {MOST_A_DAY} reports within a day: go on tomorrow"
        raise TooMuch("INB-10.2", words, int(DAY.total_seconds()))
    if await unit.open_by(reporter, MOST_OPEN) >= MOST_OPEN:
        words = f"{MOST_OPEN} of your reports are open: wait until some are closed"
        raise TooMuch("INB-10.2", words, int(DAY.total_seconds()))
    return Report(unit.fresh(), about, reporter, unit.now, unit.now)


def _fitting(made: Report) -> Report:
    if len(made.text) > LONGEST_KEPT:
        raise TooMuch("INB-10.2", f"a report has at most {LONGEST_KEPT} characters in all")
    if len(made.words) > MOST_KEPT:
        raise TooMuch("INB-10.2", f"a report names at most {MOST_KEPT} posts in all")
    return made


async def _added(unit: ReportUnit, known: Report, text: str, posts: Sequence[str]) -> Report:
    """With what is said further; the words that are kept already stay as they were."""
    kept = {one.id for one in known.words}
    more = await unit.words([id for id in posts if id not in kept])
    said = "\n\n".join(part for part in (known.text, text) if part)
    if not more and said == known.text:
        return known
    return replace(known, text=said, words=within(known.words, more), updated=unit.now)


Tell: TypeAlias = Callable[[str, str, str, str], Awaitable[None]]


async def _tell(unit: ReportUnit, made: Report, tell: Tell) -> None:
    for account in await unit.judges(made.about):
        await tell(account, NOTICE, made.about, made.id)


async def on_flag(flag: Flag, unit: ReportUnit) -> None:
    """Another server reports. Raises `TooMuch` (INB-10.8)."""
    about, posts = await _named(unit, flag.objects)
    if not about:
        return
    host, domain = origin(flag.actor).authority, unit.domain_of(flag.actor)
    if await unit.flags_since(domain, unit.now - DAY) >= MOST_A_DAY:
        raise TooMuch("INB-10.8", f"that domain sent {MOST_A_DAY} reports within a day")
    known, tell = await unit.open_report(about, host), None
    if known is None:
        tell = unit.note_quietly if await _admitted(unit, domain) else unit.notify
        known = Report(unit.fresh(), about, host, unit.now, unit.now, domain=domain)
    kept = {one.id for one in known.words}
    text = flag.text if len(known.text) + len(flag.text) <= LONGEST_KEPT else ""
    posts = [id for id in posts if id not in kept][: MOST_KEPT - len(kept)]
    made = _counted(await _added(unit, known, text, posts), unit.now)
    await unit.put_report(made)
    if tell is not None:
        await _tell(unit, made, tell)


def _counted(made: Report, now: datetime) -> Report:
    if made.counted is None or made.counted <= now - DAY:
        return replace(made, flags=1, counted=now)
    return replace(made, flags=made.flags + 1)


async def _named(unit: ReportUnit, objects: Sequence[str]) -> tuple[str, list[str]]:
    """The first of our people who is named, or of whom a post is; and their posts."""
    about, posts = "", list[str]()
    for id in objects:
        if await unit.account_of(id) is not None:
            about = about or await unit.person_of(id)
            continue
        post = await unit.post(id)
        if post is None or not post.local or post.deleted:
            continue
        author = await unit.person_of(post.author)
        about = about or author
        if author == about:
            posts.append(post.id)
    return about, posts


async def _admitted(unit: ReportUnit, domain: str) -> bool:
    """Whether there is room for one more of that domain; True: it rings nobody."""
    theirs = await unit.open_by_others(domain, MOST_OF_DOMAIN)
    if theirs >= MOST_OF_DOMAIN:
        raise TooMuch("INB-10.8", f"{MOST_OF_DOMAIN} reports of that domain are open")
    # A few domains with many reports take no room from one that has something to say for once.
    most = MOST_TOGETHER if theirs else MOST_OF_OTHERS
    open_ones = await unit.open_by_others("", most)
    if open_ones >= most:
        raise TooMuch("INB-10.8", f"{most} reports of other servers are open")
    return open_ones >= MOST_RUNG


async def close(unit: ReportUnit, id: str, closer: str, actor: str, note: str) -> Report:
    """An administrator, whose Person `actor` is, says what was done. Raises `Malformed`,
    `Conflict` (INB-10.5), `Missing` (INB-10.4)."""
    words = _noted(note)
    found = await unit.report(id)
    if found is None or found.about == actor:
        raise Missing("INB-10.4", "there is no such report")
    if found.closed is not None:
        raise Conflict("INB-10.5", "this report is closed already")
    made = replace(found, closer=closer, note=words, closed=unit.now)
    await unit.put_report(made)
    return made


async def close_all(unit: ReportUnit, host: str, closer: str, actor: str, note: str) -> int:
    """As `close`, of all that servers of the domain of `host` reported; how many there were."""
    words = _noted(note)
    return await unit.close_by(unit.domain_of(f"https://{host}/"), actor, closer, words)


def _noted(note: str) -> str:
    words = lines(note)
    if not words or len(note) > LONGEST_NOTE:
        raise Malformed("INB-10.5", f"say in 1 to {LONGEST_NOTE} characters what was done")
    return words
