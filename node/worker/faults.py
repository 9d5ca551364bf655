"""What the log says of work that failed: with a traceback where that is a fault of ours."""

import logging

from node.errors import NoRoom


def tell(log: logging.Logger, event: str, error: BaseException, **about: object) -> None:
    """A full disk is none: what was to be done waits for room (FED-12.8)."""
    if isinstance(error, NoRoom):
        log.warning("the work waits: no room left on the disk of the database", extra=about)
    else:
        log.error(event, extra=about, exc_info=error)
