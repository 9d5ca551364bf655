"""A person of a node through its HTTP API alone, for groups that need no sealed messages."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from tools.lab import Place

ROOT = "/api/kith/v1"


@dataclass(frozen=True, slots=True)
class Person:
    """Logged in at a node, over one kept connection."""

    name: str
    actor: str
    account: str
    token: str
    origin: str
    http: aiohttp.ClientSession

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON that is answered. Raises for every status that says no."""
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self.http.request(
            method, f"{self.origin}{ROOT}{path}", json=body, headers=headers
        ) as answer:
            content = await answer.read()
            if answer.status >= 300:
                raise RuntimeError(f"{method} {path}: {answer.status} {content[:300]!r}")
            return json.loads(content or b"null")


@asynccontextmanager
async def person(place: Place, name: str, port: int = 0) -> AsyncIterator[Person]:
    """Sign up with an invite of the node. `port`: that of another process of it."""
    secure = "KITH_TLS_CERT_FILE" in place.environ
    origin = f"http{'s' * secure}://127.0.0.1:{port or place.port}"
    link = await asyncio.to_thread(place.invite)
    trust = _trust(place) if secure else None
    connector = aiohttp.TCPConnector(ssl=trust) if trust else aiohttp.TCPConnector()
    async with aiohttp.ClientSession(connector=connector) as http:
        body = {"name": name, "password": f"{name} has a long password"}
        body["invite"] = link.split("/")[-1]
        async with http.post(f"{origin}{ROOT}/accounts", json=body) as answer:
            session = await answer.json()
        account = session["account"]
        yield Person(name, account["actor"], account["id"], session["token"], origin, http)


def _trust(place: Place) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(place.ca))
    context.check_hostname = False  # by address: the name is the certificate's
    return context
