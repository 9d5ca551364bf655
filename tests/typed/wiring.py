"""What mypy has to refuse: an `ignore` below that is not needed any more fails `make check`.

Run by mypy alone, never by a test.
"""

from node.federation.activities.shapes import CreateSealed, Follow, Like
from node.federation.admission import Standing, admit
from node.federation.priority import Priority
from node.federation.receiving import Log
from node.federation.trust import Delivery, UnprovenActivity
from node.inbox import posts
from node.store.inbox import InboxUnit
from node.store.queue import Arrivals
from node.store.unit import Unit
from node.worker.handlers import on


def bindings_that_do_not_fit() -> None:
    on(Like, InboxUnit, posts.on_like)
    on(Follow, InboxUnit, posts.on_like)  # type: ignore[arg-type]  # another activity
    on(CreateSealed, InboxUnit, posts.on_announce)  # type: ignore[arg-type]
    on(Like, Unit, posts.on_like)  # type: ignore[arg-type]  # a unit that lacks what is needed
    on(str, InboxUnit, posts.on_like)  # type: ignore[arg-type,type-var]  # no activity at all


async def words_that_nobody_has_proven(
    delivery: Delivery, claimed: UnprovenActivity, log: Log, inbox: Arrivals
) -> None:
    await log.add(claimed, False, Priority.POSTS)  # type: ignore[arg-type]
    await inbox.add(claimed, again=False)  # type: ignore[arg-type]
    await inbox.add(delivery, again=False)  # type: ignore[arg-type]
    admit(claimed, Standing(), True)  # type: ignore[arg-type]
