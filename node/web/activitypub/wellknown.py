"""How others find us: WebFinger, host-meta, NodeInfo (spec FED-10)."""

from collections.abc import Mapping
from html import escape
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from node.accounts.names import INSTANCE
from node.accounts.sign_up import Registration
from node.config import Config
from node.errors import Malformed, Missing
from node.federation.discovery import ACTIVITY_JSON
from node.federation.peers import Actor
from node.store.directory import Directory
from node.store.federation import FederationUnit
from node.store.invites import InvitesUnit
from node.store.unit import Units
from node.wire import json

PROFILE_PAGE = "http://webfinger.net/rel/profile-page"
APPLICATION = "https://www.w3.org/ns/activitystreams#Application"
NODEINFO = "http://nodeinfo.diaspora.software/ns/schema/"
OPEN = {"Access-Control-Allow-Origin": "*"}
SOFTWARE = {"name": "kith", "version": "0.1.0"}
VERSIONS = ("2.0", "2.1")


def routes(directory: Directory, units: Units, config: Config) -> list[web.RouteDef]:
    """The routes under /.well-known/ and /nodeinfo/."""
    pages = WellKnown(directory, units, config)
    return [
        web.get("/.well-known/webfinger", pages.webfinger),
        web.get("/.well-known/host-meta", pages.host_meta),
        web.get("/.well-known/host-meta.json", pages.host_meta_json),
        web.get("/.well-known/nodeinfo", pages.nodeinfo_links),
        web.get("/nodeinfo/{version}", pages.nodeinfo),
    ]


class WellKnown:
    """The handlers."""

    def __init__(self, directory: Directory, units: Units, config: Config) -> None:
        self._directory = directory
        self._units = units
        self._config = config
        self._host = urlsplit(config.origin).netloc
        self._template = f"{config.origin}/.well-known/webfinger?resource={{uri}}"

    async def webfinger(self, request: web.Request) -> web.Response:
        """RFC 7033: the JRD of one of our actors."""
        resources = request.query.getall("resource", [])
        if len(resources) != 1 or not is_uri(resources[0]):
            raise Malformed("FED-10.1", "WebFinger takes one resource, which is a URI")
        actor = await self._named(resources[0])
        if actor is None or actor.gone:
            raise Missing("FED-10.1", "there is nobody of that name here")
        jrd = self._jrd(actor, frozenset(request.query.getall("rel", [])))
        return web.Response(
            body=json.encode(jrd), content_type="application/jrd+json", headers=OPEN
        )

    async def _named(self, resource: str) -> Actor | None:
        """The actor that a resource names: acct: with our domain, an id, or a page."""
        scheme, _, rest = resource.partition(":")
        if scheme.lower() == "acct":
            name, _, domain = rest.rpartition("@")
            if domain.lower() not in (self._config.account_domain, self._host):
                return None
            # FEP-d556 and Mastodon ask for the node itself by its domain.
            is_node = name.lower() in (self._config.account_domain, self._host)
            return await self._local(INSTANCE if is_node else name)
        path = resource.removeprefix(self._config.origin)
        if path == resource or (path and not path.startswith("/")):
            return None
        if path in ("", "/"):
            return await self._local(INSTANCE)
        if path.startswith("/@"):
            return await self._local(path.removeprefix("/@"))
        return await self._directory.local(resource)

    async def _local(self, name: str) -> Actor | None:
        return await self._units.look(FederationUnit, lambda unit: unit.local_named(name))

    def _jrd(self, actor: Actor, wanted: frozenset[str]) -> dict[str, Any]:
        links = [{"rel": "self", "type": ACTIVITY_JSON, "href": actor.id}]
        if actor.name == INSTANCE:
            links.append({"rel": APPLICATION, "type": ACTIVITY_JSON, "href": actor.id})
        elif actor.url:
            links.append({"rel": PROFILE_PAGE, "type": "text/html", "href": actor.url})
        return {
            "subject": f"acct:{actor.name}@{self._config.account_domain}",
            "aliases": [each for each in dict.fromkeys((actor.id, actor.url)) if each],
            "links": [link for link in links if not wanted or link["rel"] in wanted],
        }

    async def host_meta(self, request: web.Request) -> web.Response:
        """RFC 6415, for those who look for WebFinger's address first."""
        if "json" in request.headers.get("Accept", ""):
            return await self.host_meta_json(request)
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">'
            f'<Link rel="lrdd" type="application/jrd+json" template="{escape(self._template)}"/>'
            "</XRD>\n"
        )
        headers = {**OPEN, "Vary": "Accept"}
        return web.Response(text=body, content_type="application/xrd+xml", headers=headers)

    async def host_meta_json(self, _request: web.Request) -> web.Response:
        """The same as JSON."""
        link = {"rel": "lrdd", "type": "application/jrd+json", "template": self._template}
        return _open_json({"links": [link]}, "application/json")

    async def nodeinfo_links(self, _request: web.Request) -> web.Response:
        """Where the NodeInfo documents are, and the node's own actor (FEP-2677)."""
        links = [
            {"rel": NODEINFO + version, "href": f"{self._config.origin}/nodeinfo/{version}"}
            for version in VERSIONS
        ]
        instance = await self._local(INSTANCE)
        if instance is not None:
            links.append({"rel": APPLICATION, "href": instance.id})
        return _open_json({"links": links}, "application/json")

    async def nodeinfo(self, request: web.Request) -> web.Response:
        """NodeInfo 2.0 and 2.1."""
        version = request.match_info["version"]
        if version not in VERSIONS:
            raise Missing("FED-10.5", "there is no NodeInfo of that version")
        people, posts = await self._directory.usage()
        registration = await self._units.look(InvitesUnit, InvitesUnit.registration)
        document = {
            "version": version,
            "software": SOFTWARE,
            "protocols": ["activitypub"],
            "services": {"inbound": [], "outbound": []},
            "openRegistrations": registration is Registration.OPEN,
            "usage": {"users": {"total": people}, "localPosts": posts},
            "metadata": {"nodeName": self._config.node_name},
        }
        kind = f'application/json; profile="{NODEINFO}{version}#"'
        return _open_json(document, kind)


def is_uri(text: str) -> bool:
    """Whether `text` begins with a scheme and has something behind it."""
    scheme, found, rest = text.partition(":")
    plain = scheme.replace("+", "").replace("-", "").replace(".", "")
    return bool(found and rest and plain.isascii() and plain.isalnum() and scheme[0].isalpha())


def _open_json(document: Mapping[str, Any], kind: str) -> web.Response:
    headers = {**OPEN, "Content-Type": kind}
    return web.Response(body=json.encode(dict(document)), headers=headers)
