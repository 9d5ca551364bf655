"""A device of ours with its mirror in TypeScript: the same deed, the same chance, the same bytes.

Whatever comes of a deed is compared, the clause of a refusal too, and after it all records.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from node.errors import Refused
from tests.e2ee.mls.mixed import Item, Ours, Town, View
from tests.e2ee.mls.peering import Peer
from tools import browser


class Mirror(Peer):
    """The process in which the mirrors live (`browser/tests/driver.ts`). `close` it."""

    def __init__(self) -> None:
        super().__init__("tests/driver.ts", browser.FOLDER)


class MirroredTown(Town):
    """A town whose peer is the mirror: it is told whom to believe and what to know."""

    peer: Any

    def __init__(self, suite: int, mirror: Mirror) -> None:
        super().__init__(suite, 0, mirror)


def digest(records: dict[str, bytes]) -> str:
    """One number for all records, as the driver makes it."""
    lines = sorted(f"{name} {value.hex()}\n" for name, value in records.items())
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()


class Mirrored(Ours):
    """Each verb is done here and there; nothing may differ."""

    def __init__(self, town: MirroredTown, name: str) -> None:
        super().__init__(town, name)
        self._mirror: Mirror = town.peer
        key = self._mirror.ask("client", name=name, suite=town.suite)["key"]
        assert key == self.me.signature.public.hex()

    def _both(self, do: str, here: Callable[[], Any], **what: Any) -> Any:
        """Do it twice, and compare what came of it."""
        refusal: Refused | None = None
        value = None
        try:
            value = here()
        except Refused as refused:
            refusal = refused
        answer = self._mirror.ask(do, name=self.name, **what)
        there = answer.get("clause")
        if refusal is not None:
            assert there == refusal.clause, f"{do}: {there} there, {refusal} here"
            raise refusal
        assert there is None, f"{do}: refused by {there} there, accepted here"
        wanted = self._told(value)
        assert answer["value"] == wanted, f"{do}: {answer['value']} there, {wanted} here"
        if answer["digest"] != digest(self.records):
            self._differ(do)
        return value

    @staticmethod
    def _told(value: Any) -> Any:
        """A verb's value as the driver writes it."""
        if isinstance(value, View):
            roster = [[leaf, who.hex(), key.hex()] for leaf, who, key in value.roster]
            told = {"epoch": value.epoch, "authenticator": value.authenticator.hex()}
            told |= {"exported": value.exported.hex(), "tree": value.tree.hex()}
            return told | {"roster": roster}
        if isinstance(value, tuple) and isinstance(value[0], str):
            kind, data = value
            return {"kind": kind} | ({"data": data.hex()} if kind == "said" else {})
        if isinstance(value, tuple):
            return value[0].hex()
        return _hex(value)

    def _differ(self, do: str) -> None:
        there = self._mirror.ask("records", name=self.name)["value"]
        here = {name: value.hex() for name, value in self.records.items()}
        names = sorted(n for n in here.keys() | there.keys() if here.get(n) != there.get(n))
        raise AssertionError(f"after {do} these records differ: {names}")

    def create(self) -> None:
        self._both("create", super().create, group=self.town.group.hex())

    def package(self) -> bytes:  # type: ignore[override]
        made: bytes = self._both("package", super().package)
        return made

    def join(self, welcome: bytes) -> None:
        self._both("join", lambda: super(Mirrored, self).join(welcome), welcome=welcome.hex())

    def view(self) -> View:
        seen: View = self._both("view", super().view)
        return seen

    def propose(self, item: Item | None, open: bool) -> bytes:
        def here() -> bytes:
            return super(Mirrored, self).propose(item, open)

        what = None if item is None else item.theirs()
        message: bytes = self._both("propose", here, item=what, open=open)
        return message

    def stage(self, items: Sequence[Item], open: bool, path: bool) -> bytes:
        def here() -> bytes:
            return super(Mirrored, self).stage(items, open, path)

        given = [item.theirs() for item in items]
        commit: bytes = self._both("stage", here, items=given, open=open, path=path)
        return commit

    def merge(self) -> bytes | None:
        welcome: bytes | None = self._both("merge", super().merge)
        return welcome

    def drop(self) -> None:
        self._both("drop", super().drop)

    def receive(self, message: bytes) -> tuple[str, bytes]:
        def here() -> tuple[str, bytes]:
            return super(Mirrored, self).receive(message)

        got: tuple[str, bytes] = self._both("receive", here, message=message.hex())
        return got

    def seal(self, data: bytes) -> bytes:
        sealed: bytes = self._both(
            "seal", lambda: super(Mirrored, self).seal(data), data=data.hex()
        )
        return sealed

    def info(self) -> bytes:
        info: bytes = self._both("info", super().info)
        return info

    def come(self, info: bytes, replaces: int | None) -> bytes:
        def here() -> bytes:
            return super(Mirrored, self).come(info, replaces)

        what = {"info": info.hex(), "replaces": replaces, "group": self.town.group.hex()}
        commit: bytes = self._both("come", here, **what)
        return commit

    def renewed(self) -> bytes:
        def here() -> bytes:
            self.me = type(self.me).fresh(self.town.suite, self.identity, self.entropy)
            self.town.trust(self.identity, self.me.signature.public)
            return super(Mirrored, self).package()

        package: bytes = self._both("renewed", here, suite=self.town.suite)
        return package

    def found(self, packages: Sequence[bytes]) -> tuple[bytes, bytes | None]:
        def here() -> tuple[bytes, bytes | None]:
            # Its own steps are no deeds of ours: the mirror does all of them at once.
            plain = _plain(self)
            made = plain.found(packages)
            self.records, self.session = plain.records, plain.session
            return made

        given = [package.hex() for package in packages]
        made: tuple[bytes, bytes | None] = self._both("found", here, packages=given)
        return made

    def move(self, welcome: bytes, tree: bytes | None) -> None:
        def here() -> None:
            super(Mirrored, self).move(welcome, tree)

        self._both("move", here, welcome=welcome.hex(), tree=_hex(tree))

    def reload(self) -> None:
        self._both("reload", super().reload)


def _plain(device: Mirrored) -> Ours:
    """The same device without its mirror."""
    plain = object.__new__(Ours)
    plain.__dict__.update(device.__dict__)
    plain.means = replace(device.means)
    return plain
