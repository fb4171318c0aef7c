"""Everything the page of one case shows, gathered once; applicants get only what concerns them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from markupsafe import Markup
from sqlmodel import Session

import flows.claim
import flows.filing  # noqa: F401 - registers the processes whose diagrams are drawn
from api.pages import case_clock, case_recovery, case_rows, colleagues, task_clock, task_facts
from api.pages.case_clock import ClockRow
from api.pages.case_papers import (
    LedgerRow,
    LoanRow,
    LookRow,
    SentRow,
    documents,
    enclosed,
    ledger_rows,
    loan_rows,
    looks_of,
    materials,
    sent,
)
from api.pages.case_timeline import now_item, timeline
from api.pages.case_views import DocThumb, Fact, FlowItem, TimelineItem
from api.pages.colleagues import Colleagues
from api.pages.render import day, yuan
from api.pages.verb_fields import Spot
from api.pages.views import Link, Tag, Tone, WorkingDays
from flows.actions.answers import sitting
from flows.actions.colleagues import choosing
from flows.actions.loans import changing
from flows.kernel.diagram import read
from flows.kernel.diagram_path import Walk, follow
from flows.kernel.diagram_svg import draw
from flows.kernel.process import PROCESSES
from models.calendar import WorkingCalendar
from models.gates import CORRECTION, GATES, RECEIPT, RETURN_SLIP
from models.lifecycle import BOARD_NAMES, PROCESS_NAMES, Board, Process, State
from models.permissions import (
    Actor,
    may_recalculate,
    may_register_objection,
    may_resolve_incident,
    may_withdraw,
)
from models.policy.parameters import Parameters
from models.records import claim as claims
from models.records import document, loan_change
from models.records import timeline as happenings
from models.records.case import CaseRecord, Incident, JournalEntry, journal_of
from models.records.overview import CaseRow, one
from models.records.rules import rules
from models.records.task import TaskState, of_case, open_of_case

APPLICANTS = {CORRECTION.key: "correct", RECEIPT.key: "receipt", RETURN_SLIP.key: "return"}


@dataclass(frozen=True, slots=True)
class CaseView:
    """The page of a case. `loan_count` counts all loans of a filing, of which `loans` are the first."""

    number: str
    title: str
    marks: tuple[Tag, ...]
    versions: str
    applicant: str
    figure: str
    clock: WorkingDays
    stands: str
    actions: tuple[Link, ...]
    incident: Incident | None
    may_retry: bool
    svg: Markup
    stages: tuple[FlowItem, ...]
    events: tuple[TimelineItem, ...]
    facts: tuple[Fact, ...]
    documents: tuple[DocThumb, ...]
    materials: tuple[DocThumb, ...]
    enclosed: tuple[DocThumb, ...]
    sent: tuple[SentRow, ...]
    looks: tuple[LookRow, ...]
    ledger: tuple[LedgerRow, ...]
    calculation: str
    loans: tuple[LoanRow, ...]
    loan_count: int
    colleagues: Colleagues
    clocks: tuple[ClockRow, ...]


def view(db: Session, actor: Actor, case: CaseRecord) -> CaseView:
    """The case as `actor` may see it."""
    days, known = task_clock.calendar(db), case_rows.names(db)
    staff = actor.watches_all
    found = one(db, case) if staff else replace(one(db, case), incident=None)
    journal = journal_of(db, case.id or 0)
    walk = _walk(case, journal, days, rules(db), staff=staff)
    papers = [d for d in document.of_case(db, case.id or 0) if staff or d.for_applicant]
    events = timeline(
        happenings.of_case(db, case.id or 0),
        journal,
        days,
        applicant=not staff,
        own_documents=frozenset(d.id or 0 for d in papers),
    )
    waits = case_rows.due(case, found.waiting, days)
    stands = _stands(walk, found, case_rows.holder(found, known))
    if case.closed_at is None:
        entry_id = found.waiting.id if found.waiting else None
        tone: Tone = "late" if found.incident else "stop" if case.state == State.CORRECTION else "act"
        events = (now_item(stands, tone, entry_id), *events)
    loans, loan_count = loan_rows(db, case)
    process = PROCESS_NAMES[Process(case.process)]
    return CaseView(
        case.number,
        f"{case.subject}·{'风险补偿' if case.process == Process.CLAIM else process}",
        (
            Tag(BOARD_NAMES[Board(case.board)], "idle"),
            case_rows.stage_tag(case, stopped=found.incident is not None),
        ),
        f"流程版本 {process}-{case.process_version}"
        + (f"·参数 {case.parameter_version}" if case.parameter_version else ""),
        known.get(case.institution_id, ""),
        _figure(db, case, staff=staff),
        waits,
        stands,
        _actions(db, actor, case),
        found.incident,
        bool(may_resolve_incident(actor)),
        Markup(draw(walk)),  # noqa: S704 - escaped by the drawing
        _stages(walk),
        events,
        _facts(db, case, known, staff=staff),
        documents(papers),
        materials(db, case),
        enclosed(db, case) if staff else (),
        sent(db, case.id or 0),
        looks_of(db, case.id or 0) if staff else (),
        ledger_rows(db, case.id or 0) if staff else (),
        _calculation(db, case) if staff else "",
        loans,
        loan_count,
        colleagues.view(Spot(db, actor, case)),
        case_clock.rows(days, journal) if staff else (),
    )


def _walk(
    case: CaseRecord,
    journal: Sequence[JournalEntry],
    days: WorkingCalendar,
    used: Parameters,
    *,
    staff: bool,
) -> Walk:
    """The way through the process; why colleagues sent a case back among themselves is not for applicants."""
    chart = read(PROCESSES[Process(case.process), case.process_version].function)
    walk = follow(chart, case, journal, days, used)
    if not staff:
        walk.backs = {pair: replace(back, reason="") for pair, back in walk.backs.items()}
    return walk


def _stands(walk: Walk, found: CaseRow, holder: str) -> str:
    case = found.case
    if case.closed_at is not None:
        return f"已办结：{walk.stands}"
    if found.incident is not None:
        return f"停在{walk.stands}：系统办理出错，等系统管理或统筹管理处理"
    if case.state == State.AWAITING_ROOM:
        return f"现停在{walk.stands}，额度补足后按批准先后自动继续，不需人办理"
    if case.state == State.PUBLIC_NOTICE and found.waiting is not None:
        return f"现停在{walk.stands}，{day(found.waiting.due_at)} 期满无异议自动继续，不需人办理"
    return f"现停在{walk.stands}，在等：{holder}"


def _stages(walk: Walk) -> tuple[FlowItem, ...]:
    """The process as a list, for phones: what was done, where it stands, what is left in one line."""
    items = []
    for node in walk.titles("done", "void", "now"):
        mark = walk.marks[node.key]
        rounds = f"·{mark.rounds} 轮" if mark.rounds > 1 else ""
        if mark.standing == "now":
            items.append(FlowItem("今", f"{node.title}·{mark.note}", "now"))
        else:
            words = f"{node.title}{rounds}" + ("（已作废）" if mark.standing == "void" else "")
            items.append(FlowItem(mark.note[:5] if mark.note[:1].isdigit() else "", words, "done"))
    left = [node.title for node in walk.titles("todo") if node.kind != "end" and not node.beside]
    if left:
        items.append(FlowItem("", "→".join(left), "todo"))
    return tuple(items)


def _figure(db: Session, case: CaseRecord, *, staff: bool) -> str:
    """The one amount that matters now: asked for, calculated by staff's reckoning, or decided."""
    if case.process == Process.FILING:
        return f"备案金额 {yuan(case.amount)} 元"
    if case.process == Process.RECOVERY:
        return case_recovery.figure(db, case, staff=staff)
    decided = case.decided_amount is not None and (staff or case.closed_at is not None)
    return f"核定 {yuan(case.decided_amount)} 元" if decided else f"申请 {yuan(case.amount)} 元"


def _facts(db: Session, case: CaseRecord, known: dict[int, str], *, staff: bool) -> tuple[Fact, ...]:
    facts = [
        Fact("申报机构", known.get(case.institution_id, "")),
        Fact("受托管理", known.get(case.managing_institution_id, "")),
        Fact("提交", day(case.opened_at), num=True),
        task_facts.origin(db, case),
    ]
    if case.uscc:
        facts.append(Fact("信用代码", case.uscc, num=True))
    if case.process == Process.FILING:
        return (*facts, Fact("备案金额", f"{yuan(case.amount)} 元", num=True))
    if case.process == Process.RECOVERY:
        return (*facts, *case_recovery.facts(db, case, staff=staff))
    claim = claims.of_case(db, case.id or 0)
    changes = loan_change.of_loans(db, [claim.loan_id]).get(claim.loan_id, [])
    words = changing.in_words(changes) or "备案后没有变更"
    facts.append(Fact("贷款变更", words, num=True, href=f"/loans/{claim.loan_id}"))
    facts.append(Fact("申请金额", f"{yuan(claim.requested)} 元", num=True))
    if staff and claim.calculated is not None:
        facts.append(Fact("测算金额", f"{yuan(claim.calculated)} 元", num=True))
    if claim.approved is not None and (staff or claim.paid is not None):
        facts.append(Fact("核定金额", f"{yuan(claim.approved)} 元", num=True))
    if claim.paid is not None:
        facts.append(Fact("已拨付", f"{yuan(claim.paid)} 元", num=True))
    if claim.voucher_number:
        facts.append(Fact("凭证", f"{claim.voucher_number}（{day(claim.voucher_date)}）", num=True))
    if claim.received_on:
        facts.append(Fact("到账", f"{yuan(claim.received)} 元（{day(claim.received_on)}）", num=True))
    return (*facts, *case_recovery.of_claim(db, case))


def _calculation(db: Session, case: CaseRecord) -> str:
    """The calculation in one line, its lines are on the task page and in the annex."""
    if case.process == Process.RECOVERY:
        return case_recovery.calculation(db, case)
    if case.process != Process.CLAIM:
        return ""
    claim = claims.of_case(db, case.id or 0)
    if claim.calculated is None:
        return ""
    loss = max(claim.unpaid_principal - claim.recovered + claim.recovery_costs, Decimal("0.00"))
    over = max(claim.requested - claim.calculated, Decimal("0.00"))
    words = f"未清偿本金 {yuan(claim.unpaid_principal)}，追偿净额 {yuan(claim.recovered - claim.recovery_costs)}，"
    words += f"损失 {yuan(loss)}；测算 {yuan(claim.calculated)}"
    return words + (f"，比申请少 {yuan(over)}" if over else "")


def _actions(db: Session, actor: Actor, case: CaseRecord) -> tuple[Link, ...]:
    """What this person can do here now."""
    links = []
    for task in open_of_case(db, case.id or 0):
        if sitting.verdict(db, actor, task):
            place = APPLICANTS.get(task.gate)  # their gates are answered on pages of their own
            href = f"/bank/cases/{case.number}/{place}" if place else f"/tasks/{task.id}"
            links.append(Link(f"办理：{GATES[task.gate].title}", href, primary=True))
            break
    links += case_recovery.actions(db, actor, case)
    links += _back(db, actor, case)
    if case.state == State.PUBLIC_NOTICE and may_register_objection(actor):
        links.append(Link("登记异议", f"/cases/{case.number}/objection", icon="announce"))
    if case.state == State.AWAITING_ROOM and may_recalculate(actor):
        links.append(Link("按现有余额重新测算", f"/cases/{case.number}/recalculate", icon="back"))
    if case.closed_at is None and may_withdraw(actor, case.institution_id, State(case.state)):
        links.append(Link("撤回", f"/cases/{case.number}/withdraw", icon="back"))
    links.append(Link("某日状态", f"/cases/{case.number}/history", icon="history"))
    links.append(Link("关联", f"/cases/{case.number}/around", icon="link"))
    links.append(Link("全部文书", f"/cases/{case.number}/documents.zip", icon="download"))
    links.append(Link("证据包", f"/cases/{case.number}/evidence", icon="zip"))
    return tuple(links)


def _back(db: Session, actor: Actor, case: CaseRecord) -> list[Link]:
    """拿回 of the reader's own last answer, while that is possible."""
    if case.closed_at is not None or not actor.watches_all:
        return []
    mine = [t for t in of_case(db, case.id or 0) if t.answered_by == actor.person_id and not t.voided]
    last = next((t for t in reversed(mine) if t.state == TaskState.ANSWERED), None)
    if last is None or not choosing.may_take_back(db, actor, last):
        return []
    return [Link(f"拿回：{GATES[last.gate].title}", f"/tasks/{last.id}/do/take_back", icon="back")]
