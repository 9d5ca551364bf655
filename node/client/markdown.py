"""Pure: the small Markdown of sealed messages, as HTML (spec E2E-7.2).

Each sign is looked at once: at most four marks are open at a time, and what is not closed stays as
it was written.
"""

from html import escape
from typing import Final

MARKS: Final = (("**", "strong"), ("~~", "del"), ("*", "em"), ("_", "em"))
FENCE: Final = "```"
_SPACE: Final = " \t\n"


def html_of(text: str) -> str:
    """`text` as HTML; whatever stands in it."""
    lines, html, at = text.split("\n"), list[str](), 0
    while at < len(lines):
        end = _block_end(lines, at)
        if lines[at] == FENCE and end:
            html.append(f"<pre>{_escaped(chr(10).join(lines[at + 1 : end - 1]))}</pre>")
        elif lines[at].startswith(">"):
            quoted = (line[1:].removeprefix(" ") for line in lines[at:end])
            html.append(f"<blockquote>{'<br>'.join(map(_inline, quoted))}</blockquote>")
        else:
            end = at + 1
            html.append(_inline(lines[at]))
            if end < len(lines) and not _begins_block(lines, end):
                html.append("<br>")
        at = end
    return "".join(html)


def plain_html(text: str) -> str:
    """The words alone, with their lines."""
    return _escaped(text).replace("\n", "<br>")


def is_marked(text: str) -> bool:
    """Whether something of the Markdown stands in it."""
    return html_of(text) != plain_html(text)


def _escaped(text: str) -> str:
    return escape(text, quote=False)


def _begins_block(lines: list[str], at: int) -> bool:
    return lines[at].startswith(">") or (lines[at] == FENCE and _block_end(lines, at) > 0)


def _block_end(lines: list[str], at: int) -> int:
    """Behind the block that begins there; 0 for a fence that nothing closes."""
    end = at + 1
    if lines[at] == FENCE:
        # Only the last fence of a text may be open: what comes behind it is then looked at twice.
        while end < len(lines) and lines[end] != FENCE:
            end += 1
        return end + 1 if end < len(lines) else 0
    while end < len(lines) and lines[end].startswith(">"):
        end += 1
    return end


def _is_letter(sign: str) -> bool:
    return sign > "\x7f" or sign.isalnum()


def _opens(mark: str, before: str, after: str) -> bool:
    return after != mark and not _is_letter(before)


def _inline(line: str) -> str:
    """One line: marks within it."""
    pieces: list[str] = []
    opened: list[tuple[str, int]] = []  # a mark, and where its sign is among the pieces
    at, begin, no_code = 0, 0, False
    while at < len(line):
        if line[at] == "`" and not no_code:
            end = line.find("`", at + 1)
            no_code = end < 0
            if end > at + 1:
                pieces += [_escaped(line[begin:at]), f"<code>{_escaped(line[at + 1 : end])}</code>"]
                at = begin = end + 1
                continue
        mark, tag = next((one for one in MARKS if line.startswith(one[0], at)), ("", ""))
        before, after = line[at - 1 : at] if at else " ", line[at + len(mark) : at + len(mark) + 1]
        is_wide, after = len(mark) == 2, after or " "
        known = next((place for place, one in enumerate(opened) if one[0] == mark), None)
        if mark and known is not None:
            is_empty = at == begin and opened[known][1] == len(pieces) - 1
            if before not in _SPACE and not is_empty and (is_wide or not _is_letter(after)):
                pieces += [_escaped(line[begin:at])]
                _close(pieces, opened, known, tag)
                at = begin = at + len(mark)
                continue
        elif mark and after not in _SPACE and (is_wide or _opens(mark, before, after)):
            pieces += [_escaped(line[begin:at]), mark]
            opened.append((mark, len(pieces) - 1))
            at = begin = at + len(mark)
            continue
        at += len(mark) or 1
    return "".join([*pieces, _escaped(line[begin:])])


def _close(pieces: list[str], opened: list[tuple[str, int]], known: int, tag: str) -> None:
    """What was opened since stays a sign."""
    pieces[opened[known][1]] = f"<{tag}>"
    pieces.append(f"</{tag}>")
    del opened[known:]
