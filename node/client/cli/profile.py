"""`kith profile`, `kith profile set`: name, words, face and links (PIC-3.6)."""

from enum import StrEnum
from typing import Annotated

import typer

from node.client.cli.command import CommandContext, verb
from node.client.kith import Kith
from node.client.plain_text import plain
from node.wire.api.accounts import AccountView

NONE = "none"  # a file of this name is said as ./none


class Action(StrEnum):
    """What is done with one's profile."""

    SHOW = "show"
    SET = "set"


def register(app: typer.Typer) -> None:
    """The command of this page."""
    verb(app, "profile")(profile)


async def profile(
    context: CommandContext,
    action: Annotated[Action, typer.Argument(help="show, or set.")] = Action.SHOW,
    name: Annotated[str | None, typer.Option(help="What you are called.")] = None,
    bio: Annotated[str | None, typer.Option(help="A few words about you.")] = None,
    avatar: Annotated[str | None, typer.Option(help="Your face: a picture file, or none.")] = None,
    header: Annotated[
        str | None, typer.Option(help="The picture behind your profile: a file, or none.")
    ] = None,
    link: Annotated[
        list[str] | None,
        typer.Option(help="NAME=https://…, up to four, which replace all; or none."),
    ] = None,
) -> None:
    """What everyone sees of you; set changes what is given."""
    links = None if link is None else [_link(one) for one in link if one != NONE]
    given = (name, bio, avatar, header, links)
    if (action is Action.SET) is (given == (None,) * 5):
        raise typer.BadParameter("say what to set: kith profile set --name Alice --avatar me.jpg")
    async with context.kith() as kith:
        if action is Action.SHOW:
            _show(context, await kith.me())
            return
        face, behind = await _made(kith, avatar), await _made(kith, header)
        after = await kith.change_profile(name, bio, face, behind, links)
    context.out.done("Your profile is changed.", after)


def _link(text: str) -> tuple[str, str]:
    name, equals, url = text.partition("=")
    if not (name and equals and url):
        raise typer.BadParameter(f"{text} is no link: say NAME=https://…")
    return name, url


async def _made(kith: Kith, file: str | None) -> str | None:
    """The id of the picture that is made of `file`: empty for none, None where nothing is said."""
    if file is None or file == NONE:
        return None if file is None else ""
    return (await kith.make_picture(file)).id


def _show(context: CommandContext, me: AccountView) -> None:
    if context.out.json:
        context.out.value(me)
        return
    context.out.say(f"{me.display_name or me.name}  {me.address}", "bold")
    if me.summary:
        context.out.say(plain(me.summary))
    for one in me.links:
        context.out.say(f"{one.name}: {one.url or one.text}")
    for what, url in (("Face", me.avatar), ("Picture behind it", me.header)):
        context.out.say(f"{what}: {url or 'none'}", "dim")
