"""Key packages: publish, list the last resort, hand each out once (spec E2E-2)."""

import base64
import binascii
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from msgspec import Struct

from node.e2ee.mls.public import key_package
from node.e2ee.mls.public.key_package import KeyPackage
from node.e2ee.mls.public.suite import suite_of
from node.errors import Conflict, Forbidden, Malformed, Missing, TooMuch
from node.federation.activities.context import SEALED
from node.wire.json import Document, Json
from node.wire.times import MICROS, micros

MOST_SINGLE_USE: Final = 100
FEWEST_SINGLE_USE: Final = 20
CLAIMS_AN_HOUR: Final = 20
# A new device comes into all conversations of its account at once (DEV-17).
OWN_CLAIMS_AN_HOUR: Final = 200
HOUR: Final = timedelta(hours=1)
LARGEST_PACKAGE_BYTES: Final = 16 * 2**10


@dataclass(frozen=True, slots=True)
class PublishedKeyPackage:
    """A published package. `id` is the object's URL, `expires` in microseconds."""

    id: str
    actor: str
    device: str
    ref: bytes
    suite: int
    body: bytes = field(repr=False)
    last_resort: bool
    expires: int


class Stock(Struct, frozen=True):
    """What a device has published in one suite and nobody has taken."""

    suite: int
    single_use: int
    last_resort: str = ""  # its id
    last_resort_expires: int = 0


@dataclass(frozen=True, slots=True)
class NewPackage:
    """What a device publishes: a KeyPackage, bare or as an MLSMessage."""

    body: bytes = field(repr=False)
    last_resort: bool = False


class KeyUnit(Protocol):
    """What this page needs of a unit. Revoked devices and expired packages are never returned."""

    @property
    def now(self) -> datetime: ...

    def mint_object(self) -> str: ...

    async def account_of(self, actor: str) -> str | None: ...

    async def tell(
        self, account: str, kind: str, data: dict[str, object], device: str = ""
    ) -> None: ...

    async def befriended(self, ours: str, other: str) -> bool: ...

    async def devices_of(self, actor: str) -> list[str]: ...

    async def holder_of(self, ref: bytes) -> str | None:
        """The device that published the package with this reference."""
        ...

    async def stock_of(self, device: str) -> list[Stock]: ...

    async def sample(self, device: str, suite: int) -> bytes | None:
        """Any package that the device ever published in the suite."""
        ...

    async def put_package(self, offer: PublishedKeyPackage) -> None: ...

    async def retire_last_resort(self, device: str, suite: int) -> None: ...

    async def take_single_use(
        self, device: str, suite: int, claimant: str, by: str
    ) -> PublishedKeyPackage | None:
        """One package, marked as claimed, by which device of ours: nobody else gets it."""
        ...

    async def last_resorts(self, actor: str) -> list[PublishedKeyPackage]: ...

    async def claims_of(self, device: str, claimant: str, since: int, by: str | None = None) -> int:
        """How many of its packages the claimant took, or only that device `by` of theirs."""
        ...

    async def key_packages_of(self, actor: str) -> str | None:
        """The address of an actor's collection; "" when they have none, None when unknown."""
        ...


# -- publish -----------------------------------------------------------------------------------


async def publish(
    unit: KeyUnit, actor: str, device: str, packages: Sequence[NewPackage]
) -> list[Stock]:
    """Add `packages` of the device to the directory: all of them, or none; its stock afterwards.

    Raises with the clause of MLS-10.1 that a package breaks, `Forbidden` (E2E-1.1), `Conflict`
    (E2E-2.2, E2E-2.4), `TooMuch` or `Malformed` (E2E-2.3).
    """
    is_first = False
    for package in packages:
        is_first |= await _publish_one(unit, actor, device, package)
    stock = await unit.stock_of(device)
    _check_stock(stock)
    if is_first and (account := await unit.account_of(actor)):
        await unit.tell(account, "device_ready", {"device": device})
    return stock


async def _publish_one(unit: KeyUnit, actor: str, device: str, new: NewPackage) -> bool:
    """Whether it is the first one that the device ever published in its suite."""
    package = checked(new.body, actor, unit.now)
    ref = package.reference()
    holder = await unit.holder_of(ref)
    if holder == device:
        return False
    if holder is not None:
        raise Conflict("E2E-2.4", "another device has published this key package")
    sample = await unit.sample(device, package.suite_id)
    if sample and key_package.parse(sample).leaf.signature_key != package.leaf.signature_key:
        raise Conflict("E2E-2.2", "the packages of a device have one signature key")
    if new.last_resort:
        await unit.retire_last_resort(device, package.suite_id)
    lifetime = package.leaf.lifetime
    assert lifetime is not None, "a leaf of a key package has a lifetime"
    offer = PublishedKeyPackage(
        id=unit.mint_object(),
        actor=actor,
        device=device,
        ref=ref,
        suite=package.suite_id,
        body=package.raw,
        last_resort=new.last_resort,
        expires=lifetime.not_after * MICROS,
    )
    await unit.put_package(offer)
    return sample is None


def _check_stock(stock: Sequence[Stock]) -> None:
    for tables in stock:
        if tables.single_use > MOST_SINGLE_USE:
            raise TooMuch(
                "E2E-2.3",
                f"a device has at most {MOST_SINGLE_USE} single-use packages",
                most=MOST_SINGLE_USE,
            )
        if not tables.last_resort:
            raise Malformed("E2E-2.3", "a device has one last resort in each suite: add it")


def checked(body: bytes, actor: str, now: datetime) -> KeyPackage:
    """`body` as a package that `actor` may offer at `now`.

    Raises with the clause of `mls.md` that it breaks, or E2E-1.1 when it speaks for another.
    """
    if len(body) > LARGEST_PACKAGE_BYTES:
        raise TooMuch("E2E-2.1", "a key package has at most 16 KiB", most=LARGEST_PACKAGE_BYTES)
    identity = actor.encode()
    if key_package.parse(body).leaf.credential.identity != identity:
        raise Forbidden("E2E-1.1", "the key package speaks for another actor")
    return key_package.validate(body, identity=identity, now=micros(now) // MICROS)


# -- claim -------------------------------------------------------------------------------------


async def claim(
    unit: KeyUnit,
    owner: str,
    claimant: str,
    suite: int,
    *,
    only: Collection[str] = (),
    by: str = "",
) -> list[PublishedKeyPackage]:
    """One package of each device of `owner` (one of ours) that `only` names, of all when it names
    none; never of the device `by`, which claims (empty: one that is not ours, or none).

    Raises `Missing` (E2E-2.7) when there is no such actor here, `Forbidden` (E2E-2.7) when the
    claimant is no friend, `TooMuch` (E2E-2.8).
    """
    account = await unit.account_of(owner)
    if account is None:
        raise Missing("E2E-2.7", "there is no such actor here")
    if owner != claimant and not await unit.befriended(owner, claimant):
        raise Forbidden("E2E-2.7", "only friends may begin a conversation")
    fallback = {
        offer.device: offer for offer in await unit.last_resorts(owner) if offer.suite == suite
    }
    offers: list[PublishedKeyPackage] = []
    for device in await unit.devices_of(owner):
        if device == by or (only and device not in only):
            continue
        if owner == claimant:  # each device for itself: a stolen one does not stop the others
            await _check_rate(unit, device, claimant, OWN_CLAIMS_AN_HOUR, by)
        else:
            await _check_rate(unit, device, claimant, CLAIMS_AN_HOUR)
        offer = await unit.take_single_use(device, suite, claimant, by) or fallback.get(device)
        if offer is not None:
            offers.append(offer)
            await _tell_stock(unit, account, device, suite, offer)
    return offers


async def _check_rate(
    unit: KeyUnit, device: str, claimant: str, most: int, by: str | None = None
) -> None:
    since = micros(unit.now - HOUR)
    if await unit.claims_of(device, claimant, since, by) >= most:
        raise TooMuch(
            "E2E-2.8",
            f"at most {most} key packages of a device in an hour",
            most=most,
            retry_after_seconds=int(HOUR.total_seconds()),
        )


async def _tell_stock(
    unit: KeyUnit, account: str, device: str, suite: int, taken: PublishedKeyPackage
) -> None:
    """Tell the device when its pool runs low, or when its last resort was used."""
    left = sum(s.single_use for s in await unit.stock_of(device) if s.suite == suite)
    if left < FEWEST_SINGLE_USE:
        data: dict[str, object] = {
            "suite": suite,
            "single_use": left,
            "last_resort_used": taken.last_resort,
        }
        await unit.tell(account, "key_packages", data, device)


class Abroad(Struct, frozen=True):
    """The actor is not ours. `address` of their `keyPackages`: None when they are not known yet."""

    address: str | None


async def seek(
    unit: KeyUnit, owner: str, claimant: str, suite: int, *, only: Collection[str], by: str
) -> list[PublishedKeyPackage] | Abroad:
    """For one of ours: the packages of `owner` if they are here, else where to ask for them.

    Raises as `claim` does; a stranger elsewhere is refused before their node is asked.
    """
    suite_of(suite)
    if await unit.account_of(owner) is not None:
        return await claim(unit, owner, claimant, suite, only=only, by=by)
    if not await unit.befriended(claimant, owner):
        raise Forbidden("E2E-2.7", "only friends may begin a conversation")
    return Abroad(await unit.key_packages_of(owner))


# -- what peers read ---------------------------------------------------------------------------


def collection(id: str, actor: str, offers: Sequence[PublishedKeyPackage]) -> Document:
    """The collection as anyone may read it: `offers` are the last resorts (E2E-2.5)."""
    ids: list[Json] = [offer.id for offer in offers]
    return {
        "@context": SEALED,
        "type": "Collection",
        "id": id,
        "attributedTo": actor,
        "totalItems": len(ids),
        "items": ids,
    }


def document(offer: PublishedKeyPackage) -> Document:
    """One package as an object: raw, not wrapped, as both peers publish it."""
    return {
        "@context": SEALED,
        "type": "KeyPackage",
        "id": offer.id,
        "attributedTo": offer.actor,
        "to": "as:Public",
        "mediaType": "message/mls",
        "encoding": "base64",
        "content": base64.b64encode(offer.body).decode("ascii"),
        "ciphersuite": suite_of(offer.suite).name,
    }


def claimed(actor: str, offers: Sequence[PublishedKeyPackage]) -> Document:
    """The answer to a claim (E2E-2.10)."""
    items: list[Json] = [document(offer) for offer in offers]
    return {
        "@context": SEALED,
        "type": "Collection",
        "attributedTo": actor,
        "totalItems": len(items),
        "items": items,
    }


def read_document(fields: Json, actor: str, now: datetime) -> PublishedKeyPackage:
    """A package as a peer hands it out, checked as if a device had published it (E2E-2.10)."""
    if not isinstance(fields, dict) or not isinstance(content := fields.get("content"), str):
        raise Malformed("E2E-2.10", "this is not a KeyPackage object")
    try:
        body = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("E2E-2.10", "the content of a KeyPackage is not base64") from None
    package = checked(body, actor, now)
    lifetime = package.leaf.lifetime
    assert lifetime is not None, "a leaf of a key package has a lifetime"
    return PublishedKeyPackage(
        id=str(fields.get("id", "")),
        actor=actor,
        device="",
        ref=package.reference(),
        suite=package.suite_id,
        body=package.raw,
        last_resort=False,
        expires=lifetime.not_after * MICROS,
    )
