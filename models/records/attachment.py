"""Stored bytes (by content hash) and the attachments (附件) of cases."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from sqlalchemy import LargeBinary
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Field, Session, SQLModel, col, select

from models.records.base import moment


class Blob(SQLModel, table=True):
    """Immutable bytes, named by their SHA-256. The same file twice is stored once."""

    __tablename__ = "blobs"

    sha256: str = Field(primary_key=True, max_length=64)
    size: int
    data: bytes = Field(sa_type=LargeBinary)


def keep(session: Session, data: bytes) -> str:
    """Store bytes unless they are stored already; their SHA-256."""
    digest = sha256(data).hexdigest()
    row = {"sha256": digest, "size": len(data), "data": data}
    session.connection().execute(insert(Blob).values(row).on_conflict_do_nothing())
    return digest


class Attachment(SQLModel, table=True):
    """A file in a material slot of a case. A replaced one stays, with the time it was replaced."""

    __tablename__ = "attachments"

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    slot: str = Field(max_length=40)
    filename: str = Field(max_length=200)
    media_type: str = Field(max_length=100)
    size: int
    sha256: str = Field(foreign_key="blobs.sha256", max_length=64)
    uploaded_by: int = Field(foreign_key="people.id")
    uploaded_at: datetime = moment()
    replaced_at: datetime | None = moment(nullable=True)


def current(session: Session, case_id: int) -> Sequence[Attachment]:
    """The attachments in force, oldest first."""
    query = select(Attachment).where(Attachment.case_id == case_id, col(Attachment.replaced_at).is_(None))
    return session.exec(query.order_by(col(Attachment.id))).all()


def plain_name(filename: str) -> str:
    """A file's name for a folder of files: no path, nothing a file system refuses."""
    base = filename.replace("\\", "/").rpartition("/")[2]
    return "".join("_" if c in '<>:"|?*' or not c.isprintable() else c for c in base).strip(". ") or "材料"
