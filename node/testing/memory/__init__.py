"""Units and stores over dictionaries: what the rooms' Protocols promise, without SQL.

They pass the same contract suites as SQLite and PostgreSQL (`tests/contracts`), so a test of a
room may stand on them. There are none of what only SQL has: migrations, the purge of rows by age,
and what an error of the database may say.
"""

from node.testing.memory.circles import Circles
from node.testing.memory.kinds import STANDS_FOR, Units
from node.testing.memory.tables import MemoryTables
from node.testing.memory.unit import Unit

__all__ = ["STANDS_FOR", "Circles", "MemoryTables", "Unit", "Units"]
