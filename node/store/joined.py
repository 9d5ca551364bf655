"""A unit that goes into one transaction with others: each is done whole or refused by itself."""

from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

from msgspec import Struct, field

from node.store.idempotency_marks import IdempotencyMark

T = TypeVar("T")


class Joined(Struct, Generic[T]):
    """A unit that waits to be written together with others, and then how it went."""

    kind: type[Any]
    work: Callable[[Any], Awaitable[T]]
    once: IdempotencyMark | None
    undecided: tuple[type, ...]
    result: list[T] = field(default_factory=list)
    wakes: set[str] = field(default_factory=set)
    mark: IdempotencyMark | None = None
    error: Exception | None = None
