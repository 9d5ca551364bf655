"""The keys of an account at its home node: put by a device, shown to all (spec KEY-7).

The node can check whose they are and which are newer; it can open none of them.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from node.e2ee.keys.public.delegation import MOST_BYTES as MOST_DELEGATION_BYTES
from node.e2ee.keys.public.device_list import MOST_BYTES as MOST_LIST_BYTES
from node.e2ee.keys.public.device_list import check_not_ahead
from node.e2ee.keys.public.published import (
    Published,
    check_counted_on,
    check_published,
    check_with_box,
)
from node.e2ee.keys.public.signed import Signed
from node.errors import Conflict, Forbidden, Malformed, Missing, Outdated
from node.federation.activities.context import AS2
from node.wire.json import Document, Json

NONE: Final = (0, 0, 0)
FRESH: Final = timedelta(minutes=10)  # so long a login proves the password
CONTEXT: Final[Json] = [AS2, {"kith": "urn:kith:ns#"}]
MOST_NUMBER: Final = 2**32 - 1
DIGITS: Final = len(str(MOST_NUMBER))
Number = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class NewKeys:
    """What a device puts: a signed delegation, list and key box."""

    delegation: bytes
    devices: bytes
    box: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeptKeys:
    """What the node keeps of an account, with the (d,n,b) that tells what is newer."""

    number: Number
    root: bytes
    keys: NewKeys


@dataclass(frozen=True, slots=True)
class Putter:
    """Who puts keys: the session that asks, and whether it proved the password just now."""

    account: str
    actor: str
    session: str
    proved: bool = False


class AccountKeysUnit(Protocol):
    """What this page needs of a unit."""

    @property
    def now(self) -> datetime: ...

    async def account_keys(self, actor: str) -> KeptKeys | None: ...

    async def identity_key(self, account: str) -> bytes | None:
        """The root that the account published, or None."""
        ...

    async def publish_identity_key(self, account: str, root: bytes) -> None: ...

    async def session_began(self, session: str) -> datetime | None: ...

    async def put_account_keys(
        self, account: str, actor: str, kept: KeptKeys, before: KeptKeys | None
    ) -> bool:
        """False when others are there than `before`, by root and number."""
        ...


def written(number: Number) -> str:
    """A number as an entity tag has it."""
    return '"{}.{}.{}"'.format(*number)


def read_number(text: str) -> Number:
    """The inverse of `written`. Raises `Malformed` (KEY-7.2)."""
    parts = text.strip().removeprefix('"').removesuffix('"').split(".")
    if len(parts) == 3 and all(
        part.isascii() and part.isdigit() and len(part) <= DIGITS for part in parts
    ):
        d, n, b = map(int, parts)
        if max(d, n, b) <= MOST_NUMBER:
            return d, n, b
    raise Malformed(
        "KEY-7.2",
        'If-Match names the keys that are to be replaced, as "d.n.b", or "0.0.0" for none; each'
        " number has at most 32 bits",
    )


async def put(unit: AccountKeysUnit, who: Putter, new: NewKeys, expected: Number) -> KeptKeys:
    """Put newer keys in place of those with the number `expected`; the same again is silence.

    Raises with the clause that the keys break, `Forbidden` (KEY-7.4) for a root that nobody
    proved, `Outdated` (KEY-7.2), `Conflict` (KEY-7.3), `Forbidden` (KEY-4.6) for a leap.
    """
    kept = await unit.account_keys(who.actor)
    if kept is not None and kept.keys == new:
        return kept
    now = int(unit.now.timestamp())
    published = check_published(new.delegation, new.devices, who.actor)
    check_not_ahead(published.devices, now)
    box, _ = check_with_box(published, new.box)
    if published.not_after < now:
        raise Malformed("KEY-7.1", "the list of devices has ended: sign a new one")
    await _check_root(unit, who, published.delegation.root)
    _check_newer(kept, published, box.number, expected)
    found = KeptKeys(box.number, published.delegation.root, new)
    if not await unit.put_account_keys(who.account, who.actor, found, kept):
        raise _outdated(NONE if kept is None else kept.number)
    return found


def _outdated(number: Number) -> Outdated:
    d, n, b = number
    reason = "another device put other keys meanwhile: read them, and do it again upon those"
    return Outdated("KEY-7.2", reason, d=d, n=n, b=b)


async def _check_root(unit: AccountKeysUnit, who: Putter, root: bytes) -> None:
    """Who has the root is the account, for all others: a token that was stolen sets none."""
    known = await unit.identity_key(who.account)
    if known == root:
        return
    if not who.proved and not (known is None and await _is_fresh(unit, who.session)):
        raise Forbidden("KEY-7.4", UNPROVEN)
    await unit.publish_identity_key(who.account, root)


async def _is_fresh(unit: AccountKeysUnit, session: str) -> bool:
    began = await unit.session_began(session)
    return began is not None and unit.now - began < FRESH


UNPROVEN: Final = (
    "these keys are of a root that the account does not have: it takes another one only with the"
    " password; where keys are to begin (anew): kith recovery reset"
)


def _check_newer(kept: KeptKeys | None, new: Published, number: Number, expected: Number) -> None:
    there = NONE if kept is None else kept.number
    if there != expected:
        raise _outdated(there)
    if kept is None or kept.root != new.delegation.root:
        return  # the numbers of one root say nothing of those of another
    if number <= there:
        raise Conflict("KEY-7.3", "newer keys have a greater number than those that are there")
    old = published(kept.keys, new.delegation.actor)
    same_delegation = _same(old.signed_delegation, new.signed_delegation)
    if old.delegation.d == new.delegation.d and not same_delegation:
        raise Conflict("KEY-7.3", "another delegation has a greater number d")
    if old.number == new.number and not _same(old.signed_list, new.signed_list):
        raise Conflict("KEY-7.3", "another list has a greater number n")
    if same_delegation:
        check_counted_on(new, old)


def _same(one: Signed, other: Signed) -> bool:
    return one.hash() == other.hash()


async def show(unit: AccountKeysUnit, actor: str) -> KeptKeys:
    """The keys of one of ours. Raises `Missing` (KEY-7.5)."""
    kept = await unit.account_keys(actor)
    if kept is None:
        raise Missing("KEY-7.5", "the account has published no keys")
    return kept


def published(keys: NewKeys, actor: str) -> Published:
    """The public part of what the node keeps."""
    return check_published(keys.delegation, keys.devices, actor)


# -- as a document ---------------------------------------------------------------------------------


def address(actor: str) -> str:
    """Where the public part of the keys of one of ours stands."""
    return f"{actor}/devices"


def document(actor: str, kept: KeptKeys) -> Document:
    """What everybody may see (KEY-7.6)."""
    return {
        "@context": CONTEXT,
        "type": "kith:Devices",
        "id": address(actor),
        "attributedTo": actor,
        "kith:delegation": base64.b64encode(kept.keys.delegation).decode(),
        "kith:list": base64.b64encode(kept.keys.devices).decode(),
    }


def read_document(fields: Mapping[str, Json], actor: str, root: bytes) -> Published:
    """The keys in a peer's document. Raises `Malformed` (KEY-7.6) and what the keys break."""
    if fields.get("type") != "kith:Devices" or fields.get("attributedTo") != actor:
        raise Malformed("KEY-7.6", "that is not the document of this actor's devices")
    found = check_published(
        _bytes(fields.get("kith:delegation"), MOST_DELEGATION_BYTES),
        _bytes(fields.get("kith:list"), MOST_LIST_BYTES),
        actor,
    )
    if found.delegation.root != root:
        raise Forbidden("KEY-7.6", "an actor publishes one root and keys of another one")
    return found


def _bytes(value: Json, most: int) -> bytes:
    try:
        text = value if isinstance(value, str) and len(value) <= 2 * most else "!"
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("KEY-7.6", "signed keys stand in base64") from None
