"""修改密码: everyone's own; whoever got one from an administrator comes here first."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel
from starlette.responses import Response

from api.auth import session
from api.auth.db import Db
from api.auth.permit import anyone, requires
from api.pages.form_views import FieldView
from api.pages.layout import frame, home_of
from api.pages.posted import by_field
from api.pages.render import page
from api.pages.views import Note
from flows.actions.errors import InvalidError
from flows.actions.people import passwords
from models.permissions import Actor
from models.records.person import Person
from models.settings import get_settings

router = APIRouter(prefix="/password")
Someone = Annotated[Actor, requires(anyone)]


class PasswordForm(BaseModel):
    """The present password, the new one twice. Never shown again."""

    current: str = ""
    new: str = ""
    again: str = ""


@router.get("")
def show(request: Request, db: Db, actor: Someone, done: str = "") -> HTMLResponse:
    """The form, with the rules."""
    due = passwords.expired(db.get_one(Person, actor.person_id))
    note = Note("ok", "密码已修改。", "其他设备上的登录已退出。") if done else None
    if due:
        note = Note("soon", "请先修改密码。", "密码由管理员设置或已到期，修改后继续。")
    return _page(request, db, actor, note)


@router.post("")
def change(request: Request, db: Db, actor: Someone, form: Annotated[PasswordForm, Form()]) -> Response:
    """A new password. A wrong present one is counted, so the transaction is kept also then."""
    kept = session.hash_of(request.cookies.get(session.COOKIE, ""))
    due = passwords.expired(db.get_one(Person, actor.person_id))
    try:
        passwords.change_own(db, actor, form.current, form.new, form.again, kept)
    except InvalidError as error:
        faults = by_field(error.faults)
        return _page(request, db, actor, None, faults, status=422)
    return RedirectResponse(home_of(actor.roles) if due else "/password?done=1", 303)


def _page(
    request: Request,
    db: Db,
    actor: Actor,
    note: Note | None = None,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    wrong, rules = errors or {}, get_settings()
    hint = (
        f"至少 {rules.password_length} 个字符；大写字母、小写字母、数字、其他符号中至少 {rules.password_classes} 类；"
        f"不与最近 {rules.password_history} 次用过的相同"
    )
    return page(
        request,
        "pages/password/password.html",
        status=status,
        frame=frame(request, db, actor),
        notes=(note,) if note else (),
        fields=(
            FieldView("现在的密码", "current", "", wrong.get("current", ""), type="password", required=True,
                      autocomplete="current-password"),
            FieldView("新密码", "new", "", wrong.get("new", ""), hint, "password", required=True,
                      autocomplete="new-password"),
            FieldView("再输入一次新密码", "again", "", wrong.get("again", ""), type="password", required=True,
                      autocomplete="new-password"),
        ),
    )  # fmt: skip
