"""The command `kith`: a table of command → page, loaded when called.

So `kith friends` loads no database and `kith serve` no client. Each page has
`main(argv: list[str]) -> int`, where `argv` is what follows the command.
"""
