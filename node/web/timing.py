"""Counts requests by surface, status and duration, where somebody wants to know (spec OPS-4)."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from aiohttp import web

from node.web.dressing import SURFACE
from node.web.surface import Surface, surface_of

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Count(Protocol):
    """Told of each answer: `operation.tallies`."""

    def __call__(self, surface: str, status: int, seconds: float, /) -> None: ...


def timed(
    names: Sequence[str], surfaces: Sequence[Surface], count: Count, ticks: Callable[[], float]
) -> Any:
    """The outermost middleware. `names` are those of `surfaces`.

    What is written in pieces takes as long as its reader likes, which is no duration of ours.
    """
    named = {id(surface): name for name, surface in zip(names, surfaces, strict=True)}

    @web.middleware
    async def time(request: web.Request, handler: Handler) -> web.StreamResponse:
        began = ticks()

        def told(status: int) -> None:
            surface = request.get(SURFACE) or surface_of(request.path, surfaces)
            count(named[id(surface)], status, ticks() - began)

        try:
            response = await handler(request)
        except web.HTTPException as answer:
            told(answer.status)
            raise
        if isinstance(response, web.Response):
            told(response.status)
        return response

    return time
