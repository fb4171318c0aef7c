"""Who calls the API: a key (`Authorization: Bearer fb_…`) or a token it was exchanged for (`ft_…`).

Tokens are opaque and stored as hashes: a revoked key ends its tokens with the next call, there is no signing key
to keep, and the look-up they cost is the one the caller's roles need anyway.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Any

from fastapi import Depends, Request
from sqlalchemy import update
from sqlmodel import Session, col, select

from api.auth.db import Db
from api.auth.limits import Meter, spend
from api.auth.permit import Permission
from api.auth.refusals import Refused
from models import clock
from models.permissions import Actor
from models.records.api_key import SCOPE_NAMES, ApiKey, ApiToken, Scope, by_key_id, hash_of, with_token
from models.records.institution import Institution
from models.records.person import Person, PersonRole

TOKEN_LIFE = timedelta(minutes=15)
SEEN_EVERY = timedelta(minutes=1)
LONGEST = 200
"""Characters of a credential that are looked at."""
CHALLENGE = 'Bearer realm="fengbu"'
REQUIRED = {
    401: ("no_credentials", "请在 Authorization 头中带上接口密钥或令牌（Bearer）。"),
    "unknown": ("invalid_credentials", "接口密钥或令牌不对，或已停用。请核对是否完整复制。"),
    "expired": ("expired_credentials", "接口密钥或令牌已到期。请更换密钥，或重新换取令牌。"),
    "address": ("address_not_allowed", "这把密钥不接受来自当前网络地址的调用。请联系本单位机构管理岗位登记地址。"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Caller:
    """The person a key acts for, and what the key may be used for."""

    actor: Actor
    key: int
    scopes: frozenset[Scope]


class NoEntry(Refused):
    """401 or 403 at the door; `code` is the stable word for it."""

    def __init__(self, why: int | str, status: int = 401) -> None:
        self.code, sentence = REQUIRED[why]
        super().__init__(status, sentence, {"WWW-Authenticate": CHALLENGE} if status == 401 else None)


class MissingScope(Refused):
    """The key may not be used for this."""

    code = "missing_scope"

    def __init__(self, scope: Scope) -> None:
        super().__init__(
            403,
            f"这把密钥没有“{SCOPE_NAMES[scope]}”权限（{scope}）。请由机构管理岗位新建有此权限的密钥。",
            {"WWW-Authenticate": f'{CHALLENGE}, error="insufficient_scope", scope="{scope}"'},
        )


def caller_of(db: Session, request: Request) -> Caller:
    """Who calls. 401 without a living credential, 403 from a wrong address, 429 after too many calls."""
    address = request.client.host if request.client else ""
    given = request.headers.get("Authorization", "")
    scheme, _, credential = given.partition(" ")
    credential = credential.strip()
    if scheme.lower() != "bearer" or not credential:
        spend(Meter.STRANGER, address, request)
        raise NoEntry(401)
    key, scopes = _opened(db, credential, address, request)
    if key.networks and not _from(address, key.networks):
        raise NoEntry("address", 403)
    spend(Meter.KEY, str(key.id), request)
    caller = Caller(_actor(db, key), key.id or 0, scopes)
    _saw(db, key, address)
    return caller


def opened(db: Session, key_id: str, secret: str, address: str, request: Request) -> ApiKey:
    """The living key with this id and secret. 401 for any other."""
    key = by_key_id(db, key_id) if key_id.isascii() and len(key_id) <= 24 else None
    fits = secrets.compare_digest(hash_of(secret[:LONGEST]), key.secret_hash if key else hash_of("nobody"))
    if key is None or not fits or key.revoked_at is not None:
        spend(Meter.STRANGER, address, request)
        raise NoEntry("unknown")
    if key.expires_at <= clock.wall():
        raise NoEntry("expired")
    if key.networks and not _from(address, key.networks):
        raise NoEntry("address", 403)
    return key


def exchange(db: Session, key: ApiKey, scopes: tuple[Scope, ...]) -> tuple[str, datetime]:
    """A token of the key for these scopes, and when it ends."""
    token, now = f"ft_{secrets.token_urlsafe(32)}", clock.wall()
    ends = min(now + TOKEN_LIFE, key.expires_at)
    db.add(
        ApiToken(
            token_hash=hash_of(token),
            key=key.id or 0,
            scopes=[scope.value for scope in scopes],
            created_at=now,
            expires_at=ends,
        )
    )
    return token, ends


def _opened(db: Session, credential: str, address: str, request: Request) -> tuple[ApiKey, frozenset[Scope]]:
    kind, _, rest = credential[:LONGEST].partition("_")
    if kind == "ft":
        found = with_token(db, hash_of(credential[:LONGEST]))
        if found is None or found[1].revoked_at is not None:
            spend(Meter.STRANGER, address, request)
            raise NoEntry("unknown")
        token, key = found
        if min(token.expires_at, key.expires_at) <= clock.wall():
            raise NoEntry("expired")
        return key, _known(token.scopes) & _known(key.scopes)
    key_id, _, secret = rest.partition("_")
    key = opened(db, key_id if kind == "fb" else "", secret, address, request)
    return key, _known(key.scopes)


def _known(words: list[str]) -> frozenset[Scope]:
    return frozenset(scope for scope in Scope if scope.value in words)


def _from(address: str, networks: list[str]) -> bool:
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return any(ip in ip_network(network) for network in networks)


def _actor(db: Session, key: ApiKey) -> Actor:
    """The person the key acts for, with today's roles; gone with the person or the institution."""
    query = (
        select(Person, Institution, PersonRole)
        .join(Institution, col(Institution.id) == col(Person.institution_id))
        .outerjoin(PersonRole, col(PersonRole.person_id) == col(Person.id))
        .where(
            Person.id == key.person_id,
            Person.institution_id == key.institution_id,
            col(Person.active),
            col(Person.suspended_at).is_(None),
            col(Institution.active),
        )
    )
    rows = db.exec(query).all()
    if not rows:
        raise NoEntry("unknown")
    person, institution, _ = rows[0]
    roles = frozenset(role.role for *_, role in rows if role is not None)
    return Actor(
        person.id or 0, person.name, institution.id or 0, roles, institution.files_board, by_key=True
    )


def _saw(db: Session, key: ApiKey, address: str) -> None:
    """Note that the key is in use, without waiting for another call of it that does the same."""
    now = clock.wall()
    if key.last_used_at is not None and now - key.last_used_at < SEEN_EVERY:
        return
    # NO KEY UPDATE: a full row lock would wait for calls that refer to the key, which may wait for this one
    mine = select(ApiKey.id).where(ApiKey.id == key.id)
    free = mine.with_for_update(skip_locked=True, key_share=True).scalar_subquery()
    db.execute(
        update(ApiKey)
        .where(col(ApiKey.id) == free)
        .values(last_used_at=now, last_used_from=address[:45])
        .execution_options(synchronize_session=False)
    )


class _Scoped(Permission):
    """The caller, if the key may be used for `scope`; the OpenAPI description names the scope."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def __call__(self, request: Request, db: Db) -> Caller:
        caller = caller_of(db, request)
        permit(caller, self.scope)
        return caller


def permit(caller: Caller, scope: Scope) -> None:
    """Go on if the caller's key has the scope; 403 otherwise."""
    if scope not in caller.scopes:
        raise MissingScope(scope)


def scoped(scope: Scope) -> Any:
    """`Annotated[Caller, scoped(Scope.CASES_READ)]`: the caller, or 401, 403, 429."""
    return Depends(_Scoped(scope))


__all__ = ["Caller", "MissingScope", "NoEntry", "caller_of", "exchange", "opened", "permit", "scoped"]
