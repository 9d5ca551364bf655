"""Pure: a story that goes wrong is made short: without what it goes wrong without."""

from collections.abc import Callable

from msgspec.structs import replace

from node.testing.simulator.story import Step, Story

MOST_TRIES = 200


def shrunk(story: Story, goes_wrong: Callable[[Story], bool], tries: int = MOST_TRIES) -> Story:
    """A story from which no step can be left out; fewer `tries` leave more of it."""
    size = max(len(story.steps) // 2, 1)
    while tries > 0:
        shorter, tries = _without(story, size, goes_wrong, tries)
        if len(shorter.steps) < len(story.steps):
            story = shorter
            size = max(min(size, len(story.steps) // 2), 1)
        elif size == 1:
            break
        else:
            size //= 2
    return story


def _without(
    story: Story, size: int, goes_wrong: Callable[[Story], bool], tries: int
) -> tuple[Story, int]:
    """The story with each run of `size` steps left out that it goes wrong without."""
    at = 0
    while at < len(story.steps) and tries > 0:
        rest: tuple[Step, ...] = story.steps[:at] + story.steps[at + size :]
        tries -= 1
        if goes_wrong(shorter := replace(story, steps=rest)):
            story = shorter
        else:
            at += size
    return story, tries
