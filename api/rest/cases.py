"""案件、贷款、文书、材料: what an institution has, and staff see of all."""

from base64 import b64encode
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path, Query
from pydantic import Field
from sqlmodel import Session, col, select
from starlette.responses import Response

from api.auth.db import Db
from api.auth.keys import Caller, scoped
from api.rest.calls import IfNoneMatch, shown
from api.rest.common import READ, answers, find_case, place
from api.rest.strict import RestRoute
from api.rest.views import (
    CaseLine,
    CaseOut,
    DocumentOut,
    LoanOut,
    case_line,
    case_view,
    document_view,
    loan_view,
)
from api.rest.wire import LARGEST_ID, After, CaseNumber, Id, Limit, Moment, Out, Page, page_of
from flows.actions.errors import NotThereError
from models.lifecycle import Process, State
from models.permissions import Actor, may_see_case
from models.records import attachment, document
from models.records.api_key import Scope
from models.records.attachment import Attachment, Blob
from models.records.case import CaseRecord
from models.records.document import Document
from models.records.loan import Loan, LoanState
from models.records.loan_change import LoanChange
from models.records.opinion_file import OpinionFile
from models.records.warning_reply import WarningFile

router = APIRouter(route_class=RestRoute, tags=["查询"])
Reader = Annotated[Caller, scoped(Scope.CASES_READ)]
Downloader = Annotated[Caller, scoped(Scope.DOCUMENTS_READ)]
BYTES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "原样的字节；Content-Digest 为其 SHA-256（RFC 9530）",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    },
    304: {"description": "没有变化"},
}
NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "没有变化"}}
Uscc = Annotated[str, Query(pattern=r"^[0-9A-Z]{0,18}$", description="统一社会信用代码")]
Words = Annotated[str, Query(pattern=r"^[^\x00-\x1f\x7f]{0,60}$")]


class MaterialOut(Out):
    """一份材料。"""

    id: int
    slot: str = Field(description="材料项", examples=["contract"])
    filename: str
    media_type: str
    size: int = Field(description="字节")
    sha256: str
    uploaded_at: Moment


@router.get("/cases", response_model=Page[CaseLine], responses=answers(*READ), summary="案件列表")
def cases(
    db: Db,
    caller: Reader,
    process: Annotated[Process | None, Query(description="业务")] = None,
    state: Annotated[State | None, Query(description="环节代码")] = None,
    open_only: Annotated[bool, Query(alias="open", description="只列未办结的")] = False,
    uscc: Uscc = "",
    after: After = "",
    limit: Limit = 50,
) -> Page[CaseLine]:
    """你单位的案件，最新的在前。受托管理机构和市级单位看到全部案件。"""
    query = select(CaseRecord).order_by(col(CaseRecord.id).desc()).limit(limit + 1)
    if not caller.actor.watches_all:
        query = query.where(CaseRecord.institution_id == caller.actor.institution_id)
    if process is not None:
        query = query.where(CaseRecord.process == process)
    if state is not None:
        query = query.where(CaseRecord.state == state)
    if open_only:
        query = query.where(col(CaseRecord.closed_at).is_(None))
    if uscc:
        query = query.where(CaseRecord.uscc == uscc)
    if after:
        query = query.where(col(CaseRecord.id) < place(after))
    return page_of(db.exec(query).all(), limit, lambda row: str(row.id), case_line)


@router.get(
    "/cases/{number}", response_model=CaseOut, responses=answers(*READ) | NOT_MODIFIED, summary="一件案件"
)
def case(db: Db, caller: Reader, number: CaseNumber, if_none_match: IfNoneMatch = None) -> Response:
    """案件的现状。ETag 用于 If-Match；带 If-None-Match 轮询时没有变化答 304。"""
    return shown(case_view(db, caller.actor, find_case(db, caller.actor, number)), if_none_match)


@router.get(
    "/cases/{number}/loans", response_model=Page[LoanOut], responses=answers(*READ), summary="备案的贷款"
)
def case_loans(
    db: Db, caller: Reader, number: CaseNumber, after: After = "", limit: Limit = 50
) -> Page[LoanOut]:
    """一件备案的全部贷款，按序号；补偿案件为空。"""
    found = find_case(db, caller.actor, number)
    query = select(Loan).where(Loan.case_id == found.id, col(Loan.id) > place(after))
    rows = db.exec(query.order_by(col(Loan.id)).limit(limit + 1)).all()
    return page_of(rows, limit, lambda row: str(row.id), lambda row: loan_view(row, found.number))


@router.get("/loans", response_model=Page[LoanOut], responses=answers(*READ), summary="贷款列表")
def loans(
    db: Db,
    caller: Reader,
    state: Annotated[LoanState | None, Query(description="状态")] = None,
    uscc: Uscc = "",
    contract_number: Words = "",
    receipt_number: Words = "",
    after: After = "",
    limit: Limit = 50,
) -> Page[LoanOut]:
    """你单位备案的贷款，最新的在前。"""
    query = (
        select(Loan, CaseRecord.number)
        .join(CaseRecord, col(CaseRecord.id) == col(Loan.case_id))
        .where(Loan.institution_id == caller.actor.institution_id)
        .order_by(col(Loan.id).desc())
        .limit(limit + 1)
    )
    if state is not None:
        query = query.where(Loan.state == state)
    for column, value in (
        (Loan.uscc, uscc),
        (Loan.contract_number, contract_number),
        (Loan.receipt_number, receipt_number),
    ):
        if value:
            query = query.where(col(column) == value)
    if after:
        query = query.where(col(Loan.id) < place(after))
    return page_of(
        db.exec(query).all(), limit, lambda row: str(row[0].id), lambda row: loan_view(row[0], row[1])
    )


@router.get(
    "/loans/{loan_id}", response_model=LoanOut, responses=answers(*READ) | NOT_MODIFIED, summary="一笔贷款"
)
def loan(db: Db, caller: Reader, loan_id: Id, if_none_match: IfNoneMatch = None) -> Response:
    """一笔贷款的现状与备案号。"""
    query = (
        select(Loan, CaseRecord.number)
        .join(CaseRecord, col(CaseRecord.id) == col(Loan.case_id))
        .where(Loan.id == loan_id)
    )
    if not caller.actor.watches_all:
        query = query.where(Loan.institution_id == caller.actor.institution_id)
    found = db.exec(query).first()
    if found is None:
        raise NotThereError("没有找到这笔贷款。")
    return shown(loan_view(*found), if_none_match)


@router.get(
    "/cases/{number}/documents", response_model=Page[DocumentOut], responses=answers(*READ), summary="文书"
)
def documents(db: Db, caller: Reader, number: CaseNumber) -> Page[DocumentOut]:
    """案件的文书，按出具先后；申报机构看到出具给它的。"""
    found = find_case(db, caller.actor, number)
    rows = document.of_case(db, found.id or 0)
    readable = [row for row in rows if caller.actor.watches_all or row.for_applicant]
    return Page(items=[document_view(row) for row in readable], next=None)


@router.get("/documents/{document_id}/content", response_class=Response, responses=answers(*READ) | BYTES,
            summary="下载文书")  # fmt: skip
def document_content(
    db: Db, caller: Downloader, document_id: Id, if_none_match: IfNoneMatch = None
) -> Response:
    """Word 文件，与出具时逐字节一致。"""
    found = _document(db, caller.actor, document_id)
    return _bytes(db, found.sha256, found.filename, if_none_match)


@router.get(
    "/cases/{number}/materials", response_model=Page[MaterialOut], responses=answers(*READ), summary="材料"
)
def materials(db: Db, caller: Reader, number: CaseNumber) -> Page[MaterialOut]:
    """案件现有的材料；被替换的不列。"""
    found = find_case(db, caller.actor, number)
    rows = attachment.current(db, found.id or 0)
    names = tuple(MaterialOut.model_fields)
    return Page(
        items=[MaterialOut(**{name: getattr(row, name) for name in names}) for row in rows], next=None
    )


@router.get("/materials/{material_id}/content", response_class=Response, responses=answers(*READ) | BYTES,
            summary="下载材料")  # fmt: skip
def material_content(
    db: Db,
    caller: Downloader,
    material_id: Annotated[int, Path(ge=1, le=LARGEST_ID)],
    if_none_match: IfNoneMatch = None,
) -> Response:
    """材料，与上传时逐字节一致。"""
    query = (
        select(Attachment)
        .join(CaseRecord, col(CaseRecord.id) == col(Attachment.case_id))
        .where(Attachment.id == material_id)
    )
    if not caller.actor.watches_all:
        query = query.where(CaseRecord.institution_id == caller.actor.institution_id)
    found = db.exec(query).first()
    if found is None:
        raise NotThereError("没有找到这份材料。")
    return _bytes(db, found.sha256, found.filename, if_none_match)


@router.get("/opinion-files/{file_id}/content", response_class=Response, responses=answers(*READ) | BYTES,
            summary="下载意见附件")  # fmt: skip
def opinion_file_content(
    db: Db, caller: Downloader, file_id: Id, if_none_match: IfNoneMatch = None
) -> Response:
    """随意见或批注提交的附件，与上传时逐字节一致；申报机构的密钥答 404。"""
    found = db.get(OpinionFile, file_id)
    if found is None or found.given_at is None or not caller.actor.watches_all:
        raise NotThereError("没有找到这个附件。")
    return _bytes(db, found.sha256, found.filename, if_none_match)


@router.get("/warning-files/{file_id}/content", response_class=Response, responses=answers(*READ) | BYTES,
            summary="下载风险提示函回复的附件")  # fmt: skip
def warning_file_content(
    db: Db, caller: Downloader, file_id: Id, if_none_match: IfNoneMatch = None
) -> Response:
    """随风险提示函的回复提交的附件，与上传时逐字节一致；申报机构只能下载本机构的。"""
    found = db.get(WarningFile, file_id)
    change = db.get_one(LoanChange, found.loan_change_id) if found else None
    loan = db.get_one(Loan, change.loan_id) if change else None
    if found is None or loan is None or not may_see_case(caller.actor, loan.institution_id):
        raise NotThereError("没有找到这个附件。")
    return _bytes(db, found.sha256, found.filename, if_none_match)


def _document(db: Session, actor: Actor, document_id: int) -> Document:
    query = (
        select(Document)
        .outerjoin(CaseRecord, col(CaseRecord.id) == col(Document.case_id))
        .where(Document.id == document_id)
    )
    if not actor.watches_all:
        query = query.where(CaseRecord.institution_id == actor.institution_id, col(Document.for_applicant))
    found = db.exec(query).first()
    if found is None:
        raise NotThereError("没有找到这份文书。")
    return found


def _bytes(db: Session, sha256: str, filename: str, if_none_match: str | None) -> Response:
    tag = f'"{sha256}"'
    if if_none_match is not None and tag in {one.strip() for one in if_none_match.split(",")}:
        return Response(status_code=304, headers={"ETag": tag})
    return Response(
        db.get_one(Blob, sha256).data,
        media_type="application/octet-stream",
        headers={
            "ETag": tag,
            "Content-Digest": f"sha-256=:{b64encode(bytes.fromhex(sha256)).decode()}:",
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(filename, safe='')}",
            "Cache-Control": "private, no-cache",
        },
    )
