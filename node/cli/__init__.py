"""The command `kith`: a table of command → module, resolved when called."""
