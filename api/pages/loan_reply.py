"""回复风险提示函: the institution's answer to a letter of warning, with files; read beside the letter on the loan's page."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.datastructures import UploadFile
from starlette.responses import Response

from api.auth.db import Db
from api.auth.refusals import Refused
from api.auth.session import CurrentActor
from api.pages.bank_forms import sent, text_of
from api.pages.files import sent_file
from api.pages.loan import loan_page
from api.pages.loan_warning import files_of, words_of
from api.pages.posted import Posted, by_field
from api.pages.seen_loan import SeenLoan, change_of
from flows.actions.attaching import Upload
from flows.actions.errors import InvalidError
from flows.actions.maker_checker import handing_in, matters
from models.records.warning_reply import WarningFile

router = APIRouter()


@router.post("/loans/{loan_id}/changes/{change_id}/reply")
def reply(
    request: Request, db: Db, actor: CurrentActor, loan: SeenLoan, change_id: int, posted: Posted
) -> Response:
    """Answer the letter about an anomaly; where the institution works by 经办/复核, lay the answer before its checker."""
    change = change_of(db, loan, change_id)
    if change is None:
        raise Refused(404, "没有找到这项异常情况。")
    words = text_of(posted).get(words_of(change_id), "")
    files: list[Upload] = [
        ("files", one.filename, "", one.file.read())
        for name, one in posted.multi_items()
        if name == files_of(change_id) and isinstance(one, UploadFile) and one.filename
    ]
    try:
        with db.begin_nested():
            handed = handing_in.hand_in(db, actor, matters.reply(loan, change, words, files))
    except InvalidError as error:
        faults = {name.rpartition(".")[2]: said for name, said in by_field(error.faults).items()}
        return loan_page(request, db, actor, loan, letter=(change_id, {"words": words}, faults))
    return RedirectResponse(sent(handed) if handed.waiting else f"/loans/{loan.id}?done=replied", 303)


@router.get("/loans/{loan_id}/changes/{change_id}/files/{file_id}")
def file(
    db: Db, actor: CurrentActor, loan: SeenLoan, change_id: int, file_id: int, download: str = ""
) -> Response:
    """A file of an answer, as uploaded."""
    found = db.get(WarningFile, file_id) if file_id < 2**31 else None
    if found is None or found.loan_change_id != change_id or change_of(db, loan, change_id) is None:
        raise Refused(404, "没有找到这个附件。")
    return sent_file(db, found, download=download == "1")
