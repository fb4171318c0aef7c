"""`git diff` for .docx files: prints a document's or template's wording, a paragraph a line.

git config diff.docx.textconv "uv run --quiet python -m flows.documents.textconv"
"""

import sys
from pathlib import Path

from flows.documents.preview import plain_text

if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.write(plain_text(Path(sys.argv[1]).read_bytes()) + "\n")
