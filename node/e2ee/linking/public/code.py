"""Pure: the code of a link, which is typed, and the link with the commitment (spec LNK-2)."""

import base64
import re
from dataclasses import dataclass
from typing import Final

from node.errors import Malformed
from node.ports import Entropy

LENGTH: Final = 8
DRAWN_BYTES: Final = 5
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O nor U
_ALIKE: Final = str.maketrans("ILO", "110")
_BLANKS: Final = " \t\r\n"
_BETWEEN: Final = re.compile(rf"[{_BLANKS}-]+")
_ORIGIN: Final = (
    r"(?:https://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])|http://(?:localhost|127\.0\.0\.1|\[::1\]))"
    r"(?::[0-9]{1,5})?"
)
# The last letter of 32 bytes has two bits that say nothing: they are zero.
_COMMIT: Final = r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]"
_LINK: Final = re.compile(rf"({_ORIGIN})/link#1\.([{ALPHABET}]{{{LENGTH}}})\.({_COMMIT})")


@dataclass(frozen=True, slots=True)
class Found:
    """What a person typed or scanned. By a code alone nobody knows a server nor a commitment."""

    code: str
    origin: str = ""
    commit: bytes = b""

    @property
    def is_link(self) -> bool:
        return bool(self.commit)


def new_code(entropy: Entropy) -> str:
    """40 bits by chance."""
    drawn = int.from_bytes(entropy.draw(DRAWN_BYTES), "big")
    return "".join(ALPHABET[drawn >> shift & 31] for shift in range(35, -1, -5))


def spoken(code: str) -> str:
    """The code in two halves, to be read out."""
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


def is_code(text: str) -> bool:
    """Whether that is a code as it stands between programs (LNK-2.1)."""
    return len(text) == LENGTH and all(letter in ALPHABET for letter in text)


def read_code(text: str) -> str:
    """The code that somebody typed. Raises `Malformed` (LNK-2.2)."""
    # Some letters of other scripts are these in upper case.
    typed = _BETWEEN.sub("", text) if text.isascii() else ""
    code = typed.upper().translate(_ALIKE)
    if not is_code(code):
        raise Malformed("LNK-2.2", f"a code has {LENGTH} letters and digits, none of them a U")
    return code


def link(origin: str, code: str, commit: bytes) -> str:
    """What a QR code says. Behind the # nothing is ever sent to a server (LNK-2.3)."""
    written = base64.urlsafe_b64encode(commit).decode().rstrip("=")
    return f"{origin}/link#1.{code}.{written}"


def read_link(text: str) -> Found:
    """The link that somebody scanned or pasted. Raises `Malformed` (LNK-2.4)."""
    found = _LINK.fullmatch(text.strip(_BLANKS))
    if found is None:
        reason = "that is not the whole link of a device: scan it, or copy all of it"
        raise Malformed("LNK-2.4", reason)
    origin, code, commit = found.groups()
    return Found(code, origin, base64.urlsafe_b64decode(f"{commit}="))


def read_code_or_link(text: str) -> Found:
    """Either. Raises `Malformed` (LNK-2.2, LNK-2.4)."""
    return read_link(text) if "/" in text else Found(read_code(text))
