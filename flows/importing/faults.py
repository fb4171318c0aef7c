"""A fault as a person meets it: row, column letter and heading of their own file, what is wrong, what would be right."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from flows.importing.columns import Listing, letter, listing_of, plain
from models.records.loan_import import LoanImport

_FIELDS = {
    "enterprise.in_dongguan": "town", "enterprise.sector": "sector", "enterprise.legal_person": "legal_person",
    "enterprise.size": "employees", "enterprise.fund_object": "employees", "enterprise.white_list": "uscc",
    "enterprise.uscc": "uscc", "loan.dates": "disbursed_on", "loan.in_policy_term": "disbursed_on",
    "filing.in_time": "disbursed_on", "loan.principal": "principal", "loan.no_mortgage": "guarantee_method",
    "loan.no_guarantee_company": "guarantee_method", "loan.type": "guarantee_method", "loan.rate": "annual_rate_pct",
    "loan.term": "due_on", "loan.national_fund": "national_fund_backed", "loan.shares": "lender_name",
}  # fmt: skip
"""Which column a check of the policy is about; one that is about none stands at the row."""
_KINDS = {
    "twice": "本表内重复", "on_record": "借据已备案", "two_names": "同一代码两个名称", "listed": "已在名单内",
    "overlaps": "有效期重叠", "renewed": "续期", "removed_before": "曾被移出",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in one row. `index` counts columns from 0; None where no column of the file is meant."""

    field: str
    index: int | None
    letter: str
    title: str
    code: str
    kind: str
    message: str
    short: str  # what fits into the cell itself


def faults_of(found: LoanImport, stored: Iterable[Mapping[str, Any]]) -> tuple[Fault, ...]:
    """The stored faults of a row."""
    listing = listing_of(found)
    places = places_of(listing, tuple(found.headings))
    return tuple(_fault(places, listing, one) for one in stored)


looks_of = faults_of
"""What a person will judge is told in the same way."""


def _fault(places: Mapping[str, int], listing: Listing, stored: Mapping[str, Any]) -> Fault:
    code = str(stored.get("code") or stored.get("field"))
    field = str(stored.get("field") or _FIELDS.get(code, ""))
    index = places.get(field)
    title = next((column.title for column in listing.columns if column.field == field), "")
    message = str(stored.get("message") or _of_check(stored))
    kind = str(stored.get("label") or _KINDS.get(code) or f"{title}填写有误")
    short = str(stored.get("message") or f"要求{stored.get('expected', '')}")
    return Fault(field, index, letter(index) if index is not None else "", title, code, kind, message, short)


def _of_check(check: Mapping[str, Any]) -> str:
    value, expected, remedy = (str(check.get(name, "")) for name in ("value", "expected", "remedy"))
    return f"{check.get('label', '')}：{value}；要求{expected}。{remedy}"


@cache
def places_of(listing: Listing, headings: Sequence[str]) -> dict[str, int]:
    """Field → column of the file, from its headings."""
    by_title = {plain(column.title): column.field for column in listing.columns}
    return {by_title[plain(title)]: index for index, title in enumerate(headings) if plain(title) in by_title}
