"""Sessions and devices as rows (ACC-3, ACC-4)."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, bindparam, delete, func, select, update

from node.accounts.account import Account, State
from node.accounts.devices import Device
from node.accounts.seats import Seat
from node.accounts.sessions import Bearer, Session
from node.store.incarnation import IncarnationUnit
from node.store.jobs import add_job
from node.store.tables import accounts, devices, push_subscriptions, sessions, settings
from node.store.unit import Unit
from node.store.upserts import put
from node.wire.times import from_micros, micros

ADMIN_SEEN: Final = "admin_seen"  # the setting that says when an administrator was last here
RETURN_MAIL: Final = "return_mail"  # the job by which a device's mail is given back
_S, _A = sessions.c, accounts.c
BEARER = select(
    _A.id,
    _A.actor,
    _A.name,
    _A.role,
    _A.state,
    _S.id.label("session"),
    _S.device,
    _S.scopes,
    _S.last_seen,
    devices.c.seat,
).join_from(sessions, accounts, _A.id == _S.account).join(
    devices, devices.c.id == _S.device, isouter=True
).where(
    _S.digest == bindparam("digest"),
    _S.revoked.is_(None),
    _S.expires.is_(None) | (_S.expires > bindparam("now")),
)  # fmt: skip


class SessionsUnit(Unit):
    """Queries over `sessions` and `devices`."""

    # -- sessions ------------------------------------------------------------------------------

    async def bearer(self, digest: bytes) -> Bearer | None:
        """Whom a token proves, unless its session has ended."""
        found = await self.connection.fetch(BEARER, {"digest": digest, "now": micros(self.now)})
        if not found:
            return None
        [row] = found
        return Bearer(
            account=row.id,
            actor=row.actor,
            name=row.name,
            role=row.role,
            state=State(row.state),
            session=row.session,
            device=row.device,
            scopes=row.scopes,
            last_seen=from_micros(row.last_seen),
            seat=row.seat or 0,
        )

    async def seen(self, session: str) -> None:
        """Note that the session was used."""
        await self.connection.execute(
            update(sessions).where(_S.id == session).values(last_seen=micros(self.now))
        )

    async def admin_was_here(self) -> None:
        """Note that an administrator was here now (ACC-2.13)."""
        now = str(micros(self.now))
        await self.connection.execute(put(self.connection, settings, key=ADMIN_SEEN, value=now))

    async def add_session(self, account: str, session: Session, digest: bytes) -> None:
        await self.connection.execute(
            sessions.insert().values(
                id=session.id,
                account=account,
                device=session.device,
                digest=digest,
                name=session.name,
                scopes=session.scopes,
                created=micros(session.created),
                last_seen=micros(session.last_seen),
            )
        )

    async def sessions(self, account: str) -> Sequence[Session]:
        """Those that have not ended, the newest first."""
        found = await self.connection.execute(
            select(sessions)
            .where(
                _S.account == account,
                _S.revoked.is_(None),
                _S.expires.is_(None) | (_S.expires > micros(self.now)),
            )
            .order_by(_S.created.desc(), _S.id.desc())
        )
        return [_session(row) for row in found]

    async def end_sessions(self, account: str, only: str | None = None, but: str = "") -> int:
        """End sessions of the account: `only` one, or all `but` one. How many were ended."""
        which = _S.id == only if only is not None else _S.id != but
        return await self._end(account, which)

    async def _end(self, account: str, which: ColumnElement[bool]) -> int:
        done = await self.connection.execute(
            update(sessions)
            .where(_S.account == account, _S.revoked.is_(None), which)
            .values(revoked=micros(self.now))
            .returning(_S.id)
        )
        ended = list(done.scalars())
        if ended:
            # Their browsers are told nothing more (PSH-1.5).
            gone = push_subscriptions.c.session.in_(ended)
            await self.connection.execute(delete(push_subscriptions).where(gone))
        # Their streams are woken, look, and end too.
        self.wakes |= {f"events:{account}", "tokens"}
        return len(ended)

    # -- devices -------------------------------------------------------------------------------

    async def add_device(self, account: Account, device: Device) -> None:
        await self.connection.execute(
            devices.insert().values(
                id=device.id,
                account=account.id,
                actor=account.actor,
                name=device.name,
                created=micros(device.created),
            )
        )

    async def seat_of(self, device: str) -> Seat:
        """A device's seat, held until the unit ends."""
        table = devices.c
        found = await self.connection.execute(
            select(table.seat, table.seat_nonce).where(table.id == device).with_for_update()
        )
        row = found.one()
        return Seat(row.seat, bytes(row.seat_nonce or b""))

    async def keep_seat(self, device: str, seat: Seat) -> None:
        """From now on the device's requests carry this seat alone."""
        await self.connection.execute(
            update(devices)
            .where(devices.c.id == device)
            .values(seat=seat.number, seat_nonce=seat.nonce)
        )
        self.wakes.add("tokens")

    async def restored_at(self) -> int:
        return await self.beside(IncarnationUnit).restored_at()

    async def renew_incarnation(self) -> str:
        return await self.beside(IncarnationUnit).renew_incarnation()

    async def has_device(self, account: str, device: str) -> bool:
        """Whether the device is the account's and was not revoked."""
        table = devices.c
        found = await self.connection.execute(
            select(table.id).where(
                table.id == device, table.account == account, table.revoked.is_(None)
            )
        )
        return found.first() is not None

    async def devices(self, account: str) -> Sequence[Device]:
        """Those that were not revoked, the newest first."""
        table = devices.c
        last_seen = select(func.max(_S.last_seen)).where(_S.device == table.id).scalar_subquery()
        found = await self.connection.execute(
            select(table.id, table.name, table.created, last_seen.label("last_seen"))
            .where(table.account == account, table.revoked.is_(None))
            .order_by(table.created.desc(), table.id.desc())
        )
        return [_device(row) for row in found]

    async def name_device(self, account: str, device: str, name: str) -> bool:
        """Call a device of the account something else; False where it has no such device."""
        table = devices.c
        done = await self.connection.execute(
            update(devices)
            .where(table.id == device, table.account == account, table.revoked.is_(None))
            .values(name=name)
            .returning(table.id)
        )
        return done.first() is not None

    async def revoke_devices(self, account: str, only: str | None = None, but: str = "") -> int:
        """Revoke devices of the account, `only` one or all `but` one, and end their sessions.

        How many were revoked.
        """
        table = devices.c
        done = await self.connection.execute(
            update(devices)
            .where(
                table.account == account,
                table.revoked.is_(None),
                table.id == only if only is not None else table.id != but,
            )
            .values(revoked=micros(self.now))
            .returning(table.id)
        )
        revoked = list(done.scalars())
        if revoked:
            await self._end(account, _S.device.in_(revoked))
        for device in revoked:
            await add_job(self, RETURN_MAIL, device)
        return len(revoked)


def _session(row: Any) -> Session:
    return Session(
        id=row.id,
        name=row.name,
        scopes=row.scopes,
        created=from_micros(row.created),
        last_seen=from_micros(row.last_seen),
        device=row.device,
    )


def _device(row: Any) -> Device:
    seen = None if row.last_seen is None else from_micros(row.last_seen)
    return Device(row.id, row.name, from_micros(row.created), seen)
