"""The columns of the loan list and of a white list round: the fields of their forms, under the titles people know.

Template, reading, faults and the annotated copy all read this: a field added to the form is a column everywhere.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel

from flows.actions.forms.application_forms import GuaranteeLoanForm, ListedFirmForm, loan_form
from models.lifecycle import Board
from models.policy.security import SECURITY_NAMES, Security
from models.records.loan_import import ImportKind, LoanImport

SHEET = "贷款清单"
WHITE_LIST_SHEET = "白名单"
GUARANTEE_ONLY = frozenset(
    {
        "lender_name",
        "guarantee_contract_number",
        "entrust_contract_number",
        "fee_rate_pct",
        "national_fund_backed",
    }
)
ORIGINAL_ROW = "原行号"
"""A column of the annotated copy of a long file; reading passes over it."""
_UNITS = {
    "revenue_wan": "万元",
    "assets_wan": "万元",
    "principal": "元",
    "annual_rate_pct": "%",
    "fee_rate_pct": "%",
}
_EXAMPLES = {
    "uscc": "91441900MA4W2D6K0P", "firm_name": "东莞市示例科技有限公司", "employees": "86", "revenue_wan": "3860.00",
    "assets_wan": "2150.50", "product": "科创信用贷", "purpose": "购买原材料", "contract_number": "JK-2026-0188",
    "receipt_number": "JK-2026-0188-01", "principal": "3000000.00", "contract_date": "2026-10-12",
    "disbursed_on": "2026-10-14", "due_on": "2027-10-13", "annual_rate_pct": "4.20", "lender_name": "东莞示例银行",
    "guarantee_contract_number": "BZ-2026-0188", "entrust_contract_number": "WB-2026-0188", "fee_rate_pct": "0.8",
    "recommended_by": "市科技局", "grounds": "高新技术企业", "valid_to": "2027-12-31", "declared_size": "小型",
    "town": "厚街镇",
}  # fmt: skip


class Kind(StrEnum):
    """What a cell of the column holds."""

    TEXT = "text"
    NUMBER = "number"
    DAY = "day"
    YES_NO = "yes_no"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `choices` are shown word → stored value."""

    field: str
    title: str
    kind: Kind
    required: bool
    unit: str
    choices: Mapping[str, str]
    example: str

    @property
    def note(self) -> str:
        """What to write, in one sentence."""
        rule = {
            Kind.TEXT: "文字。",
            Kind.NUMBER: f"数字，单位{self.unit}，最多两位小数。"
            if self.unit in {"元", "万元"}
            else "数字。",
            Kind.DAY: "日期，写成 2026-10-14。",
            Kind.YES_NO: "选“是”或“否”。",
            Kind.CHOICE: f"从 {len(self.choices)} 个选项中选择。",
        }[self.kind]
        if self.unit == "%":
            rule = "数字，单位是 %：4.20% 写作 4.20，不要带百分号。"
        return ("必填。" if self.required else "选填。") + rule


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """A kind of list: its sheet, what a row is about, the form that reads a row, its columns.

    `whole`: every column of the template must be there; otherwise those that are not required may be left out.
    """

    sheet: str
    noun: str
    form: type[BaseModel]
    columns: tuple[Column, ...]
    whole: bool = True

    @property
    def expected(self) -> tuple[Column, ...]:
        """The columns by which the list is known."""
        return tuple(column for column in self.columns if self.whole or column.required)


@cache
def loans(board: Board) -> Listing:
    """The list of loans of a board."""
    form = loan_form(board)
    names = [n for n in form.model_fields if board is Board.GUARANTEE or n not in GUARANTEE_ONLY]
    return Listing(SHEET, "贷款", form, tuple(_column(form, name) for name in names))


@cache
def listed_firms() -> Listing:
    """The firms of a white list round."""
    form = ListedFirmForm
    every = tuple(_column(form, name) for name in form.model_fields)
    return Listing(WHITE_LIST_SHEET, "企业", form, every, whole=False)


def listing_of(found: LoanImport) -> Listing:
    """What the file is a list of."""
    return listed_firms() if found.kind == ImportKind.WHITE_LIST else loans(Board(found.board))


def columns(board: Board) -> tuple[Column, ...]:
    """Every column of a board's list, in the order of the template."""
    return loans(board).columns


def _column(form: type[BaseModel], name: str) -> Column:
    info = form.model_fields[name]
    kind, choices = _kind(info.annotation)
    required = info.is_required() or kind is Kind.YES_NO
    example = _EXAMPLES.get(name, "是" if name in {"legal_person", "national_fund_backed"} else "否")
    if choices and kind is Kind.CHOICE:
        wanted = {"sector": "制造业", "industry": "工业"}
        example = wanted.get(name) or (
            "融资担保公司担保"
            if form is GuaranteeLoanForm and name == "guarantee_method"
            else next(iter(choices))
        )
    unit = _UNITS.get(name, "")
    return Column(name, info.title or name, kind, required, unit, choices, example)


def _kind(annotation: Any) -> tuple[Kind, Mapping[str, str]]:
    kinds = [annotation, *(get_args(k)[0] if get_origin(k) is Annotated else k for k in get_args(annotation))]
    if Security in kinds:
        return Kind.CHOICE, {SECURITY_NAMES[one]: one.value for one in Security}
    for kind in kinds:
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            return Kind.CHOICE, {one.value: one.value for one in kind}
    if bool in kinds:
        return Kind.YES_NO, {"是": "1", "否": "0"}
    if date in kinds:
        return Kind.DAY, {}
    return (Kind.NUMBER, {}) if {int, Decimal} & set(kinds) else (Kind.TEXT, {})


def letter(index: int) -> str:
    """Excel's letter of a column counted from 0: A, B … Z, AA."""
    name, rest = "", index + 1
    while rest:
        rest, last = divmod(rest - 1, 26)
        name = chr(65 + last) + name
    return name


_EXTRA = re.compile(r"[\s*＊:：]|[（(].*?[)）]")


def plain(heading: str) -> str:
    """A heading without spaces, marks and what stands in brackets."""
    return _EXTRA.sub("", heading)


@dataclass(frozen=True, slots=True)
class Heading:
    """The row of headings: which column of the file holds which field; `notes` on columns nobody asked for."""

    row: int
    places: Mapping[int, Column]
    notes: tuple[str, ...]


class HeadingError(ValueError):
    """The headings do not fit the template; `sentences` say what to do about each."""

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__("；".join(sentences))
        self.sentences = tuple(sentences)


def fits(listing: Listing, cells: Sequence[str]) -> int:
    """How many of the list's headings a row has."""
    known = {plain(column.title) for column in listing.expected}
    return len(known & {plain(cell) for cell in cells})


def read_heading(listing: Listing, row: int, cells: Sequence[str]) -> Heading:
    """Where each column of the template stands. Raises `HeadingError` naming every missing and doubled one."""
    by_title = {plain(column.title): column for column in listing.columns}
    places: dict[int, Column] = {}
    unknown: dict[int, str] = {}
    sentences: list[str] = []
    for index, cell in enumerate(cells):
        column = by_title.get(plain(cell))
        if column is None:
            if cell.strip() and plain(cell) != ORIGINAL_ROW:
                unknown[index] = cell.strip()
        elif column in places.values():
            sentences.append(f"{letter(index)} 列“{cell}”重复出现，请删去多余的一列。")
        else:
            places[index] = column
    for column in listing.expected:
        if column in places.values():
            continue
        near = get_close_matches(plain(column.title), [plain(name) for name in unknown.values()], 1, 0.4)
        hint = next(
            (
                f"{letter(i)} 列“{name}”是否就是这一列？"
                for i, name in unknown.items()
                if near and plain(name) == near[0]
            ),
            "",
        )
        sentences.append(f"缺少“{column.title}”列。{hint}请按模板的列名补上。")
    if sentences:
        raise HeadingError(sentences)
    notes = tuple(f"{letter(i)} 列“{name[:40]}”不在模板中，没有读取。" for i, name in unknown.items())
    return Heading(row, places, notes)
