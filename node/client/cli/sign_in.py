"""`kith signup`, `login`, `new-password`, `logout`, `whoami`, `delete-account`."""

import platform
import sys
from pathlib import Path
from typing import Annotated

import typer

from node.client import sign_in
from node.client.cli.command import CommandContext, PasswordFile, read_password, verb
from node.client.cli.history import PRICE
from node.client.cli.out import moment
from node.client.key_keeper import id_of
from node.client.kith import Kith
from node.client.local_device import LocalDevice
from node.client.profile import Profile
from node.client.sign_in import Credentials, Server, parse_server
from node.errors import Malformed

Name = Annotated[str, typer.Option("--name", help="Your name there; asked for if left out.")]
ServerOption = Annotated[str, typer.Option("--server", help="https://… of the node.")]
Connect = Annotated[
    str,
    typer.Option("--connect", help="HOST:PORT to call instead (a lab); also NAME=HOST:PORT,…"),
]
Ca = Annotated[str, typer.Option("--ca", help="PEM file of a CA to trust besides.")]
DeviceName = Annotated[str, typer.Option("--device", help="What this device is to be called.")]


DELETED = """This deletes {handle} for good.
Deleted at once: at your node your profile, posts, videos, comments, likes, friendships, logins and
devices; on this machine the keys and messages of this account.
Asked to delete: every server that knows you. Whether it does is up to who runs it.
What cannot be taken back: others keep what they have read or saved; your name is given to nobody
any more; nobody can bring the account back."""
OTHERS = (
    "You have other devices. One that is lost still gets your friends' messages, and they see them"
    " as sent: end it with kith devices revoke ID."
)

WRITE_DOWN = "When you have a pen at hand, write your recovery key down: kith recovery show"
NOT_LISTED = (
    "This device is not on your account's list yet: it is, once you enter the recovery words with"
    " kith recovery use. With another device at hand, kith logout and kith link start instead."
)

NOT_TOLD = (
    "Your server was not told that this device is logged out. If the account is still there, end it"
    " at another device: kith devices revoke {id}"
)


def register(app: typer.Typer) -> None:
    """The commands of this page."""
    verb(app, "signup")(signup)
    verb(app, "login")(login)
    verb(app, "new-password")(new_password)
    verb(app, "logout")(logout)
    verb(app, "whoami")(whoami)
    verb(app, "delete-account")(delete_account)


async def signup(
    context: CommandContext,
    link: Annotated[str, typer.Argument(help="The invite link.")] = "",
    name: Name = "",
    server: ServerOption = "",
    display_name: Annotated[str, typer.Option(help="How you are shown.")] = "",
    reason: Annotated[str, typer.Option(help="Why, where an administrator decides.")] = "",
    connect: Connect = "",
    ca: Ca = "",
    password_file: PasswordFile = "",
    device: DeviceName = "",
) -> None:
    """Make an account with an invite link; this machine becomes its first device."""
    there = _server(link, server, connect, ca)
    who = Credentials(
        name=name or _ask_name(),
        password=read_password(password_file, new=True),
        device_name=device or platform.node()[:64] or "kith",
        display_name=display_name,
        reason=reason,
    )
    account, made = await sign_in.sign_up(there, who, _local_device(context))
    if made is None:
        context.out.done(
            f"{account.address} waits for an administrator. When they have said yes: "
            f"kith login {account.address}",
            account,
        )
    else:
        context.out.done(f"Welcome, {account.address}. Next: kith friend add @name@server", account)
        if not context.out.json:
            context.out.say(WRITE_DOWN)
            context.out.say(f"{PRICE} If you do not want that: kith history off")


async def login(
    context: CommandContext,
    handle: Annotated[str, typer.Argument(help="Your handle, @you@server.")] = "",
    name: Name = "",
    server: ServerOption = "",
    connect: Connect = "",
    ca: Ca = "",
    password_file: PasswordFile = "",
    device: DeviceName = "",
) -> None:
    """Make this machine a device of your account."""
    local, _, domain = handle.removeprefix("@").partition("@")
    there = _server(domain, server, connect, ca)
    who = Credentials(
        name=name or local or _ask_name(),
        password=read_password(password_file, new=False),
        device_name=device or platform.node()[:64] or "kith",
    )
    made = await sign_in.log_in(there, who, _local_device(context))
    async with Kith.load(context.home, made.handle, clock=context.clock) as kith:
        others = [one for one in await kith.devices() if not one.current]
        ids = await kith.published_devices()
    listed = id_of(made.device) in ids
    shown = {**_shown(made), "other_devices": others, "listed": listed}
    context.out.done(f"You are {made.handle} on this machine now.", shown)
    if others and not context.out.json:
        context.out.say(OTHERS)
        for one in others:
            seen = moment(one.last_seen or one.created)
            context.out.say(f"     {one.id}  {one.name}  last seen {seen}", "dim")
    if ids and not listed and not context.out.json:
        context.out.say(NOT_LISTED)


async def new_password(
    context: CommandContext,
    link: Annotated[str, typer.Argument(help="The link that an administrator gave you.")],
    connect: Connect = "",
    ca: Ca = "",
    password_file: PasswordFile = "",
) -> None:
    """Set a new password by a link, where you forgot yours; all your devices are logged out."""
    there = _server(link, "", connect, ca)
    password = read_password(password_file, new=True)
    account = await sign_in.new_password(link, password, there, _local_device(context))
    context.out.done(
        f"{account.address} has a new password, and no device any more. "
        f"Next: kith login {account.address}",
        account,
    )


async def logout(
    context: CommandContext,
    remove: Annotated[
        bool, typer.Option("--remove", help="Remove its keys and messages from this machine too.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Of --remove: do not ask.")] = False,
) -> None:
    """End this device's session; its vault stays on this machine, unless --remove."""
    kith = context.kith()
    if remove:
        _ask_remove(context, kith.handle, yes)
    async with kith:
        if remove:
            told = await kith.remove()
            shown = {**_shown(kith.profile), "removed": True, "logged_out": told}
            context.out.done(f"What this machine kept of {kith.handle} is removed.", shown)
            if not told:
                context.out.say(NOT_TOLD.format(id=kith.profile.device), "yellow")
            return
        await kith.log_out()
    context.out.done(f"{kith.handle} is logged out here.", _shown(kith.profile))


def _ask_remove(context: CommandContext, handle: str, yes: bool) -> None:
    asked = f"Remove the keys and messages of {handle} from this machine, for ever?"
    if not yes and (context.out.json or not typer.confirm(asked)):
        raise Malformed("API-9.2", "nothing is removed: say --yes, or answer with y")


async def whoami(context: CommandContext) -> None:
    """Who you are here, as your node has it."""
    async with context.kith() as kith:
        me = await kith.me()
        if context.out.json:
            context.out.value(
                {"account": me, "device": kith.profile.device, "home": str(context.home)}
            )
            return
        context.out.say(f"{me.address}  {me.display_name}".rstrip(), "bold")
        context.out.say(
            f"{me.actor}\nat {kith.profile.origin}, {me.role}, device {kith.profile.device}"
        )


async def delete_account(
    context: CommandContext,
    password_file: PasswordFile = "",
) -> None:
    """Delete your account for good, here and at other servers."""
    kith = context.kith()
    if not context.out.json:
        context.out.say(DELETED.format(handle=kith.handle))
    password = read_password(password_file, new=False)
    async with kith:
        await kith.delete_account(password)
    context.out.done(f"{kith.handle} is deleted.", _shown(kith.profile))


def _local_device(context: CommandContext) -> LocalDevice:
    return LocalDevice(context.home, context.new_passphrase, context.clock)


def _server(where: str, server: str, connect: str, ca: str) -> Server:
    """`server` says where, else the link or the handle does."""
    if not (where or server):
        raise typer.BadParameter("say where: an invite link, @you@server, or --server https://…")
    if ca and not Path(ca).is_file():
        raise Malformed("API-9.3", f"--ca {ca}: there is no such file")
    found = parse_server(server or where, connect, ca)
    invite = parse_server(where).invite if where else ""
    return Server(found.origin, found.invite or invite, found.connect, found.ca_file)


def _ask_name() -> str:
    if not sys.stdin.isatty():
        raise typer.BadParameter("say who with --name")
    return input("Name: ").strip()


def _shown(own: Profile) -> dict[str, str]:
    """A profile without its token."""
    return {
        "handle": own.handle,
        "actor": own.actor,
        "origin": own.origin,
        "device": own.device,
    }
