"""`make bench`: the figures of a node, each beside the raw thing it is held against, in one run.

- `table`     every row: its name, what it says, its unit and what is to be reached
- `figures`   what a row is made of, and what `build/bench.json` holds
- one page per group of rows (`talk`, `door`, `application`, ...): measures a node and the raw thing
- `raw_*`     the raw things that need a process of their own
- `ground`    nodes, people and other servers that the groups stand on
"""
