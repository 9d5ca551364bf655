"""`make image-check`: the container as `docs/self-hosting.md` says to run it, put to the proof.

It is run with the very words of the page, given a name and a certificate, and then: doctor, a
person and a clip, kill -9, a new container upon the same data, a backup restored into an empty
volume, programs that read videos and want the network, and all video cases of the tests with the
image's ffmpeg. Needs what `tools/docker_lab` needs.
"""

import asyncio
import json
import os
import shlex
import shutil
import sys
from pathlib import Path

from node.client.kith import Kith
from node.errors import NodeError
from tests.clips import make_clip
from tools.docker_lab import (
    CERTIFICATES,
    FOLDER,
    IMAGE,
    PORT,
    link_in_logs,
    look_inside,
    make_certificates,
    make_image,
    run,
    tell,
)
from tools.lab import free_port
from tools.story import Seat, enter, until

NAME, AGAIN = "kith-check", "kith-check-again"
BACKUPS, SECRETS = "kith-check-backups", "kith-check-secrets"  # volumes, in place of two folders
DOMAIN = "check.test"
PAGE = Path("docs/self-hosting.md")
HOME = FOLDER / "check-home"
PASSPHRASE = "a passphrase of a test"
# Inside the environment of the tests: what a child of the node may read.
FFMPEG = Path(sys.prefix) / "ffmpeg-of-the-image"
# What a lab cannot have: a name in the DNS, other servers, an older backup.
OF_THE_CONTAINER = {
    "process", "port", "readyz", "python", "umask", "descriptors", "memory", "database",
    "integrity", "migrations", "blobs", "node-key", "worker", "arrivals", "deliveries",
    "failed-jobs", "ffmpeg", "ffmpeg-parts", "media-bounds",
}  # fmt: skip
# A profile that takes away what keeps a program off the network: 22 is PR_SET_SECCOMP.
NOTHING_KEEPS_OFF = {
    "defaultAction": "SCMP_ACT_ALLOW",
    "syscalls": [
        {"names": ["unshare", "seccomp"], "action": "SCMP_ACT_ERRNO"},
        {"names": ["prctl"], "action": "SCMP_ACT_ERRNO",
         "args": [{"index": 0, "value": 22, "op": "SCMP_CMP_EQ"}]},
    ],
}  # fmt: skip
REACHES = """
import asyncio, pathlib, socket, sys
from node.media import bounds
script = pathlib.Path("/tmp/reaches.py")
script.write_text('''
import socket
try:
    socket.create_connection(("127.0.0.1", PORT), 5)
    print("reached")
except OSError as error:
    print("nothing")
''')
child = bounds.run(bounds.python(script), script.parent, [], bounds.Caps(30, 30))
socket.create_connection(("127.0.0.1", PORT), 5).close()
print(asyncio.run(child).decode().strip())
"""


HOST_PORT = free_port()  # of whichever of the two runs: a person goes on where they were


def written(start: str) -> list[str]:
    """The words of the page's one command that begins so."""
    text = PAGE.read_text().replace("\\\n", " ")
    commands = [line.partition("  #")[0] for line in text.splitlines() if line.startswith(start)]
    assert len({*commands}) == 1, f"{PAGE} says {start!r} in {len(commands)} ways"
    return shlex.split(commands[0])


def renamed(words: list[str], changed: dict[str, str]) -> list[str]:
    """A command of the page with the names of the check."""
    assert changed.keys() <= {*words}, f"{PAGE} runs it in other words than {[*changed]}"
    return [changed.get(word, word) for word in words]


def as_here(words: list[str]) -> list[str]:
    """The page's word for the container, once: the program in it is called so as well."""
    at = words.index("kith")
    return [*words[:at], NAME, *words[at + 1 :]]


def documented(name: str, *more: str) -> list[str]:
    """The page's `docker run`, for a name of the check and a volume of that name."""
    changed = {
        "kith": name,
        "kith:/data": f"{name}:/data",
        "127.0.0.1:8420:8443": f"127.0.0.1:{HOST_PORT}:{PORT}",
        "KITH_ORIGIN=https://kith.example.org": f"KITH_ORIGIN=https://{DOMAIN}",
    }
    *words, image = renamed(written("docker run --detach "), changed)
    assert image == IMAGE
    return [*words, *with_certificate(), *more, image]


SECRETS_THERE = {"/etc/kith:/secrets:ro": f"{SECRETS}:/secrets:ro"}


def backing_up() -> list[str]:
    """The page's command for a backup of the node that runs."""
    changed = {"kith": NAME, "/backups:/backups": f"{BACKUPS}:/backups"}
    return renamed(written("docker run --rm --volumes-from "), changed | SECRETS_THERE)


def restoring() -> list[str]:
    """The page's command for a restore into an empty volume."""
    changed = {
        "kith-again:/data": f"{AGAIN}:/data",
        "/backups:/backups:ro": f"{BACKUPS}:/backups:ro",
    }
    return renamed(written("docker run --rm --volume kith-again:"), changed | SECRETS_THERE)


def with_certificate() -> list[str]:
    """For a node that speaks TLS by itself; `make_certificates` made what is mounted."""
    files = {"CERT": f"{DOMAIN}.pem", "KEY": f"{DOMAIN}.key"}
    variables = [f"KITH_TLS_{kind}_FILE=/certificates/{file}" for kind, file in files.items()]
    variables.append("KITH_EXTRA_CA_FILE=/certificates/ca.pem")
    mounted = ["--volume", f"{CERTIFICATES.resolve()}:/certificates:ro"]
    return [*mounted, *(word for one in variables for word in ("--env", one))]


def inside(*command: str) -> str:
    return run("docker", "exec", NAME, *command).stdout


async def healthy(name: str = NAME) -> None:
    async def so() -> bool:
        status = run("docker", "inspect", "-f", "{{.State.Health.Status}}", name)
        return status.stdout.strip() == "healthy"

    await until(f"{name} is healthy", so)


def clean() -> None:
    for name in (NAME, AGAIN):
        run("docker", "rm", "--force", name, check=False)
    for name in (NAME, AGAIN, BACKUPS, SECRETS):
        run("docker", "volume", "rm", "--force", name, check=False)


def bounded() -> None:
    """What the engine holds it to is what the page says."""
    found = json.loads(run("docker", "inspect", "-f", "{{json .HostConfig}}", NAME).stdout)
    assert found["Memory"] == 2 * 2**30 and found["PidsLimit"] == 256
    assert found["ReadonlyRootfs"] and found["CapDrop"] == ["ALL"]
    assert "no-new-privileges" in found["SecurityOpt"] and not found["Privileged"]


def doctored() -> None:
    """Nothing that is the container's own matter is wrong, or worth a look."""
    done = run("docker", "exec", NAME, "kith", "doctor", "--json", check=False)
    findings = {one["check"]: one for one in json.loads(done.stdout)}
    assert findings.keys() >= OF_THE_CONTAINER, OF_THE_CONTAINER - findings.keys()
    for check in OF_THE_CONTAINER:
        assert findings[check]["state"] == "ok", findings[check]
    others = sorted(name for name, one in findings.items() if one["state"] not in ("ok", "unknown"))
    tell(f"doctor finds the container well; of the lab it says: {', '.join(others) or 'nothing'}")


def alice() -> Kith:
    """She, by the session from before."""
    return Kith.load(HOME, passphrase="the vault of alice")


async def seen(post: str) -> None:
    async with alice() as she:
        assert await she.watch(post, HOME / "seen.mp4")


def make_folders() -> None:
    """What the page has made before the first backup; by root, as there."""
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("install ")]
    script = "\n".join(["set -e; cd /tmp", f"echo '{PASSPHRASE}' > passphrase", *lines])
    places = ["--volume", f"{BACKUPS}:/backups", "--volume", f"{SECRETS}:/etc/kith"]
    run("docker", "run", "--rm", "--user", "0", *places, "--entrypoint", "sh", IMAGE, "-c", script)


async def restored(post: str) -> None:
    """A backup made beside the running container, restored into an empty volume and served."""
    make_folders()
    tell(run(*backing_up()).stdout.strip())
    again = run(*backing_up(), check=False)
    assert again.returncode == 1 and "is there already" in again.stderr, again
    run("docker", "stop", NAME)
    tell(run(*restoring()).stdout.strip().partition("\n")[0])
    again = run(*restoring(), check=False)
    assert again.returncode == 1 and "not empty" in again.stderr, again
    run(*documented(AGAIN))
    await healthy(AGAIN)
    await seen(post)
    tell("restored into an empty volume: she sees her video")


async def fails_closed(clip: Path) -> None:
    """Where nothing keeps a program off the network, no video is read, and it is said."""
    profile = FOLDER / "profile.json"
    profile.write_text(json.dumps(NOTHING_KEEPS_OFF))
    run("docker", "rm", "--force", AGAIN)
    run(*documented(AGAIN, "--security-opt", f"seccomp={profile.resolve()}"))
    await healthy(AGAIN)
    done = run("docker", "exec", AGAIN, "kith", "doctor", "--json", check=False)
    (found,) = (one for one in json.loads(done.stdout) if one["check"] == "media-bounds")
    assert done.returncode == 1 and found["state"] == "wrong", found
    async with alice() as she:
        try:
            await she.post_video(clip, audience="friends", name="read by nobody")
        except NodeError as error:
            tell(f"where nothing keeps it off the network: {error}")
            return
    raise AssertionError("a video was read by a program that has the network")


def video_cases() -> None:
    """The tests of media, by the ffmpeg of the image."""
    shutil.rmtree(FFMPEG, ignore_errors=True)
    for part in ("bin/ffmpeg", "lib"):
        (FFMPEG / part).parent.mkdir(parents=True, exist_ok=True)
    made = run("docker", "create", IMAGE).stdout.strip()
    try:
        run("docker", "cp", f"{made}:/opt/kith/bin/ffmpeg", str(FFMPEG / "bin"))
        (FFMPEG / "lib").mkdir()
        listing = run("docker", "run", "--rm", "--entrypoint", "sh", IMAGE, "-c",
                      "ls /opt/kith/lib/*.so.*").stdout  # fmt: skip
        for library in listing.split():
            run("docker", "cp", f"{made}:{library}", str(FFMPEG / "lib"))
    finally:
        run("docker", "rm", made)
    environ = os.environ | {"KITH_FFMPEG": str(FFMPEG / "bin" / "ffmpeg")}
    tested = run(sys.executable, "-m", "pytest", "-q", "-n", "0", "tests/media", "tests/video",
                 env=environ)  # fmt: skip
    tell(f"with the image's ffmpeg: {tested.stdout.strip().splitlines()[-1]}")


async def main() -> None:
    clean()
    shutil.rmtree(HOME, ignore_errors=True)
    make_certificates([DOMAIN])
    make_image()
    clip = make_clip(FOLDER / "check.mp4", seconds=4, size="1280x720")
    try:
        run(*documented(NAME))
        await healthy()
        bounded()
        look_inside(NAME)
        doctored()
        said = inside("python", "-c", REACHES.replace("PORT", str(PORT)))
        assert said.strip() == "nothing", said
        tell("a program that reads a video reaches nobody, not even the node")
        link = link_in_logs(NAME)
        assert link is not None, "the first start prints an invite link"
        assert "/invite/" in run(*as_here(written("docker exec kith kith invite"))).stdout
        seat = Seat(link, f"{DOMAIN}=127.0.0.1:{HOST_PORT}", str(CERTIFICATES / "ca.pem"), HOME)
        async with await enter(seat, "alice") as she:
            video = await she.post_video(clip, audience="friends", name="A clip")
            assert video.post
        await seen(video.post)
        tell("she signed up, and her clip is there")
        run("docker", "kill", "--signal", "KILL", NAME)
        run("docker", "start", NAME)
        await healthy()
        await seen(video.post)
        tell("killed and started again: it is there")
        for words in ("docker stop kith", "docker rm kith"):
            run(*as_here(written(words)))
        run(*documented(NAME))
        await healthy()
        await seen(video.post)
        tell("a new container upon the same volume: it is there")
        await restored(video.post)
        await fails_closed(clip)
    except BaseException:
        for name in (NAME, AGAIN):
            sys.stderr.write(run("docker", "logs", "--tail", "20", name, check=False).stderr)
        raise
    finally:
        clean()
    video_cases()
    tell("the image is as the page says")


if __name__ == "__main__":
    asyncio.run(main())
