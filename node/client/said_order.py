"""Pure: which of several changes, and of several reactions, counts (spec E2E-7.5, E2E-7.7).

Whichever came first, the same ones do. Texts are in the order of their code points, which is that
of their UTF-8.
"""

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from node.client import content as inner
from node.client.rows import MessageRow
from node.client.said_rows import Reaction

MOST_REACTIONS: Final = 12  # of one person, to one message


def rank(words: MessageRow, at: int, id: str) -> tuple[int, str, str, str]:
    """Of two changes the greater one counts; the words are told apart where somebody gives one id
    to several. Texts are in the order of their code points, which is that of their UTF-8."""
    return at, id, words.text, words.html


def known_rank(row: MessageRow) -> tuple[int, str, str, str]:
    return rank(row, row.edited, row.edit)


def changed(row: MessageRow, words: MessageRow, at: int, id: str, number: int) -> MessageRow:
    """A message with the words of its change `id`; what else came with it stays (E2E-7.8)."""
    raw = words.raw or row.raw
    said = replace(row, text=words.text, markdown=words.markdown, html=words.html, raw=raw)
    return replace(said, edited=at, edit=id, changed=number)


def newest(found: Iterable[Reaction]) -> list[Reaction]:
    """What counts, whichever came first: of each emoji of a person the newest, and the newest
    twelve of each person."""
    by: dict[tuple[str, str], Reaction] = {}
    for one in found:
        known = by.get((one.actor, one.emoji))
        if known is None or (known.at, known.id, known.off) < (one.at, one.id, one.off):
            by[one.actor, one.emoji] = one
    kept, counts = list[Reaction](), dict[str, int]()
    for one in sorted(by.values(), key=_place, reverse=True):
        counts[one.actor] = counts.get(one.actor, 0) + 1
        if counts[one.actor] <= MOST_REACTIONS:
            kept.append(one)
    return kept[::-1]


def reaction_of(act: MessageRow) -> Reaction:
    off = act.kind == inner.UNDO
    return Reaction(actor=act.actor, emoji=act.text, id=act.id, at=act.at, off=off)


def undoing(act: MessageRow, here: Iterable[Reaction]) -> tuple[Reaction, bool]:
    """What an `Undo` leaves of the reaction that it names, and whether that is here: that one it
    undoes whatever its time is."""
    new = reaction_of(act)
    for known in here:
        if (known.actor, known.id) == (act.actor, act.edit):
            at, id = max((known.at, known.id), (new.at, new.id))
            return replace(new, emoji=known.emoji, at=at, id=id), True
    return new, False


def _place(one: Reaction) -> tuple[int, str, str]:
    return one.at, one.id, one.actor
