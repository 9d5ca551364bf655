"""Pure: words are found in the history by an index that the vault seals as it does all else.

The index is rows of its own, `search/NUMBER`, each over up to a thousand messages: a list of them,
then a line for each word with the places of those that have it. Rows are brought up to date when
somebody searches.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from typing import Final

import msgspec

from node.client.device_state import DeviceState
from node.client.rows import MessageRow
from node.errors import Malformed

IN_ONE_ROW: Final = 1000  # messages
LONGEST_WORD: Final = 32  # letters: what is behind them is not told apart
_WORD: Final = re.compile(r"\w+")
# Written without spaces: kana, ideographs, Hangul, Thai, Lao, Khmer, Myanmar.
_DENSE: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]"
)


def words_of(text: str) -> set[str]:
    """The words of a text, whatever their case.

    Where no spaces part the words each letter may begin one.
    """
    found = set()
    for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold()):
        starts = range(len(word)) if _DENSE.search(word) else (0,)
        found |= {word[start : start + LONGEST_WORD] for start in starts}
    return found


class Found(msgspec.Struct, frozen=True):
    """A message in which all words stand, and its conversation."""

    conversation: str
    message: MessageRow


class Part:
    """One row of the index: the messages it is over (name and time), and where each word is."""

    def __init__(self, value: bytes) -> None:
        listed, _, self._lines = value.partition(b"\n")
        self.messages = msgspec.json.decode(listed, type=list[tuple[str, int]])

    @staticmethod
    def of(messages: Iterable[tuple[str, MessageRow]]) -> bytes:
        listed, places = [], dict[str, list[str]]()
        for place, (name, row) in enumerate(messages):
            listed.append((name, row.at))
            for word in words_of(row.text):
                places.setdefault(word, []).append(str(place))
        lines = "".join(f"\n{word}\t{','.join(places[word])}" for word in sorted(places))
        return msgspec.json.encode(listed) + b"\n" + lines.encode() + b"\n"

    def having(self, word: str) -> set[int]:
        """The places of the messages with a word that begins so."""
        found, wanted = set[int](), b"\n" + word.encode()
        at = self._lines.find(wanted)
        while at >= 0:
            end = self._lines.index(b"\n", at + 1)
            found |= {int(place) for place in self._lines[at:end].partition(b"\t")[2].split(b",")}
            at = self._lines.find(wanted, end)
        return found


class Search:
    """The index of one device."""

    def __init__(self, state: DeviceState) -> None:
        self._state = state

    def find(self, text: str, groups: Collection[str] | None, most: int) -> list[Found]:
        """The newest messages that have a word for each of `text`, which it may only begin.

        `groups`: only there. Raises `Malformed` (DEV-15.1) where `text` has no word.
        """
        wanted = [
            word[:LONGEST_WORD]
            for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
        ]
        if not wanted:
            raise Malformed("DEV-15.1", "say a word to search for")
        hits: list[tuple[int, str]] = []
        for part in self._parts():
            places = set.intersection(*(part.having(word) for word in wanted))
            hits += [(part.messages[place][1], part.messages[place][0]) for place in places]
        if groups is not None:
            hits = [hit for hit in hits if _group(hit[1]) in groups]
        newest = sorted(hits, reverse=True)[:most]
        return [Found(_group(name), self._state.get(name, MessageRow)) for _, name in newest]

    def _parts(self) -> Iterator[Part]:
        """The index as it is now, brought up to date first."""
        kept = {name: Part(self._state.read(name) or b"[]\n") for name in self._names()}
        known, stale = set[str](), list[str]()
        for row, part in kept.items():
            names = {name for name, _ in part.messages}
            # What was removed, also from the history, must not stay to be found.
            if len(names) < IN_ONE_ROW or not all(map(self._state.has, names)):
                stale.append(row)
            else:
                known |= names
        groups = self._state.groups_with("message")
        every = (name for group in groups for name in self._state.names("message", group))
        new = [name for name in every if name not in known]
        listed = {name for row in stale for name, _ in kept[row].messages}
        if listed != {*new}:
            self._write(stale, new)
            kept = {name: Part(self._state.read(name) or b"[]\n") for name in self._names()}
        yield from kept.values()

    def _names(self) -> list[str]:
        return self._state.names("search")

    def _write(self, stale: Iterable[str], names: list[str]) -> None:
        last = max((int(name.partition("/")[2]) for name in self._names()), default=0)
        with self._state.step():
            for row in stale:
                self._state.delete(row)
            for start in range(0, len(names), IN_ONE_ROW):
                some = names[start : start + IN_ONE_ROW]
                last += 1
                messages = ((name, self._state.get(name, MessageRow)) for name in some)
                self._state.write(f"search/{last:08d}", Part.of(messages))


def _group(name: str) -> str:
    return name.split("/", 2)[1]
