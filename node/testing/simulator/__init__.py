"""People, their devices and their nodes in one process and in virtual time, by a seed.

A `Story` is what happens to them, step by step (`story`); `play` tells it to the real client core
and the real rooms over dictionaries, and says what is wrong at its end (`world`, `judging`). A
story that goes wrong is made as short as it stays wrong (`shrinking`).
"""

from node.testing.simulator.grouped import random_group_story
from node.testing.simulator.shrinking import shrunk
from node.testing.simulator.story import Story
from node.testing.simulator.telling import random_story
from node.testing.simulator.world import play

__all__ = ["Story", "play", "random_group_story", "random_story", "shrunk"]
