"""入库项目异常: what an institution reports of a filed loan before any loss is claimed, and what is watched of it.

四（二）: “备案审核、项目审核、后续跟踪”. The policy names no signs; these are the ones such schemes use, and the standards
beside them are only offered to the reviewer, who writes what the letter of warning (风险提示函) says.
"""

from enum import StrEnum


class Anomaly(StrEnum):
    """The sign that was seen."""

    OVERDUE = "overdue"
    INTEREST = "interest"
    DOWNGRADED = "downgraded"
    HALTED = "halted"
    LITIGATION = "litigation"
    MISUSE = "misuse"
    OWNERS = "owners"
    FIGURES = "figures"
    OTHER = "other"


ANOMALY_NAMES: dict[Anomaly, str] = {
    Anomaly.OVERDUE: "本金逾期",
    Anomaly.INTEREST: "欠息",
    Anomaly.DOWNGRADED: "五级分类下调",
    Anomaly.HALTED: "停产停业或者负责人失联",
    Anomaly.LITIGATION: "重大诉讼、被执行或者资产被查封",
    Anomaly.MISUSE: "贷款用途与约定不符",
    Anomaly.OWNERS: "股权或者实际控制人变更",
    Anomaly.FIGURES: "经营和财务指标恶化",
    Anomaly.OTHER: "其他异常",
}
WATCHED: dict[Anomaly, str] = {
    Anomaly.OVERDUE: "本金按期归还",
    Anomaly.INTEREST: "利息按期支付",
    Anomaly.DOWNGRADED: "五级分类为正常类",
    Anomaly.HALTED: "企业正常经营，负责人可以联系",
    Anomaly.LITIGATION: "没有影响还款能力的诉讼、执行和查封",
    Anomaly.MISUSE: "贷款用于合同约定的用途",
    Anomaly.OWNERS: "股权和实际控制人稳定",
    Anomaly.FIGURES: "营业收入、利润、负债率等没有连续恶化",
    Anomaly.OTHER: "",
}
"""What the sign is measured against, as a suggestion; nothing is offered where there is none."""
