"""`git diff` for .docx files: prints a document's or template's wording, a paragraph a line.

git config diff.docx.textconv "uv run --no-sync --quiet python -m flows.documents.textconv"
"""

import sys
import zipfile
from pathlib import Path
from xml.etree.ElementTree import ParseError

from flows.documents.preview import plain_text


def main(file: Path) -> None:
    """The wording of one file; one that is no Word file is named as such, so that `git log -p` goes on."""
    try:
        words = plain_text(file.read_bytes())
    except (zipfile.BadZipFile, KeyError, ParseError, ValueError):
        words = f"（{file.name}：不是可以读取的 Word 文件）"
    sys.stdout.write(words + "\n")


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    main(Path(sys.argv[1]))
