"""Surfaces without tokens, served: for the pages that other servers ask."""

from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from node.testing.fakes import FakeClock, FakeEntropy
from node.web import problems
from node.web.limits import Limiter, MemoryBuckets, TrustedProxies
from node.web.problems import Problem
from node.web.server import Kernel, build_application
from node.web.surface import Surface

LARGEST = 1 << 20


def as_document(_request: web.Request, problem: Problem) -> web.Response:
    """A problem as every client reads it."""
    return problems.answer(problem)


def serve(*surfaces: Surface) -> TestClient[web.Request, web.Application]:
    """A client of these surfaces. Nobody brings a token there, so nobody is asked who calls."""
    nobody: Any = None
    limiter = Limiter(MemoryBuckets(FakeClock()), 1000, 1000, 1000)
    kernel = Kernel(nobody, limiter, nobody, TrustedProxies(), FakeEntropy())
    return TestClient(TestServer(build_application(kernel, surfaces, LARGEST)))
