"""Pure: what happens to people and their machines, as values that can be left out one by one."""

from msgspec import Struct

SAY, KILL, STORM, PART, STOP, SKEW = "say", "kill", "storm", "part", "stop", "skew"
LINK, REVOKE, RESTORE, RECOVER = "link", "revoke", "restore", "recover"
EDIT, TAKE_BACK, REACT, PUT_BACK = "edit", "take back", "react", "put back"
BEGIN, NAME, ROLE = "begin", "name", "role"  # of a group

AFTER_ALL = "after all"  # in what is said once all is fair


class Step(Struct, frozen=True):
    """At `at` seconds something of that `kind` happens to `who` (a device, a node or "").

    `count` and `span` mean what the kind says: see `world`.
    """

    at: float
    kind: str
    who: str = ""
    other: str = ""
    count: int = 0
    span: float = 0.0

    def __str__(self) -> str:
        said = (self.kind, self.who, self.other)
        more = [f"{self.count}"] if self.count else []
        more += [f"for {self.span:.1f} s"] if self.span else []
        return " ".join([f"{self.at:8.2f} s", *filter(None, said), *more])


class Story(Struct, frozen=True):
    """`devices` are their names, as `alice-1@alpha.test`: who has them, and on which node."""

    seed: int
    devices: tuple[str, ...]
    steps: tuple[Step, ...] = ()

    def __str__(self) -> str:
        who = f"seed {self.seed}: {', '.join(self.devices)}"
        return "\n".join([who, *map(str, self.steps)])
