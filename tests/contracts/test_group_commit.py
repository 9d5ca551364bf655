"""Rows that wait while a commit runs are written together by the next one."""

import asyncio
from collections.abc import Sequence

from node.store.group_commit import GroupCommit


class Written:
    """What was written, a list for each commit; none ends before it is let go."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.begun = asyncio.Event()
        self.ends = asyncio.Event()

    async def write(self, rows: Sequence[int]) -> None:
        self.groups.append(list(rows))
        self.begun.set()
        await self.ends.wait()


async def test_what_comes_while_a_commit_runs_is_the_next_one() -> None:
    written = Written()
    commit = GroupCommit(written.write)
    first = commit.submit(0)
    await written.begun.wait()
    more = [commit.submit(row) for row in (1, 2, 3)]
    written.ends.set()
    await asyncio.gather(first, *more)
    assert written.groups == [[0], [1, 2, 3]]


async def test_a_commit_takes_no_more_than_the_largest_group() -> None:
    written = Written()
    written.ends.set()
    commit = GroupCommit(written.write, most=2)
    await asyncio.gather(*(commit.submit(row) for row in range(3)))
    assert written.groups == [[0, 1], [2]]
