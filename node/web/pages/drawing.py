"""The templates of the pages, loaded with the first page that is drawn: no start waits for them."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import jinja2

HERE = Path(__file__).parent


class Drawing:
    """Templates and what all of them know."""

    def __init__(self, known: Mapping[str, Any]) -> None:
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        # The sheet's address changes with its content, so that browsers may keep it.
        style = sha256((HERE / "static" / "kith.css").read_bytes()).hexdigest()[:12]
        self._templates.globals.update(known, style=style)

    def draw(self, template: str, known: Mapping[str, Any]) -> str:
        """`template` with what is `known`."""
        return self._templates.get_template(template).render(known)
