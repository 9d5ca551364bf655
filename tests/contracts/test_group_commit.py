"""Rows that wait while a commit runs are written together; some are waited for."""

import asyncio
from collections.abc import Sequence

from node.store.group_commit import GroupCommit

LONG = 3600.0  # nobody waits for it in a test


class Written:
    """What was written, a list for each commit."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []

    async def write(self, rows: Sequence[int]) -> None:
        self.groups.append(list(rows))


async def test_what_comes_one_by_one_is_one_commit_when_it_is_gathered() -> None:
    written = Written()
    commit = GroupCommit(written.write, gather_seconds=0.01)
    done = [commit.submit(0)]
    for row in (1, 2, 3):
        await asyncio.sleep(0)  # the loop turns, as it does between two answers of peers
        done.append(commit.submit(row))
    await asyncio.gather(*done)
    assert written.groups == [[0, 1, 2, 3]]


async def test_a_whole_group_is_not_waited_for() -> None:
    written = Written()
    commit = GroupCommit(written.write, most=2, gather_seconds=LONG)
    await asyncio.gather(commit.submit(1), commit.submit(2))
    assert written.groups == [[1, 2]]


async def test_without_gathering_a_row_that_is_alone_is_written_at_once() -> None:
    written = Written()
    commit = GroupCommit(written.write)
    for row in (1, 2):
        await commit.add(row)
    assert written.groups == [[1], [2]]
