"""The browser app as a surface: below `/app/`, under a policy of its own (spec APP-1)."""

from collections.abc import Mapping

from aiohttp import hdrs, web

from node.config import Config
from node.errors import Missing
from node.web.app.bundle import SHELL, BundledFile, read_bundle
from node.web.bodies import JsonBodies
from node.web.paging import ForwardPaging
from node.web.surface import ShowProblem, Surface

PREFIX = "/app"


def policy(media_origin: str) -> str:
    """What the app may load and where it may send: this node, and nobody else (APP-1.2)."""
    media = "" if not media_origin else f" {media_origin}"
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"connect-src 'self'{media}",
            f"img-src 'self'{media} blob:",
            f"media-src 'self'{media} blob:",
            "worker-src 'self'",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types kith",
        )
    )


def surface(config: Config, errors: ShowProblem) -> Surface:
    """The files of the app, and its shell wherever the app has a screen."""
    served = Served(read_bundle())
    return Surface(
        prefix=PREFIX,
        plain=(
            web.get(PREFIX, served.home),
            web.get(f"{PREFIX}/{{path:.*}}", served.file),
        ),
        bodies=JsonBodies(config.api_limit_bytes),
        errors=errors,
        paging=ForwardPaging(),
        csp=policy(config.media_origin),
        headers={
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "camera=(self), microphone=(self), geolocation=()",
        },
    )


class Served:
    """The handlers."""

    def __init__(self, files: Mapping[str, BundledFile]) -> None:
        self._files = files

    async def home(self, _request: web.Request) -> web.StreamResponse:
        raise web.HTTPPermanentRedirect(f"{PREFIX}/")

    async def file(self, request: web.Request) -> web.StreamResponse:
        """The file of that name; for the path of a screen, the shell, which finds the screen."""
        path = request.match_info["path"]
        found = self._files.get(path)
        if found is None and "/" not in path and "." in path:
            raise Missing("APP-1.1", "the app has no such file: load the page again")
        return _send(request, found or self._files[SHELL])


def _send(request: web.Request, file: BundledFile) -> web.Response:
    headers = {
        hdrs.CONTENT_TYPE: file.media_type,
        hdrs.CACHE_CONTROL: file.cache,
        hdrs.ETAG: file.etag,
        hdrs.VARY: hdrs.ACCEPT_ENCODING,
    }
    known = request.headers.get(hdrs.IF_NONE_MATCH, "")
    if file.etag in {each.strip().removeprefix("W/") for each in known.split(",")}:
        return web.Response(status=304, headers=headers)
    if file.compressed is not None and "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, ""):
        headers[hdrs.CONTENT_ENCODING] = "gzip"
        # One name for two bodies: what is compressed is the same only in meaning.
        headers[hdrs.ETAG] = f"W/{file.etag}"
        return web.Response(body=file.compressed, headers=headers)
    return web.Response(body=file.body, headers=headers)
