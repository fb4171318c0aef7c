"""转办, 委派, 加签, 拿回, 催办, 抄送, 批注, 关注: the doors of the verbs, for a task and for a case.

Each answers three ways: as a dialog's inside (HTMX), as a page of its own (no script), and after the act with a
redirect to where it was started. What is refused is said in the same place, and every typed word stays.
"""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData
from starlette.responses import Response

from api.auth.db import Db
from api.auth.permit import SeenCase, SeenTask
from api.auth.refusals import Refused
from api.auth.session import CurrentActor
from api.pages import verbs
from api.pages.form_views import FieldView
from api.pages.layout import frame
from api.pages.opinion_files import files_of
from api.pages.posted import Posted, by_field
from api.pages.render import fragment, page
from api.pages.verb_fields import Given, Spot
from api.pages.verbs import VERBS, Verb
from api.pages.views import Note
from flows.actions.errors import ActionRefusedError, ForbiddenError, InvalidError, NotThereError
from flows.documents.text import printable
from models.records.case import CaseRecord

router = APIRouter()
NOBODY = "现在没有可以选择的同事：其他人不在这一岗位、办理过本案其他环节或已登记回避。"


def notes(said: str) -> tuple[Note, ...]:
    """What was just done, for the page one comes back to."""
    verb = VERBS.get(said)
    return (Note("ok", "", verb.said),) if verb else ()


@router.get("/tasks/{task_id}/do/{verb}")
def ask_of_task(request: Request, db: Db, actor: CurrentActor, task: SeenTask, verb: str) -> Response:
    """The form of a verb of a task."""
    spot = Spot(db, actor, db.get_one(CaseRecord, task.case_id), task)
    return _ask(request, spot, _known(verb, of_task=True))


@router.post("/tasks/{task_id}/do/{verb}")
def do_to_task(
    request: Request, db: Db, actor: CurrentActor, task: SeenTask, verb: str, form: Posted
) -> Response:
    """Do it."""
    spot = Spot(db, actor, db.get_one(CaseRecord, task.case_id), task)
    return _do(request, spot, _known(verb, of_task=True), form)


@router.get("/cases/{number}/do/{verb}")
def ask_of_case(request: Request, db: Db, actor: CurrentActor, case: SeenCase, verb: str) -> Response:
    """The form of a verb of a case."""
    return _ask(request, Spot(db, actor, case), _known(verb, of_task=False))


@router.post("/cases/{number}/do/{verb}")
def do_to_case(
    request: Request, db: Db, actor: CurrentActor, case: SeenCase, verb: str, form: Posted
) -> Response:
    """Do it."""
    return _do(request, Spot(db, actor, case), _known(verb, of_task=False), form)


def _known(key: str, *, of_task: bool) -> Verb:
    verb = VERBS.get(key)
    if verb is None or (verb.of_task and not of_task):
        raise Refused(404, "没有这项操作。")
    return verb


def _ask(request: Request, spot: Spot, verb: Verb) -> Response:
    if not verb.offered(spot):
        sentence = f"现在不能{verbs.label(verb, spot)}：任务已有变化，或不由你办理。请刷新页面查看最新情况。"
        return _form(request, spot, verb, Given({}, {}), sentence, status=409)
    return _form(request, spot, verb, Given({}, {}))


def _do(request: Request, spot: Spot, verb: Verb, form: FormData) -> Response:
    values: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            values.setdefault(name, []).append(printable(value))
    files = files_of(form)
    given = Given(values, {}, files)
    try:
        with spot.db.begin_nested():
            verb.act(spot, given)
    except NotThereError:
        raise
    except InvalidError as error:
        faults = by_field(error.faults)
        return _form(request, spot, verb, Given(values, faults), status=422)
    except ActionRefusedError as error:
        status = 403 if isinstance(error, ForbiddenError) else 409
        return _form(request, spot, verb, given, error.sentence, status=status)
    href = _back(spot, verb)
    if request.headers.get("HX-Request"):
        return Response(status_code=204, headers={"HX-Redirect": href})
    return RedirectResponse(href, 303)


def _back(spot: Spot, verb: Verb) -> str:
    """Where the verb was started; a task that was taken back is waited for on its case."""
    if verb.key == "take_back":
        return f"/cases/{spot.case.number}?done=taken_back"
    return f"{_place(spot)}?said={verb.key}"


def _place(spot: Spot) -> str:
    return f"/tasks/{spot.seat.id}" if spot.task is not None else f"/cases/{spot.case.number}"


def _form(
    request: Request, spot: Spot, verb: Verb, given: Given, refused: str = "", *, status: int = 200
) -> Response:
    fields: tuple[FieldView, ...] = ()
    if verb.offered(spot) or given.values:
        fields = verb.fields(spot, given)
    nobody = any(field.name == verb.people and not field.options for field in fields)
    offered: dict[str, Any] = {
        "verb": verb,
        "title": verbs.label(verb, spot),
        "subject": verbs.subject(spot),
        "action": f"{_place(spot)}/do/{verb.key}",
        "back_href": _place(spot),
        "fields": fields,
        "refusal": Note("late", "没有办成。", refused) if refused else None,
        "nobody": Note("soon", "", NOBODY) if nobody else None,
        "sendable": (bool(fields) or not refused) and not nobody,
    }
    if request.headers.get("HX-Request"):
        return fragment(request, "pages/verbs/form.html", status=status, announce=refused, **offered)
    current = "queue" if spot.task is not None else "cases"
    surroundings = frame(request, spot.db, spot.actor, current)
    return page(request, "pages/verbs/page.html", status=status, frame=surroundings, **offered)
