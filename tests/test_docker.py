"""The container's pages agree with the node that is put into it. No engine is needed here."""

import re
from fractions import Fraction
from pathlib import Path

from msgspec.structs import replace

from node import config
from node.cli import serving
from node.media import transcode
from node.media.bounds import Caps
from node.media.colours import HDR
from node.video.cut import Part
from node.video.renditions import FORMATS, Colour, Plan
from node.worker import loop
from tools.docker_lab import ADDRESSES, IMAGE, PORT, needed_decoders, usual_base
from tools.image_check import backing_up, documented, restoring

WHOLE = Part(start=0, seconds=6, cover=1, is_whole=True)
ROOT = Path(__file__).resolve().parents[1]
DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text()
COMPOSE = (ROOT / "docker" / "compose.yml").read_text()
PYPROJECT = (ROOT / "pyproject.toml").read_text()
MAKE_FFMPEG = (ROOT / "docker" / "make-ffmpeg").read_text()


def enabled(kind: str) -> set[str]:
    """What the small ffmpeg is built with."""
    words = dict(re.findall(r"^(\w+)=(\S+)$", MAKE_FFMPEG, re.M))
    lists = re.findall(rf'--enable-{kind}="?([^"\s]+)', MAKE_FFMPEG)
    filled = (re.sub(r"\$(\w+)", lambda found: words[found[1]], one) for one in lists)
    return {name for one in filled for name in one.split(",")}


def after(command: list[str], flag: str) -> list[str]:
    return [command[at + 1] for at, word in enumerate(command) if word == flag]


# By their readers ffmpeg tells apart the streams of MPEG-TS whose type does not say what they are.
TOLD_APART = {
    "aac", "ac3", "dts", "eac3", "h264", "hevc", "loas", "m4v", "mp3", "mpegvideo", "truehd",
}  # fmt: skip


def test_the_small_ffmpeg_reads_all_that_the_node_takes_and_nothing_else() -> None:
    assert enabled("decoder") == needed_decoders()
    assert enabled("demuxer") == set(FORMATS.values()) | TOLD_APART
    (protocols,) = after(list(transcode.QUIET), "-protocol_whitelist")
    assert enabled("protocol") == set(protocols.split(","))


def test_the_small_ffmpeg_writes_what_the_node_asks_for() -> None:
    plan = Plan("mov", 1280, 720, Fraction(30), 2_500_000, 0, 1, WHOLE)
    to_mp4, to_hls = transcode.to_mp4("ffmpeg", "up", plan), transcode.to_hls("ffmpeg")
    assert enabled("encoder") == {*after(to_mp4, "-c:v"), *after(to_mp4, "-c:a")}
    assert enabled("muxer") == {after(to_mp4, "-f")[-1], after(to_hls, "-f")[-1]}


def test_the_small_ffmpeg_has_each_filter_for_each_kind_of_source() -> None:
    plan = Plan("mov", 1280, 720, Fraction(30), 2_500_000, 0, 1, WHOLE)
    colours = (
        Colour(),
        Colour(matrix=0, rgb=True),
        Colour(primaries=9, transfer=1, matrix=9),
        *(Colour(9, transfer, 9) for transfer in HDR),
    )
    asked = {
        one.partition("=")[0]
        for colour in colours
        for interlaced in (False, True)
        for one in transcode.picture(replace(plan, colour=colour, interlaced=interlaced))
    }
    assert asked >= {"bwdif", "zscale", "tonemap", "scale"}
    # Sound is brought to two channels by filters that ffmpeg adds by itself.
    assert enabled("filter") == {*asked, "aformat", "aresample"}
    assert "--enable-libzimg" in MAKE_FFMPEG, "the library behind zscale"
    assert re.search(r"\blibzimg-dev\b", MAKE_FFMPEG)


def test_the_small_ffmpeg_hears_what_broadcast_and_dash_cameras_record() -> None:
    assert enabled("decoder") >= {"mp2", "mp2float", "adpcm_ima_wav", "adpcm_ms", "adpcm_ima_qt"}


def test_what_is_copied_is_there_and_is_let_into_the_build() -> None:
    let_in = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.M)
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.M)
    sources = {source for line in copied for source in line.split()}
    assert sources == set(let_in)
    assert all((ROOT / source).exists() for source in sources)


def variables(text: str) -> dict[str, str]:
    """The settings that a page gives to the node; it refuses names that it does not know."""
    return dict(re.findall(r"^ +(KITH_\w+): (.+)$", text, re.M))


def of_image() -> dict[str, str]:
    (env,) = re.findall(r"^ENV PATH=((?:.*\\\n)*.*)$", DOCKERFILE, re.M)
    return dict(re.findall(r"(KITH_\w+)=(\S+)", env))


def test_the_image_gives_the_node_settings_that_it_knows() -> None:
    settings = config.load({**of_image(), "KITH_ORIGIN": "https://kith.example"})
    assert (settings.host, settings.port, settings.data_dir) == ("0.0.0.0", PORT, "/data")
    assert re.findall(r"^EXPOSE (.+)$", DOCKERFILE, re.M) == [str(settings.port)]
    assert re.findall(r"^VOLUME (.+)$", DOCKERFILE, re.M) == [settings.data_dir]


def test_the_two_of_the_lab_find_each_other() -> None:
    services = dict(re.findall(r"^  (alpha|beta):\n((?:    .*\n)+)", COMPOSE, re.M))
    assert [f"{name}.test" for name in services] == list(ADDRESSES)
    for name, text in services.items():
        settings = config.load(of_image() | variables(text))
        (address,) = re.findall(r"ipv4_address: ([\d.]+), aliases", text)
        assert settings.origin == f"https://{name}.test"
        assert address == ADDRESSES[f"{name}.test"]
        (other,) = set(ADDRESSES) - {f"{name}.test"}
        assert settings.resolve == {other: f"{ADDRESSES[other]}:{settings.port}"}
        assert settings.extra_ca_file and settings.tls_cert_file and settings.tls_key_file


def test_a_node_has_time_to_finish_before_it_is_killed() -> None:
    (given,) = re.findall(r"stop_grace_period: (\d+)s", COMPOSE)
    # First the work under way, then the answers under way.
    assert float(given) > loop.GRACE_SECONDS + serving.GRACE_SECONDS


def test_the_usual_base_has_a_python_that_the_node_takes() -> None:
    (version,) = re.findall(r"^python:(\d+\.\d+)-slim", usual_base())
    (least,) = re.findall(r'^requires-python = ">=([\d.]+)"$', PYPROJECT, re.M)
    assert tuple(map(int, version.split("."))) >= tuple(map(int, least.split(".")))


def test_every_documented_container_is_bounded() -> None:
    """Memory for a node and a child that reads a video; processes for both, and no more."""
    page = (ROOT / "docs" / "self-hosting.md").read_text()
    (command,) = re.findall(r"^docker run --detach (?:.*\\\n)+.*$", page, re.M)
    given = dict(re.findall(r"--([a-z-]+)[ =](\S+)", command))
    assert int(given["memory"].removesuffix("g")) * 2**30 > Caps(1, 1).memory_bytes
    assert 64 <= int(given["pids-limit"]) <= 512
    assert {"cap-drop": "ALL", "security-opt": "no-new-privileges"}.items() <= given.items()
    assert "--read-only" in command
    assert f"mem_limit: {given['memory']}" in COMPOSE
    assert f"pids_limit: {given['pids-limit']}" in COMPOSE


def test_the_image_check_runs_the_container_in_the_words_of_the_page() -> None:
    command = documented("a-name", "--env", "KITH_LOG_LEVEL=debug")
    assert command[:2] == ["docker", "run"] and command[-1] == IMAGE
    assert {"--read-only", "a-name:/data", "KITH_LOG_LEVEL=debug"} <= set(command)
    assert not [word for word in command if "kith.example.org" in word]
    for command in (backing_up(), restoring()):
        assert command[:3] == ["docker", "run", "--rm"] and IMAGE in command
        assert command[-2:] == ["--passphrase-file", "/secrets/backup-passphrase"]
