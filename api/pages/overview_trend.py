"""逐月金额 of the overview: claimed, approved, paid and returned by month, of everybody or of one group."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from sqlmodel import Session

from api.pages.cases import address
from api.pages.form_views import Option
from api.pages.overview_groups import GROUPINGS, label, of_group
from api.pages.render import wan
from api.pages.views import Chart, Column
from models import clock
from models.lifecycle import Process
from models.records import figures
from models.records.case_filters import Filters, Show
from models.records.figures import By, Flow

COLUMNS = (
    Column("月份", "full"), Column("申报", "n"), Column("批准", "n"), Column("拨付", "n"), Column("追偿返还", "n"),
)  # fmt: skip
EVERYBODY = "全部"


@dataclass(frozen=True, slots=True)
class Cell:
    """A month's amount (元) and the list of its cases."""

    amount: Decimal
    cases: int
    href: str


@dataclass(frozen=True, slots=True)
class TrendView:
    """Charts and table of one choice. `options` are what may be chosen, by grouping."""

    chosen: str
    name: str
    options: tuple[tuple[str, tuple[Option, ...]], ...]
    charts: tuple[tuple[str, str, str, Chart], ...]  # title, name of the bars, name of the line
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]


def trend(db: Session, known: dict[int, str], year: int, asked: str) -> TrendView:
    """The year's months up to this one. `asked` names a group (“town:虎门镇”); any other word means everybody."""
    options = tuple(
        (GROUPINGS[by], tuple(Option(f"{by.value}:{one.key}", label(by, one, known)) for one in groups))
        for by in By
        for groups in (figures.groups(db, by, year),)
    )
    labels = {one.value: one.label for _, some in options for one in some}
    chosen = asked if asked in labels else ""
    word, _, key = chosen.partition(":")
    by = By(word) if chosen else None
    whole, *every = figures.flows(db, year, by, key)
    months = every[: clock.today().month]
    own = of_group(by, key) if by else Filters()
    rows = tuple((f"{n}月", _cells(one, replace(own, year=year, month=n))) for n, one in enumerate(months, 1))
    rows += (("全年", _cells(whole, replace(own, year=year))),)
    name = labels.get(chosen, EVERYBODY)
    return TrendView(
        chosen,
        name,
        options,
        (
            _chart(year, name, "申报与批准", months, ("申报", "claimed"), ("批准", "approved")),
            _chart(year, name, "拨付与追偿返还", months, ("拨付", "paid"), ("返还", "returned")),
        ),
        rows,
    )


def _cells(one: Flow, of: Filters) -> tuple[Cell, ...]:
    return (
        Cell(one.claimed, one.claims, address(replace(of, show=Show.ALL, process=Process.CLAIM))),
        Cell(one.approved, one.approved_cases, address(replace(of, show=Show.APPROVED))),
        Cell(one.paid, one.paid_cases, address(replace(of, show=Show.PAID))),
        Cell(one.returned, one.returned_cases, address(replace(of, show=Show.RECOVERED))),
    )


def _chart(
    year: int, name: str, title: str, months: Sequence[Flow], bar: tuple[str, str], line: tuple[str, str]
) -> tuple[str, str, str, Chart]:
    """A bar and a line, 万元; the sentence tells the year's sums and the last month."""
    drawn, told = [], []
    for (word, column), kind, tone in ((bar, "bar", "plain"), (line, "line", "act")):
        amounts = [getattr(one, column) for one in months]
        data = [float(round(amount / 10_000, 2)) for amount in amounts]
        end = f"{word} {wan(amounts[-1])}" if kind == "line" else ""
        drawn.append({"name": word, "kind": kind, "tone": tone, "data": data, "end": end})
        told.append(f"{word}共 {wan(sum(amounts, Decimal(0)))}、本月 {wan(amounts[-1])}")
    x = [f"{n}月" for n in range(1, len(months) + 1)]
    words = f"{name} {year} 年各月{title}（万元）：{'；'.join(told)}"
    return title, bar[0], line[0], Chart(words, {"x": x, "series": drawn}, "#flows")
