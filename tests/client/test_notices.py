"""Whatever the node has to tell is said in words, by the command and by the app."""

import re
from pathlib import Path

import pytest

from node.client.cli.posts import NOTICES, OWN_NOTICES

APP = Path(__file__).parents[2] / "browser" / "app" / "notices" / "says.ts"
NODE = Path(__file__).parents[2] / "node"
# How rooms of the node give one: by its kind in quotes, or by a constant beside it.
GIVEN = re.compile(r"(?:notify|notify_anew|_notify|add)\([^()]*?\"([a-z_]+)\"")


def given() -> set[str]:
    """Kinds that stand in the node's own pages."""
    pages = [*NODE.glob("graph/*.py"), *NODE.glob("inbox/*.py"), *NODE.glob("video/*.py")]
    return {kind for page in pages for kind in GIVEN.findall(page.read_text("utf-8"))}


@pytest.mark.clause("APP-6.1")
def test_each_kind_of_notice_has_words_in_the_app_and_in_the_command() -> None:
    app = set(re.findall(r"^  (\w+): \{ says:", APP.read_text("utf-8"), re.MULTILINE))
    assert app == {*NOTICES, *OWN_NOTICES}
    found = given()
    assert {"friend_accepted", "comment", "follow", "mutual", "video_failed"} <= found
    assert found - app == set()
