"""Sample documents of a change of a registered loan."""

from datetime import date
from decimal import Decimal

from flows.documents import contexts as c
from flows.documents.contexts import DocumentContext
from flows.documents.samples import facts as f

_FILING = "BA-2024-0123"
_CHANGE = {
    "board": "bank",
    "loan": f.LOAN,
    "first_number": "计备〔2024〕88号",
    "change_number": "BA-2024-000123-变1",
    "proposed_on": date(2026, 2, 12),
    "happened_on": date(2026, 2, 10),
    "failing": (
        c.CheckRow(
            label="贷款期限",
            value="2024-03-01至2027-08-31",
            expected="不超过3年",
            source="展期协议",
            clause="三（四）",
            result="fail",
        ),
    ),
}

_ANOMALY = {
    "board": "bank",
    "loan": f.LOAN,
    "change_number": "BA-2024-000123-变2",
    "proposed_on": date(2026, 3, 12),
    "happened_on": date(2026, 3, 10),
    "anomaly": "欠息",
    "unpaid": Decimal("7500000"),
    "reason": "企业2026年3月应付利息28,125.00元未支付，经了解系下游客户拖欠货款。",
    "measures": "已上门走访并书面催收，冻结未用授信额度，要求企业十日内付清欠息并提供回款计划。",
}

SAMPLES: dict[str, DocumentContext] = {
    "D11": c.LoanChangeForm(
        **{**f.common(f.BANK, None, f.MANAGING), "case_number": _FILING},
        **_CHANGE,
        what="展期（续备案）",
        items=(c.ChangedItem(item="到期日期", before="2026年2月28日", after="2027年8月31日"),),
        reason="下游回款延后，企业经营正常",
        source_document="展期协议 ZQ-2026-018",
        proposed_by="林可",
        confirmed_by="陈嘉敏",
        confirmed_on=date(2026, 11, 23),
        remark="请关注期限。",
    ),
    "D11C": c.ExtensionConfirmation(
        **{**f.common(f.MANAGING, "计备〔2026〕95号", f.BANK), "case_number": _FILING},
        **_CHANGE,
        due_before=date(2026, 2, 28),
        due_after=date(2027, 8, 31),
        outstanding=Decimal("7500000"),
        rule_version="2024-01-01",
        contact=f.PERSON,
    ),
    "D13": c.AnomalyReport(
        **{**f.common(f.BANK, None, f.MANAGING), "case_number": _FILING},
        **_ANOMALY,
        source_document="催收通知书及送达回执",
        proposed_by="林可",
        confirmed_by="陈嘉敏",
        confirmed_on=date(2026, 3, 16),
        remark="请按周跟踪回款。",
    ),
    "D14": c.RiskWarning(
        **{**f.common(f.MANAGING, "计险〔2026〕4号", f.BANK), "case_number": _FILING},
        **_ANOMALY,
        standard="利息按期支付",
        request="核实下游客户拖欠的原因和回款安排，落实还款来源；预计形成逾期的，提前制定处置和追偿方案。",
        reply_days=10,
        reply_by=date(2026, 12, 7),
        contact=f.PERSON,
    ),
}
