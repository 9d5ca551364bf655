"""Sign up, log in, log out: this machine becomes a device of an account, or stops being one."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from node.client import joining, passphrases, profile
from node.client.api_client import ApiClient
from node.client.device import Device
from node.client.joining import Joined
from node.client.local_device import LocalDevice
from node.client.messenger import Messenger
from node.client.profile import Profile
from node.client.vault import Vault
from node.errors import Malformed, Missing, Unproven, Unreachable
from node.wire.api.accounts import AccountView, LogIn, NewAccount, Session, UseReset


@dataclass(frozen=True, slots=True)
class Server:
    """How a node is reached before anyone is logged in there, and the invite, if there is one.

    `connect` says where to call instead of what DNS says; `ca_file` is a CA to trust besides.
    """

    origin: str
    invite: str = ""
    connect: str = ""
    ca_file: str = ""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who signs in, and what this device is to be called. `reason` is for who approves accounts."""

    name: str
    password: str
    device_name: str = "kith"
    display_name: str = ""
    reason: str = ""


def parse_server(text: str, connect: str = "", ca_file: str = "") -> Server:
    """A server's address, or an invite link. Raises `Malformed` (API-9.3)."""
    parts = urlsplit(text if "://" in text else f"https://{text}")
    if not parts.hostname or parts.username or parts.scheme not in ("https", "http"):
        raise Malformed("API-9.3", f"{text!r} is not the address of a server nor an invite link")
    if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise Malformed("API-9.3", "a password goes only over https: write https:// instead")
    _, marker, secret = parts.path.partition("/invite/")
    origin = f"{parts.scheme}://{parts.netloc}"
    ca_file = str(Path(ca_file).resolve()) if ca_file else ""
    return Server(origin, secret.strip("/") if marker else "", connect, ca_file)


async def sign_up(
    server: Server, who: Credentials, here: LocalDevice
) -> tuple[AccountView, Profile | None]:
    """A new account with this machine as its first device.

    No profile: the account waits for an administrator; then log in. Raises `Forbidden` (ACC-2.2)
    for an invite that is no longer good, `Conflict` for a name that is taken.
    """
    body = NewAccount(
        name=who.name,
        password=who.password,
        device_name=who.device_name,
        display_name=who.display_name,
        invite=server.invite or None,
        reason=who.reason,
    )
    return await _open_session(server, "/accounts", body, here)


async def log_in(server: Server, who: Credentials, here: LocalDevice) -> Profile:
    """Make this machine a device. Raises `Unproven` (ACC-1.5) for a wrong name or password."""
    body = LogIn(name=who.name, password=who.password, device_name=who.device_name)
    _, made = await _open_session(server, "/login", body, here)
    assert made is not None, "a login always makes a device"
    return made


async def new_password(link: str, password: str, server: Server, here: LocalDevice) -> AccountView:
    """Set it by the link that an administrator made (ACC-5). All of one's devices are logged out.

    Raises `Malformed` (ACC-5.5) for another link, `Forbidden` (ACC-5.3) for one that is not good.
    """
    _, marker, secret = urlsplit(link).path.partition("/reset/")
    if not marker or not secret.strip("/"):
        raise Malformed("ACC-5.5", "this is not a link for a new password")
    body = UseReset(secret=secret.strip("/"), password=password)
    async with ApiClient(server.origin, here.entropy, "", server.connect, server.ca_file) as api:
        return await api.ask("POST", "/account/reset", AccountView, body)


async def _open_session(
    server: Server, path: str, body: Any, here: LocalDevice
) -> tuple[AccountView, Profile | None]:
    # Before anything is made elsewhere: nobody is left with an account and no vault.
    passphrase = passphrases.read(here.passphrase, os.environ)
    here.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    async with ApiClient(server.origin, here.entropy, "", server.connect, server.ca_file) as api:
        session = await api.ask("POST", path, Session, body)
    if not session.token:
        return session.account, None
    made = _profile(server, session)
    profile.save(here.home, made)
    vault = await asyncio.to_thread(
        Vault.create, profile.vault_of(here.home, made), passphrase, here.entropy
    )
    try:
        await publish_packages(made, vault, here)
    finally:
        vault.close()
    return session.account, made


async def publish_packages(
    own: Profile, vault: Vault, here: LocalDevice, joined: Joined | None = None
) -> None:
    """So that friends can write to this device from now on, which may have been let in."""
    device = Device(vault, here.entropy, own.actor)
    if joined is not None:
        joining.keep(device.state, joined)
    async with ApiClient(own.origin, here.entropy, own.token, own.connect, own.ca_file) as api:
        messenger = Messenger(api, device, here.clock, vault.settle, own.device)
        try:
            with suppress(Unreachable):  # the first conversation does it then
                await messenger.prepare()
        finally:
            await messenger.close()


def _profile(server: Server, session: Session) -> Profile:
    account = session.account
    return Profile(
        origin=server.origin,
        name=account.name,
        handle=account.address,
        actor=account.actor,
        device=session.device or "",
        token=session.token or "",
        connect=server.connect,
        ca_file=server.ca_file,
    )


@asynccontextmanager
async def open_messenger(
    api: ApiClient, own: Profile, here: LocalDevice
) -> AsyncIterator[Messenger]:
    """This device's conversations, with its vault locked for as long as they are open.

    Raises `Missing` (E2E-6.8) for no passphrase, `Unproven` (E2E-6.2) for a wrong one, `Conflict`
    (E2E-6.3) while another program holds the vault.
    """
    passphrase = passphrases.read(here.passphrase, os.environ)
    path = profile.vault_of(here.home, own)
    vault = await asyncio.to_thread(Vault.open, path, passphrase, here.entropy)
    try:
        device = Device(vault, here.entropy, own.actor)
        messenger = Messenger(api, device, here.clock, vault.settle, own.device)
        try:
            yield messenger
        finally:
            await messenger.close()
    finally:
        vault.close()


async def log_out(api: ApiClient, own: Profile, home: Path) -> None:
    """End this device's session at the node and forget it here; its vault stays."""
    if not own.device:
        raise Missing("API-9.2", "this profile is not of a device")
    with suppress(Unproven):  # revoked already, from another device
        await api.ask("DELETE", f"/devices/{own.device}", object)
    profile.forget(home, own)
