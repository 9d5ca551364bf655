"""The least that a sender can do: it signs each body for its inbox and posts it, a host at a time.

`python -m tools.bench.raw_sender WORK PORT CA`: WORK is JSON: the key in PEM and its id, whether
it signs by draft-cavage, and the bodies for each inbox. All hosts are reached at PORT. Each line
that it is told has all of it sent once more, over the connections that stand.
"""

import asyncio
import base64
import hashlib
import json
import ssl
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import uvloop
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from node.net.fetcher import KEEP_ALIVE_SECONDS

Sign = Callable[[bytes], bytes]


def signer(pem: bytes) -> Sign:
    key = load_pem_private_key(pem, None)
    if isinstance(key, rsa.RSAPrivateKey):
        return lambda message: key.sign(message, padding.PKCS1v15(), SHA256())
    assert isinstance(key, Ed25519PrivateKey)
    return key.sign


def headers(inbox: str, body: bytes, work: dict[str, Any], sign: Sign) -> dict[str, str]:
    """The headers that prove the body, in one of the two dialects."""
    url, now = urlsplit(inbox), datetime.now(UTC)
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    made = {"Host": url.netloc, "Content-Type": "application/activity+json"}
    if work["cavage"]:
        made |= {"Date": format_datetime(now, usegmt=True), "Digest": f"SHA-256={digest}"}
        message = f"(request-target): post {url.path}\nhost: {url.netloc}\n"
        message += f"date: {made['Date']}\ndigest: {made['Digest']}"
        signature = base64.b64encode(sign(message.encode())).decode()
        names = "(request-target) host date digest"
        made["Signature"] = (
            f'keyId="{work["id"]}",algorithm="rsa-sha256",headers="{names}",signature="{signature}"'
        )
        return made
    made["Content-Digest"] = f"sha-256=:{digest}:"
    inner = '("@method" "@target-uri" "content-digest")'
    inner += f';created={int(now.timestamp())};keyid="{work["id"]}"'
    message = f'"@method": POST\n"@target-uri": {inbox}\n'
    message += f'"content-digest": {made["Content-Digest"]}\n"@signature-params": {inner}'
    signature = base64.b64encode(sign(message.encode())).decode()
    return made | {"Signature-Input": f"sig1={inner}", "Signature": f"sig1=:{signature}:"}


async def lane(
    http: aiohttp.ClientSession, port: str, inbox: str, bodies: list[str], sign: Callable[..., Any]
) -> None:
    """One host: each body when the last was taken."""
    url = urlsplit(inbox)
    for text in bodies:
        body = text.encode()
        async with http.post(
            f"https://127.0.0.1:{port}{url.path}",
            data=body,
            headers=sign(inbox, body),
            server_hostname=url.netloc,
        ) as answer:
            assert answer.status == 202, answer.status


async def main(work: dict[str, Any], port: str, ca: str) -> None:
    sign = signer(work["pem"].encode())
    trust = ssl.create_default_context(cafile=ca)
    # Kept as long as a node keeps them: in its own turns a node makes no new ones either.
    connector = aiohttp.TCPConnector(ssl=trust, limit=0, keepalive_timeout=KEEP_ALIVE_SECONDS)
    async with aiohttp.ClientSession(connector=connector) as http:

        async def send(part: slice) -> None:
            def proof(inbox: str, body: bytes) -> dict[str, str]:
                return headers(inbox, body, work, sign)

            await asyncio.gather(
                *(
                    lane(http, port, inbox, bodies[part], proof)
                    for inbox, bodies in work["inboxes"].items()
                )
            )

        await send(slice(0, 1))  # connections stand
        print(json.dumps("ready"), flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            await send(slice(None))
            print(json.dumps("sent"), flush=True)


if __name__ == "__main__":
    uvloop.run(main(json.loads(Path(sys.argv[1]).read_text()), *sys.argv[2:]))
