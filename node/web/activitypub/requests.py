"""What other servers' requests have in common: a signature, a media type, answers for one asker."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from msgspec import Struct

from node.errors import Unproven
from node.federation.trust import Delivery
from node.web.routes import Call, Reply
from node.wire.json import Document

# Who asks decides what is answered, so no cache in between may keep it (FED-11.2).
PRIVATE = {"Vary": "Accept, Signature", "Cache-Control": "private, max-age=0"}

Prove: TypeAlias = Callable[[Call, bytes], Awaitable[str | None]]
"""The actor whose key signed this call and its body; None when nothing is signed. Raises
`Unproven` for a wrong signature: `Receiver.viewer` over the call's `Delivery`."""


class Asked(Struct, frozen=True):
    """The body of a question: what it says, and the bytes that the signature covers."""

    raw: bytes
    document: Document


def delivery_of(call: Call, body: bytes) -> Delivery:
    """The request as it came, for `Receiver`."""
    headers: dict[str, list[str]] = {}
    for name, value in call.headers.items():
        name = name.lower()
        if name in headers:
            headers[name].append(value)
        else:
            headers[name] = [value]
    return Delivery(call.method, call.target, headers, body)


async def asker_of(call: Call, prove: Prove) -> str:
    """The actor who signed a question. Raises `Unproven` (E2E-3.2) when nobody did."""
    asker = await prove(call, call.body.raw)
    if asker is None:
        raise Unproven("E2E-3.2", "sign this request with a key of the actor who asks")
    return asker


def media_type(call: Call) -> str:
    """The media type of the body, without its parameters."""
    return call.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def wants_page(call: Call) -> bool:
    """Whether a person's browser asks, not a server."""
    accept = call.headers.get("Accept", "")
    return "text/html" in accept and "json" not in accept


def shown(document: Mapping[str, Any], status: int = 200) -> Reply:
    """A document that depends on who asks."""
    return Reply(dict(document), status, PRIVATE)


def see_other(url: str) -> Reply:
    """The way to the page for a person's browser."""
    return Reply(status=303, headers={"Location": url, "Vary": "Accept"})
