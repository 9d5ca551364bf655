"""Routes of invites, of sign-up's settings, and of the node's administrators (ACC-2)."""

from msgspec import Struct

from node.accounts import invites, resets, sign_up
from node.accounts.account import Account, Role, State, account_of, suspend
from node.accounts.audit import Deed
from node.accounts.sign_up import Registration
from node.config import Config
from node.errors import Malformed
from node.ports import Entropy
from node.store.invites import InvitesUnit
from node.store.unit import Units
from node.web.api.logged import logged, of_account
from node.web.api.scopes import Scope
from node.web.api.views import applicant_view, invite_view
from node.web.routes import Call, Reply, Route
from node.web.signup import SignUp
from node.wire.api.accounts import (
    Applicant,
    ApplicantList,
    InviteList,
    InviteLookup,
    Inviter,
    InviteShown,
    InviteView,
    NewInvite,
    NodeLimits,
    NodeSettings,
    NodeView,
    ResetLink,
)
from node.wire.api.cursor import Cursor
from node.wire.times import micros


def routes(units: Units, signing_up: SignUp, entropy: Entropy, config: Config) -> tuple[Route, ...]:
    """Invites for everyone, settings and applicants for administrators, the node for all."""
    own = OwnInvites(units, entropy, config)
    admin = Administration(units, signing_up, entropy, config)
    states = {
        "state": "pending (usual), active or suspended.",
        "name": "Then the one account of this name, whatever its state.",
    }
    return (
        Route("GET", "/node", own.node, "What anyone may know of this node.",
              None, answers=NodeView),
        Route("POST", "/invites", own.make, "Make an invite link; it is told this once.",
              Scope.WRITE, NewInvite, InviteView, 201),
        Route("POST", "/invites/lookup", own.lookup, "What an invite link promises.",
              None, InviteLookup, InviteShown, idempotent=False, sensitive=True),
        Route("GET", "/invites", own.list, "One's own invites that have uses left.",
              Scope.READ, answers=InviteList),
        Route("DELETE", "/invites/{id}", own.revoke, "Make an invite void.",
              Scope.WRITE, status=204),
        Route("GET", "/admin/settings", admin.settings, "How people sign up now.",
              Scope.ADMIN, answers=NodeSettings, admin=True),
        Route("PUT", "/admin/settings", admin.put_settings, "Switch how people sign up.",
              Scope.ADMIN, NodeSettings, NodeSettings, admin=True),
        Route("GET", "/admin/accounts", admin.accounts, "Accounts in a state, the oldest first.",
              Scope.ADMIN, answers=ApplicantList, paged=True, admin=True, query=states),
        Route("POST", "/admin/accounts/{id}/approve", admin.approve,
              "Let an applicant in, or take a suspension back.",
              Scope.ADMIN, answers=Applicant, admin=True),
        Route("POST", "/admin/accounts/{id}/reject", admin.reject,
              "Turn an applicant away; nothing of them is kept.",
              Scope.ADMIN, status=204, admin=True),
        Route("POST", "/admin/accounts/{id}/suspend", admin.suspend,
              "Lock an account out until it is approved again.",
              Scope.ADMIN, status=204, admin=True),
        Route("POST", "/admin/accounts/{id}/reset-link", admin.reset_link,
              "Make a link by which a person sets a new password; it is told this once.",
              Scope.ADMIN, answers=ResetLink, status=201, admin=True),
    )  # fmt: skip


class OwnInvites(Struct, frozen=True):
    """What one does to bring friends here."""

    units: Units
    entropy: Entropy
    config: Config

    async def node(self, _call: Call) -> Reply:
        registration = await self.units.look(InvitesUnit, lambda unit: unit.registration())
        config = self.config
        limits = NodeLimits(
            api_bytes=config.api_limit_bytes,
            upload_bytes=config.upload_limit_bytes,
            chunk_bytes=config.chunk_limit_bytes,
            video_seconds=config.video_limit_seconds,
            quota_bytes=config.quota_bytes,
            requests_per_minute=config.api_requests_per_minute,
        )
        return Reply(
            NodeView(
                name=config.node_name,
                domain=config.account_domain,
                origin=config.origin,
                media_origin=config.media_origin,
                registration=registration.value,
                limits=limits,
            )
        )

    async def make(self, call: Call) -> Reply:
        asked: NewInvite = call.body
        id = call.caller.account
        secret = invites.new_secret(self.entropy)
        digest, role = invites.digest_of(secret), Role(asked.role)

        async def work(unit: InvitesUnit) -> invites.Invite:
            maker = await account_of(id, unit) if id else None
            return await invites.make_invite(
                maker, digest, asked.uses, asked.days, asked.befriends, role, unit
            )

        made = await self.units.run(InvitesUnit, work, once=call.once)
        return Reply(invite_view(made, invites.url_of(self.config.reached_at, secret)))

    async def lookup(self, call: Call) -> Reply:
        asked: InviteLookup = call.body
        digest = invites.digest_of(asked.secret)
        invite, maker = await self.units.look(
            InvitesUnit, lambda unit: invites.find_invite(digest, unit)
        )
        inviter = None
        if maker is not None:
            handle = f"@{maker.name}@{self.config.account_domain}"
            inviter = Inviter(id=maker.actor, handle=handle, display_name=maker.display_name)
        return Reply(
            InviteShown(inviter=inviter, befriends=invite.befriends, role=invite.role.value)
        )

    async def list(self, call: Call) -> Reply:
        account = call.caller.account or None
        found = await self.units.look(InvitesUnit, lambda unit: unit.invites(account))
        return Reply(InviteList(items=[invite_view(one) for one in found]))

    async def revoke(self, call: Call) -> Reply:
        account, id = call.caller.account or None, call.path["id"]
        await self.units.run(InvitesUnit, lambda unit: invites.revoke_invite(account, id, unit))
        return Reply()


class Administration(Struct, frozen=True):
    """What an administrator does."""

    units: Units
    signing_up: SignUp
    entropy: Entropy
    config: Config

    async def settings(self, _call: Call) -> Reply:
        registration = await self.units.look(InvitesUnit, lambda unit: unit.registration())
        return Reply(NodeSettings(registration=registration.value))

    async def put_settings(self, call: Call) -> Reply:
        asked: NodeSettings = call.body
        mode = Registration(asked.registration)
        await self.units.run(
            InvitesUnit,
            logged(call, Deed.SETTINGS, mode.value, lambda unit: unit.put_registration(mode)),
        )
        return Reply(asked)

    async def accounts(self, call: Call) -> Reply:
        if name := call.query.get("name", "").strip().lower():
            one = await self.units.look(InvitesUnit, lambda unit: unit.by_name(name))
            known = [one] if one is not None and one.state is not State.DELETED else []
            return Reply(ApplicantList(items=[applicant_view(each) for each in known]))
        state, after, limit = _state(call.query.get("state", State.PENDING)), call.after, call.limit
        found = await self.units.look(
            InvitesUnit, lambda unit: unit.in_state(state, after, limit + 1)
        )
        page = found[:limit]
        more = _cursor(page[-1]) if len(found) > limit else None
        return Reply(ApplicantList(items=[applicant_view(one) for one in page]), after=more)

    async def approve(self, call: Call) -> Reply:
        id = call.path["id"]
        found = await self.signing_up.approve(
            id, call.once, lambda work: of_account(call, Deed.APPROVE, work)
        )
        return Reply(applicant_view(found))

    async def reject(self, call: Call) -> Reply:
        id = call.path["id"]
        done = of_account(call, Deed.REJECT, lambda unit: sign_up.reject(id, unit))
        await self.units.run(InvitesUnit, done, once=call.once)
        return Reply()

    async def suspend(self, call: Call) -> Reply:
        id = call.path["id"]
        done = of_account(call, Deed.SUSPEND, lambda unit: suspend(id, unit))
        await self.units.run(InvitesUnit, done, once=call.once)
        return Reply()

    async def reset_link(self, call: Call) -> Reply:
        id, maker = call.path["id"], call.caller.account or None
        secret = resets.new_secret(self.entropy)
        made, of = await self.units.run(
            InvitesUnit,
            of_account(
                call,
                Deed.RESET_LINK,
                lambda unit: resets.make_reset(id, resets.digest_of(secret), maker, unit),
            ),
            once=call.once,
        )
        url = resets.url_of(self.config.reached_at, secret)
        return Reply(ResetLink(name=of.name, url=url, expires=made.expires))


def _cursor(account: Account) -> Cursor:
    return Cursor(micros(account.created), account.id)


def _state(text: str) -> State:
    if text not in (State.PENDING, State.ACTIVE, State.SUSPENDED):
        raise Malformed("API-1.3", "state is pending, active or suspended")
    return State(text)
