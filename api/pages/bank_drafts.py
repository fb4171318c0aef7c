"""Drafts of colleagues: what they have begun stands on the home of every filer, and one may take it over."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from api.auth.db import Db
from api.pages.bank_forms import Applicant
from flows.actions.applications import drafting
from models.permissions import Actor
from models.records import draft
from models.records.draft import Draft, DraftKind

router = APIRouter(prefix="/bank/drafts")
PLACES = {
    DraftKind.FILING: "/bank/filings/new",
    DraftKind.CLAIM: "/bank/claims/new?loan={subject}",
    DraftKind.CORRECTION: "/bank/cases/{subject}/correct",
}


@dataclass(frozen=True, slots=True)
class TheirDraft:
    """A colleague's draft: what it is, whose, and when it was saved."""

    id: int
    title: str
    who: str
    at: datetime


@router.post("/{draft_id}/take-over")
def take_over(request: Request, db: Db, actor: Applicant, draft_id: int) -> RedirectResponse:
    """接手: it is one's own from now on; the log says from whom."""
    taken = drafting.take_over(db, actor, draft_id)
    return RedirectResponse(place_of(taken), 303)


def place_of(one: Draft) -> str:
    """Where a draft is written on."""
    return PLACES[DraftKind(one.kind)].format(subject=one.subject)


def of_colleagues(db: Session, actor: Actor) -> tuple[TheirDraft, ...]:
    """What colleagues have begun and not handed in, newest first."""
    return tuple(
        TheirDraft(one.id or 0, drafting.title(db, one), who, one.updated_at)
        for one, who in draft.of_colleagues(db, actor.institution_id, actor.person_id)
        if drafting.begun(one)
    )
