"""Sealed messages: what a server may know of them, and (in `mls`) what only devices do."""
