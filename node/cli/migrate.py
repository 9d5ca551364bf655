"""`kith migrate`: bring the database to this version, all phases; every process is stopped."""

import sys

from node.cli.serve import migrate, read_config
from node.cli.starting import holding
from node.errors import NodeError


def main(argv: list[str]) -> int:
    """0 when the database is at this version afterwards."""
    try:
        config = read_config(argv, "migrate")
        with holding(config, alone=True):
            migrate(config, "post")
    except NodeError as error:
        sys.stderr.write(f"kith migrate: {error}\n")
        return 1
    sys.stdout.write("the database is at this version\n")
    return 0
