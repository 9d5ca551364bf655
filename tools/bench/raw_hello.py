"""The least that a server of aiohttp can do: it says hello."""

from aiohttp import web

from tools.bench.raw_server import serve


async def hello(_request: web.Request) -> web.Response:
    return web.json_response({"hello": "world"})


def application() -> web.Application:
    app = web.Application()
    app.router.add_get("/", hello)
    return app


if __name__ == "__main__":
    serve(application())
