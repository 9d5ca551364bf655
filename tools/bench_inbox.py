"""Figures of the inbox: signed deliveries a node accepts a second, each on disk before its 202."""

import asyncio
import json
import ssl
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

from node.client.api_client import ApiClient
from node.ports import Request
from node.system import SystemEntropy
from node.wire import keys as wire_keys
from node.wire.api.accounts import NewAccount, Session
from node.wire.httpsig import Dialect, sign
from node.wire.keydocs import key_members
from node.wire.keys import PrivateKey
from tools.lab import Lab, Place, free_port

PEER = "peer.test"
ANN = f"https://{PEER}/a/ann"
COUNT = 3000
CONNECTIONS = 32  # a crowd of peers; each has one delivery under way at a time (FED-8)


def key_pairs() -> dict[Dialect, PrivateKey]:
    """RSA as draft-cavage peers use it, Ed25519 as RFC 9421 peers do."""
    material = rsa.generate_private_key(65537, 2048)
    return {
        Dialect.CAVAGE: wire_keys.private_from_material(material, f"{ANN}#main-key", ANN),
        Dialect.RFC9421: wire_keys.ed25519_from_seed(bytes(range(32)), f"{ANN}#ed25519-key", ANN),
    }


async def serve_ann(lab: Lab, port: int, pairs: dict[Dialect, PrivateKey]) -> web.AppRunner:
    """The other server: it only shows one actor."""
    document = {
        "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
        "type": "Person", "id": ANN, "preferredUsername": "ann",
        "inbox": f"{ANN}/inbox", "outbox": f"{ANN}/outbox",
        **key_members([pair.public for pair in pairs.values()]),
    }  # fmt: skip

    async def show(_request: web.Request) -> web.Response:
        return web.Response(body=json.dumps(document), content_type="application/activity+json")

    app = web.Application()
    app.router.add_get("/a/ann", show)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(lab.folder / f"{PEER}.pem", lab.folder / f"{PEER}.key")
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=context).start()
    return runner


def delivery(number: int, actor: str, pair: PrivateKey, dialect: Dialect) -> bytes:
    """One whole HTTP request: a Create of a note of about 1.9 kB for `actor`."""
    run = f"{dialect.value}-{number}"
    note = {
        "type": "Note", "id": f"{ANN}/notes/{run}", "attributedTo": ANN, "to": [actor], "cc": [],
        "content": "<p>" + "a letter to a friend, " * 60 + "</p>",
        "published": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }  # fmt: skip
    body = json.dumps(
        {"@context": "https://www.w3.org/ns/activitystreams", "type": "Create",
         "id": f"{ANN}/t/{run}", "actor": ANN, "to": [actor], "object": note}
    ).encode()  # fmt: skip
    url = urlsplit(f"{actor}/inbox")
    headers = {"host": url.netloc, "content-type": "application/activity+json"}
    request = Request("POST", f"{actor}/inbox", headers, body)
    headers |= sign(request, pair, datetime.now(UTC), dialect)
    lines = [f"POST {url.path} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
    head = "\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode()
    return head + body


async def sign_up(place: Place) -> str:
    """The first person of the node; her actor."""
    link = place.invite()
    body = NewAccount(name="alice", password="a long enough password", invite=link.split("/")[-1])
    async with ApiClient(f"http://{place.connect}", SystemEntropy()) as line:
        return (await line.ask("POST", "/accounts", Session, body)).account.actor


async def measure() -> list[tuple[str, str]]:
    """(figure, value) rows."""
    with tempfile.TemporaryDirectory() as folder:
        lab, port = Lab(Path(folder)), free_port()
        lab.build("alpha.test", peers={PEER: port}, inbox_requests_per_minute="100000000")
        place = lab.media_urls["alpha.test"]
        for name in ("KITH_TLS_CERT_FILE", "KITH_TLS_KEY_FILE"):
            del place.environ[name]  # as behind a proxy
        place.start()
        pairs = key_pairs()
        runner = await serve_ann(lab, port, pairs)
        try:
            await ready(place)
            actor = await sign_up(place)
            return [await run(place, Path(folder), actor, pairs[kind], kind) for kind in pairs]
        finally:
            lab.stop()
            await runner.cleanup()


async def ready(place: Place) -> None:
    """Wait for the plain port."""
    for _ in range(1000):
        try:
            async with ApiClient(f"http://{place.connect}", SystemEntropy()) as line:
                await line.send("GET", "/node")
                return
        except Exception:
            await asyncio.sleep(0.02)


async def run(
    place: Place, folder: Path, actor: str, pair: PrivateKey, dialect: Dialect
) -> tuple[str, str]:
    """One load in one dialect."""
    made = [delivery(number, actor, pair, dialect) for number in range(COUNT)]
    file = folder / f"{dialect.value}.load"
    file.write_bytes(b"".join(len(one).to_bytes(4, "big") + one for one in made))
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tools.load",
        str(file),
        str(place.port),
        str(CONNECTIONS),
        stdout=subprocess.PIPE,
    )
    out, _ = await child.communicate()
    found = json.loads(out)
    rate = found["accepted"] / found["seconds"]
    words = f"{rate:.0f}/s (p50 {found['p50_ms']} ms, p95 {found['p95_ms']} ms"
    if found["refused"]:
        words += f", refused {found['refused']}"
    return f"signed inbox, {dialect.value}", f"{words}, RSS {place.rss_mib()} MiB)"


if __name__ == "__main__":
    for name, value in asyncio.run(measure()):
        print(f"{name}: {value}")
