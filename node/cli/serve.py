"""`kith serve`: run a node until it is told to stop."""

import gc
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

from node.cli import logs
from node.cli.probes import (
    QuickCheck,
    check_not_lost,
    check_writable,
    give_up_room,
    is_missing,
)
from node.cli.starting import (
    check_parts,
    check_port,
    holding,
    options,
    read_config,
    tls_context,
)
from node.config import Config
from node.errors import NodeError

STOPPED = 130  # by Ctrl-C before it served, as shells say it


def _load(config: Config, new: bool, whole: QuickCheck) -> tuple[Any, Any]:
    """The page that serves, and the keys that a new node begins with.

    Only now: what cannot be run is said before the half second that this takes. What is loaded
    stays, so that the collector has nothing to do meanwhile: one walk takes a twentieth of it.
    What waits for the disk, or counts without Python, goes on beside it.
    """
    begins = is_missing(config)
    gc.disable()
    try:
        with ThreadPoolExecutor(2, "start") as beside:
            # aiohttp reads the machine's certificates when it is loaded, which needs no Python.
            server = beside.submit(import_module, "aiohttp")
            migrate = import_module("node.cli.migrate")
            schema = beside.submit(_prepare, migrate, config, new, whole)
            keys = import_module("node.store.keyring").RsaAhead() if begins else None
            serving = import_module("node.cli.serving")
            server.result()
            schema.result()
        return serving, keys
    finally:
        gc.freeze()
        gc.enable()


def _prepare(migrate: Any, config: Config, new: bool, whole: QuickCheck) -> None:
    """Give a database that is not damaged the schema of this program."""
    whole.check()
    migrate.migrate(config, "pre", new)


def main(argv: list[str]) -> int:
    """Run a node; 1 with a sentence when it cannot be run."""
    parser = options("serve", __doc__)
    parser.add_argument(
        "--new", action="store_true", help="begin anew where the database of a node is gone"
    )
    # Until there is something to reload; left as it is, it would end a start.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        found = parser.parse_args(argv)
        config = read_config(found)
        logs.configure(config.log_level)
        check_parts(config)
        tls = tls_context(config)
        # Processes over one PostgreSQL keep apart by leases; over SQLite there is only one.
        with holding(config, alone=config.database_url.startswith("sqlite")):
            check_port(config)
            check_not_lost(config, found.new)
            give_up_room(config)
            check_writable(config)
            whole = QuickCheck(config)
            serving, keys = _load(config, found.new, whole)
            serving.run(config, tls, whole, keys)
    except NodeError as error:
        sys.stderr.write(f"kith serve: {error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"kith serve: {error.strerror or error}: {error.filename or ''}\n")
        return 1
    except KeyboardInterrupt:
        return STOPPED
    return 0
