"""Pure: structured fields of RFC 9651, the grammar of Signature-Input and Content-Digest (FED-4.2).

The parser is http-sfv; here its answers become plain frozen values and its odd exceptions
(`IndexError`, `KeyError`, `OverflowError`, …) one refusal. Two rules are stricter than the RFC's:
a field is at most `LONGEST_FIELD` characters, and `dictionary` refuses a key or a parameter that
stands twice, where the RFC lets the last one win, since two readers might not agree which that is.
"""

import re
from collections.abc import Mapping
from typing import TypeVar

from http_sfv.dictionary import Dictionary
from http_sfv.item import InnerList as ParsedInnerList
from http_sfv.item import Item as ParsedItem
from http_sfv.list import List
from http_sfv.util import StructuredFieldValue
from msgspec import Struct

from node.errors import Malformed

LONGEST_FIELD = 16384  # an ML-DSA-44 signature is 3,228 characters of base64

# What http-sfv lets pass: padding amid base64, and no digit or a fourth one after the point.
_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.S)
_LOOSE = re.compile(r"(?:^|[=(,\t ])(?::[^:]*=[^=:][^:]*:|-?\d+\.(?:\d{4}|(?!\d)))", re.ASCII)

_TEXT = r'"[ !#-\[\]-~]*+"'
_KEY = r"[a-z*][a-z0-9_.*-]{0,63}"
_SIMPLE = re.compile(
    rf"({_KEY})=(\(({_TEXT}(?: {_TEXT})*+)?\)((?:;{_KEY}=(?:{_TEXT}|0|[1-9]\d{{0,14}}))*+))",
    re.ASCII,
)
_STRING_OF = re.compile(r'"([^"]*)"').findall
_PAIRS = re.compile(r';([^=]+)=(?:"([^"]*)"|(\d+))').findall

Parsed = TypeVar("Parsed", bound=StructuredFieldValue)
Parameters = Mapping[str, object]


class Item(Struct, frozen=True):
    """A bare item (str, bytes, int, bool, Decimal, datetime, or a token) and its parameters."""

    value: object
    params: Parameters
    text: str


class InnerList(Struct, frozen=True):
    """Items in parentheses, and the parameters after them. `text` is the canonical form."""

    items: tuple[Item, ...]
    params: Parameters
    text: str


Member = Item | InnerList


def item(value: str, clause: str, what: str) -> Item:
    """The one item that `value` is. Raises `Malformed` with `clause`, naming `what` it is."""
    return _item(_parsed(ParsedItem(), value, clause, what))


def members(value: str, clause: str, what: str) -> tuple[Member, ...]:
    """The members of the list that `value` is. `Malformed` with `clause`."""
    return tuple(_member(member) for member in _parsed(List(), value, clause, what))


def dictionary(value: str, clause: str, what: str) -> dict[str, Member]:
    """The members of the dictionary that `value` is, none twice. `Malformed` with `clause`."""
    simple = _simple(value)
    if simple is not None:
        return simple
    parsed = _parsed(Dictionary(), value, clause, what)
    if len(parsed) and _squeezed(str(parsed)) != _squeezed(value):
        # What was parsed says less than what was sent: something stood twice.
        raise Malformed(clause, f"{what} names something twice, or is not in canonical form")
    return {key: _member(member) for key, member in parsed.items()}


def _simple(value: str) -> dict[str, Member] | None:
    """One list of plain strings with plain parameters, as nearly every Signature-Input is.

    Five times as fast as the whole grammar; None for anything else, and where a name stands twice.
    """
    found = _SIMPLE.fullmatch(value) if len(value) <= LONGEST_FIELD else None
    if not found:
        return None
    pairs = [(name, int(digits) if digits else text) for name, text, digits in _PAIRS(found[4])]
    params: dict[str, object] = dict(pairs)
    if len(params) != len(pairs):
        return None
    items = tuple(Item(name, {}, f'"{name}"') for name in _STRING_OF(found[3] or ""))
    return {found[1]: InnerList(items, params, found[2])}


def _squeezed(text: str) -> str:
    return text.replace(" ", "").replace("\t", "")


def _parsed(into: Parsed, value: str, clause: str, what: str) -> Parsed:
    if len(value) > LONGEST_FIELD:
        raise Malformed(clause, f"{what} is too long")
    if _LOOSE.search(_STRINGS.sub("", value)):
        raise Malformed(clause, f"{what} holds bytes or a number that RFC 9651 does not allow")
    try:
        if value.strip(" ") or not isinstance(into, List | Dictionary):  # else empty: legal
            into.parse(value.encode("ascii"))
            str(into)  # what cannot be written again is refused here, not later
    except (ValueError, LookupError, ArithmeticError, TypeError, AttributeError, OSError):
        raise Malformed(clause, f"{what} is not a structured field") from None
    return into


def _item(parsed: ParsedItem) -> Item:
    return Item(parsed.value, dict(parsed.params), str(parsed))


def _member(parsed: ParsedItem | ParsedInnerList) -> Member:
    if isinstance(parsed, ParsedInnerList):
        items = tuple(_item(each) for each in parsed)
        return InnerList(items, dict(parsed.params), str(parsed))
    return _item(parsed)
