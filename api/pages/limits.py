"""限额台账: every limit with its meter, and the movements of one of them."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.auth.db import Db
from api.auth.permit import requires
from api.pages.case_papers import LedgerRow, movement
from api.pages.case_views import MeterView
from api.pages.layout import frame
from api.pages.render import page
from api.pages.views import Column
from models.permissions import Actor, may_see_limits
from models.records import ledger
from models.records.ledger import ACCOUNT_NAMES, AccountKind, LedgerAccount

router = APIRouter()
NOTHING = Decimal("0.00")

ACCOUNT_COLUMNS = (
    Column("账户", "full"), Column("消耗", "hide"), Column("限额", "n hide"), Column("已付", "n"),
    Column("预留", "n"), Column("返还", "n hide"), Column("余额", "n"),
)  # fmt: skip
ENTRY_COLUMNS = (
    Column("日期", "hide"), Column("摘要", "full"), Column("预留", "n"), Column("支付", "n"),
    Column("记账后余额", "n"),
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
    """The limits of one kind, with the clause they stand in."""

    title: str
    clause: str
    rows: tuple[AccountRow, ...]


CLAUSES = {
    AccountKind.BUDGET: "三（一）",
    AccountKind.BANK_YEAR: "三（四）",
    AccountKind.ENTERPRISE: "三（四）",
}


@dataclass(frozen=True, slots=True)
class EntryRow:
    """A movement with the case that made it."""

    movement: LedgerRow
    case_number: str


@router.get("/limits")
def limits(
    request: Request, db: Db, actor: Annotated[Actor, requires(may_see_limits)], account: str = ""
) -> HTMLResponse:
    """Every limit with its meter; `account` opens the entries of one."""
    chosen = int(account) if account.isascii() and account.isdigit() and len(account) < 10 else 0
    opened = db.get(LedgerAccount, chosen) if chosen else None
    groups = tuple(
        AccountGroup(ACCOUNT_NAMES[kind], CLAUSES[kind], tuple(map(_account, ledger.accounts(db, kind))))
        for kind in (AccountKind.BUDGET, AccountKind.BANK_YEAR, AccountKind.ENTERPRISE)
    )
    entries = ledger.entries_of_account(db, chosen) if opened else ()
    return page(
        request,
        "pages/overview/limits.html",
        frame=frame(request, db, actor, "limits"),
        groups=groups,
        opened=opened,
        entries=tuple(EntryRow(movement(entry, ""), number) for entry, number in entries),
        account_columns=ACCOUNT_COLUMNS,
        entry_columns=ENTRY_COLUMNS,
    )


def _account(account: LedgerAccount) -> AccountRow:
    href = f"/limits?account={account.id}#entries"
    return AccountRow(account.id or 0, account.label, href, meter(account), account.returned, account.left)


def meter(account: LedgerAccount) -> MeterView:
    """An account as a meter: paid less what was returned, reserved, left (元)."""
    return MeterView(account.paid - account.returned, account.reserved, NOTHING, account.ceiling)
