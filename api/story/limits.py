"""Claims cut by each limit: a third story, played on a database of its own beside the others, without their doors.

One claim per way a figure can come about: the 80 % and 60 % tiers, the 20 % of the total loss, a firm's 1000万, a
bank's 2 %, the last of the budget; then the budget is used up, a claim waits for it, and goes on when it is raised.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy.engine import make_url

from api.demo import play
from api.runtime import postgres
from api.story.proof import Check
from flows.actions.rules.verifying import verify
from flows.documents.engine import plain_text
from models import clock, database
from models.database import session
from models.lifecycle import STATE_NAMES, Board, Process, State
from models.money import yuan
from models.policy.award import Award
from models.records import document, ledger
from models.records.attachment import Blob
from models.records.case import by_number
from models.records.claim import of_case as claim_of
from models.records.ledger import AccountKind
from models.records.loan import LoanState
from models.settings import get_settings

BUDGET, RAISED = "42300000.00", "5000000.00"
"""What the year has (元): 500,000 more than the claims before the last two take."""
LENDING = {"GYB": "1550000000.00", "DJB": "1151000000.00"}
"""What the banks lent in the year besides the claimed loans; 东江农商银行 comes to 1,200,000,000 (golden case B1)."""
GATES = ("acceptance", "first_review", "second_review", "office_review", "leader_approval")
VOTES = 3


@dataclass(frozen=True, slots=True)
class Cut:
    """One claim: its facts, and the figure and the deciding line that must come out (元)."""

    name: str
    board: Board
    applicant: str
    firm: int
    principal: str
    unpaid: str
    ratio: str
    pays: str
    over: str
    deciding: str
    facts: tuple[tuple[str, Any], ...] = ()


CUTS = (
    Cut("80%档", Board.BANK, "GYB", 1, "1000000.00", "1000000.00", "0.80", "800000.00", "0.00", "ratio"),
    Cut("60%档", Board.BANK, "GYB", 2, "25000000.00", "10000000.00", "0.60", "6000000.00", "0.00", "ratio"),
    Cut("单家企业1000万元", Board.BANK, "GYB", 3, "20000000.00", "20000000.00", "0.80", "10000000.00", "6000000.00",
        "enterprise.cap"),
    Cut("东江农商第一笔", Board.BANK, "DJB", 4, "1000000.00", "1000000.00", "0.80", "800000.00", "0.00", "ratio"),
    Cut("东江农商第二笔", Board.BANK, "DJB", 5, "20000000.00", "20000000.00", "0.80", "10000000.00", "6000000.00",
        "enterprise.cap"),
    Cut("东江农商第三笔", Board.BANK, "DJB", 6, "20000000.00", "11500000.00", "0.80", "9200000.00", "0.00", "ratio"),
    Cut("银行年度2%", Board.BANK, "DJB", 7, "8000000.00", "8000000.00", "0.80", "4000000.00", "2400000.00",
        "bank_year.cap"),
    Cut("总体损失20%", Board.GUARANTEE, "GHD", 8, "5000000.00", "5000000.00", "0.50", "1000000.00", "500000.00",
        "guarantee.total_cap",
        (("share_bank", 10), ("share_national", 20), ("share_provincial", 10), ("share_city", 60))),
)  # fmt: skip
LAST = Cut(
    "年度预算余额",
    Board.BANK,
    "GYB",
    9,
    "1000000.00",
    "1000000.00",
    "0.80",
    "500000.00",
    "300000.00",
    "budget",
)
WAITING = Cut(
    "待额度后全额", Board.BANK, "GYB", 10, "1000000.00", "1000000.00", "0.80", "800000.00", "0.00", "ratio"
)
LABELS = {
    "ratio": "按比例计算的补偿", "enterprise.cap": "单家企业补偿限额余额", "bank_year.cap": "银行年度补偿限额余额",
    "budget": "年度预算余额", "guarantee.total_cap": "总体损失的20%上限",
}  # fmt: skip


def tell(database_url: str) -> tuple[list[dict[str, Any]], list[Check]]:
    """Play and prove on a database beside `database_url`: what each claim came to with its lines, and the checks."""
    with _own_database(database_url):
        with session() as s:
            play.seed(s, BUDGET)
        for number, (bank, lent) in enumerate(LENDING.items(), start=90):
            _lend(bank, lent, number)
        told = [(cut, _approved(cut)) for cut in (*CUTS, LAST)]
        checks: list[Check] = []
        stories = [_proved(cut, number, checks) for cut, number in told]
        waited = _claimed(WAITING)
        play.do(waited, "acceptance")
        checks.append(_check("预算用尽时", play.state_of(waited) == State.AWAITING_ROOM, _stands(waited)))
        with session() as s:
            play.give_budget(s, RAISED, "东财〔2026〕66号（示例）")
        play.run_due()
        checks.append(
            _check("追加预算后自动继续", play.state_of(waited) == State.FIRST_REVIEW, _stands(waited))
        )
        _approve(waited, GATES[1:])
        stories.append(_proved(WAITING, waited, checks))
        checks += _sums()
    return stories, checks


@contextmanager
def _own_database(beside: str) -> Iterator[None]:
    """A migrated database on the same server; afterwards everything points where it did."""
    before = os.environ.get("DATABASE_URL")
    url = make_url(beside)
    own = url.set(database=f"{url.database}_limits").render_as_string(hide_password=False)
    postgres.ensure_database(own)
    database.run_migrations(own)
    offset = clock.offset()
    os.environ["DATABASE_URL"] = own
    get_settings.cache_clear()
    try:
        yield
    finally:
        database.engine().dispose()
        os.environ["DATABASE_URL"] = before or beside
        get_settings.cache_clear()
        clock.set_offset(offset)


def _lend(bank: str, amount: str, number: int) -> None:
    """Registered loans that make up a bank's lending of the year."""
    with session() as s:
        record = play.a_case(s, Process.FILING, Board.BANK, bank, amount, "1笔贷款")
        loan = play.a_loan(s, record, number, principal=Decimal(amount))
        loan.state, loan.filing_number, loan.registered_at = LoanState.REGISTERED, record.number, clock.now()
        record.state, record.closed_at, record.wake_at = State.REGISTERED, clock.now(), None


def _claimed(cut: Cut) -> str:
    ratio = Decimal(cut.ratio)
    asked = (Decimal(cut.unpaid) * ratio).quantize(Decimal("0.01"))
    with session() as s:
        made = play.a_claim(
            s, cut.board, cut.applicant, cut.unpaid, str(asked), number=cut.firm,
            principal=Decimal(cut.principal), **dict(cut.facts),
        )  # fmt: skip
        number = made.number
    play.run_due()
    return number


def _approved(cut: Cut) -> str:
    number = _claimed(cut)
    _approve(number, GATES)
    return number


def _approve(number: str, gates: tuple[str, ...]) -> None:
    for gate in gates:
        play.do(number, gate)
    if play.state_of(number) == State.MEETING:
        for _ in range(VOTES):
            play.do(number, "meeting")


def _proved(cut: Cut, number: str, checks: list[Check]) -> dict[str, Any]:
    """The claim's figure, deciding line, document and entries against what must come out."""
    with session() as s:
        record = by_number(s, number)
        if record is None:
            raise LookupError(number)
        claimed = claim_of(s, record.id or 0)
        award = Award.model_validate({name: (claimed.award or {})[name] for name in Award.model_fields})
        moved = ledger.entries_of_case(s, record.id or 0)
        paper = next((d for d in document.of_case(s, record.id or 0) if d.code == "D17"), None)
        text = plain_text(s.get_one(Blob, paper.sha256).data) if paper else ""
    deciding = next(line for line in award.lines if line.code == award.deciding)
    said = f"{deciding.label}〔{deciding.clause}〕{deciding.formula}＝{deciding.text}"
    checks += [
        _check(
            f"{cut.name}：核定金额",
            str(claimed.approved) == cut.pays,
            f"{yuan(claimed.approved or ledger.ZERO)} 元",
        ),
        _check(f"{cut.name}：起作用的一行", award.deciding == cut.deciding, said),
        _check(f"{cut.name}：这一行的名称", deciding.label == LABELS[cut.deciding], deciding.label),
        _check(f"{cut.name}：补偿比例", award.rate == Decimal(cut.ratio), f"{award.rate:f}"),
        _check(
            f"{cut.name}：超限未补偿", award.over_limit == Decimal(cut.over), f"{yuan(award.over_limit)} 元"
        ),
        _check(
            f"{cut.name}：审核底稿写明这一行", deciding.label in text and yuan(award.payable) in text, "D17"
        ),
        _check(
            f"{cut.name}：逐项限额预留",
            {str(e.amount) for e, _ in moved} == {cut.pays}
            and len(moved) == (3 if cut.board == Board.BANK else 1),
            "、".join(account.label for _, account in moved),
        ),
        _check(f"{cut.name}：已公示", play.state_of(number) == State.PUBLIC_NOTICE, _stands(number)),
    ]
    return {
        "name": cut.name,
        "number": number,
        "state": State(record.state).value,
        "approved": str(claimed.approved),
        "deciding": award.deciding,
        "over_limit": str(award.over_limit),
        "lines": [
            {"no": line.no, "label": line.label, "formula": line.formula, "clause": line.clause,
             "value": line.text, "binding": line.binding, "inputs": [i.model_dump() for i in line.inputs]}
            for line in award.lines
        ],
    }  # fmt: skip


def _sums() -> list[Check]:
    """No limit is passed, and the ledger agrees with its entries and cases."""
    with session() as s:
        budget = ledger.account(s, AccountKind.BUDGET, str(clock.today().year))
        banks = ledger.accounts(s, AccountKind.BANK_YEAR)
    with session() as s:
        found = verify(s)
    full = [account.label for account in banks if not account.left]
    differences = "；".join(one.sentence for one in found.differences)
    return [
        _check("预算余额", budget is not None and budget.left == Decimal("4200000.00"), yuan(budget.left) if budget else "—"),
        _check("东江农商银行年度限额正好用完", len(full) == 1, "、".join(full)),
        _check("台账复算", not found.differences, differences or f"{found.entries} 笔明细全部相符"),
    ]  # fmt: skip


def _check(name: str, ok: bool, detail: str) -> Check:
    return Check(f"限额：{name}", ok, detail)


def _stands(number: str) -> str:
    return f"{number} {STATE_NAMES[play.state_of(number)]}"
