"""Routes of one's account: sign-up, login, profile, sessions, devices, and who is who (ACC)."""

from collections.abc import Awaitable, Callable

from msgspec import Struct

from node.accounts import devices, passwords, profile, sessions
from node.accounts.account import (
    Account,
    Change,
    Role,
    State,
    account_of,
    choose_mentions,
    delete_account,
)
from node.accounts.sessions import Wanted, read_wanted
from node.accounts.tokens import new_token
from node.errors import Malformed
from node.federation.activities.prose import paragraphs
from node.ports import Entropy
from node.store.accounts import AccountsUnit
from node.store.idempotency_marks import IdempotencyMark
from node.store.unit import Units
from node.web.api.profiles import Faces, Profiles
from node.web.api.scopes import ALL_SCOPES, Scope
from node.web.api.views import account_view, device_view, session_view
from node.web.routes import Call, Reply, Route
from node.web.signup import SignUp, SignUpForm
from node.wire.api.accounts import (
    AccountView,
    ActorView,
    ChangePassword,
    ChangeProfile,
    DeleteAccount,
    DeviceList,
    LogIn,
    NewAccount,
    RenameDevice,
    Session,
    SessionList,
    UseReset,
)

Find = Callable[[str], Awaitable[ActorView]]


def routes(
    units: Units,
    signing_up: SignUp,
    entropy: Entropy,
    domain: str,
    find: Find,
    profiles: Profiles,
) -> tuple[Route, ...]:
    """`find` gives the actor behind `@name@domain`; it may ask the other server."""
    own = OwnAccount(units, signing_up, profiles, entropy, domain)

    async def lookup(call: Call) -> Reply:
        address = call.query.get("acct", "").strip()
        if not 1 <= len(address) <= 512:
            raise Malformed("API-1.3", "acct is an address such as @bob@example.org")
        return Reply(await find(address))

    return (
        Route("POST", "/accounts", own.sign_up, "Sign up; 202 when an administrator decides.",
              None, NewAccount, Session, 201, sensitive=True),
        Route("POST", "/login", own.log_in, "Prove a password and get the token of a new session.",
              None, LogIn, Session, 201, sensitive=True),
        Route("GET", "/account", own.show, "One's own account.", Scope.READ, answers=AccountView),
        Route("PATCH", "/account", own.change, "Change what is given of one's profile.",
              Scope.WRITE, ChangeProfile, AccountView),
        Route("POST", "/account/password", own.change_password,
              "Change the password; all other sessions and devices end.",
              Scope.WRITE, ChangePassword, None, 204, sensitive=True),
        Route("POST", "/account/reset", own.reset,
              "Set a new password by a link; all sessions and devices end.",
              None, UseReset, AccountView, idempotent=False, sensitive=True),
        Route("DELETE", "/account", own.delete, "Delete the account; there is no way back.",
              Scope.WRITE, DeleteAccount, None, 204, sensitive=True),
        Route("GET", "/sessions", own.sessions, "Where one is logged in, apps included.",
              Scope.READ, answers=SessionList),
        Route("DELETE", "/sessions/{id}", own.end_session,
              "End a session and its streams; its device stays.", Scope.WRITE, status=204),
        Route("GET", "/devices", own.devices, "One's devices: who holds MLS keys in one's name.",
              Scope.READ, answers=DeviceList),
        Route("PATCH", "/devices/{id}", own.rename_device,
              "Call a device something else.", Scope.WRITE, RenameDevice, None, 204),
        Route("DELETE", "/devices/{id}", own.revoke_device,
              "Revoke a device: its sessions end, its mailbox and key packages are void.",
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
        wanted = read_wanted(asked.client_name, asked.device_name, "", _agent(call))
        account = await self.signing_up.sign_up(
            SignUpForm(
                name=asked.name,
                password=asked.password,
                display_name=asked.display_name,
                identity_key=asked.identity_key,
                invite=asked.invite,
                reason=asked.reason,
            ),
            call.address,
            call.once,
        )
        if account.state is State.PENDING:
            return Reply(Session(account=account_view(account, self.domain)), 202)
        return Reply(await self._session(account, wanted))

    async def log_in(self, call: Call) -> Reply:
        asked: LogIn = call.body
        wanted = read_wanted(asked.client_name, asked.device_name, asked.device, _agent(call))
        account = await self.signing_up.log_in(asked.name, asked.password, call.address)
        return Reply(await self._session(account, wanted, call.once))

    async def _session(
        self, account: Account, wanted: Wanted, once: IdempotencyMark | None = None
    ) -> Session:
        token = new_token(self.entropy)
        scopes = list(ALL_SCOPES)
        if account.role is Role.ADMIN:
            scopes.append(Scope.ADMIN)
        begun = await self.units.run(
            AccountsUnit,
            lambda unit: sessions.log_in(account, wanted, token.digest, " ".join(scopes), unit),
            once=once,
        )
        return Session(
            account=account_view(account, self.domain),
            token=token.secret,
            session=begun.id,
            device=begun.device or None,
        )

    async def show(self, call: Call) -> Reply:
        id = call.caller.account
        account = await self.units.look(AccountsUnit, lambda unit: account_of(id, unit))
        return Reply(account_view(account, self.domain))

    async def change(self, call: Call) -> Reply:
        asked: ChangeProfile = call.body
        shown, summary, locale = asked.display_name, asked.summary, asked.locale
        if shown is not None:
            shown = profile.read_text(shown, profile.LONGEST_DISPLAY_NAME, "a display name")
        if summary is not None:
            text = profile.read_text(summary, profile.LONGEST_SUMMARY, "a description")
            summary = paragraphs(text)
        if locale is not None:
            locale = profile.read_locale(locale)
        caller = call.caller
        links = (
            None
            if asked.links is None
            else profile.read_links((one.name, one.url) for one in asked.links)
        )
        change = Change(shown, summary, locale, links=links)
        faces = Faces(asked.avatar, asked.header)
        chosen = asked.mentions
        if chosen is not None and (change, faces) == (Change(), Faces()):
            # Nobody else is told whom they hear.
            account = await self.units.run(
                AccountsUnit, lambda unit: choose_mentions(caller.account, chosen, unit)
            )
        else:
            account = await self.profiles.change(
                caller.account, caller.actor, change, faces, chosen
            )
        return Reply(account_view(account, self.domain))

    async def change_password(self, call: Call) -> Reply:
        asked: ChangePassword = call.body
        caller = call.caller
        await self._prove(call, asked.old_password)
        hashed = await self.signing_up.new_password(asked.new_password, caller.name, call.address)
        await self.units.run(
            AccountsUnit,
            lambda unit: passwords.change_password(
                caller.account, hashed, caller.session, caller.device, unit
            ),
            once=call.once,
        )
        return Reply()

    async def reset(self, call: Call) -> Reply:
        asked: UseReset = call.body
        account = await self.signing_up.use_reset(asked.secret, asked.password, call.address)
        return Reply(account_view(account, self.domain))

    async def delete(self, call: Call) -> Reply:
        asked: DeleteAccount = call.body
        caller = call.caller
        await self._prove(call, asked.password)
        await self.units.run(AccountsUnit, lambda unit: delete_account(caller.account, unit))
        return Reply()

    async def _prove(self, call: Call, password: str) -> None:
        who = call.caller
        await self.signing_up.prove_again(who.name, password, who.session, call.address)

    async def sessions(self, call: Call) -> Reply:
        caller = call.caller
        found = await self.units.look(AccountsUnit, lambda unit: unit.sessions(caller.account))
        return Reply(SessionList(items=[session_view(one, caller.session) for one in found]))

    async def end_session(self, call: Call) -> Reply:
        account, session = call.caller.account, call.path["id"]
        await self.units.run(AccountsUnit, lambda unit: sessions.end(account, session, unit))
        return Reply()

    async def devices(self, call: Call) -> Reply:
        caller = call.caller
        found = await self.units.look(AccountsUnit, lambda unit: unit.devices(caller.account))
        return Reply(DeviceList(items=[device_view(one, caller.device) for one in found]))

    async def rename_device(self, call: Call) -> Reply:
        asked: RenameDevice = call.body
        account, device, name = call.caller.account, call.path["id"], devices.read_name(asked.name)
        await self.units.run(AccountsUnit, lambda unit: devices.rename(account, device, name, unit))
        return Reply()

    async def revoke_device(self, call: Call) -> Reply:
        account, device = call.caller.account, call.path["id"]
        await self.units.run(AccountsUnit, lambda unit: devices.revoke(account, device, unit))
        return Reply()


def _agent(call: Call) -> str:
    return call.headers.get("User-Agent", "")
