"""SQLAlchemy's engine for asyncio without its ORM, which no page here uses (decision 0001).

`sqlalchemy.ext.asyncio` loads its sessions, and with them the whole ORM: 6 MiB of a node's memory
and a twelfth of its start. Where nobody has loaded it yet, it is loaded with empty pages in
their place. Whoever wants sessions after all imports their page itself.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Final

PACKAGE: Final = "sqlalchemy.ext.asyncio"
SESSIONS: Final = {
    "scoping": ("async_scoped_session",),
    "session": (
        "AsyncAttrs",
        "AsyncSession",
        "AsyncSessionTransaction",
        "async_object_session",
        "async_session",
        "async_sessionmaker",
        "close_all_sessions",
    ),
}


def load() -> None:
    """Load the package, unless it is there."""
    if PACKAGE in sys.modules:
        return
    empty = {f"{PACKAGE}.{page}": _empty(f"{PACKAGE}.{page}", SESSIONS[page]) for page in SESSIONS}
    sys.modules.update(empty)
    try:
        import_module(PACKAGE)
    finally:
        for name in empty:
            del sys.modules[name]


def _empty(name: str, members: tuple[str, ...]) -> ModuleType:
    page = ModuleType(name, "What a node does not load.")
    for member in members:
        setattr(page, member, None)
    return page
