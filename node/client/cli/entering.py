"""`kith signup`, `login`, `logout`, `whoami`."""

import getpass
import platform
import sys
from pathlib import Path
from typing import Annotated

import typer

from node.client import entering
from node.client.cli.frame import Desk, verb
from node.client.entering import Door, Machine, Wish, read_door
from node.client.profile import Profile
from node.errors import Malformed

Name = Annotated[str, typer.Option("--name", help="Your name there; asked for if left out.")]
Server = Annotated[str, typer.Option("--server", help="https://… of the node.")]
Connect = Annotated[
    str,
    typer.Option("--connect", help="HOST:PORT to call instead (a lab); also NAME=HOST:PORT,…"),
]
Ca = Annotated[str, typer.Option("--ca", help="PEM file of a CA to trust besides.")]
PasswordFile = Annotated[
    str, typer.Option("--password-file", help="Read the password from here; - is standard input.")
]
DeviceName = Annotated[str, typer.Option("--device", help="What this device is to be called.")]


def register(app: typer.Typer) -> None:
    """The commands of this page."""
    verb(app, "signup")(signup)
    verb(app, "login")(login)
    verb(app, "logout")(logout)
    verb(app, "whoami")(whoami)


async def signup(
    desk: Desk,
    link: Annotated[str, typer.Argument(help="The invite link.")] = "",
    name: Name = "",
    server: Server = "",
    display_name: Annotated[str, typer.Option(help="How you are shown.")] = "",
    reason: Annotated[str, typer.Option(help="Why, where an administrator decides.")] = "",
    connect: Connect = "",
    ca: Ca = "",
    password_file: PasswordFile = "",
    device: DeviceName = "",
) -> None:
    """Make an account with an invite link; this machine becomes its first device."""
    door = _door(link, server, connect, ca)
    wish = Wish(
        name=name or _ask_name(),
        password=_password(password_file, new=True),
        device_name=device or platform.node()[:64] or "kith",
        display_name=display_name,
        reason=reason,
    )
    account, made = await entering.sign_up(door, wish, _machine(desk))
    if made is None:
        desk.out.done(
            f"{account.address} waits for an administrator. When they have said yes: "
            f"kith login {account.address}",
            account,
        )
    else:
        desk.out.done(f"Welcome, {account.address}. Next: kith friend add @name@server", account)


async def login(
    desk: Desk,
    handle: Annotated[str, typer.Argument(help="Your handle, @you@server.")] = "",
    name: Name = "",
    server: Server = "",
    connect: Connect = "",
    ca: Ca = "",
    password_file: PasswordFile = "",
    device: DeviceName = "",
) -> None:
    """Make this machine a device of your account."""
    local, _, domain = handle.removeprefix("@").partition("@")
    door = _door(domain, server, connect, ca)
    wish = Wish(
        name=name or local or _ask_name(),
        password=_password(password_file, new=False),
        device_name=device or platform.node()[:64] or "kith",
    )
    made = await entering.log_in(door, wish, _machine(desk))
    desk.out.done(f"You are {made.handle} on this machine now.", _shown(made))


async def logout(desk: Desk) -> None:
    """End this device's session; its vault stays on this machine."""
    kith = desk.kith()
    async with kith:
        await kith.log_out()
    desk.out.done(f"{kith.handle} is logged out here.", _shown(kith.profile))


async def whoami(desk: Desk) -> None:
    """Who you are here, as your node has it."""
    async with desk.kith() as kith:
        me = await kith.me()
        if desk.out.json:
            desk.out.value({"account": me, "device": kith.profile.device, "home": str(desk.home)})
            return
        desk.out.say(f"{me.address}  {me.display_name}".rstrip(), "bold")
        desk.out.say(
            f"{me.actor}\nat {kith.profile.origin}, {me.role}, device {kith.profile.device}"
        )


def _machine(desk: Desk) -> Machine:
    return Machine(desk.home, desk.new_passphrase, desk.clock)


def _door(where: str, server: str, connect: str, ca: str) -> Door:
    """`server` says where, else the link or the handle does."""
    if not (where or server):
        raise typer.BadParameter("say where: an invite link, @you@server, or --server https://…")
    if ca and not Path(ca).is_file():
        raise Malformed("API-9.3", f"--ca {ca}: there is no such file")
    door = read_door(server or where, connect, ca)
    invite = read_door(where).invite if where else ""
    return Door(door.origin, door.invite or invite, door.connect, door.ca_file)


def _ask_name() -> str:
    if not sys.stdin.isatty():
        raise typer.BadParameter("say who with --name")
    return input("Name: ").strip()


def _password(file: str, new: bool) -> str:
    """From the file, or asked for; a new one twice."""
    if file:
        text = sys.stdin.readline() if file == "-" else Path(file).read_text(encoding="utf-8")
        return text.partition("\n")[0].rstrip("\r")
    if not sys.stdin.isatty():
        raise typer.BadParameter("there is no terminal to ask on: use --password-file")
    first = getpass.getpass("New password: " if new else "Password: ")
    if new and getpass.getpass("The same again: ") != first:
        raise Malformed("ACC-1.4", "the two passwords differ")
    return first


def _shown(entered: Profile) -> dict[str, str]:
    """A profile without its token."""
    return {
        "handle": entered.handle,
        "actor": entered.actor,
        "origin": entered.origin,
        "device": entered.device,
    }
