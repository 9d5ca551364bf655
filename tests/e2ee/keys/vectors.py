"""The vectors of `spec/vectors/keys`, and how each structure in them is read."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from node.e2ee.keys.private.box_secret import check_known, open_box
from node.e2ee.keys.public.certificate import check_in_time, check_leaf
from node.e2ee.keys.public.delegation import check_delegation, parse_delegation
from node.e2ee.keys.public.device_list import check_list, check_not_ahead, parse_list
from node.e2ee.keys.public.key_box import check_box, parse_box
from tests.e2ee.keys.accounts import Account, lives

FOLDER = Path(__file__).resolve().parents[3] / "spec" / "vectors" / "keys"


@cache
def page(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text())


def account(name: str) -> Account:
    return next(one for one in lives() if one.name == name)


def read(structure: str, data: bytes, one: Account, now: int) -> None:
    """Read `data` as a device of `one` does. Raises `Refused` with the clause."""
    if structure == "delegation":
        check_delegation(parse_delegation(data), one.actor)
    elif structure == "list":
        check_not_ahead(check_list(parse_list(data), one.delegation), now)
    elif structure == "leaf_extension":
        check_in_time(check_leaf(data, one.actor, one.held[0].device.keys[0]), now)
    elif structure == "box":
        check_box(parse_box(data), one.delegation, one.devices)
    else:
        first = one.held[0]
        box = check_box(parse_box(data), one.delegation, one.devices)
        found = open_box(box, first.device.id, first.seal, one.delegation.list_key)
        check_known(found, one.archive)
