"""One page per migration, in the order of their numbers."""
