"""Our client API: what a person's devices, bots and pages say to their home node."""
