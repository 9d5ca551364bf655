"""The least that an inbox can do: it verifies the signature and the digest, and commits the body.

`python -m tools.bench.raw_inbox DATABASE PUBLIC_KEY`: one key in PEM is all that it knows. No
actors, no limits, no second look at what was signed.
"""

import base64
import hashlib
import re
import sys
from collections.abc import Callable
from pathlib import Path

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from tools.bench.raw_commits import Commits
from tools.bench.raw_server import serve

PARAMETER = re.compile(r'(\w+)="([^"]*)"')
Verify = Callable[[bytes, bytes], None]


def verifier(pem: bytes) -> Verify:
    """Raises when (signature, message) do not belong together."""
    key = load_pem_public_key(pem)
    if isinstance(key, rsa.RSAPublicKey):
        return lambda signature, message: key.verify(
            signature, message, padding.PKCS1v15(), SHA256()
        )
    assert isinstance(key, Ed25519PublicKey)
    return key.verify


def signed(request: web.Request, body: bytes) -> tuple[bytes, bytes]:
    """(signature, message) by draft-cavage or by RFC 9421, whichever the request carries."""
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    headers = request.headers
    if given := headers.get("Signature-Input"):
        assert headers["Content-Digest"] == f"sha-256=:{digest}:"
        inner = given.partition("=")[2]
        lines = {
            "@method": request.method,
            "@target-uri": f"https://{request.host}{request.path_qs}",
            "content-digest": headers["Content-Digest"],
        }
        text = "".join(f'"{name}": {value}\n' for name, value in lines.items())
        signature = headers["Signature"].partition("=:")[2].rstrip(":")
        return base64.b64decode(signature), f'{text}"@signature-params": {inner}'.encode()
    assert headers["Digest"] == f"SHA-256={digest}"
    found = dict(PARAMETER.findall(headers["Signature"]))
    special = {"(request-target)": f"{request.method.lower()} {request.path_qs}"}
    message = "\n".join(
        f"{name}: {special.get(name) or headers[name]}" for name in found["headers"].split()
    )
    return base64.b64decode(found["signature"]), message.encode()


def application(database: str, verify: Verify) -> web.Application:
    async def inbox(request: web.Request) -> web.Response:
        body = await request.read()
        verify(*signed(request, body))
        await commits.add(body)
        return web.Response(status=202)

    commits = Commits(database)
    app = web.Application()
    app.router.add_post("/{path:.*}", inbox)
    return app


def main(database: str, key: str) -> None:
    serve(application(database, verifier(Path(key).read_bytes())))


if __name__ == "__main__":
    main(*sys.argv[1:])
