"""`kith link start`, `kith link approve`: one device of yours lets a new one in."""

import platform
import sys
from enum import StrEnum
from typing import Annotated

import typer

from node.client.cli.command import CommandContext, TellingKith, verb
from node.client.cli.sign_in import Ca, Connect, DeviceName
from node.client.linking import NewDevice
from node.client.local_device import LocalDevice
from node.client.sign_in import parse_server
from node.e2ee.linking.private.linking import Agreed
from node.e2ee.linking.public.code import read_code_or_link, spoken
from node.errors import Forbidden, Malformed


class LinkAction(StrEnum):
    """Which of the two devices this is."""

    START = "start"
    APPROVE = "approve"


def register(app: typer.Typer) -> None:
    """The commands of this page."""
    verb(app, "link")(link)


async def link(
    context: CommandContext,
    action: Annotated[
        LinkAction, typer.Argument(help="start on the new device, approve on the old one.")
    ],
    where: Annotated[
        str, typer.Argument(help="start: your server or @you@server; approve: the code or link.")
    ],
    yes: Annotated[
        bool,
        typer.Option(
            "--yes",
            help="approve without its number, by the whole link. Only for a link that you took "
            "from the new device yourself: whoever sent you one becomes you.",
        ),
    ] = False,
    device: DeviceName = "",
    connect: Connect = "",
    ca: Ca = "",
) -> None:
    """Make this machine a device of your account, let in by another one that is."""
    if action is LinkAction.APPROVE:
        await _approve(context, where, yes)
        return
    server = parse_server(where.removeprefix("@").rpartition("@")[2], connect, ca)
    here = LocalDevice(context.home, context.new_passphrase, context.clock)
    await _start(context, NewDevice(server, device or platform.node()[:64] or "kith", here))


async def _start(context: CommandContext, new: NewDevice) -> None:
    out = context.out
    await new.show()
    if out.json:
        out.value({"code": new.code, "link": new.link})
    out.say(f"On a device that is logged in:  kith link approve {spoken(new.code)}", "bold")
    out.say(f"Or by the link, which says which device it is:  kith link approve '{new.link}'")
    agreed = await new.meet()
    _show(context, agreed, {"account": agreed.old.actor})
    out.say(f"Shall this machine become a device of {agreed.old.actor}?")
    _type_number(agreed)
    own = await new.join(agreed)
    async with TellingKith(out, own, context.home, "", context.clock) as kith:
        came = await kith.fetch_history()
    told = {"handle": own.handle, "device": own.device, "messages": came.new}
    out.done(f"You are {own.handle} on this machine now, with {came.new} messages.", told)
    if came.locked or came.broken:
        out.say(f"{came.locked + came.broken} more could not be opened: kith history fetch")


async def _approve(context: CommandContext, text: str, yes: bool) -> None:
    if yes and not read_code_or_link(text).is_link:
        raise Malformed("LNK-3.8", "--yes needs the whole link: a code is not enough to be sure")
    async with context.kith() as kith:
        # Who says yes beforehand says that the link came off the new device (LNK-3.10).
        approval = await kith.read_link(text, is_vouched=yes)
        name = approval.agreed.new.name
        _show(context, approval.agreed, {"name": name})
        asks = f"A device that calls itself “{name}” wants to be a device of {kith.handle}."
        context.out.say(asks)
        context.out.say(
            "Let it in only if it is before you: it reads all that you can, in your name."
        )
        if not approval.agreed.is_sure:
            _type_number(approval.agreed)
        await kith.approve_link(approval)
    context.out.done(f"“{name}” is a device of yours now.", {"approved": name})


def _show(context: CommandContext, agreed: Agreed, more: dict[str, str]) -> None:
    if context.out.json:
        context.out.value({"number": agreed.shown, **more})
    context.out.say(f"The number of this device: {agreed.shown[:3]} {agreed.shown[3:]}", "bold")


def _type_number(agreed: Agreed) -> None:
    """The yes of a person, by link as by code: a link, too, may be what somebody sent (LNK-3.10).

    Raises `Forbidden` for a no (LNK-3.8) and with the third number that is wrong (LNK-3.9).
    """
    while True:
        typed = _typed("The number that the other device shows, or n for no: ")
        if typed.lower() in ("n", "no"):
            raise Forbidden("LNK-3.8", "that was a no, and nothing was changed")
        if agreed.type(typed):
            return
        if sys.stdin.isatty():
            sys.stderr.write("That is another number: look again.\n")


def _typed(prompt: str) -> str:
    """A line from whoever is there, also a program."""
    if sys.stdin.isatty():
        sys.stderr.write(prompt)
        sys.stderr.flush()
    return sys.stdin.readline().strip()
