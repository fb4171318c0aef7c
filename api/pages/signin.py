"""Signing in and out, the way home, and the sign of life."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated

import structlog
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from pydantic import BaseModel, StringConstraints
from sqlmodel import Session, col, select
from starlette.responses import Response

from api.auth import session
from api.auth.db import Db
from api.auth.entry import Barred, enter
from api.auth.permit import anyone, requires
from api.pages.form_views import FieldView
from api.pages.layout import home_of
from api.pages.render import page
from api.pages.views import Note
from models import clock, database
from models.permissions import Actor
from models.records import institution, person
from models.records.person import Person, PersonRole
from models.roles import ROLE_NAMES, Role
from models.settings import get_settings

log = structlog.get_logger("fengbu.audit")
router = APIRouter()

FORM_COOKIE = "fengbu_form"
"""Before anyone is signed in, the form's token is compared with this cookie."""


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """An account of the demo that is entered with one click."""

    login: str
    name: str
    place: str


@dataclass(frozen=True, slots=True)
class DemoGroup:
    """The demo's people of one role at one institution; a role held all over the city is one group."""

    role: str
    place: str
    people: tuple[DemoPerson, ...]


class SignInForm(BaseModel):
    """What the entrance is told; `demo` is the login of a one-click account."""

    login: Annotated[str, StringConstraints(strip_whitespace=True)] = ""
    password: str = ""
    next: str = ""
    demo: str = ""
    csrf_token: str = ""


@router.get("/", dependencies=[requires(anyone)])
def home(request: Request) -> RedirectResponse:
    """Each person's own first page."""
    actor: Actor = request.state.actor
    return RedirectResponse(home_of(actor.roles), 303)


@router.get("/signin")
def sign_in_page(
    request: Request, db: Db, next: str = "", expired: bool = False, out: bool = False
) -> HTMLResponse:
    """The form; `expired` and `out` say why one is here."""
    note = Note("ok", "", "已退出登录。") if out else None
    if expired:
        minutes = get_settings().session_idle_minutes
        note = Note("soon", "", f"已超过{minutes}分钟没有操作，系统已自动退出。登录后回到原来的页面。")
    return _form(request, db, SignInForm(next=next), note)


@router.post("/signin")
def sign_in(request: Request, db: Db, form: Annotated[SignInForm, Form()]) -> Response:
    """Enter by password, or in the demo by one click; then to `next` or home."""
    cookie = request.cookies.get(FORM_COOKIE, "")
    if not cookie or not secrets.compare_digest(cookie.encode(), form.csrf_token.encode()):
        return _refuse(request, db, form, "登录页已过期，请再登录一次。", 403)
    if form.demo:
        entered = _demo_person(db, form.demo)
    elif not form.login or not form.password:
        return _form(request, db, form, status=422, errors=_missing(form))
    else:
        entered = enter(db, form.login, form.password)
    if isinstance(entered, Barred):
        return _refuse(request, db, form, entered.sentence, 429 if entered.until else 401)
    session.replace(db, request.cookies.get(session.COOKIE))
    token = session.start(db, entered)
    roles = person.roles_of(db, entered.id or 0)
    response = RedirectResponse(safe_next(form.next) or home_of(roles), 303)
    session.remember(request, response, token)
    return response


@router.post("/signout")
def sign_out(request: Request, db: Db) -> RedirectResponse:
    """End the session, also one that is already over. Other sites cannot send the cookie, so no token is asked."""
    session.end(db, request.cookies.get(session.COOKIE))
    response = RedirectResponse("/signin?out=1", 303)
    session.forget(response)
    return response


@router.get("/healthz")
def health() -> JSONResponse:
    """Whether this process can do its work: 200, or 503 without its database."""
    healthy = database.healthy()
    return JSONResponse({"database": "ok" if healthy else "unreachable"}, 200 if healthy else 503)


def safe_next(address: str) -> str:
    """`address` if it is a page of ours, otherwise "": browsers read “//host” and “/\\host” as other sites."""
    ours = address.startswith("/") and not address.startswith("//") and "\\" not in address
    return address if ours and address.isprintable() else ""


def _missing(form: SignInForm) -> dict[str, str]:
    found = {} if form.login else {"login": "请填写账号。"}
    return found if form.password else found | {"password": "请填写密码。"}


def _refuse(request: Request, db: Session, form: SignInForm, sentence: str, status: int) -> HTMLResponse:
    errors = {"password": "请重新输入密码。"} if status == 401 and not form.demo else {}
    return _form(request, db, form, Note("late", "", sentence), status=status, errors=errors)


def _form(
    request: Request,
    db: Session,
    form: SignInForm,
    note: Note | None = None,
    *,
    status: int = 200,
    errors: Mapping[str, str] = MappingProxyType({}),
) -> HTMLResponse:
    """The page with what was typed, except the password."""
    token = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(24)
    request.state.csrf_token = token
    settings = get_settings()
    login = FieldView(
        "账号",
        "login",
        form.login,
        errors.get("login", ""),
        required=True,
        autocomplete="username",
        maxlength=60,
    )
    password = FieldView(
        "密码", "password", "", errors.get("password", ""), type="password", required=True,
        autocomplete="current-password",
    )  # fmt: skip
    response = page(
        request,
        "pages/signin/signin.html",
        status=status,
        notes=(note,) if note else (),
        login=login,
        password=password,
        next=safe_next(form.next),
        minutes=settings.session_idle_minutes,
        demo=_demo_groups(db) if settings.demo else (),
    )
    session.set_cookie(request, response, FORM_COOKIE, token)
    return response


def _demo_person(db: Session, login: str) -> Person | Barred:
    found = person.by_login(db, login) if get_settings().demo else None
    if found is None or not (found.demo and found.active):
        return Barred("这里没有这个演示账号。")
    log.info("signed_in", login=login, person_id=found.id, by="demo")
    return found


def _demo_groups(db: Session) -> tuple[DemoGroup, ...]:
    """The demo's accounts in the order in which a case meets them."""
    names = institution.names_on(db, clock.today())
    rows = db.exec(
        select(Person, PersonRole.role)
        .join(PersonRole, col(PersonRole.person_id) == col(Person.id))
        .where(col(Person.demo), col(Person.active))
        .order_by(col(Person.institution_id), col(Person.id))
    )
    groups: dict[tuple[Role, str], list[DemoPerson]] = {}
    for found, role in rows:
        place = names[found.institution_id].short_name
        where = "各成员单位" if role == Role.MEETING_MEMBER else place
        groups.setdefault((Role(role), where), []).append(DemoPerson(found.login, found.name, place))
    order = list(Role)
    return tuple(
        DemoGroup(ROLE_NAMES[role], where, tuple(people))
        for (role, where), people in sorted(groups.items(), key=lambda item: order.index(item[0][0]))
    )
