"""One task as its page shows it: what is asked and by which clause, the clock, the evidence, the panel."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from api.pages import (
    colleagues,
    opinion_files,
    task_clock,
    task_decision,
    task_drafts,
    task_facts,
    task_recovery,
)
from api.pages.case_views import CheckView, Fact, TimelineItem
from api.pages.colleagues import Colleagues
from api.pages.form_views import DecisionForm
from api.pages.render import sentence_day, stamp
from api.pages.task_coming import Coming, coming
from api.pages.task_facts import Calculation
from api.pages.task_form import Typed
from api.pages.task_matter import MOST_LOANS, LoanRow, Matter, loan_rows, matter_of
from api.pages.task_papers import Papers, papers
from api.pages.verb_fields import Spot
from api.pages.views import ClauseView, Link, Note, Tag, WorkingDays
from flows.actions.answers import half_written, pointing, sitting, untold
from flows.actions.errors import FieldFault
from flows.steps import evidence
from models import clock
from models.calendar import WorkingCalendar
from models.gates import FILING_REVIEW, GATES, Gate, Outcome, Rule
from models.lifecycle import BOARD_NAMES, PROCESS_NAMES, Board
from models.permissions import Actor, Denied
from models.records import institution, person
from models.records import task as tasks
from models.records.case import EntryKind, JournalEntry, journal_of
from models.records.rules import rules
from models.records.task import ADDED_NAMES, Task, TaskState
from models.roles import Party


@dataclass(frozen=True, slots=True)
class TaskView:
    """Everything on the page but the frame."""

    task: Task
    question: str
    subject: str
    number: str
    marks: tuple[Tag, ...]
    clauses: tuple[ClauseView, ...]
    line: str
    clock: WorkingDays
    facts: tuple[Fact, ...]
    checks: tuple[CheckView, ...]
    kinds: tuple[CheckView, ...]
    calculation: Calculation | None
    loans: tuple[LoanRow, ...]
    more_loans: int
    excludes: bool
    opinions: tuple[TimelineItem, ...]
    papers: Papers
    decision: DecisionForm
    answerable: bool
    verb: Link | None
    unsent: str
    seats: str
    colleagues: Colleagues


def view(
    db: Session,
    actor: Actor,
    task: Task,
    *,
    paper: str = "",
    typed: Typed | None = None,
    faults: Sequence[FieldFault] = (),
) -> TaskView:
    """The page for one reader. `typed` is a refused submission; without one, the reader's draft is restored."""
    gate, matter, days = sitting.asked(task), matter_of(db, task), task_clock.calendar(db)
    case = matter.case
    entries = [
        e
        for e in journal_of(db, task.case_id, valid_only=True)
        if e.kind == EntryKind.GATE and e.name == task.gate
    ]
    entry = db.get_one(JournalEntry, task.entry_id)
    earlier = [e for e in entries if (e.id or 0) < (entry.id or 0)]
    seats = tasks.of_case(db, task.case_id)
    is_open = task.state == TaskState.OPEN
    shown = task_clock.working_days(days, entry, earlier) if is_open else task_clock.answered(days, entry)
    drafts = half_written.of(db, actor, task)
    kept = typed if typed is not None else task_drafts.typed_of(drafts)
    foreseen = _foreseen(db, actor, task, matter, kept)
    also = task_drafts.note(drafts)
    decision = _decision(db, actor, task, gate, matter, days, shown, earlier, kept, faults, foreseen, also)
    answerable = foreseen is not None
    applicant = institution.name_on(db, case.institution_id, clock.today()).name
    clause = task_facts.clause_view(gate.clause)
    rule = task_facts.clause_view("三（四）" if case.board == Board.BANK else "三（三）")
    ticks = f"/tasks/{task.id}/looks" if answerable else ""
    marks = [Tag(PROCESS_NAMES[case.process]), Tag(BOARD_NAMES[case.board], "idle")]
    marks += [Tag("补正回来", "act")] if task.corrected else []
    marks += [Tag(ADDED_NAMES[task.added], "act")] if task.added else []
    award = task_facts.award_of(matter.claim)
    return TaskView(
        task=task,
        question=f"{gate.title}：{case.subject}，{gate.question}",
        subject=case.subject,
        number=case.number,
        marks=tuple(marks),
        clauses=tuple(dict.fromkeys(c for c in (rule, clause) if c is not None)),
        line=f"申报机构 {applicant}　{sentence_day(case.opened_at, weekday=False)}提交",
        clock=shown,
        facts=_facts(db, matter),
        checks=matter.views(matter.loans[0].id or 0, matter.checks, ticks)
        if matter.claim or matter.recovery
        else (),
        kinds=matter.kinds(ticks) if ticks else (),
        calculation=task_recovery.calculation(matter.recovery)
        if matter.recovery
        else task_facts.calculation(award)
        if award is not None
        else None,
        loans=loan_rows(matter, kept, faults, ticks),
        more_loans=len(matter.by_loan[MOST_LOANS:]),
        excludes=answerable and gate is FILING_REVIEW,
        opinions=task_facts.opinions(db, [t for t in seats if t.id != task.id]),
        papers=papers(db, case, f"/tasks/{task.id}", paper, foreseen),
        decision=decision,
        answerable=answerable,
        verb=_verb(task, actor, gate, answerable),
        unsent=((typed.opinion if typed else "") or drafts.opinion) if not answerable else "",
        seats=_seats(db, task, seats, gate),
        colleagues=colleagues.view(Spot(db, actor, case, task)),
    )


def _facts(db: Session, matter: Matter) -> tuple[Fact, ...]:
    if matter.recovery is not None:
        return task_recovery.facts(db, matter.case, matter.recovery, matter.loans[0])
    if matter.claim is None:
        return task_facts.filing_facts(db, matter.case, matter.loans)
    return task_facts.claim_facts(db, matter.case, matter.claim, matter.loans[0])


def _decision(
    db: Session,
    actor: Actor,
    task: Task,
    gate: Gate,
    matter: Matter,
    days: WorkingCalendar,
    shown: WorkingDays,
    earlier: Sequence[JournalEntry],
    kept: Typed,
    faults: Sequence[FieldFault],
    foreseen: Coming | None,
    also: Note | None,
) -> DecisionForm:
    """The panel; without anything foreseen it says why the reader cannot use it."""
    if task.state != TaskState.OPEN:
        return task_decision.denied(task, _over(db, task, gate), "这件已不需要你办理。")
    if gate.party is Party.APPLICANT:
        words = f"由申报机构在案件 {task.case_number} 的页面上办理。"
        return task_decision.denied(task, words, f"{gate.title}由申报机构办理。")
    allowed = sitting.verdict(db, actor, task)
    if isinstance(allowed, Denied) or foreseen is None:
        return task_decision.denied(task, allowed.sentence if isinstance(allowed, Denied) else "")
    returned = [e for e in earlier if (e.result or {}).get("outcome") == Outcome.RETURN.value]
    seen = untold.possible(db, matter.case) if returned else frozenset()
    applicant = institution.name_on(db, task.applicant_id, clock.today()).short_name
    return task_decision.panel(
        task_decision.Panel(
            task,
            gate,
            days,
            shown,
            matter.prepared,
            kept,
            rules(db),
            faults,
            task_facts.award_of(matter.claim),
            f"你未办理过本案其他环节，与{applicant}无隶属关系。",
            len(returned),
            seen,
            foreseen.letters,
            ""
            if task.added
            else evidence.sentence(evidence.unlooked(db, matter.case, kept.excluded), matter.case),
            matter.recovery.due if matter.recovery else None,
            opinion_files.attached(db, actor, task),
            pointing.places(db, matter.case).offered(),
            also,
        )
    )


def _foreseen(db: Session, actor: Actor, task: Task, matter: Matter, kept: Typed) -> Coming | None:
    """What each answer would have written; None for a reader who cannot answer."""
    applicants = GATES[task.gate].party is Party.APPLICANT
    if task.state != TaskState.OPEN or applicants or isinstance(sitting.verdict(db, actor, task), Denied):
        return None
    return coming(db, actor, task, kept, matter.prepared, matter.names)


def open_papers(db: Session, actor: Actor, task: Task, paper: str, typed: Typed | None = None) -> Papers:
    """The middle column alone, for what stands in the form (`typed`) or was kept of it."""
    matter = matter_of(db, task)
    kept = typed if typed is not None else task_drafts.typed_of(half_written.of(db, actor, task))
    foreseen = _foreseen(db, actor, task, matter, kept)
    return papers(db, matter.case, f"/tasks/{task.id}", paper, foreseen)


def _over(db: Session, task: Task, gate: Gate) -> str:
    if task.state == TaskState.WAITING:
        return "还没有轮到这个席位，请等前一席位办理。"
    if task.answered_by is None or task.outcome is None:
        return "案件已由他人办结、退回或撤回，这个席位不再需要办理。"
    who = task_facts.signed(task, person.names(db, [task.answered_by, task.on_behalf_of or 0]))
    answer = gate.answer(task.outcome)
    opinion = f"意见：{task.opinion}" if task.opinion else ""
    void = "该结论后因退回而作废，仍留痕。" if task.voided else ""
    label = answer.label if answer else ""
    return f"{who}于 {stamp(task.answered_at)} 办理：{label}。{opinion}{void}"


def _verb(task: Task, actor: Actor, gate: Gate, answerable: bool) -> Link | None:
    """认领 or 释放."""
    if not answerable or gate.rule is not Rule.ONE or task.added is not None:
        return None
    if task.assignee_id == actor.person_id:
        return Link("释放", f"/tasks/{task.id}/release", post=True)
    return Link("认领", f"/tasks/{task.id}/claim", post=True)


def _seats(db: Session, task: Task, all_tasks: Sequence[Task], gate: Gate) -> str:
    """How far a vote or joint signature is: 5 席，已办 2 席."""
    if gate.rule is Rule.ONE:
        return ""
    here = [t for t in all_tasks if t.entry_id == task.entry_id]
    done = [t for t in here if t.state == TaskState.ANSWERED]
    return f"共 {len(here)} 席，已办 {len(done)} 席"
