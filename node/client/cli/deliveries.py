"""`kith deliveries`, `kith deliveries retry`: what is on its way to other servers, and why not."""

from enum import StrEnum
from typing import Annotated

import typer

from node.client.cli.command import CommandContext, verb
from node.client.cli.out import moment

SAYS = {
    "due": "is tried again",
    "gave_up": "given up",
    "delivered": "has arrived",
    "needless": "is not needed any more",
}


class Action(StrEnum):
    """What is done with deliveries."""

    LIST = "list"
    RETRY = "retry"


def register(app: typer.Typer) -> None:
    """The commands of this page."""
    verb(app, "deliveries")(deliveries)


async def deliveries(
    context: CommandContext,
    action: Annotated[Action, typer.Argument(help="list, or retry now.")] = Action.LIST,
    of: Annotated[str, typer.Option("--of", help="One post: its id or its number.")] = "",
) -> None:
    """What you said that has not arrived at other servers, why, and when it is tried again."""
    async with context.kith() as kith:
        post = context.id(of) if of else ""
        if action is Action.RETRY:
            count = await kith.retry_deliveries(post)
            told = f"{count} are tried now." if count else "Everything has arrived."
            context.out.done(told, {"count": count})
            return
        found = await kith.deliveries(post)
    if context.out.json:
        context.out.value({"items": found})
        return
    if not found:
        context.out.say("Everything has arrived.")
    for one in found:
        at = one.next_try or one.settled
        when = f" {moment(at)}" if at else ""
        why = one.reason or ("waits for what was said before it" if one.state == "due" else "")
        tries = f", failed {one.failures} times" if one.failures > 1 else ""
        context.out.say(f"{one.host}  {SAYS.get(one.state, one.state)}{when}{tries}: {why}")
        context.out.say(f"     {one.object or one.activity}", "dim")
