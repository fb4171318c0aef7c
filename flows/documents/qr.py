"""The QR code that leads from a printed letter to the page that confirms it, as a PNG.

segno makes the symbol. All addresses of one system differ in their last characters only, and with version, error
correction and mask fixed a QR symbol is linear: the symbol of an address is the symbol of another one, with the
modules of every changed character flipped. So segno is asked once per bit and place, not once per letter
(half a millisecond, more than the rest of a letter takes).
"""

import struct
import zlib
from functools import lru_cache, reduce
from operator import xor

import segno

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Characters nobody mistakes for one another on paper."""
CODE_LENGTH = 12
"""32¹² codes: a billion guesses a second would find a given one in 36 years."""

DESCRIPTION = "核验二维码"
"""What the picture is called in a template; whoever edits the template may move it, but keeps the description."""

_QUIET = 4  # modules of white around the symbol, as the standard asks
_MODULE = 8  # pixels a module is wide: one byte of a 1-bit picture
_MASK = 2
_SHADES = bytes.maketrans(b"01", b"\xff\x00")


@lru_cache(maxsize=8)
def _patterns(prefix: str) -> tuple[int, int, tuple[dict[str, int], ...]]:
    """Modules a line, the picture of `prefix` and a plain code, and what each character flips in each place."""
    plain = ALPHABET[0] * CODE_LENGTH
    width, base = _picture(prefix + plain)
    places = []
    for place in range(CODE_LENGTH):
        # A character is the bits in which it differs from the plain one.
        bits = []
        for bit in range(7):
            other = chr(ord(plain[0]) ^ 1 << bit)
            bits.append(base ^ _picture(prefix + plain[:place] + other + plain[place + 1 :])[1])
        flips = {}
        for character in ALPHABET:
            differs = ord(character) ^ ord(plain[0])
            flips[character] = reduce(xor, (bits[bit] for bit in range(7) if differs >> bit & 1), 0)
        places.append(flips)
    return width, base, tuple(places)


def _picture(address: str) -> tuple[int, int]:
    """Modules a line, and every module of the symbol and of the white around it as the bits of a number.

    Before each line stands a dark one: as bytes it is the 0 a PNG has there, for a line that no filter changed.
    """
    symbol = segno.make(
        address, micro=False, error="m", boost_error=False, mask=_MASK, mode="byte", encoding="iso-8859-1"
    )
    lines = [(1, *(int(module) for module in row)) for row in symbol.matrix_iter(border=_QUIET)]
    return len(lines[0]), int("".join(str(module) for line in lines for module in line), 2)


def png(address: str) -> bytes:
    """The QR code of an address whose last part is a code of `CODE_LENGTH` characters of `ALPHABET`.

    The same address gives the same bytes. Raises KeyError for a character that is not in the alphabet.
    """
    width, picture, places = _patterns(address[:-CODE_LENGTH])
    for flips, character in zip(places, address[-CODE_LENGTH:], strict=True):
        picture ^= flips[character]
    shades = format(picture, "b").encode().translate(_SHADES)
    lines = [shades[start : start + width] * _MODULE for start in range(0, len(shades), width)]
    pixels = (width - 1) * _MODULE
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", pixels, pixels, 1, 0, 0, 0, 0))
        + _chunk(b"IDAT", zlib.compress(b"".join(lines), 1))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
