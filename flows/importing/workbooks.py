"""The workbooks we write: the template, and the annotated copy of a file. Every cell of theirs is written as text,
so that nothing typed by anyone ever becomes a formula."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import xlsxwriter
from sqlalchemy import text
from sqlmodel import Session

from flows.importing.columns import (
    ORIGINAL_ROW,
    Column,
    Kind,
    Listing,
    letter,
    listed_firms,
    listing_of,
    loans,
)
from flows.importing.faults import Fault, faults_of, looks_of
from flows.importing.sandbox import MOST_ROWS
from models.lifecycle import BOARD_NAMES, Board
from models.records.loan_import import LoanImport, RowState

WHOLE_COPY = 5_000
"""Up to this many rows the copy holds all of them; a longer one holds those to correct, with their row numbers."""
FAULT_SHEET = "问题清单"
_LINES = 22
_FONT = {"font_name": "宋体", "font_size": 11}
_HEAD = {**_FONT, "bold": True, "border": 1, "align": "center", "valign": "vcenter", "text_wrap": True}
_GUIDE = (
    "1. 在“贷款清单”表从第 2 行起填写，一行一张借据；列的顺序可以调整，列名不要改。",
    "2. 深色列名为必填；鼠标移到列名上可以看到填写要求。下拉列表中没有的内容不能填写。",
    "3. 金额以元为单位（营业收入、资产总额为万元），最多两位小数；利率 4.20% 写作 4.20。",
    "4. 合同号、借据号和信用代码已设为文本，请勿改为数值，否则 15 位以后的数字会丢失。",
    "5. 不要合并单元格；可以用公式，读取的是文件保存的计算结果。",
    f"6. 一次最多 {MOST_ROWS:,} 行。上传后一次列出全部问题，可先提交无误的行，其余更正后再上传。",
    "7. 同一借据只能备案一次：已经提交过的行再次上传会自动跳过，不会重复备案。",
)


_WHITE_LIST_GUIDE = (
    "1. 在“白名单”表从第 2 行起填写，一行一家企业；列的顺序可以调整，列名不要改。",
    "2. 深色列名为必填。填写划型行业和从业人员、营业收入、资产总额的，按工信部划型标准核对；大型企业不能列入。",
    "3. 营业收入、资产总额以万元为单位；信用代码已设为文本，请勿改为数值。",
    "4. 有效期至留空的，按批次的有效期；批次也未填写的，长期有效，直至移出。",
    "5. 同一企业只计一次；已在名单内的企业自动跳过，有效期不重叠。",
    f"6. 一次最多 {MOST_ROWS:,} 行。上传后一次列出全部问题，由另一人发布后生效。",
)


def template(board: Board) -> bytes:
    """The empty list of a board: drop-downs, notes, locked headings, guide and example."""
    return _template(loans(board), f"{BOARD_NAMES[board]}备案清单填写说明", _GUIDE)


def white_list_template() -> bytes:
    """The empty list of a white list round."""
    return _template(listed_firms(), "白名单填写说明", _WHITE_LIST_GUIDE)


def _template(listing: Listing, title: str, guide: Sequence[str]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    page = book.add_worksheet(listing.sheet)
    _head(book, page, listing.columns)
    _guide(book, listing, title, guide)
    example = book.add_worksheet("示例")
    _head(book, example, listing.columns, notes=False)
    for index, column in enumerate(listing.columns):
        example.write_string(1, index, column.example)
    _choices(book, page, listing.columns)
    book.close()
    return out.getvalue()


def _head(book: Any, page: Any, every: Sequence[Column], *, notes: bool = True) -> None:
    must = book.add_format({**_HEAD, "bg_color": "#17597A", "font_color": "#FFFFFF"})
    may = book.add_format({**_HEAD, "bg_color": "#E2E4DE"})
    formats = {
        Kind.NUMBER: book.add_format({**_FONT, "locked": False, "num_format": "#,##0.00##"}),
        Kind.DAY: book.add_format({**_FONT, "locked": False, "num_format": "yyyy-mm-dd"}),
    }
    plain = book.add_format({**_FONT, "locked": False, "num_format": "@"})
    for index, column in enumerate(every):
        width = max(len(column.title) * 2 + 4, len(column.example) + 4, 12)
        page.set_column(index, index, min(width, 36), formats.get(column.kind, plain))
        title = f"{column.title}（{column.unit}）" if column.unit else column.title
        page.write_string(0, index, title, must if column.required else may)
        if notes:
            page.write_comment(0, index, column.note, {"author": "", "x_scale": 1.6, "y_scale": 0.6})
    page.set_row(0, 32)
    page.freeze_panes(1, 2)
    page.protect(
        "",
        dict.fromkeys(
            ("insert_rows", "delete_rows", "format_cells", "format_columns", "sort", "autofilter"), True
        ),
    )


def _choices(book: Any, page: Any, every: Sequence[Column]) -> None:
    """Drop-downs from a hidden sheet: lists typed into the rule itself may not pass 255 characters."""
    hidden = book.add_worksheet("选项")
    hidden.hide()
    for index, column in enumerate(column for column in every if column.choices):
        for row, word in enumerate(column.choices):
            hidden.write_string(row, index, word)
        place = letter(index)
        rule = {
            "validate": "list",
            "source": f"=选项!${place}$1:${place}${len(column.choices)}",
            "error_title": column.title,
            "error_message": "请从列表中选择。",
        }
        at = next(i for i, one in enumerate(every) if one is column)
        page.data_validation(1, at, MOST_ROWS, at, rule)
    for at, column in enumerate(every):
        if column.kind is Kind.DAY:
            rule = {"validate": "any", "input_title": column.title, "input_message": "写成 2026-10-14"}
            page.data_validation(1, at, MOST_ROWS, at, rule)


def _guide(book: Any, listing: Listing, title: str, guide: Sequence[str]) -> None:
    page = book.add_worksheet("填写说明")
    wrap = book.add_format({**_FONT, "text_wrap": True, "valign": "top"})
    head = book.add_format({**_HEAD, "bg_color": "#E2E4DE"})
    page.set_column(0, 0, 26, wrap)
    page.set_column(1, 1, 60, wrap)
    page.set_column(2, 2, 30, wrap)
    page.write_string(
        0,
        0,
        title,
        book.add_format({**_FONT, "bold": True, "font_size": 14}),
    )
    for row, line in enumerate(guide, start=2):
        page.merge_range(row, 0, row, 2, line, wrap)
    start = len(guide) + 3
    for index, word in enumerate(("列名", "填写要求", "示例")):
        page.write_string(start, index, word, head)
    for row, column in enumerate(listing.columns, start=start + 1):
        page.write_string(row, 0, column.title)
        page.write_string(row, 1, column.note)
        page.write_string(row, 2, column.example)


def annotated(s: Session, found: LoanImport) -> bytes:
    """A copy of the file to correct: faulty cells coloured and commented, all faults on a sheet of their own."""
    whole = found.rows <= WHOLE_COPY
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    page, listed = book.add_worksheet(listing_of(found).sheet), book.add_worksheet(FAULT_SHEET)
    looks = {
        "plain": book.add_format({**_FONT, "num_format": "@"}),
        "bad": book.add_format(
            {**_FONT, "num_format": "@", "bg_color": "#F9E3DF", "border": 1, "border_color": "#A82C1B"}
        ),
        "warn": book.add_format({**_FONT, "num_format": "@", "bg_color": "#F6ECD8"}),
        "head": book.add_format({**_HEAD, "bg_color": "#E2E4DE"}),
    }
    titles = [str(title) for title in found.headings] + ([] if whole else [ORIGINAL_ROW])
    top = found.header_row - 1 if whole else 0
    page.set_column(0, len(titles), 18, looks["plain"])
    for index, title in enumerate(titles):
        page.write_string(top, index, title, looks["head"])
    page.freeze_panes(top + 1, 0)
    for index, (title, width) in enumerate(
        (("行", 8), ("列", 6), ("列名", 22), ("填写内容", 26), ("问题和更正办法", 90))
    ):
        listed.set_column(index, index, width)
        listed.write_string(0, index, title, looks["head"])
    listed.freeze_panes(1, 0)
    line = 1
    states = "" if whole else f"AND state = '{RowState.BAD.value}'"
    query = (
        f"SELECT row, raw, state, faults, looks FROM import_rows WHERE import_id = :id {states} ORDER BY row"
    )
    for place, row in enumerate(s.connection().execute(text(query), {"id": found.id}), start=top + 1):
        at = row.row - 1 if whole else place
        raw = [*row.raw, *[""] * (len(found.headings) - len(row.raw))] + ([] if whole else [str(row.row)])
        faults = faults_of(found, row.faults) if row.state == RowState.BAD else ()
        warned = looks_of(found, row.looks) if row.state in (RowState.GOOD, RowState.BAD) else ()
        marked = _mark(page, at, faults, warned)
        for index, value in enumerate(raw):
            page.write_string(at, index, value, looks[marked.get(index, "plain")])
        for fault in faults:
            value = raw[fault.index] if fault.index is not None and fault.index < len(raw) else ""
            words = (str(row.row), fault.letter, fault.title, value, fault.message)
            for index, word in enumerate(words):
                listed.write_string(line, index, word)
            line += 1
    book.close()
    return out.getvalue()


def _mark(page: Any, at: int, faults: Sequence[Fault], warned: Sequence[Fault]) -> Mapping[int, str]:
    """Comments on the cells, and the colour of each."""
    said: dict[int, list[str]] = {}
    marked: dict[int, str] = {}
    for tone, items in (("warn", warned), ("bad", faults)):
        for item in items:
            if item.index is not None:
                said.setdefault(item.index, []).append(item.message)
                marked[item.index] = tone
    for index, sentences in said.items():
        height = min(sum(len(sentence) // _LINES + 1 for sentence in sentences) * 0.28 + 0.2, 3)
        page.write_comment(at, index, "\n".join(sentences), {"author": "", "x_scale": 2, "y_scale": height})
    return marked
