"""Opening a list: which kind it is, which sheet holds the list, and its rows one after another.

Whatever it is, it is read in a stream: memory does not grow with the file.
"""

import csv
import io
import subprocess
import sys
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import orjson

from flows.importing.cells import Cell
from flows.importing.columns import Heading, HeadingError, Listing, fits, read_heading
from flows.importing.sandbox import MOST_ROWS
from models.settings import MEGABYTE

MEMORY = 2_048 * MEGABYTE
SECONDS = 120
HEAD_ROWS = 20
OURS = frozenset({"选项", "填写说明", "示例", "问题清单"})
"""Sheets of the template and of the annotated copy that hold no list."""
KINDS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xls": "application/vnd.ms-excel",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "csv": "text/csv",
}
MOST_CELLS = 20_000
"""Different cells that are remembered: memory stays flat."""
_HELD: dict[str, Literal["text", "number", "day"]] = {"t": "text", "n": "number", "d": "day"}
_SAVE_AS = "请用表格软件打开后另存为 xlsx 再上传。"


class UnreadableError(ValueError):
    """The file as a whole cannot be read; `sentences` say why and what to do."""

    def __init__(self, *sentences: str) -> None:
        super().__init__("；".join(sentences))
        self.sentences = sentences


@dataclass(slots=True)
class Book:
    """The list that was found: its headings, and `rows` (number, cells) below them that hold anything."""

    sheet: str
    heading: Heading
    titles: list[str]
    expected: int
    rows: Iterator[tuple[int, list[Cell]]]
    notes: list[str] = field(default_factory=list)


def kind_of(filename: str, data: bytes) -> str:
    """xlsx, xls, ods or csv, by its bytes. Raises `UnreadableError` for everything else."""
    if not data.strip():
        raise UnreadableError("是空文件，请重新选择。")
    if data.startswith(b"PK\x03\x04"):
        return _zipped(data)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise UnreadableError("设了打开密码，不能读取。请取消密码后再上传。")
        if "Workbook".encode("utf-16-le") in data or "Book".encode("utf-16-le") in data:
            return "xls"
        raise UnreadableError(f"不是表格文件。{_SAVE_AS}")
    if Path(filename).suffix.lower() in {".csv", ".txt"}:
        return "csv"
    raise UnreadableError("不是可以识别的清单文件。请上传 xlsx、xls、ods 或 csv；没有清单时先下载模板。")


def _zipped(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = {name.lower() for name in archive.namelist()}
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise UnreadableError(f"不是可以识别的表格文件，或已经损坏。{_SAVE_AS}") from error
    if any(name.endswith("vbaproject.bin") for name in names):
        raise UnreadableError("含有宏，为安全起见不能上传。请另存为不含宏的 xlsx 再上传。")
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "content.xml" in names and "xl/workbook.bin" not in names:
        return "ods"
    raise UnreadableError(f"不是可以识别的表格文件。{_SAVE_AS}")


@contextmanager
def opened(listing: Listing, filename: str, data: bytes) -> Iterator[Book]:
    """The list in the file, for as long as the block lasts. Raises `UnreadableError`, also while rows are read."""
    kind = kind_of(filename, data)
    if kind == "csv":
        yield _book(listing, Path(filename).stem, _csv_rows(data), data.count(b"\n") + 1, [])
        return
    with tempfile.TemporaryDirectory(prefix="fengbu-import-") as directory:
        path = Path(directory) / f"book.{kind}"
        path.write_bytes(data)
        command = (
            sys.executable,
            "-m",
            "flows.importing.sandbox",
            str(path),
            kind,
            str(MEMORY),
            str(SECONDS),
        )
        reader = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=Path(__file__).parents[2],
        )  # fmt: skip
        try:
            yield _workbook(listing, reader)
        finally:
            reader.kill()
            reader.wait()
            if reader.stdout:
                reader.stdout.close()


def _workbook(listing: Listing, reader: "subprocess.Popen[bytes]") -> Book:
    """The first visible sheet that has the list's headings."""
    events = _events(reader)
    notes: list[str] = []
    found: list[tuple[int, tuple[str, ...]]] = []
    name, expected = "", 0
    odd: dict[int, dict[int, str]] = defaultdict(dict)
    head: list[tuple[int, list[Cell]]] = []
    met = _Cells()
    for event in events:
        if event[0] == "sheet":
            found += _best(listing, head)
            head = []
            name = event[1]
            if not event[2] and name not in OURS:
                notes.append(f"隐藏的工作表“{name[:40]}”没有读取。")
        elif event[0] == "begin":
            expected, odd = event[2], defaultdict(dict)
        elif event[0] in ("merged", "odd"):
            _spoilt(event, odd)
        elif event[0] == "row" and name not in OURS and len(head) < HEAD_ROWS:
            head.append(_row(event, odd, met))
            if _is_heading(listing, head[-1][1]):
                heading, titles = _heading(listing, head[-1])
                rows = _rest(events, odd, met)
                return Book(name, heading, titles, expected, rows, [*notes, *heading.notes])
    found += _best(listing, head)
    raise _no_list(listing, found)


def _rest(
    events: Iterator[list[Any]], odd: dict[int, dict[int, str]], met: "_Cells"
) -> Iterator[tuple[int, list[Cell]]]:
    for event in events:
        if event[0] == "sheet":
            return
        if event[0] == "row":
            yield _row(event, odd, met)


def _events(reader: "subprocess.Popen[bytes]") -> Iterator[list[Any]]:
    """What the reading process says; that it died without an end is its refusal."""
    for line in reader.stdout or ():
        event = orjson.loads(line)
        if event[0] == "refused":
            raise UnreadableError(event[1])
        if event[0] == "end":
            return
        yield event
    raise UnreadableError(
        "内容太多或已经损坏，读不下去，没有保存任何一行。请只保留清单工作表后另存，或分成几个文件。"
    )


def _spoilt(event: list[Any], odd: dict[int, dict[int, str]]) -> None:
    if event[0] == "odd":
        odd[event[1]][event[2]] = event[3]
        return
    _, top, left, bottom, right = event
    for row in range(top, min(bottom, MOST_ROWS) + 1) if bottom - top < MOST_ROWS else ():
        for column in range(left, right + 1):
            odd[row].setdefault(column, "在合并单元格里。请取消合并，每行各填一格。")


def _row(event: list[Any], odd: dict[int, dict[int, str]], met: "_Cells") -> tuple[int, list[Cell]]:
    number = event[1]
    cells = [met[said] for said in event[2:]]
    for column, fault in odd.get(number, {}).items():
        cells += [Cell("")] * (column + 1 - len(cells))
        cells[column] = Cell(cells[column].text, cells[column].held, fault)
    return number, cells


class _Cells(dict[str | None, Cell]):
    """Cells by what the reading process says; most were met before."""

    def __missing__(self, said: str | None) -> Cell:
        if len(self) >= MOST_CELLS:
            self.clear()
        found = self[said] = Cell(said[1:], _HELD[said[0]]) if said else Cell("")
        return found


def _is_heading(listing: Listing, cells: Sequence[Cell]) -> bool:
    return fits(listing, [cell.text for cell in cells]) * 2 >= len(listing.expected)


def _heading(listing: Listing, row: tuple[int, list[Cell]]) -> tuple[Heading, list[str]]:
    titles = [cell.text.strip() for cell in row[1]]
    try:
        return read_heading(listing, row[0], titles), titles
    except HeadingError as error:
        raise UnreadableError(*error.sentences) from error


def _best(listing: Listing, head: Iterable[tuple[int, list[Cell]]]) -> list[tuple[int, tuple[str, ...]]]:
    return [(fits(listing, [c.text for c in cells]), tuple(c.text for c in cells)) for _, cells in head]


def _no_list(listing: Listing, found: Sequence[tuple[int, tuple[str, ...]]]) -> UnreadableError:
    """No row looks like our headings; if one comes near, say what it lacks."""
    score, titles = max(found, key=lambda one: one[0], default=(0, ()))
    if score >= 3:
        try:
            read_heading(listing, 1, titles)
        except HeadingError as error:
            return UnreadableError(*error.sentences)
    return UnreadableError(
        f"没有找到{listing.noun}清单：前 {HEAD_ROWS} 行里没有模板的列名。请把数据填到模板的“{listing.sheet}”表后再上传。"
    )


def _book(
    listing: Listing, name: str, rows: Iterator[tuple[int, list[Cell]]], expected: int, notes: list[str]
) -> Book:
    head: list[tuple[int, list[Cell]]] = []
    for row in rows:
        head.append(row)
        if _is_heading(listing, row[1]):
            heading, titles = _heading(listing, row)
            return Book(name, heading, titles, expected, rows, [*notes, *heading.notes])
        if len(head) == HEAD_ROWS:
            break
    raise _no_list(listing, _best(listing, head))


def _csv_rows(data: bytes) -> Iterator[tuple[int, list[Cell]]]:
    text = decoded(data)
    first = text.partition("\n")[0]
    delimiter = max(",\t;", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    start = 1
    try:
        for cells in reader:
            number, start = start, reader.line_num + 1
            if number > MOST_ROWS + HEAD_ROWS:
                raise UnreadableError(f"超过 {MOST_ROWS} 行。请分成几个文件。")
            if any(cell.strip() for cell in cells):
                yield number, [Cell(cell.strip().removeprefix("'")) for cell in cells]
    except csv.Error as error:
        raise UnreadableError(
            f"第 {start} 行起的引号或分隔不完整，读不下去。请检查这一行，或另存为 xlsx 再上传。"
        ) from error


def decoded(data: bytes) -> str:
    """The text of a CSV file: UTF-8 with or without BOM, or GB18030. Raises `UnreadableError` for a mixture."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in data:
        raise UnreadableError("是 UTF-16 编码的文本或二进制文件。请另存为“CSV UTF-8”或 xlsx 再上传。")
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        lines = data.splitlines()
    utf8: list[int] = []
    other: list[int] = []
    for number, line in enumerate(lines, start=1):
        if line.isascii():
            continue
        try:
            # what Chinese text in GB18030 looks like when it happens to be valid UTF-8 is not Chinese
            chinese = any("\u4e00" <= char <= "\u9fff" for char in line.decode("utf-8"))
            (utf8 if chinese else other).append(number)
        except UnicodeDecodeError:
            other.append(number)
    if utf8:
        few, many, names = (
            (other, utf8, ("GB18030", "UTF-8"))
            if len(other) <= len(utf8)
            else (utf8, other, ("UTF-8", "GB18030"))
        )
        listed = "、".join(str(number) for number in few[:5]) + ("等" if len(few) > 5 else "")
        raise UnreadableError(
            f"混用了两种编码：第 {listed} 行是 {names[0]}，其余 {len(many)} 行是 {names[1]}。请用表格软件另存为“CSV UTF-8”或 xlsx 再上传。"
        )
    try:
        return data.decode("gb18030")
    except UnicodeDecodeError as error:
        bad = data[: error.start].count(b"\n") + 1
        raise UnreadableError(
            f"第 {bad} 行的编码既不是 UTF-8 也不是 GB18030。请另存为“CSV UTF-8”或 xlsx 再上传。"
        ) from error
