"""`kith serve`: run a node until it is told to stop."""

import sys
from importlib import import_module

from node.cli import child, logs
from node.cli.starting import (
    check_parts,
    check_port,
    holding,
    options,
    read_config,
    tls_context,
)
from node.errors import NodeError

STOPPED = 130  # by Ctrl-C before it served, as shells say it


def main(argv: list[str]) -> int:
    """Run a node; 1 with a sentence when it cannot be run."""
    try:
        config = read_config(options("serve", __doc__).parse_args(argv))
        logs.configure(config.log_level)
        check_parts(config)
        tls = tls_context(config)
        # Processes over one PostgreSQL keep apart by leases; over SQLite there is only one.
        with holding(config, alone=config.database_url.startswith("sqlite")):
            check_port(config)
            first = child.begin(config, "pre") if child.is_first_start(config) else None
            # Loaded only now: it takes as long as the child, which works beside it.
            serving = import_module("node.cli.serving")
            if first is None:
                import_module("node.cli.migrate").migrate(config, "pre")
            else:
                child.end(first)
            serving.run(config, tls)
    except NodeError as error:
        sys.stderr.write(f"kith serve: {error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"kith serve: {error.strerror or error}: {error.filename or ''}\n")
        return 1
    except KeyboardInterrupt:
        return STOPPED
    return 0
