"""打包下载: the documents of one case, or of all cases a list shows, as one zip; large ones are packed in the background."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session
from starlette.responses import Response, StreamingResponse

from api.auth.db import Db
from api.auth.permit import SeenCase, anyone, requires
from api.auth.refusals import Refused
from api.auth.session import CurrentActor
from api.pages.cases import Asked, parse
from api.pages.evidence import zipped
from api.pages.layout import frame
from api.pages.narrowing import many
from api.pages.numbers import places
from api.pages.render import page
from api.pages.views import Column, Empty
from flows.documents import packing
from models import clock, database
from models.permissions import Actor
from models.records import export, overview
from models.records.export import EXPORT_STATE_NAMES, Export, ExportState

router = APIRouter()
Anyone = Annotated[Actor, requires(anyone)]
MOST_CASES = 5_000
COLUMNS = (
    Column("内容", "full"),
    Column("申请时间", "d"),
    Column("进度"),
    Column("大小", "n"),
    Column("办理", "act", hidden_label=True),
)
NOTHING = Empty("还没有打包下载。", "在案件列表筛选后选“打包文书”，全部文书打成一个压缩包。", "zip")


@router.get("/cases/{number}/documents.zip")
def of_case(db: Db, actor: CurrentActor, case: SeenCase) -> StreamingResponse:
    """Every document of one case."""
    files = packing.papers(db, [case.id or 0], applicant=not actor.watches_all)
    return zipped(packing.stream(files), f"{case.number}-文书.zip", case.number)


@router.post("/exports")
def begin(request: Request, db: Db, actor: Anyone, asked: Annotated[Asked, Query()]) -> Response:
    """Pack the documents of all cases a list shows: a few at once, many in the background."""
    found = overview.cases(db, actor, parse(asked), limit=MOST_CASES + 1)
    ids = [row.case.id or 0 for row in found.rows]
    if len(ids) > MOST_CASES:
        raise Refused(
            422,
            f"一次最多打包 {MOST_CASES} 件案件的文书，现有 {many(found.total, found.most)} 件。请缩小筛选范围。",
        )
    files = packing.papers(db, ids, applicant=not actor.watches_all)
    if not files:
        raise Refused(422, "筛选出的案件还没有出具文书。")
    if len(files) <= packing.AT_ONCE:
        return zipped(packing.stream(files), f"文书-{len(ids)}件.zip", "documents")
    db.add(
        Export(
            person_id=actor.person_id, title=f"{len(ids)} 件案件的文书", case_ids=ids,
            applicant=not actor.watches_all, requested_at=clock.now(), total=len(files),
        )
    )  # fmt: skip
    return RedirectResponse("/exports", 303)


@router.get("/exports")
def show(request: Request, db: Db, actor: Anyone) -> HTMLResponse:
    """A person's downloads and how far they are."""
    rows = export.of_person(db, actor.person_id)
    return page(
        request, "pages/numbers/exports.html", frame=frame(request, db, actor, "papers"),
        places=places("exports") if actor.watches_all else (), rows=rows, names=EXPORT_STATE_NAMES,
        working=any(row.state in (ExportState.WAITING, ExportState.RUNNING) for row in rows),
        columns=COLUMNS, empty_view=NOTHING,
    )  # fmt: skip


@router.get("/exports/{export_id}/file")
def download(db: Db, actor: Anyone, export_id: int) -> StreamingResponse:
    """A finished zip; nobody else's."""
    found = _own(db, actor, export_id)
    if found.state != ExportState.DONE:
        raise Refused(409, "还没有打包完成，请稍后再下载。")
    return zipped(_pieces(export_id), f"文书-{found.id}.zip", "documents")


def _own(db: Session, actor: Actor, export_id: int) -> Export:
    found = db.get(Export, export_id) if export_id < 2**31 else None
    if found is None or found.person_id != actor.person_id:
        raise Refused(404, "没有找到这个下载。")
    return found


def _pieces(export_id: int) -> Iterator[bytes]:
    with database.session() as s:
        yield from export.pieces(s, export_id)
