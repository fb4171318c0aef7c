"""Looking into a workbook somebody uploaded: its visible sheets as rows of text, the first of each, in the reading
process of the import (`flows.importing.sandbox`)."""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.settings import MEGABYTE

MOST_SHEETS, MOST_ROWS, MOST_COLUMNS = 5, 200, 30
MEMORY, SECONDS = 1_024 * MEGABYTE, 10


@dataclass(slots=True)
class Page:
    """A sheet: its name, its first rows (number, cells) and whether there are more."""

    name: str
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    more: bool = False


def workbook(data: bytes) -> list[Page] | None:
    """The visible sheets that hold anything, or None if the file cannot be read within the limits."""
    with tempfile.TemporaryDirectory(prefix="fengbu-glance-") as directory:
        path = Path(directory) / "book.xlsx"
        path.write_bytes(data)
        command = (
            sys.executable, "-m", "flows.importing.sandbox", str(path), "xlsx", str(MEMORY), str(SECONDS),
        )  # fmt: skip
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8",
            cwd=Path(__file__).parents[2],
        ) as reader:  # fmt: skip
            try:
                return _pages(reader)
            finally:
                reader.kill()


def _pages(reader: "subprocess.Popen[str]") -> list[Page] | None:
    pages: list[Page] = []
    visible = False
    for line in reader.stdout or ():
        event = json.loads(line)
        if event[0] == "refused":
            return None
        if event[0] == "end":
            return [page for page in pages if page.rows]
        if event[0] == "sheet":
            visible = bool(event[2])
            if visible:
                if len(pages) == MOST_SHEETS:
                    return [page for page in pages if page.rows]
                pages.append(Page(event[1]))
        elif event[0] == "row" and visible:
            if len(pages[-1].rows) < MOST_ROWS:
                pages[-1].rows.append((event[1], [_text(value) for value in event[2 : 2 + MOST_COLUMNS]]))
            else:
                pages[-1].more = True
                if len(pages) == MOST_SHEETS:
                    return [page for page in pages if page.rows]
    return None


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return str(value.get("n", value.get("d", "")))
    if isinstance(value, bool):
        return "是" if value else "否"
    return str(value)
