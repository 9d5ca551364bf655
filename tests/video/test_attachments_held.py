"""What a node holds for sealed files is given back; what it is asked for tells no more (ATT)."""

from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest

from node.errors import Broken
from node.web.api.attachments import Held
from node.worker.attachments import AttachmentRemover
from tests.video.harness import Harness
from tests.video.test_attachments import HREF, SEALED, SMALL, Elsewhere, content, make


@pytest.mark.clause("ATT-4.3")
async def test_nobody_finds_out_through_a_node_what_else_is_there(harness: Harness) -> None:
    there, bob = Elsewhere(harness), await harness.person("bob")
    told = set[str]()
    for status, headers in ((500, {}), (400, {}), (418, {}), (200, {"content-type": "text/html"})):
        there.answer = (status, headers, b"")
        said = await content(bob, HREF)
        told.add(said.body["detail"])
        assert said.status == 502 and str(status) not in said.body["detail"]
    assert len(told) == 1


@pytest.mark.clause("ATT-4.1")
async def test_what_lies_here_takes_a_place_and_is_closed(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = await harness.person("ann")
    href = (await make(ann))["href"]
    closed, read = list[str](), harness.blobs.read

    async def watched(blob: str, start: int, stop: int) -> Any:
        try:
            async for piece in read(blob, start, stop):
                yield piece
        finally:
            closed.append(blob)

    [blob] = await harness.files()
    stack, pieces = AsyncExitStack(), watched(blob, 0, 20)
    stack.callback(closed.append, "place")
    held = Held(pieces, stack)
    assert await anext(held)
    await held.aclose()
    assert len(closed) == 2 and closed[-1] == "place"
    for _ in range(12):
        assert (await content(ann, href)).status == 200, "each place is given back"


@pytest.mark.clause("ATT-3.3")
async def test_a_file_that_cannot_be_removed_keeps_no_other(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = await harness.person("ann")
    for _ in range(3):
        await make(ann, SMALL, seconds=60)
    await make(ann, SEALED, seconds=60)
    harness.clock.pass_(timedelta(minutes=2))
    delete, refused = harness.blobs.delete, list[str]()

    async def stuck(blob: str) -> None:
        if blob in refused or not refused:
            refused.append(blob)
            raise Broken("the blob folder: Input/output error")
        await delete(blob)

    monkeypatch.setattr(harness.blobs, "delete", stuck)
    monkeypatch.setattr("node.worker.attachments.GROUP", 1)
    remover = AttachmentRemover(harness.units, harness.blobs)
    with pytest.raises(Broken):
        await remover.sweep("")
    assert len(await harness.files()) == 1
    monkeypatch.setattr(harness.blobs, "delete", delete)
    await remover.sweep("")
    assert await harness.files() == []
