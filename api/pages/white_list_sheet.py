"""The firms of a published round as an Excel workbook. Every text is written as text: nothing becomes a formula."""

import io
from collections.abc import Sequence

from sqlmodel import Session
from xlsxwriter import Workbook

from models.records.enterprise import WhiteListEntry
from models.records.white_list import WhiteListRound, added_by, left_with

_PLAIN = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_HEADS = (
    ("统一社会信用代码", 24),
    ("企业名称", 40),
    ("镇街", 14),
    ("划型", 8),
    ("有效期自", 14),
    ("有效期至", 14),
)
MOST = 200_000


def workbook(db: Session, row: WhiteListRound) -> bytes:
    """Two sheets: firms the round puts on the list, and firms that leave with it."""
    out = io.BytesIO()
    with Workbook(out, _PLAIN) as book:
        head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#E8EEF1"})
        for name, stays in (
            ("列入", added_by(db, row.id or 0, MOST)),
            ("移出", left_with(db, row.id or 0, MOST)),
        ):
            _sheet(book, name, stays, head)
    return out.getvalue()


def _sheet(book: Workbook, name: str, stays: Sequence[WhiteListEntry], head: object) -> None:
    sheet = book.add_worksheet(name)
    for column, (title, width) in enumerate(_HEADS):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, title, head)
    for line, one in enumerate(stays, start=1):
        until = one.valid_to.isoformat() if one.valid_to else "长期"
        texts = (one.uscc, one.firm_name, one.town, one.size_class, one.valid_from.isoformat(), until)
        for column, text in enumerate(texts):
            sheet.write_string(line, column, text)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(len(stays), 1), len(_HEADS) - 1)
