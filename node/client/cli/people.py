"""`kith friend add`, `accept`, `code`, `invite` and others; `friends`, `block`, `unblock`."""

from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from node.client.cli.command import CommandContext, verb
from node.client.cli.out import moment
from node.client.kith import Kith
from node.wire.api.graph import Relation

Who = Annotated[str, typer.Argument(help="@name@server, or @name of a friend.")]
WhoOrLink = Annotated[str, typer.Argument(help="@name@server, or the link of a code they show.")]
Answer = Callable[[Kith, str], Awaitable[Relation]]
SAYS = {
    "requested": "{} has been asked.",
    "friend": "{} and you are friends.",
    "incoming": "{} waits for your answer.",
    "declined": "{} has said no.",
    "mutual": "{} and you follow each other.",
    "blocked": "{} is blocked.",
    "none": "{} and you are not connected.",
}
ANSWERS: tuple[tuple[str, Answer, str], ...] = (
    ("accept", Kith.accept, "Say yes to a friend request."),
    ("decline", Kith.decline, "Say no to a friend request."),
    ("cancel", Kith.cancel, "Take your open request back."),
    ("end", Kith.unfriend, "End a friendship."),
    ("confirm", Kith.confirm, "Take a mutual follow with a foreign server as a friend."),
)


def register(app: typer.Typer) -> None:
    """The commands of this page."""
    friend = typer.Typer(no_args_is_help=True, help="Ask, accept, decline, cancel, end.")
    verb(friend, "add")(add)
    for name, answer, says in ANSWERS:
        verb(friend, name, help=says)(_answering(answer))
    verb(friend, "code")(code)
    verb(friend, "invite")(invite)
    app.add_typer(friend, name="friend")
    verb(app, "friends")(friends)
    verb(app, "block", help="End all between you and somebody.")(_answering(Kith.block))
    verb(app, "unblock", help="Take a block back.")(_answering(Kith.unblock))


def _answering(answer: Answer) -> Callable[[CommandContext, str], Awaitable[None]]:
    async def work(context: CommandContext, who: Who) -> None:
        async with context.kith() as kith:
            _tell(context, await answer(kith, who))

    return work


async def add(
    context: CommandContext,
    who: WhoOrLink,
    text: Annotated[str, typer.Option("--text", help="A word to go with it.")] = "",
) -> None:
    """Ask somebody to be friends; if they asked you, this says yes."""
    async with context.kith() as kith:
        _tell(context, await kith.add_friend(who, text))


async def code(context: CommandContext) -> None:
    """A link for somebody beside you who has an account: by it you are friends at once."""
    async with context.kith() as kith:
        link, expires = await kith.show_code()
    says = (
        f"{link}\nOne person, until {moment(expires)}: kith friend add LINK, or scan it in the app."
    )
    context.out.done(says, {"link": link, "expires": expires})


async def invite(
    context: CommandContext,
    uses: Annotated[int, typer.Option(help="How many people it lets in.")] = 1,
    days: Annotated[int, typer.Option(help="How long it is good.")] = 7,
) -> None:
    """Make an invite link to your node; who comes by it becomes your friend."""
    async with context.kith() as kith:
        made = await kith.invite(befriends=True, uses=uses, days=days)
        context.out.done(f"{made.url}\nIt is good until {moment(made.expires)}.", made)


async def friends(context: CommandContext) -> None:
    """Your friends, the requests that wait, and whom you block."""
    async with context.kith() as kith:
        found = {
            "friends": await kith.friends(),
            "incoming": await kith.requests(),
            "outgoing": await kith.requests(outgoing=True),
            "blocked": await kith.blocked(),
        }
    if context.out.json:
        context.out.value(found)
        return
    if not (found["friends"] or found["incoming"] or found["outgoing"]):
        context.out.say("Nobody yet. Ask somebody: kith friend add @name@server")
    if found["friends"]:
        rows = [(one.person.handle, one.person.display_name) for one in found["friends"]]
        context.out.table(("Friends", ""), rows)
    for one in found["incoming"]:
        words = f": “{one.text}”" if one.text else ""
        handle = one.person.handle
        context.out.say(f"{handle} asks to be your friend{words}  (kith friend accept {handle})")
    for one in found["outgoing"]:
        context.out.say(f"{one.person.handle} has not answered yet.")
    for one in found["blocked"]:
        context.out.say(
            f"{one.person.handle} is blocked.  (kith unblock {one.person.handle})", "dim"
        )


def _tell(context: CommandContext, relation: Relation) -> None:
    says = SAYS.get(relation.state, "{}: " + relation.state)
    context.out.done(says.format(relation.person.handle), relation)
