"""What follows from each answer, said before the click."""

from datetime import date

from api.pages.render import sentence_day
from api.pages.views import Tone
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
    PARTY_NAMES,
    PAYMENT,
    RECEIPT,
    SECOND_REVIEW,
    Gate,
    Outcome,
)
from models.policy import deadlines
from models.policy.parameters import Parameters

FOLLOWS: dict[str, tuple[Gate | None, tuple[str, ...]]] = {
    FILING_REVIEW.key: (FILING_SECOND_REVIEW, ("剔除的贷款连同理由一并报送",)),
    FILING_SECOND_REVIEW.key: (
        None,
        ("登记备案号，出具《备案确认书》并取得文号", "有剔除的，另出具《不予备案通知书》", "通知申报机构，案件办结"),
    ),
    ACCEPTANCE.key: (FIRST_REVIEW, ("出具《受理通知书》并取得文号，通知申报机构", "按放款日适用的参数测算补偿金额")),
    FIRST_REVIEW.key: (SECOND_REVIEW, ("生成《审核工作底稿》《初审意见书》并取得文号", "额度此时不占用，审批同意后预留")),
    SECOND_REVIEW.key: (OFFICE_REVIEW, ()),
    OFFICE_REVIEW.key: (LEADER_APPROVAL, ("生成《补偿审批表》",)),
    LEADER_APPROVAL.key: (None, ("达到标准的先提交联席会议表决", "预留额度，生成公示并公示 {public} 工作日", "公示期满作出决定，送市财政局")),
    MEETING.key: (None, ("其余席位继续表决", "达到通过票数后形成纪要，预留额度并公示")),
    OBJECTION.key: (None, ("出具《异议处理意见》并取得文号", "公示期接续计算")),
    FUND_REQUEST.key: (FINANCE_REVIEW, ("重新出具用款函并取得新文号",)),
    FINANCE_REVIEW.key: (PAYMENT, ("出具《资金拨付通知书》并取得文号",)),
    PAYMENT.key: (RECEIPT, ("额度由预留转为已付，凭证入账", "通知申报机构拨付金额与凭证号")),
}  # fmt: skip
REFUSED: dict[str, tuple[Gate | None, tuple[str, ...]]] = {
    FILING_REVIEW.key: (FILING_SECOND_REVIEW, ("此时不通知申报机构",)),
    ACCEPTANCE.key: (None, ("出具《不予受理通知书》并取得文号，通知申报机构", "案件办结；材料齐备后可以重新申请")),
    FIRST_REVIEW.key: (SECOND_REVIEW, ("生成《初审意见书》（不予补偿）并取得文号", "此时不通知申报机构；最终由市工信局决定")),
    OFFICE_REVIEW.key: (LEADER_APPROVAL, ("此时不通知申报机构",)),
    LEADER_APPROVAL.key: (None, ("出具《不予（部分）补偿通知书》并取得文号", "通知申报机构，案件办结")),
    MEETING.key: (None, ("无法再达到通过票数时，表决不通过", "表决不通过即出具《不予（部分）补偿通知书》并办结")),
    OBJECTION.key: (None, ("释放预留额度", "出具《不予（部分）补偿通知书》并取得文号，案件办结")),
}  # fmt: skip


def steps(
    gate: Gate, outcome: Outcome, days: WorkingCalendar, left: str, rules: Parameters | None = None
) -> tuple[str, ...]:
    """The consequences of an answer. `left` is the clock's words at this gate (余 1 工作日)."""
    today = clock.today()
    if outcome is Outcome.RETURN and gate is FINANCE_REVIEW:
        return (f"退市工信局更正用款函，{_within(FUND_REQUEST, days, today, rules)}", "额度仍为预留")
    if outcome is Outcome.RETURN:
        return (
            "出具《材料补正通知书》，经门户、邮件、接口送达",
            f"{gate.title}时限停钟，{left}",
            f"申报机构{_within(CORRECTION, days, today, rules)}补正，逾期不自动退件",
        )
    if outcome is Outcome.SEND_BACK:
        return (
            "退回到所选环节，由该环节原岗位重新办理",
            "该环节之后的同意作废，仍留痕",
            "此时不通知申报机构",
        )
    gate_after, words = (REFUSED if outcome is Outcome.REFUSE else FOLLOWS).get(gate.key, (None, ()))
    public = deadlines.working_days("public_notice_days", today, rules)
    words = tuple(word.format(public=public) for word in words)
    if gate_after is None:
        return words
    return (
        *words,
        f"转{PARTY_NAMES[gate_after.party]}“{gate_after.title}”，{_within(gate_after, days, today, rules)}",
    )


def tone(outcome: Outcome) -> Tone:
    """The colour of the consequences: 停钟 violet, 不予 red."""
    tones: dict[Outcome, Tone] = {Outcome.RETURN: "stop", Outcome.REFUSE: "late", Outcome.SEND_BACK: "soon"}
    return tones.get(outcome, "act")


def _within(gate: Gate, days: WorkingCalendar, today: date, rules: Parameters | None) -> str:
    count = deadlines.working_days(gate.days, today, rules)
    due = days.add_working_days(today, count)
    return f"{count} 工作日，{sentence_day(due.day)}前" + ("（暂定）" if due.provisional else "")
