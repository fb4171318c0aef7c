"""The set-based checks say, word for word, what the policy's function says of each loan."""

import contextlib
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import Session, select

from flows.steps import facts, set_checks
from flows.steps.check_rules import RULES
from models import clock, database
from models.lifecycle import Board
from models.policy import eligibility
from models.policy.lines import Result
from models.policy.sector import Sector
from models.policy.security import Security
from models.policy.size_class import Industry, classify
from models.policy.uscc import check_character
from models.records import check_words
from models.records.enterprise import Enterprise, WhiteListEntry
from models.records.loan import Loan, of_case
from models.records.reference import LprQuote, working_calendar
from tests.actions import samples
from tests.seed import actor, seed

FILED_ON = date(2026, 11, 23)
FIRMS = [f"91441900MA5ABC1{n:02d}" for n in range(6)]
FIRMS = [first + check_character(first) for first in FIRMS]
BAD_CODES = ["91441900MA5ABC1231", "91441900MA5ABC123", "91441900MI5ABC1238"]
EDGES = [
    date(2023, 12, 31),
    date(2024, 1, 1),
    date(2024, 2, 29),
    date(2028, 12, 31),
    date(2029, 1, 1),
    FILED_ON,
]


class Undone(Exception):
    """Each example leaves the database as it was."""


def days(low: date, high: date) -> st.SearchStrategy[date]:
    return st.sampled_from(EDGES) | st.dates(low, high)


def amounts(places: int, most: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(0, most, places=places, allow_nan=False, allow_infinity=False)


SHARES = st.sampled_from(
    [None, (20, 20, 20, 40, 0), (10, 20, 30, 40, 0), (0, 0, 0, 100, 0), (20, 30, 20, 30, 0)]
)


@st.composite
def loans(draw: st.DrawFn) -> dict[str, Any]:
    """One loan with anything the table can hold."""
    disbursed = draw(days(date(2023, 6, 1), date(2029, 3, 1)))
    signed = draw(
        st.sampled_from([disbursed, disbursed + timedelta(days=1)]) | days(date(2023, 6, 1), disbursed)
    )
    years = draw(st.integers(0, 4))
    due = draw(
        st.sampled_from([disbursed, disbursed + timedelta(days=365 * years), disbursed + timedelta(days=1)])
        | st.dates(disbursed, disbursed + timedelta(days=1600))
    )
    firm = {
        "industry": draw(st.sampled_from(Industry)).value,
        "employees": draw(st.integers(0, 3000)),
        "revenue_wan": draw(amounts(2, 300_000)),
        "assets_wan": draw(amounts(2, 300_000)),
    }
    size = classify(
        Industry(firm["industry"]), on=disbursed, **{k: v for k, v in firm.items() if k != "industry"}
    ).size
    shares = draw(SHARES)
    named = dict(zip(("bank", "national", "provincial", "city", "other"), shares or [None] * 5, strict=True))
    return {
        **firm,
        "size_class": str(size),
        "uscc": draw(st.sampled_from([*FIRMS, *BAD_CODES])),
        "firm_name": "企业",
        "legal_person": draw(st.booleans()),
        "sector": draw(st.sampled_from(["", *Sector])),
        "finance_like": draw(st.booleans()),
        "investment_management": draw(st.booleans()),
        "town": draw(st.sampled_from(["", "滨海", "厚街镇", "东莞市以外"])),
        "product": "贷",
        "purpose": "购料",
        "principal": draw(amounts(2, 10**9)),
        "contract_date": signed,
        "disbursed_on": disbursed,
        "due_on": due,
        "annual_rate_pct": draw(amounts(4, 12)),
        "guarantee_method": draw(st.sampled_from(Security)).value,
        "national_fund_backed": draw(st.booleans()),
        **{f"share_{name}": part for name, part in named.items()},
    }


@st.composite
def stays(draw: st.DrawFn) -> tuple[str, date, date | None]:
    start = draw(days(date(2023, 1, 1), date(2028, 1, 1)))
    end = draw(st.none() | st.dates(start, start + timedelta(days=900)))
    return draw(st.sampled_from(FIRMS)), start, end


@pytest.mark.parametrize("board", Board)
@settings(max_examples=5, suppress_health_check=list(HealthCheck))
@given(
    filed=st.lists(loans(), min_size=5, max_size=30),
    listed=st.lists(stays(), max_size=8, unique_by=lambda stay: stay[:2]),
    quoted=st.booleans(),
)
def test_sql_and_the_policys_function_agree_on_every_loan(
    db: Any,
    board: Board,
    filed: list[dict[str, Any]],
    listed: list[tuple[str, date, date | None]],
    quoted: bool,
) -> None:
    with contextlib.suppress(Undone), db() as s:
        _people(s)
        record = samples.file_one(s, actor(s, "linwanyi" if board == Board.BANK else "tanjunhao"), board)
        (first,) = of_case(s, record.id or 0)
        s.add_all(
            WhiteListEntry(uscc=uscc, batch="一", recommended_by="科技局", valid_from=a, valid_to=b)
            for uscc, a, b in _apart(listed)
        )
        if quoted:
            s.add(LprQuote(published_on=date(2024, 3, 20), one_year=Decimal("3.45"), five_year=4, source="t"))
        firm = s.exec(select(Enterprise).where(Enterprise.uscc == samples.USCC)).first()
        assert firm is not None
        for number, columns in enumerate(filed, start=2):
            s.add(
                Loan(
                    case_id=record.id,
                    item=number,
                    board=board,
                    institution_id=record.institution_id,
                    enterprise_id=firm.id,
                    contract_number="同",
                    receipt_number=str(number),
                    **columns,
                )
            )
        s.flush()
        set_checks.store(s, board, record.id or 0, FILED_ON)
        days_ = working_calendar(s)
        for loan in of_case(s, record.id or 0):
            said = eligibility.filing(facts.filing(s, loan, FILED_ON), calendar=days_)
            assert check_words.whole(s, loan.checks) == [check.model_dump(mode="json") for check in said]
        relation = set_checks.Loans(
            "(SELECT id AS key, * FROM loans WHERE case_id = :case) l", {"case": record.id}
        )
        only = {}
        for statement, values in set_checks.statements(s, board, relation, FILED_ON, passed=False):
            only |= {row[0]: row[1] for row in s.connection().execute(text(statement), values)}
        for key in [key for key, checks in only.items() if set_checks.ROW in checks]:
            only[key] = set_checks.by_hand(s, relation, key, FILED_ON)
        for loan in of_case(s, record.id or 0):
            assert only[loan.id] == [
                c for c in check_words.whole(s, loan.checks) if c["result"] != Result.PASS.value
            ]
        assert first.id in only
        raise Undone


def _apart(listed: list[tuple[str, date, date | None]]) -> list[tuple[str, date, date | None]]:
    """The stays of each firm as the database holds them: none overlaps another."""
    kept: list[tuple[str, date, date | None]] = []
    for uscc, start, end in sorted(listed, key=lambda stay: (stay[0], stay[1])):
        last = kept[-1] if kept and kept[-1][0] == uscc else None
        if last is None or (last[2] is not None and last[2] < start):
            kept.append((uscc, start, end))
    return kept


def _people(s: Session) -> None:
    clock.set_offset(timedelta(0))
    seed(s)


def test_every_check_the_policy_makes_has_its_sql(s: Session) -> None:
    """One without would be right, but asked loan by loan: too slow for a filing of thousands."""
    assert database.engine()
    for board in Board:
        record = samples.file_one(s, actor(s, "linwanyi" if board == Board.BANK else "tanjunhao"), board)
        (loan,) = of_case(s, record.id or 0)
        codes = {check.code for check in eligibility.filing(facts.filing(s, loan, FILED_ON))}
        assert codes <= set(RULES)
