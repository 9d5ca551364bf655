"""What a device may hold of all that it ever derived: RFC 9420 §9.2, taken at its word.

A `Watch` sees each derivation of a device (the secret that went in, what came out, its label) and
each content key that seals or opens. From that it knows what the device has consumed: the key, and
all that it was derived from. Nothing of it may be in the device's state or on its disk.
"""

import hmac
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from node.e2ee.mls.private import crypto, hpke
from node.e2ee.mls.public.suite import LABEL, Suite

HEAD = 12  # bytes of a secret that it is known by: a nonce has no more
# What is made on the way to something else, and never kept: by their labels in the RFC.
NEVER = {"joiner", "welcome", "epoch", "confirm", "path", "node", "derived psk", "exported", "HPKE"}
# What lives as long as its epoch, or longer, although other things are derived from it.
KEPT = {"sender data", "resumption", "exporter", "external", "membership", "sk"}


@dataclass
class Known:
    """What one device has derived: parents of each value, its label; what it consumed."""

    parents: defaultdict[bytes, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    label: dict[bytes, str] = field(default_factory=dict)
    gone: set[bytes] = field(default_factory=set)

    def derived(self, secrets: tuple[bytes, ...], out: bytes, label: str) -> None:
        value = out[:HEAD]
        self.label[value] = label
        self.parents[value] |= {s[:HEAD] for s in secrets if any(s)}
        if label in NEVER:
            self.gone.add(value)

    def used(self, key: bytes, nonce: bytes) -> None:
        """A key sealed or opened something: it is consumed, and what it came from."""
        waiting = [key[:HEAD]]
        # The nonce has the guard mixed into its first bytes: it goes with its key.
        waiting += [v for v, label in self.label.items() if label == "nonce" and v[4:] == nonce[4:]]
        while waiting:
            value = waiting.pop()
            if self.label.get(value) in KEPT or (value in self.gone and not self.parents[value]):
                continue
            self.gone.add(value)
            waiting += self.parents.pop(value, ())


def _label(message: bytes) -> str:
    """The label in an encoded KDFLabel; of what HPKE derives only a private key has a name."""
    if hpke.VERSION in message[: 2 + len(hpke.VERSION)]:
        return (
            "sk" if message.startswith(hpke.X25519_KEM + b"sk", 2 + len(hpke.VERSION)) else "HPKE"
        )
    found = re.match(rb"..." + re.escape(LABEL) + rb"([a-z ]+)", message, re.DOTALL)
    return found[1].decode() if found else ""


class Watch:
    """The derivations of all devices, each with the one that makes it (`of`)."""

    def __init__(self) -> None:
        self.known: defaultdict[str, Known] = defaultdict(Known)
        self._now: str | None = None

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """What happens here is done by this device."""
        before, self._now = self._now, name
        try:
            yield
        finally:
            self._now = before

    def digest(self, key: bytes, message: bytes, name: str) -> bytes:
        """In place of `hmac.digest`."""
        out = hmac.digest(key, message, name)
        if self._now is not None:
            # Extract has a secret on either side; only there the message is as long as a secret.
            secrets = (key, message) if len(message) == len(out) else (key,)
            self.known[self._now].derived(secrets, out, _label(message))
        return out

    compare_digest = staticmethod(hmac.compare_digest)

    def sealing(self, seal: Callable[..., Any]) -> Callable[..., Any]:
        """`crypto.seal` or `crypto.open`, seen."""

        def seen(suite: Suite, key: bytes, nonce: bytes, data: bytes, aad: bytes) -> Any:
            out = seal(suite, key, nonce, data, aad)
            if out is not None and self._now is not None:
                self.known[self._now].used(key, nonce)
            return out

        return seen

    def install(self, patch: Any) -> None:
        for page in (crypto, hpke):
            patch.setattr(page, "hmac", self)
        for name in ("seal", "open"):
            patch.setattr(crypto, name, self.sealing(getattr(crypto, name)))

    def kept_too_long(self, name: str, state: Any, records: dict[str, bytes]) -> list[str]:
        """The labels of what this device holds and has consumed.

        A Welcome is sealed when its commit is staged: consumed by that is also the init secret of
        the epoch, which has to stay until a commit has won.
        """
        known, init = self.known[name], state and state.epoch.secrets.init[:HEAD]
        kept = (known.gone & held(state, records)) - {init}
        return [known.label.get(value, "?") for value in kept]


def held(state: Any, records: dict[str, bytes]) -> set[bytes]:
    """The beginnings of all secrets that a state and its records could hold."""
    there: set[bytes] = set()
    for value in {*live(state), *records.values()}:
        there.update(value[at : at + HEAD] for at in range(len(value) - HEAD + 1))
    return there


def live(value: Any, seen: set[int] | None = None) -> Iterator[bytes]:
    """Every run of bytes that a value can reach."""
    seen = set() if seen is None else seen
    if isinstance(value, bytes | bytearray):
        yield bytes(value)
        return
    if id(value) in seen or isinstance(value, str | int | type(None)):
        return
    seen.add(id(value))
    if isinstance(value, dict):
        parts = [*value.keys(), *value.values()]
    elif isinstance(value, list | tuple | set | frozenset):
        parts = list(value)
    elif is_dataclass(value):
        parts = [getattr(value, f.name) for f in fields(value)]
    elif hasattr(value, "__slots__"):
        parts = [getattr(value, name) for name in type(value).__slots__ if hasattr(value, name)]
    else:
        parts = list(vars(value).values()) if hasattr(value, "__dict__") else []
    for part in parts:
        yield from live(part, seen)
