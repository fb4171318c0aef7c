"""Which documents exist, who signs them, and what each must know."""

from dataclasses import dataclass
from enum import StrEnum

from flows.documents import contexts
from flows.documents.contexts import DocumentContext


class Signer(StrEnum):
    """The kind of organ that signs a document; its name on that day comes with the context."""

    MANAGING = "managing"
    BUREAU = "bureau"
    FINANCE = "finance"
    MEETING = "meeting"
    INSTITUTION = "institution"


SIGNER_NAMES = {
    Signer.MANAGING: "受托管理机构",
    Signer.BUREAU: "市工信局",
    Signer.FINANCE: "市财政局",
    Signer.MEETING: "联席会议",
    Signer.INSTITUTION: "申报机构",
}


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """One kind of document. `key` names the template file; `genre` is the 文种.

    `numbered` kinds take a 文号 from the register of the signing organ; the others carry the case
    number only, or are drafts that the office numbers in its own system (DRAFTED).
    """

    code: str
    key: str
    title: str
    genre: str
    signer: Signer
    numbered: bool
    context: type[DocumentContext]

    @property
    def template(self) -> str:
        """The file name in templates/documents."""
        return f"{self.key}.docx"


# fmt: off
_KINDS = (
    DocumentKind("D01", "cooperation-application", "合作申请表", "表", Signer.INSTITUTION, False, contexts.CooperationApplication),
    DocumentKind("D04", "white-list-summary", "白名单审核汇总表", "表", Signer.MANAGING, False, contexts.WhiteListSummary),
    DocumentKind("D05", "white-list-notice", "关于公布白名单的通知", "通知", Signer.BUREAU, False, contexts.WhiteListNotice),
    DocumentKind("D06", "white-list-removal", "移出白名单告知函", "函", Signer.BUREAU, False, contexts.RemovalLetter),
    DocumentKind("D07", "filing-application", "项目备案申请表", "表", Signer.INSTITUTION, False, contexts.FilingApplication),
    DocumentKind("D08", "correction-notice", "材料补正通知书", "通知书", Signer.MANAGING, True, contexts.CorrectionNotice),
    DocumentKind("D09", "filing-confirmation", "备案确认书", "通知书", Signer.MANAGING, True, contexts.FilingConfirmation),
    DocumentKind("D10", "filing-refusal", "不予备案通知书", "通知书", Signer.MANAGING, True, contexts.FilingRefusal),
    DocumentKind("D11", "loan-change-form", "变更（展期）备案表", "表", Signer.INSTITUTION, False, contexts.LoanChangeForm),
    DocumentKind("D11C", "extension-confirmation", "续备案确认书", "通知书", Signer.MANAGING, True, contexts.ExtensionConfirmation),
    DocumentKind("D12", "loan-ledger", "贷款台账", "表", Signer.INSTITUTION, False, contexts.LoanLedger),
    DocumentKind("D13", "anomaly-report", "入库项目异常情况表", "表", Signer.INSTITUTION, False, contexts.AnomalyReport),
    DocumentKind("D14", "risk-warning", "风险提示函", "函", Signer.MANAGING, True, contexts.RiskWarning),
    DocumentKind("D15", "claim-application", "风险补偿申请函", "函", Signer.INSTITUTION, False, contexts.ClaimApplication),
    DocumentKind("D16", "acceptance-notice", "受理通知书", "通知书", Signer.MANAGING, True, contexts.AcceptanceNotice),
    DocumentKind("D16R", "non-acceptance-notice", "不予受理通知书", "通知书", Signer.MANAGING, True, contexts.NonAcceptanceNotice),
    DocumentKind("D17", "working-paper", "审核工作底稿", "表", Signer.MANAGING, False, contexts.WorkingPaper),
    DocumentKind("D18", "review-opinion", "初审意见书", "报告", Signer.MANAGING, True, contexts.ReviewOpinion),
    DocumentKind("D19", "approval-form", "补偿审批表", "表", Signer.BUREAU, False, contexts.ApprovalForm),
    DocumentKind("D20", "meeting-minutes", "联席会议纪要", "纪要", Signer.MEETING, True, contexts.MeetingMinutes),
    DocumentKind("D21", "public-notice", "补偿项目公示", "公示", Signer.BUREAU, False, contexts.PublicNotice),
    DocumentKind("D22", "objection-reply", "异议处理意见", "函", Signer.BUREAU, True, contexts.ObjectionReply),
    DocumentKind("D23", "decision-notice", "风险补偿决定通知书", "通知书", Signer.BUREAU, True, contexts.DecisionNotice),
    DocumentKind("D24", "reduced-decision-notice", "不予（部分）补偿通知书", "通知书", Signer.BUREAU, True, contexts.ReducedDecisionNotice),
    DocumentKind("D25", "payment-letter", "关于申请拨付风险补偿资金的函", "函", Signer.BUREAU, True, contexts.PaymentLetter),
    DocumentKind("D26", "payment-notice", "资金拨付通知书", "通知书", Signer.BUREAU, True, contexts.PaymentNotice),
    DocumentKind("D27", "receipt-confirmation", "收款确认回执", "回执", Signer.INSTITUTION, False, contexts.ReceiptConfirmation),
    DocumentKind("D28", "progress-report", "追偿进展报告", "报告", Signer.INSTITUTION, False, contexts.ProgressReport),
    DocumentKind("D29", "return-notice", "追偿返还通知书", "通知书", Signer.MANAGING, True, contexts.ReturnNotice),
    DocumentKind("D34", "quarterly-report", "季度运行情况报告", "报告", Signer.MANAGING, True, contexts.OperationReport),
    DocumentKind("D35", "annual-report", "年度工作报告", "报告", Signer.BUREAU, True, contexts.OperationReport),
    DocumentKind("D38", "deposit-reference", "社保基金存放参考意见函", "函", Signer.BUREAU, False, contexts.DepositReference),
    DocumentKind("D39", "budget-request", "增加预算的请示", "请示", Signer.BUREAU, False, contexts.BudgetRequest),
    DocumentKind("D40", "service-receipt", "送达回证", "回证", Signer.MANAGING, False, contexts.ServiceReceipt),
)
# fmt: on

DOCUMENTS: dict[str, DocumentKind] = {kind.code: kind for kind in _KINDS}

DRAFTED = ("D01", "D04", "D05", "D06", "D12", "D38", "D39")
"""Kinds that belong to no case: written for the office to sign and send (拟稿)."""
