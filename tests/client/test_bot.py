"""The bot in the docs is the program that runs here."""

import asyncio
import re
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any

import pytest

from node.client.kith import Kith, MessageReceived
from tests.client.conftest import PASSPHRASE, Square

PAGE = Path(__file__).resolve().parents[2] / "docs" / "clients.md"
LONGEST_LINES = 20


def bot() -> str:
    (found,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return found


async def test_the_bot_in_the_docs_answers(
    square: Square,
    friends: tuple[Kith, Kith],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = bot()
    assert len([line for line in text.splitlines() if line.strip()]) <= LONGEST_LINES
    alice, bob = friends
    word = tmp_path / "passphrase"
    await asyncio.to_thread(word.write_text, PASSPHRASE)
    word.chmod(0o600)
    monkeypatch.setenv("KITH_VAULT_PASSPHRASE_FILE", str(word))
    program: dict[str, Any] = {"__name__": "bot"}
    exec(compile(text, str(PAGE), "exec"), program)

    class InTown(Kith):
        """The town's time is not this machine's."""

        @classmethod
        def load(cls, home: Any, *_: Any) -> Kith:
            return Kith.load(home, "", "", square.town.clock)

    program["Kith"] = InTown
    running = asyncio.create_task(program["main"](str(square.folder / "bob")))
    await alice.say(bob.handle, "do you hear me?")
    try:
        async with square.working(), aclosing(alice.listen()) as heard:
            async for one in heard:
                if isinstance(one, MessageReceived):
                    break
        assert one.text == "You said: do you hear me?"
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
