"""The room of those who run a node: what is found, judged in words. It does no I/O."""
