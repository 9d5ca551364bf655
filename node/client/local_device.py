"""This machine, as a person's own side needs it: where their keys lie, its time and chance."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from node.ports import Clock, Entropy
from node.system import SystemClock, SystemEntropy

Passphrase = str | Callable[[], str]
CLOCK, ENTROPY = SystemClock(), SystemEntropy()


@dataclass(frozen=True, slots=True)
class LocalDevice:
    """The folder of its accounts, its time and chance. `passphrase` is of the vault and is not
    asked for before a verb needs it."""

    home: Path
    passphrase: Passphrase = ""
    clock: Clock = CLOCK
    entropy: Entropy = ENTROPY
