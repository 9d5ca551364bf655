"""Pure: a device's state: its rows and its groups, and how they change (spec DEV-1, DEV-2).

Whatever happens to a device is one step: all that changes is collected and written at once.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec
from cachetools import LRUCache

from node.client import rows
from node.client.groups import Groups, believe
from node.client.rows import Changes, ConversationRow, Row, Rows
from node.e2ee.mls.private.client import Client
from node.e2ee.mls.private.means import Means, Policy
from node.errors import Missing
from node.ports import Entropy

SUITE = 1
# Read at every message, and few: they are kept decoded, or as they are where they are no JSON.
AT_HAND = (
    "owed/", "conversation/", "pin/", "anew/", "looked/", "silent/", "met/", "stopped/",
    rows.ACCOUNT_KEYS, rows.SEAT, rows.INCARNATION,
)  # fmt: skip
HANDLE = rows.handle_row("")
AT_HAND_BARE = (HANDLE, rows.CURSOR)
# What was said is looked at again when it is accepted; of what was read only the last is wanted.
RECENT = "message/"
MOST_RECENT = 64
# What was sealed some commits ago is still read: each word that is not has to be sealed anew.
POLICY = Policy(past_epochs=10)
NUMBERS_PER_STEP = 1 << 16
MOST_POSTPONED = 100  # rows


class DeviceState:
    """The rows of one device of `actor`, as they will be once the step that is open is written."""

    def __init__(self, vault: Rows, entropy: Entropy, actor: str) -> None:
        self.actor = actor
        self.entropy = entropy
        self._vault = vault
        self._changes: Changes = {}
        self._created: set[str] = set()
        self._numbered = 0
        self._postponed = False
        self._decoded: dict[str, Any] = {}
        self._recent: LRUCache[str, Any] = LRUCache(MOST_RECENT)
        self._bare: dict[str, bytes] = {}
        self._handles: dict[str, str] | None = None
        self._all: set[str] = set()
        # By kind and group; in a dictionary names keep their order.
        self._names: dict[str, dict[str, dict[str, None]]] = {}
        for name in vault.names():
            self._enter(name)
        kept = vault.read(rows.CLIENT)
        if kept is None:
            me = Client.fresh(SUITE, actor.encode(), entropy)
            vault.step({rows.CLIENT: me.dump()})
        else:
            me = Client.load(kept)
        self.groups = Groups(self, me, Means(entropy, believe, policy=POLICY))

    # -- reading ---------------------------------------------------------------------------------

    def names(self, kind: str, group: str = "") -> list[str]:
        """The names of one kind and group; owed and parked rows in their order."""
        return list(self._names.get(kind, {}).get(group, ()))

    def first(self, kind: str, group: str = "") -> str | None:
        """The first of those names."""
        return next(iter(self._names.get(kind, {}).get(group, ())), None)

    def last(self, kind: str, group: str = "") -> str | None:
        """The last of those names."""
        return next(reversed(self._names.get(kind, {}).get(group, {})), None)

    def groups_with(self, kind: str) -> list[str]:
        """The groups that have rows of that kind."""
        return list(self._names.get(kind, ()))

    def count(self, kind: str) -> int:
        """How many rows of that kind there are."""
        return sum(map(len, self._names.get(kind, {}).values()))

    def has(self, name: str) -> bool:
        """Whether there is such a row."""
        return name in self._all

    def read(self, name: str) -> bytes | None:
        """A row's value, or None."""
        if name in self._changes:
            return self._changes[name]
        if name in self._bare:
            return self._bare[name]
        value = self._vault.read(name) if self.has(name) else None
        if value is not None and name.startswith(AT_HAND_BARE):
            self._bare[name] = value
        return value

    def find(self, name: str, kind: type[Row]) -> Row | None:
        """A row, or None."""
        found: Row | None = self._decoded.get(name) or self._recent.get(name)
        if found is not None:
            return found
        value = self.read(name)
        if value is None:
            return None
        row = msgspec.json.decode(value, type=kind)
        self._keep_at_hand(name, row)
        return row

    def get(self, name: str, kind: type[Row]) -> Row:
        """A row that is there. Raises `Missing` (E2E-5.6) when it is not."""
        row = self.find(name, kind)
        if row is None:
            raise Missing("E2E-5.6", f"this device has no {_place(name)[0]} of that name")
        return row

    def conversation(self, group: str) -> ConversationRow:
        """What is known of a conversation. Raises `Missing` (E2E-5.6)."""
        return self.get(rows.conversation_row(group), ConversationRow)

    def conversations(self) -> dict[str, ConversationRow]:
        """All conversations, by group."""
        names = self.names("conversation")
        return {name.partition("/")[2]: self.get(name, ConversationRow) for name in names}

    def handles(self) -> Mapping[str, str]:
        """What actors are called whom our person knows; read once, for each stop asks."""
        if self._handles is None:
            names = sorted(self.names("handle"), reverse=True)
            found = {name: self.read(name) or b"" for name in names}
            self._handles = {
                actor.decode(): name.removeprefix(HANDLE) for name, actor in found.items()
            }
        return self._handles

    # -- changing --------------------------------------------------------------------------------

    @contextmanager
    def step(self) -> Iterator[None]:
        """All that is put inside is written at its end, or when it raises nothing (E2E-5.4)."""
        before = dict(self._changes), set(self._created), self._numbered
        self._postponed = False
        try:
            yield
            if self._changes and not self._may_wait():
                self._vault.step(self._changes)
                self._changes, self._created, self._numbered = {}, set(), 0
        except BaseException:
            self._undo(*before)
            raise
        self.groups.settle()

    def postpone(self) -> None:
        """What this step changes may be written with the next one (DEV-2.5)."""
        self._postponed = True

    def _may_wait(self) -> bool:
        return self._postponed and len(self._changes) < MOST_POSTPONED

    @property
    def waits(self) -> bool:
        """Whether something is not written yet."""
        return bool(self._changes)

    def settle(self) -> None:
        """Write what was postponed."""
        if self.waits:
            with self.step():
                pass

    def put(self, name: str, row: msgspec.Struct) -> None:
        """Write a row."""
        self.write(name, msgspec.json.encode(row))
        self._keep_at_hand(name, row)

    def write(self, name: str, value: bytes) -> None:
        """Write a row that is no structure."""
        if not self.has(name):
            if name not in self._changes:
                self._created.add(name)
            self._enter(name)
        self._changes[name] = value
        if name.startswith(AT_HAND_BARE):
            self._bare[name] = value
        if name.startswith(HANDLE):
            self._handles = None

    def delete(self, name: str) -> None:
        """Remove a row, if it is there."""
        if not self.has(name):
            return
        self._leave(name)
        if name in self._created:
            self._created.discard(name)
            del self._changes[name]
        else:
            self._changes[name] = None

    def number(self) -> int:
        """A number above all that were given before, by what the vault counts (DEV-1.3)."""
        self._numbered += 1
        return self._vault.counter * NUMBERS_PER_STEP + self._numbered - 1

    # -- what is where ---------------------------------------------------------------------------

    def _keep_at_hand(self, name: str, row: msgspec.Struct) -> None:
        if name.startswith(AT_HAND):
            self._decoded[name] = row
        elif name.startswith(RECENT):
            self._recent[name] = row

    def _enter(self, name: str) -> None:
        self._all.add(name)
        kind, group = _place(name)
        self._names.setdefault(kind, {}).setdefault(group, {})[name] = None

    def _leave(self, name: str) -> None:
        self._all.discard(name)
        kind, group = _place(name)
        there = self._names[kind][group]
        del there[name]
        if not there:
            del self._names[kind][group]
        self._let_go(name)

    def _let_go(self, name: str) -> None:
        """What is at hand of a row is not what counts."""
        self._decoded.pop(name, None)
        self._recent.pop(name, None)
        self._bare.pop(name, None)
        if name.startswith(HANDLE):
            self._handles = None

    def _undo(self, changes: Changes, created: set[str], numbered: int) -> None:
        """The step was not written: what is on disk counts, and what was to be written before."""
        for name in self._changes:
            self._let_go(name)
        self._changes, self._created, self._numbered = changes, created, numbered
        self._names.clear()
        self._all.clear()
        for name in self._vault.names():
            if changes.get(name, b"") is not None:
                self._enter(name)
        for name in created:
            self._enter(name)
        self.groups.undo()


def _place(name: str) -> tuple[str, str]:
    """Kind and group of a row."""
    kind, _, rest = name.partition("/")
    group, slash, _ = rest.partition("/")
    return kind, group if slash else ""
