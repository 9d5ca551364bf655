"""The app as it was built: its files, ready to be sent (spec APP-1)."""

import gzip
import mimetypes
import re
from functools import cached_property
from hashlib import sha256
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "static" / "app"
SHELL = "index.html"
HASHED = re.compile(r"-[A-Z0-9]{8}\.[a-z]+$")  # another content has another name
KEPT_FOR_GOOD = "public, max-age=31536000, immutable"
ASKED_AGAIN = "no-cache"
WORTH_IT = 512  # shorter bodies are sent as they are
TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    "": "text/plain; charset=utf-8",
}


class BundledFile:
    """One file. It is compressed once, when somebody wants it so for the first time."""

    def __init__(self, name: str, body: bytes) -> None:
        self.body = body
        self.etag = f'"{sha256(body).hexdigest()[:32]}"'
        suffix = Path(name).suffix
        self.media_type = TYPES.get(suffix) or mimetypes.types_map.get(
            suffix, "application/octet-stream"
        )
        self.cache = KEPT_FOR_GOOD if HASHED.search(name) else ASKED_AGAIN

    @cached_property
    def compressed(self) -> bytes | None:
        """The same by gzip; None where that gains nothing."""
        if len(self.body) < WORTH_IT or not self.media_type.startswith(
            ("text/", "image/svg", "application/manifest")
        ):
            return None
        return gzip.compress(self.body, 9, mtime=0)


def read_bundle(folder: Path = FOLDER) -> dict[str, BundledFile]:
    """Every file by its name."""
    return {
        page.name: BundledFile(page.name, page.read_bytes())
        for page in sorted(folder.iterdir())
        if page.is_file()
    }
