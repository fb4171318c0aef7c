"""Files of loans for the tests: as Excel, WPS and core systems write them."""

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import xlsxwriter

from flows.importing.columns import SHEET, columns
from models.lifecycle import Board
from models.policy.uscc import check_character


def uscc(number: int) -> str:
    """A valid 统一社会信用代码."""
    first = f"91441900MA5{number:06d}"
    return first + check_character(first)


def row(number: int = 1, board: Board = Board.BANK, **changes: Any) -> dict[str, Any]:
    """One loan under the template's headings."""
    cells: dict[str, Any] = {
        "统一社会信用代码": uscc(number % 40),
        "企业名称": f"东莞市示例{number % 40}号有限公司",
        "所属行业": "制造业",
        "类金融机构": "否",
        "投资与资产管理类企业": "否",
        "划型行业": "工业",
        "从业人员": 86,
        "营业收入": 3860,
        "资产总额": 2150.5,
        "独立法人": "是",
        "所在镇街（园区）": "厚街镇",
        "贷款产品": "科创信用贷",
        "贷款用途": "购买原材料",
        "借款合同号": f"HT-{number:06d}",
        "借据号": f"JJ-{number:06d}",
        "贷款本金": 1000000 + number,
        "合同签订日": date(2026, 4, 21),
        "放款日": date(2026, 4, 22),
        "到期日": date(2027, 4, 21),
        "年利率": 4.2,
        "担保方式": "信用",
    }
    if board is Board.GUARANTEE:
        cells |= {
            "担保方式": "融资担保公司担保", "贷款银行": "示例银行", "保证合同号": f"BZ-{number}",
            "委托担保合同号": f"WB-{number}", "担保费率": 0.8, "国家融担基金支持贷款": "是",
        }  # fmt: skip
    assert {column.title for column in columns(board)} <= set(cells)
    return cells | changes


def book(
    rows: Iterable[Mapping[str, Any]], *, sheet: str = SHEET, titles: Sequence[str] = (), **options: Any
) -> bytes:
    """A workbook with one sheet of these rows; a value that starts with "=" is a formula."""
    out = io.BytesIO()
    made = xlsxwriter.Workbook(out, {"default_date_format": "yyyy-mm-dd", **options})
    write(made.add_worksheet(sheet), rows, titles)
    made.close()
    return out.getvalue()


def write(page: Any, rows: Iterable[Mapping[str, Any]], titles: Sequence[str] = ()) -> None:
    """The rows under their headings, from the first row on."""
    rows = list(rows)
    names = list(titles) or list(rows[0])
    page.write_row(0, 0, names)
    for place, cells in enumerate(rows, start=1):
        for column, name in enumerate(names):
            page.write(place, column, cells.get(name, ""))


def text(rows: Iterable[Mapping[str, Any]], delimiter: str = ",") -> str:
    """The rows as CSV."""
    rows = list(rows)
    lines = [delimiter.join(rows[0])]
    lines += [delimiter.join(str(value) for value in one.values()) for one in rows]
    return "\n".join(lines) + "\n"
