"""证据包 of a case: the words of its timeline, and the download."""

from collections.abc import Iterator
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlmodel import Session
from starlette.responses import StreamingResponse

from api.auth.db import Db
from api.auth.permit import SeenCase
from api.auth.session import CurrentActor
from api.pages.case_timeline import open_to, spoken
from api.pages.layout import frame
from api.pages.render import page
from api.pages.views import Link
from flows.documents import bundle
from flows.documents.bundle import Bundle, Told
from models import clock
from models.records import document, timeline
from models.records.case import CaseRecord

router = APIRouter(prefix="/cases/{number}")


def evidence(db: Session, case: CaseRecord, *, applicant: bool) -> Bundle:
    """The bundle of a case as staff or as its applicant may have it."""
    papers = document.of_case(db, case.id or 0)
    own = frozenset(d.id or 0 for d in papers if d.for_applicant) if applicant else None
    told = [
        Told(
            clock.local(event.at).isoformat(sep=" ", timespec="seconds"),
            "" if applicant else event.person_name,
            spoken(event, applicant=applicant),
        )
        for event in timeline.of_case(db, case.id or 0)
        if open_to(event, own)
    ]
    return bundle.collect(db, case, told, applicant=applicant)


@router.get("/evidence")
def show(request: Request, db: Db, actor: CurrentActor, case: SeenCase) -> HTMLResponse:
    """What is in it, and its fingerprint: the same as long as the case stands still."""
    made = evidence(db, case, applicant=not actor.watches_all)
    return page(
        request,
        "pages/case/evidence.html",
        frame=frame(request, db, actor, "cases"),
        case=case,
        made=made,
        size=sum(item.size for item in made.items),
        crumbs=(Link("案件", "/cases"), Link(case.number, f"/cases/{case.number}")),
    )


@router.get("/evidence.zip")
def download(db: Db, actor: CurrentActor, case: SeenCase) -> StreamingResponse:
    """The zip, sent while it is packed."""
    made = evidence(db, case, applicant=not actor.watches_all)
    return zipped(made.write(), made.filename, case.number)


def zipped(chunks: Iterator[bytes], filename: str, plain: str) -> StreamingResponse:
    """A zip as a download; `plain` names it for programs that know no Chinese file names."""
    disposition = f"attachment; filename=\"{plain}.zip\"; filename*=UTF-8''{quote(filename, safe='')}"
    headers = {
        "Content-Disposition": disposition,
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(chunks, media_type="application/zip", headers=headers)
