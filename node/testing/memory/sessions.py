"""Sessions and devices over a `MemoryTables`."""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from node.accounts.account import Account
from node.accounts.devices import Device
from node.accounts.seats import Seat
from node.accounts.sessions import Bearer, Session
from node.store.incarnation import IncarnationUnit
from node.store.sessions import ADMIN_SEEN
from node.testing.memory.tables import KeptSession
from node.testing.memory.unit import Unit
from node.wire.times import micros


class SessionsUnit(Unit):
    """Sessions and devices. A session here ends when it is ended, and by no clock."""

    # -- sessions ------------------------------------------------------------------------------

    def _live(self, account: str = "") -> list[KeptSession]:
        kept = self.tables.sessions.values()
        return [one for one in kept if not one.ended and account in ("", one.account)]

    async def bearer(self, digest: bytes) -> Bearer | None:
        found = next((one for one in self._live() if one.digest == digest), None)
        if found is None:
            return None
        one, session = self.tables.accounts[found.account], found.session
        return Bearer(
            account=one.id,
            actor=one.actor,
            name=one.name,
            role=one.role,
            state=one.state,
            session=session.id,
            device=session.device,
            scopes=session.scopes,
            last_seen=session.last_seen,
            seat=self.tables.seats.get(session.device, Seat()).number,
        )

    async def seen(self, session: str) -> None:
        kept = self.tables.sessions[session]
        used = replace(kept.session, last_seen=self.now)
        self.tables.sessions[session] = replace(kept, session=used)

    async def seat_of(self, device: str) -> Seat:
        return self.tables.seats.get(device, Seat())

    async def keep_seat(self, device: str, seat: Seat) -> None:
        self.tables.seats[device] = seat
        self.wakes.add("tokens")

    async def restored_at(self) -> int:
        return int(await self.beside(IncarnationUnit).restored_at())

    async def renew_incarnation(self) -> str:
        return str(await self.beside(IncarnationUnit).renew_incarnation())

    async def admin_was_here(self) -> None:
        self.tables.settings[ADMIN_SEEN] = str(micros(self.now))

    async def add_session(self, account: str, session: Session, digest: bytes) -> None:
        self.tables.sessions[session.id] = KeptSession(account, digest, session)

    async def sessions(self, account: str) -> Sequence[Session]:
        found = [one.session for one in self._live(account)]
        return sorted(found, key=lambda one: (one.created, one.id), reverse=True)

    async def end_sessions(self, account: str, only: str | None = None, but: str = "") -> int:
        return self._end(
            account,
            {
                one.session.id
                for one in self._live(account)
                if one.session.id != but and only in (None, one.session.id)
            },
        )

    def _end(self, account: str, ended: set[str]) -> int:
        for id in ended:
            self.tables.sessions[id] = replace(self.tables.sessions[id], ended=True)
        self.wakes |= {f"events:{account}", "tokens"}
        return len(ended)

    # -- devices -------------------------------------------------------------------------------

    async def add_device(self, account: Account, device: Device) -> None:
        self.tables.devices[device.id] = account.id, device

    async def has_device(self, account: str, device: str) -> bool:
        owner, _ = self.tables.devices.get(device, ("", None))
        return owner == account

    async def devices(self, account: str) -> Sequence[Device]:
        found = [
            replace(device, last_seen=self._last_seen(device.id))
            for owner, device in self.tables.devices.values()
            if owner == account
        ]
        return sorted(found, key=lambda one: (one.created, one.id), reverse=True)

    def _last_seen(self, device: str) -> datetime | None:
        kept = (one.session for one in self.tables.sessions.values())
        return max((one.last_seen for one in kept if one.device == device), default=None)

    async def name_device(self, account: str, device: str, name: str) -> bool:
        if not await self.has_device(account, device):
            return False
        _, known = self.tables.devices[device]
        self.tables.devices[device] = account, replace(known, name=name)
        return True

    async def revoke_devices(self, account: str, only: str | None = None, but: str = "") -> int:
        revoked = {
            id
            for id, (owner, _) in self.tables.devices.items()
            if owner == account and id != but and only in (None, id)
        }
        for id in revoked:
            del self.tables.devices[id]
        live = self._live(account)
        self._end(account, {one.session.id for one in live if one.session.device in revoked})
        return len(revoked)
