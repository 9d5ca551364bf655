"""The structures that are published or kept by the node, and how they are checked."""
