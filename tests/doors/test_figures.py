"""Every figure of the managers' pages opens the list it counts: walked link by link, on cases at every stage."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from html import unescape
from html.parser import HTMLParser
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook
from sqlmodel import Session, col, select

from flows.steps import gap, limits
from flows.steps.accounts import bank_year_ceiling
from models import clock
from models.database import session
from models.gates import Outcome
from models.lifecycle import Board
from models.records import figures, ledger
from models.records.case import CaseRecord, JournalEntry, by_number
from models.records.claim import Claim
from models.records.ledger import AccountKind, LedgerAccount, LedgerEntry
from models.records.loan import Loan
from models.records.rules import rules
from models.records.task import Task
from tests import builders
from tests.actions import samples
from tests.doors.conftest import Client, Server
from tests.kept import kept
from tests.seed import actor

Db = Callable[[], AbstractContextManager[Session]]
MANAGER = "lizhiyuan"
REVIEW = ("chenjiamin", "wangliqun", "zhoubingwen", "mozhaohui", "lujianping")
PAGES = (
    "/overview", "/overview?board=bank", "/overview?by=town&of=board:bank", "/overview?by=industry&of=industry:工业",
    "/overview?by=board&of=institution:{bank}", "/overview/punctuality", "/overview/punctuality?by=gate",
    "/overview/punctuality?by=institution", "/overview/heat?process=claim", "/overview/heat?process=filing",
    "/overview/heat?process=recovery",
)  # fmt: skip


VOID = frozenset({"br", "img", "input", "meta", "link", "hr", "rect", "path", "use", "line", "circle", "wbr"})
SILENT = frozenset({"svg", "select", "script", "style"})
"""A drawing repeats figures that stand beside it, each with its own link (its nodes link too); choices are no figures."""
OWN_CLOCK = frozenset({"wd", "limit", "code"})
"""The clock of a case in its row, which links to the case; the meter of the budget, whose heading leads to its account."""
NO_FIGURE = re.compile(
    r"\d{4}[ -]?年?[ -]?\d{1,2}[ -]?月(\d{1,2}日)?|\d{4}-\d{2}-\d{2}|\d{1,2}月(\d{1,2}日)?|\d{4} ?年度?|≤ ?2 ?日|[A-Z]{2}-\d{4}-\d+"
)
"""Days, months and years; the legend of the stages; numbers of cases."""


@dataclass
class Figure:
    """A link: its address, and the words in it."""

    href: str
    words: str


class Links(HTMLParser):
    """Links with their words; the numbers of the page's own part (`main`) that no link opens."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Figure] = []
        self.bare: list[str] = []
        self._open: Figure | None = None
        self._main = False
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        classes = set((given.get("class") or "").split())
        self._main = self._main or tag == "main"
        if self._silent or tag in SILENT or classes & OWN_CLOCK:
            self._silent += [] if tag in VOID else [tag]
        if tag == "a":
            self._open = Figure(given.get("href") or "", given.get("aria-label") or "")
            self.found.append(self._open)

    def handle_endtag(self, tag: str) -> None:
        self._main = self._main and tag != "main"
        if self._silent and tag == self._silent[-1]:
            self._silent.pop()
        if tag == "a":
            self._open = None

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self._open.words += data
        elif self._main and not self._silent:
            left = NO_FIGURE.sub("", data)
            self.bare += [" ".join(data.split())] if re.search(r"[1-9]", left) else []


@kept
def a_city() -> str:
    """A paid claim of which something came back, one in 公示, one undecided, filings late, returned, done."""
    builders.budget("3000000.00")
    builders.calendar()
    paid = builders.claimed()
    for login in REVIEW:
        builders.answer(paid, login)
    builders.claimed(Board.GUARANTEE)
    second = builders.registered(contract_number="GY-2", receipt_number="GY-2-1")
    with session() as s:
        samples.claim_on(s, actor(s, "linwanyi"), s.get_one(Loan, second), requested="100,000.00")
    builders.wake()
    clock.set_offset(timedelta(days=14))
    builders.wake()
    builders.answer(paid, "qiushaofen")
    day = clock.today().isoformat()
    builders.answer(paid, "zhanruolan", voucher_number="PZ-1", voucher_date=day)
    with session() as s:
        record = by_number(s, paid)
        assert record is not None
        limits.give_back(s, record, Decimal("50000.00"), "追回")
    with session() as s:
        record = by_number(s, paid)
        assert record is not None
        limits.give_back(s, record, Decimal("20000.00"), "又追回")
    done = builders.filed(1, contract_number="F-0", town="虎门镇")
    builders.answer(done, "chenjiamin")
    builders.answer(done, "zhoubingwen")
    twice = builders.filed(1, contract_number="F-1", town="虎门镇")
    builders.answer(twice, "chenjiamin", Outcome.RETURN, "缺材料", faults=[{"problem": "缺合同"}])
    late = builders.filed(2, contract_number="F-2")
    with session() as s:
        for task in s.exec(select(Task).where(Task.case_number == late)):
            task.due_at = clock.now() - timedelta(days=3)
            s.get_one(JournalEntry, task.entry_id).due_at = task.due_at
    return paid


@pytest.fixture
def city(server: Server) -> str:
    """The number of the paid claim of `a_city`."""
    return a_city()


def listed(client: Client, href: str) -> tuple[int, str]:
    """How many a list says it holds, and the list."""
    answer = client.get(unescape(href))
    assert answer.status_code == 200, (href, answer.status_code)
    found = re.search(r'class="s muted num">(\d+) 件', answer.text)
    assert found is not None, href
    return int(found[1]), answer.text


def book_of(client: Client, page: str) -> list[list[object]]:
    """The rows of the list's Excel file."""
    href = re.search(r'href="((?:/cases|/overview/answers)\.xlsx[^"]*)"', page)
    assert href is not None
    answer = client.get(unescape(href[1]))
    assert answer.status_code == 200
    return CalamineWorkbook.from_filelike(BytesIO(answer.content)).get_sheet_by_index(0).to_python()[1:]


def amounts(db: Db, numbers: list[str], href: str) -> set[str]:
    """What a figure in 万元 over these cases may say, by what its list holds."""
    with db() as s:
        chosen = s.exec(select(CaseRecord).where(CaseRecord.number.in_(numbers))).all()  # type: ignore[attr-defined]
        ids = {one.id for one in chosen}
        claims = [one for one in s.exec(select(Claim)) if one.case_id in ids]
        back = [
            entry.amount
            for entry, account in s.exec(
                select(LedgerEntry, LedgerAccount).where(LedgerEntry.account_id == LedgerAccount.id)
            )
            if account.kind == AccountKind.RECOVERY and entry.case_id in ids
        ]
    show = re.search(r"show=(\w+)", href)
    assert show is not None
    if show[1] == "recovered":
        sums = sum(back, Decimal(0))
    elif show[1] == "paid":
        sums = sum((one.paid or Decimal(0) for one in claims), Decimal(0))
    elif show[1] in ("approved", "reserved"):
        sums = sum((one.approved or Decimal(0) for one in claims), Decimal(0))
    else:
        sums = sum((one.amount for one in chosen), Decimal(0))
    return {f"{sums / 10_000:,.2f}"}


def test_a_number_without_a_link_is_seen() -> None:
    links = Links()
    links.feed(
        '<nav>8</nav><main><p>共 5 件</p><p>2026 年 11 月</p><span class="wd">余 3 日<i>1</i></span><svg><text>7</text></svg>'
        '<td><a href="/cases?show=open">6</a> 0</td><td>1.5 日</td></main>'
    )
    assert links.bare == ["共 5 件", "1.5 日"]
    assert [(one.href, one.words) for one in links.found] == [("/cases?show=open", "6")]


def test_every_figure_opens_a_list_of_its_size_which_goes_to_excel(server: Server, city: str, db: Db) -> None:
    client = server.client(MANAGER)
    with db() as s:
        record = by_number(s, city)
        assert record is not None
        bank = record.institution_id
    walked: dict[str, str] = {}
    bare: list[tuple[str, str]] = []
    for address in PAGES:
        answer = client.get(address.format(bank=bank))
        assert answer.status_code == 200, address
        links = Links()
        links.feed(answer.text)
        bare += [(address, words) for words in links.bare]
        for figure in links.found:
            if not figure.href.startswith(("/cases?", "/overview/answers?")):
                continue
            told = re.search(r"\d[\d,]*(?:\.\d+)?(?:%| 日)?", NO_FIGURE.sub("", figure.words))
            if told is None:
                continue  # a name, not a figure
            words = told[0]
            if walked.get(figure.href + words):
                continue
            walked[figure.href + words] = address
            total, page = listed(client, figure.href)
            rows = book_of(client, page) if total else []
            assert len(rows) == total, figure
            if words.endswith("%"):
                every, _ = listed(client, figure.href.replace("&kept=1", "").replace("&amp;kept=1", ""))
                assert "kept=1" in figure.href and words == f"{100 * total / every:.1f}%", (address, figure)
            elif words.endswith(" 日"):
                assert total, (address, figure)  # a median of what the list holds
            elif "." in words:
                assert words in amounts(db, [str(row[0]) for row in rows], figure.href), (address, figure)
            else:
                assert int(words.replace(",", "")) == total, (address, figure)
    assert not bare, f"figures without a list: {bare}"
    assert len(walked) > 60, "the walk found its figures"
    for part in ("late=1", "returned=1", "since=", "show=paid", "show=recovered", "show=overdue", "month=",
                 "kept=1", "due=ok", "due=late", "due=stop"):  # fmt: skip
        assert any(part in href for href in walked), part


def test_the_months_are_those_of_claims_vouchers_and_ledger_and_add_up_to_the_year(
    server: Server, city: str, db: Db
) -> None:
    with db() as s:
        year, *months = figures.flows(s, clock.today().year)
        claims = s.exec(select(Claim)).all()
        assert year.claimed == sum(one.requested for one in claims) == sum(m.claimed for m in months)
        assert year.approved == sum(one.approved or 0 for one in claims)
        assert year.paid == sum(one.paid or 0 for one in claims) > 0
        assert (year.returned, year.returned_cases) == (Decimal("70000.00"), 1)
        month = months[clock.today().month - 1]
        assert (month.paid, month.returned) == (year.paid, year.returned)
        money = figures.money(s, clock.today().year)
        assert (money.claimed, money.approved, money.paid, money.returned) == (
            year.claimed, year.approved, year.paid, year.returned,
        )  # fmt: skip
        for by in (figures.By.BOARD, figures.By.INSTITUTION, figures.By.TOWN, figures.By.INDUSTRY):
            parts = [figures.flows(s, clock.today().year, by, one.key)[0] for one in figures.groups(s, by, clock.today().year)]  # fmt: skip
            assert sum(one.claimed for one in parts) == year.claimed, by
            assert sum(one.returned for one in parts) == year.returned, by
            assert sum(one.paid for one in figures.groups(s, by, clock.today().year)) == year.paid, by


def test_the_gap_is_told_against_the_budget_and_against_every_cap(server: Server, city: str, db: Db) -> None:
    client = server.client(MANAGER)

    def told() -> str:
        page = client.get("/overview").text
        part = page[page.index("若待定申请全部核定") :]
        return " ".join(re.sub(r"<[^>]+>", " ", part[: part.index("</section>")]).split())

    assert "待定 2 件" in told() and "都够用" in told() and "缺" not in told()
    with db() as s:
        assert gap.over_caps(s) == ()
        claim = s.exec(
            select(Claim)
            .join(CaseRecord)
            .where(CaseRecord.board == Board.BANK, col(Claim.approved).is_(None))
        ).one()
        firm, year = s.get_one(Loan, claim.loan_id), s.get_one(Loan, claim.loan_id).disbursed_on.year
        claim.requested = Decimal("30000000.00")
        s.flush()
        budget = ledger.account(s, AccountKind.BUDGET, str(clock.today().year))
        cap = ledger.account(s, AccountKind.BANK_YEAR, f"{firm.institution_id}:{year}")
        one = ledger.account(s, AccountKind.ENTERPRISE, firm.uscc)
        assert budget is not None and cap is not None and one is not None
        room = bank_year_ceiling(s, firm.institution_id, year, rules(s).on(clock.today()))[0] - cap.used
        pending = figures.money(s, clock.today().year).pending
        expected = {
            f"缺 {(pending - budget.left) / 10_000:,.2f}",
            f"超 {(claim.requested - room) / 10_000:,.2f}",
            f"超 {(claim.requested - (Decimal(10_000_000) - one.used)) / 10_000:,.2f}",
        }
    words = told()
    assert {one for one in expected if one in words} == expected, (expected, words)
    page = client.get("/overview").text
    for label in (f"{year} 年度限额", "单家限额"):
        href = re.search(r'<dt><a href="([^"]+)">[^<]*' + label, page)
        assert href is not None and listed(client, href[1])[0] == 1
