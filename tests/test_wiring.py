"""The table of handlers: whatever peers may say is heard, by its room and on its room's unit."""

import inspect
import pkgutil
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from typing import Any, get_args

import pytest

import node
from node.app.handlers import handlers
from node.e2ee.arriving import Arrivals
from node.federation.activities import Activity
from node.federation.activities.table import RENDER
from node.wire.keys import ed25519_from_seed
from node.worker.handlers import Handler

ROOMS = ("e2ee", "federation", "graph", "inbox", "video")
KEY = ed25519_from_seed(bytes(32), "https://a.test/a/node#key", "https://a.test/a/node")
TABLE = handlers(Arrivals(KEY)).all
MEMBERS = get_args(Activity)


def _name(handler: Handler) -> str:
    hear: Any = handler.hear
    return f"{hear.__module__}.{hear.__qualname__}"


def _written() -> Iterator[str]:
    """Every `on_<activity>` of a room, a function or a method."""
    for room in ROOMS:
        for page in pkgutil.walk_packages([f"{node.__path__[0]}/{room}"], f"node.{room}."):
            module = import_module(page.name)
            holders = [module, *(c for _, c in inspect.getmembers(module, inspect.isclass))]
            for holder in holders:
                for name, found in inspect.getmembers(holder, inspect.iscoroutinefunction):
                    if name.startswith("on_") and found.__module__ == page.name:
                        yield f"{found.__module__}.{found.__qualname__}"


@pytest.mark.clause("FED-6.1")
@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.__name__)
def test_what_a_peer_may_say_is_heard_and_can_be_said_by_us(member: type) -> None:
    assert [handler for handler in TABLE if handler.of is member], "bind a handler in app/handlers"
    assert member in RENDER


def test_nothing_is_heard_that_nobody_may_say() -> None:
    assert {handler.of for handler in TABLE} == set(MEMBERS) == set(RENDER)


def test_every_handler_that_a_room_has_is_bound_once() -> None:
    assert Counter(map(_name, TABLE)) == Counter(set(_written()))


@pytest.mark.parametrize("handler", TABLE, ids=lambda h: f"{h.of.__name__}-{_name(h)}")
def test_a_handler_works_on_its_own_rooms_unit(handler: Handler) -> None:
    """mypy takes any unit that fits; a handler's writes belong to the store of its own room."""
    _, room, page = _name(handler).split(".")[:3]
    assert handler.unit.__module__ in (f"node.store.{room}", f"node.store.{page}")
