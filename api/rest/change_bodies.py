"""What is sent to register a change or an anomaly of a loan, and to decide it."""

from enum import StrEnum
from uuid import UUID

from pydantic import Field, StrictStr

from api.rest.samples import LOAN
from api.rest.wire import Body, wire
from flows.actions.forms import change_forms
from flows.actions.forms.application_forms import GuaranteeLoanForm
from flows.actions.loans.replying import MOST_FILES

WHY = {"reason": "企业资金周转需要。", "document": "展期协议 ZQ-2026-01"}

ExtensionIn = wire(
    "ExtensionIn",
    change_forms.ExtensionForm,
    WHY | {"on": "2026-11-20", "new_due_on": "2027-09-11"},
    "展期（续备案）。",
)
PrepaymentIn = wire(
    "PrepaymentIn",
    change_forms.PrepaymentForm,
    WHY | {"on": "2026-11-20", "repaid": "1000000.00"},
    "提前归还本金，元。",
)
RepresentativeIn = wire(
    "RepresentativeIn",
    change_forms.RepresentativeForm,
    {
        "reason": "原法定代表人离任。", "document": "登记通知书（粤莞）登字〔2026〕第1号", "on": "2026-11-20",
        "former": "陈示例", "successor": "李示例",
    },
    "借款企业的法定代表人变更。",
)  # fmt: skip
AnomalyIn = wire(
    "AnomalyIn",
    change_forms.AnomalyForm,
    {
        "anomaly": "interest",
        "on": "2026-11-20",
        "unpaid": "7500000.00",
        "reason": "11月应付利息未支付，系下游客户拖欠货款。",
        "measures": "已上门走访并书面催收。",
        "document": "催收通知书",
    },
    "入库项目异常情况；金额为元。",
)
WarningIn = wire(
    "WarningIn",
    change_forms.WarningForm,
    {"standard": "利息按期支付", "request": "落实还款来源，提前制定处置和追偿方案。"},
    "风险提示函的内容。",
)
CorrectedIn = wire(
    "CorrectedIn",
    GuaranteeLoanForm,
    {name: LOAN[name] for name in ("contract_number", "due_on")},
    "只写要更正的各项；统一社会信用代码不能更正，借款人不同的贷款请另行备案。",
    optional=True,
    without=change_forms.FIXED,
)


class LoanCorrectionIn(Body):
    """更正备案内容；一经申请补偿，不能再更正。"""

    corrected: CorrectedIn  # type: ignore[valid-type]
    reason: StrictStr = Field(max_length=500, examples=["录入时抄错。"])
    document: StrictStr = Field(max_length=200, description="依据文件", examples=["借款合同 HT-2026-0001"])


class ReplyIn(Body):
    """对风险提示函的回复，一份函回复一次。"""

    words: StrictStr = Field(max_length=1000, examples=["已追加存货质押，欠息于11月28日结清。"])
    attachments: list[UUID] = Field(
        default_factory=list,
        max_length=MOST_FILES,
        description="随回复提交的附件：先上传，再以 id 引用；受托管理机构可以查看",
    )


class Ruling(StrEnum):
    """审核结论。"""

    CONFIRMED = "confirmed"
    REJECTED = "rejected"


class DecisionIn(Body):
    """确认或不同意；不同意须写明原因，申报机构会看到。"""

    verdict: Ruling = Field(description="confirmed 确认，rejected 不同意", examples=["confirmed"])
    note: StrictStr = Field("", max_length=500, examples=["与展期协议一致。"])
