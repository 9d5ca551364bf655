"""The commands of persons: `main(argv)`, where `argv` begins with the command's own name."""

import typer

from node.client.cli import (
    accounts,
    advice,
    chat,
    deliveries,
    groups,
    history,
    keys,
    linking,
    mutes,
    people,
    posts,
    profile,
    sign_in,
    videos,
)
from node.client.cli.out import Out
from node.client.local_device import CLOCK
from node.exit_codes import OK, STOPPED, USAGE
from node.ports import Clock

# Typer brings its own click along and names of it only this.
USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[1]
PAGES = (
    sign_in, people, mutes, chat, groups, history, posts, videos, accounts, profile, keys, linking,
    deliveries,
)  # fmt: skip


def program() -> typer.Typer:
    """All commands."""
    app = typer.Typer(
        name="kith",
        help="Friends, sealed messages and videos, on servers that friends own.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    for page in PAGES:
        page.register(app)
    return app


def main(argv: list[str], clock: Clock = CLOCK) -> int:
    """Run one command: 0 ok, 1 refused, 2 not understood, 3 unreachable."""
    out = Out("--json" in argv)
    command = argv[0] if argv else ""
    try:
        return int(program()(args=argv, obj=clock, prog_name="kith", standalone_mode=False) or OK)
    except USAGE_ERROR as error:
        told = getattr(error, "format_message", error.__str__)()
        if told:  # without arguments the help was shown instead
            out.fail(advice.plain_problem("usage", told, f"See kith {command} --help"))
        return USAGE
    except typer.Abort:
        return STOPPED
