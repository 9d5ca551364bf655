"""People of other servers: what they are known by, and how they sign what they send."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import rsa

from node.federation import capabilities
from node.ports import Request
from node.wire import keys as wire_keys
from node.wire.httpsig import Dialect, sign
from node.wire.keydocs import key_members
from node.wire.keys import PrivateKey

AS = "https://www.w3.org/ns/activitystreams"
PUBLIC = f"{AS}#Public"


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody of another server, who signs in one dialect."""

    id: str
    dialect: Dialect
    key: PrivateKey

    @property
    def document(self) -> dict[str, Any]:
        """What their server shows of them; RFC 9421 comes with the word that they read it."""
        reads = {"generator": capabilities.generator()} if self.dialect is Dialect.RFC9421 else {}
        return {
            "@context": [AS, "https://w3id.org/security/v1"],
            "type": "Person", "id": self.id, "preferredUsername": self.id.rpartition("/")[2],
            "inbox": f"{self.id}/inbox", "outbox": f"{self.id}/outbox",
            "followers": f"{self.id}/followers",
            **key_members((self.key.public,)), **reads,
        }  # fmt: skip

    def activity(self, kind: str, name: str, about: Any, **more: Any) -> bytes:
        """An activity of theirs; its id ends in `name`."""
        said = {"@context": AS, "type": kind, "id": f"{self.id}/t/{name}", "actor": self.id}
        return json.dumps({**said, "object": about, **more}).encode()

    def post(self, name: str) -> bytes:
        """A Create of a note of about 1.9 kB for everybody who follows them."""
        return self._create(name, [PUBLIC], [f"{self.id}/followers"])

    def letter(self, name: str, to: str) -> bytes:
        """A Create of the same note for one person."""
        return self._create(name, [to], [])

    def _create(self, name: str, to: list[str], cc: list[str]) -> bytes:
        note = {
            "type": "Note", "id": f"{self.id}/notes/{name}", "attributedTo": self.id,
            "to": to, "cc": cc, "content": "<p>" + "a letter to a friend, " * 60 + "</p>",
            "published": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }  # fmt: skip
        return self.activity("Create", name, note, to=to, cc=cc)

    def request(self, inbox: str, body: bytes) -> bytes:
        """`body` as a whole HTTP request to `inbox`, signed now."""
        url = urlsplit(inbox)
        headers = {"host": url.netloc, "content-type": "application/activity+json"}
        request = Request("POST", inbox, headers, body)
        headers |= sign(request, self.key, datetime.now(UTC), self.dialect)
        lines = [f"POST {url.path} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
        return "\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode() + body


def strangers(hosts: Iterable[str], dialect: Dialect, each: int = 1) -> list[Stranger]:
    """So many on each host: with RSA by draft-cavage, as most do, or with Ed25519 by RFC 9421."""
    # One modulus for all: making 2,048 bits takes longer than all that is measured with them.
    material = rsa.generate_private_key(65537, 2048) if dialect is Dialect.CAVAGE else None
    found: list[Stranger] = []
    for host in hosts:
        for number in range(each):
            id = f"https://{host}/a/{dialect.value}{number}"
            if material is not None:
                key = wire_keys.private_from_material(material, f"{id}#main-key", id)
            else:
                seed = len(found).to_bytes(32, "big")
                key = wire_keys.ed25519_from_seed(seed, f"{id}#ed25519-key", id)
            found.append(Stranger(id, dialect, key))
    return found


def show(people: Sequence[Stranger], file: Path) -> None:
    """Write down what the server of these people shows, for `peer_server`."""
    file.write_text(json.dumps({one.id: one.document for one in people}))


def pack(requests: Iterable[bytes], file: Path) -> Path:
    """Write requests down for `load`."""
    file.write_bytes(b"".join(len(one).to_bytes(4, "big") + one for one in requests))
    return file
