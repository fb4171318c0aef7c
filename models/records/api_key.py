"""Keys (接口密钥) with which an institution's own system calls the API, and the short-lived tokens they buy.

A key acts for one person: what it does stands in the record under that name, and whoever loses the post takes the
key's power along. Keys live in real time: moving the demo's clock neither revives nor ends one.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, Session, SQLModel, col, delete, select

from models.records.base import moment
from models.records.person import Person


class Scope(StrEnum):
    """What a key may be used for; it never allows more than its person may do."""

    CASES_READ = "cases:read"
    FILINGS_WRITE = "filings:write"
    CLAIMS_WRITE = "claims:write"
    DOCUMENTS_READ = "documents:read"
    NOTICES_READ = "notices:read"
    NOTICES_WRITE = "notices:write"
    TASKS_READ = "tasks:read"
    TASKS_WRITE = "tasks:write"
    POLICY_READ = "policy:read"


SCOPE_NAMES: dict[Scope, str] = {
    Scope.CASES_READ: "查看案件、贷款、额度",
    Scope.FILINGS_WRITE: "提交备案、补正、撤回",
    Scope.CLAIMS_WRITE: "申请补偿、补正、撤回、确认到账",
    Scope.DOCUMENTS_READ: "下载文书和材料",
    Scope.NOTICES_READ: "读取通知、事件和推送地址",
    Scope.NOTICES_WRITE: "签收通知",
    Scope.TASKS_READ: "查看待办",
    Scope.TASKS_WRITE: "认领、释放、办理待办",
    Scope.POLICY_READ: "政策测算",
}


class ApiKey(SQLModel, table=True):
    """One key. `key_id` is public and names it in lists; of the secret only a hash is kept."""

    __tablename__ = "api_keys"

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institutions.id", index=True)
    person_id: int = Field(foreign_key="people.id", index=True)  # for whom it acts
    name: str = Field(max_length=60)
    key_id: str = Field(max_length=24, unique=True)
    secret_hash: str = Field(max_length=64)
    scopes: list[str] = Field(sa_type=JSONB)
    networks: list[str] = Field(sa_type=JSONB)  # addresses it may come from, CIDR; none given: from anywhere
    created_at: datetime = moment()
    created_by: int = Field(foreign_key="people.id")
    expires_at: datetime = moment()
    revoked_at: datetime | None = moment(nullable=True)
    revoked_by: int | None = Field(default=None, foreign_key="people.id")
    replaced_by: int | None = Field(default=None, foreign_key="api_keys.id")  # the key it was rotated to
    last_used_at: datetime | None = moment(nullable=True)
    last_used_from: str = Field(default="", max_length=45)


class ApiToken(SQLModel, table=True):
    """A bearer token a key was exchanged for (OAuth2 client credentials); it dies with its key."""

    __tablename__ = "api_tokens"

    token_hash: str = Field(primary_key=True, max_length=64)
    key: int = Field(foreign_key="api_keys.id", index=True)
    scopes: list[str] = Field(sa_type=JSONB)
    created_at: datetime = moment()
    expires_at: datetime = moment()


def hash_of(secret: str) -> str:
    """What is stored of a secret. A plain SHA-256: secrets are 256 random bits, nobody guesses one."""
    return sha256(secret.encode()).hexdigest()


def by_key_id(session: Session, key_id: str) -> ApiKey | None:
    """The key with this public id."""
    return session.exec(select(ApiKey).where(ApiKey.key_id == key_id)).first()


def with_token(session: Session, token_hash: str) -> tuple[ApiToken, ApiKey] | None:
    """The token with this hash and its key."""
    query = select(ApiToken, ApiKey).join(ApiKey, col(ApiKey.id) == col(ApiToken.key))
    return session.exec(query.where(ApiToken.token_hash == token_hash)).first()


def of_institution(session: Session, institution_id: int) -> Sequence[tuple[ApiKey, Person]]:
    """The keys of an institution with the people they act for, newest first."""
    query = (
        select(ApiKey, Person)
        .join(Person, col(Person.id) == col(ApiKey.person_id))
        .where(ApiKey.institution_id == institution_id)
        .order_by(col(ApiKey.id).desc())
    )
    return session.exec(query).all()


def forget_tokens(session: Session, before: datetime) -> int:
    """Delete tokens that ended before an instant."""
    return session.exec(delete(ApiToken).where(col(ApiToken.expires_at) < before)).rowcount
