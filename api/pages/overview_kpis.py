"""The figures at the head of the overview: how many cases, how much money; each with the list it counts."""

from decimal import Decimal

from sqlmodel import Session

from api.pages.cases import address
from api.pages.overview_answers import answers_href, following
from api.pages.overview_punctuality import share
from api.pages.render import wan
from api.pages.views import Kpi, Link
from models.lifecycle import Process
from models.permissions import Actor
from models.records import figures, overview, punctuality
from models.records.case_filters import Filters, Show
from models.records.ledger import LedgerAccount
from models.records.punctuality import Of


def counts(db: Session, actor: Actor, year: int, months: tuple[tuple[int, int], ...]) -> tuple[Kpi, ...]:
    """How many: open, late, at the applicants, and how many answers were in time this month."""

    def number(show: Show) -> int:
        return overview.count(db, actor, Filters(show))

    late, errors = number(Show.OVERDUE), number(Show.INCIDENT)
    opened, closed = months[-1]
    this, *before = reversed(punctuality.months(db, year))
    kept = [answers_href(Of.ALL, "", one.first, following(one.first), "kept") for one in (this, *before[:1])]
    last = (Link(f"上月 {share(before[0].answered, before[0].late)}", kept[1]),) if before else ()
    return (
        Kpi(
            "在办案件", str(number(Show.OPEN)), "", address(Filters()),
            links=(
                Link(f"本月收 {opened}", address(Filters(Show.ALL, year=year, month=len(months)))),
                Link(f"结 {closed}", address(Filters(Show.CLOSED, year=year, month=len(months)))),
            ),
        ),
        Kpi(
            "逾期", str(late), "", address(Filters(Show.OVERDUE)), tone="late" if late else None,
            links=(Link(f"另有异常 {errors} 件", address(Filters(Show.INCIDENT))),),
        ),
        Kpi("等申报机构", str(number(Show.APPLICANT)), "补正或确认到账", address(Filters(Show.APPLICANT))),
        Kpi("按时率（本月）", share(this.answered, this.late), "" if last else "审核各方", kept[0], links=last),
    )  # fmt: skip


def amounts(
    money: figures.Money, budget: LedgerAccount | None, year: int, unreported: int | str
) -> tuple[Kpi, ...]:
    """How much, 万元: what the year's claims ask for and were approved, paid, held, came back, and is left; of how many
    claims no report of progress (追偿进展报告) came in time."""

    returned = address(Filters(Show.RECOVERED, year=year))

    def kpi(label: str, amount: Decimal, cases: str, filters: Filters) -> Kpi:
        to = address(filters)
        return Kpi(label, wan(amount), "", to, "万元", links=(Link(cases, to),))

    return (
        kpi("今年申请", money.claimed, f"{money.claimed_cases} 件", Filters(Show.ALL, Process.CLAIM, year=year)),
        kpi("今年核定", money.approved, f"{money.approved_cases} 件", Filters(Show.APPROVED, year=year)),
        kpi("今年已支付", money.paid, f"{money.paid_cases} 件", Filters(Show.PAID, year=year)),
        kpi("已预留", money.reserved, f"{money.reserved_cases} 件待拨付", Filters(Show.RESERVED)),
        Kpi(
            "今年追偿返还", wan(money.returned), "", returned, "万元", None,
            (
                Link(f"{money.returned_cases} 件", returned),
                Link(f"未报送追偿进展 {unreported} 件", address(Filters(Show.UNREPORTED))),
            ),
        ),
        Kpi(
            "预算余额", wan(budget.left) if budget else "—", "", f"/limits/{budget.id}" if budget else "/limits",
            "万元" if budget else "", "soon" if budget and budget.left < money.pending else None,
            (Link(f"待定申请 {wan(money.pending)} 万元", address(Filters(Show.PENDING))),),
        ),
    )  # fmt: skip
