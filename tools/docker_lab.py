"""`make docker-lab`: two containers that know each other, with certificates of a private CA.

Needs a Docker engine and Compose. The base image is `KITH_DOCKER_BASE`, else the Dockerfile's;
where no image can be pulled one is made with mmdebstrap, which carries this machine's CA bundle.
"""

import asyncio
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import trustme

from node.media.transcode import CODECS
from tools.story import until

FOLDER = Path("build/docker")
CERTIFICATES = FOLDER / "certificates"
PROJECT = "kith"
IMAGE = "kith-node"
DOCKERFILE = Path("docker/Dockerfile")
COMPOSE_FILE = Path("docker/compose.yml")
DEBIAN_BASE = "kith-base:bookworm"
ADDRESSES = {"alpha.test": "172.31.84.11", "beta.test": "172.31.84.12"}
PORT = 8443
BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
LINK = re.compile(r"signs up here:\s+(https://\S+)")
BEGAN = time.monotonic()


# Decoders that this node takes, and the other one of the same codec that a small ffmpeg has.
OTHERS = {
    "av1": "libdav1d",
    "libopus": "opus",
    "libvorbis": "vorbis",
    "libvpx": "vp8",
    "libvpx-vp9": "vp9",
}


def needed_decoders() -> set[str]:
    """What an ffmpeg must be able to read of all that the node takes."""
    return set(CODECS.split(",")) - set(OTHERS)


def tell(words: str) -> None:
    """One line of the story, with the seconds since it began."""
    print(f"{time.monotonic() - BEGAN:6.1f} s  {words}", flush=True)


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
    return run(*program, "-p", PROJECT, "-f", str(COMPOSE_FILE), *words, env=environ)


def usual_base() -> str:
    """The base that the Dockerfile itself names."""
    found = re.search(r"^ARG BASE=(\S+)$", DOCKERFILE.read_text(), re.M)
    assert found is not None
    return found[1]


def base_image() -> list[str]:
    """The build argument for the base, if it is not the Dockerfile's own."""
    given = os.environ.get("KITH_DOCKER_BASE")
    if given:
        return ["--build-arg", f"BASE={given}"]
    if run("docker", "image", "inspect", usual_base(), check=False).returncode == 0:
        return []
    if run("docker", "pull", "--quiet", usual_base(), check=False).returncode == 0:
        return []
    if run("docker", "image", "inspect", DEBIAN_BASE, check=False).returncode != 0:
        tell("no image can be pulled: making a base with mmdebstrap")
        make_base()
    return ["--build-arg", f"BASE={DEBIAN_BASE}"]


def make_base() -> None:
    """A small Debian with Python, as an image."""
    # `usrmerge` is in every new Debian, has nothing left to do there, and wants all of Perl.
    unneeded = "usrmerge perl 'perl-modules-*' 'libperl5*' 'lib*-perl'"
    command = [
        "mmdebstrap", "--variant=minbase", "--include=python3,ca-certificates,usr-is-merged",
        f"--customize-hook=copy-in {BUNDLE} {BUNDLE.parent}",
        f'--customize-hook=chroot "$1" apt-get purge --yes --auto-remove {unneeded}',
        *(f"--dpkgopt=path-exclude=/usr/share/{name}/*"
          for name in ("doc", "info", "locale", "man")),
        "bookworm", "-",
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as made:
        subprocess.run(["docker", "import", "-", DEBIAN_BASE], stdin=made.stdout, check=True)
    if made.returncode != 0:
        run("docker", "image", "rm", DEBIAN_BASE, check=False)
        sys.exit("mmdebstrap failed")


def make_image() -> int:
    """Build the image; its size in bytes."""
    run("docker", "build", "--network", "host", *base_image(), "-f", str(DOCKERFILE),
        "-t", IMAGE, ".", env=os.environ | {"DOCKER_BUILDKIT": "0"})  # fmt: skip
    size = int(run("docker", "image", "inspect", "-f", "{{.Size}}", IMAGE).stdout)
    tell(f"the image is built: {size / 2**20:.0f} MiB")
    return size


def make_certificates(domains: Iterable[str]) -> None:
    """A throw-away CA, and a certificate for each node that its container may read."""
    shutil.rmtree(CERTIFICATES, ignore_errors=True)
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


def inspected(domain: str, what: str) -> str:
    """A field of what the engine knows of a container."""
    return run("docker", "inspect", "-f", f"{{{{{what}}}}}", container(domain)).stdout.strip()


async def stand_up(*words: str) -> None:
    """Both containers up and healthy."""
    compose("up", "--detach", *words)

    async def both() -> bool:
        return all(inspected(domain, ".State.Health.Status") == "healthy" for domain in ADDRESSES)

    await until("both containers are healthy", both)
    tell("two containers are healthy")


def link_in_logs(name: str) -> str | None:
    """The first administrator's invite link, where whoever runs a container finds it."""
    found = LINK.search(run("docker", "logs", name).stdout)
    return found[1] if found else None


def look_inside(name: str) -> None:
    """The image holds what it promises: nobody's rights, nothing to write to, nothing to build."""

    def inside(*command: str) -> str:
        done = run("docker", "exec", name, *command, check=False)
        return done.stdout if done.returncode == 0 else ""

    assert inside("id", "-u").strip() == "10001"
    mounts = [line.split() for line in inside("cat", "/proc/mounts").splitlines()]
    may_write = {place: options.startswith("rw") for _, place, _, options, *_ in mounts}
    assert not may_write["/"]
    assert inside("sh", "-c", "touch /data/x /tmp/x && rm /data/x /tmp/x && echo yes")
    for program in ("pip", "gcc", "cc", "make", "strip", "dpkg-source"):
        assert not inside("sh", "-c", f"command -v {program}"), f"{program} is no part of a node"
    lines = (line.split() for line in inside("ffmpeg", "-decoders").splitlines())
    can = {words[1] for words in lines if len(words) > 1}
    assert can >= needed_decoders(), f"ffmpeg lacks {needed_decoders() - can}"
    tell("the image holds what a node needs, and nothing that builds")


def connect() -> str:
    """How a client of this machine reaches the containers: `--connect`."""
    return ",".join(f"{name}={address}:{PORT}" for name, address in ADDRESSES.items())


async def main() -> None:
    make_certificates(ADDRESSES)
    make_image()
    await stand_up("--force-recreate")
    for domain in ADDRESSES:
        print(f"{domain}: {link_in_logs(container(domain)) or 'has an administrator'}")
    print(f"kith signup LINK --connect {connect()} --ca {CERTIFICATES / 'ca.pem'}")
    print(f"docker-compose -p {PROJECT} -f {COMPOSE_FILE} down --volumes  # when done")


if __name__ == "__main__":
    asyncio.run(main())
