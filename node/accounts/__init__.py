"""Accounts: who lives on this node, how they came, and how they are logged in (spec ACC)."""
