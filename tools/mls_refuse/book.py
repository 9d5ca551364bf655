"""Collects twins and cases of one town, and tries each: what is not as foreseen is no case."""

from collections.abc import Callable, Mapping
from typing import Any

from node.e2ee.mls.private.client import OwnPackage
from tests.e2ee.mls.people import NOW, Device
from tests.e2ee.mls.replay import IdempotencyMark, Receiver, outcome, text, verdict
from tools.mls_refuse.town import PSKS, Town, Way

# What makes a case: two that have all of this in common are one.
TOLD = frozenset(
    (
        "do",
        "receiver",
        "message",
        "before",
        "later",
        "distrusts",
        "without_psks",
        "known",
        "tree",
        "identity",
    )
)

Message = Any
"""Bytes, or {"byte", "times"} for what is too long to be written out."""


def written(message: Message) -> Any:
    return message if isinstance(message, dict) else text(message)


def seat(device: Device, way: Way) -> dict[str, Any]:
    """A receiver in a group, by the way that it came."""
    found = keys_of(device, way.own)
    found |= {"welcome": text(way.welcome), "messages": [text(m) for m in way.messages]}
    return found


def keys_of(device: Device, own: OwnPackage) -> dict[str, Any]:
    """The private halves of a key package, as the passive-client vectors name them."""
    return {
        "key_package": text(own.package),
        "init_priv": text(own.init.private),
        "encryption_priv": text(own.encryption.private),
        "signature_priv": text(device.me.signature.private),
        "psks": {name.hex(): text(value) for name, value in PSKS.items()},
    }


class Book:
    """One file of the corpus in the making."""

    def __init__(self, name: str, suite: int, about: str) -> None:
        self.name, self.suite, self.about = name, suite, about
        self.receivers: dict[str, dict[str, Any]] = {}
        self.asked: dict[str, Receiver] = {}
        self.twins: dict[str, dict[str, Any]] = {}
        self.cases: list[dict[str, Any]] = []
        self.wrong: list[str] = []
        self.told: dict[str, str] = {}
        self.names: set[str] = set()

    def ask(self, name: str) -> Receiver:
        if name not in self.asked:
            self.asked[name] = Receiver(self.receivers[name], NOW)
        return self.asked[name]

    def joiner(self, name: str, device: Device, own: OwnPackage) -> str:
        """One who is still outside."""
        self.receivers.setdefault(name, keys_of(device, own))
        return name

    def seat(self, town: Town, name: str) -> str:
        if name not in self.receivers:
            self.receivers[name] = seat(town.devices[name], town.ways[name])
        return name

    def twin(
        self, name: str, receiver: str, do: str, make: Callable[[], Message], **more: Any
    ) -> str:
        """The accepted one, made once."""
        if name not in self.twins:
            what = {"do": do, "receiver": receiver, "message": written(make())} | more
            deed = IdempotencyMark(self.ask(receiver), what, NOW)
            try:
                what["gives"] = outcome(deed.do())
            except Exception as error:
                self.wrong.append(f"{self.name}-{self.suite} twin {name}: {error!r}")
                what["gives"] = {}
            self.twins[name] = what
        return name

    def case(
        self, name: str, clause: str, why: str, twin: str, message: Message, **more: Any
    ) -> None:
        """A lie, whose verdict has to be `clause`."""
        assert name not in self.names, f"{self.name}: {name} stands twice"
        self.names.add(name)
        case = {"name": name, "clause": clause, "why": why, "twin": twin}
        case |= {"message": written(message)} | more
        self.cases.append(case)
        what: Mapping[str, Any] = self.twins[twin] | case
        if what["message"] == self.twins[twin]["message"] and not more:
            self.wrong.append(f"{self.name}-{self.suite} {name}: no lie in it")
            return
        told = repr(sorted((k, repr(v)) for k, v in what.items() if k in TOLD))
        if told in self.told:
            self.wrong.append(f"{self.name}-{self.suite} {name}: the same as {self.told[told]}")
        self.told[told] = name
        found = verdict(IdempotencyMark(self.ask(what["receiver"]), what, NOW))
        if found != clause:
            self.wrong.append(f"{self.name}-{self.suite} {name}: {found}, not {clause} ({why})")

    def data(self) -> dict[str, Any]:
        return {
            "about": self.about,
            "cipher_suite": self.suite,
            "now": NOW,
            "receivers": self.receivers,
            "twins": self.twins,
            "cases": self.cases,
        }
