"""Registrable domains: what one owner may name at will counts as one."""

from functools import lru_cache
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList

MOST_REMEMBERED = 20_000
LONGEST_REMEMBERED = 256  # characters: strangers choose them, and 20,000 long ones are much


class Suffixes:
    """Registrable domains by the public suffix list, which is read when first asked (2 MiB).

    What was asked is remembered: a delivery asks for the same more than once.
    """

    def __init__(self) -> None:
        self._list: PublicSuffixList | None = None
        self._of_short_host = lru_cache(MOST_REMEMBERED)(self._of_host)
        self._of_short_id = lru_cache(MOST_REMEMBERED)(self._of_id)

    def registrable(self, host: str) -> str:
        """`example.co.uk` of `a.b.example.co.uk`; what has none stands for itself."""
        return (self._of_short_host if len(host) <= LONGEST_REMEMBERED else self._of_host)(host)

    def of_id(self, id: str) -> str:
        """That of the host that an id names."""
        return (self._of_short_id if len(id) <= LONGEST_REMEMBERED else self._of_id)(id)

    @property
    def is_read(self) -> bool:
        return self._list is not None

    def read(self) -> PublicSuffixList:
        """Read the list, which takes 30 ms: who must not wait has it done elsewhere."""
        # Without encoding its international names, which takes four times as long.
        self._list = PublicSuffixList(accept_encoded_idn=False)
        return self._list

    def _of_host(self, host: str) -> str:
        known = self._list if self._list is not None else self.read()
        # The name of a domain ends in letters; an address stands for itself.
        address = host[-1:].isdigit() or ":" in host
        found = None if address else known.privatesuffix(_in_letters(host))
        labels = host.split(".")
        return host if found is None else ".".join(labels[-(found.count(".") + 1) :])

    def _of_id(self, id: str) -> str:
        return self.registrable((urlsplit(id).hostname or "").lower())


def _in_letters(host: str) -> str:
    """An international name as the list has it; one that cannot be read stays as it is."""
    if "xn--" not in host:
        return host
    try:
        return host.encode("ascii").decode("idna")
    except UnicodeError:
        return host
