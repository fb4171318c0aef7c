"""`python -m flows.documents.authoring [CODE …]`: write the templates, all or those named.

The same script gives the same bytes, so a template that differs afterwards was edited in Word: look at
`git diff` before committing over it.
"""

import sys

from flows.documents.authoring import AUTHORS
from flows.documents.registry import DOCUMENTS
from flows.documents.template import TEMPLATES


def main(codes: list[str]) -> None:
    """Write the templates of these codes, or all."""
    unknown = sorted(set(codes) - AUTHORS.keys())
    if unknown:
        sys.exit(f"没有这样的文书代码：{'、'.join(unknown)}。可用：{'、'.join(sorted(AUTHORS))}")
    TEMPLATES.mkdir(parents=True, exist_ok=True)
    for code in codes or sorted(AUTHORS):
        (TEMPLATES / DOCUMENTS[code].template).write_bytes(AUTHORS[code]())
        sys.stdout.write(f"{code} {DOCUMENTS[code].template}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
