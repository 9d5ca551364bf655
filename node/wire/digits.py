"""Pure: a whole number as others write it.

`int` also reads signs, spaces and the digits of any script, and raises for what is very long.
"""

MOST_DIGITS = 18  # what is longer is counted in 63 bits by nobody


def whole(text: str, most_digits: int = MOST_DIGITS) -> int | None:
    """The number of plain digits (0 to 9); None for anything else."""
    plain = text.isascii() and text.isdigit() and len(text) <= most_digits
    return int(text) if plain else None
