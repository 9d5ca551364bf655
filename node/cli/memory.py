"""How the memory that is freed goes back to the system, where the C library is glibc."""

import ctypes
from contextlib import suppress

# From <malloc.h>. A piece of this size or larger is asked of the system by itself, and given back
# when it is freed. glibc begins so, but learns: from the first body of a mebibyte that is freed it
# takes such pieces from its heaps, where small ones that stay keep them from being given back.
# What uvloop asks for to read from TLS, 256 KiB each time, is smaller: three calls of the system
# for each request were an eighth of what a delivery cost.
M_MMAP_THRESHOLD, LARGE_BYTES = -3, 264 * 1024
# So much may lie free at the end of a heap, for the next read from TLS.
M_TRIM_THRESHOLD, FREE_BYTES = -1, 1024 * 1024
# Heaps, of which every thread may have its own: what one frees is of no use to another.
M_ARENA_MAX, HEAPS = -8, 2


def give_back_what_is_freed() -> None:
    """Set it for this process. A library that knows no such settings is left as it is."""
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)
        library.mallopt(M_TRIM_THRESHOLD, FREE_BYTES)
        library.mallopt(M_ARENA_MAX, HEAPS)
