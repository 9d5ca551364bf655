"""Pure: what a vault's steps changed since it settled (spec E2E-6.19).

Each step is one text in the file, sealed as a whole; together they say what counts instead of the
tree of keys, into which they are brought when there is time, or when they grow long.
"""

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

import msgspec

Changes: TypeAlias = Mapping[str, bytes | None]

# Some sixty messages. It is read whole when the vault is opened, and its values stay in memory.
MOST_BYTES: Final = 128 * 2**10
GONE: Final = -1
_packed = msgspec.msgpack.Decoder(tuple[list[str], list[int], bytes])


class Journal(msgspec.Struct, frozen=True):
    """`changes` of `steps` steps: the newest value of each name, None where it was removed."""

    changes: Changes = {}
    steps: int = 0
    size: int = 0

    def after(self, changes: Changes, size: int) -> "Journal":
        """With one step more, whose text has `size` bytes."""
        return Journal({**self.changes, **changes}, self.steps + 1, self.size + size)

    @property
    def is_full(self) -> bool:
        """Whether it is time to bring it into the tree."""
        return self.size > MOST_BYTES

    def names(self, settled: Iterable[str], prefix: str) -> list[str]:
        """The names that begin with `prefix`, in order, where `settled` are those in the tree."""
        here = {name: value for name, value in self.changes.items() if name.startswith(prefix)}
        if not here:
            return list(settled)
        kept = [name for name in settled if name not in here]
        return sorted([*kept, *(name for name, value in here.items() if value is not None)])


def pack(changes: Changes) -> bytes:
    """What is sealed of a step: names, the length of each value, and the values."""
    lengths = [GONE if value is None else len(value) for value in changes.values()]
    values = b"".join(value for value in changes.values() if value is not None)
    return msgspec.msgpack.encode((list(changes), lengths, values))


def unpack(text: bytes) -> Changes:
    """The inverse of `pack`."""
    names, lengths, values = _packed.decode(text)
    found: dict[str, bytes | None] = {}
    at = 0
    for name, length in zip(names, lengths, strict=True):
        if length == GONE:
            found[name] = None
        else:
            found[name], at = values[at : at + length], at + length
    return found
