"""纪要 (D20) of a session of the joint meeting: written once, about every case on its agenda."""

from collections.abc import Sequence
from decimal import Decimal

from sqlmodel import Session

from flows.documents import contexts
from flows.steps import document_facts as known
from flows.steps import issuing
from flows.steps.documents import MEETING_NAME, SUFFIXES
from models import clock
from models.gates import Outcome
from models.records import claim as claims
from models.records import loan as loans
from models.records import meeting, person, stand_in
from models.records.case import CaseRecord
from models.records.document import Document
from models.records.institution import Kind, names_on, of_kind
from models.records.meeting import DECIDES, AgendaItem, Meeting, Presence, Result
from models.records.task import TaskState, of_entry
from models.roles import Role

WORDS = {
    Result.APPROVED: "同意按建议金额补偿。",
    Result.REFUSED: "未达到通过票数，不予补偿。",
    Result.DEFERRED: "未形成决议，留待下次会议审议。",
    Result.GONE: "案件已撤回或退回，不再审议。",
}
"""What is resolved where the secretary has worded nothing more."""


def draw_up(s: Session, held: Meeting) -> Document:
    """Issue the 纪要 of a session whose items are all counted."""
    items = meeting.items_of(s, held.id or 0)
    bureau = of_kind(s, Kind.BUREAU)[0]
    return issuing.issue(
        s,
        "D20",
        bureau,
        SUFFIXES["D20"],
        held.name,
        lambda check, address: _minutes(s, held, items, check, address),
        shared_with=tuple(item.case_id for item in items if item.result in DECIDES),
    )


def _minutes(
    s: Session,
    held: Meeting,
    items: Sequence[AgendaItem],
    check: str | None,
    address: str | None,
) -> contexts.MeetingMinutes:
    rows = tuple(_row(s, no, item) for no, item in enumerate(items, start=1))
    came: dict[Presence, list[contexts.Attendee]] = {presence: [] for presence in Presence}
    for one in meeting.attendance_of(s, held.id or 0):
        came[one.presence].append(contexts.Attendee(organ=one.organ, person=one.name))
    chair = person.names(s, [held.chair_id or 0]).get(held.chair_id or 0, "")
    return contexts.MeetingMinutes(
        organ_name=MEETING_NAME,
        issued_on=clock.today(),
        case_number=held.name,
        verification_code=check,
        verification_url=address,
        session=held.name,
        held_on=held.held_on,
        place=held.place,
        chair=chair,
        attendees=tuple(came[Presence.PRESENT]),
        on_leave=tuple(came[Presence.LEAVE]),
        observers=tuple(came[Presence.OBSERVER]),
        cases=rows,
        total=sum((row.resolved for row in rows), Decimal("0.00")),
        resolutions=tuple(line for line in held.resolutions.splitlines() if line.strip()),
        dissent="；".join(_dissent(s, items)),
    )


def _row(s: Session, no: int, item: AgendaItem) -> contexts.MinutesCase:
    record = s.get_one(CaseRecord, item.case_id)
    claimed = claims.of_case(s, item.case_id)
    loan = loans.by_id(s, claimed.loan_id)
    proposed = claimed.calculated or Decimal("0.00")
    result = item.result or Result.DEFERRED
    away = _recused(s, item)
    words = WORDS[result] + item.wording + (f"（{'、'.join(away)}回避）" if away else "")
    return contexts.MinutesCase(
        no=no,
        case_number=record.number,
        applicant=known.full_name(s, record.institution_id),
        borrower=loan.firm_name,
        proposed=proposed,
        resolved=proposed if result is Result.APPROVED else Decimal("0.00"),
        votes_for=item.votes_for,
        votes_against=item.votes_against,
        votes_abstained=0,
        resolution=words,
    )


def _recused(s: Session, item: AgendaItem) -> list[str]:
    """Members who keep out of this firm or institution (回避)."""
    record = s.get_one(CaseRecord, item.case_id)
    return [
        member.name
        for member in person.holders(s, Role.MEETING_MEMBER)
        if stand_in.recused(s, member.id or 0, record.institution_id, record.uscc)
    ]


def _dissent(s: Session, items: Sequence[AgendaItem]) -> list[str]:
    """Votes against, each with its case, its voter and the reason given."""
    found = []
    for item in items:
        number = s.get_one(CaseRecord, item.case_id).number
        against = [
            seat
            for seat in of_entry(s, item.entry_id)
            if seat.state == TaskState.ANSWERED and seat.outcome == Outcome.REFUSE
        ]
        names = person.names(s, [seat.answered_by or 0 for seat in against])
        found += [f"{number}，{names.get(seat.answered_by or 0, '')}：{seat.opinion}" for seat in against]
    return found


def organ_of(s: Session, institution_id: int) -> str:
    """The name of a member's organ today."""
    return names_on(s, clock.today())[institution_id].name


__all__ = ["WORDS", "draw_up", "organ_of"]
