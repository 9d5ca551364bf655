"""Pure: canonical JSON, RFC 8785 (JCS): the bytes that proofs sign (spec FED-2.3)."""

import rfc8785

from node.errors import Malformed
from node.wire.json import Json


def canonical(value: Json) -> bytes:
    """`value` in the one form of RFC 8785.

    Raises `Malformed` (FED-2.3) for what that form cannot express without change: integers beyond
    2^53 - 1, NaN and infinities, lone surrogates, names that are not text, bottomless nesting.
    """
    try:
        return rfc8785.dumps(value)
    except (ValueError, TypeError, RecursionError):
        raise Malformed("FED-2.3", "the value has no canonical form") from None
