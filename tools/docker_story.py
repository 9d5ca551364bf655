"""`make docker-story`: the demo's story across two containers, one of them cut off in the middle.

Then both are replaced by new containers upon the same data. Needs what `tools/docker_lab` needs.
"""

import asyncio
import json
import shutil
import sys
import time
from typing import Any

from node.client.kith import Kith
from tests.clips import make_clip
from tools.demo import occurrences
from tools.docker_lab import (
    ADDRESSES,
    CERTIFICATES,
    FOLDER,
    PROJECT,
    compose,
    connect,
    container,
    inspected,
    link_in_logs,
    look_inside,
    make_certificates,
    make_image,
    run,
    stand_up,
    tell,
)
from tools.story import WORDS, Ear, Seat, tell_story, until

STOP_SECONDS = 10.0  # a node that does nothing has nothing to finish


def seat(domain: str, name: str) -> Seat:
    """A chair on the host, at the node in this container."""
    link = link_in_logs(container(domain))
    assert link is not None, "the first start prints an invite link"
    return Seat(link, connect(), str(CERTIFICATES / "ca.pem"), FOLDER / f"{name}-home")


async def cut_and_heal(alice: Kith, bob: Kith, ear: Ear) -> None:
    """Bob's node leaves the network; what alice says meanwhile arrives when it is back."""
    network = f"{PROJECT}-town"
    run("docker", "network", "disconnect", network, container("beta.test"))
    tell("beta.test is cut off")
    for number in range(3):
        await alice.say(bob.handle, f"while you were away, {number}")
    await asyncio.sleep(2)
    run("docker", "network", "connect", "--ip", ADDRESSES["beta.test"], "--alias", "beta.test",
        network, container("beta.test"))  # fmt: skip
    tell("beta.test is back")

    async def answered() -> bool:
        return (await bob.say(alice.handle, "here I am again")).sent

    await until("bob's node answers", answered)
    texts = [(await ear.next())[0].text for _ in range(3)]
    assert texts == [f"while you were away, {number}" for number in range(3)], texts
    tell("what was said meanwhile has arrived, in order")


async def replaced(chair: Seat, post: str) -> None:
    """Stop in time, new containers upon the same volumes: all is there (an upgrade's motions)."""
    for domain in ADDRESSES:
        began = time.monotonic()
        run("docker", "stop", "--time", "60", container(domain))
        took, code = time.monotonic() - began, inspected(domain, ".State.ExitCode")
        assert code == "0", f"{domain} ended with {code}"
        assert took < STOP_SECONDS, f"{domain} took {took:.1f} s to stop"
    tell("both stopped when they were asked to")
    await stand_up("--force-recreate")
    for domain in ADDRESSES:
        assert not link_in_logs(container(domain)), f"{domain} forgot its administrator"
    async with Kith.load(chair.home, passphrase="the vault of bob") as bob:
        assert await bob.watch(post, chair.home / "again.mp4")
    tell("new containers upon the same data: he still sees her video")


def plaintext_inside() -> list[str]:
    """Containers in whose data the words of the talk occur."""
    found: list[str] = []
    for domain in ADDRESSES:
        run("docker", "cp", f"{container(domain)}:/data", str(FOLDER / domain))
        found += occurrences(FOLDER / domain, WORDS)
    return found


async def main() -> dict[str, Any]:
    shutil.rmtree(FOLDER, ignore_errors=True)
    make_certificates(ADDRESSES)
    size = make_image()
    clip = make_clip(FOLDER / "clip.mp4", seconds=6, size="1280x720")
    compose("down", "--volumes", "--remove-orphans")
    try:
        await stand_up()
        look_inside(container("alpha.test"))
        alice, bob = seat("alpha.test", "alice"), seat("beta.test", "bob")
        report = await tell_story(alice, bob, clip, tell, cut_and_heal)
        await replaced(bob, report["video"]["post"])
        leaked = plaintext_inside()
        return {"ok": not leaked, "image_bytes": size, **report, "leaked": leaked}
    except BaseException:
        sys.stderr.write(compose("logs", "--tail", "40").stdout)
        raise
    finally:
        compose("down", "--volumes", "--remove-orphans")


if __name__ == "__main__":
    found = asyncio.run(main())
    (FOLDER / "report.json").write_text(json.dumps(found, indent=1) + "\n")
    tell(f"report in {FOLDER / 'report.json'}: {'ok' if found['ok'] else 'NOT OK'}")
    sys.exit(0 if found["ok"] else 1)
