"""What all commands share: their options, who is logged in, how errors end."""

import asyncio
import getpass
import inspect
import os
import sys
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, Concatenate, ParamSpec, TypeVar

import msgspec
import typer

from node.client import profile
from node.client.cli import advice, telling
from node.client.cli.out import Out
from node.client.conversation_events import ConversationEvent
from node.client.kith import Kith
from node.client.local_device import Passphrase
from node.errors import Malformed, Missing, NodeError
from node.exit_codes import NOT_READ, OK, REFUSED, STOPPED
from node.ports import Clock
from node.wire.digits import whole

P = ParamSpec("P")
Work = TypeVar("Work", bound=Callable[..., Awaitable[int | None]])
SHOWN = "shown.json"
# What names a file may have any bytes.
PATHS = ("home", "password_file", "ca", "file", "files", "save", "avatar", "header")

ContextHere = typer.Context
# Paths are taken as words: made a path, an empty one would be the folder that one stands in.
Home = Annotated[str, typer.Option("--home", help="Folder of your profiles (KITH_HOME).")]
As = Annotated[str, typer.Option("--as", help="@handle: which of your accounts here.")]
PasswordFile = Annotated[
    str, typer.Option("--password-file", help="Read the password from here; - is standard input.")
]
Json = Annotated[bool, typer.Option("--json", help="JSON instead of words.")]


def default_home() -> Path:
    """`KITH_HOME`, else where programs of this kind keep their data."""
    named = os.environ.get("KITH_HOME", "")
    data = os.environ.get("XDG_DATA_HOME", "") or str(Path.home() / ".local" / "share")
    return Path(named) if named else Path(data) / "kith"


class TellingKith(Kith):
    """Who opens the vault reads the mailbox, and nobody hears it again: what of it is to be known
    is told as the command ends, however it does."""

    def __init__(
        self, out: Out, own: profile.Profile, home: Path, passphrase: Passphrase, clock: Clock
    ) -> None:
        super().__init__(own, home, passphrase, clock)
        self._out = out
        # What the command says itself.
        self.said: Collection[type[ConversationEvent]] = ()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            await self._tell()
        finally:
            await super().__aexit__(kind, error, trace)

    async def _tell(self) -> None:
        heard = [one for one in self.untold() if isinstance(one, telling.TROUBLES)]
        if not heard:
            return
        names: dict[str, str] = {}
        with suppress(NodeError):
            names = await self.names()
        telling.tell(self._out, heard, lambda actor: names.get(actor, actor), self.said)


@dataclass(slots=True)
class CommandContext:
    """What a command works with."""

    home: Path
    handle: str
    out: Out
    clock: Clock

    def kith(self, *said: type[ConversationEvent]) -> Kith:
        """Who is logged in here; what is heard meanwhile is told at the end, but what the command
        has `said` itself.

        Raises `Missing` (API-9.1).
        """
        own = profile.load(self.home, self.handle)
        kith = TellingKith(self.out, own, self.home, self.passphrase, self.clock)
        kith.said = said
        return kith

    def passphrase(self) -> str:
        """Ask for the vault's passphrase."""
        return ask("Passphrase of the vault on this machine: ", "E2E-6.8")

    def new_passphrase(self) -> str:
        """Ask for the passphrase of a vault that is about to be made, twice."""
        self.out.say("Your messages are kept on this machine in a vault that only you can open.")
        first = ask("New passphrase for the vault: ", "E2E-6.8")
        if ask("The same again: ", "E2E-6.8") != first:
            raise Malformed("E2E-6.8", "the two passphrases differ")
        return first

    def remember(self, ids: list[str]) -> None:
        """What was listed last: its numbers may be used as ids."""
        own = profile.load(self.home, self.handle)
        path = profile.folder_of(self.home, own.handle) / SHOWN
        path.write_bytes(msgspec.json.encode(ids))

    def id(self, text: str) -> str:
        """An id as it is, or the id behind a number of the last list. Raises `Missing`."""
        number = whole(text)
        if number is None:
            return text
        own = profile.load(self.home, self.handle)
        path = profile.folder_of(self.home, own.handle) / SHOWN
        shown = msgspec.json.decode(path.read_bytes(), type=list[str]) if path.exists() else []
        if not 0 < number <= len(shown):
            raise Missing("INB-4.1", f"there is no number {text} in what was listed last")
        return shown[number - 1]


def read_password(file: str, new: bool) -> str:
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


def ask(prompt: str, clause: str) -> str:
    """A secret from the terminal. Raises `Missing` when there is none to ask on."""
    if not sys.stdin.isatty():
        raise Missing(clause, "there is no terminal to ask for a secret on")
    return getpass.getpass(prompt)


def verb(
    app: typer.Typer, name: str, **settings: Any
) -> Callable[
    [Callable[Concatenate[CommandContext, P], Awaitable[int | None]]],
    Callable[Concatenate[CommandContext, P], Awaitable[int | None]],
]:
    """Make an async function of a `CommandContext` a command, with the options that all have."""

    def register(
        work: Callable[Concatenate[CommandContext, P], Awaitable[int | None]],
    ) -> Callable[Concatenate[CommandContext, P], Awaitable[int | None]]:
        app.command(name, **settings)(framed(work))
        return work

    return register


def framed(work: Callable[..., Awaitable[int | None]]) -> Callable[..., int]:
    """`work` as typer calls it. Its parameters behind the context stay, ours follow."""

    def run(ctx: typer.Context, home: str, as_: str, json: bool, **given: Any) -> int:
        _check_said(ctx)
        context = CommandContext(Path(home) if home else default_home(), as_, Out(json), ctx.obj)
        return conclude(context, work(context, **given))

    kind = inspect.Parameter
    own = list(inspect.signature(work).parameters.values())[1:]
    ours = [
        kind("ctx", kind.KEYWORD_ONLY, annotation=ContextHere),
        *(one.replace(kind=kind.KEYWORD_ONLY) for one in own),
        kind("home", kind.KEYWORD_ONLY, default="", annotation=Home),
        kind("as_", kind.KEYWORD_ONLY, default="", annotation=As),
        kind("json", kind.KEYWORD_ONLY, default=False, annotation=Json),
    ]
    run.__signature__ = inspect.Signature(ours)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in ours}
    run.__doc__ = work.__doc__
    return run


def _check_said(ctx: typer.Context) -> None:
    """An empty word must not pass for one that was not said: it would mean all, or another."""
    for one in ctx.command.params:
        name = one.name or ""
        source, said = ctx.get_parameter_source(name), ctx.params[name]
        if source is None or source.name != "COMMANDLINE":
            continue
        words = said if isinstance(said, list | tuple) else [said]
        if any(isinstance(word, str) and not word.strip() for word in words):
            raise typer.BadParameter("it is empty", param_hint=one.opts[0])
        if name not in PATHS and any(
            isinstance(word, str) and not _is_text(word) for word in words
        ):
            raise typer.BadParameter("it is not UTF-8", param_hint=one.opts[0])


def _is_text(word: str) -> bool:
    """Whether it holds no bytes that are no letters, as names of files may."""
    return not any("\ud800" <= char <= "\udfff" for char in word)


def conclude(context: CommandContext, work: Awaitable[int | None]) -> int:
    """Run the work; what it raises on purpose becomes a message and an exit code."""

    async def whole() -> int | None:
        return await work

    try:
        code = asyncio.run(whole()) or OK
        unread = context.out.is_unread and not context.out.is_done
        return NOT_READ if code == OK and unread else code
    except NodeError as error:
        return context.out.problem(error)
    except BrokenPipeError:
        return NOT_READ  # a pipe into which something is saved, or what only prints
    except OSError as error:
        named = f"{error.filename}: " if error.filename else ""
        told = f"{named}{error.strerror or error}"
        tip = "Check the path, its permissions and the room on the disk."
        context.out.fail(advice.plain_problem("file", told, tip))
        return REFUSED
    except KeyboardInterrupt:
        if sys.stderr.isatty():
            sys.stderr.write("\n")  # behind the ^C
        return STOPPED
