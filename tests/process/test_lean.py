"""What `kith serve` does not load: an idle node has 120 MiB at most, and starts in a second."""

import subprocess
import sys

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
