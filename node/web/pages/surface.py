"""The pages for people, as a surface: HTML for who reads it, problem documents for who does not."""

from collections.abc import Iterable

from aiohttp import hdrs, web

from node.config import Config
from node.web import problems
from node.web.bodies import JsonBodies
from node.web.paging import ForwardPaging
from node.web.problems import Problem
from node.web.surface import ShowProblem, Surface


def page_or_problem(page: ShowProblem) -> ShowProblem:
    """A problem as a page for a person's browser, and as a document for everybody else."""

    def show(request: web.Request, problem: Problem) -> web.Response:
        if "text/html" in request.headers.get(hdrs.ACCEPT, ""):
            return page(request, problem)
        return problems.answer(problem)

    return show


def surface(plain: Iterable[web.AbstractRouteDef], config: Config, errors: ShowProblem) -> Surface:
    """Pages, files, and what else answers no call."""
    return Surface(
        prefix="",
        plain=tuple(plain),
        bodies=JsonBodies(config.api_limit_bytes),
        errors=errors,
        paging=ForwardPaging(),
    )
