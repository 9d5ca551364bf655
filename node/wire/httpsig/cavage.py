"""Pure: HTTP signatures as in draft-cavage-12 and as the fediverse speaks it (spec FED-4)."""

import base64
import binascii
import re
from datetime import datetime

from node.errors import Malformed, Unproven
from node.ports import Request
from node.wire.httpsig.digest import check_content_digest, check_digest, digest_to_send
from node.wire.httpsig.message import (
    Claim,
    Dialect,
    Message,
    needs_digest,
    signed_bytes,
    target_of,
)
from node.wire.keys import Algorithm, PrivateKey
from node.wire.times import http_date, parse_http_date

LONGEST_HEADER = 16384  # characters
MOST_COVERED = 40
_PARAMETER = re.compile(
    r"[ \t]*+([A-Za-z]{1,32})[ \t]*+=[ \t]*+(?:\"([^\"\\]*+)\"|(\d{1,12}))[ \t]*+(?:,|$)", re.ASCII
)
# As Mastodon and most others write it.
_USUAL = re.compile(
    r'keyId="([^"\\]*+)",(?:algorithm="([^"\\]*+)",)?headers="([^"\\]*+)",signature="([^"\\]*+)"'
).fullmatch
_ALGORITHM = {
    Algorithm.RSA: "rsa-sha256",
    Algorithm.ED25519: "hs2019",
    Algorithm.ML_DSA_44: "hs2019",
}


def claim(message: Message) -> Claim:
    """The claim of a `Signature` header; see `httpsig.claim`."""
    params = parameters(message.header("signature") or "")
    covered = tuple(params.get("headers", "").lower().split())
    if len(set(covered)) != len(covered) or len(covered) > MOST_COVERED:
        raise Malformed("FED-4.2", "a header is covered twice, or there are too many")
    algorithm = params.get("algorithm")
    _check_coverage(message, covered)
    _check_pseudo(algorithm, covered)
    _check_body(message, covered)
    date = _date(message) if "date" in covered else None
    created = _seconds(params, "created") if "(created)" in covered else None
    if created is None and date is not None:
        created = int(date.timestamp())
    if created is None or not params.get("keyId"):
        raise Unproven("FED-4.3", "the signature names no key or no time")
    return Claim(
        key_id=params["keyId"],
        dialect=Dialect.CAVAGE,
        algorithm=algorithm.lower() if algorithm else None,
        covered=covered,
        created=created,
        expires=_seconds(params, "expires"),
        signature=_signature(params.get("signature", "")),
        bases=_bases(message, covered, params),
        date=date,
    )


def parameters(value: str) -> dict[str, str]:
    """The `name="value"` pairs of a Signature header, none twice. `Malformed` (FED-4.2)."""
    if len(value) > LONGEST_HEADER:
        raise Malformed("FED-4.2", "the Signature header is too long")
    usual = _USUAL(value)
    if usual:
        key, algorithm, covered, signature = usual.groups()
        found = {"keyId": key, "headers": covered, "signature": signature}
        return found if algorithm is None else found | {"algorithm": algorithm}
    found = {}
    place = 0
    while place < len(value):
        pair = _PARAMETER.match(value, place)
        if not pair or pair[1] in found:
            raise Malformed("FED-4.2", "the Signature header is not a list of distinct parameters")
        found[pair[1]] = pair[2] if pair[2] is not None else pair[3]
        place = pair.end()
    return found


def base(message: Message, covered: tuple[str, ...], target: str, params: dict[str, str]) -> bytes:
    """The signing string (§2.3). Raises `Malformed` (FED-4.2) when a covered header is absent."""
    special = {
        "(request-target)": f"{message.method.lower()} {target}",
        # What the peer meant to reach, not what a proxy on the way made of it (FED-4.8).
        "host": message.authority,
        "(created)": params.get("created"),
        "(expires)": params.get("expires"),
    }
    lines = []
    for name in covered:
        value = special[name] if name in special else message.header(name)
        if value is None:
            raise Malformed("FED-4.2", "a covered header is not in the request")
        lines.append(f"{name}: {value}")
    return signed_bytes(lines)


def sign(request: Request, key: PrivateKey, now: datetime) -> dict[str, str]:
    """`(request-target) host date`, and `digest` with a body: what every reader demands."""
    origin, target = target_of(request.url)
    headers = {"host": origin.authority, "date": http_date(now)}
    if needs_digest(request.method, request.body):
        headers["digest"] = digest_to_send(request.body)
    lines = [f"(request-target): {request.method.lower()} {target}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    signature = base64.b64encode(key.sign("\n".join(lines).encode("ascii"))).decode("ascii")
    covered = " ".join(["(request-target)", *headers])
    headers["signature"] = (
        f'keyId="{key.id}",algorithm="{_ALGORITHM[key.algorithm]}",headers="{covered}"'
        f',signature="{signature}"'
    )
    return headers


def _bases(message: Message, covered: tuple[str, ...], params: dict[str, str]) -> tuple[bytes, ...]:
    whole = base(message, covered, message.target, params)
    if "?" not in message.target:
        return (whole,)
    return (whole, base(message, covered, message.path, params))  # FED-4.9


def _check_coverage(message: Message, covered: tuple[str, ...]) -> None:
    if "(request-target)" not in covered or "host" not in covered:
        raise Unproven(
            "FED-4.3", "the signature does not cover the method, the target and the host"
        )
    if "date" not in covered and "(created)" not in covered:
        raise Unproven("FED-4.3", "the signature does not cover a time")
    signed_digest = "digest" in covered or "content-digest" in covered
    if needs_digest(message.method, message.body) and not signed_digest:
        raise Unproven("FED-4.3", "the signature does not cover the body's digest")


def _check_pseudo(algorithm: str | None, covered: tuple[str, ...]) -> None:
    pseudo = "(created)" in covered or "(expires)" in covered
    if pseudo and algorithm is not None and algorithm.lower() != "hs2019":
        raise Unproven("FED-4.6", "(created) and (expires) go with hs2019 only")


def _check_body(message: Message, covered: tuple[str, ...]) -> None:
    if "digest" in covered:
        check_digest(message.header("digest") or "", message.body)
    if "content-digest" in covered:
        check_content_digest(message.header("content-digest") or "", message.body)


def _date(message: Message) -> datetime:
    date = parse_http_date(message.header("date") or "")
    if date is None:
        raise Malformed("FED-4.2", "the Date header is not a date of HTTP")
    return date


def _seconds(params: dict[str, str], name: str) -> int | None:
    value = params.get(name)
    if value is None:
        return None
    if not value.isascii() or not value.isdigit() or len(value) > 12:
        raise Malformed("FED-4.2", f"the parameter {name} is not a time")
    return int(value)


def _signature(text: str) -> bytes:
    try:
        signature = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("FED-4.2", "the signature is not base64") from None
    if not signature:
        raise Malformed("FED-4.2", "the signature is empty")
    return signature
