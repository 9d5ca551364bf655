"""That the stories in a browser hear of a worker that asks somebody else."""

from pathlib import Path

import pytest

from tests.browser.overheard import asked_elsewhere, overheard

ASK = """(address) => new Promise((done) => {
  const code = `fetch("${address}").catch(() => undefined).then(() => postMessage(0))`;
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  new Worker(url).onmessage = done;
})"""


@pytest.mark.clause("APP-1.2")
async def test_what_a_worker_asks_is_heard(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        async with overheard(tmp_path) as browser:
            page = await browser.new_page()
            await page.route("http://home.test/", lambda route: route.fulfill(body="Home"))
            await page.goto("http://home.test/")
            for address in ("http://home.test/own", "http://elsewhere.test/x"):
                await page.evaluate(ASK, address)
    found = asked_elsewhere(tmp_path / "network.json")
    assert found == ["http://home.test asked http://elsewhere.test/x"]
