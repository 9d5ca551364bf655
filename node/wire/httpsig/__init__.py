"""Pure: signed HTTP requests, in two dialects behind one door (spec FED-4).

`claim(message)` reads what a signature says and refuses what can be refused without key or clock;
`timely(claim, now)` refuses what is stale; `verify(claim, key, now)` proves it. Call them in this
order: no key is fetched for a request that would be refused anyway. `sign` makes the headers of a
request of ours.
"""

from datetime import datetime

from node.errors import Unproven
from node.ports import Request
from node.wire.httpsig import cavage, rfc9421
from node.wire.httpsig.message import Claim, Dialect, Message
from node.wire.keys import ALGORITHM_OF, DEFAULT_SCHEME, Algorithm, PrivateKey, PublicKey, Scheme

__all__ = ["Claim", "Dialect", "Message", "claim", "sign", "timely", "verify"]

WINDOW_SECONDS = 3600  # the skew that the SWICG report advises and Mastodon allows

_CAVAGE_SCHEMES = {
    "rsa-sha256": (Scheme.RSA_V1_5_SHA256,),
    "rsa-sha512": (Scheme.RSA_V1_5_SHA512,),
    "ed25519": (Scheme.ED25519,),
}
_RFC_SCHEMES = {scheme.value: (scheme,) for scheme in Scheme} | {"mldsa44": (Scheme.ML_DSA_44,)}
# `hs2019` leaves it to the key; peers that send it with RSA use either digest.
_BY_KEY = {algorithm: (scheme,) for algorithm, scheme in DEFAULT_SCHEME.items()} | {
    Algorithm.RSA: (Scheme.RSA_V1_5_SHA256, Scheme.RSA_V1_5_SHA512)
}


def claim(message: Message) -> Claim:
    """What the one signature of `message` claims. The digest is compared with the body already.

    Raises `Unproven` (FED-4.1 none or several, FED-4.3 covers too little, FED-4.4 wrong digest)
    and `Malformed` (FED-4.2, FED-4.4).
    """
    if message.headers.get("signature-input"):
        return rfc9421.claim(message)
    if message.headers.get("signature"):
        return cavage.claim(message)
    raise Unproven("FED-4.1", "the request carries no signature")


def timely(claim: Claim, now: datetime) -> None:
    """Raises `Unproven` (FED-4.5) when the claim is from another time than `now`."""
    seconds = int(now.timestamp())
    dated = claim.created if claim.date is None else int(claim.date.timestamp())
    if max(abs(seconds - claim.created), abs(seconds - dated)) > WINDOW_SECONDS:
        raise Unproven(
            "FED-4.5", "the signature's time is more than an hour off", server_time=seconds
        )
    if claim.expires is None:
        return
    if claim.expires < claim.created:
        raise Unproven("FED-4.5", "the signature expires before it was made", server_time=seconds)
    if claim.expires < seconds:
        raise Unproven("FED-4.5", "the signature has expired", server_time=seconds)


def verify(claim: Claim, key: PublicKey, now: datetime) -> None:
    """Returns when `key` made the claim's signature, at about `now`.

    Raises `Unproven`: FED-4.5 stale, FED-4.6 another algorithm than the key's, FED-3.5 the key is
    expired or revoked, FED-4.7 the signature is not this key's.
    """
    timely(claim, now)
    if not key.usable(now):
        raise Unproven("FED-3.5", "the key has expired or was revoked")
    for scheme in _schemes(claim, key):
        for base in claim.bases:
            if key.verifies(claim.signature, base, scheme):
                return
    raise Unproven("FED-4.7", "the signature is not made by the key that it names")


def _schemes(claim: Claim, key: PublicKey) -> tuple[Scheme, ...]:
    named = claim.algorithm
    if named is None or (named == "hs2019" and claim.dialect is Dialect.CAVAGE):
        return _BY_KEY[key.algorithm]
    known = _CAVAGE_SCHEMES if claim.dialect is Dialect.CAVAGE else _RFC_SCHEMES
    schemes = known.get(named, ())
    if not schemes or ALGORITHM_OF[schemes[0]] is not key.algorithm:
        raise Unproven("FED-4.6", "the algorithm named is not that of the key")
    return schemes


def sign(
    request: Request, key: PrivateKey, now: datetime, dialect: Dialect, with_alg: bool = False
) -> dict[str, str]:
    """The headers to add to `request` (FED-4.10, FED-4.11). Any of the same name are replaced.

    `with_alg` names the algorithm in an RFC 9421 signature, for peers that ask for it.
    """
    if dialect is Dialect.RFC9421:
        return rfc9421.sign(request, key, now, with_alg)
    return cavage.sign(request, key, now)
