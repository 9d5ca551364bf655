"""`kith serve`: run a node until it is told to stop."""

import sys
from importlib import import_module

from node.cli import child, logs
from node.cli.starting import check_port, holding, read_config, tls_context
from node.errors import NodeError


def main(argv: list[str]) -> int:
    """Run a node; 1 with a sentence when it cannot be run."""
    try:
        config = read_config(argv, "serve", __doc__)
        logs.configure(config.log_level)
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
    return 0
