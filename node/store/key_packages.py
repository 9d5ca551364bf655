"""The queries of the key directory."""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import Select, and_, bindparam, func, or_, select, update

from node.e2ee.key_packages import PublishedKeyPackage, Stock
from node.store.tables import actors, devices, friendships, key_packages
from node.store.unit import Unit
from node.wire.times import micros

CLAIMED_KEPT = timedelta(days=30)
FRIENDS = select(friendships.c.other).where(
    friendships.c.actor.in_(bindparam("people", expanding=True)),
    friendships.c.other.in_(bindparam("friends", expanding=True)),
    friendships.c.ours == "accepted",
    friendships.c.theirs == "accepted",
)


class KeyPackagesUnit(Unit):
    """A transaction of the key directory."""

    async def befriended(self, ours: str, other: str) -> bool:
        return bool(await self.befriended_by([ours], [other]))

    async def befriended_by(self, ours: Iterable[str], others: Iterable[str]) -> set[str]:
        asked = {"people": [*ours], "friends": [*others]}
        return {row.other for row in await self.connection.fetch(FRIENDS, asked)}

    async def devices_of(self, actor: str) -> list[str]:
        found = await self.connection.execute(
            select(devices.c.id)
            .where(devices.c.actor == actor, devices.c.revoked.is_(None))
            .order_by(devices.c.id)
        )
        return list(found.scalars())

    # -- key packages ----------------------------------------------------------------------------

    def _offers(self) -> Select[tuple[object, ...]]:
        """Packages that may be handed out: not taken, not expired, of a device that stands."""
        return (
            select(*key_packages.c)
            .join(devices, devices.c.id == key_packages.c.device)
            .where(
                devices.c.revoked.is_(None),
                key_packages.c.claimed.is_(None),
                key_packages.c.expires > micros(self.now),
            )
        )

    async def holder_of(self, ref: bytes) -> str | None:
        found = await self.connection.execute(
            select(key_packages.c.device).where(key_packages.c.ref == ref)
        )
        device: str | None = found.scalar_one_or_none()
        return device

    async def stock_of(self, device: str) -> list[Stock]:
        offers = self._offers().where(key_packages.c.device == device).subquery()
        found = await self.connection.execute(
            select(
                offers.c.suite,
                func.count().filter(offers.c.last_resort.is_(False)).label("single_use"),
                func.max(offers.c.id).filter(offers.c.last_resort.is_(True)).label("id"),
                func.max(offers.c.expires).filter(offers.c.last_resort.is_(True)).label("expires"),
            )
            .group_by(offers.c.suite)
            .order_by(offers.c.suite)
        )
        return [Stock(r.suite, r.single_use, r.id or "", r.expires or 0) for r in found]

    async def sample(self, device: str, suite: int) -> bytes | None:
        found = await self.connection.execute(
            select(key_packages.c.body)
            .where(key_packages.c.device == device, key_packages.c.suite == suite)
            .limit(1)
        )
        body: bytes | None = found.scalar_one_or_none()
        return body

    async def put_package(self, offer: PublishedKeyPackage) -> None:
        await self.connection.execute(
            key_packages.insert().values(
                id=offer.id,
                ref=offer.ref,
                actor=offer.actor,
                device=offer.device,
                suite=offer.suite,
                body=offer.body,
                last_resort=offer.last_resort,
                expires=offer.expires,
                created=micros(self.now),
            )
        )

    async def retire_last_resort(self, device: str, suite: int) -> None:
        await self.connection.execute(
            update(key_packages)
            .where(
                key_packages.c.device == device,
                key_packages.c.suite == suite,
                key_packages.c.last_resort.is_(True),
                key_packages.c.claimed.is_(None),
            )
            .values(claimed=micros(self.now))
        )

    async def take_single_use(
        self, device: str, suite: int, claimant: str, by: str
    ) -> PublishedKeyPackage | None:
        offers = self._offers().where(
            key_packages.c.device == device,
            key_packages.c.suite == suite,
            key_packages.c.last_resort.is_(False),
        )
        oldest = offers.with_only_columns(key_packages.c.id).order_by(
            key_packages.c.created, key_packages.c.id
        )
        # One statement looks and takes, so that no two claims see the same row free.
        taken = await self.connection.execute(
            update(key_packages)
            .where(key_packages.c.id == oldest.limit(1).scalar_subquery())
            .values(claimed_by=claimant, claimed_on=by, claimed=micros(self.now))
            .returning(*key_packages.c)
        )
        row = taken.first()
        return _offer(row) if row else None

    async def last_resorts(self, actor: str) -> list[PublishedKeyPackage]:
        found = await self.connection.execute(
            self._offers()
            .where(key_packages.c.actor == actor, key_packages.c.last_resort.is_(True))
            .order_by(key_packages.c.created, key_packages.c.id)
        )
        return [_offer(row) for row in found]

    async def claims_of(self, device: str, claimant: str, since: int, by: str | None = None) -> int:
        which = [key_packages.c.claimed_by == claimant]
        if by is not None:
            which.append(key_packages.c.claimed_on == by)
        found = await self.connection.execute(
            select(func.count()).where(
                key_packages.c.device == device, key_packages.c.claimed > since, *which
            )
        )
        return int(found.scalar_one())

    async def readable_package(self, id: str) -> PublishedKeyPackage | None:
        """The package at `id`, if anyone may read it: a last resort, or claimed not long ago."""
        found = await self.connection.execute(
            select(*key_packages.c).where(
                key_packages.c.id == id,
                or_(
                    and_(key_packages.c.last_resort.is_(True), key_packages.c.claimed.is_(None)),
                    key_packages.c.claimed > micros(self.now - CLAIMED_KEPT),
                ),
            )
        )
        row = found.first()
        return _offer(row) if row else None

    async def key_packages_of(self, actor: str) -> str | None:
        found = await self.connection.execute(
            select(actors.c.key_packages).where(actors.c.id == actor)
        )
        address: str | None = found.scalar_one_or_none()
        return address


def _offer(row: object) -> PublishedKeyPackage:
    names = ("id", "actor", "device", "ref", "suite", "body", "last_resort", "expires")
    return PublishedKeyPackage(**{name: getattr(row, name) for name in names})
