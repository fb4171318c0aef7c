"""Every place where a case waits for a person: who answers, with which words, how long, by which clause.

Declared once. The queue, the permission, the notice, the deadline, the page and the diagram all read this.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from models.lifecycle import State
from models.roles import Party, Role


class Rule(StrEnum):
    """How many people answer one gate."""

    ONE = "one"  # one person out of those who hold the role
    ALL = "all"  # 会签: every seat must approve; one refusal or return decides
    ANY = "any"  # 或签: the first answer of any seat decides
    IN_ORDER = "in_order"  # 依次: seat after seat; one refusal or return decides
    VOTES = "votes"  # 票决: `needed` approvals carry it; it fails once they can no longer be reached


class Outcome(StrEnum):
    """What an answer means to the process, whatever words the gate uses for it."""

    APPROVE = "approve"
    RETURN = "return"  # 退回补正: to the applicant; the clock stops
    SEND_BACK = "send_back"  # 退回前序环节: approvals after that point become void
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Answer:
    """One possible answer: its label on the button and what happens next, said before the click."""

    outcome: Outcome
    label: str
    hint: str
    opinion_required: bool = False
    fields: tuple[str, ...] = ()  # extra facts the form must bring, e.g. "voucher_number"


@dataclass(frozen=True, slots=True)
class Gate:
    """A question put to people. `days` names the policy parameter that holds its working days."""

    state: State
    title: str
    question: str
    party: Party
    role: Role
    answers: tuple[Answer, ...]
    days: str
    clause: str
    rule: Rule = Rule.ONE
    needed: str | None = None  # VOTES: name of the policy parameter with the approvals needed
    send_back_to: tuple[State, ...] = ()
    duty: str = ""  # separation of duties: one person, one duty per case; empty = the gate itself
    batch: bool = False
    phrases: tuple[str, ...] = field(default=())

    @property
    def key(self) -> str:
        """The stable name of the gate in the journal, in tasks and in addresses."""
        return self.state.value

    @property
    def duty_key(self) -> str:
        """Two gates with different duty keys are never answered by one person in one case."""
        return self.duty or self.key

    @property
    def lists_faults(self) -> bool:
        """Whether a RETURN here is a 补正 with its list of faults; 市财政局 returns with a reason only."""
        return self.party is Party.MANAGING

    def answer(self, outcome: Outcome) -> Answer | None:
        """The declared answer for `outcome`, or None where this gate does not offer it."""
        return next((a for a in self.answers if a.outcome == outcome), None)


APPLICANT_DUTY = "applicant"

_RETURN = Answer(Outcome.RETURN, "退回补正", "一次列明全部问题；停钟，限申报机构 5 个工作日补正", True)


def _send_back(hint: str = "该环节之后的同意作废，仍留痕") -> Answer:
    return Answer(Outcome.SEND_BACK, "退回前序环节", hint, True, ("target",))


FILING_REVIEW = Gate(
    State.FILING_REVIEW,
    "经办审核",
    "这批贷款是否符合备案条件？",
    Party.MANAGING,
    Role.MANAGING_OFFICER,
    (
        Answer(Outcome.APPROVE, "审核通过，报送复核", "可剔除个别不符合条件的贷款并写明理由"),
        _RETURN,
        Answer(Outcome.REFUSE, "建议不予备案", "须写理由；仍须复核", True),
    ),
    days="filing_review_days",
    clause="四（二）",
    batch=True,
    phrases=(
        "资料齐全，符合备案条件。",
        "利率、期限、划型均在限定范围内。",
        "剔除不符合条件的贷款，其余通过。",
    ),
)


FILING_SECOND_REVIEW = Gate(
    State.FILING_SECOND_REVIEW,
    "备案复核",
    "是否同意经办审核结论，予以备案登记？",
    Party.MANAGING,
    Role.MANAGING_HEAD,
    (
        Answer(Outcome.APPROVE, "同意经办结论", "登记备案号，出具备案确认书或不予备案通知书"),
        _send_back("退回经办审核重新办理"),
    ),
    days="filing_second_review_days",
    clause="四（二）",
    send_back_to=(State.FILING_REVIEW,),
    batch=True,
    phrases=("同意。", "同意经办意见，予以备案。"),
)

ACCEPTANCE = Gate(
    State.ACCEPTANCE,
    "受理",
    "申请材料是否齐全、是否属于受理范围？",
    Party.MANAGING,
    Role.MANAGING_OFFICER,
    (
        Answer(Outcome.APPROVE, "予以受理", "出具受理通知书，转入测算与初审"),
        _RETURN,
        Answer(Outcome.REFUSE, "不予受理", "须写理由；出具不予受理通知书并结案", True),
    ),
    days="acceptance_days",
    clause="四（二）",
    phrases=("材料齐全，予以受理。", "缺少必备材料，请一次补齐。"),
)

CORRECTION = Gate(
    State.CORRECTION,
    "补正",
    "请按补正通知书一次补齐并重新提交。",
    Party.APPLICANT,
    Role.FILER,
    (Answer(Outcome.APPROVE, "重新提交", "提交后恢复计时，回到原审核环节"),),
    days="correction_days",
    clause="四（二）",
    duty=APPLICANT_DUTY,
)

FIRST_REVIEW = Gate(
    State.FIRST_REVIEW,
    "初审",
    "这笔损失是否属实、合规，应补多少？",
    Party.MANAGING,
    Role.MANAGING_OFFICER,
    (
        Answer(Outcome.APPROVE, "同意补偿，报送复核", "出具初审意见书，按测算金额建议补偿"),
        _RETURN,
        Answer(Outcome.REFUSE, "建议不予补偿", "须选条款、写理由；仍须逐级复核审批", True, ("clause",)),
    ),
    days="first_review_days",
    clause="四（二）",
    phrases=("资料齐全，损失属实。", "经核，符合备案及补偿条件。", "因限额不足核减。", "需说明贷款用途。"),
)

SECOND_REVIEW = Gate(
    State.SECOND_REVIEW,
    "复核",
    "是否同意初审意见？",
    Party.MANAGING,
    Role.MANAGING_HEAD,
    (
        Answer(Outcome.APPROVE, "同意初审意见", "报送市工业和信息化局审核"),
        _send_back("退回初审重新办理；原初审意见作废，仍留痕"),
    ),
    days="second_review_days",
    clause="四（二）",
    send_back_to=(State.FIRST_REVIEW,),
    phrases=("同意初审意见。", "数据核对一致。"),
)

OFFICE_REVIEW = Gate(
    State.OFFICE_REVIEW,
    "科室审核",
    "补偿依据与金额是否成立？",
    Party.BUREAU,
    Role.BUREAU_OFFICER,
    (
        Answer(Outcome.APPROVE, "同意，报分管领导", "可提请联席会议审议", fields=("to_meeting",)),
        _send_back(),
        Answer(Outcome.REFUSE, "建议不予补偿", "须写理由；报分管领导决定", True, ("clause",)),
    ),
    days="office_review_days",
    clause="四（二）",
    send_back_to=(State.FIRST_REVIEW, State.SECOND_REVIEW),
    phrases=("同意。", "依据充分，金额无误。", "利率凭证与合同日期不一致，请核。"),
)

LEADER_APPROVAL = Gate(
    State.LEADER_APPROVAL,
    "补偿审批",
    "是否批准按该金额补偿？",
    Party.BUREAU,
    Role.BUREAU_LEADER,
    (
        Answer(Outcome.APPROVE, "批准", "预留额度后公示；达到标准的先提交联席会议表决"),
        _send_back(),
        Answer(Outcome.REFUSE, "不予补偿", "须写理由；出具不予补偿通知书", True, ("clause",)),
    ),
    days="leader_approval_days",
    clause="四（二）",
    send_back_to=(State.FIRST_REVIEW, State.SECOND_REVIEW, State.OFFICE_REVIEW),
    phrases=("同意。公示后按程序办理。", "同意。"),
)

MEETING = Gate(
    State.MEETING,
    "联席会议表决",
    "是否同意按该金额补偿？",
    Party.MEETING,
    Role.MEETING_MEMBER,
    (
        Answer(Outcome.APPROVE, "赞成", "达到通过票数后形成纪要，转入公示"),
        Answer(Outcome.REFUSE, "反对", "须写理由；未达到通过票数则不予补偿", True),
    ),
    days="meeting_days",
    clause="四（一）",
    rule=Rule.VOTES,
    needed="meeting_votes_needed",
    phrases=("同意。",),
)

OBJECTION = Gate(
    State.OBJECTION,
    "异议处理",
    "公示期内收到的异议是否成立？",
    Party.BUREAU,
    Role.BUREAU_OFFICER,
    (
        Answer(Outcome.APPROVE, "异议不成立，继续公示", "出具异议处理意见，公示期接续计算", True),
        Answer(
            Outcome.SEND_BACK, "异议成立，退回初审", "释放预留额度，原审批作废，仍留痕", True, ("target",)
        ),
        Answer(Outcome.REFUSE, "异议成立，不予补偿", "释放预留额度，出具不予补偿通知书", True),
    ),
    days="objection_days",
    clause="四（二）",
    send_back_to=(State.FIRST_REVIEW,),
    duty="objection",
    phrases=("经核查，异议不成立。",),
)

FUND_REQUEST = Gate(
    State.FUND_REQUEST,
    "用款函更正",
    "请按市财政局意见更正用款函。",
    Party.BUREAU,
    Role.BUREAU_OFFICER,
    (Answer(Outcome.APPROVE, "重新出具用款函", "重新取号出具用款函，再送市财政局", True),),
    days="decision_days",
    clause="三（一）",
    duty="fund_request",
    phrases=("已按意见更正。",),
)

FINANCE_REVIEW = Gate(
    State.FINANCE_REVIEW,
    "资金审核",
    "是否同意在年度预算内安排拨付？",
    Party.FINANCE,
    Role.FINANCE_OFFICER,
    (
        Answer(Outcome.APPROVE, "同意拨付", "出具资金拨付通知书，转国库拨付"),
        Answer(Outcome.RETURN, "退回用款函", "写明原因，退市工信局更正用款函", True),
    ),
    days="finance_review_days",
    clause="三（一）",
    phrases=("同意拨付。", "预算科目有误，请更正。"),
)

PAYMENT = Gate(
    State.PAYMENT,
    "拨付确认",
    "款项是否已经拨出？请登记凭证。",
    Party.FINANCE,
    Role.FINANCE_TREASURER,
    (
        Answer(
            Outcome.APPROVE,
            "确认已拨付",
            "额度由预留转为已付，通知申报机构确认到账",
            fields=("voucher_number", "voucher_date"),
        ),
    ),
    days="payment_days",
    clause="三（一）",
    phrases=("已拨付。",),
)

RECEIPT = Gate(
    State.RECEIPT,
    "收款回执",
    "补偿资金是否已经到账？",
    Party.APPLICANT,
    Role.FILER,
    (
        Answer(
            Outcome.APPROVE,
            "确认到账",
            "出具收款确认回执，案件办结",
            fields=("received_on", "received_amount"),
        ),
    ),
    days="receipt_days",
    clause="三（一）",
    duty=APPLICANT_DUTY,
)

RECOVERY_REVIEW = Gate(
    State.RECOVERY_REVIEW,
    "追偿审核",
    "这笔回款和费用是否属实，应返还多少？",
    Party.MANAGING,
    Role.MANAGING_OFFICER,
    (
        Answer(Outcome.APPROVE, "认定回款，报送复核", "按测算的本次应返还额核定"),
        _RETURN,
        Answer(Outcome.REFUSE, "建议不予认定", "须写理由；仍须复核", True),
    ),
    days="recovery_review_days",
    clause="四（二）",
    phrases=("回款、费用凭证齐全，予以认定。", "费用凭证不全，请补齐。"),
)

RECOVERY_SECOND_REVIEW = Gate(
    State.RECOVERY_SECOND_REVIEW,
    "追偿复核",
    "是否同意追偿审核结论？",
    Party.MANAGING,
    Role.MANAGING_HEAD,
    (
        Answer(Outcome.APPROVE, "同意审核结论", "出具追偿返还通知书，通知申报机构返还"),
        _send_back("退回追偿审核重新办理"),
    ),
    days="recovery_second_review_days",
    clause="四（二）",
    send_back_to=(State.RECOVERY_REVIEW,),
    phrases=("同意。", "同意审核意见。"),
)

PROGRESS_NOTE = Gate(
    State.PROGRESS_NOTE,
    "进展核阅",
    "追偿进展是否清楚、措施是否得当？",
    Party.MANAGING,
    Role.MANAGING_OFFICER,
    (
        Answer(Outcome.APPROVE, "已阅，存档", "没有回款，不计算返还；案件办结"),
        _RETURN,
    ),
    days="progress_note_days",
    clause="四（二）",
    phrases=("已阅，请继续追偿。",),
)

RETURN_SLIP = Gate(
    State.RETURN_SLIP,
    "返还回单",
    "应返还的款项是否已经缴回？请登记回单。",
    Party.APPLICANT,
    Role.FILER,
    (
        Answer(
            Outcome.APPROVE,
            "提交返还回单",
            "市财政局核对到账后计入台账",
            fields=("returned_on", "returned_amount", "slip_number"),
        ),
    ),
    days="recovery_return_days",
    clause="四（二）",
    duty=APPLICANT_DUTY,
)

# Only the treasury sees what arrives in the treasury's account, and who worked out the amount does not confirm it.
RETURN_CONFIRMATION = Gate(
    State.RETURN_CONFIRMATION,
    "到账确认",
    "返还的款项是否已经到账，与通知书金额一致？",
    Party.FINANCE,
    Role.FINANCE_TREASURER,
    (
        Answer(
            Outcome.APPROVE,
            "确认已到账",
            "返还计入台账，恢复企业限额，案件办结",
            fields=("arrived_on",),
        ),
        Answer(Outcome.RETURN, "退回回单", "写明不符之处，退申报机构重新登记回单", True),
    ),
    days="return_confirmation_days",
    clause="三（一）",
    phrases=("已到账。", "未查到该笔款项，请核对回单。"),
)

FILING_GATES: tuple[Gate, ...] = (FILING_REVIEW, CORRECTION, FILING_SECOND_REVIEW)
CLAIM_GATES: tuple[Gate, ...] = (
    ACCEPTANCE,
    CORRECTION,
    FIRST_REVIEW,
    SECOND_REVIEW,
    OFFICE_REVIEW,
    LEADER_APPROVAL,
    MEETING,
    OBJECTION,
    FUND_REQUEST,
    FINANCE_REVIEW,
    PAYMENT,
    RECEIPT,
)
RECOVERY_GATES: tuple[Gate, ...] = (
    RECOVERY_REVIEW,
    CORRECTION,
    RECOVERY_SECOND_REVIEW,
    PROGRESS_NOTE,
    RETURN_SLIP,
    RETURN_CONFIRMATION,
)
GATES: dict[str, Gate] = {gate.key: gate for gate in (*FILING_GATES, *CLAIM_GATES, *RECOVERY_GATES)}
"""Gates by key. 补正 is one question in every process, so they share its declaration."""

DEMANDED: tuple[Gate, ...] = (CORRECTION, RECEIPT, RETURN_SLIP)
"""What the applicant is asked for after the submission."""

SIGNING: tuple[Answer, ...] = (
    Answer(Outcome.APPROVE, "同意", "签署意见后交回办理人"),
    Answer(Outcome.REFUSE, "不同意", "须写理由；交回办理人重新考虑，环节不因此终结", True),
)
"""加签: what an added signer may say. The one who answers the gate decides, knowing it."""
