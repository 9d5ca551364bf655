"""The books of the corpus: which lies are told in which town."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from node.e2ee.mls.public.credentials import basic
from node.e2ee.mls.public.framing import PRIVATE_MESSAGE, PUBLIC_MESSAGE
from node.e2ee.mls.public.proposals import Add
from tests.e2ee.mls.people import NOW
from tools.mls_refuse.book import Book
from tools.mls_refuse.forge import Bend, Leaf
from tools.mls_refuse.frames import FRAMES, Frame, honest
from tools.mls_refuse.joins import WAYS, services, tell_way
from tools.mls_refuse.leaves import LEAF_LIES, PACKAGE, PATH, UPDATE, LeafLie
from tools.mls_refuse.lists import LIST_ROWS, PSK_ROWS
from tools.mls_refuse.packages import PACKAGE_LIES, Package, forged
from tools.mls_refuse.paths import PATH_ROWS
from tools.mls_refuse.stage import Row, Stage, number, wires
from tools.mls_refuse.strangers import (
    again,
    elsewhere,
    floods,
    late,
    outside,
    reinit_closed,
    surgeries,
)
from tools.mls_refuse.town import TOWNS, Town
from tools.mls_refuse.welcomes import (
    INFO_ROWS,
    TREE_ROWS,
    enters,
    not_welcomes,
    successors,
    tell_invited,
)

SUITES = (1, 3)
SHAPES = ("pair", "three", "holes", "eight", "seventeen", "strict")


def chosen(name: str, towns: Sequence[str], spread: int) -> list[tuple[str, int]]:
    """In which towns, and of which suite, a lie is told: always the same for one name."""
    ranked = sorted(towns, key=lambda town: number(f"{name}@{town}"))[:spread]
    turn = number(name) % 2
    return [(town, SUITES[(place + turn) % 2]) for place, town in enumerate(ranked)]


def stage(town: Town, kind: str, wire: int, variant: int) -> Stage:
    """Rows of one kind share two pairs of sender and receiver in each town."""
    key = f"{kind}/{variant}"
    receiver = town.pick[number(f"r{key}") % len(town.pick)]
    senders = [name for name in town.devices if name != receiver]
    sender = town.devices[senders[number(f"s{key}") % len(senders)]]
    return Stage(town, key, wire, sender, receiver)


def tell(book: Book, town: Town, row: Row) -> None:
    """One row of lies about a commit, and its twin."""
    wire = wires(row, town)
    told = stage(town, row.kind or "plain", wire, number(row.name) % 2)
    truth = stage(town, row.kind or "plain", wire, number(row.name) % 2)
    book.seat(town, told.receiver)
    find = lambda psk: told.sender.session.find_psk(psk) or b"z" * 32  # noqa: E731
    right = row.items(truth)
    first = truth.forger.commit(right, path=row.path, find=find)
    twin = f"commit/{truth.key}/{'public' if wire == PUBLIC_MESSAGE else 'private'}/{row.path}"
    before = [*truth.before]
    more: dict[str, Any] = {"before": [_text(m) for m in before]} if before else {}
    twin = book.twin(twin, told.receiver, "receive", lambda: first, **more)
    items = (row.lied or row.items)(told)
    shown = None if row.shown is None else row.shown(told)
    path = row.path if row.lied_path is None else row.lied_path
    if row.lied is not None and row.lied_path is None and row.path is None:
        path = None
    message = told.forger.commit(items, row.bend(told), shown=shown, path=path, find=find)
    more = dict(row.options)
    if told.before != truth.before:
        more = {"before": [_text(m) for m in told.before]} | more
    book.case(row.name, row.clause, row.why, twin, message, **more)


def _text(message: bytes) -> str:
    from tests.e2ee.mls.replay import text

    return text(message)


def leaf_towns(lie: LeafLie) -> tuple[str, ...]:
    return lie.towns or ("pair", "three", "holes", "eight", "seventeen")


def leaf_rows(lie: LeafLie) -> Iterator[Row]:
    """A lie about a leaf, told in a path, in an Add and in an Update."""
    if PATH in lie.where:
        yield Row(
            f"path-leaf/{lie.name}",
            lie.clause_in(PATH),
            lie.why,
            bend=lambda s: Bend(leaf=lie.bend(s, s.sender)),
            towns=leaf_towns(lie),
            options=lie.options,
            kind="leaf",
        )
    if PACKAGE in lie.where:
        yield Row(
            f"add-leaf/{lie.name}",
            lie.clause_in(PACKAGE),
            lie.why,
            lambda s: [s.new()],
            lambda s: [Add(forged(s, Package(leaf=lie.bend(s, s.newcomer()))))],
            towns=leaf_towns(lie),
            options=lie.options,
            path=bool(number(lie.name) % 2) or None,
            kind=f"add-leaf{number(lie.name) % 2}",
        )


def package_rows() -> Iterator[Row]:
    for lie in PACKAGE_LIES:
        if lie.in_add is not None:
            yield Row(
                f"add-package/{lie.name}",
                lie.in_add,
                lie.why,
                lambda s: [s.new()],
                lambda s, lie=lie: [Add(forged(s, lie.bend(s)))],
                kind="add-package",
            )


@dataclass(frozen=True)
class Proposed:
    """A lie in a proposal that is sent by itself, and what would have been right."""

    name: str
    clause: str
    why: str
    kind: str
    right: Callable[[Stage], Any]
    lied: Callable[[Stage], Any]
    towns: Sequence[str] = ("pair", "three", "holes", "eight", "seventeen")
    spread: int = 1
    options: Mapping[str, Any] = field(default_factory=dict)


def tell_proposed(book: Book, town: Town, row: Proposed) -> None:
    wire = PUBLIC_MESSAGE if number(f"{row.name}/{town.name}") % 2 else PRIVATE_MESSAGE
    told = stage(town, row.kind, wire, number(row.name) % 2)
    book.seat(town, told.receiver)
    twin = f"proposal/{told.key}/{'public' if wire == PUBLIC_MESSAGE else 'private'}"
    book.twin(twin, told.receiver, "receive", lambda: told.forger.message(row.right(told)))
    message = told.forger.message(row.lied(told))
    book.case(row.name, row.clause, row.why, twin, message, **row.options)


def proposed() -> Iterator[Proposed]:
    """Lies about leaves and key packages, in proposals that are sent by themselves."""
    for lie in LEAF_LIES:
        if UPDATE in lie.where:
            yield Proposed(
                f"proposed-update/{lie.name}",
                lie.clause_in(UPDATE),
                lie.why,
                "p-update",
                lambda s: s.update(s.sender),
                lambda s, lie=lie: s.update(s.sender, lie.bend(s, s.sender)),
                leaf_towns(lie),
                2,
                lie.options,
            )
        if PACKAGE in lie.where:
            yield Proposed(
                f"proposed-add/{lie.name}",
                lie.clause_in(PACKAGE),
                lie.why,
                "p-add",
                lambda s: s.new(),
                lambda s, lie=lie: Add(forged(s, Package(leaf=lie.bend(s, s.newcomer())))),
                leaf_towns(lie),
                1,
                lie.options,
            )
    for other in PACKAGE_LIES:
        if other.in_add is not None:
            yield Proposed(
                f"proposed-add-package/{other.name}",
                other.in_add,
                other.why,
                "p-add",
                lambda s: s.new(),
                lambda s, o=other: Add(forged(s, o.bend(s))),
            )


class MemoryTables:
    """Towns and their books, made when they are first wanted."""

    def __init__(self) -> None:
        self.books: dict[tuple[str, int], tuple[Book, Town]] = {}

    def at(self, name: str, suite: int) -> tuple[Book, Town]:
        if (name, suite) not in self.books:
            town = TOWNS[name](suite)
            self.books[name, suite] = Book(name, suite, town.about), town
        return self.books[name, suite]


def tell_frame(book: Book, town: Town, frame: Frame) -> None:
    told = stage(town, f"frame-{frame.kind}", frame.wire, number(frame.name) % 2)
    book.seat(town, told.receiver)
    twin = f"frame/{told.key}/{frame.wire}"
    book.twin(twin, told.receiver, "receive", lambda: honest(told, frame.kind))
    message = frame.make(told)
    book.case(frame.name, frame.clause, frame.why, twin, message, **frame.options(told))


def directory(tables: MemoryTables) -> None:
    """Key packages, as a server judges them."""
    for suite in SUITES:
        _packages(tables, suite)


def _packages(tables: MemoryTables, suite: int) -> None:
    town = TOWNS["flat"](suite)
    told = stage(town, "directory", PUBLIC_MESSAGE, 0)
    book = Book("packages", suite, "key packages that are published")
    tables.books["packages", suite] = book, town
    own = told.package()
    receiver = book.joiner("directory", told.newcomer(), own)
    identity = told.newcomer().me.credential.identity.hex()
    twin = book.twin("package", receiver, "validate", lambda: own.package, identity=identity)
    book.twin("package", receiver, "validate", lambda: own.package)
    for lie in LEAF_LIES:
        if PACKAGE in lie.where and lie.towns != ("strict",) and not lie.options:
            bad = Package(leaf=lie.bend(told, told.newcomer()))
            book.case(
                f"leaf/{lie.name}", lie.clause_in(PACKAGE), lie.why, twin, forged(told, bad).raw
            )
    for other in PACKAGE_LIES:
        book.case(
            f"package/{other.name}",
            other.clause,
            other.why,
            twin,
            forged(told, other.bend(told)).raw,
        )
    for name, who in (
        ("other", b"https://eve.example/a"),
        ("empty", b""),
        ("longer", bytes.fromhex(identity) + b"/"),
        ("upper", bytes.fromhex(identity).upper()),
    ):
        bad = Package(leaf=Leaf(fields=lambda f, w=who: f | {"credential": basic(w)}))
        book.case(
            f"identity/{name}",
            "MLS-5.3b",
            "a key package that speaks for another",
            twin,
            forged(told, bad).raw,
        )
    span = own.key_package.leaf.lifetime
    assert span is not None
    for name, when in (("early", span.not_before - 1), ("late", span.not_after + 1)):
        book.case(
            f"time/{name}",
            "MLS-7.3f",
            "outside of its lifetime",
            twin,
            own.package,
            later=when - NOW,
        )


def books() -> Iterator[Book]:
    tables = MemoryTables()
    for chapter in (lists_and_paths, sent_alone, comers, guests, strange, directory):
        chapter(tables)
    for key in sorted(tables.books):
        yield tables.books[key][0]


def lists_and_paths(tables: MemoryTables) -> None:
    rows = [*LIST_ROWS, *PSK_ROWS, *PATH_ROWS, *package_rows()]
    rows += [row for lie in LEAF_LIES for row in leaf_rows(lie)]
    for row in rows:
        for town, suite in chosen(row.name, row.towns, row.spread):
            tell(*tables.at(town, suite), row)


def sent_alone(tables: MemoryTables) -> None:
    for sent in proposed():
        for town, suite in chosen(sent.name, sent.towns, sent.spread):
            tell_proposed(*tables.at(town, suite), sent)
    for frame in FRAMES:
        for town, suite in chosen(frame.name, frame.towns, frame.spread):
            tell_frame(*tables.at(town, suite), frame)


def comers(tables: MemoryTables) -> None:
    for way in WAYS:
        for name, suite in chosen(f"external/{way.name}", way.towns, way.spread):
            book, town = tables.at(name, suite)
            tell_way(book, town, stage(town, "external", PUBLIC_MESSAGE, 0), way)
    for suite in SUITES:
        book, town = tables.at("strict", suite)
        services(book, town, stage(town, "services", PUBLIC_MESSAGE, 0))


def guests(tables: MemoryTables) -> None:
    for row in (*INFO_ROWS, *TREE_ROWS):
        for name, suite in chosen(f"welcome/{row.name}", row.towns, row.spread):
            book, town = tables.at(name, suite)
            tell_invited(book, town, stage(town, "invited", PUBLIC_MESSAGE, 0), row)
    for name, suite in (("three", 3), ("eight", 1)):
        book, town = tables.at(name, suite)
        told = stage(town, "invited", PUBLIC_MESSAGE, 0)
        not_welcomes(book, town, told)
        enters(book, town, told)
    for suite in SUITES:
        book, town = tables.at("closed", suite)
        reinit_closed(book, town, stage(town, "closed", PUBLIC_MESSAGE, 0))
        successors(book, town, stage(town, "successors", PUBLIC_MESSAGE, 0))


def strange(tables: MemoryTables) -> None:
    for turn, name in enumerate(("three", "holes", "seventeen")):
        book, town = tables.at(name, SUITES[turn % 2])
        told = stage(town, "strangers", PUBLIC_MESSAGE, 0)
        for chapter in (again, outside, elsewhere):
            chapter(book, town, told)
    for name, suite in (("three", 3), ("holes", 1)):
        book, town = tables.at(name, suite)
        surgeries(book, town, stage(town, "surgery", PUBLIC_MESSAGE, 0))
    book, town = tables.at("pair", 1)
    floods(book, town, stage(town, "floods", PUBLIC_MESSAGE, 0))
    late(*tables.at("holes", 3), "d", ["e", "g", "c"])
    late(*tables.at("three", 1), "bob", ["carol", "alice"])
