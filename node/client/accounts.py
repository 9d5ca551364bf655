"""The verbs of one's own account: who am I, which logins and devices, an invite for a friend."""

from node.client import sign_in
from node.client.client_context import ClientContext
from node.wire.api.accounts import (
    AccountView,
    DeviceList,
    DeviceView,
    InviteView,
    NewInvite,
    SessionList,
    SessionView,
)


class Accounts(ClientContext):
    """What one does with one's own account."""

    async def me(self) -> AccountView:
        """Our account, as the node has it."""
        return await self.api.ask("GET", "/account", AccountView)

    async def sessions(self) -> list[SessionView]:
        """Where we are logged in, apps included."""
        return (await self.api.ask("GET", "/sessions", SessionList)).items

    async def end_session(self, session: str) -> None:
        """Log one session out; its device, if it has one, stays."""
        await self.api.ask("DELETE", f"/sessions/{session}", object)

    async def devices(self) -> list[DeviceView]:
        """Who holds keys in our name."""
        return (await self.api.ask("GET", "/devices", DeviceList)).items

    async def revoke(self, device: str) -> None:
        """Revoke a device: its sessions end, and nobody writes to it any more."""
        await self.api.ask("DELETE", f"/devices/{device}", object)

    async def invite(self, befriends: bool = True, uses: int = 1, days: int = 7) -> InviteView:
        """A link to our node; `url` is told this once. Who comes by it becomes our friend."""
        body = NewInvite(uses=uses, days=days, befriends=befriends)
        return await self.api.ask("POST", "/invites", InviteView, body)

    async def log_out(self) -> None:
        """End this device's session and forget it here; its vault stays on the disk."""
        await sign_in.log_out(self.api, self.profile, self.home)
