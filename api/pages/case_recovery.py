"""追偿 on the page of a case: what a recovery says, what a claim's recoveries came to, and what may be done next."""

from decimal import Decimal

from sqlmodel import Session

from api.pages import task_recovery
from api.pages.case_views import Fact
from api.pages.render import day, pct, yuan
from api.pages.views import Link
from flows.actions.applications import recovering
from flows.actions.errors import ActionRefusedError
from models.lifecycle import STATE_NAMES, Process, State
from models.permissions import Actor
from models.policy.recovery import RecoveryShare
from models.records import recovery
from models.records.case import CaseRecord
from models.roles import Role


def figure(db: Session, case: CaseRecord, *, staff: bool) -> str:
    """The one amount that matters now: what came in, or what is returned of it."""
    found = recovery.of_case(db, case.id or 0)
    if found.due is not None and (staff or found.due_on is not None or case.state == State.NOTHING_DUE):
        return f"应返还 {yuan(found.due)} 元"
    return f"回款 {yuan(case.amount)} 元" if case.amount else "追偿进展"


def facts(db: Session, case: CaseRecord, *, staff: bool) -> tuple[Fact, ...]:
    """The registration, its claim, and the return."""
    found = recovery.of_case(db, case.id or 0)
    facts = [*task_recovery.of_claim(db, case), *task_recovery.stated(db, case, found)]
    if staff and found.due is not None:
        facts.append(Fact("本次应返还", f"{yuan(found.due)} 元", num=True))
    if found.returned is not None:
        facts.append(Fact("返还回单", f"{found.slip_number}（{day(found.slip_on)}）", num=True))
        facts.append(Fact("返还到账", f"{yuan(found.returned)} 元（{day(found.arrived_on)}）", num=True))
    if found.refusal_reason:
        facts.append(Fact("不予认定", found.refusal_reason))
    return tuple(facts)


def of_claim(db: Session, claim: CaseRecord) -> tuple[Fact, ...]:
    """A claim's recoveries, each with its own page, and what was returned in all."""
    every = recovery.on_claim(db, claim.id or 0)
    listed = tuple(
        Fact(
            "追偿", f"{case.number}　{STATE_NAMES[State(case.state)]}", num=True, href=f"/cases/{case.number}"
        )
        for case, _ in every
    )
    returned = sum((found.returned or Decimal(0) for _, found in every), Decimal(0))
    return (*listed, *((Fact("已返还", f"{yuan(returned)} 元", num=True),) if returned else ()))


def calculation(db: Session, case: CaseRecord) -> str:
    """The calculation in one line."""
    found = recovery.of_case(db, case.id or 0)
    if found.share is None:
        return ""
    share = RecoveryShare.model_validate(found.share)
    return (
        f"累计收回本金 {yuan(share.principal)}，返还比例 {pct(share.ratio)}，"
        f"累计应返还 {yuan(share.due_in_all)}，本次应返还 {yuan(share.due_now)}"
    )


def actions(db: Session, actor: Actor, case: CaseRecord) -> list[Link]:
    """登记回款 on a paid claim, of the applicant only."""
    if Role.FILER not in actor.roles or case.institution_id != actor.institution_id:
        return []
    if case.process != Process.CLAIM:
        return []
    try:
        recovering.recoverable(db, actor, case.number)
    except ActionRefusedError:
        return []
    return [Link("登记回款", f"/bank/recoveries/new?claim={case.number}", icon="plus")]
