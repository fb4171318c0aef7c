"""What lies in a case's folder: letters, materials, notices with their receipts, ledger entries, loans."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlmodel import Session, col, func, select

from api.pages.case_views import DocThumb
from api.pages.render import day, stamp
from api.pages.views import Tag, Tone
from flows.actions.loans import changing
from models.gates import GATES
from models.lifecycle import Board, Process
from models.policy.materials import SLOTS
from models.records import attachment, ledger, loan_change, look, notice, opinion_file, person
from models.records.case import CaseRecord
from models.records.document import Document, DocumentState
from models.records.ledger import EntryType
from models.records.loan import LOAN_STATE_NAMES, Loan, LoanState
from models.records.loan_change import LoanChange
from models.records.notice import CHANNEL_NAMES, Channel, Delivery, DeliveryState, Notice

MOST_LOANS = 50
OUT_OF_FORCE = {DocumentState.SUPERSEDED: "已被新件替代", DocumentState.VOID: "已作废"}
LOAN_TONES: dict[LoanState, Tone] = {LoanState.REGISTERED: "ok", LoanState.FILED: "act"}
ENTRY_WORDS = {
    EntryType.CEILING: "核定额度", EntryType.RESERVE: "预留", EntryType.RELEASE: "释放",
    EntryType.SETTLE: "支付", EntryType.RETURN: "追偿返还",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SentRow:
    """One notice with all its channels; `tag` says whether it was opened or is stuck."""

    title: str
    channels: str
    created: datetime
    delivered: datetime | None
    tag: Tag
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One movement of an account, 元; `reserved` falls when money is released or paid."""

    at: datetime
    account: str
    memo: str
    word: str
    reserved: Decimal | None
    paid: Decimal | None
    left: Decimal


@dataclass(frozen=True, slots=True)
class LoanRow:
    """One loan of a filing, or the loan of a claim."""

    item: int
    firm: str
    numbers: str
    principal: Decimal
    disbursed: date
    due: date
    tag: Tag
    note: str
    href: str


@dataclass(frozen=True, slots=True)
class LookRow:
    """A check somebody looked at: which, of which loan, what was found where, who, when, at which gate."""

    label: str
    item: int
    found: str
    who: str
    at: datetime
    gate: str
    remark: str


def looks_of(db: Session, case_id: int) -> tuple[LookRow, ...]:
    """人工核实, oldest first; also those whose facts were corrected later."""
    return tuple(
        LookRow(
            one.label,
            one.item,
            f"{one.source}：{one.value}" if one.source else one.value,
            one.person_name,
            one.at,
            GATES[one.gate].title if one.gate in GATES else "",
            one.remark,
        )
        for one in look.of_case(db, case_id)
    )


def documents(papers: Iterable[Document]) -> tuple[DocThumb, ...]:
    """The letters in order of issue; those out of force say so."""
    return tuple(
        DocThumb(
            d.title,
            OUT_OF_FORCE.get(d.state) or d.number or day(d.issued_on),
            f"/documents/{d.id}/preview",
            red=d.number is not None,
        )
        for d in papers
    )


def materials(db: Session, case: CaseRecord) -> tuple[DocThumb, ...]:
    """What the applicant uploaded, by slot."""
    titles = {slot.key: slot.title for slot in SLOTS[case.process][Board(case.board)]}
    return tuple(
        DocThumb(titles.get(a.slot, "补充材料"), a.filename, f"/attachments/{a.id}/preview")
        for a in attachment.current(db, case.id or 0)
    )


def enclosed(db: Session, case: CaseRecord) -> tuple[DocThumb, ...]:
    """What reviewers added to their opinions and remarks: who, when."""
    found = opinion_file.of_case(db, case.id or 0)
    names = person.names(db, [one.uploaded_by for one in found])
    return tuple(
        DocThumb(
            one.filename,
            f"{names.get(one.uploaded_by, '')} {stamp(one.given_at)}",
            f"/opinion-files/{one.id}/preview",
        )
        for one in found
    )


def sent(db: Session, case_id: int) -> tuple[SentRow, ...]:
    """通知与送达, newest first."""
    grouped: dict[str, tuple[Notice, list[Delivery]]] = {}
    for one, delivery in notice.of_case(db, case_id):
        grouped.setdefault(str(one.id), (one, []))[1].append(delivery)
    readers = [d.opened_by for _, deliveries in grouped.values() for d in deliveries if d.opened_by]
    known = person.names(db, readers)
    return tuple(_sent(one, deliveries, known) for one, deliveries in grouped.values())


def _sent(one: Notice, deliveries: Sequence[Delivery], known: dict[int, str]) -> SentRow:
    channels = dict.fromkeys(CHANNEL_NAMES[Channel(d.channel)] for d in deliveries)
    arrived = [d.delivered_at for d in deliveries if d.delivered_at is not None]
    opened = next((d for d in deliveries if d.opened_at is not None), None)
    parked = [d for d in deliveries if d.state == DeliveryState.PARKED]
    if opened is not None and opened.opened_at is not None:
        tag = Tag(f"{known.get(opened.opened_by or 0, '')} {stamp(opened.opened_at)}".strip(), "ok")
    elif parked:
        tag = Tag("有渠道未送达", "late", "alert")
    else:
        tag = Tag("未签收", "soon")
    trouble = "；".join(
        f"{CHANNEL_NAMES[Channel(d.channel)]}：{d.last_error}" for d in parked if d.last_error
    )
    return SentRow(one.title, "·".join(channels), one.created_at, min(arrived, default=None), tag, trouble)


def ledger_rows(db: Session, case_id: int) -> tuple[LedgerRow, ...]:
    """额度台账: what the case did to each account."""
    return tuple(movement(entry, account.label) for entry, account in ledger.entries_of_case(db, case_id))


def movement(entry: ledger.LedgerEntry, label: str) -> LedgerRow:
    """An entry as signed movements of 预留 and 支付."""
    kind = EntryType(entry.type)
    reserved = {
        EntryType.RESERVE: entry.amount,
        EntryType.RELEASE: -entry.amount,
        EntryType.SETTLE: -entry.amount,
    }
    paid = {EntryType.SETTLE: entry.amount, EntryType.RETURN: -entry.amount}
    return LedgerRow(
        entry.at, label, entry.memo, ENTRY_WORDS[kind], reserved.get(kind), paid.get(kind), entry.left_after
    )


def loan_rows(db: Session, case: CaseRecord) -> tuple[tuple[LoanRow, ...], int]:
    """The first loans of a filing and how many there are; for a claim none (its facts say it)."""
    if case.process != Process.FILING:
        return (), 0
    query = select(Loan).where(Loan.case_id == case.id).order_by(col(Loan.item)).limit(MOST_LOANS)
    count = db.exec(select(func.count()).select_from(Loan).where(Loan.case_id == case.id)).one()
    found = db.exec(query).all()
    changes = loan_change.of_loans(db, [loan.id or 0 for loan in found])
    return tuple(_loan(loan, changes.get(loan.id or 0, ())) for loan in found), count


def _loan(loan: Loan, changes: Sequence[LoanChange]) -> LoanRow:
    state = LoanState(loan.state)
    return LoanRow(
        loan.item,
        loan.firm_name,
        loan.filing_number or f"合同 {loan.contract_number}",
        loan.principal,
        loan.disbursed_on,
        loan_change.maturity(loan, changes),
        Tag(LOAN_STATE_NAMES[state], LOAN_TONES.get(state, "idle")),
        "；".join(word for word in (loan.state_reason, changing.in_words(changes)) if word),
        f"/loans/{loan.id}",
    )
