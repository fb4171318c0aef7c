"""机构名录: every institution with what it still needs; one entry with its parts, history and forms; two people."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session
from starlette.responses import Response

from api.auth.db import Db
from api.auth.permit import Permission, requires
from api.auth.refusals import Refused
from api.auth.session import CurrentActor
from api.pages import institutions_view as views
from api.pages import policy_layout
from api.pages.keys import keeping
from api.pages.layout import frame
from api.pages.posted import Texts, by_field, whole
from api.pages.render import page
from api.pages.views import Note
from flows.actions.errors import ActionRefusedError, InvalidError
from flows.actions.people import enrolling
from models import clock
from models.permissions import (
    Actor,
    Verdict,
    may_change_reach,
    may_enroll,
    may_see_institution,
    may_see_institutions,
)
from models.records import institution, institution_change
from models.records.institution import KIND_NAMES, Institution
from models.records.institution_change import Part

router = APIRouter(prefix="/institutions")
Reader = Annotated[Actor, requires(may_see_institutions)]
Registrar = Annotated[Actor, requires(may_enroll)]
SAID = {
    "proposed": "已登记，待另一位有权限的人确认后生效。",
    "confirmed": "已确认，从启用日起按此办理。",
    "rejected": "已退回，名录不变。",
    "withdrawn": "已撤回，名录不变。",
}


class _Seen(Permission):
    def __call__(self, institution_id: int, db: Db, actor: CurrentActor) -> Institution:
        if not may_see_institution(actor, institution_id):
            raise Refused(404)
        found = db.get(Institution, institution_id) if institution_id < 2**31 else None
        if found is None:
            raise Refused(404)
        return found


SeenPlace = Annotated[Institution, Depends(_Seen())]
"""The institution `{institution_id}`, for whoever may see its entry; 404 for everyone else."""


def may_decide(actor: Actor) -> Verdict:
    """Whoever sees an entry may try: the action says who confirms, and who only withdraws."""
    return may_see_institution(actor, actor.institution_id)


Decider = Annotated[Actor, requires(may_decide)]


@router.get("")
def index(request: Request, db: Db, actor: Reader, done: str = "") -> HTMLResponse:
    """The register, what waits for a second person, and the form of a new entry."""
    return _index(request, db, actor, (Note("ok", "", SAID[done]),) if done in SAID else ())


@router.post("")
def enter(request: Request, db: Db, actor: Registrar, form: Texts) -> Response:
    """Register a new institution."""
    typed = _own(form, Part.ENTRY)
    try:
        enrolling.propose(db, actor, Part.ENTRY, None, typed, typed.get("basis", ""))
    except ActionRefusedError as error:
        return _index(
            request, db, actor, (policy_layout.refusal(error),), typed, _faults(error), _status(error)
        )
    return RedirectResponse("/institutions?done=proposed", 303)


@router.post("/changes/{change_id}")
def decide(
    request: Request,
    db: Db,
    actor: Decider,
    change_id: int,
    verdict: Annotated[str, Form()] = "",
    note: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Confirm, reject or withdraw."""
    chosen = policy_layout.verdict_of(verdict)
    row = enrolling.decide(db, actor, change_id, chosen, note)
    home = institution.by_code(db, row.code)
    place = f"/institutions/{home.id}" if home else "/institutions"
    return RedirectResponse(f"{place}?done={chosen.value}", 303)


@router.get("/own")
def own(actor: Decider, at: str = "") -> Response:
    """The entry of one's own institution, or of the one our administrator keeps just now."""
    home = whole(at) or actor.institution_id
    return RedirectResponse(f"/institutions/{home}", 303)


@router.get("/{institution_id}")
def show(
    request: Request, db: Db, actor: CurrentActor, place: SeenPlace, done: str = "", part: str = ""
) -> HTMLResponse:
    """One entry; `part` opens its form."""
    notes = (Note("ok", "", SAID[done]),) if done in SAID else ()
    return _show(request, db, actor, place, notes, chosen=_part(part))


@router.post("/{institution_id}/{part}")
def propose(
    request: Request, db: Db, actor: CurrentActor, place: SeenPlace, part: str, form: Texts
) -> Response:
    """Register a change of one part."""
    chosen = _part(part)
    if chosen is None or chosen is Part.ENTRY:
        raise Refused(404)
    typed = _own(form, chosen)
    try:
        enrolling.propose(db, actor, chosen, place, typed, typed.get("basis", ""))
    except ActionRefusedError as error:
        return _show(
            request, db, actor, place, (policy_layout.refusal(error),), chosen=chosen, typed=typed,
            errors=_faults(error), status=_status(error),
        )  # fmt: skip
    return RedirectResponse(f"/institutions/{place.id}?done=proposed", 303)


def _part(word: str) -> Part | None:
    return next((part for part in Part if part.value == word), None)


def _own(form: Mapping[str, str], part: Part) -> dict[str, str]:
    """The fields of one part: a page holds a form of each, so their names begin with it."""
    lead = f"{part.value}_"
    return {name.removeprefix(lead): value for name, value in form.items() if name.startswith(lead)}


def _faults(error: ActionRefusedError) -> dict[str, str]:
    return by_field(error.faults) if isinstance(error, InvalidError) else {}


def _status(error: ActionRefusedError) -> int:
    return 422 if isinstance(error, InvalidError) else 409


def _index(
    request: Request,
    db: Session,
    actor: Actor,
    notes: tuple[Note, ...],
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    rows = views.rows(db)
    return page(
        request,
        "pages/institutions/index.html",
        status=status,
        frame=frame(request, db, actor, "institutions"),
        notes=notes,
        rows=rows,
        columns=views.COLUMNS,
        lacking=sum(bool(row.missing) for row in rows),
        waiting=views.changes(db, actor, list(institution_change.waiting(db))),
        change_columns=views.CHANGE_COLUMNS,
        fields=views.fields(Part.ENTRY, typed or {}, errors or {}) if may_enroll(actor) else (),
    )


def _show(
    request: Request,
    db: Session,
    actor: Actor,
    place: Institution,
    notes: tuple[Note, ...],
    *,
    chosen: Part | None = None,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    reach, all_parts = bool(may_change_reach(actor, place.id or 0)), bool(may_enroll(actor))
    allowed = {part: reach if part in enrolling.REACH else all_parts for part in Part}
    name = institution.name_on(db, place.id or 0, clock.today())
    return page(
        request,
        "pages/institutions/one.html",
        status=status,
        frame=frame(request, db, actor, "institutions" if may_see_institutions(actor) else "keys"),
        notes=notes,
        listed=bool(may_see_institutions(actor)),
        tabs=() if may_see_institutions(actor) else keeping("", "entry"),
        place=place,
        title=name.name,
        kind=KIND_NAMES[place.kind],
        tag=views.tag_of(place),
        parts=views.parts(db, place, allowed, typed or {}, errors or {}, chosen),
        changes=views.changes(db, actor, list(institution_change.changes_of(db, place.code))),
        change_columns=views.CHANGE_COLUMNS,
    )
