"""`kith admin VERB`: what the node's administrators do, on its machine or with a token (OPS-2)."""

import argparse
import asyncio
import json
import re
import sys
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any

import msgspec

from node.cli.admin_verbs import VERBS, Verb
from node.cli.admin_ways import (
    Asked,
    Way,
    as_who_is_logged_in,
    on_the_machine,
    over_the_api,
    read_token,
)
from node.cli.invite import named
from node.cli.migrate import migrate
from node.cli.starting import add_options, options, read_config, said_path, said_word
from node.cli.streams import put, tell
from node.client.cli.command import default_home
from node.errors import Malformed, Missing, NodeError
from node.wire.html import line

FIND = next(verb for verb in VERBS if verb.name == "accounts")
# What others wrote steers no terminal, and none of its lines can be taken for one of ours.
SEVERAL = "\n      | "
STEERING = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
EXAMPLE = """
Without --url or --as it works on the data folder itself, whether the node runs or not:
  kith admin --data /srv/kith accounts
With the session of an administrator's `kith login`, from anywhere:
  kith admin --as @anna@kith.example.org accounts
"""


def parser() -> argparse.ArgumentParser:
    """What is understood."""
    made = options("admin", __doc__)
    made.epilog, made.formatter_class = EXAMPLE, argparse.RawDescriptionHelpFormatter
    _add_ways(made)
    verbs = made.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb in VERBS:
        # What is not said behind the verb does not undo what was said before it.
        one = verbs.add_parser(
            verb.name, help=verb.says, description=verb.says, argument_default=argparse.SUPPRESS
        )
        add_options(one)
        _add_ways(one)
        for word in verb.words:
            choices = word.choices or None
            if word.usual is None:
                one.add_argument(word.name, help=word.says, choices=choices, type=said_word)
            else:
                kind = int if word.usual.isdecimal() else said_word
                one.add_argument(
                    f"--{word.name}", help=word.says, choices=choices, default=None, type=kind
                )
    return made


def _add_ways(parser: argparse.ArgumentParser) -> None:
    """How the node is asked, and how it is told."""
    parser.add_argument("--url", help="the node's origin, asked with a token", type=said_word)
    parser.add_argument("--token-file", type=said_path, help="the token's file, for --url")
    parser.add_argument(
        "--as", dest="handle", help="@name@domain, logged in on this machine", type=said_word
    )
    parser.add_argument("--home", type=said_path, help="folder of your profiles (KITH_HOME)")
    parser.add_argument("--ca-file", help="PEM of a CA to trust besides, for --url", type=said_word)
    parser.add_argument("--connect", help="HOST:PORT to call instead, for --url", type=said_word)
    parser.add_argument("--json", action="store_true", help="what the API answers")


def _way(found: argparse.Namespace) -> AbstractAsyncContextManager[Way]:
    if found.handle:
        return as_who_is_logged_in(found.home or default_home(), found.handle)
    if found.url:
        if found.token_file is None:
            raise Missing("OPS-2.2", "--url needs the token's file: --token-file FILE")
        token = read_token(found.token_file)
        return over_the_api(found.url, token, found.connect or "", found.ca_file or "")
    config = asyncio.run(named(read_config(found, named=False)))
    migrate(config, "pre")
    return on_the_machine(config)


async def _account(name: str, way: Way) -> str:
    """The id of an account. Raises `Missing` (ACC-1.3)."""
    (found,) = await way.ask(FIND, Asked({}, {"name": name.removeprefix("@")}))
    if not found["items"]:
        raise Missing("ACC-1.3", f"there is no account {name}: see kith admin accounts")
    return str(found["items"][0]["id"])


async def said(verb: Verb, found: argparse.Namespace, way: Way) -> Asked:
    """What was said, as the API takes it. Raises `Malformed` (API-1.3), `Missing` (ACC-1.3)."""
    places: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "body": dict(verb.given)}
    for word in verb.words:
        value = getattr(found, word.name)
        value = word.usual if value is None else value
        if value != "":  # a number is said, also 0
            places[word.place][word.name] = (
                await _account(str(value), way) if word.account else value
            )
    body = None
    if verb.body is not None:
        try:
            body = msgspec.convert(places["body"], verb.body, strict=False)
        except msgspec.ValidationError as error:
            raise Malformed("API-1.3", str(error)) from None
    return Asked(places["path"], places["query"], body)


async def _through(
    opening: AbstractAsyncContextManager[Way], verb: Verb, found: argparse.Namespace
) -> list[Any]:
    async with opening as way:
        return await way.ask(verb, await said(verb, found, way))


def joined(pages: list[Any]) -> Any:
    """One answer of all pages."""
    first = pages[0]
    if len(pages) > 1:
        first["items"] = [item for page in pages for item in page["items"]]
    return first


def as_json(value: Any) -> str:
    """For programs, in one line that a terminal can show."""
    said = json.dumps(value, ensure_ascii=False)
    return STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", said)


def lines(value: Any) -> Iterator[str]:
    """What was answered, for people: a line for each thing that is so."""
    if value is None:
        yield "done"
        return
    for name, told in value.items():
        if isinstance(told, list):
            yield f"{name}: {'' if told else 'none'}".rstrip()
            yield from (f"  {_line(one)}" for one in told)
        elif told not in ("", None):
            yield f"{name}: {_line(told)}"


def _line(value: Any) -> str:
    if isinstance(value, dict):
        return "  ".join(f"{name} {_line(told)}" for name, told in value.items() if told != "")
    if isinstance(value, bool):
        return "yes" if value else "no"
    return SEVERAL.join(filter(None, map(line, str(value).splitlines())))


def main(argv: list[str]) -> int:
    """0 when it is done; 1 with a sentence; 2 for words that are not understood."""
    found = parser().parse_args(argv)
    verb = next(one for one in VERBS if one.name == found.verb)
    try:
        way = _way(found)
        pages = asyncio.run(_through(way, verb, found))
    except NodeError as error:
        sys.stderr.write(f"kith admin: {line(str(error))}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"kith admin: {error.strerror or error}: {error.filename or ''}\n")
        return 1
    whole = joined(pages)
    # A link is told once: where nobody reads it, all was in vain.
    say = put if verb.method == "GET" or "url" in (whole or ()) else tell
    if found.json:
        return say(as_json(whole).encode() + b"\n")
    return say("".join(one + "\n" for one in lines(whole)))
