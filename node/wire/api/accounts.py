"""Pure: accounts, sessions, devices and invites as the client API says them (spec API-9, ACC)."""

from datetime import datetime
from typing import Literal

import msgspec


class _Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a client sends."""


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    """What the node answers; it may grow."""


class NewAccount(_Asked, frozen=True, kw_only=True):
    """Who signs up. `identity_key` is 32 bytes in base64; `reason` is for approval.

    `client_name` is what the session is to be called. With `device_name` it has a device, which
    holds MLS keys; without, it has none.
    """

    name: str
    password: str
    client_name: str = ""
    device_name: str | None = None
    invite: str | None = None
    display_name: str = ""
    identity_key: bytes | None = None
    reason: str = ""


class LogIn(_Asked, frozen=True, kw_only=True):
    """A name and a password; `client_name` is what the session is to be called.

    `device_name` makes a new device, `device` (an id) goes on with one that the account has; not
    both. With neither the session has no device: enough for all but sealed messages.
    """

    name: str
    password: str
    client_name: str = ""
    device_name: str | None = None
    device: str = ""


WhoMentions = Literal["everyone", "following", "friends", "nobody"]


class ProfileLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a profile: its name, its words, and where they lead ("": nowhere)."""

    name: str
    text: str = ""
    url: str = ""


class NewProfileLink(_Asked, frozen=True, kw_only=True):
    """What you link to on your profile, and what it is called."""

    name: str
    url: str


class ChangeProfile(_Asked, frozen=True, kw_only=True):
    """What is absent stays as it is. `summary` is plain text. `mentions`: who is heard at once when
    they mention you; all others are kept as requests. `avatar` and `header` are ids of pictures
    that you made (`POST /pictures`), or empty to take one away; `links` are all of them, at most
    four."""

    display_name: str | None = None
    summary: str | None = None
    locale: str | None = None
    mentions: WhoMentions | None = None
    avatar: str | None = None
    header: str | None = None
    links: list[NewProfileLink] | None = None


class ChangePassword(_Asked, frozen=True, kw_only=True):
    """The old password proves who asks."""

    old_password: str
    new_password: str


class UseReset(_Asked, frozen=True, kw_only=True):
    """`secret`: what stands last in the address of a link for a new password."""

    secret: str
    password: str


class DeleteAccount(_Asked, frozen=True, kw_only=True):
    """The password proves who asks."""

    password: str


class AccountView(_Said, frozen=True, kw_only=True):
    """One's own account. `actor` is its public id, `address` is `@name@domain`; `avatar` and
    `header` are where its pictures are, for everyone."""

    id: str
    name: str
    address: str
    actor: str
    channel: str
    role: Literal["member", "admin"]
    state: Literal["pending", "active", "suspended"]
    created: datetime
    display_name: str = ""
    summary: str = ""
    locale: str = "en"
    mentions: WhoMentions = "following"
    identity_key: bytes | None = None
    reason: str = ""
    avatar: str = ""
    header: str = ""
    links: list[ProfileLine] = []


class Session(_Said, frozen=True, kw_only=True):
    """An account, the token of its new session, and the ids of the session and of its device.

    All but the account is absent while the account waits for approval; `device` also when the
    session has none.
    """

    account: AccountView
    token: str | None = None
    session: str | None = None
    device: str | None = None


class SessionView(_Said, frozen=True, kw_only=True):
    """Where one is logged in. `current` is the session that asks."""

    id: str
    name: str
    scopes: list[str]
    created: datetime
    last_seen: datetime
    current: bool
    device: str | None = None


class SessionList(_Said, frozen=True, kw_only=True):
    """One's own sessions, the newest first."""

    items: list[SessionView]


class RenameDevice(_Asked, frozen=True, kw_only=True):
    """What a device is to be called from now on."""

    name: str


class DeviceView(_Said, frozen=True, kw_only=True):
    """Who holds MLS keys in one's name. `current` is the device that asks."""

    id: str
    name: str
    created: datetime
    current: bool
    last_seen: datetime | None = None


class DeviceList(_Said, frozen=True, kw_only=True):
    items: list[DeviceView]


class NewInvite(_Asked, frozen=True, kw_only=True):
    """`befriends`: whoever comes by it becomes a friend of its maker."""

    uses: int = 1
    days: int = 7
    befriends: bool = False
    role: Literal["member", "admin"] = "member"


class InviteView(_Said, frozen=True, kw_only=True):
    """An invite. `url` is told once, to the one who made it."""

    id: str
    uses_left: int
    befriends: bool
    role: Literal["member", "admin"]
    created: datetime
    expires: datetime
    url: str | None = None


class InviteList(_Said, frozen=True, kw_only=True):
    items: list[InviteView]


class InviteLookup(_Asked, frozen=True, kw_only=True):
    """`secret`: what stands last in the address of an invite link."""

    secret: str


class Inviter(_Said, frozen=True, kw_only=True):
    """Who made an invite. `handle` is @name@domain."""

    id: str
    handle: str
    display_name: str = ""
    icon: str = ""


class InviteShown(_Said, frozen=True, kw_only=True):
    """What an invite promises. `inviter` is null when the node itself made it."""

    inviter: Inviter | None
    befriends: bool
    role: Literal["member", "admin"]


class ActorView(_Said, frozen=True, kw_only=True):
    """Somebody, here or elsewhere. `summary` is cleaned HTML. `number`: see API-5.6.

    `icon` is their face, `header` the picture behind their profile; `icon_here` and `header_here`
    are where the reader's own node shows those (VID-9.1).
    """

    id: str
    number: str = ""
    kind: str
    name: str
    address: str
    local: bool
    display_name: str = ""
    summary: str = ""
    icon: str = ""
    url: str = ""
    icon_here: str = ""
    header: str = ""
    header_here: str = ""
    links: list[ProfileLine] = []


class NodeSettings(_Asked, frozen=True, kw_only=True):
    """What an administrator switches while the node runs."""

    registration: Literal["invite", "approval", "open"]


class Applicant(_Said, frozen=True, kw_only=True):
    """An account as administrators see it."""

    id: str
    name: str
    display_name: str
    state: Literal["pending", "active", "suspended"]
    role: Literal["member", "admin"]
    created: datetime
    reason: str = ""


class ApplicantList(_Said, frozen=True, kw_only=True):
    items: list[Applicant]


class ResetLink(_Said, frozen=True, kw_only=True):
    """By it the person of `name` sets a new password, once."""

    name: str
    url: str
    expires: datetime


class NodeLimits(_Said, frozen=True, kw_only=True):
    """What this node takes; lengths in bytes and seconds."""

    api_bytes: int
    upload_bytes: int
    chunk_bytes: int
    video_seconds: int
    quota_bytes: int
    requests_per_minute: int


class NodeView(_Said, frozen=True, kw_only=True):
    """
    What anyone may know of this node. `domain` stands after the @ of its people's addresses;
    `media_origin` is where pictures and videos are, often `origin`.
    """

    name: str
    domain: str
    origin: str
    media_origin: str
    registration: Literal["invite", "approval", "open"]
    limits: NodeLimits
