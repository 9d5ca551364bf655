"""The least that shows a feed: one query for forty rows, answered as JSON by aiohttp.

`python -m tools.bench.raw_pages SQLITE_FILE|POSTGRESQL_URL ACCOUNT`
"""

import sqlite3
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
from aiohttp import web

from tools.bench.raw_server import serve

QUERY = (
    "SELECT p.id, p.author, p.content, p.published FROM timeline t JOIN posts p ON p.id = t.post"
    " WHERE t.account = {0} ORDER BY t.published DESC, t.post DESC LIMIT 40"
)
Ask = Callable[[], Awaitable[list[list[Any]]]]


def of_sqlite(path: str, account: str) -> Ask:
    connection = sqlite3.connect(path)

    async def ask() -> list[list[Any]]:
        return [list(row) for row in connection.execute(QUERY.format("?"), (account,))]

    return ask


def of_postgresql(url: str, account: str) -> Ask:
    opened: list[Any] = []

    async def ask() -> list[list[Any]]:
        if not opened:
            opened.append(await asyncpg.connect(url.replace("+asyncpg", "")))
        return [list(row) for row in await opened[0].fetch(QUERY.format("$1"), account)]

    return ask


def application(ask: Ask) -> web.Application:
    async def feed(_request: web.Request) -> web.Response:
        return web.json_response(await ask())

    app = web.Application()
    app.router.add_get("/", feed)
    return app


def main(database: str, account: str) -> None:
    of = of_postgresql if database.startswith("postgresql") else of_sqlite
    serve(application(of(database, account)))


if __name__ == "__main__":
    main(*sys.argv[1:])
