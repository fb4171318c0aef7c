"""已核实: the reader of a task says that they looked at a check which asks for a person."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel
from starlette.responses import Response

from api.auth.db import Db
from api.auth.permit import SeenTask
from api.auth.session import CurrentActor
from api.pages import task_view
from api.pages.render import fragment
from flows.actions.answers import looking

router = APIRouter(prefix="/tasks/{task_id}")


class Looked(BaseModel):
    """Which check, and what the reader adds."""

    check: str = ""
    remark: str = ""


@router.post("/looks")
def look(
    request: Request, db: Db, actor: CurrentActor, task: SeenTask, form: Annotated[Looked, Form()]
) -> Response:
    """Record it; the lines concerned come back, everything else on the page stays as it was typed."""
    seen = looking.look(db, actor, task.id or 0, form.check, form.remark)
    if not request.headers.get("HX-Request"):
        return RedirectResponse(f"/tasks/{task.id}", 303)
    keys = {looking.key_of(one) for one in seen}
    view = task_view.view(db, actor, task)
    shown = [*view.checks, *(check for row in view.loans for check in row.checks)]
    lines = [check for check in shown if check.key in keys]
    said = f"已核实 {len(seen)} 项。"
    return fragment(request, "pages/task/looked.html", view=view, lines=lines, announce=said)
