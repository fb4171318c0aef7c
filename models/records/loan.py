"""Loans (贷款, one row per 借据) filed for the policy on either board."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, Computed, Index, String, func, text
from sqlalchemy import select as rows
from sqlalchemy.orm import defer
from sqlmodel import Field, Session, SQLModel, col, select

from models.lifecycle import Board
from models.records.base import Facts, coded, dated, facts, moment, money, once, one_of, rate


class LoanState(StrEnum):
    """Where a filed loan stands."""

    FILED = "filed"
    EXCLUDED = "excluded"
    REGISTERED = "registered"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


LOAN_STATE_NAMES: dict[LoanState, str] = {
    LoanState.FILED: "审核中",
    LoanState.EXCLUDED: "已剔除",
    LoanState.REGISTERED: "已备案",
    LoanState.REFUSED: "不予备案",
    LoanState.WITHDRAWN: "已撤回",
}


_RESULT = """CASE WHEN checks -> 'checks' IS NULL THEN '' WHEN checks -> 'checks' @> '["row"]' THEN 'row'
 WHEN checks -> 'checks' @> '[{"result": "fail"}]' THEN 'fail'
 WHEN checks -> 'checks' @> '[{"result": "look"}]' THEN 'look' ELSE 'pass' END"""
"""What the checks came to; "row" while one is still to be asked of the policy's function, "" before any was made."""
WRITTEN = frozenset({"id", "checks_result"})
"""Columns the database writes."""


class Loan(SQLModel, table=True):
    """One loan of one filing. Firm facts are copied here as filed: eligibility is judged on the loan's date."""

    __tablename__ = "loans"
    __table_args__ = (
        one_of("board", Board),
        one_of("state", LoanState),
        # the same 借据 can be alive only once; an excluded or withdrawn one may be filed again
        Index(
            "uq_loans_alive",
            "institution_id",
            "contract_number",
            "receipt_number",
            unique=True,
            postgresql_where=text("state IN ('filed', 'registered')"),
        ),
        Index("ix_loans_institution", "institution_id", "id"),
        Index(
            "ix_loans_vintage",
            "institution_id",
            "disbursed_on",
            postgresql_where=text("state = 'registered'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    item: int  # 序号 within the filing, from 1
    board: Board = coded(Board)
    institution_id: int = Field(foreign_key="institutions.id")
    enterprise_id: int = Field(foreign_key="enterprises.id")  # found by `uscc`, which says the same
    uscc: str = Field(max_length=18, index=True)
    firm_name: str = Field(max_length=120)
    sector: str = Field(default="", max_length=40)  # "" where it was filed before sectors were asked for
    finance_like: bool = False
    investment_management: bool = False
    industry: str = Field(max_length=40)
    employees: int
    revenue_wan: Decimal = money()
    assets_wan: Decimal = money()
    size_class: str = Field(max_length=10)
    legal_person: bool = True
    town: str = Field(default="", max_length=40)

    product: str = Field(max_length=60)
    purpose: str = Field(max_length=200)
    contract_number: str = Field(max_length=60)
    receipt_number: str = Field(max_length=60)
    principal: Decimal = money()
    contract_date: date = dated()
    disbursed_on: date = dated()
    due_on: date = dated()
    annual_rate_pct: Decimal = rate()
    lpr_pct: Decimal | None = rate(nullable=True)
    lpr_published_on: date | None = dated(nullable=True)
    guarantee_method: str = Field(max_length=20)  # credit | pledge_ip | personal | guarantor | mortgage …
    white_list_batch: str = Field(default="", max_length=40)

    # guarantee board only; shares in % and sum to 100
    lender_name: str = Field(default="", max_length=120)
    guarantee_contract_number: str = Field(default="", max_length=60)
    entrust_contract_number: str = Field(default="", max_length=60)
    fee_rate_pct: Decimal | None = rate(nullable=True)
    national_fund_backed: bool = False  # 国家融担基金支持贷款
    share_bank: int | None = None
    share_national: int | None = None
    share_provincial: int | None = None
    share_city: int | None = None
    share_other: int | None = None

    state: LoanState = coded(LoanState, default=LoanState.FILED)
    state_reason: str = Field(default="", max_length=500)
    filing_number: str | None = Field(default=None, max_length=40, unique=True)  # 备案号
    registered_at: datetime | None = moment(nullable=True)
    parameter_version: str = Field(default="", max_length=40)
    checks: Facts = facts()  # as eligibility returned them; `check_words.whole` gives all of them
    checks_result: str | None = Field(
        default=None, sa_column=Column(String(4), Computed(_RESULT, persisted=True))
    )  # of the checks; written by the database


def by_id(session: Session, loan_id: int) -> Loan:
    """The loan a claim is about."""
    return once(session, ("loan", loan_id), lambda: session.get_one(Loan, loan_id))


def of_case(session: Session, case_id: int) -> Sequence[Loan]:
    """The loans of a filing in their order."""
    return session.exec(select(Loan).where(Loan.case_id == case_id).order_by(col(Loan.item))).all()


def without_checks(session: Session, case_id: int) -> Sequence[Loan]:
    """The loans of a filing in their order; their checks are read when they are asked for."""
    query = select(Loan).where(Loan.case_id == case_id).options(defer(Loan.checks))  # type: ignore[arg-type]
    return session.exec(query.order_by(col(Loan.item))).all()


def rows_of_case(session: Session, case_id: int) -> Sequence[Any]:
    """The same as rows with the names of `Loan`, to be read only and without their checks: half the time of five hundred."""
    columns = [column for column in Loan.__table__.columns if column.name != "checks"]  # type: ignore[attr-defined]
    query = rows(*columns).where(col(Loan.case_id) == case_id).order_by(col(Loan.item))
    return session.execute(query).all()


def counts(session: Session, case_id: int) -> dict[LoanState, int]:
    """How many loans of a filing stand at each state."""
    query = select(Loan.state, func.count()).where(Loan.case_id == case_id).group_by(col(Loan.state))
    return {LoanState(state): number for state, number in session.exec(query)}


def verdicts(session: Session, case_id: int) -> dict[str, int]:
    """How many loans of a filing pass every check, fail one ("fail"), or want a person ("look"), as stored."""
    query = text("SELECT checks_result, count(*) FROM loans WHERE case_id = :case GROUP BY 1")
    rows = session.connection().execute(query, {"case": case_id})
    return {str(result): int(number) for result, number in rows}


def registered(session: Session, institution_id: int, words: str = "", limit: int = 200) -> Sequence[Loan]:
    """Registered loans of an institution, newest first, optionally those whose firm or numbers match `words`."""
    query = select(Loan).where(Loan.institution_id == institution_id, Loan.state == LoanState.REGISTERED)
    if words:
        like = f"%{words}%"
        query = query.where(
            col(Loan.firm_name).ilike(like)
            | col(Loan.contract_number).ilike(like)
            | col(Loan.filing_number).ilike(like)
            | (col(Loan.uscc) == words)
        )
    return session.exec(query.order_by(col(Loan.id).desc()).limit(limit)).all()


def registered_in_order(session: Session, institution_id: int, most: int) -> Sequence[Loan]:
    """Registered loans of an institution, oldest first, without their checks."""
    query = select(Loan).where(Loan.institution_id == institution_id, Loan.state == LoanState.REGISTERED)
    query = query.options(defer(Loan.checks))  # type: ignore[arg-type]
    return session.exec(query.order_by(col(Loan.id)).limit(most)).all()


def guaranteed_by_lender(session: Session, year: int) -> list[tuple[str, int, Decimal]]:
    """Banks by the registered loans of the guarantee board disbursed in a year: name, loans, principal (元); largest first."""
    query = text("""
    SELECT lender_name, count(*) AS loans, sum(principal) AS total FROM loans
    WHERE state = 'registered' AND board = 'guarantee' AND disbursed_on BETWEEN :first AND :last
        AND institution_id IN (SELECT id FROM institutions WHERE files_board = 'guarantee')
    GROUP BY lender_name ORDER BY total DESC, lender_name""")
    rows = session.connection().execute(query, {"first": date(year, 1, 1), "last": date(year, 12, 31)})
    return [(row.lender_name, row.loans, row.total) for row in rows]
