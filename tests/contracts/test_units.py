"""A unit inherits from its own room only; what several rooms need are helpers beside them."""

import importlib
import inspect
import pkgutil
from types import ModuleType

import pytest

import node.store
import node.testing.memory

ROOMS = (
    {"accounts", "sessions", "invites", "links"},
    {"graph", "friends"},
    {"visibility", "inbox", "feeds", "reports", "mutes", "edits", "shares", "shares_taken"},
    {"key_packages", "mailbox", "e2ee"},
    {"uploads", "video", "pictures", "attachments", "through"},
    {"federation", "resending", "catching_up"},
)


def room(page: str) -> frozenset[str]:
    return frozenset(next((pages for pages in ROOMS if page in pages), {page}))


@pytest.mark.parametrize("floor", [node.store, node.testing.memory], ids=lambda one: one.__name__)
def test_no_unit_inherits_from_another_rooms(floor: ModuleType) -> None:
    strangers = []
    for found in pkgutil.iter_modules(floor.__path__):
        page = importlib.import_module(f"{floor.__name__}.{found.name}")
        for name, kind in inspect.getmembers(page, inspect.isclass):
            if kind.__module__ != page.__name__ or not name.endswith("Unit"):
                continue
            pages = {each.__module__.rpartition(".")[2] for each in kind.__mro__[1:]}
            foreign = pages - room(found.name) - {"unit", "builtins"}
            strangers += [f"{name} of {one}" for one in foreign]
    assert not strangers, "ask the other room's unit: self.beside(…)"
