"""接口密钥: an institution's keys for its own systems; the secret is shown once, on the page that answers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session, col, select
from starlette.responses import Response

from api.auth.db import Db
from api.auth.permit import requires
from api.auth.refusals import Refused
from api.pages.form_views import DialogView, FieldView, Option
from api.pages.layout import frame
from api.pages.posted import Posted, by_field, whole
from api.pages.render import page, stamp
from api.pages.views import Column, Empty, Note, Tab, Tag
from flows.actions.errors import FieldFault, InvalidError
from flows.actions.people import keys
from flows.actions.people.keys import LONGEST_DAYS, OVERLAP, KeyForm
from flows.actions.typed import read
from models import clock
from models.permissions import Actor, Verdict, may_manage_keys
from models.records import institution
from models.records.api_key import SCOPE_NAMES, ApiKey, Scope, of_institution
from models.records.institution import Institution
from models.records.person import Person, PersonRole
from models.roles import APPLICANT_ROLES, Role

router = APIRouter(prefix="/keys")

SOON = timedelta(days=14)
COLUMNS = (
    Column("用途", "full"),
    Column("代表"),
    Column("权限"),
    Column("来源地址"),
    Column("到期"),
    Column("最近使用", "hide"),
    Column("状态"),
    Column("办理", "act", hidden_label=True),
)
NO_KEYS = Empty("还没有接口密钥。", "核心系统要接入时，在下面新建一把。", "lock")
STAFF_SCOPES = frozenset({Scope.TASKS_READ, Scope.TASKS_WRITE})


def may_open(actor: Actor) -> Verdict:
    """The page of one's own institution's keys."""
    return may_manage_keys(actor, actor.institution_id)


Keeper = Annotated[Actor, requires(may_open)]


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One key. `rotatable` while it lives and has no successor."""

    id: int
    name: str
    key_id: str
    person: str
    scopes: tuple[str, ...]
    networks: str
    expires: str
    used: str
    used_from: str
    tag: Tag
    living: bool
    rotatable: bool


@dataclass(frozen=True, slots=True)
class Made:
    """A key that was just made, with its secret: the only time it can be read."""

    name: str
    text: str
    key_id: str
    replaced: bool


@dataclass(frozen=True, slots=True)
class ScopeBox:
    """A permission to tick."""

    value: str
    label: str
    checked: bool


@router.get("")
def index(request: Request, db: Db, actor: Keeper, at: str = "", done: str = "") -> HTMLResponse:
    """The keys of the institution; our administrator chooses which by `at`."""
    note = Note("ok", "", "密钥已停用，用它换取的令牌同时失效。") if done == "revoked" else None
    return _page(request, db, actor, kept_place(db, actor, at, may_manage_keys), note=note)


@router.post("")
def create(request: Request, db: Db, actor: Keeper, form: Posted, at: str = "") -> Response:
    """A new key; its secret stands on the answering page and nowhere else."""
    home = kept_place(db, actor, at, may_manage_keys)
    typed = {name: str(form.get(name, "")) for name in ("name", "person_id", "days", "networks")}
    scopes = [str(value) for value in form.getlist("scopes")]
    try:
        key, text = keys.create(db, actor, home, read(KeyForm, {**typed, "scopes": scopes or [""]}))
    except InvalidError as error:
        return _page(request, db, actor, home, typed=typed, scopes=scopes, faults=error.faults, status=422)
    db.flush()
    return _page(request, db, actor, home, made=Made(key.name, text, key.key_id, False), status=201)


@router.post("/{key}/rotate")
def rotate(request: Request, db: Db, actor: Keeper, key: int) -> HTMLResponse:
    """A successor with the same permissions."""
    new, text = keys.rotate(db, actor, key)
    db.flush()
    made = Made(new.name, text, new.key_id, True)
    return _page(request, db, actor, new.institution_id, made=made, status=201)


@router.post("/{key}/revoke")
def revoke(db: Db, actor: Keeper, key: int) -> RedirectResponse:
    """End a key at once."""
    found = keys.revoke(db, actor, key)
    place = f"&at={found.institution_id}" if found.institution_id != actor.institution_id else ""
    return RedirectResponse(f"/keys?done=revoked{place}", 303)


def _page(
    request: Request,
    db: Session,
    actor: Actor,
    home: int,
    *,
    note: Note | None = None,
    made: Made | None = None,
    typed: dict[str, str] | None = None,
    scopes: list[str] | None = None,
    faults: tuple[FieldFault, ...] = (),
    status: int = 200,
) -> HTMLResponse:
    errors = by_field(faults)
    own = home == actor.institution_id
    suffix = "" if own else f"?at={home}"
    names = institution.names_on(db, clock.today())
    rows = [_row(*found) for found in of_institution(db, home)]
    staff = _is_staff(db, home)
    return page(
        request,
        "pages/keys/index.html",
        status=status,
        frame=frame(request, db, actor, "keys"),
        notes=(note,) if note else (),
        tabs=keeping(suffix, "keys"),
        place=names[home].name,
        made=made,
        rows=rows,
        columns=COLUMNS,
        no_keys=NO_KEYS,
        action=f"/keys{suffix}",
        fields=_fields(db, home, typed or {}, errors),
        scopes=tuple(
            ScopeBox(s.value, SCOPE_NAMES[s], s.value in scopes if scopes is not None else _usual(s, staff))
            for s in Scope
            if staff or s not in STAFF_SCOPES
        ),
        scopes_error=errors.get("scopes", ""),
        dialogs=_dialogs(rows),
        places=places_of(db, names) if Role.ADMIN in actor.roles else (),
        home=home,
    )


def keeping(suffix: str, current: str) -> tuple[Tab, ...]:
    """The pages an institution's administrator keeps."""
    return (
        Tab("人员", f"/people{suffix}", current=current == "people"),
        Tab("接口密钥", f"/keys{suffix}", current=current == "keys"),
        Tab("通知地址", f"/addresses{suffix}", current=current == "addresses"),
        Tab("名录登记", f"/institutions/own{suffix}", current=current == "entry"),
    )


def _usual(scope: Scope, staff: bool) -> bool:
    return scope in (STAFF_SCOPES | {Scope.CASES_READ}) if staff else True


def _is_staff(db: Session, home: int) -> bool:
    roles = select(PersonRole.role).join(Person, col(Person.id) == col(PersonRole.person_id))
    return any(role not in APPLICANT_ROLES for role in db.exec(roles.where(Person.institution_id == home)))


def _fields(db: Session, home: int, typed: dict[str, str], errors: dict[str, str]) -> tuple[FieldView, ...]:
    people = db.exec(
        select(Person).where(Person.institution_id == home, col(Person.active)).order_by(col(Person.id))
    )
    options = tuple(Option(str(one.id), one.name) for one in people)
    days = str(typed.get("days", "180"))
    return (
        FieldView(
            "用途", "name", typed.get("name", ""), errors.get("name", ""), "写明哪个系统使用，例如 信贷核心系统",
            required=True, maxlength=60,
        ),
        FieldView(
            "代表的经办人", "person_id", typed.get("person_id", ""), errors.get("person_id", ""),
            "经接口办理的事记在其名下，权限不超过其岗位", type="select", options=options, required=True,
        ),
        FieldView(
            "有效期", "days", days, errors.get("days", ""), f"到期前更换；最长 {LONGEST_DAYS} 天",
            type="number", required=True, unit="天",
        ),
        FieldView(
            "来源地址", "networks", typed.get("networks", ""), errors.get("networks", ""),
            "只接受来自这些 IP 或地址段的调用，以空格分隔；不填不限", placeholder="203.0.113.0/24",
        ),
    )  # fmt: skip


def _row(key: ApiKey, person: Person) -> KeyRow:
    now = clock.wall()
    living = key.revoked_at is None and key.expires_at > now
    return KeyRow(
        key.id or 0,
        key.name,
        key.key_id,
        person.name,
        tuple(SCOPE_NAMES[scope] for scope in Scope if scope.value in key.scopes),
        "、".join(key.networks) or "不限",
        stamp(key.expires_at),
        stamp(key.last_used_at) if key.last_used_at else "从未使用",
        key.last_used_from,
        _tag(key, person, living),
        living,
        living and key.replaced_by is None,
    )


def _tag(key: ApiKey, person: Person, living: bool) -> Tag:
    if key.revoked_at is not None:
        return Tag("已停用", "idle")
    if not living:
        return Tag("已到期", "idle")
    if not person.active:
        return Tag("代表的人已离岗", "late", "alert")
    if key.replaced_by is not None:
        return Tag("已更换，即将停用", "soon")
    if key.expires_at - clock.wall() < SOON:
        return Tag("即将到期", "soon")
    return Tag("使用中", "ok")


def _dialogs(rows: list[KeyRow]) -> tuple[DialogView, ...]:
    hours = int(OVERLAP.total_seconds() // 3600)
    found = []
    for row in rows:
        if row.rotatable:
            found.append(
                DialogView(
                    f"rotate-{row.id}",
                    f"更换“{row.name}”的密钥",
                    f"新密钥权限相同，只显示一次；旧密钥 {row.key_id} 再用 {hours} 小时后停用，请在此之前换上。",
                    "更换密钥",
                    action=f"/keys/{row.id}/rotate",
                )
            )
        if row.living:
            found.append(
                DialogView(
                    f"revoke-{row.id}",
                    f"停用“{row.name}”的密钥",
                    f"密钥 {row.key_id} 和用它换取的令牌立即失效，正在进行的调用会被拒绝，不能恢复。",
                    "立即停用",
                    action=f"/keys/{row.id}/revoke",
                    negative=True,
                )
            )
    return tuple(found)


def kept_place(db: Session, actor: Actor, at: str, may: Callable[[Actor, int], Verdict]) -> int:
    """The institution that is shown: one's own, or the one named by `at`; 404 for one the actor may not keep."""
    home = whole(at) or actor.institution_id
    if not may(actor, home) or db.get(Institution, home) is None:
        raise Refused(404)
    return home


def places_of(db: Session, names: dict[int, institution.InstitutionName]) -> tuple[tuple[int, str], ...]:
    """Every active institution to choose from, for our administrator."""
    ids = db.exec(select(Institution.id).where(col(Institution.active)).order_by(col(Institution.id)))
    return tuple((one or 0, names[one or 0].short_name) for one in ids)
