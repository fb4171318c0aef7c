"""Bulk filing (批量备案) and white list rounds: a workbook or CSV file, its rows as read, and what they became.

An import is worked on in pieces, each one transaction: whoever dies leaves it where the last piece ended.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, Session, SQLModel, col, select

from models.lifecycle import Board
from models.records.base import Facts, coded, facts, moment, money, one_of


class ImportKind(StrEnum):
    """What a file lists."""

    LOANS = "loans"
    WHITE_LIST = "white_list"  # a round of firms; `models.records.white_list` says which


class ImportState(StrEnum):
    """Where an import stands."""

    QUEUED = "queued"
    READING = "reading"
    CHECKED = "checked"
    SUBMITTING = "submitting"
    SUBMITTED = "submitted"
    REFUSED = "refused"
    DISCARDED = "discarded"


IMPORT_STATE_NAMES: dict[ImportState, str] = {
    ImportState.QUEUED: "排队中",
    ImportState.READING: "查验中",
    ImportState.CHECKED: "已查验，待提交",
    ImportState.SUBMITTING: "提交中",
    ImportState.SUBMITTED: "已提交",
    ImportState.REFUSED: "文件不能读取",
    ImportState.DISCARDED: "已作废",
}
AT_WORK = (ImportState.QUEUED, ImportState.READING, ImportState.SUBMITTING)


class RowState(StrEnum):
    """What became of a row: good and bad ones wait, known ones were on record before, filed ones have a case."""

    READ = "read"
    GOOD = "good"
    BAD = "bad"
    KNOWN = "known"
    FILED = "filed"


class LoanImport(SQLModel, table=True):
    """One file. `backfilled`: a managing institution enters loans approved elsewhere, from `source_document`."""

    __tablename__ = "loan_imports"
    __table_args__ = (
        one_of("kind", ImportKind),
        one_of("board", Board),
        one_of("state", ImportState),
        # the same file of the same institution twice is the same import
        Index(
            "uq_loan_imports_file",
            "institution_id",
            "uploader_institution_id",
            "sha256",
            unique=True,
            postgresql_where=text("state NOT IN ('refused', 'discarded')"),
        ),
        Index(
            "ix_loan_imports_work",
            "id",
            postgresql_where=text("state IN ('queued', 'reading', 'submitting')"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: ImportKind = coded(ImportKind, default=ImportKind.LOANS)
    board: Board = coded(Board)  # a white list is of the bank board
    institution_id: int = Field(foreign_key="institutions.id")  # whose loans
    uploader_institution_id: int = Field(foreign_key="institutions.id", index=True)
    uploaded_by: int = Field(foreign_key="people.id")
    uploaded_at: datetime = moment()
    backfilled: bool = False
    source_document: str = Field(default="", max_length=200)
    filename: str = Field(max_length=200)
    media_type: str = Field(max_length=100)
    size: int
    sha256: str = Field(foreign_key="blobs.sha256", max_length=64)

    state: ImportState = coded(ImportState, default=ImportState.QUEUED)
    sheet: str = Field(default="", max_length=120)
    headings: list[str] = Field(default_factory=list, sa_type=JSONB)  # of the file, by column from A
    notes: list[str] = Field(
        default_factory=list, sa_type=JSONB
    )  # what was left out, or why it cannot be read
    header_row: int = 0
    rows_expected: int = 0
    last_row: int = 0  # of the sheet: the last one read
    rows: int = 0
    good: int = 0
    bad: int = 0
    known: int = 0
    warned: int = 0
    faults: int = 0
    filed: int = 0
    checked_at: datetime | None = moment(nullable=True)
    seconds: Decimal | None = money(nullable=True)  # reading and checking took
    submitted_by: int | None = Field(default=None, foreign_key="people.id")
    submitted_at: datetime | None = moment(nullable=True)

    lease_token: str | None = Field(default=None, max_length=40)
    lease_until: datetime | None = moment(nullable=True)
    attempts: int = 0


class ImportRow(SQLModel, table=True):
    """A row of the file under its own number. `loan` has the columns of `loans` once the row could be read.

    A listed firm: `loan` has the fields of its form, `contract_number` its 统一社会信用代码, no receipt.
    """

    __tablename__ = "import_rows"
    __table_args__ = (
        one_of("state", RowState),
        Index("ix_import_rows_state", "import_id", "state", "row"),
        Index("ix_import_rows_key", "import_id", "contract_number", "receipt_number"),
    )

    import_id: int = Field(foreign_key="loan_imports.id", primary_key=True)
    row: int = Field(primary_key=True)
    state: RowState = coded(RowState, default=RowState.READ)
    raw: list[str] = Field(sa_type=JSONB)  # the cells as typed, by column from A
    loan: Facts | None = facts(nullable=True)
    contract_number: str = Field(default="", max_length=200)
    receipt_number: str = Field(default="", max_length=200)
    principal: Decimal | None = money(nullable=True)
    faults: list[dict[str, Any]] = Field(
        default_factory=list, sa_type=JSONB
    )  # column, heading, code, message
    looks: list[dict[str, Any]] = Field(
        default_factory=list, sa_type=JSONB
    )  # what a person will have to judge
    case_id: int | None = Field(default=None, foreign_key="cases.id")


class CaseOrigin(SQLModel, table=True):
    """Which file a filing came from; for a back-filing who entered it, for whom, and from which document."""

    __tablename__ = "case_origins"

    case_id: int = Field(foreign_key="cases.id", primary_key=True)
    import_id: int = Field(foreign_key="loan_imports.id", index=True)
    backfilled: bool = False
    entered_by: int = Field(foreign_key="people.id")
    entered_by_institution_id: int = Field(foreign_key="institutions.id")
    source_document: str = Field(default="", max_length=200)


def recent(
    session: Session, uploader_institution_id: int, *, backfilled: bool, most: int = 20
) -> Sequence[LoanImport]:
    """An institution's imports, newest first."""
    query = select(LoanImport).where(
        LoanImport.uploader_institution_id == uploader_institution_id,
        LoanImport.backfilled == backfilled,
        LoanImport.kind == ImportKind.LOANS,
        LoanImport.state != ImportState.DISCARDED,
    )
    return session.exec(query.order_by(col(LoanImport.id).desc()).limit(most)).all()


def same_file(session: Session, institution_id: int, uploader_id: int, sha256: str) -> LoanImport | None:
    """The import this very file already is, if it was neither refused nor thrown away."""
    query = select(LoanImport).where(
        LoanImport.institution_id == institution_id,
        LoanImport.uploader_institution_id == uploader_id,
        LoanImport.sha256 == sha256,
        col(LoanImport.state).not_in((ImportState.REFUSED, ImportState.DISCARDED)),
    )
    return session.exec(query).first()


def origin_of(session: Session, case_id: int) -> CaseOrigin | None:
    """Where a filing came from, if from a file."""
    return session.get(CaseOrigin, case_id)


def cases_of(session: Session, import_id: int) -> Sequence[tuple[str, int, Decimal]]:
    """The filings an import became: number, loans, principal (元)."""
    query = text("""
    SELECT c.number, r.loans, c.amount
    FROM (SELECT case_id, count(*) AS loans FROM import_rows WHERE import_id = :import GROUP BY case_id) r
    JOIN cases c ON c.id = r.case_id ORDER BY c.id""")
    rows = session.connection().execute(query, {"import": import_id})
    return [(number, count, amount) for number, count, amount in rows]


def good_amount(session: Session, import_id: int) -> Decimal:
    """The principal of the rows that can be submitted (元)."""
    query = text(
        "SELECT COALESCE(sum(principal), 0) FROM import_rows WHERE import_id = :id AND state = 'good'"
    )
    return Decimal(session.connection().execute(query, {"id": import_id}).scalar_one())
