"""Sign up, log in, log out: this machine becomes a device of an account, or stops being one."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from node.client import passphrases, profile
from node.client.device import Device
from node.client.line import Line
from node.client.profile import Profile
from node.client.seat import CLOCK, ENTROPY, Passphrase
from node.client.talk import Talk
from node.client.vault import Vault
from node.errors import Malformed, Missing, Unproven, Unreachable
from node.ports import Clock, Entropy
from node.wire.api.accounts import AccountView, LogIn, NewAccount, Session


@dataclass(frozen=True, slots=True)
class Door:
    """How a node is reached before anyone is logged in there, and the invite, if there is one.

    `connect` says where to call instead of what DNS says; `ca_file` is a CA to trust besides.
    """

    origin: str
    invite: str = ""
    connect: str = ""
    ca_file: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wants to be let in, and what this device is to be called. `reason` is for approval."""

    name: str
    password: str
    device_name: str = "kith"
    display_name: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Machine:
    """This machine: the folder it keeps people in, its vault's passphrase, its time and chance."""

    home: Path
    passphrase: Passphrase = ""
    clock: Clock = CLOCK
    entropy: Entropy = ENTROPY


def read_door(text: str, connect: str = "", ca_file: str = "") -> Door:
    """A server's address, or an invite link. Raises `Malformed` (API-9.3)."""
    parts = urlsplit(text if "://" in text else f"https://{text}")
    if not parts.hostname or parts.username or parts.scheme not in ("https", "http"):
        raise Malformed("API-9.3", f"{text!r} is not the address of a server nor an invite link")
    if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise Malformed("API-9.3", "a password goes only over https: write https:// instead")
    _, marker, secret = parts.path.partition("/invite/")
    origin = f"{parts.scheme}://{parts.netloc}"
    ca_file = str(Path(ca_file).resolve()) if ca_file else ""
    return Door(origin, secret.strip("/") if marker else "", connect, ca_file)


async def sign_up(door: Door, wish: Wish, machine: Machine) -> tuple[AccountView, Profile | None]:
    """A new account with this machine as its first device.

    No profile: the account waits for an administrator; then log in. Raises `Forbidden` (ACC-2.2)
    for an invite that is no longer good, `Conflict` for a name that is taken.
    """
    body = NewAccount(
        name=wish.name,
        password=wish.password,
        device_name=wish.device_name,
        display_name=wish.display_name,
        invite=door.invite or None,
        reason=wish.reason,
    )
    return await _enter(door, "/accounts", body, machine)


async def log_in(door: Door, wish: Wish, machine: Machine) -> Profile:
    """Make this machine a device. Raises `Unproven` (ACC-1.5) for a wrong name or password."""
    body = LogIn(name=wish.name, password=wish.password, device_name=wish.device_name)
    _, entered = await _enter(door, "/login", body, machine)
    assert entered is not None, "a login always makes a device"
    return entered


async def _enter(
    door: Door, path: str, body: Any, machine: Machine
) -> tuple[AccountView, Profile | None]:
    # Before anything is made elsewhere: nobody is left with an account and no vault.
    words = passphrases.read(machine.passphrase, os.environ)
    machine.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    async with Line(door.origin, machine.entropy, "", door.connect, door.ca_file) as line:
        session = await line.ask("POST", path, Session, body)
    if not session.token:
        return session.account, None
    entered = _profile(door, session)
    profile.save(machine.home, entered)
    vault = await asyncio.to_thread(
        Vault.create, profile.vault_of(machine.home, entered), words, machine.entropy
    )
    try:
        await _introduce(entered, vault, machine)
    finally:
        vault.close()
    return session.account, entered


async def _introduce(entered: Profile, vault: Vault, machine: Machine) -> None:
    """Publish key packages, so that friends can write to this device from now on."""
    device = Device(vault, machine.entropy, entered.actor)
    door = (entered.origin, machine.entropy, entered.token, entered.connect, entered.ca_file)
    async with Line(*door) as line:
        with suppress(Unreachable):  # the first conversation does it then
            await Talk(line, device, machine.clock, vault.settle).prepare()


def _profile(door: Door, session: Session) -> Profile:
    account = session.account
    return Profile(
        origin=door.origin,
        name=account.name,
        handle=account.address,
        actor=account.actor,
        device=session.device or "",
        token=session.token or "",
        connect=door.connect,
        ca_file=door.ca_file,
    )


@asynccontextmanager
async def open_talk(
    line: Line, entered: Profile, home: Path, words: str, world: tuple[Clock, Entropy]
) -> AsyncIterator[Talk]:
    """This device's conversations, with its vault locked for as long as they are open.

    Raises `Unproven` (E2E-6.2) for a wrong passphrase, `Conflict` (E2E-6.3) while another holds it.
    """
    clock, entropy = world
    vault = await asyncio.to_thread(Vault.open, profile.vault_of(home, entered), words, entropy)
    try:
        talk = Talk(line, Device(vault, entropy, entered.actor), clock, vault.settle)
        try:
            yield talk
        finally:
            await talk.close()
    finally:
        vault.close()


async def log_out(line: Line, entered: Profile, home: Path) -> None:
    """End this device's session at the node and forget it here; its vault stays."""
    if not entered.device:
        raise Missing("API-9.2", "this profile is not of a device")
    with suppress(Unproven):  # revoked already, from another device
        await line.ask("DELETE", f"/devices/{entered.device}", object)
    profile.forget(home, entered)
