"""`kith doctor`: what is not as it should be with this node, and what to do (spec OPS-3)."""

import asyncio

import msgspec

from node.cli.doctor import kept, machine, working, world
from node.cli.doctor.subject import looking_at
from node.cli.starting import options, read_config
from node.cli.streams import put
from node.config import Config
from node.errors import NodeError
from node.operation.findings import Finding, State, is_well, wrong

LOOKS = (*machine.LOOKS, *kept.LOOKS, *working.LOOKS, *world.LOOKS)
CHECKS = ("settings", *(check for look in LOOKS for check in look.checks))
MARKS = {State.OK: "ok", State.LOOK: "LOOK", State.WRONG: "WRONG", State.UNKNOWN: "-"}


async def examine(config: Config) -> list[Finding]:
    """A finding for each of `CHECKS`; looks that wait for others wait at the same time."""
    async with looking_at(config) as subject:
        found = await asyncio.gather(*(look.findings(subject) for look in LOOKS))
    settings = Finding("settings", State.OK, "the settings contradict neither each other nor us")
    return [settings, *(one for few in found for one in few)]


def lines(findings: list[Finding]) -> list[str]:
    """For people: what is wrong stands last, where it is seen."""
    order = (State.UNKNOWN, State.OK, State.LOOK, State.WRONG)
    told = []
    for one in sorted(findings, key=lambda finding: order.index(finding.state)):
        told.append(f"{MARKS[one.state]:5} {one.check}: {one.words}")
        if one.advice:
            told.append(f"      {one.advice}")
    counts = {state: sum(one.state is state for one in findings) for state in State}
    told.append(
        f"{len(findings)} checks: {counts[State.WRONG]} wrong, {counts[State.LOOK]} to look at, "
        f"{counts[State.UNKNOWN]} not looked at"
    )
    return told


def main(argv: list[str]) -> int:
    """0 when nothing is wrong. It looks only: nothing is changed, nothing is made."""
    parser = options("doctor", __doc__)
    parser.add_argument("--json", action="store_true", help="an array of findings")
    found = parser.parse_args(argv)
    try:
        findings = asyncio.run(examine(read_config(found, named=False)))
    except NodeError as error:
        findings = [wrong("settings", str(error), "docs/configuration.md lists all settings.")]
    code = 0 if is_well(findings) else 1
    if found.json:
        return put(msgspec.json.encode(findings) + b"\n", code)
    return put("".join(line + "\n" for line in lines(findings)), code)
