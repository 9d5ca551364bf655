"""`kith serve`: run a node until it is told to stop."""

import gc
import signal
import sys
from importlib import import_module
from threading import Thread
from typing import Any

from node.cli import logs
from node.cli.probes import QuickCheck, check_not_lost, check_writable, give_up_room
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


def _load() -> tuple[Any, Any]:
    """The pages that serve and that migrate.

    Only now: what cannot be run is said before the half second that this takes. What is loaded
    stays, so that the collector has nothing to do meanwhile: one walk takes a twentieth of it.
    """
    gc.disable()
    try:
        # aiohttp reads the machine's certificates when it is loaded, which needs no Python.
        beside = Thread(target=import_module, args=("aiohttp",))
        beside.start()
        migrate = import_module("node.cli.migrate")
        beside.join()
        return import_module("node.cli.serving"), migrate
    finally:
        gc.freeze()
        gc.enable()


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
            serving, migrate = _load()
            whole.check()
            migrate.migrate(config, "pre", found.new)
            serving.run(config, tls, whole)
    except NodeError as error:
        sys.stderr.write(f"kith serve: {error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"kith serve: {error.strerror or error}: {error.filename or ''}\n")
        return 1
    except KeyboardInterrupt:
        return STOPPED
    return 0
