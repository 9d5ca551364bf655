"""What a device keeps at its home node, sealed (spec ARC-1 to ARC-6). No server page reaches it."""
