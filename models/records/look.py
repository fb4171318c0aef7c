"""Checks a person had to look at (人工核对), and who did (已核实). Never changed, never removed.

A look holds for the facts it was made on: when a correction or a new calculation changes them, the check stands open
again and the earlier look stays in the record.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlmodel import Field, Session, SQLModel, col, select

from models.records.base import moment


class CheckLook(SQLModel, table=True):
    """Who looked at which check of which loan, when, at which gate; the check in the words that were shown."""

    __tablename__ = "check_looks"
    __table_args__ = (
        Index("uq_check_looks", "case_id", "loan_id", "code", "fingerprint", unique=True),
        Index("ix_check_looks_task", "task_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id")
    loan_id: int = Field(foreign_key="loans.id")
    item: int  # 序号 of the loan within its filing
    task_id: int = Field(foreign_key="tasks.id")
    gate: str = Field(max_length=40)
    code: str = Field(max_length=80)
    fingerprint: str = Field(max_length=64)
    label: str = Field(max_length=200)
    value: str = Field(max_length=1000)
    source: str = Field(max_length=200)
    clause: str = Field(max_length=20)
    person_id: int = Field(foreign_key="people.id")
    person_name: str = Field(max_length=60)
    at: datetime = moment()
    remark: str = Field(default="", max_length=500)


Key = tuple[int, str, str]
"""Loan, code and fingerprint: what a look is of."""


def fingerprint(check: Mapping[str, Any]) -> str:
    """What was found and expected, as one short word: other facts make another check of the same code."""
    parts = (str(check[name]) for name in ("code", "value", "expected", "source"))
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def of_case(session: Session, case_id: int) -> Sequence[CheckLook]:
    """Every look of a case, oldest first."""
    return session.exec(
        select(CheckLook).where(CheckLook.case_id == case_id).order_by(col(CheckLook.id))
    ).all()


def by_key(session: Session, case_id: int) -> dict[Key, CheckLook]:
    """The looks of a case by what they are of."""
    return {(one.loan_id, one.code, one.fingerprint): one for one in of_case(session, case_id)}


def asked_of_loans(session: Session, case_id: int) -> list[tuple[int, int, str, dict[str, Any]]]:
    """The checks of a filing's loans that ask for a person: (loan, 序号, firm, check). Excluded loans ask nothing."""
    statement = text(
        "WITH own AS MATERIALIZED ("  # or PostgreSQL may first look through every living loan there is
        "SELECT id, item, firm_name, checks, state FROM loans WHERE case_id = :case AND checks_result <> 'pass'"
        ") SELECT own.id, own.item, own.firm_name, found "
        "FROM own CROSS JOIN LATERAL jsonb_array_elements(own.checks -> 'checks') AS found "
        "WHERE own.state = 'filed' AND found ->> 'result' = 'look' ORDER BY own.item"
    )
    rows = session.connection().execute(statement, {"case": case_id})
    return [(row[0], row[1], row[2], row[3]) for row in rows]
