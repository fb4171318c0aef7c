"""Downloads of many cases' documents, packed in the background, and the pieces the zip is kept in."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, LargeBinary, delete
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, Session, SQLModel, col, select

from models.records.base import coded, moment, one_of


class ExportState(StrEnum):
    """Where the packing stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


EXPORT_STATE_NAMES = {
    ExportState.WAITING: "排队中",
    ExportState.RUNNING: "打包中",
    ExportState.DONE: "可下载",
    ExportState.FAILED: "未完成",
}


class Export(SQLModel, table=True):
    """One download: whose it is, which cases, how far it is. `applicant` leaves out what only staff may read."""

    __tablename__ = "exports"
    __table_args__ = (one_of("state", ExportState),)

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="people.id", index=True)
    title: str = Field(max_length=200)
    case_ids: list[int] = Field(sa_type=JSONB)
    applicant: bool
    materials: bool = False  # with the files the applicants handed in (会议材料)
    state: ExportState = coded(ExportState, default=ExportState.WAITING, index=True)
    requested_at: datetime = moment()
    finished_at: datetime | None = moment(nullable=True)
    lease_until: datetime | None = moment(nullable=True)  # true time: a packer that died lets go
    done: int = 0
    total: int = 0
    size: int = Field(default=0, sa_type=BigInteger)
    sha256: str = Field(default="", max_length=64)
    fault: str = Field(default="", max_length=500)


class ExportPiece(SQLModel, table=True):
    """A few megabytes of the finished zip, in order."""

    __tablename__ = "export_pieces"

    export_id: int = Field(foreign_key="exports.id", primary_key=True)
    ordinal: int = Field(primary_key=True)
    data: bytes = Field(sa_type=LargeBinary)


def of_person(session: Session, person_id: int, limit: int = 50) -> Sequence[Export]:
    """A person's downloads, newest first."""
    query = select(Export).where(Export.person_id == person_id).order_by(col(Export.id).desc())
    return session.exec(query.limit(limit)).all()


def pieces(session: Session, export_id: int) -> Iterator[bytes]:
    """The zip, piece by piece."""
    ordinal = 0
    while (found := session.get(ExportPiece, (export_id, ordinal))) is not None:
        yield found.data
        session.expunge(found)
        ordinal += 1


def forget(session: Session, before: datetime) -> int:
    """Delete the downloads that ended before then, pieces and all; how many. What still waits or runs stays."""
    ended = select(Export.id).where(
        col(Export.state).in_((ExportState.DONE, ExportState.FAILED)), col(Export.finished_at) < before
    )
    gone = [one for one in session.exec(ended) if one is not None]
    session.connection().execute(delete(ExportPiece).where(col(ExportPiece.export_id).in_(gone)))
    session.connection().execute(delete(Export).where(col(Export.id).in_(gone)))
    return len(gone)
