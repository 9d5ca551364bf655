"""Sample values for every column and every parameter, so that each statement of the store runs.

One address stands for everything: an actor, a post, an account. So every row refers to every
other, and whichever method is called finds rows enough to go to its end.
"""

import enum
import inspect
import types
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
from sqlalchemy import BigInteger, Boolean, LargeBinary, Table, Text
from sqlalchemy.ext.asyncio import AsyncConnection

from node.accounts.actors import NewKey
from node.store.keyring import SealedKey
from node.store.tables import METADATA
from node.testing.fakes import NEW_YEAR
from node.wire.keys import Algorithm, PublicKey, ed25519_from_seed
from node.wire.times import micros

ANY = "https://alpha.test/o/one"
SECRET = b"one"
PAST = micros(NEW_YEAR - timedelta(days=1))
LATER = micros(NEW_YEAR + timedelta(days=1))
LISTS = (Iterable, Sequence, list, tuple, set, frozenset)
# Columns whose text is a word, and not the name of something.
WORDS: Mapping[str, str] = {
    "algorithm": "ed25519",
    "dialect": "rfc9421",
    "audiences.kind": "actor",
    "friendships.ours": "accepted",
    "friendships.theirs": "accepted",
    "relay_items.kind": "application",
    "mailbox.kind": "application",
    "actors.kind": "Person",
    "deliveries.named": "",
}
SETTINGS = {"origin": "https://alpha.test", "account_domain": "alpha.test"}
PLAIN: Mapping[Any, Any] = {
    str: ANY, bytes: SECRET, int: 5, float: 1.0, object: ANY,
    datetime: NEW_YEAR, timedelta: timedelta(days=1),
    PublicKey: ed25519_from_seed(bytes(32), f"{ANY}#key", ANY).public,
    NewKey: SealedKey(f"{ANY}#new", ANY, Algorithm.ED25519, SECRET, SECRET),
}  # fmt: skip


class NoSample(Exception):
    """There is no sample of this type."""


def row(table: Table, local: bool) -> dict[str, Any]:
    """A row that refers to all others. `local`: it is of this node."""
    made: dict[str, Any] = {}
    for column in table.columns:
        word = WORDS.get(f"{table.name}.{column.name}", WORDS.get(column.name))
        default = column.server_default
        if word is not None:
            made[column.name] = word
        elif isinstance(column.type, Boolean):
            made[column.name] = local and column.name in ("local", "public")
        elif isinstance(column.type, Text):
            # A column with a word for its default tells a state; one without names something.
            if default is None or getattr(default, "arg", None) == "":
                made[column.name] = ANY
        elif isinstance(column.type, LargeBinary):
            made[column.name] = SECRET
        elif isinstance(column.type, BigInteger) and not column.nullable and default is None:
            made[column.name] = 1 if column.primary_key else PAST if column.name == "due" else LATER
    return made


async def fill(connection: AsyncConnection, local: bool) -> None:
    """A row in every table."""
    for table in METADATA.sorted_tables:
        if table.name == "settings":
            rows = [{"key": key, "value": value} for key, value in SETTINGS.items()]
            await connection.execute(table.insert(), rows)
        else:
            await connection.execute(table.insert().values(**row(table, local)))


def sample(kind: Any, full: bool = True) -> Any:
    """A value of this type. What may be None is None unless `full`."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        some = [part for part in parts if part is not type(None)]
        return sample(some[0]) if full or len(some) == len(parts) else None
    if origin is tuple and parts[-1] is not Ellipsis:
        return tuple(sample(part) for part in parts)
    if origin in LISTS:
        return (sample(parts[0]),) if origin is tuple else [sample(parts[0])]
    if origin in (Mapping, dict):
        return {}
    if kind is bool:
        return full
    if kind in PLAIN:
        return PLAIN[kind]
    if not isinstance(kind, type):
        raise NoSample(str(kind))
    if issubclass(kind, enum.Enum):
        return next(iter(kind))
    if issubclass(kind, msgspec.Struct) or hasattr(kind, "__dataclass_fields__"):
        return kind(**arguments(kind))
    raise NoSample(str(kind))


def arguments(called: Any, full: bool = True) -> dict[str, Any]:
    """Arguments for `called`: all that it takes, or only those that it must have."""
    hints = get_type_hints(called)
    made: dict[str, Any] = {}
    for name, parameter in inspect.signature(called).parameters.items():
        named = parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
        if name == "self" or not named or (parameter.default is not parameter.empty and not full):
            continue
        kind = hints[name]
        if isinstance(kind, TypeVar):
            raise NoSample(name)
        made[name] = sample(kind, full)
    return made
