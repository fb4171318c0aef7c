"""Lists as Excel files: written row by row to a temporary file, sent in pieces, so that a long list needs no memory."""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any
from urllib.parse import quote

import xlsxwriter
from fastapi.responses import StreamingResponse

from models import clock

MOST_ROWS = 1_000_000
"""A worksheet holds 1,048,576 rows; a longer list is refused at the door."""
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PIECE = 64 * 1024
Value = str | int | Decimal | date | datetime | None


def book(
    name: str, headings: Sequence[str], rows: Iterable[Sequence[Value]], notes: Sequence[str] = ()
) -> StreamingResponse:
    """A file to save as `name`.xlsx: headings, rows, and a second sheet that says what the list is.

    Words are written as words (a leading “=” is no formula), amounts as numbers with two decimals, instants as
    local dates.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed once it is sent
    try:
        write(file, headings, rows, notes)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    disposition = f"attachment; filename*=UTF-8''{quote(name)}.xlsx"
    return StreamingResponse(_pieces(file), media_type=TYPE, headers={"Content-Disposition": disposition})


def write(
    file: IO[bytes], headings: Sequence[str], rows: Iterable[Sequence[Value]], notes: Sequence[str]
) -> None:
    """Write the workbook into `file`."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    made: Any = xlsxwriter.Workbook(file, options)
    head = made.add_format({"bold": True, "bg_color": "#E7EEF0", "border": 1})
    forms = {
        Decimal: made.add_format({"num_format": "#,##0.00"}),
        date: made.add_format({"num_format": "yyyy-mm-dd"}),
        datetime: made.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
    }
    sheet = made.add_worksheet("清单")
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(headings) - 1, 18)
    for column, heading in enumerate(headings):
        sheet.write_string(0, column, heading, head)
    for place, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            _cell(sheet, place, column, value, forms)
    about = made.add_worksheet("说明")
    about.set_column(0, 0, 80)
    for place, words in enumerate((*notes, f"导出时间：{clock.local(clock.now()):%Y-%m-%d %H:%M}")):
        about.write_string(place, 0, words)
    made.close()


def _cell(sheet: Any, row: int, column: int, value: Value, forms: dict[type, Any]) -> None:
    if value is None or value == "":
        return
    if isinstance(value, datetime):
        sheet.write_datetime(row, column, clock.local(value).replace(tzinfo=None), forms[datetime])
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, forms[date])
    elif isinstance(value, Decimal):
        sheet.write_number(row, column, float(value), forms[Decimal])  # Excel knows no other numbers
    elif isinstance(value, int):
        sheet.write_number(row, column, value)
    else:
        sheet.write_string(row, column, value)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE):
            yield piece
