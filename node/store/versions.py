"""What posts said before they were changed (spec INB-13.3), for the unit of the inbox."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select

from node.store.tables import post_versions
from node.store.unit import Unit

MOST_KEPT = 30  # of one post: the first, and the newest
WORDS = ("content", "content_map", "lang", "summary", "sensitive")

_V = post_versions.c


class Versions:
    """The earlier words of posts, in one unit."""

    def __init__(self, unit: Unit) -> None:
        self._connection = unit.connection

    async def keep(self, post: str, before: Any, after: Mapping[str, object]) -> None:
        """Keep the row `before` of the post, unless `after` says the same words."""
        if all(getattr(before, name) == after[name] for name in WORDS):
            return
        found = await self._connection.execute(
            select(_V.said).where(_V.post == post).order_by(_V.said.desc())
        )
        kept = list(found.scalars())
        said = before.published if before.updated is None else before.updated
        # Many servers count in seconds: two versions of one instant are two all the same.
        said = max([said, *(one + 1 for one in kept[:1])])
        words = {name: getattr(before, name) for name in WORDS}
        await self._connection.execute(post_versions.insert().values(post=post, said=said, **words))
        if surplus := [said, *kept][MOST_KEPT - 1 : -1]:
            await self._connection.execute(
                delete(post_versions).where(_V.post == post, _V.said.in_(surplus))
            )

    async def erase(self, posts: Sequence[str]) -> None:
        """None of their earlier words stay."""
        await self._connection.execute(delete(post_versions).where(_V.post.in_(posts)))
