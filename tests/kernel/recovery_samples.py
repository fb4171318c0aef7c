"""The paths of a recovery that are recorded (`record_samples`)."""

from collections.abc import Callable
from typing import Any

from api.demo import play, recoveries
from api.demo.play import do
from flows.actions.applications import withdrawing
from models import clock
from models.database import session
from models.gates import Outcome
from tests.kernel.stage import actor
from tests.recovery.paid import paid

FAULTS = [{"where": "到账凭证", "problem": "金额有误", "remedy": "更正金额"}]


def recovery(number: int, amount: str = "95000.00", **stated: Any) -> str:
    """A registered recovery of a claim that was paid; its number."""
    found = paid(number=number)
    with session() as s:
        receipts = [(clock.today(), amount)] if amount else []
        record = recoveries.register(s, found, receipts, **stated)
    play.run_due()
    return record.number


def recovery_returned() -> str:
    found = recovery(400, progress="法院已划扣。")
    do(found, "recovery_review", Outcome.RETURN, "请补正", faults=FAULTS)
    do(found, "correction")
    do(found, "recovery_review")
    do(found, "recovery_second_review", Outcome.SEND_BACK, "请核对费用", target="recovery_review")
    recoveries.review(found)
    recoveries.hand_in_slip(found)
    do(found, "return_confirmation", Outcome.RETURN, "未查到该笔款项")
    recoveries.hand_in_slip(found)
    recoveries.confirm(found)
    return found


def recovery_of_which_costs_took_all() -> str:
    found = recovery(410, "1000.00", costs={"律师代理费": "2000.00"})
    recoveries.review(found)
    return found


def recovery_refused() -> str:
    found = recovery(420)
    do(found, "recovery_review", Outcome.REFUSE, "凭证与回款不符")
    do(found, "recovery_second_review")
    return found


def recovery_progress_noted() -> str:
    found = recovery(430, "", progress="正在评估抵债设备。")
    do(found, "progress_note", Outcome.RETURN, "请补正", faults=FAULTS)
    do(found, "correction")
    do(found, "progress_note")
    return found


def recovery_withdrawn() -> str:
    found = recovery(440)
    with session() as s:
        withdrawing.withdraw(s, actor(s, "tanjunhao"), found, "登记有误")
    return found


SCRIPTS: tuple[Callable[[], str], ...] = (
    recovery_returned,
    recovery_of_which_costs_took_all,
    recovery_refused,
    recovery_progress_noted,
    recovery_withdrawn,
)
