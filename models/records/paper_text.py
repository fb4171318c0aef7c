"""The words of an uploaded file, read once in a confined process and kept beside its bytes."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, Session, SQLModel, col, select

from models.records.base import coded, moment, one_of


class Reading(StrEnum):
    """How the reading ended."""

    READ = "read"
    EMPTY = "empty"  # no text layer: a scan or a picture
    UNREADABLE = "unreadable"  # encrypted, broken, or too much for the reader
    PARTLY = "partly"  # the first pages only


class PaperText(SQLModel, table=True):
    """`pages` are texts without blanks, one a page (of a workbook: one a sheet; a letter is one page)."""

    __tablename__ = "paper_texts"
    __table_args__ = (one_of("outcome", Reading),)

    sha256: str = Field(primary_key=True, foreign_key="blobs.sha256", max_length=64)
    outcome: Reading = coded(Reading)
    pages: list[str] = Field(default_factory=list, sa_type=JSONB)
    read_at: datetime = moment()


def of_files(session: Session, digests: Collection[str]) -> dict[str, PaperText]:
    """What was read of these files, by hash."""
    if not digests:
        return {}
    query = select(PaperText).where(col(PaperText.sha256).in_(set(digests)))
    return {one.sha256: one for one in session.exec(query)}
