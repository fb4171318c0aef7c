"""Files as they come: each fault gets a sentence that says where, what, and what would be right."""

import io
import zipfile
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from flows.importing import sheets
from flows.importing.columns import SHEET, loans
from flows.importing.rows import Reader, Staged
from flows.importing.sandbox import MOST_ROWS
from flows.importing.sheets import UnreadableError, opened
from models.lifecycle import Board
from tests.imports import files

Rows = list[tuple[int, Staged]]
BOOKS = Path(__file__).parent / "books"


def read(data: bytes, name: str = "清单.xlsx") -> tuple[list[Staged], list[str]]:
    with opened(loans(Board.BANK), name, data) as book:
        reader = Reader(loans(Board.BANK), book.heading.places)
        return [reader.read(number, cells) for number, cells in book.rows], book.notes


def refused(data: bytes, name: str = "清单.xlsx") -> str:
    with pytest.raises(UnreadableError) as caught:
        read(data, name)
    return "；".join(caught.value.sentences)


def said(**changes: Any) -> list[tuple[str, str]]:
    """What is wrong with one row."""
    ((row,), _) = read(files.book([files.row(1, **changes)]))
    return [(fault["field"], fault["message"]) for fault in row.faults]


CELLS: dict[str, tuple[dict[str, Any], str, str]] = {
    "three decimals": ({"贷款本金": 1250000.505}, "principal", "最多两位小数"),
    "not a number": ({"贷款本金": "NaN"}, "principal", "“NaN”不是金额"),
    "infinity": ({"贷款本金": "Infinity"}, "principal", "不是金额"),
    "a word": ({"从业人员": "八十六"}, "employees", "不是人数"),
    "no such day": ({"到期日": "2026-11-31"}, "due_on", "没有 2026年11月31日"),
    "a number for a date": ({"放款日": 46134}, "disbursed_on", "如是 2026-04-22"),
    "a day before any policy": ({"合同签订日": "1889-01-01"}, "contract_date", "不在可以填写的年份内"),
    "a long number": ({"借据号": 1234567890123456789}, "receipt_number", "15 位以后已丢失"),
    "a date for a text": ({"借据号": files.row()["放款日"]}, "receipt_number", "被表格当成了日期"),
    "a percentage": ({"年利率": 0.042}, "annual_rate_pct", "请填写 4.2，不带百分号"),
    "not in the list": ({"担保方式": "信用卡"}, "guarantee_method", "不是可选的内容"),
    "a wrong code": ({"统一社会信用代码": "91441900MA50000011"}, "uscc", "校验位不符"),
    "empty": ({"企业名称": ""}, "firm_name", "请填写企业名称"),
}


@pytest.mark.parametrize("case", CELLS)
def test_a_wrong_cell_is_told_at_its_place(case: str) -> None:
    changes, field, words = CELLS[case]
    (fault,) = said(**changes)
    assert fault[0] == field and words in fault[1]


def test_every_fault_of_a_row_is_told_at_once() -> None:
    assert [field for field, _ in said(贷款本金=-1, 年利率="高", 企业名称="", 到期日="明年")] == [
        "firm_name",
        "principal",
        "due_on",
        "annual_rate_pct",
    ]


def changed(data: bytes, part: str, change: Callable[[str], str]) -> bytes:
    """A workbook with one of its parts changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            body = old.read(name)
            new.writestr(name, change(body.decode()) if name == part else body)
    return out.getvalue()


def test_the_value_of_a_formula_is_used_and_one_without_a_value_is_a_fault() -> None:
    data = files.book([files.row(1, 贷款本金="=500000*2")])
    sheet = "xl/worksheets/sheet1.xml"
    ((row,), _) = read(changed(data, sheet, lambda xml: xml.replace("</f><v>0</v>", "</f><v>1000000</v>")))
    assert row.values is not None and row.values["principal"] == 1_000_000
    ((row,), _) = read(changed(data, sheet, lambda xml: xml.replace("</f><v>0</v>", "</f>")))
    assert "没有保存它的计算结果" in row.faults[0]["message"] and row.faults[0]["field"] == "principal"
    error = changed(
        data,
        sheet,
        lambda xml: xml.replace('"><f>', '" t="e"><f>').replace("</f><v>0</v>", "</f><v>#DIV/0!</v>"),
    )
    ((row,), _) = read(error)
    assert "计算出错" in row.faults[0]["message"]


def test_merged_cells_and_hidden_sheets_are_told() -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"default_date_format": "yyyy-mm-dd"})
    hidden = book.add_worksheet("去年")
    hidden.hide()
    files.write(hidden, [files.row(9)])
    page = book.add_worksheet(SHEET)
    page.activate()
    page.set_first_sheet()
    files.write(page, [files.row(1), files.row(2)])
    page.merge_range(1, 1, 2, 1, "东莞市示例有限公司")
    book.close()
    rows, notes = read(out.getvalue())
    assert notes == ["隐藏的工作表“去年”没有读取。"]
    assert [[f["field"] for f in row.faults] for row in rows] == [["firm_name"], ["firm_name"]]
    assert "合并单元格" in rows[0].faults[0]["message"]


def test_columns_may_stand_in_any_order_but_renamed_missing_and_doubled_ones_are_named() -> None:
    row = files.row(1)
    rows, notes = read(files.book([row], titles=[*reversed(row), "备注"]))
    assert rows[0].values is not None and notes == ["V 列“备注”不在模板中，没有读取。"]
    renamed = {("公司名称" if name == "企业名称" else name): value for name, value in row.items()}
    assert "缺少“企业名称”列。B 列“公司名称”是否就是这一列？" in refused(files.book([renamed]))
    short = {name: value for name, value in row.items() if name not in ("年利率", "放款日")}
    assert "缺少“年利率”列" in refused(files.book([short])) and "缺少“放款日”列" in refused(
        files.book([short])
    )
    assert "重复出现" in refused(files.book([row], titles=[*row, "年利率"]))
    assert "没有找到贷款清单" in refused(files.book([{"甲": 1, "乙": 2}]))


def test_a_million_empty_formatted_rows_are_no_rows() -> None:
    data = files.book([files.row(1)])
    empty = "".join(f'<row r="{n}"><c r="A{n}" s="1"/></row>' for n in range(3, 1_000_003))
    rows, _ = read(
        changed(
            data, "xl/worksheets/sheet1.xml", lambda xml: xml.replace("</sheetData>", empty + "</sheetData>")
        )
    )
    assert [row.number for row in rows] == [2]


def test_a_stray_cell_far_away_is_named_and_does_not_fill_the_memory() -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    page = book.add_worksheet(SHEET)
    files.write(page, [files.row(1)])
    page.write(1_048_575, 16_383, "x")
    book.close()
    assert f"第 1048576 行还有内容；一次最多 {MOST_ROWS} 行" in refused(out.getvalue())


def test_a_bomb_is_refused_before_it_is_parsed() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 1024 * 1024)
        archive.infolist()[-1].file_size = 900 * 1024 * 1024
    assert "解压后过大" in refused(out.getvalue())


def test_what_kills_the_reading_process_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MEMORY", 1024 * 1024)  # less than it takes to begin
    assert "读不下" in refused(files.book([files.row(1)]))


@pytest.mark.parametrize("kind", ["xls", "ods"])
def test_the_older_and_the_open_format_are_read_like_a_workbook(kind: str) -> None:
    """Written by xlwt and odfpy: two rows of `files.row`, days as days, figures as figures."""
    rows, notes = read((BOOKS / f"loans.{kind}").read_bytes(), f"清单.{kind}")
    assert [row.faults for row in rows] == [[], []] and notes == []
    values = [row.values or {} for row in rows]
    assert [one["principal"] for one in values] == [Decimal("1000001.00"), Decimal("1000002.00")]
    assert {one["disbursed_on"] for one in values} == {date(2026, 4, 22)}


def test_password_macros_and_other_files_get_a_sentence_each() -> None:
    locked = (BOOKS / "locked.xlsx").read_bytes()  # loans.xlsx under a password, as Office encrypts it
    assert locked.startswith(b"\xd0\xcf\x11\xe0")
    assert refused(locked) == "设了打开密码，不能读取。请取消密码后再上传。"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.xml", "")
        archive.writestr("xl/vbaProject.bin", "")
    assert "含有宏" in refused(out.getvalue())
    assert "不是可以识别的清单文件" in refused(b"%PDF-1.7", "a.pdf")
    assert "已经损坏" in refused(b"PK\x03\x04 not a zip")
    assert "空文件" in refused(b"   ")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_in_each_encoding_is_read(encoding: str) -> None:
    rows, _ = read(files.text([files.row(1), files.row(2)]).encode(encoding), "清单.csv")
    assert [row.faults for row in rows] == [[], []] and rows[1].values is not None
    assert rows[1].values["firm_name"] == "东莞市示例2号有限公司"


def test_a_csv_of_two_encodings_names_the_lines() -> None:
    head, one, two = files.text([files.row(1), files.row(2)]).splitlines(keepends=True)
    mixed = head.encode("gb18030") + one.encode("gb18030") + two.encode("utf-8")
    assert "第 3 行是 UTF-8，其余 2 行是 GB18030" in refused(mixed, "清单.csv")
    assert "UTF-16" in refused(files.text([files.row(1)]).encode("utf-16"), "清单.csv")
    broken = head.encode("gb18030") + b"\xff\xff\xff\n"
    assert "第 2 行的编码既不是" in refused(broken, "清单.csv")


def test_a_csv_with_an_open_quote_names_the_line() -> None:
    text = files.text([files.row(1)]) + '"' + "x" * 200_000
    assert "第 3 行起的引号" in refused(text.encode(), "清单.csv")
