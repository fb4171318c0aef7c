"""人员: the people of an institution, kept by its own administrator or by the system's; and 申报复核 on or off."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session
from starlette.responses import Response

from api.auth.db import Db
from api.auth.permit import Permission, requires
from api.auth.session import CurrentActor
from api.pages import people_view as views
from api.pages.keys import keeping, kept_place, places_of
from api.pages.layout import frame
from api.pages.people_view import Secret
from api.pages.posted import Posted, by_field, whole
from api.pages.render import page
from api.pages.views import Note
from flows.actions.errors import ActionRefusedError, FieldFault, ForbiddenError, InvalidError, NotThereError
from flows.actions.people import staffing
from flows.actions.people.staffing import PersonForm
from flows.actions.typed import read
from models import clock
from models.permissions import Actor, Denied, Verdict, may_manage_people, may_require_checker, roles_offered
from models.records import institution, office_act
from models.records.institution import Institution
from models.records.person import Person
from models.roles import Role

router = APIRouter(prefix="/people")
ACTS_SHOWN = 30
SAID = {
    "on": "已启用申报复核：从现在起，经办提交的申报须由另一人放行。",
    "off": "已停用申报复核：经办提交后直接送受托管理机构。正在等复核的仍须放行或撤回。",
    "roles": "岗位已更改，从对方的下一次操作起生效。",
    "locked": "账号已锁定，登录和以其名义的接口密钥已停用。",
    "unlocked": "账号已解锁。",
    "left": "账号已停用，会话和以其名义的接口密钥已失效。",
}


def may_open(actor: Actor) -> Verdict:
    """The people of one's own institution, at least."""
    return may_manage_people(actor, actor.institution_id)


Keeper = Annotated[Actor, requires(may_open)]


class _Seen(Permission):
    def __call__(self, person_id: int, db: Db, actor: CurrentActor) -> Person:
        return staffing.seen(db, actor, person_id)


SeenPerson = Annotated[Person, Depends(_Seen())]
"""The person `{person_id}`, for whoever keeps the people of their institution; 404 for everyone else."""


@dataclass(frozen=True, slots=True)
class _Typed:
    """A form that was refused, as it was typed."""

    values: dict[str, str]
    roles: tuple[str, ...]
    errors: dict[str, str]


@router.get("")
def index(request: Request, db: Db, actor: Keeper, at: str = "", done: str = "") -> HTMLResponse:
    """Everyone of the institution; our administrator chooses which by `at`."""
    note = Note("ok", "", SAID[done]) if done in SAID else None
    return _index(request, db, actor, kept_place(db, actor, at, may_manage_people), note)


@router.post("")
def add(request: Request, db: Db, actor: Keeper, form: Posted, at: str = "") -> Response:
    """A new person; the initial password stands on the answering page and nowhere else."""
    home = kept_place(db, actor, at, may_manage_people)
    values = {name: str(form.get(name, "")) for name in PersonForm.model_fields}
    roles = tuple(str(value) for value in form.getlist("roles"))
    try:
        made, secret = staffing.add(db, actor, home, read(PersonForm, values), _roles(roles))
    except InvalidError as error:
        typed = _Typed(values, roles, by_field(error.faults))
        return _index(request, db, actor, home, typed=typed, status=422)
    return _show(request, db, actor, made, secret=Secret("已新增", made.name, made.login, secret), status=201)


@router.post("/checker")
def checker(db: Db, actor: Keeper, form: Posted) -> Response:
    """申报复核 on or off, for one's own institution."""
    on = form.get("on") == "1"
    staffing.require_checker(db, actor, actor.institution_id, on=on)
    return RedirectResponse(f"/people?done={'on' if on else 'off'}", 303)


@router.get("/{person_id}")
def show(request: Request, db: Db, actor: CurrentActor, found: SeenPerson, done: str = "") -> HTMLResponse:
    """One person: roles, password, lock, end."""
    note = Note("ok", "", SAID[done]) if done in SAID else None
    return _show(request, db, actor, found, note)


@router.post("/{person_id}/roles")
def roles(request: Request, db: Db, actor: CurrentActor, found: SeenPerson, form: Posted) -> Response:
    """Give and take roles."""
    given = tuple(str(value) for value in form.getlist("roles"))
    return _do(
        request, db, actor, found, "roles",
        lambda: staffing.set_roles(db, actor, found.id or 0, _roles(given)), given,
    )  # fmt: skip


@router.post("/{person_id}/password")
def password(request: Request, db: Db, actor: CurrentActor, found: SeenPerson) -> Response:
    """A new initial password, shown once."""
    return _secretly(request, db, actor, found, "已重置密码", staffing.reset_password)


@router.post("/{person_id}/back")
def back(request: Request, db: Db, actor: CurrentActor, found: SeenPerson) -> Response:
    """An account that had ended lives again."""
    return _secretly(request, db, actor, found, "已恢复账号", staffing.bring_back)


@router.post("/{person_id}/lock")
def lock(request: Request, db: Db, actor: CurrentActor, found: SeenPerson) -> Response:
    """No sign-in until unlocked."""
    return _do(request, db, actor, found, "locked", lambda: staffing.suspend(db, actor, found.id or 0))


@router.post("/{person_id}/unlock")
def unlock(request: Request, db: Db, actor: CurrentActor, found: SeenPerson) -> Response:
    """Also after too many wrong passwords."""
    return _do(request, db, actor, found, "unlocked", lambda: staffing.unlock(db, actor, found.id or 0))


@router.post("/{person_id}/end")
def end(request: Request, db: Db, actor: CurrentActor, found: SeenPerson, form: Posted) -> Response:
    """The account ends; open tasks go to a colleague."""
    to = whole(str(form.get("to", "")))
    return _do(request, db, actor, found, "left", lambda: staffing.let_go(db, actor, found.id or 0, to))


def _do(
    request: Request,
    db: Session,
    actor: Actor,
    found: Person,
    done: str,
    act: Callable[[], object],
    given: tuple[str, ...] | None = None,
) -> Response:
    try:
        with db.begin_nested():
            act()
    except ActionRefusedError as error:
        return _refused(request, db, actor, found, error, given)
    return RedirectResponse(f"/people/{found.id}?done={done}", 303)


def _secretly(
    request: Request,
    db: Session,
    actor: Actor,
    found: Person,
    title: str,
    act: Callable[[Session, Actor, int], tuple[Person, str]],
) -> Response:
    try:
        with db.begin_nested():
            _, secret = act(db, actor, found.id or 0)
    except ActionRefusedError as error:
        return _refused(request, db, actor, found, error)
    return _show(request, db, actor, found, secret=Secret(title, found.name, found.login, secret), status=201)


def _refused(
    request: Request,
    db: Session,
    actor: Actor,
    found: Person,
    error: ActionRefusedError,
    given: tuple[str, ...] | None = None,
) -> HTMLResponse:
    if isinstance(error, NotThereError):
        raise error
    status = 422 if isinstance(error, InvalidError) else 403 if isinstance(error, ForbiddenError) else 409
    faults: tuple[FieldFault, ...] = error.faults if isinstance(error, InvalidError) else ()
    note = Note("late", "没有办成。", faults[0].message if faults else error.sentence, alert=True)
    errors = by_field(faults)
    return _show(request, db, actor, found, note, errors=errors, given=given, status=status)


def _roles(words: tuple[str, ...]) -> tuple[Role, ...]:
    known = {role.value: role for role in Role}
    if set(words) - set(known):
        raise InvalidError((FieldFault("roles", "请从列出的岗位中选择。"),))
    return tuple(known[word] for word in words)


def _index(
    request: Request,
    db: Session,
    actor: Actor,
    home: int,
    note: Note | None = None,
    *,
    typed: _Typed | None = None,
    status: int = 200,
) -> HTMLResponse:
    names, place = institution.names_on(db, clock.today()), db.get_one(Institution, home)
    suffix = "" if home == actor.institution_id else f"?at={home}"
    offered = roles_offered(actor, place.kind, place.files_board is not None)
    return page(
        request,
        "pages/people/index.html",
        status=status,
        frame=frame(request, db, actor, "keys"),
        notes=(note,) if note else (),
        tabs=keeping(suffix, "people"),
        place=names[home].name,
        rows=views.rows(db, home),
        columns=views.COLUMNS,
        action=f"/people{suffix}",
        fields=views.fields(typed.values if typed else {}, typed.errors if typed else {}),
        boxes=views.boxes(offered, typed.roles if typed else ()),
        roles_error=typed.errors.get("roles", "") if typed else "",
        checker_since=place.checker_since,
        files=place.files_board is not None,
        may_demand=bool(may_require_checker(actor, home)),
        dialogs=views.checker_dialogs(place),
        act_columns=views.ACT_COLUMNS,
        acts=views.acts(office_act.of_institution(db, home, ACTS_SHOWN)),
        places=places_of(db, names) if Role.ADMIN in actor.roles else (),
        home=home,
    )


def _show(
    request: Request,
    db: Session,
    actor: Actor,
    found: Person,
    note: Note | None = None,
    *,
    secret: Secret | None = None,
    errors: dict[str, str] | None = None,
    given: tuple[str, ...] | None = None,
    status: int = 200,
) -> HTMLResponse:
    db.flush()
    place = db.get_one(Institution, found.institution_id)
    allowed = staffing.may_change(db, actor, found)
    wrong = errors or {}
    view = views.one(db, found)
    return page(
        request,
        "pages/people/person.html",
        status=status,
        frame=frame(request, db, actor, "keys"),
        notes=(note,) if note else (),
        back="/people"
        if found.institution_id == actor.institution_id
        else f"/people?at={found.institution_id}",
        place=institution.name_on(db, found.institution_id, clock.today()).name,
        person=found,
        view=view,
        secret=secret,
        denied=allowed.sentence if isinstance(allowed, Denied) else "",
        boxes=views.boxes(
            roles_offered(actor, place.kind, place.files_board is not None),
            given if given is not None else tuple(role.value for role in view.roles),
        ),
        roles_error=wrong.get("roles", ""),
        dialogs=() if isinstance(allowed, Denied) else views.dialogs(db, found, wrong.get("to", "")),
    )
