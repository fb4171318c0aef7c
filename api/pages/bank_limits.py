"""本行限额: what a bank's own claims took of its bank-years and of its firms' limits; nothing of anyone else's."""

from dataclasses import dataclass
from decimal import Decimal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlmodel import Session, col, select

from api.auth.db import Db
from api.auth.refusals import Refused
from api.pages import meters
from api.pages.bank_forms import Applicant, board_of
from api.pages.case_papers import movement
from api.pages.case_views import MeterView
from api.pages.layout import frame
from api.pages.limits import ENTRY_COLUMNS, EntryRow
from api.pages.meters import Meter
from api.pages.render import page
from api.pages.task_facts import clause_view
from api.pages.views import Column
from flows.steps.accounts import bank_year_ceiling, bank_year_key
from models import clock
from models.lifecycle import Board
from models.permissions import Actor
from models.records import ledger, lending, usage
from models.records.case import CaseRecord
from models.records.claim import Claim
from models.records.ledger import AccountKind
from models.records.loan import Loan
from models.records.rules import rules

router = APIRouter(prefix="/bank/limits")
ZERO = Decimal("0.00")
FIRM_COLUMNS = (
    Column("企业", "full"), Column("本行占用", "hide"), Column("预留", "n"), Column("已付", "n"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FirmRow:
    """A firm's limit as far as the bank's own claims use it, 元."""

    label: str
    meter: MeterView
    cases: int


@router.get("")
def show(request: Request, db: Db, actor: Applicant) -> HTMLResponse:
    """The bank's years with their movements, and its firms."""
    if board_of(actor) != Board.BANK:
        raise Refused(404, "银行年度限额只适用于银行板块。")
    years = own_years(db, actor.institution_id)
    entries = []
    used = rules(db)
    terms = used.on(max(clock.today(), used.get("policy_from").rows[0].since))
    for year, found in years:
        account = ledger.account(db, AccountKind.BANK_YEAR, bank_year_key(terms, actor.institution_id, year))
        listed = ledger.entries_of_account(db, account.id or 0, 50) if account else ()
        entries.append((found, tuple(EntryRow(movement(entry, ""), number) for entry, number in listed)))
    return page(
        request,
        "pages/bank/limits.html",
        frame=frame(request, db, actor, "home"),
        years=tuple(entries),
        firms=firms(db, actor),
        clause=clause_view("三（四）"),
        entry_columns=ENTRY_COLUMNS,
        firm_columns=FIRM_COLUMNS,
    )


def own_years(db: Session, bank: int, most: int = 6) -> tuple[tuple[int, Meter], ...]:
    """The bank's years, newest first; claims under review that hold nothing yet are hatched."""
    used = rules(db)
    terms = used.on(max(clock.today(), used.get("policy_from").rows[0].since))
    found = []
    for base in lending.years_of(db, bank)[:most]:
        account = ledger.account(db, AccountKind.BANK_YEAR, bank_year_key(terms, bank, base.year))
        ceiling, why = bank_year_ceiling(db, bank, base.year, terms)
        pending = _pending(db, bank, base.year, by_vintage=terms.choice("cap_basis") == "vintage")
        paid = account.paid - account.returned if account else ZERO
        held = account.reserved if account else ZERO
        view = MeterView(paid, held, pending, max(ceiling, paid + held))
        other = ""
        if meters.readings_differ(db, bank, base.year):
            by_claim = terms.choice("cap_basis") == "vintage"
            other = meters.reading_words(db, bank, base.year, terms, by_vintage=not by_claim)
        open_year = "（未满年，随备案增加）" if base.year == clock.today().year else ""
        found.append(
            (
                base.year,
                Meter(
                    f"{base.year}年发放{open_year}",
                    None,
                    view,
                    note=f"{why}（{base.loans} 笔）",
                    other=other,
                    tone="late" if view.over else None,
                ),
            )
        )
    return tuple(found)


def _pending(db: Session, bank: int, year: int, *, by_vintage: bool) -> Decimal:
    """Claims under review that hold no reservation yet (元), by the year they would count for."""
    query = (
        select(Claim, Loan, CaseRecord)
        .join(Loan, col(Loan.id) == col(Claim.loan_id))
        .join(CaseRecord, col(CaseRecord.id) == col(Claim.case_id))
        .where(
            CaseRecord.institution_id == bank,
            col(CaseRecord.closed_at).is_(None),
            col(Claim.approved).is_(None),
        )
    )
    amounts = [
        claim.requested if claim.calculated is None else claim.calculated
        for claim, loan, case in db.exec(query)
        if (loan.disbursed_on.year if by_vintage else clock.local(case.opened_at).year) == year
    ]
    return sum(amounts, ZERO)


def firms(db: Session, actor: Actor) -> tuple[FirmRow, ...]:
    """The bank's own use of each firm's limit: the bar shows its part, not what other institutions took."""
    return tuple(
        FirmRow(
            f.label.removesuffix("单家企业补偿限额"), MeterView(f.paid, f.reserved, ZERO, f.ceiling), f.cases
        )
        for f in usage.of_firms(db, actor.institution_id)
    )
