"""Write docs/configuration.md's table from the code: `.venv/bin/python tools/settings_page.py`."""

import dataclasses
from pathlib import Path
from typing import get_type_hints

from node.config import Config

PAGE = Path(__file__).resolve().parents[1] / "docs" / "configuration.md"
START, END = "<!-- settings -->", "<!-- end of settings -->"


def table() -> str:
    """The settings as a Markdown table."""
    rows = ["| setting | default | what it is for |", "|---|---|---|"]
    hints = get_type_hints(Config)
    for field in dataclasses.fields(Config):
        default = field.default if field.default is not dataclasses.MISSING else "{}"
        shown = (
            ""
            if default in ("", (), "{}")
            else f"`{str(default).lower() if hints[field.name] is bool else default}`"
        )
        rows.append(f"| `{field.name}` | {shown} | {field.metadata['help']} |")
    return "\n".join(rows)


def page(text: str) -> str:
    """`text` with its table made anew."""
    head, _, rest = text.partition(START)
    _, _, tail = rest.partition(END)
    return f"{head}{START}\n{table()}\n{END}{tail}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
