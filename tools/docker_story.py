"""`make docker-story`: the demo's story across two containers, one of them cut off in the middle.

Needs a Docker engine and Compose. The base image is `KITH_DOCKER_BASE`, else the Dockerfile's;
where no image can be pulled one is made with mmdebstrap, which carries this machine's CA bundle.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import trustme

from node.client.kith import Kith
from tests.clips import make_clip
from tools.demo import occurrences
from tools.story import WORDS, Ear, Seat, tell_story, until

FOLDER = Path("build/docker")
CERTIFICATES = FOLDER / "certificates"
PROJECT = "kith"
DEBIAN_BASE = "kith-base:bookworm"
ADDRESSES = {"alpha.test": "172.31.84.11", "beta.test": "172.31.84.12"}
PORT = 8443
BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")


def run(*command: str, check: bool = True, **more: Any) -> subprocess.CompletedProcess[str]:
    """A command; its words when it fails."""
    done = subprocess.run(command, text=True, capture_output=True, check=False, **more)
    if check and done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done


def compose(*words: str) -> subprocess.CompletedProcess[str]:
    """Docker Compose, as a plugin or as a program of its own."""
    plugin = run("docker", "compose", "version", check=False).returncode == 0
    program = ("docker", "compose") if plugin else ("docker-compose",)
    environ = os.environ | {
        "KITH_CERTIFICATES": str(CERTIFICATES.resolve()),
        "KITH_PROJECT": PROJECT,
    }
    return run(*program, "-p", PROJECT, "-f", "docker/compose.yml", *words, env=environ)


def base_image() -> list[str]:
    """The build argument for the base, if it is not the Dockerfile's own."""
    given = os.environ.get("KITH_DOCKER_BASE")
    if given:
        return ["--build-arg", f"BASE={given}"]
    usual = "python:3.11-slim-bookworm"
    if run("docker", "image", "inspect", usual, check=False).returncode == 0:
        return []
    if run("docker", "pull", "--quiet", usual, check=False).returncode == 0:
        return []
    if run("docker", "image", "inspect", DEBIAN_BASE, check=False).returncode != 0:
        tell("no image can be pulled: making a base with mmdebstrap")
        make_base()
    return ["--build-arg", f"BASE={DEBIAN_BASE}"]


def make_base() -> None:
    """A small Debian with Python, as an image."""
    command = [
        "mmdebstrap", "--variant=minbase", "--include=python3,python3-venv,ca-certificates",
        f"--customize-hook=copy-in {BUNDLE} {BUNDLE.parent}",
        *(f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("doc", "locale", "man")),
        "bookworm", "-",
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as made:
        subprocess.run(["docker", "import", "-", DEBIAN_BASE], stdin=made.stdout, check=True)


def make_certificates(domains: Iterable[str]) -> None:
    """A throw-away CA, and a certificate for each node that its container may read."""
    CERTIFICATES.mkdir(parents=True)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(CERTIFICATES / "ca.pem")
    for domain in domains:
        made = authority.issue_cert(domain)
        made.private_key_pem.write_to_path(CERTIFICATES / f"{domain}.key")
        chain = b"".join(part.bytes() for part in made.cert_chain_pems)
        (CERTIFICATES / f"{domain}.pem").write_bytes(chain)
    for file in CERTIFICATES.iterdir():
        file.chmod(0o644)  # keys of a throw-away lab, read by another user id


def container(domain: str) -> str:
    return f"{PROJECT}-{domain.partition('.')[0]}"


def healthy(domain: str) -> bool:
    state = run("docker", "inspect", "-f", "{{.State.Health.Status}}", container(domain))
    return state.stdout.strip() == "healthy"


def seat(domain: str, name: str) -> Seat:
    """A chair on the host, at the node in this container."""
    link = run("docker", "exec", container(domain), "kith", "invite", "--data", "/data").stdout
    connect = ",".join(f"{name}={address}:{PORT}" for name, address in ADDRESSES.items())
    return Seat(link.strip(), connect, str(CERTIFICATES / "ca.pem"), FOLDER / f"{name}-home")


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


def plaintext_inside() -> list[str]:
    """Containers in whose data the words of the talk occur."""
    found: list[str] = []
    for domain in ADDRESSES:
        looked = run("docker", "cp", f"{container(domain)}:/data", str(FOLDER / domain), check=True)
        assert looked.returncode == 0
        found += occurrences(FOLDER / domain, WORDS)
    return found


async def main() -> dict[str, Any]:
    shutil.rmtree(FOLDER, ignore_errors=True)
    make_certificates(ADDRESSES)
    run("docker", "build", "--network", "host", *base_image(), "-f", "docker/Dockerfile",
        "-t", "kith-node", ".", env=os.environ | {"DOCKER_BUILDKIT": "0"})  # fmt: skip
    size = run("docker", "image", "inspect", "-f", "{{.Size}}", "kith-node").stdout
    tell(f"the image is built: {int(size) / 2**20:.0f} MiB")
    clip = make_clip(FOLDER / "clip.mp4", seconds=6, size="1280x720")
    compose("down", "--volumes", "--remove-orphans")
    try:
        compose("up", "--detach")

        async def both() -> bool:
            return all(healthy(domain) for domain in ADDRESSES)

        await until("both containers are healthy", both)
        tell("two containers are healthy")
        report = await tell_story(
            seat("alpha.test", "alice"), seat("beta.test", "bob"), clip, tell, cut_and_heal
        )
        leaked = plaintext_inside()
        return {"ok": not leaked, "image_bytes": int(size), **report, "leaked": leaked}
    except BaseException:
        sys.stderr.write(compose("logs", "--tail", "40").stdout)
        raise
    finally:
        compose("down", "--volumes", "--remove-orphans")


def tell(words: str) -> None:
    """One line of the story, with the seconds since it began."""
    print(f"{time.monotonic() - BEGAN:6.1f} s  {words}", flush=True)


if __name__ == "__main__":
    BEGAN = time.monotonic()
    found = asyncio.run(main())
    (FOLDER / "report.json").write_text(json.dumps(found, indent=1) + "\n")
    tell(f"report in {FOLDER / 'report.json'}: {'ok' if found['ok'] else 'NOT OK'}")
    sys.exit(0 if found["ok"] else 1)
