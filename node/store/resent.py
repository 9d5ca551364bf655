"""How often a server that says that it was restored is sent everything again (spec FED-13.2)."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, case, or_

from node.store.tables import peers
from node.wire.times import micros

HOUR: Final = timedelta(hours=1)  # before the second time
DAY: Final = timedelta(days=1)  # before each one after that
CALM: Final = timedelta(days=30)  # after so long without a word it is the first time again

_P = peers.c


def may_be_resent(now: datetime) -> ColumnElement[bool]:
    """Whether a row of `peers` waited long enough since it was last sent everything again."""
    soon = and_(_P.resends < 2, _P.resent <= micros(now - HOUR))
    return or_(_P.resent.is_(None), soon, _P.resent <= micros(now - DAY))


def times_resent(now: datetime) -> ColumnElement[int]:
    """The count, with this time."""
    return case((_P.resent > micros(now - CALM), _P.resends + 1), else_=1)
