"""What `kith serve` does not load and keep: an idle node has 120 MiB, and starts in a second."""

import subprocess
import sys

import pytest

# Probe and transcoding, migrations and the person's side run in processes of their own.
ELSEWHERE = (
    *("av", "alembic", "blurhash", "imageio_ffmpeg", "node.client", "numpy", "rich", "typer"),
    "sqlalchemy.dialects.postgresql",  # with SQLite
)


def test_a_node_loads_nothing_that_works_elsewhere() -> None:
    code = (
        "import sys, node.cli.serve, node.cli.serving; "
        f"print([m for m in sys.modules if m in {ELSEWHERE!r} or m.startswith('node.client.')])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


LARGE = """
import ctypes
from node.cli.memory import give_back_what_is_freed

class Info(ctypes.Structure):
    names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
    _fields_ = [(name, ctypes.c_size_t) for name in names.split()]

library = ctypes.CDLL(None)
library.mallinfo2.restype = Info
SET
before = library.mallinfo2().hblkhd
bytes(2**20)  # freed at once, from which glibc learns
kept = bytes(SIZE)
print(library.mallinfo2().hblkhd - before >= SIZE)
"""


@pytest.mark.parametrize(
    ("call", "size", "apart"),
    [
        ("give_back_what_is_freed()", 2**20, "True"),
        ("", 2**20, "False"),
        # As much as uvloop asks for at each read from TLS: not of the system each time.
        ("give_back_what_is_freed()", 256 * 1024, "False"),
    ],
)
def test_large_pieces_are_given_back_when_they_are_freed(call: str, size: int, apart: str) -> None:
    script = LARGE.replace("SET", call).replace("SIZE", str(size))
    said = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == apart
