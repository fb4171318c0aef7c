"""Looking into a Word file somebody uploaded, in a process of its own: it may be made to exhaust memory or time.

``python -m flows.documents.glance`` reads a .docx from standard input and writes it as HTML (`preview.preview_html`,
which escapes everything). `word` starts it under limits.
"""

import subprocess
import sys

from flows.documents import confined

WALL_SECONDS = 10
CPU_SECONDS = 5
MEMORY = 512 * 1024 * 1024
MOST_OUTPUT = 4_000_000


def word(data: bytes) -> str | None:
    """The document as HTML, or None if it cannot be shown within the limits. Never raises for what is in the file."""
    try:
        shown = confined.started("flows.documents.glance", data=data, seconds=WALL_SECONDS)
    except subprocess.TimeoutExpired:
        return None
    return shown.decode("utf-8") if shown and len(shown) <= MOST_OUTPUT else None


def main() -> None:
    """Read, write, and be killed by the limits if need be."""
    from flows.documents.preview import preview_html

    confined.limit(CPU_SECONDS, MEMORY)
    sys.stdout.write(preview_html(sys.stdin.buffer.read()))


if __name__ == "__main__":
    main()
