"""Pure: HTTP Message Signatures, RFC 9421, as far as requests between nodes use it (spec FED-4)."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NoReturn
from urllib.parse import parse_qsl, quote

from node.errors import Malformed, Unproven
from node.ports import Request
from node.wire import structured
from node.wire.httpsig.digest import (
    check_content_digest,
    check_digest,
    content_digest_to_send,
)
from node.wire.httpsig.message import (
    Claim,
    Dialect,
    Message,
    needs_digest,
    signed_bytes,
    target_of,
)
from node.wire.keys import DEFAULT_SCHEME, PrivateKey

MOST_COMPONENTS = 40
LABEL = "sig1"
_USUAL = re.compile(r"([a-z*][a-z0-9_.*-]{0,63})=:([A-Za-z0-9+/]{1,8192}={0,2}):", re.ASCII)

_DERIVED: Mapping[str, Callable[[Message], str]] = {
    "@method": lambda m: m.method,
    "@target-uri": lambda m: m.origin + m.target,
    "@authority": lambda m: m.authority,
    "@scheme": lambda m: m.origin.partition("://")[0],
    "@request-target": lambda m: m.target,
    "@path": lambda m: m.path,
    "@query": lambda m: "?" + m.target.partition("?")[2],
    # What the peer meant to reach, not what a proxy on the way made of it (FED-4.8).
    "host": lambda m: m.authority,
}


def claim(message: Message) -> Claim:
    """The claim of the one signature in `Signature-Input` and `Signature`; see `httpsig.claim`."""
    label, listed = _single(message)
    covered = tuple(str(each.value) for each in listed.items)
    _check_coverage(message, covered)
    if "content-digest" in covered:
        check_content_digest(message.header("content-digest") or "", message.body)
    if "digest" in covered:
        check_digest(message.header("digest") or "", message.body)
    params = listed.params
    return Claim(
        key_id=_text(params, "keyid") or _refuse("the signature names no key"),
        dialect=Dialect.RFC9421,
        algorithm=_text(params, "alg"),
        covered=covered,
        created=_seconds(params, "created") or _refuse("the signature has no time of creation"),
        expires=_seconds(params, "expires"),
        signature=_signature(message, label),
        bases=(base(message, listed),),
        nonce=_text(params, "nonce"),
        tag=_text(params, "tag"),
    )


def base(message: Message, listed: structured.InnerList) -> bytes:
    """The signature base (§2.5). Raises `Malformed` (FED-4.2) when a component cannot be had."""
    lines, seen = [], set()
    for each in listed.items:
        if each.text in seen:
            raise Malformed("FED-4.2", "a component is covered twice")
        seen.add(each.text)
        lines.append(f"{each.text}: {_component(message, each)}")
    lines.append(f'"@signature-params": {listed.text}')
    return signed_bytes(lines)


def sign(
    request: Request, key: PrivateKey, now: datetime, with_alg: bool = False
) -> dict[str, str]:
    """`@method`, `@target-uri` and, with a body, `content-digest`: what Mastodon demands."""
    origin, target = target_of(request.url)
    headers = {"host": origin.authority}
    names, lines = '"@method" "@target-uri"', f'"@method": {request.method}\n'
    lines += f'"@target-uri": {origin}{target}\n'
    if needs_digest(request.method, request.body):
        headers["content-digest"] = digest = content_digest_to_send(request.body)
        names += ' "content-digest"'
        lines += f'"content-digest": {digest}\n'
    inner = f'({names});created={int(now.timestamp())};keyid="{key.id}"'
    if with_alg:
        inner += f';alg="{DEFAULT_SCHEME[key.algorithm]}"'
    lines += f'"@signature-params": {inner}'
    signature = base64.b64encode(key.sign(lines.encode("ascii"))).decode("ascii")
    headers["signature-input"] = f"{LABEL}={inner}"
    headers["signature"] = f"{LABEL}=:{signature}:"
    return headers


def _single(message: Message) -> tuple[str, structured.InnerList]:
    value = message.header("signature-input") or ""
    inputs = structured.dictionary(value, "FED-4.2", "the Signature-Input header")
    if len(inputs) != 1:
        raise Unproven("FED-4.1", "the request carries several signatures, or none")
    label, listed = next(iter(inputs.items()))
    if not isinstance(listed, structured.InnerList) or len(listed.items) > MOST_COMPONENTS:
        raise Malformed("FED-4.2", "the Signature-Input is not a list of a few components")
    if not all(type(each.value) is str for each in listed.items):
        raise Malformed("FED-4.2", "a component's name is not a string")
    return label, listed


def _signature(message: Message, label: str) -> bytes:
    value = message.header("signature")
    if value is None:
        raise Unproven("FED-4.1", "there is a Signature-Input without a Signature")
    usual = _USUAL.fullmatch(value)
    if usual and usual[1] == label:  # nearly every request: no need for the whole grammar
        return _decoded(usual[2])
    signatures = structured.dictionary(value, "FED-4.2", "the Signature header")
    if list(signatures) != [label]:
        raise Unproven("FED-4.1", "Signature and Signature-Input do not name the same one label")
    member = signatures[label]
    if isinstance(member, structured.Item) and isinstance(member.value, bytes):
        return member.value
    raise Malformed("FED-4.2", "the Signature header does not hold bytes")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("FED-4.2", "the signature is not base64") from None


def _check_coverage(message: Message, covered: tuple[str, ...]) -> None:
    names = set(covered)
    if "@method" not in names or not _covers_target(message, names):
        raise Unproven("FED-4.3", "the signature does not cover the method and the whole target")
    if needs_digest(message.method, message.body) and not names & {"content-digest", "digest"}:
        raise Unproven("FED-4.3", "the signature does not cover the body's digest")


def _covers_target(message: Message, names: set[str]) -> bool:
    if "@target-uri" in names:
        return True
    if not names & {"@authority", "host"}:
        return False
    if "@request-target" in names:
        return True
    return "@path" in names and ("@query" in names or "?" not in message.target)


def _component(message: Message, component: structured.Item) -> str:
    name = str(component.value)
    if name == "@query-param" and set(component.params) == {"name"}:
        return _query_param(message, str(component.params["name"]))
    if component.params or name != name.lower():
        raise Malformed("FED-4.2", "a component has a parameter that is not read here")
    if name in _DERIVED:
        return _DERIVED[name](message)
    value = None if name.startswith("@") else message.header(name)
    if value is None:
        raise Malformed("FED-4.2", "a covered component is not in the request")
    return value


def _query_param(message: Message, name: str) -> str:
    try:
        pairs = parse_qsl(message.target.partition("?")[2], keep_blank_values=True)
    except ValueError:
        raise Malformed("FED-4.2", "the query is not a list of names and values") from None
    found = [value for key, value in pairs if _encoded(key) == name]
    if len(found) != 1:
        raise Malformed("FED-4.2", "a covered query parameter does not stand exactly once")
    return _encoded(found[0])


def _encoded(text: str) -> str:
    return quote(text, safe="*", errors="replace").replace("~", "%7E")


def _text(params: structured.Parameters, name: str) -> str | None:
    value = params.get(name)
    if value is not None and type(value) is not str:
        raise Malformed("FED-4.2", f"the parameter {name} is not a string")
    return value


def _seconds(params: structured.Parameters, name: str) -> int | None:
    value = params.get(name)
    if value is not None and (type(value) is not int or value < 0):
        raise Malformed("FED-4.2", f"the parameter {name} is not a time")
    return value if isinstance(value, int) else None


def _refuse(reason: str) -> NoReturn:
    raise Unproven("FED-4.3", reason)
