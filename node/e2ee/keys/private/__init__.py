"""What only a person's devices do: make, sign, seal and open, and judge what peers show."""
