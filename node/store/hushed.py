"""What one of ours does not want to hear of, as lists and notices ask (spec INB-11)."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import BigInteger, ColumnElement, bindparam, exists, literal, or_, select

from node.inbox.mutes import UNMUTED, MuteKind
from node.store.tables import accounts, mailbox, mutes, notices, posts

_M, _N, _P = mutes.c, notices.c, posts.c
LIVE = or_(_M.until.is_(None), _M.until > bindparam("now", type_=BigInteger))
OF_READER = (
    select(_M.kind, _M.ref)
    .join(accounts, accounts.c.id == _M.account)
    .where(accounts.c.actor == bindparam("reader"), LIVE)
)


def _hushed(account: Any, actor: Any, object: Any) -> ColumnElement[bool]:
    """Whether the account mutes the actor, or the thread of the post `object`."""
    mine = (_M.account == account, LIVE)
    in_thread = (_M.kind == MuteKind.THREAD.value, _P.id == object, _M.ref == _P.thread)
    return or_(
        exists().where(*mine, _M.kind == MuteKind.PERSON.value, _M.ref == actor),
        exists().where(*mine, *in_thread),
    )


# Of a notice that is to be given: it is given without an event.
HUSHED = select(literal(1).label("hushed")).where(
    _hushed(bindparam("account"), bindparam("actor"), bindparam("object"))
)


def of_sender(account: Any) -> ColumnElement[bool]:
    """Whether an item of the mailbox is from somebody whom the account mutes."""
    person = (_M.kind == MuteKind.PERSON.value, _M.ref == mailbox.c.actor)
    return exists().where(_M.account == account, LIVE, *person)


# Of a notice that is listed: it is shown.
HEARD = or_(_N.kind.in_(sorted(UNMUTED)), ~_hushed(_N.account, _N.actor, _N.object))


class Muted(Struct, frozen=True):
    """What a reader mutes."""

    people: frozenset[str] = frozenset()
    words: tuple[str, ...] = ()


def ask_muted(reader: str, now: int) -> tuple[Any, dict[str, object]]:
    """The question for `read_muted`, to be asked together with others."""
    return OF_READER, {"reader": reader, "now": now}


def read_muted(rows: Sequence[Any]) -> Muted:
    return Muted(
        frozenset(row.ref for row in rows if row.kind == MuteKind.PERSON),
        tuple(row.ref for row in rows if row.kind == MuteKind.WORD),
    )
