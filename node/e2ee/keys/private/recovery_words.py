"""Pure: the recovery key as 24 words of BIP-39, to be written on paper (spec KEY-2.2, KEY-2.3)."""

from functools import lru_cache
from typing import Final

from mnemonic import Mnemonic

from node.errors import Malformed

COUNT: Final = 24
LETTERS: Final = 4  # tell every word of the list from every other


@lru_cache(1)
def _list() -> Mnemonic:
    return Mnemonic("english")


@lru_cache(1)
def _by_letters() -> dict[str, str]:
    """The words by their first four letters, and those that have three by all of them."""
    return {word[:LETTERS]: word for word in _list().wordlist}


def words_of(key: bytes) -> list[str]:
    """The 24 words of a recovery key."""
    return _list().to_mnemonic(key).split()


def _whole(word: str, place: int) -> str:
    found = _by_letters().get(word[:LETTERS], "")
    if not found.startswith(word):
        reason = f"word {place} is no word of a recovery key: {word!r}"
        raise Malformed("KEY-2.3", reason, place=place, word=word)
    return found


def key_of(text: str) -> bytes:
    """The recovery key in its words; of each the first four letters are enough.

    Raises `Malformed` (KEY-2.3), which says which word is wrong, or that two have changed places.
    """
    given = text.lower().split()
    found = [_whole(word, place) for place, word in enumerate(given, 1)]
    if len(found) != COUNT:
        raise Malformed("KEY-2.3", f"a recovery key has {COUNT} words, and these are {len(found)}")
    if not _list().check(" ".join(found)):
        reason = "all are words of a recovery key, but they do not belong together in this order"
        raise Malformed("KEY-2.3", f"{reason}: look for one that was misread, or two swapped")
    return bytes(_list().to_entropy(found))
