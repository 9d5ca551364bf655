"""The verbs of one's own account: who am I, which logins and devices, an invite for a friend."""

from collections.abc import Sequence
from pathlib import Path

from node.client import profile, sign_in
from node.client.api_client import ApiClient
from node.client.profile import Profile
from node.errors import NodeError, Unproven, Unreachable
from node.wire.api.accounts import (
    AccountView,
    ChangeProfile,
    DeleteAccount,
    DeviceList,
    DeviceView,
    InviteView,
    NewInvite,
    NewProfileLink,
    RenameDevice,
    SessionList,
    SessionView,
    WhoMentions,
)
from node.wire.api.deliveries import DeliveryList, DeliveryView, Retried, Retry

UNSURE = (
    "Whether the account is deleted is not known here: try again in a while. If it is, kith logout"
    " --remove removes its keys and messages from this machine"
)


class Accounts:
    """What one does with one's own account; its profile is kept in the folder `home`."""

    def __init__(self, api: ApiClient, own: Profile, home: Path) -> None:
        self._api = api
        self._own = own
        self._home = home

    async def me(self) -> AccountView:
        """Our account, as the node has it."""
        return await self._api.ask("GET", "/account", AccountView)

    async def change_profile(
        self,
        display_name: str | None = None,
        summary: str | None = None,
        avatar: str | None = None,
        header: str | None = None,
        links: Sequence[tuple[str, str]] | None = None,
    ) -> AccountView:
        """Change what is given (not None). `avatar` and `header` are ids of pictures that were made
        (`make_picture`), or empty to take one away; `links` are names and addresses, all of them.
        """
        led = None if links is None else [NewProfileLink(name=name, url=url) for name, url in links]
        body = ChangeProfile(
            display_name=display_name, summary=summary, avatar=avatar, header=header, links=led
        )
        return await self._api.ask("PATCH", "/account", AccountView, body)

    async def choose_mentions(self, who: WhoMentions) -> AccountView:
        """Who is heard at once when they mention us; all others are kept as requests."""
        return await self._api.ask("PATCH", "/account", AccountView, ChangeProfile(mentions=who))

    async def sessions(self) -> list[SessionView]:
        """Where we are logged in, apps included."""
        return (await self._api.ask("GET", "/sessions", SessionList)).items

    async def end_session(self, session: str) -> None:
        """Log one session out; its device, if it has one, stays."""
        await self._api.ask("DELETE", f"/sessions/{session}", object)

    async def devices(self) -> list[DeviceView]:
        """Who holds keys in our name."""
        return (await self._api.ask("GET", "/devices", DeviceList)).items

    async def rename_device(self, device: str, name: str) -> None:
        """Call a device something else. Raises `Malformed` (ACC-4.6), `Missing` (ACC-4.3)."""
        await self._api.ask("PATCH", f"/devices/{device}", object, RenameDevice(name=name))

    async def revoke(self, device: str) -> None:
        """Revoke a device: its sessions end, and nobody writes to it any more."""
        await self._api.ask("DELETE", f"/devices/{device}", object)

    async def invite(self, befriends: bool = True, uses: int = 1, days: int = 7) -> InviteView:
        """A link to our node; `url` is told this once. Who comes by it becomes our friend."""
        body = NewInvite(uses=uses, days=days, befriends=befriends)
        return await self._api.ask("POST", "/invites", InviteView, body)

    async def deliveries(self, of: str = "", most: int = 100) -> list[DeliveryView]:
        """What we said that has not arrived at other servers; all there is of a post `of` ours."""
        query = {"of": of} if of else {}
        found: list[DeliveryView] = []
        async for page in self._api.pages("/deliveries", DeliveryList, query):
            found += page.items
            if len(found) >= most:
                break
        return found[:most]

    async def retry_deliveries(self, of: str = "") -> int:
        """Have it tried now, also what was given up; how many deliveries that are."""
        return (await self._api.ask("POST", "/deliveries/retry", Retried, Retry(of=of))).count

    async def log_out(self) -> None:
        """End this device's session and forget it here; its vault stays on the disk."""
        await sign_in.log_out(self._api, self._own, self._home)

    async def remove(self) -> bool:
        """As `log_out`, and remove the vault, with its keys and messages, whatever the node says.

        Whether the node knows that this device is logged out.
        """
        told = True
        try:
            await self.log_out()
        except NodeError:
            told = False
        profile.remove(self._home, self._own)
        return told

    async def delete_account(self, password: str) -> None:
        """Delete the account for good, and all that this machine keeps of it, vaults included.

        Raises `Forbidden` (ACC-1.7) for a wrong password, `Conflict` (ACC-1.8) for the last
        administrator: nothing is changed then. Where the answer is lost, or this device is not
        known any more, what this machine keeps stays.
        """
        body = DeleteAccount(password=password)
        try:
            await self._api.ask("DELETE", "/account", object, body)
        except Unreachable as error:
            raise Unreachable(f"{error}. {UNSURE}") from None
        except Unproven as error:
            raise Unproven(error.clause, f"{error.reason}. {UNSURE}") from None
        profile.remove(self._home, self._own)
