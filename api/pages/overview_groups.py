"""分组统计 of the overview: by institution, board, town or industry of the loan."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from sqlmodel import Session

from api.pages.case_views import MeterView
from api.pages.cases import NO_TOWN, address
from api.pages.limits import meter
from api.pages.views import Column
from models.lifecycle import BOARD_NAMES, Board, Process
from models.records import figures, ledger
from models.records.case_filters import Filters, Show
from models.records.figures import By, Group
from models.records.ledger import AccountKind, LedgerAccount

NOTHING = Decimal("0.00")

PLACE_COLUMNS = (
    Column("机构", "full"), Column("最紧的年度限额", "hide"), Column("限额余额", "n hide"), Column("在办（件）", "n"),
    Column("今年申请（件）", "n hide"), Column("申请", "n hide"), Column("核定", "n hide"), Column("已付", "n"),
    Column("追偿返还", "n hide"),
)  # fmt: skip
GROUP_COLUMNS = (
    Column("分组", "full"), Column("在办（件）", "n"), Column("今年申请（件）", "n"), Column("申请", "n hide"),
    Column("核定", "n hide"), Column("已付", "n"), Column("追偿返还", "n hide"),
)  # fmt: skip
GROUPINGS = {By.INSTITUTION: "按机构", By.BOARD: "按板块", By.TOWN: "按镇街", By.INDUSTRY: "按行业"}


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """One institution, board, town or industry; every figure with its list. Amounts in 元; `limit` is an institution's
    bank-year account with the least left of its ceiling, None where none was needed yet."""

    name: str
    figures: Group
    href: str
    claims_href: str
    approved_href: str
    paid_href: str
    returned_href: str
    limit: MeterView | None
    limit_label: str
    limit_href: str


def places(
    db: Session, known: dict[int, str], year: int, by: By, board: Board | None
) -> tuple[PlaceRow, ...]:
    """Every group that has cases, with its lists; of institutions also their tightest limit."""
    accounts = ledger.accounts(db, AccountKind.BANK_YEAR) if by is By.INSTITUTION else ()
    found = figures.groups(db, by, year, board)
    return tuple(_place(one, known, year, by, board, accounts) for one in found)


def of_group(by: By, key: str, board: Board | None = None) -> Filters:
    """What a list of a group's cases is narrowed to."""
    return Filters(
        board=Board(key) if by is By.BOARD else board,
        institution_id=int(key) if by is By.INSTITUTION else None,
        town=key if by is By.TOWN else None,
        industry=key if by is By.INDUSTRY else None,
    )


def label(by: By, one: Group, known: dict[int, str]) -> str:
    """What a group is called."""
    if by is By.INSTITUTION:
        return known.get(int(one.key), "")
    if by is By.BOARD:
        return BOARD_NAMES[Board(one.key)]
    return one.key or (NO_TOWN if by is By.TOWN else "未注明行业")


def _place(
    one: Group,
    known: dict[int, str],
    year: int,
    by: By,
    board: Board | None,
    accounts: Sequence[LedgerAccount],
) -> PlaceRow:
    theirs = [a for a in accounts if a.key.startswith(f"{one.key}:")]
    account = min(theirs, key=lambda a: a.left / a.ceiling if a.ceiling else NOTHING, default=None)
    own = of_group(by, one.key, board)
    return PlaceRow(
        label(by, one, known),
        one,
        address(own),
        address(replace(own, show=Show.ALL, process=Process.CLAIM, year=year)),
        address(replace(own, show=Show.APPROVED, year=year)),
        address(replace(own, show=Show.PAID, year=year)),
        address(replace(own, show=Show.RECOVERED, year=year)),
        meter(account) if account else None,
        f"{account.key.rpartition(':')[2]} 年" if account else "",
        f"/limits/{account.id}" if account else "",
    )
