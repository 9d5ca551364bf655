"""The two ways of `kith admin` to a node: over its database, or over its API with a token."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import msgspec
from msgspec import Struct
from sqlalchemy.exc import DBAPIError

from node.app import System
from node.app.administration import OPERATOR, open_administration
from node.cli.admin_verbs import Verb
from node.client import profile
from node.client.api_client import ApiClient
from node.config import Config
from node.errors import Malformed, Unreachable
from node.private_files import secret_line
from node.system import SystemClock, SystemEntropy
from node.web.routes import Call, Page, Route

PAGE = 100


class Asked(Struct, frozen=True):
    """What was said, sorted by where it goes; `body` has the verb's type."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any = None


class Way(Protocol):
    """Asks a node. Raises what it refuses, `Unreachable` when there is none."""

    async def ask(self, verb: Verb, asked: Asked) -> list[Any]:
        """What is answered, as JSON has it; each page of a list."""
        ...


class OnTheMachine(Struct, frozen=True):
    """The routes themselves, in this process."""

    routes: tuple[Route, ...]

    async def ask(self, verb: Verb, asked: Asked) -> list[Any]:
        (route,) = (
            one for one in self.routes if (one.method, one.path) == (verb.method, verb.path)
        )
        found, page = [], Page(PAGE)
        while True:
            call = Call(
                path=asked.path,
                query=asked.query,
                headers={},
                address="",
                caller_or_none=OPERATOR,
                body=asked.body,
                page=page,
            )
            reply = await route.do(call)
            found.append(msgspec.to_builtins(reply.value))
            if reply.after is None:
                return found
            page = Page(PAGE, reply.after)


class OverTheApi(Struct, frozen=True):
    """A node's API, as an administrator."""

    api: ApiClient
    entropy: SystemEntropy

    async def ask(self, verb: Verb, asked: Asked) -> list[Any]:
        path = verb.path
        for name, value in asked.path.items():
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
        headers = {"Idempotency-Key": self.entropy.draw(16).hex()} if verb.method == "POST" else {}
        body = None
        if asked.body is not None:
            body, headers["Content-Type"] = msgspec.json.encode(asked.body), "application/json"
        found: list[Any] = []
        query: dict[str, str] | None = dict(asked.query)
        if verb.paged:
            query = {**asked.query, "limit": str(PAGE)}
        while query is not None:
            harmless = verb.method in ("PUT", "DELETE")
            answer = await self.api.send(verb.method, path, body, headers, query, harmless)
            found.append(msgspec.json.decode(answer.content) if answer.content else None)
            query = answer.next
        return found


@asynccontextmanager
async def on_the_machine(config: Config) -> AsyncIterator[Way]:
    """Raises `Unreachable` when the database cannot be used."""
    try:
        async with open_administration(config, System(SystemClock(), SystemEntropy())) as routes:
            yield OnTheMachine(routes)
    except DBAPIError as error:
        raise Unreachable(f"the database cannot be used: {error.orig}") from None
    except OSError as error:
        raise Unreachable(f"the database cannot be reached: {error}") from None


@asynccontextmanager
async def over_the_api(
    url: str, token: str, connect: str = "", ca_file: str = ""
) -> AsyncIterator[Way]:
    """`url` is the node's origin."""
    if not url.startswith(("https://", "http://localhost", "http://127.0.0.1")):
        raise Malformed("OPS-2.2", f"{url} does not begin with https://: a token would be read")
    entropy = SystemEntropy()
    async with ApiClient(url, entropy, token, connect, ca_file) as api:
        yield OverTheApi(api, entropy)


@asynccontextmanager
async def as_who_is_logged_in(home: Path, handle: str) -> AsyncIterator[Way]:
    """With the session of `kith login` on this machine."""
    known = profile.load(home, handle)
    async with over_the_api(known.origin, known.token, known.connect, known.ca_file) as way:
        yield way


def read_token(path: Path) -> str:
    """The first line of a file that is ours alone. Raises `Malformed`, `Missing` (OPS-2.2)."""
    return secret_line(path, "OPS-2.2", "the file").strip()
