"""What follows from each answer, said before the click: the letters, what happens to the case, who is next."""

from collections.abc import Sequence
from datetime import date

from api.pages.render import sentence_day
from api.pages.views import Tone
from flows.documents.engine import DOCUMENTS
from models import clock
from models.calendar import WorkingCalendar
from models.gates import (
    ACCEPTANCE,
    CORRECTION,
    FILING_REVIEW,
    FILING_SECOND_REVIEW,
    FINANCE_REVIEW,
    FIRST_REVIEW,
    FUND_REQUEST,
    LEADER_APPROVAL,
    MEETING,
    OBJECTION,
    OFFICE_REVIEW,
    PAYMENT,
    PROGRESS_NOTE,
    RECEIPT,
    RECOVERY_REVIEW,
    RECOVERY_SECOND_REVIEW,
    RETURN_CONFIRMATION,
    RETURN_SLIP,
    SECOND_REVIEW,
    Gate,
    Outcome,
)
from models.policy import deadlines
from models.policy.parameters import Parameters
from models.roles import PARTY_NAMES

Follows = tuple[Gate | None, tuple[str, ...]]
"""The gate that comes next (None: none, or not a gate), and what happens besides the letters."""

APPROVED: dict[str, Follows] = {
    FILING_REVIEW.key: (FILING_SECOND_REVIEW, ("剔除的贷款连同理由一并报送",)),
    ACCEPTANCE.key: (FIRST_REVIEW, ("通知申报机构", "按放款日适用的参数测算补偿金额")),
    FIRST_REVIEW.key: (SECOND_REVIEW, ("额度此时不占用，审批同意后预留",)),
    SECOND_REVIEW.key: (OFFICE_REVIEW, ()),
    OFFICE_REVIEW.key: (LEADER_APPROVAL, ()),
    OBJECTION.key: (None, ("公示按剩余的工作日继续，期满无异议作出决定",)),
    FUND_REQUEST.key: (FINANCE_REVIEW, ("原用款函由新函替代",)),
    FINANCE_REVIEW.key: (PAYMENT, ()),
    PAYMENT.key: (RECEIPT, ("额度由预留转为已付，凭证入账", "通知申报机构拨付金额与凭证号")),
    CORRECTION.key: (None, ("恢复计时，回到原审核环节",)),
    RECEIPT.key: (None, ("补偿资金到账入账，案件办结",)),
    RECOVERY_REVIEW.key: (RECOVERY_SECOND_REVIEW, ("此时不通知申报机构",)),
    PROGRESS_NOTE.key: (None, ("通知申报机构，案件办结；没有回款，不计算返还",)),
    RETURN_SLIP.key: (RETURN_CONFIRMATION, ("到账确认后计入台账",)),
    RETURN_CONFIRMATION.key: (None, ("返还计入台账，恢复单家企业限额", "通知申报机构，案件办结")),
}
REFUSED: dict[str, Follows] = {
    FILING_REVIEW.key: (FILING_SECOND_REVIEW, ("此时不通知申报机构",)),
    RECOVERY_REVIEW.key: (RECOVERY_SECOND_REVIEW, ("此时不通知申报机构；仍须复核",)),
    ACCEPTANCE.key: (None, ("通知申报机构，案件办结；材料齐备后可以重新申请",)),
    FIRST_REVIEW.key: (SECOND_REVIEW, ("此时不通知申报机构；最终由市工信局决定",)),
    OFFICE_REVIEW.key: (LEADER_APPROVAL, ("此时不通知申报机构；由分管领导决定",)),
    LEADER_APPROVAL.key: (None, ("通知申报机构，案件办结",)),
    OBJECTION.key: (None, ("释放预留额度", "通知申报机构，案件办结")),
}
WITH_A_REASON: dict[str, Follows] = {
    FINANCE_REVIEW.key: (FUND_REQUEST, ("额度仍为预留",)),
    RETURN_CONFIRMATION.key: (None, ("退申报机构核对后重新登记回单", "返还期限不顺延，台账不记")),
}
"""What 市财政局 returns is no 补正: a reason, and no clock that stops."""
ANNOUNCED = (
    "预留额度；余额不足的，自动退回初审按现有余额重新测算",
    "公示 {public} 工作日，期满无异议作出决定，送市财政局",
)
CLOSED_AGAINST = ("通知申报机构，案件办结",)


def steps(
    gate: Gate, outcome: Outcome, letters: Sequence[str], days: WorkingCalendar, left: str, rules: Parameters
) -> tuple[str, ...]:
    """The consequences of an answer. `letters` are the codes it has written, `left` the clock's words (余 1 工作日)."""
    today = clock.today()
    following, words = _follows(gate, outcome, letters, days, left, rules)
    public = deadlines.working_days("public_notice_days", today, rules)
    said = [_letter(code) for code in letters] + [word.format(public=public) for word in words]
    if following is not None:
        within = _within(following, days, today, rules)
        said.append(f"转{PARTY_NAMES[following.party]}“{following.title}”，{within}")
    return tuple(said)


def _follows(
    gate: Gate, outcome: Outcome, letters: Sequence[str], days: WorkingCalendar, left: str, rules: Parameters
) -> Follows:
    if outcome is Outcome.RETURN:
        within = _within(CORRECTION, days, clock.today(), rules)
        stops = (f"{gate.title}时限停钟，{left}", f"申报机构{within}补正，逾期不自动退件")
        return WITH_A_REASON.get(gate.key, (None, ("经门户、邮件、接口送达", *stops)))
    if outcome is Outcome.SEND_BACK:
        freed = ("公示中止，释放预留额度",) if gate is OBJECTION else ()
        back = "退回到所选环节，由该环节原岗位重新办理"
        return None, (*freed, back, "该环节之后的同意作废，仍留痕", "此时不通知申报机构")
    if gate in (FILING_SECOND_REVIEW, RECOVERY_SECOND_REVIEW):
        return None, _after_a_second_review(gate, letters)
    if gate is LEADER_APPROVAL and outcome is Outcome.APPROVE:
        return _after_the_leader(letters)
    if gate is MEETING:
        return None, _after_a_vote(letters)
    return (REFUSED if outcome is Outcome.REFUSE else APPROVED)[gate.key]


def _after_the_leader(letters: Sequence[str]) -> Follows:
    if "D24" in letters:
        return None, ("前序已建议不予补偿或测算金额为零，批准即按不予补偿办理", *CLOSED_AGAINST)
    return (None, ANNOUNCED) if "D21" in letters else (MEETING, ("达到联席会议审议标准",))


def _after_a_second_review(gate: Gate, letters: Sequence[str]) -> tuple[str, ...]:
    if gate is FILING_SECOND_REVIEW:
        registered = ("登记备案号",) if "D09" in letters else ("全部贷款不予备案",)
        return (*registered, "通知申报机构，案件办结")
    if "D29" not in letters:
        return ("审核建议不予认定，同意即按不予认定办理", *CLOSED_AGAINST)
    return ("通知申报机构按期返还；应返还为零的，案件办结", "此后申报机构不能撤回")


def _after_a_vote(letters: Sequence[str]) -> tuple[str, ...]:
    if not letters:
        return ("其余席位继续表决", "达到通过票数即形成纪要并公示；无法再达到的，表决不通过，不予补偿")
    return ("表决通过", *ANNOUNCED) if "D21" in letters else ("表决不通过", *CLOSED_AGAINST)


def _letter(code: str) -> str:
    kind = DOCUMENTS[code]
    return f"生成《{kind.title}》" + ("并取得文号" if kind.numbered else "")


def tone(outcome: Outcome) -> Tone:
    """The colour of the consequences: 停钟 violet, 不予 red."""
    tones: dict[Outcome, Tone] = {Outcome.RETURN: "stop", Outcome.REFUSE: "late", Outcome.SEND_BACK: "soon"}
    return tones.get(outcome, "act")


def _within(gate: Gate, days: WorkingCalendar, today: date, rules: Parameters) -> str:
    count = deadlines.working_days(gate.days, today, rules)
    due = days.add_working_days(today, count)
    return f"{count} 工作日，{sentence_day(due.day)}前" + ("（暂定）" if due.provisional else "")
