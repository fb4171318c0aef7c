"""Batches (批次) of loans filed over the API: taken at once, filed by a worker, watched by whoever sent them."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, Session, SQLModel, col, select

from models.lifecycle import Board
from models.records.base import Facts, coded, moment, one_of

BATCH_CHANNEL = "fengbu_batches"
"""What PostgreSQL notifies when a batch was written."""


class BatchState(StrEnum):
    """Where a batch stands."""

    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    REFUSED = "refused"  # at least one loan has a fault: nothing was filed


class FilingBatch(SQLModel, table=True):
    """One submission of up to 10,000 loans. Either every loan is filed or none."""

    __tablename__ = "filing_batches"
    __table_args__ = (
        one_of("board", Board),
        one_of("state", BatchState),
        Index("ix_filing_batches_open", "id", postgresql_where=text("state IN ('waiting', 'working')")),
        Index("ix_filing_batches_institution", "institution_id", "received_at"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    institution_id: int = Field(foreign_key="institutions.id")
    person_id: int = Field(foreign_key="people.id")
    board: Board = coded(Board)
    sha256: str = Field(foreign_key="blobs.sha256", max_length=64)  # the loans as sent, a JSON array
    total: int
    state: BatchState = coded(BatchState, default=BatchState.WAITING)
    checked: int = 0
    filed: int = 0
    faults: list[Facts] = Field(default_factory=list, sa_type=JSONB)  # {"field", "message"}
    cases: list[str] = Field(default_factory=list, sa_type=JSONB)  # numbers
    received_at: datetime = moment()
    finished_at: datetime | None = moment(nullable=True)
    attempts: int = 0
    lease_until: datetime | None = moment(nullable=True)  # real time


def waiting(session: Session, now: datetime) -> FilingBatch | None:
    """The oldest batch nobody works on, its row locked; None if there is none."""
    query = (
        select(FilingBatch)
        .where(
            col(FilingBatch.state).in_((BatchState.WAITING, BatchState.WORKING)),
            col(FilingBatch.lease_until).is_(None) | (col(FilingBatch.lease_until) < now),
        )
        .order_by(col(FilingBatch.received_at))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return session.exec(query).first()


def of_institution(session: Session, institution_id: int, limit: int) -> Sequence[FilingBatch]:
    """An institution's batches, newest first."""
    query = select(FilingBatch).where(FilingBatch.institution_id == institution_id)
    return session.exec(query.order_by(col(FilingBatch.received_at).desc()).limit(limit)).all()
