"""`kith mentions`; `kith devices`, `rename` and `revoke`; `kith sessions`, `kith sessions end`."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import typer
from msgspec import to_builtins

from node.client.cli.command import CommandContext, verb
from node.client.cli.keys import PaperFile, read_words
from node.client.cli.out import moment
from node.client.key_keeper import id_of
from node.client.kith import Kith
from node.errors import Missing, Refused
from node.wire.api.accounts import DeviceView

SILENT = timedelta(days=7)
MISTYPED = ("KEY-2.3", "KEY-2.4", "DEV-12.7")
LOST = (
    "{name} was not heard of for {days} days. If it is lost, end it with kith devices revoke {id}: "
    "until then what friends write waits for it, 30 days long, and they see it as sent."
)
GONE = (
    "{id} is logged out, and still on your list of devices: take it off with kith devices revoke"
    " {id}."
)
UNKNOWN = "ACC-4.3"


class Action(StrEnum):
    """What is done with devices."""

    LIST = "list"
    RENAME = "rename"
    REVOKE = "revoke"


class Mentioners(StrEnum):
    """Who is heard at once."""

    EVERYONE = "everyone"
    FOLLOWING = "following"
    FRIENDS = "friends"
    NOBODY = "nobody"


class SessionAction(StrEnum):
    """What is done with sessions."""

    LIST = "list"
    END = "end"


def register(app: typer.Typer) -> None:
    """The commands of this page."""
    verb(app, "devices")(devices)
    verb(app, "sessions")(sessions)
    verb(app, "mentions")(mentions)


async def mentions(
    context: CommandContext,
    who: Annotated[
        Mentioners | None, typer.Argument(help="everyone, following, friends or nobody.")
    ] = None,
) -> None:
    """Who is heard at once when they mention you; all others: kith notices --requests."""
    async with context.kith() as kith:
        account = await (kith.me() if who is None else kith.choose_mentions(who.value))
    told = {"everyone": "everyone", "following": "whom you follow, friends and who lives here too"}
    heard = told.get(account.mentions, account.mentions)
    says = f"Heard at once: {heard}. All others: kith notices --requests"
    context.out.done(says, {"mentions": account.mentions})


async def devices(
    context: CommandContext,
    action: Annotated[Action, typer.Argument(help="list, rename or revoke one.")] = Action.LIST,
    device: Annotated[str, typer.Argument(help="Which one: its id.")] = "",
    name: Annotated[str, typer.Argument(help="What to call it (rename).")] = "",
    file: PaperFile = "",
    without_words: Annotated[
        bool, typer.Option(help="Only take it off your list: it still has the key that signs it.")
    ] = False,
) -> None:
    """Your devices, which hold your keys; revoke one that you lost."""
    _check(action, device, name)
    async with context.kith() as kith:
        if action is Action.RENAME:
            await kith.rename_device(device, name)
            context.out.done(f"{device} is called {name}.", {"renamed": device, "name": name})
        elif action is Action.REVOKE:
            await _revoke(context, kith, device, file, without_words)
        else:
            _show(context, await kith.devices(), await kith.published_devices())


def _check(action: Action, device: str, name: str) -> None:
    if action is not Action.LIST and not device:
        raise typer.BadParameter("say which device: its id stands in kith devices")
    if bool(name) is not (action is Action.RENAME):
        raise typer.BadParameter("rename takes an id and a name: kith devices rename ID NAME")


def _show(context: CommandContext, found: list[DeviceView], listed: set[bytes]) -> None:
    gone = sorted(str(UUID(bytes=id)) for id in listed - {id_of(one.id) for one in found})
    if context.out.json:
        items = [{**to_builtins(one), "listed": id_of(one.id) in listed} for one in found]
        context.out.value({"items": items, "logged_out": gone})
        return
    rows = [
        (
            one.id,
            one.name,
            moment(one.last_seen or one.created),
            "yes" if id_of(one.id) in listed else "no",
            "this one" if one.current else "",
        )
        for one in found
    ]
    rows += [(id, "", "", "yes", "logged out") for id in gone]
    context.out.table(("Device", "Name", "Last seen", "On your list", ""), rows)
    for id in gone:
        context.out.say(GONE.format(id=id))
    for one in found:
        seen, now = one.last_seen or one.created, context.clock.now()
        if not one.current and now - seen > SILENT:
            context.out.say(LOST.format(name=one.name or one.id, days=(now - seen).days, id=one.id))


async def _revoke(
    context: CommandContext, kith: Kith, device: str, file: str, without_words: bool
) -> None:
    unlisted = await _unlist(context, kith, device, file, without_words)
    try:
        await kith.revoke(device)
    except Missing as error:
        # Logged out long ago, it stood on the list alone.
        if not (unlisted and error.clause == UNKNOWN):
            raise
    context.out.done(f"{device} is logged out.", {"revoked": device, "unlisted": unlisted})
    if unlisted and without_words:
        context.out.say(WITHOUT_WORDS)


async def _unlist(
    context: CommandContext, kith: Kith, device: str, file: str, without_words: bool
) -> bool:
    """Take it off the account's list, if it stands there; whether it did."""
    try:
        if id_of(device) not in await kith.listed():
            return False
    except Missing:
        return False  # this device has no keys of the account, or that is no id
    try:
        await kith.unlist(device, "" if without_words else read_words(file))
    except Refused as error:
        if error.clause in MISTYPED:
            raise
        # Whatever is wrong with the keys: that device is to be logged out.
        context.out.problem(error)
        return False
    return True


WITHOUT_WORDS = (
    "Whoever has that device can still put devices on your list, until you enter the"
    " recovery words: kith recovery renew."
)


async def sessions(
    context: CommandContext,
    action: Annotated[SessionAction, typer.Argument(help="list, or end one.")] = SessionAction.LIST,
    session: Annotated[str, typer.Argument(help="Which one to end: its id.")] = "",
) -> None:
    """Where you are logged in, apps included; end a session that you do not know."""
    async with context.kith() as kith:
        if action is SessionAction.END:
            if not session:
                raise typer.BadParameter("say which session: its id stands in kith sessions")
            await kith.end_session(session)
            context.out.done(f"{session} has ended.", {"ended": session})
            return
        found = await kith.sessions()
    if context.out.json:
        context.out.value({"items": found})
    rows = [
        (one.id, one.name, moment(one.last_seen), "this one" if one.current else "")
        for one in found
    ]
    context.out.table(("Session", "Name", "Last seen", ""), rows)
