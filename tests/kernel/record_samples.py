"""Record the samples anew: plays invented cases on a database of its own and writes their journals.

python -m tests.kernel.record_samples
"""

import json
import os
import tempfile
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from api.demo import play
from api.demo.play import do
from api.runtime import postgres
from flows.actions.applications import withdrawing
from flows.actions.cases import recalculating
from models import clock, database
from models.database import session
from models.gates import Outcome
from models.lifecycle import Board, Process
from models.records import ledger
from models.records.case import journal_of
from models.records.claim import of_case as claim_of
from models.records.ledger import AccountKind
from models.records.loan import Loan, LoanState
from models.records.loan import of_case as loans_of
from models.settings import get_settings
from tests.kernel import recovery_samples
from tests.kernel.replay import SAMPLES
from tests.kernel.stage import MONDAY, actor, case_of, object_to

FAULTS = [{"where": "申请表", "problem": "金额有误", "remedy": "更正金额"}]
WHOLE = "1000000.00"


def filing(number: int, loans: int = 1) -> str:
    """A submitted filing; its number."""
    with session() as s:
        record = play.a_case(s, Process.FILING, Board.GUARANTEE, "GHD", "5000000.00", f"{loans} 笔贷款")
        for item in range(1, loans + 1):
            play.a_loan(s, record, number + item, item=item)
    play.run_due()
    return record.number


def claim(number: int, requested: str = WHOLE, *gates: str) -> str:
    """A submitted claim that passed these gates; its number."""
    with session() as s:
        found = play.a_claim(s, Board.GUARANTEE, "GHD", "5000000.00", requested, number=number).number
    play.run_due()
    approve(found, *gates)
    return found


def approve(number: str, *gates: str) -> None:
    """Approve gate after gate."""
    for gate in gates:
        do(number, gate)


def withdraw(number: str) -> None:
    """The applicant takes the case back."""
    with session() as s:
        withdrawing.withdraw(s, actor(s, "tanjunhao"), number, "企业已还款")


def after_notice(number: str, amount: str) -> None:
    """公示 is over: money request, payment, receipt."""
    with clock.at(MONDAY + timedelta(days=14)):
        play.run_due()
        approve(number, "finance_review")
        do(number, "payment", voucher_number="PZ-2026-1", voucher_date="2026-10-26")
        do(number, "receipt", received_on="2026-10-26", received_amount=amount)


REVIEWS = ("first_review", "second_review", "office_review")
TO_NOTICE = (*REVIEWS, "leader_approval")
TO_NOTICE_ALL = ("acceptance", *TO_NOTICE)


def filing_registered() -> str:
    found = filing(100)
    approve(found, "filing_review", "filing_second_review")
    return found


def filing_returned_then_one_loan_excluded() -> str:
    found = filing(110, 2)
    do(found, "filing_review", Outcome.RETURN, "请补正", faults=FAULTS)
    do(found, "correction")
    with session() as s:
        out = loans_of(s, case_of(s, found).id or 0)[1].id
    do(found, "filing_review", excluded={str(out): "利率超出限定"})
    approve(found, "filing_second_review")
    return found


def filing_sent_back_then_refused() -> str:
    found = filing(120)
    approve(found, "filing_review")
    do(found, "filing_second_review", Outcome.SEND_BACK, "请核对利率", target="filing_review")
    do(found, "filing_review", Outcome.REFUSE, "不符合备案条件")
    approve(found, "filing_second_review")
    return found


def filing_withdrawn() -> str:
    found = filing(130)
    withdraw(found)
    return found


def claim_paid() -> str:
    found = claim(200, WHOLE, *TO_NOTICE_ALL)
    after_notice(found, WHOLE)
    return found


def claim_returned_then_not_accepted() -> str:
    found = claim(210)
    do(found, "acceptance", Outcome.RETURN, "请补正", faults=FAULTS)
    do(found, "correction")
    do(found, "acceptance", Outcome.REFUSE, "不属于受理范围")
    return found


def claim_meeting_objection_without_ground_and_letter_returned() -> str:
    found = claim(220, WHOLE, "acceptance")
    do(found, "first_review", Outcome.RETURN, "请补正", faults=FAULTS)
    do(found, "correction")
    approve(found, "first_review", "second_review")
    do(found, "office_review", to_meeting=True)
    approve(found, "leader_approval", "meeting", "meeting", "meeting")
    object_to(found)
    do(found, "objection", opinion="经核查，异议不成立。")
    with clock.at(MONDAY + timedelta(days=14)):
        play.run_due()
        do(found, "finance_review", Outcome.RETURN, "预算科目有误")
        do(found, "fund_request")
    after_notice(found, WHOLE)
    return found


def claim_refused_by_the_meeting() -> str:
    found = claim(230, WHOLE, "acceptance", "first_review", "second_review")
    do(found, "office_review", to_meeting=True)
    approve(found, "leader_approval")
    for _ in range(3):
        do(found, "meeting", Outcome.REFUSE, "依据不足")
    return found


def claim_refused_by_the_leader() -> str:
    found = claim(240, WHOLE, "acceptance", *REVIEWS)
    do(found, "leader_approval", Outcome.REFUSE, "不符合补偿条件", clause="四（二）")
    return found


def claim_sent_back_by_a_limit_then_paid_in_part() -> str:
    found = claim(250, WHOLE, "acceptance", *REVIEWS)
    left = _leave(Decimal("400000.00"))
    do(found, "leader_approval")
    with session() as s:
        recalculating.recalculate(s, actor(s, "mozhaohui"), found, "年内不再追加预算")
    play.run_due()
    approve(found, *TO_NOTICE)
    _leave(left)
    after_notice(found, "400000.00")
    return found


def claim_waited_for_budget_before_and_after_review() -> str:
    left = _leave(Decimal("0.00"))
    found = claim(290, WHOLE, "acceptance")
    _raise(WHOLE)
    approve(found, *REVIEWS)
    _leave(Decimal("400000.00"))
    do(found, "leader_approval")
    _raise("600000.00")
    withdraw(found)
    _leave(left)
    return found


def claim_of_which_nothing_is_payable() -> str:
    """A bank that lent nothing else has no room in its 2 %."""
    with session() as s:
        found = play.a_claim(s, Board.BANK, "GYB", "100.00", "80.00", number=300)
        loan = s.get_one(Loan, claim_of(s, found.id or 0).loan_id)
        loan.state = LoanState.WITHDRAWN
    play.run_due()
    approve(found.number, *TO_NOTICE_ALL)
    return found.number


def claim_sent_back_by_an_objection_then_refused_by_another() -> str:
    found = claim(260, WHOLE, *TO_NOTICE_ALL)
    object_to(found)
    do(found, "objection", Outcome.SEND_BACK, "异议成立", target="first_review")
    approve(found, *TO_NOTICE)
    object_to(found)
    do(found, "objection", Outcome.REFUSE, "异议成立")
    return found


def claim_sent_back_gate_by_gate() -> str:
    found = claim(270, WHOLE, "acceptance", "first_review")
    do(found, "second_review", Outcome.SEND_BACK, "请核对利率", target="first_review")
    approve(found, "first_review", "second_review")
    do(found, "office_review", Outcome.SEND_BACK, "请核对凭证", target="second_review")
    approve(found, "second_review", "office_review")
    do(found, "leader_approval", Outcome.SEND_BACK, "请说明用途", target="first_review")
    approve(found, *TO_NOTICE)
    after_notice(found, WHOLE)
    return found


def claim_withdrawn_during_public_notice() -> str:
    found = claim(280, WHOLE, *TO_NOTICE_ALL)
    withdraw(found)
    return found


def _leave(left: Decimal) -> Decimal:
    """Let the year's budget have this much left; what it had before."""
    with session() as s:
        year = str(clock.today().year)
        budget = ledger.opened(s, AccountKind.BUDGET, year, year)
        before = budget.left
        ledger.keep_ceiling(s, budget, budget.used + left, "示例")
    return before


def _raise(amount: str) -> None:
    """The budget is raised by resolution; who waited goes on."""
    with session() as s:
        play.give_budget(s, amount, f"东财〔2026〕{amount}号（示例）")
    play.run_due()


SCRIPTS: tuple[Callable[[], str], ...] = (
    filing_registered,
    filing_returned_then_one_loan_excluded,
    filing_sent_back_then_refused,
    filing_withdrawn,
    claim_paid,
    claim_returned_then_not_accepted,
    claim_meeting_objection_without_ground_and_letter_returned,
    claim_refused_by_the_meeting,
    claim_refused_by_the_leader,
    claim_sent_back_by_a_limit_then_paid_in_part,
    claim_waited_for_budget_before_and_after_review,
    claim_of_which_nothing_is_payable,
    claim_sent_back_by_an_objection_then_refused_by_another,
    claim_sent_back_gate_by_gate,
    claim_withdrawn_during_public_notice,
    *recovery_samples.SCRIPTS,
)


def recorded(number: str) -> dict[str, Any]:
    """A case as a sample."""
    with session() as s:
        record = case_of(s, number)
        journal = journal_of(s, record.id or 0)
    places = {entry.id: place for place, entry in enumerate(journal)}
    entries: list[dict[str, Any]] = []
    for entry in journal:
        kept = {"key": entry.key, "kind": entry.kind.value, "result": entry.result}
        if entry.voided_by is not None:
            kept["void_after"] = places[entry.voided_by]
        entries.append(kept)
    assert record.closed_at is not None, f"{number} stands at {record.state}"
    return {
        "process": record.process.value,
        "version": record.process_version,
        "ends": record.state.value,
        "journal": entries,
    }


def write(name: str, sample: dict[str, Any]) -> None:
    """One line an entry, so that a change can be read."""
    head = {key: value for key, value in sample.items() if key != "journal"}
    lines = ",\n".join("  " + json.dumps(entry, ensure_ascii=False) for entry in sample["journal"])
    text = json.dumps(head, ensure_ascii=False)[:-1] + ', "journal": [\n' + lines + "\n]}\n"
    (SAMPLES / f"{name}.json").write_text(text, encoding="utf-8")


def main() -> None:
    """Play every script and write what its case leaves behind."""
    with tempfile.TemporaryDirectory(prefix="fengbu-samples-") as home:
        running = postgres.start(Path(home), {"fsync": "off"})
        try:
            os.environ["DATABASE_URL"] = running.url_for(postgres.APP_DATABASE)
            get_settings.cache_clear()
            database.run_migrations(os.environ["DATABASE_URL"])
            with clock.at(MONDAY):
                with session() as s:
                    play.seed(s)
                for script in SCRIPTS:
                    sample = recorded(script())
                    name = script.__name__.replace("_", "-")
                    write(f"{name.partition('-')[0]}-{sample['version']}-{name.partition('-')[2]}", sample)
        finally:
            database.engine().dispose()
            running.stop()


if __name__ == "__main__":
    main()
