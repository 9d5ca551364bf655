"""What peers say to each other: a closed set of activities, one page per family of verbs.

`parse(document)` and `render(activity)` are the two ways through this door. What does not parse
is refused with its clause; what parses is exactly one of the types named in `Activity`.
"""

from node.federation.activities.posts import parse_note, render_note
from node.federation.activities.shapes import Activity
from node.federation.activities.table import parse, render
from node.federation.activities.video import parse_video, render_video

__all__ = [
    "Activity",
    "parse",
    "parse_note",
    "parse_video",
    "render",
    "render_note",
    "render_video",
]
