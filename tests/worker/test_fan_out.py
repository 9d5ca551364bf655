"""A post for many reaches them page by page; a page is as large as its time allows."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from node.federation.telling import Page
from node.graph.visibility import Audience, AudienceKind
from node.inbox.fan_out import FAN_OUT, FIRST, FanOut
from node.inbox.known import Known
from node.testing.fakes import FakeClock
from node.worker.fan_out import SMALLEST_PAGE, FanningOut

POST = Known("https://a.test/o/1", "https://a.test/a/1", True, "https://a.test/o/1")


class Slow:
    """A unit, and what opens it, in which each of many people takes a millisecond."""

    def __init__(self, people: int) -> None:
        self.clock = FakeClock()
        self.left = [f"{number:06}" for number in range(people)]
        self.pages: list[int] = []
        self.jobs = [msgspec.json.encode(FanOut(POST.id)).decode()]

    async def run(self, _kind: object, work: Any) -> Any:
        self.clock.pass_(timedelta(seconds=7))  # another had the writer
        return await work(self)

    async def rehearse(self, _kind: object, _work: Any, _way: object) -> None:
        """Nothing is made anew here."""

    async def post(self, _id: str) -> Known:
        return POST

    async def audience(self, _post: str) -> list[Audience]:
        return [Audience(AudienceKind.FOLLOWERS)]

    async def readers(self, _author: str, _audience: Any, after: str, most: int) -> Page:
        page = [one for one in self.left if one > after][:most]
        return page, page[-1] if len(page) == most else ""

    async def show(self, accounts: Any, _post: Known) -> None:
        self.pages.append(len(accounts))
        self.left = [one for one in self.left if one not in accounts]
        self.clock.pass_(timedelta(milliseconds=len(accounts)))

    async def add_job(self, kind: str, subject: str) -> None:
        assert kind == FAN_OUT
        self.jobs.append(subject)


@pytest.mark.clause("INB-6.1")
async def test_pages_become_as_small_as_the_writer_is_slow() -> None:
    slow = Slow(500)
    fanning: Any = FanningOut(slow, slow.clock)  # type: ignore[arg-type]
    kind = fanning.kinds()[FAN_OUT]
    while slow.jobs:
        await kind.do(slow.jobs.pop())
    assert slow.pages[:2] == [FIRST, SMALLEST_PAGE], "the wait for the writer does not count"
    assert sum(slow.pages) == 500 and not slow.left
    assert max(slow.pages[1:]) == SMALLEST_PAGE
