"""材料与填报核对: what was typed against the words of the papers, read when a reviewer asks, in its own request."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.auth.db import Db
from api.auth.permit import SeenTask
from api.auth.refusals import Refused
from api.auth.session import CurrentActor
from api.pages.layout import frame
from api.pages.render import fragment, page
from flows.steps import papers
from models.lifecycle import Process
from models.records import attachment
from models.records.claim import of_case as claim_of
from models.records.loan import Loan

router = APIRouter(prefix="/tasks/{task_id}")


@router.get("/materials")
def materials(request: Request, db: Db, actor: CurrentActor, task: SeenTask) -> HTMLResponse:
    """Each material with the page on which its facts stand, or why a person has to look."""
    if task.process != Process.CLAIM:
        raise Refused(404, "备案没有材料核对。")
    claim = claim_of(db, task.case_id)
    loan = db.get_one(Loan, claim.loan_id)
    files = attachment.current(db, task.case_id)
    papers.read(db, files)
    rows = papers.compared(db, loan, claim, files)
    words = papers.disagreement(loan, claim)
    if request.headers.get("HX-Request"):
        return fragment(request, "pages/task/_materials.html", rows=rows, disagreement=words)
    return page(
        request,
        "pages/task/materials.html",
        frame=frame(request, db, actor, "queue"),
        task=task,
        rows=rows,
        disagreement=words,
    )
