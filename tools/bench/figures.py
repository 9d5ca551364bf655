"""What a row of the bench is: its aim, what was measured, what stands beside it.

A row has one aim at most. It is absolute (`least`, `most`) or says how the figure may stand to the
raw thing that was measured in the same run (`share`, `above`). A row named `talk_120.p95` is a part
of the row `talk_120`, which holds only when its parts do.
"""

import json
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = Path("build/bench.json")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table of rows.

    `says` is for a reader who runs a node. `raw` names what stands beside it. `share`: at least
    this part of the raw thing; `above`: at most so much above it.
    """

    name: str
    says: str
    unit: str
    raw: str = ""
    most: float | None = None
    least: float | None = None
    share: float | None = None
    above: float | None = None

    @property
    def reach(self) -> str:
        """The aim in words; empty for a row that has none."""
        unit = f" {self.unit}" if self.unit else ""
        if self.most is not None:
            return f"≤ {self.most:.3g}{unit}"
        if self.least is not None:
            return f"≥ {self.least:.4g}{unit}"
        if self.share is not None:
            return f"≥ {self.share:.0%} of {self.raw}"
        if self.above is not None:
            return f"≤ {self.above:g}{unit} above {self.raw}"
        return ""

    def holds(self, value: float | None, beside: float | None) -> bool | None:
        """Whether the aim is reached; None without an aim, or without what it is held against."""
        if not self.reach or (value is None and beside is None):
            return None
        if value is None:
            return False
        if self.most is not None:
            return value <= self.most
        if self.least is not None:
            return value >= self.least
        if beside is None:
            return None
        return (
            value >= beside * (self.share or 0)
            if self.above is None
            else (value <= beside + self.above)
        )


@dataclass(frozen=True, slots=True)
class Measured:
    """What a group found for one row. `value` None: it never came to an end.

    `note` is printed and not kept.
    """

    name: str
    value: float | None
    beside: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One entry of `build/bench.json`."""

    name: str
    value: float | None
    unit: str
    reach: str
    holds: bool | None
    beside: float | None
    ratio: float | None


def _round(value: float | None) -> float | None:
    """Three digits say all that a figure knows; what never ended has none."""
    if value is None or math.isinf(value):
        return None
    return float(f"{value:.3g}") if abs(value) < 1000 else round(value)


def figures(rows: Mapping[str, Row], found: Iterable[Measured]) -> list[Figure]:
    """What was measured, judged. A row with parts holds only when all of them do."""
    measured = list(found)
    judged = {one.name: rows[one.name].holds(one.value, one.beside) for one in measured}
    made = []
    for one in measured:
        row = rows[one.name]
        parts = [held for name, held in judged.items() if name.startswith(f"{one.name}.")]
        known = [held for held in (judged[one.name], *parts) if held is not None]
        ratio = None
        if one.value is not None and one.beside:
            ratio = one.value / one.beside
        made.append(
            Figure(
                one.name,
                _round(one.value),
                row.unit,
                row.reach,
                all(known) if known else None,
                _round(one.beside),
                _round(ratio),
            )
        )
    return made


def write(made: Sequence[Figure], order: Sequence[str], file: Path = FILE) -> None:
    """Keep these figures; those of rows that were not measured now stay as they were.

    What is not in `order` is a row that there is no more.
    """
    kept = {one.name: one for one in read(file)} if file.exists() else {}
    kept |= {one.name: one for one in made}
    listed = [asdict(kept[name]) for name in order if name in kept]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(listed, indent=1, ensure_ascii=False) + "\n")


def read(file: Path = FILE) -> list[Figure]:
    """The figures that were written last."""
    return [Figure(**one) for one in json.loads(file.read_text())]


def percentile(values: Sequence[float], of_100: int) -> float:
    """The value below which so many of a hundred lie; the nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * of_100 // 100)]


def median(values: Iterable[float]) -> float:
    return statistics.median(values)
