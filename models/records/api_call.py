"""Calls of the API that changed something, by `Idempotency-Key`, and files that were uploaded over it.

The row of a call is written in the transaction of its effect: there is no effect without the answer that repeats
it, and of several simultaneous calls with one key the unique index lets one through.
"""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import UniqueConstraint, text
from sqlmodel import Field, Session, SQLModel, col, delete, select

from models.records.base import Facts, facts, moment


class ApiCall(SQLModel, table=True):
    """One call and its answer. `fingerprint` is the SHA-256 of method, address and body."""

    __tablename__ = "api_calls"
    __table_args__ = (UniqueConstraint("key", "idempotency_key"),)

    id: int | None = Field(default=None, primary_key=True)
    key: int = Field(foreign_key="api_keys.id")
    idempotency_key: str = Field(max_length=100)
    fingerprint: str = Field(max_length=64)
    method: str = Field(max_length=8)
    path: str = Field(max_length=300)
    at: datetime = moment(index=True)
    status: int = 0
    headers: Facts = facts()
    body: str = ""


class Upload(SQLModel, table=True):
    """A file that waits to be named as a material. Its bytes are in `blobs`."""

    __tablename__ = "uploads"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    institution_id: int = Field(foreign_key="institutions.id", index=True)
    filename: str = Field(max_length=200)
    media_type: str = Field(max_length=100)
    size: int
    sha256: str = Field(foreign_key="blobs.sha256", max_length=64)
    uploaded_by: int = Field(foreign_key="people.id")
    uploaded_at: datetime = moment(index=True)


def begin(session: Session, call: ApiCall) -> bool:
    """Write the call's row; False if one with its key is there. Waits for a call that is still under way."""
    statement = text(
        "INSERT INTO api_calls (key, idempotency_key, fingerprint, method, path, at, status, headers, body) "
        "VALUES (:key, :word, :fingerprint, :method, :path, :at, 0, '{}', '') "
        "ON CONFLICT (key, idempotency_key) DO NOTHING RETURNING id"
    )
    values = {
        "key": call.key,
        "word": call.idempotency_key,
        "fingerprint": call.fingerprint,
        "method": call.method,
        "path": call.path,
        "at": call.at,
    }
    call.id = session.connection().execute(statement, values).scalar()
    return call.id is not None


def earlier(session: Session, key: int, idempotency_key: str) -> ApiCall | None:
    """The call that was made with this key."""
    query = select(ApiCall).where(ApiCall.key == key, ApiCall.idempotency_key == idempotency_key)
    return session.exec(query).first()


def forget(session: Session, before: datetime) -> int:
    """Delete calls made, and uploads left, before an instant; bytes stay where a case uses them."""
    gone = session.exec(delete(ApiCall).where(col(ApiCall.at) < before)).rowcount
    return gone + session.exec(delete(Upload).where(col(Upload.uploaded_at) < before)).rowcount
