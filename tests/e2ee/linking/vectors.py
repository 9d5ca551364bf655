"""The vectors of `spec/vectors/link`, and how each thing in them is read."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from node.e2ee.keys.public.published import check_published
from node.e2ee.linking.private.grant import check_listed, open_grant
from node.e2ee.linking.private.linking import Shower, read
from node.e2ee.linking.public.code import Found, read_code, read_link
from node.e2ee.linking.public.sides import parse_side
from tests.e2ee.linking.links import Linked, all_linked

FOLDER = Path(__file__).resolve().parents[3] / "spec" / "vectors" / "link"


@cache
def page(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text())


def linking(about: str) -> Linked:
    return next(one for one in all_linked() if one.about == about)


def take(case: dict[str, Any], one: Linked) -> None:
    """Take what the case has as a device of the linking `one`. Raises `Refused` with the clause."""
    what, raw = case["what"], bytes.fromhex(case.get("bytes", "")) + bytes(case.get("zeros", 0))
    if what == "code":
        read_code(case["text"])
    elif what == "link":
        read_link(case["text"])
    elif what == "side":
        parse_side(raw)
    elif what == "commit":  # the home node's, to the old device that reads the link
        read(one.old, one.found, raw)
    elif what == "shown":  # the shower's side, to the old device that reads the code alone
        read(one.old, Found(one.code), one.found.commit).meet(raw)
    elif what == "answer":  # the reader's side, to the new device that shows
        Shower(one.new).meet(one.code, raw)
    elif what == "grant":
        open_grant(raw, one.at_new(), one.account.list_key.public, one.once)
    else:
        above, listed = bytes.fromhex(case["delegation"]), bytes.fromhex(case["list"])
        check_listed(one.at_new(), check_published(above, listed, case["actor"]))
