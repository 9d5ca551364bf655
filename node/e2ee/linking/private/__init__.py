"""How the two devices grow sure of each other, and what one grants the other."""
