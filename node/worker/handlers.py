"""The table of handlers: each is bound to the unit it works on; mypy proves that they fit."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from msgspec import Struct

from node.federation.activities import Activity
from node.store.unit import Unit

A = TypeVar("A", bound=Activity)
U = TypeVar("U", bound=Unit)


class Handler(Struct, frozen=True):
    """`hear` takes an activity of type `of` and a unit of type `unit`. Made by `on`."""

    of: type[Any]
    unit: type[Unit]
    hear: Callable[[Any, Any], Awaitable[None]]


def on(of: type[A], unit: type[U], hear: Callable[[A, U], Awaitable[None]]) -> Handler:
    """Bind a handler. Where activity, unit and handler do not fit together, mypy refuses it."""
    return Handler(of, unit, hear)


class Handlers:
    """The table of handlers. Several of one activity hear it in the order in which they stand."""

    def __init__(self, *handlers: Handler) -> None:
        self.all = handlers
        self._of: dict[type[Any], list[Handler]] = {}
        for handler in handlers:
            self._of.setdefault(handler.of, []).append(handler)

    def of(self, activity: Activity) -> Sequence[Handler]:
        """Who hears `activity`."""
        return self._of.get(type(activity), ())
