"""Reads one workbook in a process of its own: ``python -m flows.importing.sandbox FILE KIND MEMORY SECONDS``.

What others upload may be made to exhaust memory or time; here it can only take this process. Written to standard
output, one JSON list a line: ["sheet", name, visible] for each sheet; for a sheet with content ["begin", name, rows],
["merged", first row, first column, last row, last column], ["row", number, cells …]; ["odd", row, column, sentence] for
formulas without a value and for errors; ["refused", sentence] and nothing after it.
A cell is null or text, whose first letter says what is held: "t" text, "n" a number, "d" an ISO date.
"""

import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson

MEGABYTE = 1024 * 1024
MOST_UNPACKED = 800 * MEGABYTE
MOST_STRINGS = 200 * MEGABYTE
MOST_PARTS = 2_000
MOST_ROWS = 200_000
MOST_COLUMNS = 200
CHUNK = 4 * MEGABYTE
_CELL = re.compile(rb"<(?:\w+:)?c\s[^>]*?\br=\"([A-Z]{1,3})([0-9]{1,7})\"[^>]*?(?<!/)>")
_FAR = re.compile(rb"r=\"(?:[A-Z]{2,3}[0-9]|[A-Z]*[0-9]{6})")
_FORMULA = re.compile(
    rb"<(?:\w+:)?c\s[^>]*?\br=\"([A-Z]{1,3})([0-9]{1,7})\"([^>]*)>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)"
    rb"\s*(?:<(?:\w+:)?v>([^<]*)</(?:\w+:)?v>)?"
)
_ERROR = re.compile(rb"<(?:\w+:)?c\s[^>]*?\br=\"([A-Z]{1,3})([0-9]{1,7})\"[^>]*\bt=\"e\"[^>]*>")


class RefusedError(Exception):
    """The file is not read; the sentence says why and what to do."""


def say(*what: Any) -> None:
    sys.stdout.buffer.write(orjson.dumps(what, option=orjson.OPT_APPEND_NEWLINE))


def column_number(letters: bytes) -> int:
    """0 for A."""
    number = 0
    for char in letters:
        number = number * 26 + char - 64
    return number - 1


def unpacked(path: Path) -> dict[str, list[tuple[int, int, str]]]:
    """Unpack every part without keeping it: what lies about its size is found out here. Odd cells by sheet part."""
    total = 0
    odd: dict[str, list[tuple[int, int, str]]] = {}
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
            raise RefusedError(
                "解压后过大，不像普通的贷款清单，没有读取。请只保留清单工作表后另存，或分成几个文件。"
            )
        for part in parts:
            sheet = part.filename.startswith("xl/worksheets/") and part.filename.endswith(".xml")
            seen = 0
            tail = b""
            with archive.open(part) as stream:
                while chunk := stream.read(CHUNK):
                    seen += len(chunk)
                    total += len(chunk)
                    if total > MOST_UNPACKED or (
                        part.filename.endswith("sharedStrings.xml") and seen > MOST_STRINGS
                    ):
                        raise RefusedError(
                            "解压后过大，不像普通的贷款清单，没有读取。请只保留清单工作表后另存，或分成几个文件。"
                        )
                    if sheet:
                        tail = look(part.filename, tail + chunk, odd)
            if sheet and tail:
                look(part.filename, tail + b"<", odd)
    return odd


def look(name: str, text: bytes, odd: dict[str, list[tuple[int, int, str]]]) -> bytes:
    """How far the content reaches (a cell far away makes a table of billions), and cells without a value."""
    end = max(text.rfind(b"</row>"), text.rfind(b"</x:row>"))
    end = end if end > 0 else max(len(text) - 4096, 0)
    body = text[:end]
    # nearly every list ends before column AA and row 100,000: which of its cells hold anything need not be known
    cells = _CELL.findall(body) if _FAR.search(body) else []
    if cells:
        row = int(cells[-1][1])
        widest = max(column_number(letters) for letters in {letters for letters, _ in cells}) + 1
        if row > MOST_ROWS + 50:
            raise RefusedError(
                f"第 {row} 行还有内容；一次最多 {MOST_ROWS} 行。请删去清单以外的内容，或分成几个文件。"
            )
        if widest > MOST_COLUMNS:
            raise RefusedError(f"第 {widest} 列还有内容，不像贷款清单。请删去清单以外的列后再上传。")
    if b"<f" in body or b":f" in body:
        for letters, number, attributes, value in _FORMULA.findall(body):
            if not value and b't="e"' not in attributes:
                where = (int(number), column_number(letters))
                odd.setdefault(name, []).append(
                    (*where, "是公式，文件里没有保存它的计算结果。请用表格软件打开后保存，或直接填写数值。")
                )
    if b't="e"' in body:
        for letters, number in _ERROR.findall(body):
            where = (int(number), column_number(letters))
            odd.setdefault(name, []).append(
                (*where, "是计算出错的公式（如 #DIV/0!、#N/A）。请改正公式，或直接填写数值。")
            )
    return text[end:]


def plain(value: Any) -> str | None:
    """A cell as it is said; Excel shows 15 significant digits of a number, and no more are meant."""
    if isinstance(value, str):
        return f"t{value}".replace("\x00", "") if value else None  # NUL: no text of the database holds it
    if isinstance(value, bool):
        return "t是" if value else "t否"
    if isinstance(value, int | float):
        digits = f"{value:.15g}"
        return f"n{Decimal(digits):f}" if "e" in digits else f"n{digits}"
    if isinstance(value, datetime):
        return f"d{value.date().isoformat()}"
    if isinstance(value, date):
        return f"d{value.isoformat()}"
    return None if value is None else f"t{value}"  # a time of day or a duration: no column asks for one


def sheets(path: Path, kind: str) -> Iterator[tuple[str, bool]]:
    """Say every sheet; then its rows and merged cells."""
    import python_calamine as calamine

    try:
        odd = unpacked(path) if kind == "xlsx" else {}
        if kind == "ods":
            unpacked(path)
        book = calamine.CalamineWorkbook.from_path(str(path))
    except calamine.PasswordError as error:
        raise RefusedError("设了打开密码，不能读取。请取消密码后再上传。") from error
    except (calamine.CalamineError, zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise RefusedError(
            "不是可以识别的表格文件，或已经损坏。请用表格软件打开后另存为 xlsx 再上传。"
        ) from error
    named = part_names(path) if kind == "xlsx" else {}
    for meta in book.sheets_metadata:
        visible = meta.visible == calamine.SheetVisibleEnum.Visible
        say("sheet", meta.name, visible)
        if not visible or meta.typ != calamine.SheetTypeEnum.WorkSheet:
            continue
        try:
            sheet = book.get_sheet_by_name(meta.name)
        except calamine.CalamineError as error:
            raise RefusedError(
                f"工作表“{meta.name}”已经损坏。请用表格软件打开后另存为 xlsx 再上传。"
            ) from error
        if sheet.end is None:
            continue
        say("begin", meta.name, sheet.end[0] + 1)
        for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
            say("merged", top + 1, left, bottom + 1, right)
        for row, column, sentence in odd.get(named.get(meta.name, ""), ()):
            say("odd", row, column, sentence)
        for number, values in enumerate(sheet.iter_rows(), start=1):
            cells = [plain(value) for value in values]
            while cells and cells[-1] is None:
                cells.pop()
            if cells:
                say("row", number, *cells)
        yield meta.name, visible


def part_names(path: Path) -> dict[str, str]:
    """The part of the file each sheet is in."""
    with zipfile.ZipFile(path) as archive:
        book = archive.read("xl/workbook.xml").decode("utf-8", "replace")
        links = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    targets: dict[str, str] = {}
    for link in re.findall(r"<Relationship\s[^>]*>", links):
        key, target = re.search(r'\bId="([^"]+)"', link), re.search(r'\bTarget="([^"]+)"', link)
        if key and target:
            targets[key[1]] = "xl/" + target[1].removeprefix("/xl/").removeprefix("./")
    found: dict[str, str] = {}
    for sheet in re.findall(r"<(?:\w+:)?sheet\s[^>]*>", book):
        name, key = re.search(r'\bname="([^"]*)"', sheet), re.search(r'\br:id="([^"]+)"', sheet)
        if name and key:
            import html

            found[html.unescape(name[1])] = targets.get(key[1], "")
    return found


def main() -> None:
    """Read the file under the limits; refuse in a sentence."""
    path, kind, memory, seconds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        for _ in sheets(path, kind):
            pass
    except RefusedError as error:
        say("refused", str(error))
    except MemoryError:
        say("refused", "内容太多，读不下。请只保留清单工作表后另存，或分成几个文件。")
    else:
        say("end")


if __name__ == "__main__":
    main()
