"""Routes of one's account: sign-up, login, profile, devices, and who is who (API-9, GRA-1)."""

from collections.abc import Awaitable, Callable

from msgspec import Struct

from node.errors import Forbidden, Malformed, Unproven
from node.federation.activities.prose import paragraphs
from node.graph import accounts
from node.graph.accounts import Account, State
from node.ports import Entropy
from node.store.accounts import AccountsUnit
from node.store.unit import Units
from node.web.api.profiles import Change, Profiles, PublicKeys
from node.web.api.views import account_view, device_view
from node.web.auth import new_token
from node.web.routes import ALL_SCOPES, Call, Reply, Route, Scope
from node.web.signup import SignUp, Wish
from node.wire.api.accounts import (
    AccountView,
    ActorView,
    ChangePassword,
    ChangeProfile,
    DeleteAccount,
    DeviceList,
    LogIn,
    NewAccount,
    Session,
)

Find = Callable[[str], Awaitable[ActorView]]


def routes(
    units: Units,
    signing_up: SignUp,
    entropy: Entropy,
    domain: str,
    find: Find,
    keys: PublicKeys,
) -> tuple[Route, ...]:
    """`find` gives the actor behind `@name@domain`; it may ask the other server."""
    own = OwnAccount(units, signing_up, Profiles(units, keys), entropy, domain)

    async def lookup(call: Call) -> Reply:
        address = call.query.get("acct", "").strip()
        if not 1 <= len(address) <= 512:
            raise Malformed("API-1.3", "acct is an address such as @bob@example.org")
        return Reply(await find(address))

    return (
        Route("POST", "/accounts", own.sign_up, "Sign up; 202 when an administrator decides.",
              None, NewAccount, Session, 201, sensitive=True),
        Route("POST", "/login", own.log_in, "Prove a password and get a new device's token.",
              None, LogIn, Session, 201, idempotent=False, sensitive=True),
        Route("GET", "/account", own.show, "One's own account.", Scope.READ, answers=AccountView),
        Route("PATCH", "/account", own.change, "Change what is given of one's profile.",
              Scope.WRITE, ChangeProfile, AccountView),
        Route("POST", "/account/password", own.change_password,
              "Change the password; all other devices are logged out.",
              Scope.WRITE, ChangePassword, None, 204, sensitive=True),
        Route("DELETE", "/account", own.delete, "Delete the account; there is no way back.",
              Scope.WRITE, DeleteAccount, None, 204, sensitive=True),
        Route("GET", "/devices", own.devices, "Where one is logged in.",
              Scope.READ, answers=DeviceList),
        Route("DELETE", "/devices/{id}", own.revoke, "Log a device out; its streams end.",
              Scope.WRITE, status=204),
        Route("GET", "/accounts/lookup", lookup, "Who is behind an address, here or elsewhere.",
              Scope.READ, answers=ActorView, query={"acct": "The address, as @bob@example.org."}),
    )  # fmt: skip


class OwnAccount(Struct, frozen=True):
    """What one does with one's own account."""

    units: Units
    signing_up: SignUp
    profiles: Profiles
    entropy: Entropy
    domain: str

    async def sign_up(self, call: Call) -> Reply:
        asked: NewAccount = call.body
        name = _device_name(asked.device_name)
        account = await self.signing_up.sign_up(
            Wish(
                name=asked.name,
                password=asked.password,
                display_name=asked.display_name,
                identity_key=asked.identity_key,
                invite=asked.invite,
                reason=asked.reason,
            )
        )
        if account.state is State.PENDING:
            return Reply(Session(account=account_view(account, self.domain)), 202)
        return Reply(await self._session(account, name))

    async def log_in(self, call: Call) -> Reply:
        asked: LogIn = call.body
        name = _device_name(asked.device_name)
        account = await self.signing_up.prove(asked.name, asked.password)
        return Reply(await self._session(account, name))

    async def _session(self, account: Account, device_name: str) -> Session:
        token = new_token(self.entropy)
        scopes = list(ALL_SCOPES)
        if account.role is accounts.Role.ADMIN:
            scopes.append(Scope.ADMIN)
        device = await self.units.run(
            AccountsUnit,
            lambda unit: accounts.log_in(
                account, device_name, token.digest, " ".join(scopes), unit
            ),
        )
        view = account_view(account, self.domain)
        return Session(account=view, token=token.secret, device=device.id)

    async def show(self, call: Call) -> Reply:
        id = call.caller.account
        account = await self.units.look(AccountsUnit, lambda unit: accounts.account_of(id, unit))
        return Reply(account_view(account, self.domain))

    async def change(self, call: Call) -> Reply:
        asked: ChangeProfile = call.body
        shown, summary, locale = asked.display_name, asked.summary, asked.locale
        if shown is not None:
            shown = accounts.read_text(shown, accounts.LONGEST_DISPLAY_NAME, "a display name")
        if summary is not None:
            text = accounts.read_text(summary, accounts.LONGEST_SUMMARY, "a description")
            summary = paragraphs(text)
        if locale is not None:
            locale = accounts.read_locale(locale)
        caller = call.caller
        account = await self.profiles.change(
            caller.account, caller.actor, Change(shown, summary, locale)
        )
        return Reply(account_view(account, self.domain))

    async def change_password(self, call: Call) -> Reply:
        asked: ChangePassword = call.body
        caller = call.caller
        await self._prove(caller.name, asked.old_password)
        hashed = await self.signing_up.new_password(asked.new_password, caller.name)
        await self.units.run(
            AccountsUnit,
            lambda unit: accounts.change_password(caller.account, hashed, caller.device, unit),
        )
        return Reply()

    async def delete(self, call: Call) -> Reply:
        asked: DeleteAccount = call.body
        caller = call.caller
        await self._prove(caller.name, asked.password)
        await self.units.run(
            AccountsUnit, lambda unit: accounts.delete_account(caller.account, unit)
        )
        return Reply()

    async def _prove(self, name: str, password: str) -> None:
        """The token is good, so a wrong password here is no reason to log in again: 403."""
        try:
            await self.signing_up.prove(name, password)
        except Unproven:
            raise Forbidden("GRA-1.7", "this is not the account's password") from None

    async def devices(self, call: Call) -> Reply:
        caller = call.caller
        found = await self.units.look(AccountsUnit, lambda unit: unit.devices(caller.account))
        return Reply(DeviceList(items=[device_view(one, caller.device) for one in found]))

    async def revoke(self, call: Call) -> Reply:
        account, device = call.caller.account, call.path["id"]
        await self.units.run(AccountsUnit, lambda unit: accounts.revoke(account, device, unit))
        return Reply()


def _device_name(text: str) -> str:
    return accounts.read_text(text, accounts.LONGEST_DEVICE_NAME, "a device's name") or "unnamed"
