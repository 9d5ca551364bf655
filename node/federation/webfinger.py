"""Handles: how people write them, and where a host says that they lead (spec FED-10.6, 10.10)."""

import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Protocol
from urllib.parse import quote

from msgspec import Struct

from node.errors import Malformed, Missing, Refused
from node.ports import Response
from node.wire import ids, json

SELF = "self"
KINDS = ("application/activity+json", "application/ld+json")
XRD = "http://docs.oasis-open.org/ns/xri/xrd-1.0"
LARGEST_HOST_META_BYTES = 16_384
_NAME = re.compile(r"[A-Za-z0-9._~-]{1,64}", re.ASCII)


class Get(Protocol):
    """Fetches a URL. Raises `Unreachable` when the server is silent or in trouble."""

    async def __call__(self, url: str, accept: str) -> Response: ...


class Handle(Struct, frozen=True):
    """`@name@domain`, read."""

    name: str
    domain: str

    def __str__(self) -> str:
        return f"{self.name}@{self.domain}"


def handle(text: str) -> Handle:
    """Read `@bob@other.test`, `bob@other.test` or `acct:…`. Raises `Malformed` (FED-10.6)."""
    name, found, domain = text.strip().removeprefix("acct:").removeprefix("@").partition("@")
    if not found or not domain or len(text) > 320 or not _NAME.fullmatch(name):
        raise Malformed("FED-10.6", "a handle looks like @name@server")
    return Handle(name, ids.host(domain))


class WebFinger:
    """Asks hosts where a handle leads."""

    def __init__(self, get: Get) -> None:
        self._get = get

    async def find(self, handle: Handle, at: str) -> tuple[str, Handle]:
        """The actor id to which WebFinger at the host `at` leads, and the subject it names."""
        template = f"https://{at}/.well-known/webfinger?resource={{uri}}"
        try:
            return await self._ask_webfinger(template, handle)
        except Missing:
            other = await self._host_meta(at)
            if other in ("", template):
                raise
        return await self._ask_webfinger(other, handle)

    async def _ask_webfinger(self, template: str, handle: Handle) -> tuple[str, Handle]:
        url = template.replace("{uri}", quote(f"acct:{handle}", safe=""))
        answer = await self._get(url, "application/jrd+json, application/json")
        if answer.status != 200:
            raise Missing("FED-10.6", f"{handle.domain} knows nobody of that name")
        return read_jrd(json.document(answer.body), handle)

    async def _host_meta(self, host: str) -> str:
        """Where a host that has no WebFinger of its own says that it is; "" when nowhere."""
        answer = await self._get(f"https://{host}/.well-known/host-meta", "application/xrd+xml")
        return read_host_meta(answer.body) if answer.status == 200 else ""


def read_jrd(document: Mapping[str, Any], asked: Handle) -> tuple[str, Handle]:
    """The `self` link of a JRD, and its subject if it is a handle. `Missing` (FED-10.6)."""
    links = document.get("links")
    for link in links if isinstance(links, list) else ():
        if not isinstance(link, Mapping) or link.get("rel") != SELF:
            continue
        href, kind = link.get("href"), str(link.get("type", "")).partition(";")[0].strip()
        if isinstance(href, str) and kind in KINDS:
            ids.origin(href)
            return href, _subject(document.get("subject"), asked)
    raise Missing("FED-10.6", "the other server names no actor for this handle")


def read_host_meta(body: bytes) -> str:
    """The WebFinger template of a host's `host-meta` (RFC 6415), https only; "" for none."""
    if len(body) > LARGEST_HOST_META_BYTES:
        return ""
    tree = import_module("xml.etree.ElementTree")  # few servers are asked this
    try:
        text = body.decode("utf-8-sig")
        # Without a document type there are no entities: nothing grows, nothing is fetched.
        root = None if "<!DOCTYPE" in text else tree.fromstring(text)
    except (UnicodeDecodeError, tree.ParseError):
        return ""
    links = [] if root is None else root.iter(f"{{{XRD}}}Link")
    for link in links:
        template = link.get("template", "")
        if link.get("rel") == "lrdd" and "{uri}" in template:
            return template if template.startswith("https://") else ""
    return ""


def _subject(value: object, asked: Handle) -> Handle:
    try:
        return handle(value) if isinstance(value, str) and value.startswith("acct:") else asked
    except Refused:
        return asked
