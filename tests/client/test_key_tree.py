"""The tree of keys agrees with a dictionary, and its pages keep their bounds."""

from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.client import key_tree
from node.client.key_tree import FULL, KEY_BYTES, SPARSE, Entry, Page, Ref, Top

NAMES = st.text(alphabet="ab/é", max_size=4)


class Shelf:
    """Pages in memory. Each saving makes a new key, and only the newest key opens."""

    def __init__(self) -> None:
        self.kept: dict[int, tuple[bytes, bytes]] = {}
        self.saved: list[int] = []
        self.loaded: list[int] = []
        self._keys = 0

    def load(self, ref: Ref) -> Page:
        key, text = self.kept[ref.number]
        assert key == ref.key, "a page that was replaced is asked for"
        self.loaded.append(ref.number)
        return Page.unpack(text)

    def save(self, number: int, page: Page) -> Ref:
        self._keys += 1
        key = self._keys.to_bytes(KEY_BYTES, "big")
        self.kept[number] = (key, page.pack())
        self.saved.append(number)
        return Ref(number, key)

    def drop(self, number: int) -> None:
        del self.kept[number]


def row(number: int) -> Ref:
    return Ref(number, number.to_bytes(KEY_BYTES, "little"))


def pages_of(shelf: Shelf, top: Top) -> Iterator[tuple[int, Page]]:
    """(height, page) of the whole tree, the root first."""
    level = [top.root]
    for height in range(top.height, -1, -1):
        pages = [shelf.load(ref) for ref in level]
        yield from ((height, page) for page in pages)
        level = [page.ref(at) for page in pages for at in range(len(page))]


def fill(count: int) -> tuple[Shelf, Top]:
    shelf = Shelf()
    top = Top(shelf.save(0, Page.of([])))
    for start in range(0, count, 500):
        some = {f"{at * 7919 % count:06d}": row(at) for at in range(start, min(start + 500, count))}
        top = key_tree.change(shelf, top, some)
    return shelf, top


@given(st.lists(st.tuples(NAMES, st.integers(0, 2**40)), max_size=FULL, unique_by=lambda e: e[0]))
def test_a_page_comes_back_as_it_was_packed(entries) -> None:
    page = Page.of(Entry(name, row(number)) for name, number in sorted(entries))
    again = Page.unpack(page.pack())
    assert (again.names, again.numbers, again.keys) == (page.names, page.numbers, page.keys)


@pytest.mark.clause("E2E-6.9")
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_it_agrees_with_a_dictionary_and_leaves_no_page_behind(data) -> None:
    shelf = Shelf()
    top = Top(shelf.save(0, Page.of([])))
    model: dict[str, Ref] = {}
    for step in range(data.draw(st.integers(1, 12))):
        span = data.draw(st.sampled_from([3, 40, 900]))
        numbers = data.draw(st.sets(st.integers(0, span), max_size=300))
        gone = data.draw(st.booleans())
        changes: dict[str, Ref | None] = {}
        for number in numbers:
            name = f"{'deep/' * (number % 3)}{number:04d}"
            if gone and name in model:
                changes[name] = None
            elif not gone:
                changes[name] = row(step * 1000 + number)
        top = key_tree.change(shelf, top, changes)
        for name, ref in changes.items():
            if ref is None:
                del model[name]
            else:
                model[name] = ref
        assert top.rows == len(model)
        assert list(key_tree.names(shelf, top, "")) == sorted(model)
        assert {name: key_tree.find(shelf, top, name) for name in model} == model
        assert key_tree.find(shelf, top, "absent") is None
        for prefix in ("deep/", "deep/deep/", "00", "x"):
            found = list(key_tree.names(shelf, top, prefix))
            assert found == sorted(name for name in model if name.startswith(prefix))
        pages = list(pages_of(shelf, top))
        assert len(pages) == len(shelf.kept)
        assert all(len(page) <= FULL for _, page in pages)
        assert all(len(page) for _, page in pages[1:])


@pytest.mark.clause("E2E-6.9")
@pytest.mark.parametrize("seed", range(5))
def test_what_grows_and_shrinks_row_by_row_has_pages_of_a_right_size(seed: int) -> None:
    random = Random(seed)
    shelf = Shelf()
    top = Top(shelf.save(0, Page.of([])))
    names = [f"{at:05d}" for at in range(1200)]
    random.shuffle(names)
    heights = []
    for at, name in enumerate(names):
        top = key_tree.change(shelf, top, {name: row(at)})
    heights.append(top.height)
    assert all(SPARSE <= len(page) <= FULL for _, page in list(pages_of(shelf, top))[1:])
    random.shuffle(names)
    for at, name in enumerate(names):
        top = key_tree.change(shelf, top, {name: None})
        if at % 100 == 0:
            pages = list(pages_of(shelf, top))
            assert all(SPARSE <= len(page) <= FULL for _, page in pages[1:])
            heights.append(top.height)
    assert heights == sorted(heights, reverse=True)
    assert (top.height, top.rows, len(shelf.kept)) == (0, 0, 1)


@pytest.mark.clause("E2E-6.9")
def test_a_change_of_one_row_writes_one_page_of_each_height() -> None:
    shelf, top = fill(20_000)
    assert top.height == 2
    for at in range(0, 20_000, 997):
        shelf.saved.clear()
        top = key_tree.change(shelf, top, {f"{at:06d}": row(at + 1)})
        assert len(shelf.saved) == 3
        shelf.saved.clear()
        top = key_tree.change(shelf, top, {f"{at:06d}x": row(at + 2)})
        assert len(shelf.saved) <= 2 * 3 + 1  # at most, each is cut in two


@pytest.mark.clause("E2E-6.9")
def test_names_of_a_prefix_are_found_without_reading_the_others() -> None:
    shelf, top = fill(20_000)
    shelf.loaded.clear()
    assert len(list(key_tree.names(shelf, top, "01234"))) == 10
    assert len(shelf.loaded) <= 2 * (top.height + 1)
