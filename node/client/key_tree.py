"""Pure: the keys of the vault's rows as a B-tree, ordered by name (spec E2E-6.9).

A leaf page says of each name where its row is and with which key it opens; an inner page says
the same of pages. Whatever changes gets a fresh key, so everything above it is written anew, up
to the top. Two things follow: what was replaced is named nowhere any more, and a part of an
older file fits nowhere. After Reardon, Ritzdorf, Basin and Capkun, "Secure Data Deletion from
Persistent Media" (CCS 2013).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple, Protocol

import msgspec

KEY_BYTES = 32
FULL = 64  # entries of a page; one more and it is cut in two
SPARSE = 16  # entries; with fewer, a page is joined with its neighbour

_packed = msgspec.msgpack.Decoder(tuple[str, list[str], list[int], bytes])


class Ref(NamedTuple):
    """Where a row or a page is, and the key that opens it."""

    number: int
    key: bytes


class Entry(NamedTuple):
    """In a leaf, a row and its name; in an inner page, a page and the least name in it."""

    name: str
    ref: Ref


class Page:
    """Entries in the order of their names. Never changed: a changed one is a new one."""

    __slots__ = ("keys", "names", "numbers")

    def __init__(self, names: list[str], numbers: list[int], keys: bytes) -> None:
        self.names = names
        self.numbers = numbers
        self.keys = keys  # one after the other

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "Page":
        some = list(entries)
        names = [entry.name for entry in some]
        numbers = [entry.ref.number for entry in some]
        return cls(names, numbers, b"".join(entry.ref.key for entry in some))

    def __len__(self) -> int:
        return len(self.names)

    def __add__(self, other: "Page") -> "Page":
        return Page(self.names + other.names, self.numbers + other.numbers, self.keys + other.keys)

    def part(self, start: int, end: int) -> "Page":
        keys = self.keys[start * KEY_BYTES : end * KEY_BYTES]
        return Page(self.names[start:end], self.numbers[start:end], keys)

    def ref(self, at: int) -> Ref:
        return Ref(self.numbers[at], self.keys[at * KEY_BYTES : (at + 1) * KEY_BYTES])

    def under(self, name: str) -> int:
        """The index of the entry below which `name` is, or would be."""
        return max(bisect_right(self.names, name) - 1, 0)

    def find(self, name: str) -> tuple[int, int]:
        """From where to where `name` is: one entry, or none at the place where it would be."""
        return _find(self.names, name)

    def pack(self) -> bytes:
        """What is sealed of it. Names that stand beside each other begin alike: said once."""
        start = _alike(self.names[0], self.names[-1]) if self.names else 0
        endings = [name[start:] for name in self.names]
        beginning = self.names[0][:start] if self.names else ""
        return msgspec.msgpack.encode((beginning, endings, self.numbers, self.keys))

    @classmethod
    def unpack(cls, text: bytes) -> "Page":
        """The inverse of `pack`."""
        beginning, endings, numbers, keys = _packed.decode(text)
        return cls([beginning + ending for ending in endings], numbers, keys)


def _find(names: Sequence[str], name: str) -> tuple[int, int]:
    at = bisect_left(names, name)
    return at, at + (at < len(names) and names[at] == name)


def _alike(one: str, other: str) -> int:
    """How many letters both begin with."""
    for at, letter in enumerate(one):
        if other[at : at + 1] != letter:
            return at
    return len(one)


class Top(msgspec.Struct, frozen=True, array_like=True):
    """All that must be known to find the rest. `height` is 0 while the root page is a leaf;
    the `next_` numbers were never given to a page or row."""

    root: Ref
    height: int = 0
    rows: int = 0
    next_page: int = 1
    next_row: int = 0


class Pages(Protocol):
    """Where pages lie. One that is saved anew gets another key."""

    def load(self, ref: Ref) -> Page: ...

    def save(self, number: int, page: Page) -> Ref: ...

    def drop(self, number: int) -> None: ...


def find(pages: Pages, top: Top, name: str) -> Ref | None:
    """The row of that name, or None."""
    page = pages.load(top.root)
    for _ in range(top.height):
        page = pages.load(page.ref(page.under(name)))
    at, end = page.find(name)
    return page.ref(at) if at < end else None


def names(pages: Pages, top: Top, prefix: str) -> Iterator[str]:
    """The names that begin with `prefix`, in order: only the pages that hold them are read."""
    yield from _names(pages, top.root, top.height, prefix)


def _names(pages: Pages, ref: Ref, height: int, prefix: str) -> Iterator[str]:
    page = pages.load(ref)
    if height == 0:
        for name in page.names[page.find(prefix)[0] :]:
            if not name.startswith(prefix):
                return
            yield name
        return
    first = page.under(prefix)
    for at in range(first, len(page)):
        if at > first and not page.names[at].startswith(prefix):
            return
        yield from _names(pages, page.ref(at), height - 1, prefix)


def change(pages: Pages, top: Top, changes: Mapping[str, Ref | None]) -> Top:
    """The tree with all of `changes`: where a name's row is now, or None when it is no more.

    What changed is saved from the leaves up; the new root page is saved last.
    """
    growth = _Growth(pages, top)
    page = growth.changed(top.root, top.height, sorted(changes.items()))
    return growth.topped(page)


class _Growth:
    """One change of the tree. A page in the making may hold any number of entries; it is cut
    into pages of the right size by the one above it."""

    def __init__(self, pages: Pages, top: Top) -> None:
        self._pages = pages
        self._top = top
        self._next_page = top.next_page
        self._rows = top.rows

    def changed(self, ref: Ref, height: int, changes: Sequence[tuple[str, Ref | None]]) -> Page:
        """What the page at `ref` must hold after `changes`; all below it is saved."""
        page = self._pages.load(ref)
        if height == 0:
            return self._leaf(page, changes)
        grouped = groupby(changes, lambda change: page.under(change[0]))
        below = {at: self.changed(page.ref(at), height - 1, list(some)) for at, some in grouped}
        return self._inner(page, below)

    def _leaf(self, page: Page, changes: Sequence[tuple[str, Ref | None]]) -> Page:
        names, numbers, keys = page.names[:], page.numbers[:], bytearray(page.keys)
        for name, row in changes:
            at, end = _find(names, name)
            names[at:end] = [name] if row else []
            numbers[at:end] = [row.number] if row else []
            keys[at * KEY_BYTES : end * KEY_BYTES] = row.key if row else b""
        self._rows += len(names) - len(page)
        return Page(names, numbers, bytes(keys))

    def _inner(self, page: Page, below: Mapping[int, Page]) -> Page:
        """An inner page whose children are `below` where they changed. One that is sparse is put
        together with those after it, the last with the one before it."""
        after = Page.of([])
        done = 0
        for at in below:  # in order
            if at < done:
                continue
            after += page.part(done, at)
            done, held = at + 1, below[at]
            while len(held) < SPARSE and done < len(page):
                held += below[done] if done in below else self._pages.load(page.ref(done))
                done += 1
            spare = page.numbers[at:done]
            if len(held) < SPARSE and len(after):
                last = after.ref(len(after) - 1)
                held = self._pages.load(last) + held
                spare.insert(0, last.number)
                after = after.part(0, len(after) - 1)
            after += self._cut(held, spare)
        return after + page.part(done, len(page))

    def _cut(self, page: Page, spare: Sequence[int] = ()) -> Page:
        """`page` saved as the fewest pages that hold it, alike in size: what an inner page says
        of them. The numbers in `spare` are used first; what is left of them goes."""
        count = -(-len(page) // FULL)
        fresh = max(count - len(spare), 0)
        numbers = [*spare, *range(self._next_page, self._next_page + fresh)]
        self._next_page += fresh
        saved = []
        for at, number in enumerate(numbers[:count]):
            part = page.part(at * len(page) // count, (at + 1) * len(page) // count)
            saved.append(Entry(part.names[0], self._pages.save(number, part)))
        for number in numbers[count:]:
            self._pages.drop(number)
        return Page.of(saved)

    def topped(self, page: Page) -> Top:
        """`page` as the root page: the tree grows a floor, or loses some."""
        height = self._top.height if len(page) else 0
        while len(page) > FULL:
            page = self._cut(page)
            height += 1
        root = self._pages.save(self._top.root.number, page)
        while height and len(page) == 1:
            self._pages.drop(root.number)
            root = page.ref(0)
            page = self._pages.load(root)
            height -= 1
        return Top(root, height, self._rows, self._next_page, self._top.next_row)
