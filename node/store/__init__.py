"""All SQL: `tables` is the picture, one page of queries per room."""

from node.store import without_orm

# Before any page here imports it.
without_orm.load()
