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
}
