"""The command `kith`, also as `python -m node`."""

import sys

from node.cli.streams import whole
from node.cli.table import run


def main() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(whole(run, sys.argv[1:]))


if __name__ == "__main__":
    main()
