"""The register as an Excel workbook. Every text is written as text: nothing a person typed becomes a formula."""

import io
from collections.abc import Mapping, Sequence
from datetime import datetime, time

from xlsxwriter import Workbook

from models.records.document import Document, DocumentState
from models.records.numbers import Series

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PLAIN = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_HEADS = (
    ("文号", 24), ("单位", 16), ("代字", 12), ("年份", 8), ("顺序号", 8), ("文书", 26), ("案号", 16), ("日期", 12),
    ("状态", 10), ("作废说明", 40), ("SHA-256", 68),
)  # fmt: skip
_SERIES_HEADS = (
    ("登记簿", 20),
    ("单位", 16),
    ("起始号", 10),
    ("已用至", 10),
    ("份数", 10),
    ("作废", 10),
    ("缺号或越号", 40),
    ("期初依据", 40),
)


def workbook(
    rows: Sequence[tuple[str, Document, str, str]],
    books: Sequence[tuple[str, Series]],
    states: Mapping[DocumentState, str],
) -> bytes:
    """Two sheets: the numbers (organ, document, case number, void note) and the gap report."""
    out = io.BytesIO()
    with Workbook(out, _PLAIN) as book:
        head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#E8EEF1"})
        dated = book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
        sheet = book.add_worksheet("文号登记")
        for column, (title, width) in enumerate(_HEADS):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, title, head)
        for line, (organ, one, case_number, voided) in enumerate(rows, start=1):
            texts = {0: one.number or "", 1: organ, 2: one.word or "", 5: one.title, 6: case_number,
                     8: states[DocumentState(one.state)], 9: voided, 10: one.sha256}  # fmt: skip
            for column, text in texts.items():
                sheet.write_string(line, column, text)
            sheet.write_number(line, 3, one.year or 0)
            sheet.write_number(line, 4, one.serial or 0)
            sheet.write_datetime(line, 7, datetime.combine(one.issued_on, time.min), dated)
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, max(len(rows), 1), len(_HEADS) - 1)
        gaps = book.add_worksheet("缺号检查")
        for column, (title, width) in enumerate(_SERIES_HEADS):
            gaps.set_column(column, column, width)
            gaps.write_string(0, column, title, head)
        for line, (organ, one_book) in enumerate(books, start=1):
            gaps.write_string(line, 0, f"{one_book.word}〔{one_book.year}〕")
            gaps.write_string(line, 1, organ)
            figures = (one_book.opened + 1, one_book.last, one_book.used, one_book.voided)
            for column, figure in enumerate(figures, start=2):
                gaps.write_number(line, column, figure)
            wrong = "、".join(str(serial) for serial in one_book.missing + one_book.beyond)
            gaps.write_string(line, 6, wrong or "无")
            gaps.write_string(line, 7, one_book.source)
        gaps.freeze_panes(1, 0)
    return out.getvalue()
