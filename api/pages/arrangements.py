"""代理与回避: who stands in for whom, who keeps out of what, and 移交 when someone leaves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session
from starlette.responses import Response

from api.auth.db import Db
from api.auth.permit import requires
from api.auth.session import CurrentActor
from api.pages import verb_fields
from api.pages.form_views import FieldView, Option
from api.pages.layout import frame
from api.pages.posted import Texts, by_field, whole
from api.pages.render import page
from api.pages.views import Note
from flows.actions.colleagues import choosing
from flows.actions.errors import ActionRefusedError, FieldFault, ForbiddenError, InvalidError, NotThereError
from flows.actions.people import standing_in
from models import clock
from models.permissions import Actor, may_arrange, may_talk
from models.records import institution, stand_in
from models.records.person import Person

router = APIRouter(prefix="/arrangements", dependencies=[requires(may_talk)])
DONE = {
    "substituted": "代理已登记：到期自动结束，期间新到和在办的任务双方都能看到，署名注明代理。",
    "returned": "代理已结束；期间以被代理人名义作出的结论仍然有效。",
    "recused": "回避已登记；已认领的有关任务已退回本岗位。",
    "lifted": "回避已解除。",
    "handed": "移交已办结；移出人不能再登录。",
}


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form that was sent: `section` names it; faults by field."""

    section: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    refused: str = ""
    moving: tuple[str, str, int] | None = None  # 移交 to confirm: from whom, to whom, how many tasks

    def view(self, section: str, label: str, name: str, **more: object) -> FieldView:
        """A field of a section; names differ between sections, because the page holds all forms."""
        mine = self.section == section
        value = self.values.get(f"{section}_{name}", "") if mine else ""
        return FieldView(label, f"{section}_{name}", value, self.faults.get(name, "") if mine else "", **more)  # type: ignore[arg-type]


@router.get("")
def show(request: Request, db: Db, actor: CurrentActor, done: str = "") -> HTMLResponse:
    """The page: what holds now, and the forms."""
    notes = (Note("ok", "", DONE[done]),) if done in DONE else ()
    return _page(request, db, actor, Typed(), notes)


@router.post("/substitute")
def substitute(request: Request, db: Db, actor: CurrentActor, form: Texts) -> Response:
    """Register a 代理."""

    def act() -> None:
        days = {name: _day(form, f"substitute_{name}") for name in ("starts_on", "ends_on")}
        faults = [FieldFault(n, "请写成 2026-12-01 这样的日期。") for n, day in days.items() if day is None]
        if days["starts_on"] is None or days["ends_on"] is None:
            raise InvalidError(tuple(faults))
        standing_in.substitute(
            db, actor, _person(form, "substitute_person"), _person(form, "substitute_substitute"),
            days["starts_on"], days["ends_on"], form.get("substitute_reason", ""),
        )  # fmt: skip

    return _answer(request, db, actor, Typed("substitute", form), act, "substituted")


@router.post("/substitute/{key}/end")
def end_substitution(request: Request, db: Db, actor: CurrentActor, key: int) -> Response:
    """End a 代理 early."""
    return _answer(
        request,
        db,
        actor,
        Typed("substitute"),
        lambda: standing_in.end_substitution(db, actor, key),
        "returned",
    )


@router.post("/recuse")
def recuse(request: Request, db: Db, actor: CurrentActor, form: Texts) -> Response:
    """Register a 回避."""

    def act() -> None:
        place = form.get("recuse_institution", "")
        standing_in.recuse(
            db, actor, _person(form, "recuse_person"), form.get("recuse_reason", ""),
            institution_id=_person(form, "recuse_institution") if place else None, uscc=form.get("recuse_uscc", ""),
        )  # fmt: skip

    return _answer(request, db, actor, Typed("recuse", form), act, "recused")


@router.post("/recuse/{key}/end")
def end_recusal(request: Request, db: Db, actor: CurrentActor, key: int) -> Response:
    """Lift a 回避."""
    return _answer(
        request, db, actor, Typed("recuse"), lambda: standing_in.end_recusal(db, actor, key), "lifted"
    )


@router.post("/handover")
def handover(request: Request, db: Db, actor: CurrentActor, form: Texts) -> Response:
    """移交: the first time says what will move; confirmed, it moves."""
    leaver, to = _person(form, "handover_person"), _person(form, "handover_to")
    known = {one.id: one for one in _arranged(db, actor)}
    if form.get("confirmed") != "1" and leaver in known and to in known and leaver != to:
        moving = (known[leaver].name, known[to].name, standing_in.held(db, leaver))
        return _page(request, db, actor, Typed("handover", form, moving=moving))
    return _answer(
        request,
        db,
        actor,
        Typed("handover", form),
        lambda: standing_in.hand_over(db, actor, leaver, to),
        "handed",
    )


def _answer(request: Request, db: Session, actor: Actor, typed: Typed, act: object, done: str) -> Response:
    try:
        with db.begin_nested():
            act()  # type: ignore[operator]
    except NotThereError:
        raise
    except InvalidError as error:
        faults = by_field(error.faults)
        return _page(request, db, actor, Typed(typed.section, typed.values, faults), status=422)
    except ActionRefusedError as error:
        status = 403 if isinstance(error, ForbiddenError) else 409
        refused = Typed(typed.section, typed.values, refused=error.sentence)
        return _page(request, db, actor, refused, status=status)
    return RedirectResponse(f"/arrangements?done={done}", 303)


def _person(form: Mapping[str, str], name: str) -> int:
    return whole(form.get(name, "")) or 0


def _day(form: Mapping[str, str], name: str) -> date | None:
    try:
        return date.fromisoformat(form.get(name, "").strip())
    except ValueError:
        return None


def _arranged(db: Session, actor: Actor) -> list[Person]:
    """Those the reader may arrange for: themselves, and the people of units they head or manage."""
    others = [one for one in choosing.readers(db, actor) if may_arrange(actor, one.institution_id)]
    return [db.get_one(Person, actor.person_id), *others]


def _page(
    request: Request, db: Session, actor: Actor, typed: Typed, notes: tuple[Note, ...] = (), status: int = 200
) -> HTMLResponse:
    people = _arranged(db, actor)
    mine = {one.id for one in people}
    alive = [
        one
        for one in stand_in.current(db, clock.today())
        if one.person_id in mine or one.substitute_id == actor.person_id
    ]
    kept_out = [one for key in mine for one in stand_in.recusals(db, key or 0)]
    names = verb_fields.names_of(
        db, [*(s.person_id for s in alive), *(s.substitute_id for s in alive), *mine]
    )
    places = institution.names_on(db, clock.today())
    if typed.refused:
        notes = (Note("late", "没有办成。", typed.refused, alert=True),)
    heads = len(people) > 1
    return page(
        request,
        "pages/arrangements/index.html",
        status=status,
        frame=frame(request, db, actor, "queue"),
        notes=notes,
        substitutions=[
            (one, names[one.person_id], names[one.substitute_id], one.person_id in mine) for one in alive
        ],
        recusals=[
            (
                one,
                names[one.person_id],
                places[one.institution_id].short_name if one.institution_id else one.uscc,
                one.person_id != actor.person_id,
            )
            for one in kept_out
        ],
        substitute_fields=_substitute_fields(db, actor, typed, people),
        recuse_fields=_recuse_fields(db, actor, typed, people),
        handover_fields=_handover_fields(db, typed, people) if heads else (),
        moving=typed.moving,
        typed=typed,
    )  # fmt: skip


def _substitute_fields(
    db: Session, actor: Actor, typed: Typed, people: Sequence[Person]
) -> tuple[FieldView, ...]:
    units = {one.institution_id for one in people}
    known = [one for one in choosing.readers(db, actor) if one.institution_id in units]
    colleagues = verb_fields.options(db, [people[0], *known] if len(people) > 1 else known)
    return (
        typed.view("substitute", "被代理人", "person", type="select", options=verb_fields.options(db, people), required=True),
        typed.view("substitute", "代理人", "substitute", type="select", options=colleagues, required=True, hint="同一单位的同事"),
        typed.view("substitute", "开始日期", "starts_on", type="date", required=True),
        typed.view("substitute", "结束日期（含）", "ends_on", type="date", required=True),
        typed.view("substitute", "原因", "reason", required=True, maxlength=200, hint="如休假、外出培训"),
    )  # fmt: skip


def _recuse_fields(
    db: Session, actor: Actor, typed: Typed, people: Sequence[Person]
) -> tuple[FieldView, ...]:
    names = institution.names_on(db, clock.today())
    places = tuple(
        Option(str(one.id), names[one.id or 0].short_name) for one in institution.filing_institutions(db)
    )
    return (
        typed.view("recuse", "回避人", "person", type="select", options=verb_fields.options(db, people), required=True),
        typed.view("recuse", "回避的机构", "institution", type="select", options=places),
        typed.view("recuse", "或回避的企业", "uscc", maxlength=18, hint="统一社会信用代码；与机构二者选一"),
        typed.view("recuse", "原因", "reason", required=True, maxlength=200, hint="如近亲属任职；解除须由他人办理"),
    )  # fmt: skip


def _handover_fields(db: Session, typed: Typed, people: Sequence[Person]) -> tuple[FieldView, ...]:
    options = verb_fields.options(db, people)
    return (
        typed.view("handover", "移出人", "person", type="select", options=options[1:], required=True),
        typed.view(
            "handover", "接收人", "to", type="select", options=options, required=True, hint="同一单位"
        ),
    )
