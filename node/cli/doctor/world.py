"""Looks at the node as others reach it: DNS, TLS, proxy, WebFinger, clocks (spec OPS-3).

The name is asked from this machine; what a firewall keeps from others cannot be seen from here.
"""

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from node.accounts.names import INSTANCE
from node.cli.certificates import end_of
from node.cli.doctor.subject import Look, Subject, Unasked
from node.client.connect import PinnedResolver, trusting
from node.config import read_resolve
from node.errors import NodeError
from node.federation.clocks import Clocks
from node.operation import name, work
from node.operation.findings import Finding, unknown
from node.store.health import HealthUnit

PATIENCE_SECONDS = 10
BODY_BYTES = 16 * 2**20
HEAD = (
    "PUT /api/kith/v1/uploads/doctor HTTP/1.1\r\nHost: {host}\r\nContent-Length: {size}\r\n"
    "Content-Type: application/octet-stream\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
)


@asynccontextmanager
async def calling(subject: Subject) -> AsyncIterator[aiohttp.ClientSession]:
    """Trusts whom the node trusts, and finds the private peers that it finds."""
    resolver = PinnedResolver(read_resolve(subject.config.resolve))
    trust = trusting(subject.config.extra_ca_file)
    connector = aiohttp.TCPConnector(ssl=trust, resolver=resolver)
    patience = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
    async with aiohttp.ClientSession(connector=connector, timeout=patience) as session:
        yield session


def _named(subject: Subject) -> str:
    """The node's origin. Raises `Unasked`."""
    if not subject.origin:
        raise Unasked("the node's name is not known: say it with --domain")
    return subject.origin


async def dns(subject: Subject) -> Sequence[Finding]:
    """What the name leads to, and which doors into the private network there are."""
    config = subject.config
    parts = urlsplit(_named(subject))
    host, places = parts.hostname or "", read_resolve(config.resolve)
    found: list[str] = []
    if host in places:
        found = [places[host][0]]
    else:
        with suppress(OSError, UnicodeError):
            loop = asyncio.get_running_loop()
            told = await asyncio.wait_for(
                loop.getaddrinfo(host, parts.port or 443, type=socket.SOCK_STREAM),
                PATIENCE_SECONDS,
            )
            found = sorted({str(one[4][0]).partition("%")[0] for one in told})
    special = config.domain_is_special_use
    return name.dns(host, found, special), name.lab(list(places), special)


async def _open(
    subject: Subject,
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = urlsplit(_named(subject))
    host = parts.hostname or ""
    where = read_resolve(subject.config.resolve).get(host, (host, parts.port or 443))
    trust = trusting(subject.config.extra_ca_file)
    opening = asyncio.open_connection(*where, ssl=trust, server_hostname=host)
    return await asyncio.wait_for(opening, PATIENCE_SECONDS)


async def tls(subject: Subject) -> Sequence[Finding]:
    """The certificate that is shown under our name, and the one in the node's own files."""
    config, now, running = subject.config, subject.clock.now(), subject.pid is not None
    found = [unknown("tls-files", "the node does not speak TLS itself")]
    if config.tls_cert_file:
        ends, fault = None, ""
        try:
            ends = end_of(config.tls_cert_file)
        except (OSError, ValueError) as error:
            fault = str(error)
        found = [name.certificate("tls-files", config.tls_cert_file, ends, fault, now)]
    host = urlsplit(_named(subject)).netloc
    try:
        _, writer = await _open(subject)
    except ssl.SSLError as error:
        said = getattr(error, "verify_message", "") or str(error.reason)
        return (*found, name.certificate("tls", host, None, said, now))
    except (OSError, TimeoutError) as error:
        return (*found, name.not_reached("tls", host, _why(error), running))
    try:
        shown = writer.get_extra_info("ssl_object").getpeercert()
        ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(shown["notAfter"]), UTC)
    finally:
        writer.close()
    return (*found, name.certificate("tls", host, ends, "", now))


async def outside(subject: Subject) -> Sequence[Finding]:
    """Which node answers under our name, and whether our people are found."""
    origin, domain, running = (
        _named(subject),
        subject.config.account_domain,
        subject.pid is not None,
    )
    async with calling(subject) as session:
        try:
            status, told = await _json(session, f"{origin}/api/kith/v1/node")
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            found = [name.not_reached("same-node", origin, _why(error), running)]
        else:
            answered = told.get("origin") if status == 200 and isinstance(told, dict) else None
            found = [name.same_node(origin, answered)]
        subject_of, fault = None, ""
        resource = f"acct:{INSTANCE}@{domain}"
        try:
            address = f"https://{domain}/.well-known/webfinger"
            status, told = await _json(session, address, resource=resource)
            fault = "" if status == 200 else f"it answers {status}"
            if isinstance(told, dict):
                links = [one.get("href", "") for one in told.get("links", [])]
                ours = any(str(one).startswith(f"{origin}/") for one in links)
                subject_of = told.get("subject") if ours else None
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            missed = name.not_reached("webfinger", f"https://{domain}", _why(error), running)
            return (*found, missed)
    return (*found, name.webfinger(domain, subject_of, fault))


async def _json(session: aiohttp.ClientSession, url: str, **query: str) -> tuple[int, Any]:
    async with session.get(url, params=query) as answer:
        try:
            return answer.status, json.loads(await answer.content.read(2**20))
        except ValueError:
            return answer.status, None


def _why(error: BaseException) -> str:
    return str(error).partition("\n")[0] or "it did not answer in time"


async def proxy(subject: Subject) -> Sequence[Finding]:
    """What stands before the node: asked with the head of a large body, which is never sent."""
    config = subject.config
    try:
        reader, writer = await _open(subject)
    except (OSError, TimeoutError):
        return (name.proxy_named(None, config.trusted_proxies), name.proxy_body(None, BODY_BYTES))
    try:
        host = urlsplit(_named(subject)).netloc
        writer.write(HEAD.format(host=host, size=BODY_BYTES).encode())
        line = await asyncio.wait_for(reader.readline(), PATIENCE_SECONDS)
    except (OSError, TimeoutError):
        line = b""
    finally:
        writer.close()
    word = line.split(b" ")[1:2]
    status = int(word[0]) if word and word[0].isdigit() else None
    # It speaks TLS under our name, and the node itself does not.
    behind = not config.tls_cert_file
    return (
        name.proxy_named(behind, config.trusted_proxies),
        name.proxy_body(status, BODY_BYTES),
    )


async def clock(subject: Subject) -> Sequence[Finding]:
    """The time of a few servers that this node talked with lately."""
    hosts = await subject.asked.look(HealthUnit, lambda unit: unit.lively_hosts())
    clocks = Clocks(subject.clock)

    async def ask(session: aiohttp.ClientSession, host: str) -> None:
        with suppress(aiohttp.ClientError, OSError, TimeoutError, NodeError):
            url = f"https://{host}/.well-known/nodeinfo"
            async with session.head(url, allow_redirects=False) as answer:
                clocks.hear(host, answer.headers.get("Date"))

    async with calling(subject) as session:
        await asyncio.gather(*(ask(session, host) for host in hosts))
    return (work.clock(clocks.offset(), clocks.hosts),)


LOOKS = (
    Look(("dns", "lab"), dns),
    Look(("tls-files", "tls"), tls),
    Look(("same-node", "webfinger"), outside),
    Look(("proxy-headers", "proxy-body"), proxy),
    Look(("clock",), clock),
)
