"""What may not appear in an official document, whatever it came from."""

import re

# Characters an XML file may not carry (controls, lone surrogates, non-characters), and those that make a
# number or a name read differently from what was stored (direction marks, zero-width characters).
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff"
    "\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)


def printable(text: str) -> str:
    """`text` without characters that would break, cut short or disguise a document."""
    # what Unicode calls printable holds none of these, and is said at once; a line end is looked at more closely
    return text if text.isprintable() else _UNPRINTABLE.sub("", text)
