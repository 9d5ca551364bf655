"""MPEG-2 of field pictures, made by hand: cameras and discs write them, no encoder at hand does.

Each picture is one field (ISO/IEC 13818-2, 6.3.10, `picture_structure`), of flat blocks of eight
by eight pixels: a white bar on black that moves from field to field.
"""

from collections.abc import Iterator

WIDTH, HEIGHT, STEP, BAR = 320, 256, 16, 40
BLACK, WHITE, GREY = 16, 235, 128
# Tables B.12 and B.13: how many bits the difference to the block before has.
LUMA = ("100", "00", "01", "101", "110", "1110", "11110", "111110", "1111110")
CHROMA = ("00", "01", "10", "110", "1110", "11110", "111110", "1111110", "11111110")
END_OF_BLOCK, ONE_FURTHER, INTRA = "10", "1", "1"


def bits(*values: tuple[int, int]) -> str:
    return "".join(f"{value:0{count}b}" for value, count in values)


def unit(code: int, said: str) -> bytes:
    """A start code and what it begins."""
    said += "0" * (-len(said) % 8)
    return bytes((0, 0, 1, code)) + bytes(
        int(said[at : at + 8], 2) for at in range(0, len(said), 8)
    )


def block(table: tuple[str, ...], level: int, before: int) -> str:
    """A flat block of `level`, behind one of `before`."""
    step = level - before
    size = abs(step).bit_length()
    value = step if step > 0 else step + (1 << size) - 1
    return table[size] + (f"{value:0{size}b}" if size else "") + END_OF_BLOCK


def slice_of(row: int, left: int) -> bytes:
    """A row of macroblocks, with the bar from `left` on."""
    said, luma = bits((1, 5), (0, 1)), GREY
    for at in range(0, WIDTH, 16):
        said += ONE_FURTHER + INTRA
        for x in (at, at + 8, at, at + 8):
            level = WHITE if left <= x < left + BAR else BLACK
            said += block(LUMA, level, luma)
            luma = level
        said += block(CHROMA, GREY, GREY) * 2
    return unit(row + 1, said)


def field(number: int, is_bottom: bool) -> Iterator[bytes]:
    yield unit(0x00, bits((number // 2 % 1024, 10), (1, 3), (0xFFFF, 16), (0, 1)))
    structure = 2 if is_bottom else 1
    yield unit(0xB5, bits((8, 4), (0xFFFF, 16), (0, 2), (structure, 2), (0, 10)))
    left = number * STEP % (WIDTH - BAR)
    for row in range(HEIGHT // 2 // 16):
        yield slice_of(row, left)


def stream(fields: int, is_bottom_first: bool) -> bytes:
    """So many fields, fifty in a second."""
    head = unit(
        0xB3,
        bits((WIDTH, 12), (HEIGHT, 12), (2, 4), (3, 4), (20_000, 18), (1, 1), (100, 10), (0, 3)),
    ) + unit(0xB5, bits((1, 4), (0x48, 8), (0, 1), (1, 2), (0, 4), (0, 12), (1, 1), (0, 8), (0, 8)))
    found = [head]
    for number in range(fields):
        if number and number % 24 == 0:
            found.append(head)
        found += field(number, (number % 2 == 1) != is_bottom_first)
    return b"".join(found) + bytes((0, 0, 1, 0xB7))
