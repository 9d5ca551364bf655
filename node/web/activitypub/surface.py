"""What other servers ask, as a surface: activities in JSON-LD, signatures, pages of collections."""

from collections.abc import Iterable
from typing import Any

from aiohttp import web
from msgspec import Struct

from node.config import Config
from node.federation.discovery import ACTIVITY_JSON
from node.web.activitypub.collections import ITEMS_A_PAGE, CollectionPaging
from node.web.activitypub.requests import Asked
from node.web.routes import Route
from node.web.surface import ShowProblem, Surface, Written
from node.wire import json


class ActivityBodies(Struct, frozen=True):
    """JSON-LD as peers write it. What a body says counts once its signature holds."""

    limit_bytes: int
    too_long: str = "FED-7.12"
    too_slow: str = "FED-7.12"

    def check(self, request: web.Request) -> None:
        """A question may name any type: its signature says whose it is, and its bytes what."""

    def read(self, _request: web.Request, raw: bytes, _kind: Any) -> Asked:
        """Raises `Malformed` (FED-2.2)."""
        return Asked(raw, json.document(raw))

    def write(self, value: Any) -> Written:
        if value is None:
            return Written("", b"")
        body = value if isinstance(value, bytes) else json.encode(value)
        return Written(ACTIVITY_JSON, body)


def surface(
    routes: Iterable[Route],
    config: Config,
    errors: ShowProblem,
    plain: Iterable[web.AbstractRouteDef] = (),
    items_a_page: int = ITEMS_A_PAGE,
) -> Surface:
    """The ActivityPub side of these routes; a person who follows an id sees errors as a page."""
    return Surface(
        prefix="",
        routes=tuple(routes),
        plain=tuple(plain),
        bodies=ActivityBodies(config.inbox_limit_bytes),
        errors=errors,
        paging=CollectionPaging(config.origin, items_a_page),
    )
