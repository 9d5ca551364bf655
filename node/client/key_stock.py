"""Pure: a device's own key packages, and whose others' are (spec DEV-6, E2E-5.1)."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from node.client import rows
from node.client.device_state import SUITE, DeviceState
from node.client.intents import Add
from node.client.rows import PackageRow
from node.e2ee.mls.public import key_package
from node.errors import Forbidden, Missing, Refused

LAST_RESORT_KEPT_SECONDS = 7 * 86400
Packages: TypeAlias = Mapping[str, Sequence[bytes]]  # by actor


def make(state: DeviceState, count: int, last_resort: bool, now: int) -> list[tuple[bytes, bool]]:
    """`count` packages, and one of last resort if so: (package, is last resort).

    Inside a step. A former last resort goes a week after it was made, with the next one.
    """
    made = []
    for name in state.names("package") if last_resort else ():
        old = state.get(name, PackageRow)
        if old.last_resort and now - old.made > LAST_RESORT_KEPT_SECONDS:
            state.delete(name)
    for number in range(count + last_resort):
        own = state.groups.me.key_package(state.entropy, now)
        last = number == count
        row = PackageRow(package=own.dump(), made=now, last_resort=last)
        state.put(rows.package_row(own.reference), row)
        made.append((own.package, last))
    return made


def adding(packages: Packages, listed: bool = False) -> Add:
    """The wish to take these in; `listed`: nobody's but ours.

    Raises `Missing` (E2E-5.6), `Forbidden` (E2E-5.1).
    """
    if not any(packages.values()):
        raise Missing("E2E-5.6", "they have no device that takes sealed messages yet")
    for actor, found in packages.items():
        for data in found:
            check_owner(data, actor)
    return Add({actor: list(found) for actor, found in sorted(packages.items())}, listed)


def keys_of(add: Add) -> list[bytes]:
    """The signature keys of the devices that it is to take in."""
    found = (data for packages in add.packages.values() for data in packages)
    return [key_package.parse(data).leaf.signature_key for data in found]


def is_fit(package: bytes, actor: str, now: int) -> bool:
    """Whether a device of `actor` can be added with the package, whoever it is (E2E-2.10)."""
    try:
        found = key_package.validate(package, identity=actor.encode(), now=now)
    except Refused:
        return False
    return found.suite_id == SUITE


def is_fit_at_its_time(package: bytes, actor: str) -> bool:
    """Whether nothing is wrong with it but, perhaps, the time by our clock."""
    try:
        span = key_package.parse(package).leaf.lifetime
    except Refused:
        return False
    return span is not None and is_fit(package, actor, span.not_before)


def check_owner(package: bytes, actor: str) -> None:
    """The package is of `actor`. Raises `Forbidden` (E2E-5.1)."""
    if key_package.parse(package).leaf.credential.identity != actor.encode():
        raise Forbidden("E2E-5.1", f"a key package that is not of {actor}")
