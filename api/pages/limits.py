"""限额台账: every limit with its meter, who used it, who waits for it, and the movements of one of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlmodel import Session

from api.auth.db import Db
from api.auth.permit import requires
from api.auth.refusals import Refused
from api.pages import meters
from api.pages.case_papers import LedgerRow, movement
from api.pages.case_views import MeterView
from api.pages.layout import frame
from api.pages.meters import CLAUSES, Meter, UserView
from api.pages.render import page
from api.pages.task_facts import clause_view
from api.pages.views import ClauseView, Column
from flows.steps.accounts import bank_year_ceiling, of_bank_year
from models import clock
from models.permissions import Actor, may_see_limits
from models.records import institution, ledger, lending, usage, waiting
from models.records.case import CaseRecord
from models.records.institution import Kind, of_kind
from models.records.ledger import ACCOUNT_NAMES, AccountKind, LedgerAccount
from models.records.rules import rules
from models.records.waiting import LedgerWait

router = APIRouter(prefix="/limits")
NOTHING = Decimal("0.00")
FIRMS_SHOWN = 100
USERS_SHOWN = 50
ENTRIES_SHOWN = 100

ACCOUNT_COLUMNS = (
    Column("账户", "full"), Column("消耗", "hide"), Column("限额", "n"), Column("已付", "n"),
    Column("预留", "n"), Column("返还", "n hide"), Column("余额", "n"),
)  # fmt: skip
RETURN_COLUMNS = (Column("账户", "full"), Column("已返还", "n"))
ENTRY_COLUMNS = (
    Column("日期", "hide"), Column("摘要", "full"), Column("预留", "n"), Column("支付", "n"),
    Column("记账后余额", "n"),
)  # fmt: skip
USER_COLUMNS = (
    Column("案件", "full"), Column("申报机构", "hide"), Column("预留", "n"), Column("已付", "n"),
)  # fmt: skip
LINE_COLUMNS = (
    Column("次序", "hide"), Column("案件", "full"), Column("批准时间", "hide"), Column("需要", "n"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One limit, 元. `href` opens its entries."""

    key: int
    label: str
    href: str
    meter: MeterView
    returned: Decimal
    left: Decimal


@dataclass(frozen=True, slots=True)
class AccountGroup:
    """The limits of one kind, with the clause they stand in; `returns`: no limits, but what came back in a year."""

    title: str
    clause: ClauseView | None
    rows: tuple[AccountRow, ...]
    searched: bool = False
    returns: bool = False


@dataclass(frozen=True, slots=True)
class EntryRow:
    """A movement with the case that made it."""

    movement: LedgerRow
    case_number: str


@dataclass(frozen=True, slots=True)
class WaitRow:
    """A case in line: its place, since when, how much it needs (元; None while nothing is calculated)."""

    place: int
    number: str
    subject: str
    account: str
    since: datetime
    amount: Decimal | None


Reader = Annotated[Actor, requires(may_see_limits)]


@router.get("")
def limits(
    request: Request, db: Db, actor: Reader, q: Annotated[str, Query(max_length=60)] = ""
) -> HTMLResponse:
    """Every limit with its meter; `q` finds firms by name or 统一社会信用代码."""
    groups = tuple(_group(db, kind, q.strip()) for kind in (
        AccountKind.BUDGET, AccountKind.BANK_YEAR, AccountKind.ENTERPRISE, AccountKind.RECOVERY,
    ))  # fmt: skip
    return page(
        request,
        "pages/limits/index.html",
        frame=frame(request, db, actor, "limits"),
        groups=tuple(
            g for g in groups if g.rows or g.searched or g.title != ACCOUNT_NAMES[AccountKind.RECOVERY]
        ),
        line=line(db, waiting.with_cases(db)),
        treasury=next((one.id for one in of_kind(db, Kind.FINANCE)), None),
        q=q.strip(),
        account_columns=ACCOUNT_COLUMNS,
        return_columns=RETURN_COLUMNS,
        line_columns=LINE_COLUMNS,
    )


@router.get("/{account_id}")
def account(
    request: Request, db: Db, actor: Reader, account_id: int, before: int | None = None
) -> HTMLResponse:
    """One limit: its meter, who used it, who waits, and its movements, the newest first."""
    found = db.get(LedgerAccount, account_id) if 0 < account_id < 2**31 else None
    if found is None:
        raise Refused(404, "没有找到这个账户。")
    entries = ledger.entries_of_account(db, account_id, ENTRIES_SHOWN + 1, before)
    return page(
        request,
        "pages/limits/account.html",
        frame=frame(request, db, actor, "limits"),
        account=meter_of(db, found),
        kind=ACCOUNT_NAMES[AccountKind(found.kind)],
        returned=found.returned,
        recovery=found.kind == AccountKind.RECOVERY,
        users=_users(db, account_id),
        user_count=usage.count(db, account_id),
        line=line(db, waiting.with_cases(db, account_id)),
        entries=tuple(EntryRow(movement(entry, ""), number) for entry, number in entries[:ENTRIES_SHOWN]),
        older=f"/limits/{account_id}?before={entries[ENTRIES_SHOWN - 1][0].id}"
        if len(entries) > ENTRIES_SHOWN
        else "",
        first=before is None,
        user_columns=USER_COLUMNS,
        line_columns=LINE_COLUMNS,
        entry_columns=ENTRY_COLUMNS,
    )


def _group(db: Session, kind: AccountKind, words: str) -> AccountGroup:
    firms = kind is AccountKind.ENTERPRISE
    found = ledger.accounts(db, kind, words if firms else "", FIRMS_SHOWN if firms else 500)
    return AccountGroup(
        ACCOUNT_NAMES[kind],
        clause_view(CLAUSES[kind]),
        tuple(_row(db, one) for one in found),
        bool(words) and firms,
        kind is AccountKind.RECOVERY,
    )


def _row(db: Session, found: LedgerAccount) -> AccountRow:
    view = meter(found)
    if found.kind == AccountKind.BANK_YEAR:
        view = meter_of(db, found).meter
    return AccountRow(
        found.id or 0, found.label, f"/limits/{found.id}", view, found.returned, view.total - found.used
    )


def meter(account: LedgerAccount) -> MeterView:
    """An account as a meter: paid less what was returned, reserved, left (元)."""
    return MeterView(account.paid - account.returned, account.reserved, NOTHING, account.ceiling)


def meter_of(db: Session, found: LedgerAccount) -> Meter:
    """An account with where its ceiling comes from; a bank-year's ceiling follows the loans registered since."""
    view, note, other = meter(found), "", ""
    if found.kind == AccountKind.BANK_YEAR:
        bank, year, terms = of_bank_year(found.key, rules(db).on(clock.today()))
        ceiling, note = bank_year_ceiling(db, bank, year, terms)
        base = next((one for one in lending.years_of(db, bank) if one.year == year), None)
        note += f"（{base.loans} 笔）" if base else ""
        view = MeterView(view.paid, view.held, NOTHING, max(ceiling, found.used))
        if meters.readings_differ(db, bank, year):
            by_claim = terms.choice("cap_basis") == "vintage"
            other = meters.reading_words(db, bank, year, terms, by_vintage=not by_claim)
    return Meter(found.label, clause_view(CLAUSES[AccountKind(found.kind)]), view, note=note, other=other)


def _users(db: Session, account_id: int) -> tuple[UserView, ...]:
    names = institution.names_on(db, clock.today())
    return tuple(
        UserView(
            u.number, u.subject, names[u.institution_id].short_name, u.reserved, u.paid, f"/cases/{u.number}"
        )
        for u in usage.by_case(db, account_id, USERS_SHOWN)
    )


def line(db: Session, found: Sequence[tuple[LedgerWait, CaseRecord]]) -> tuple[WaitRow, ...]:
    """The cases in line, in the order they are served, each with its place before its account."""
    rows: list[WaitRow] = []
    places: dict[int, int] = {}
    labels: dict[int, str] = {}
    for wait, case in found:
        places[wait.account_id] = places.get(wait.account_id, 0) + 1
        if wait.account_id not in labels:
            labels[wait.account_id] = db.get_one(LedgerAccount, wait.account_id).label
        rows.append(
            WaitRow(
                places[wait.account_id],
                case.number,
                case.subject,
                labels[wait.account_id],
                wait.since,
                wait.amount or None,
            )
        )
    return tuple(rows)
