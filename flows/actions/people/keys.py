"""Keys of the API (接口密钥): made, rotated and revoked by an institution's administrator or by ours.

The secret is returned once, by the call that made it, and stored only as a hash.
"""

import secrets
from datetime import timedelta
from ipaddress import ip_network
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from sqlmodel import Session

from flows.actions.errors import ConflictError, FieldFault, InvalidError, NotThereError, permitted
from flows.actions.typed import Line60
from models import clock
from models.permissions import Actor, Denied, may_manage_keys
from models.records.api_key import ApiKey, Scope, hash_of
from models.records.person import Person

OVERLAP = timedelta(hours=24)
"""How long a rotated key still works beside its successor."""
LONGEST_DAYS = 366
MOST_NETWORKS = 20


def _days(raw: object) -> int:
    text = str(raw).strip()
    if not (text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= LONGEST_DAYS):
        raise ValueError(f"有效期须为 1 至 {LONGEST_DAYS} 天的整数。")
    return int(text)


def _scopes(raw: object) -> tuple[Scope, ...]:
    given = raw if isinstance(raw, list | tuple | set | frozenset) else ()
    chosen = tuple(scope for scope in Scope if scope.value in {str(one) for one in given})
    if not chosen or len(chosen) != len({str(one) for one in given}):
        raise ValueError("请至少选择一项权限。")
    return chosen


def _networks(raw: object) -> tuple[str, ...]:
    words = str(raw).replace("，", " ").replace(",", " ").replace("；", " ").split()
    if len(words) > MOST_NETWORKS:
        raise ValueError(f"最多填写 {MOST_NETWORKS} 个地址段。")
    found = []
    for word in words:
        try:
            found.append(str(ip_network(word, strict=False)))
        except ValueError as error:
            raise ValueError(f"“{word[:60]}”不是 IP 地址或地址段，例如 203.0.113.0/24。") from error
    return tuple(dict.fromkeys(found))


class KeyForm(BaseModel):
    """What one says of a new key. `networks`: addresses or CIDR blocks, separated by blanks or commas."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Line60 = Field(title="用途")
    person_id: int = Field(title="代表的经办人")
    scopes: Annotated[tuple[Scope, ...], BeforeValidator(_scopes)] = Field(title="权限")
    days: Annotated[int, BeforeValidator(_days)] = Field(title="有效期")
    networks: Annotated[tuple[str, ...], BeforeValidator(_networks)] = Field((), title="来源地址")


def create(s: Session, actor: Actor, institution_id: int, form: KeyForm) -> tuple[ApiKey, str]:
    """A new key and its secret text. Raises `ForbiddenError`, `InvalidError` for a person of another place."""
    permitted(may_manage_keys(actor, institution_id))
    person = s.get(Person, form.person_id)
    if person is None or not person.active or person.institution_id != institution_id:
        raise InvalidError((FieldFault("person_id", "请选择本单位在岗的经办人。"),))
    key = ApiKey(
        institution_id=institution_id,
        person_id=form.person_id,
        name=form.name,
        key_id=secrets.token_hex(8),
        secret_hash="",
        scopes=[scope.value for scope in form.scopes],
        networks=list(form.networks),
        created_at=clock.wall(),
        created_by=actor.person_id,
        expires_at=clock.wall() + timedelta(days=form.days),
    )
    return key, _sealed(s, key)


def rotate(s: Session, actor: Actor, key: int) -> tuple[ApiKey, str]:
    """The key's successor, for as long as the key was made for; the old one works for `OVERLAP` beside it."""
    old = _living(s, actor, key)
    if old.replaced_by is not None:
        raise ConflictError("这把密钥已经更换过，请对新的那把操作；旧的一把到期后自动停用。")
    now = clock.wall()
    new = ApiKey(
        institution_id=old.institution_id,
        person_id=old.person_id,
        name=old.name,
        key_id=secrets.token_hex(8),
        secret_hash="",
        scopes=list(old.scopes),
        networks=list(old.networks),
        created_at=now,
        created_by=actor.person_id,
        expires_at=now + (old.expires_at - old.created_at),
    )
    text = _sealed(s, new)
    old.replaced_by = new.id
    old.expires_at = min(old.expires_at, now + OVERLAP)
    return new, text


def revoke(s: Session, actor: Actor, key: int) -> ApiKey:
    """End the key at once; its tokens die with it."""
    found = _living(s, actor, key)
    found.revoked_at, found.revoked_by = clock.wall(), actor.person_id
    return found


def _sealed(s: Session, key: ApiKey) -> str:
    secret = secrets.token_urlsafe(32)
    key.secret_hash = hash_of(secret)
    s.add(key)
    s.flush()
    return f"fb_{key.key_id}_{secret}"


def _living(s: Session, actor: Actor, key: int) -> ApiKey:
    found = s.get(ApiKey, key, with_for_update=True)
    if found is None or isinstance(may_manage_keys(actor, found.institution_id), Denied):
        raise NotThereError("没有找到这把密钥。")
    if found.revoked_at is not None or found.expires_at <= clock.wall():
        raise ConflictError("这把密钥已经停用或到期，请新建一把。")
    return found
