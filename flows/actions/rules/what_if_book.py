"""政策推演 as an Excel workbook: assumptions, totals, one sheet per comparison with its chart, every claim."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import xlsxwriter

from flows.actions.rules.what_if import Comparison
from models import clock
from models.policy import what_if
from models.policy.parameters import Parameters
from models.policy.what_if import DIMENSION_NAMES, DIMENSIONS, Group

HEADINGS = ("件数", "有变化", "现行（元）", "推演（元）", "差额（元）")
CHARTED = 12


def workbook(comparison: Comparison, parameters: Parameters, title: str = "政策推演") -> bytes:
    """The file. Amounts are numbers with two decimals, so that they can be summed."""
    content = BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    book.set_properties({"title": title, "created": clock.local(clock.now()).replace(tzinfo=None)})
    forms = {
        "title": book.add_format({"bold": True, "font_size": 14}),
        "head": book.add_format({"bold": True, "bg_color": "#E7EEF0", "border": 1, "text_wrap": True}),
        "text": book.add_format({"border": 1}),
        "count": book.add_format({"border": 1, "num_format": "#,##0"}),
        "money": book.add_format({"border": 1, "num_format": "#,##0.00;[Red]-#,##0.00"}),
        "note": book.add_format({"font_color": "#5A6A70", "text_wrap": True}),
    }
    _front(book, forms, comparison, parameters, title)
    for dimension in DIMENSIONS:
        _groups(book, forms, DIMENSION_NAMES[dimension], what_if.by(dimension, comparison.claims))
    _claims(book, forms, comparison)
    book.close()
    return content.getvalue()


def _front(
    book: Any, forms: dict[str, Any], comparison: Comparison, parameters: Parameters, title: str
) -> None:
    sheet = book.add_worksheet("假设与合计")
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 4, 24)
    sheet.write_string(0, 0, title, forms["title"])
    today = clock.today()
    said = f"{today.isoformat()} 推演；参数版本 {parameters.version}。假设的值只用于比较，不改变任何案件。"
    sheet.merge_range(1, 0, 1, 4, said, forms["note"])
    for column, heading in enumerate(("参数", "现行值", "假设值", "自", "依据条款")):
        sheet.write_string(3, column, heading, forms["head"])
    row = 4
    for override in comparison.assumed:
        known = parameters.get(override.name)
        now = known.text(known.row(max(today, override.effective_from)).value)
        cells = (
            known.label,
            now,
            known.text(known.parse(override.value)),
            override.effective_from.isoformat(),
        )
        for column, value in enumerate((*cells, known.clause)):
            sheet.write_string(row, column, value, forms["text"])
        row += 1
    total = what_if.totals(comparison.claims)
    for column, heading in enumerate(("", *HEADINGS)):
        sheet.write_string(row + 1, column, heading, forms["head"])
    _row(sheet, forms, row + 2, total)
    if comparison.left_out:
        words = f"另有 {comparison.left_out} 件刚提交、尚未完成检查，未参加推演。"
        sheet.merge_range(row + 4, 0, row + 4, 4, words, forms["note"])


def _groups(book: Any, forms: dict[str, Any], name: str, groups: Sequence[Group]) -> None:
    sheet = book.add_worksheet(f"按{name}")
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 5, 18)
    for column, heading in enumerate((name, *HEADINGS)):
        sheet.write_string(0, column, heading, forms["head"])
    for place, group in enumerate(groups, start=1):
        _row(sheet, forms, place, group)
    if not groups:
        return
    chart = book.add_chart({"type": "column"})
    last = min(len(groups), CHARTED)
    for column, words, colour in ((3, "现行", "#9FB4BA"), (4, "推演", "#1F6E7A")):
        chart.add_series(
            {
                "name": words,
                "categories": [sheet.get_name(), 1, 0, last, 0],
                "values": [sheet.get_name(), 1, column, last, column],
                "fill": {"color": colour},
            }
        )
    chart.set_title({"name": f"按{name}：现行与推演（元）", "name_font": {"size": 12}})
    chart.set_legend({"position": "top"})
    chart.set_size({"width": 760, "height": 320})
    sheet.insert_chart(len(groups) + 3, 0, chart, {"description": f"按{name}比较现行与推演金额"})


def _row(sheet: Any, forms: dict[str, Any], row: int, group: Group) -> None:
    sheet.write_string(row, 0, group.label, forms["text"])
    sheet.write_number(row, 1, group.claims, forms["count"])
    sheet.write_number(row, 2, group.changed, forms["count"])
    for column, amount in enumerate((group.before, group.after, group.difference), start=3):
        sheet.write_number(row, column, amount, forms["money"])


def _claims(book: Any, forms: dict[str, Any], comparison: Comparison) -> None:
    sheet = book.add_worksheet("逐件")
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, 4, 18)
    sheet.set_column(5, 7, 18)
    sheet.set_column(8, 8, 44)
    names = tuple(DIMENSION_NAMES[dimension] for dimension in DIMENSIONS)
    for column, heading in enumerate(("案号", *names, *HEADINGS[2:], "差别的原因")):
        sheet.write_string(0, column, heading, forms["head"])
    for row, claim in enumerate(comparison.claims, start=1):
        sheet.write_string(row, 0, claim.claim_no, forms["text"])
        for column, dimension in enumerate(DIMENSIONS, start=1):
            sheet.write_string(row, column, claim.groups[dimension], forms["text"])
        for column, amount in enumerate((claim.before, claim.after, claim.difference), start=5):
            sheet.write_number(row, column, amount, forms["money"])
        sheet.write_string(row, 8, claim.reason, forms["text"])
    sheet.autofilter(0, 0, max(len(comparison.claims), 1), 8)
