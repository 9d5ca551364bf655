"""What the page reads of SQLAlchemy's package, so that an update is noticed."""

import ast
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from node.store.without_orm import PACKAGE, SESSIONS

ALONE = """
import sys, node.app
assert "sqlalchemy.orm" not in sys.modules, "the ORM was loaded"
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
assert AsyncConnection and create_async_engine
from sqlalchemy.ext.asyncio.session import AsyncSession
assert AsyncSession, "whoever wants it gets it"
"""


def test_a_node_loads_no_orm_and_who_wants_it_can_still_have_it() -> None:
    subprocess.run([sys.executable, "-c", ALONE], check=True)


def test_the_package_takes_of_its_sessions_what_the_empty_pages_have() -> None:
    spec = find_spec(PACKAGE)
    assert spec is not None and spec.origin is not None
    taken = {
        page: {
            name.name
            for one in ast.walk(ast.parse(Path(spec.origin).read_text()))
            if isinstance(one, ast.ImportFrom) and one.level == 1 and one.module == page
            for name in one.names
        }
        for page in SESSIONS
    }
    assert taken == {page: set(names) for page, names in SESSIONS.items()}
