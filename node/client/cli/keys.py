"""`kith recovery show|confirm|use|renew|reset`, `kith verify`: the keys behind devices."""

import sys
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from node.client.cli.command import CommandContext, PasswordFile, ask, read_password, verb
from node.client.conversation_events import KeysHeld
from node.client.keys import Paper, read_paper
from node.client.kith import Kith
from node.e2ee.keys.private import recovery_words
from node.e2ee.keys.private.safety_number import grouped
from node.errors import Malformed

ASKED_BACK = 3
ROW = 6
PaperFile = Annotated[
    str, typer.Option("--file", help="The recovery words, or the code's text; - is standard input.")
]


class RecoveryAction(StrEnum):
    """What is done with the recovery key."""

    SHOW = "show"
    CONFIRM = "confirm"
    USE = "use"
    RENEW = "renew"
    RESET = "reset"


def register(app: typer.Typer) -> None:
    """The commands of this page."""
    verb(app, "recovery")(recovery)
    verb(app, "verify")(verify)


async def recovery(
    context: CommandContext,
    action: Annotated[
        RecoveryAction,
        typer.Argument(help="show, confirm that it is on paper, use, renew, or reset."),
    ],
    file: PaperFile = "",
    keep: Annotated[
        list[str] | None,
        typer.Option("--keep", help="With use: a device that stays on your list; may be repeated."),
    ] = None,
    password_file: PasswordFile = "",
) -> None:
    """The recovery key: with it you come back when every device is lost."""
    # What is in the way of the keys these fail for, or end.
    async with context.kith(KeysHeld) as kith:
        if action is RecoveryAction.SHOW:
            await _show(context, kith, file)
        elif action is RecoveryAction.CONFIRM:
            await _confirm(context, kith, file)
        elif action is RecoveryAction.RENEW:
            await kith.renew_keys(read_words(file))
            context.out.done(RENEWED, {"renewed": True})
        elif action is RecoveryAction.RESET:
            await _reset(context, kith, password_file)
        else:
            gone = await kith.recover(read_words(file), keep or [])
            context.out.done(USED, {"recovered": True, "unlisted": gone})
            if gone and not context.out.json:
                context.out.say(OFF.format(ids=", ".join(gone)))


async def _reset(context: CommandContext, kith: Kith, password_file: str) -> None:
    if await kith.published_devices() and not context.out.json:
        context.out.say(LOSS)
    await kith.start_keys_over(read_password(password_file, new=False))
    context.out.done(RESET, {"reset": True})


async def _show(context: CommandContext, kith: Kith, file: str) -> None:
    paper = await kith.recovery()
    if file and file != "-":
        _write_words(Path(file), paper)
        context.out.done(f"The recovery words are in {file}. {NEXT}", {"file": file})
        return
    if context.out.json:
        context.out.value({"words": paper.words, "code": paper.code})
        return
    for start in range(0, len(paper.words), ROW):
        row = enumerate(paper.words[start : start + ROW], start + 1)
        context.out.say("  ".join(f"{place:2} {word:8}" for place, word in row))
    context.out.say(f"As text for a QR code: {paper.code}", "dim")
    context.out.say(NEXT)


def _write_words(path: Path, paper: Paper) -> None:
    """A new file that is this user's alone."""
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(" ".join(paper.words) + "\n", encoding="utf-8")


async def _confirm(context: CommandContext, kith: Kith, file: str) -> None:
    paper = await kith.recovery()
    if file:
        if read_paper(read_words(file)) != recovery_words.key_of(" ".join(paper.words)):
            raise Malformed("DEV-12.4", "those are not the words of this account's recovery key")
    else:
        _ask_back(kith, paper)
    await kith.written_down()
    context.out.done(CONFIRMED, {"confirmed": True})


def _ask_back(kith: Kith, paper: Paper) -> None:
    """Three words, wherever chance says."""
    left = list(range(len(paper.words)))
    for _ in range(ASKED_BACK):
        place = left.pop(int.from_bytes(kith.entropy.draw(4), "big") % len(left))
        said = ask(f"Word {place + 1}: ", "DEV-12.4").strip().lower()
        if said[: recovery_words.LETTERS] != paper.words[place][: recovery_words.LETTERS]:
            reason = f"word {place + 1} is another one: compare what you wrote with recovery show"
            raise Malformed("DEV-12.4", reason)


async def verify(
    context: CommandContext,
    who: Annotated[str, typer.Argument(help="@bob@server, or a friend's bare @bob.")],
    number: Annotated[
        str, typer.Option("--number", help="The number that they read out to you.")
    ] = "",
    accept: Annotated[
        bool, typer.Option("--accept", help="Go on with one who began anew, without comparing.")
    ] = False,
) -> None:
    """The safety number with somebody: the same on both sides, or somebody stands between."""
    if accept and number:
        raise typer.BadParameter("--accept is for going on without a number: leave one of them out")
    async with context.kith() as kith:
        if accept:
            safety = await kith.accept_anew(who)
        else:
            safety = await (kith.verify(who, number) if number else kith.safety(who))
    told = asdict(safety)
    if accept:
        context.out.done(ACCEPTED.format(who=who), told)
        return
    if number:
        context.out.done(f"The numbers agree: {who} is verified. {MEANING}", told)
        return
    if context.out.json:
        context.out.value(told)
        return
    context.out.say(grouped(safety.number), "bold")
    if safety.began_anew:
        context.out.say(ANEW.format(who=who), "yellow")
    context.out.say(f"You compared it, and it agreed. {MEANING}" if safety.compared else COMPARE)


def read_words(file: str) -> str:
    """From the file, or asked for."""
    if not file:
        return ask("Recovery words (four letters of each are enough): ", "KEY-2.3")
    return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")


NEXT = (
    "Write them on paper, in this order, and keep it where you keep a passport. Then:"
    " kith recovery confirm"
)
CONFIRMED = (
    "Your devices have forgotten the recovery key: from now on it is on paper only. It brings the"
    " account back when all devices are lost, and revokes one that was stolen."
)
USED = "This device is on your account's list now, under a new key that no other device has."
OFF = (
    "Taken off the list: {ids}. One that is lost: kith devices revoke ID. One that you still have:"
    " enter the words there too, with --keep and the ids of all that are to stay."
)
RENEWED = (
    "The key that signs your list is another one now: a device that you revoked without the words"
    " can put nothing on it any more."
)
LOSS = (
    "This begins your account's keys anew. No device of yours but this one is on your list then,"
    " and each has to enter the new words; the old words are void; what only the old keys open,"
    " such as the archive, is lost unless this device has them. Friends are told that you began"
    " anew, and should compare numbers with you again."
)
RESET = (
    "Your account has a new recovery key, and this device alone is on its list. Next: kith recovery"
    " show"
)
MEANING = (
    "What you say goes to the devices on the list that their key signed, and to no other: one that"
    " is not on it is taken out before your next word, and you are told."
)
ANEW = (
    "{who} began anew: this is the number of their new keys, and nothing you say goes out until you"
    " compared it, or went on without: kith verify {who} --accept"
)
ACCEPTED = "You go on with the new keys of {who}. Nobody compared them: kith verify {who}"
COMPARE = (
    "Let them run kith verify too, and compare by another way than this one: read it out on the"
    " phone. Then: kith verify WHO --number NUMBER"
)
