"""Accounts, sessions, devices and invites as the client API shows them."""

from collections.abc import Iterable

from node.accounts.account import Account
from node.accounts.devices import Device
from node.accounts.invites import Invite
from node.accounts.sessions import Session
from node.federation.profile_links import ProfileLink
from node.wire.api.accounts import (
    AccountView,
    Applicant,
    DeviceView,
    InviteView,
    ProfileLine,
    SessionView,
)


def account_view(account: Account, domain: str) -> AccountView:
    """One's own account."""
    return AccountView(
        id=account.id,
        name=account.name,
        address=f"@{account.name}@{domain}",
        actor=account.actor,
        channel=account.channel,
        role=account.role.value,
        state=account.state.value,  # type: ignore[arg-type]  # a deleted one is shown to nobody
        created=account.created,
        display_name=account.display_name,
        summary=account.summary,
        locale=account.locale,
        mentions=account.mentions,  # type: ignore[arg-type]  # one of those that may be chosen
        identity_key=account.identity_key,
        reason=account.reason,
        avatar=account.icon,
        header=account.header,
        links=profile_lines(account.links),
    )


def profile_lines(links: Iterable[ProfileLink]) -> list[ProfileLine]:
    """The lines of a profile."""
    return [ProfileLine(name=one.name, text=one.text, url=one.url) for one in links]


def applicant_view(account: Account) -> Applicant:
    """An account as administrators see it."""
    return Applicant(
        id=account.id,
        name=account.name,
        display_name=account.display_name,
        state=account.state.value,  # type: ignore[arg-type]
        role=account.role.value,
        created=account.created,
        reason=account.reason,
    )


def session_view(session: Session, current: str) -> SessionView:
    """A session; `current` is the one that asks."""
    return SessionView(
        id=session.id,
        name=session.name,
        scopes=session.scopes.split(),
        created=session.created,
        last_seen=session.last_seen,
        current=session.id == current,
        device=session.device or None,
    )


def device_view(device: Device, current: str) -> DeviceView:
    """A device; `current` is the one that asks, "" when none does."""
    return DeviceView(
        id=device.id,
        name=device.name,
        created=device.created,
        current=device.id == current,
        last_seen=device.last_seen,
    )


def invite_view(invite: Invite, url: str | None = None) -> InviteView:
    """An invite; `url` only when it was just made."""
    return InviteView(
        id=invite.id,
        uses_left=invite.uses_left,
        befriends=invite.befriends,
        role=invite.role.value,
        created=invite.created,
        expires=invite.expires,
        url=url,
    )
