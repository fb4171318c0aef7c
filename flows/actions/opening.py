"""Opening a case: its row, who applied, who manages it, what the timeline and the applicant are told."""

from collections.abc import Sequence
from decimal import Decimal
from importlib import import_module
from typing import Any

from sqlmodel import Session

from flows.actions.acted import acted
from flows.actions.errors import ConflictError
from flows.kernel.case import wake
from flows.kernel.process import PROCESSES, latest
from flows.steps import notices
from models import clock
from models.gates import APPLICANT_DUTY
from models.lifecycle import Board, Process, State
from models.permissions import Actor
from models.records import institution
from models.records.case import CaseRecord, Origin, next_number
from models.records.institution import Institution, Kind
from models.records.rules import pinned
from models.records.task import Participation

PREFERRED: dict[Board, tuple[str, ...]] = {Board.GUARANTEE: ("KCD", "DJS"), Board.BANK: ("DJS",)}
"""四（一）names two 受托管理机构; the codes of those that take a board's cases, first choice first."""


def route_managing(board: Board, applicant_id: int, managing: Sequence[Institution]) -> Institution | None:
    """The managing institution that reviews a case: never the applicant itself; None if there is no other."""
    able = [place for place in managing if place.id != applicant_id]
    for code in PREFERRED[board]:
        for place in able:
            if place.code == code:
                return place
    return able[0] if able else None


def open_case(
    s: Session,
    actor: Actor,
    process: Process,
    board: Board,
    *,
    subject: str,
    amount: Decimal,
    uscc: str = "",
    town: str = "",
    industry: str = "",
    institution_id: int | None = None,
    about: CaseRecord | None = None,
) -> CaseRecord:
    """A new case of the actor's institution, numbered and stored; `told` finishes it once its rows are there.

    A back-filing names the `institution_id` whose loans are entered; the actor's part in the case is the same.
    A recovery is `about` its claim, and followed up by the institution that reviewed that.
    """
    applicant_id = institution_id or actor.institution_id
    if process is Process.FILING:
        _cooperates(s, applicant_id)
    managing_id = about.managing_institution_id if about else _managing(s, board, applicant_id)
    if not PROCESSES:
        import_module("flows.filing")
        import_module("flows.claim")
        import_module("flows.recovery")
    now = clock.now()
    record = CaseRecord(
        number=next_number(s, process, clock.today().year),
        process=process,
        process_version=latest(process).version,
        board=board,
        institution_id=applicant_id,
        managing_institution_id=managing_id,
        subject=subject,
        uscc=uscc,
        town=town,
        industry=industry,
        amount=amount,
        parameter_version=pinned(s).version,
        origin=Origin.API if actor.by_key else Origin.PAGE,
        about_id=about.id if about else None,
        state=State.SUBMITTED,
        state_since=now,
        opened_at=now,
        opened_by=actor.person_id,
    )
    s.add(record)
    s.flush()
    s.add(
        Participation(
            case_id=record.id or 0, person_id=actor.person_id, duty=APPLICANT_DUTY, gate="submitted", at=now
        )
    )
    return record


def _cooperates(s: Session, applicant_id: int) -> None:
    stopped = s.get_one(Institution, applicant_id).stopped_on
    if stopped is not None and stopped <= clock.today():
        raise ConflictError(
            f"{institution.name_on(s, applicant_id, clock.today()).name}自 {stopped.isoformat()} 起停止新增备案。"
            "此前已备案的贷款，补偿申请和追偿返还照常办理；有疑问请联系市工业和信息化局。"
        )


def _managing(s: Session, board: Board, applicant_id: int) -> int:
    managing = route_managing(board, applicant_id, institution.of_kind(s, Kind.MANAGING))
    if managing is None:
        raise ConflictError(
            "没有可以办理本案的受托管理机构（不能审核自己单位的申请）。请联系市工业和信息化局指定。"
        )
    return managing.id or 0


def told(s: Session, actor: Actor, record: CaseRecord, event: str, notice: str, **facts: Any) -> None:
    """Write the timeline, tell the applicant, and wake the case: the last lines of every submission."""
    names = institution.name_on(s, actor.institution_id, clock.today())
    data = {"amount": str(record.amount), **facts}
    acted(s, actor, record.id or 0, event, data, organ=names.short_name)
    s.flush()
    notices.announce(s, record, notice, document=None, context=facts)
    wake(s, record)
