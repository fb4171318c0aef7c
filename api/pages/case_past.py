"""某日状态 of a case: where it stood, what had been issued, what had happened and which amounts stood at the end of a day.

Nothing is kept for this: the journal, the timeline, the documents and the ledger never lose what they were.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlmodel import Session

from api.pages import task_clock
from api.pages.case_papers import OUT_OF_FORCE, LedgerRow, movement
from api.pages.case_timeline import timeline
from api.pages.case_views import DocThumb, Fact, TimelineItem
from api.pages.render import day, stamp, yuan
from flows.steps.documents import REPEATED
from models import clock
from models.gates import GATES
from models.lifecycle import STATE_NAMES, State
from models.records import document, ledger, numbers
from models.records import timeline as happenings
from models.records.case import CaseRecord, EntryKind, JournalEntry, journal_of
from models.records.document import Document, DocumentState
from models.records.ledger import AccountKind, EntryType

CALCULATED = "compensation.calculate"


@dataclass(frozen=True, slots=True)
class PastView:
    """The case as it stood at the end of `on` (or now, for today)."""

    on: date
    stood: str
    facts: tuple[Fact, ...]
    documents: tuple[DocThumb, ...]
    events: tuple[TimelineItem, ...]
    ledger: tuple[LedgerRow, ...]


def view(db: Session, case: CaseRecord, on: date, *, staff: bool) -> PastView:
    """The case at the end of a day on or after its submission; an applicant's view leaves out what is inside."""
    at = min(clock.start_of(on + timedelta(days=1)), clock.now() + timedelta(seconds=1))
    key = case.id or 0
    journal = [_then(entry, at) for entry in journal_of(db, key) if entry.opened_at < at]
    papers = [d for d in document.of_case(db, key) if d.issued_at < at and (staff or d.for_applicant)]
    events = [event for event in happenings.of_case(db, key) if event.at < at]
    moves = [(e, account) for e, account in ledger.entries_of_case(db, key) if e.at < at] if staff else []
    budget = [e for e, account in moves if account.kind == AccountKind.BUDGET]
    return PastView(
        on,
        _stood(case, journal, at),
        (*_asked(papers), *(_figures(journal, budget) if staff else ())),
        _papers(db, papers, at),
        timeline(
            events,
            journal,
            task_clock.calendar(db),
            applicant=not staff,
            own_documents=frozenset(d.id or 0 for d in papers),
        ),
        tuple(movement(e, account.label) for e, account in moves),
    )


def _then(entry: JournalEntry, at: datetime) -> JournalEntry:
    """A copy of an entry without what happened to it later."""
    known = entry.model_dump()
    if entry.finished_at is not None and entry.finished_at >= at:
        known |= {"finished_at": None, "result": None}
    if entry.voided_at is not None and entry.voided_at >= at:
        known |= {"voided_at": None, "voided_by": None}
    return JournalEntry(**known)


def _stood(case: CaseRecord, journal: Sequence[JournalEntry], at: datetime) -> str:
    if case.closed_at is not None and case.closed_at < at:
        return f"已办结：{STATE_NAMES[State(case.state)]}"
    waits = [e for e in journal if e.finished_at is None and e.voided_at is None and e.kind != EntryKind.STEP]
    if not waits:
        return "办理中"
    entry = waits[-1]
    if entry.name in GATES:
        due = f"，限 {day(entry.due_at)} 前办理" if entry.due_at else ""
        return f"停在{GATES[entry.name].title}（{stamp(entry.opened_at)} 起{due}）"
    state = STATE_NAMES[State(entry.name.removeprefix("until."))]
    return f"{state}（{stamp(entry.opened_at)} 起，至 {day(entry.due_at)}）"


def _asked(papers: Sequence[Document]) -> tuple[Fact, ...]:
    """What the applicant had asked for, as its application of that day says."""
    for code, field, label in (("D15", "claimed", "申请金额"), ("D07", "total_principal", "备案金额")):
        found = [d for d in papers if d.code == code and d.context.get(field) is not None]
        if found:
            return (Fact(label, f"{yuan(Decimal(found[-1].context[field]))} 元", num=True),)
    return ()


def _figures(journal: Sequence[JournalEntry], budget: Sequence[ledger.LedgerEntry]) -> tuple[Fact, ...]:
    found = []
    drawn = [e for e in journal if e.name == CALCULATED and e.result and e.voided_at is None]
    if drawn:
        amount = Decimal((drawn[-1].result or {})["value"])
        found.append(Fact("测算金额", f"{yuan(amount)} 元", num=True))
    sums = dict.fromkeys(EntryType, Decimal("0.00"))
    for entry in budget:
        sums[EntryType(entry.type)] += entry.amount
    held = sums[EntryType.RESERVE] - sums[EntryType.RELEASE] - sums[EntryType.SETTLE]
    for label, amount in (("已预留", held), ("已拨付", sums[EntryType.SETTLE])):
        if budget:
            found.append(Fact(label, f"{yuan(amount)} 元", num=True))
    return tuple(found)


def _papers(db: Session, papers: Sequence[Document], at: datetime) -> tuple[DocThumb, ...]:
    voids = numbers.voids_of(db, [d.id or 0 for d in papers])
    newest = {d.code: d.id for d in papers}
    shown = []
    for d in papers:
        void = voids.get(d.id or 0)
        standing = ""
        if void and void.approved and void.decided_at and void.decided_at < at:
            standing = OUT_OF_FORCE[DocumentState.VOID]
        elif newest[d.code] != d.id and d.code not in REPEATED:
            standing = OUT_OF_FORCE[DocumentState.SUPERSEDED]
        note = standing or d.number or day(d.issued_on)
        shown.append(DocThumb(d.title, note, f"/documents/{d.id}/preview", red=d.number is not None))
    return tuple(shown)
