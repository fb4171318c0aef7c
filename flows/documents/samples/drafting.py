"""Sample papers drafted outside a case."""

from datetime import date
from decimal import Decimal

from flows.documents import contexts as c
from flows.documents.samples import facts as f


def _draft(organ: str, number: str | None, recipient: str) -> dict[str, object]:
    return {"organ_name": organ, "number": number, "issued_on": date(2026, 11, 23), "recipient": recipient}


_LISTED = (
    c.ListedFirm(
        no=1,
        firm=f.FIRM,
        uscc=f.USCC,
        size_class="小型企业",
        recommended_by="市科技局",
        words="专精特新中小企业",
    ),
    c.ListedFirm(no=2, firm="东莞市示例新材料有限公司", uscc="91441900MA5765432Y", recommended_by="市工信局"),
)
_LEFT = (c.ListedFirm(no=1, firm="东莞市示例旧业有限公司", uscc="91441900MA5111111A", words="复核未通过"),)

SAMPLES: dict[str, c.DocumentContext] = {
    "D01": c.CooperationApplication(
        **_draft(f.GUARANTOR, None, f.MANAGING),
        board="guarantee",
        uscc="91441900123456789B",
        contact=f.PERSON,
        account=f.ACCOUNT,
        shares=f.SHARES,
    ),
    "D04": c.WhiteListSummary(
        **_draft(f.MANAGING, None, f.BUREAU),
        batch="2026年第二批",
        source_document="市科技局推荐函〔2026〕12号",
        effective_on=date(2026, 12, 1),
        valid_to=date(2027, 11, 30),
        added=_LISTED,
        removed=_LEFT,
        prepared_by="李敏",
    ),
    "D05": c.WhiteListNotice(
        **_draft(f.BUREAU, "东工信〔2026〕　　号", "各合作银行、政府性融资担保机构"),
        batch="2026年第二批",
        effective_on=date(2026, 12, 1),
        valid_to=date(2027, 11, 30),
        complete=True,
        firms=_LISTED,
        removed=_LEFT,
        contact=f.PERSON,
    ),
    "D06": c.RemovalLetter(
        **_draft(f.BUREAU, "东工信函〔2026〕　　号", "各合作银行"),
        firm=f.FIRM,
        uscc=f.USCC,
        batch="2025年第一批",
        listed_from=date(2025, 3, 1),
        last_day=date(2026, 11, 30),
        reason="企业类型变更为大型企业，不再符合中小微企业划型标准。",
        contact=f.PERSON,
    ),
    "D12": c.LoanLedger(
        **_draft(f.BANK, None, f.MANAGING),
        board="bank",
        as_of=date(2026, 11, 23),
        rows=(
            c.LedgerRow(
                no=1,
                filing_number="BA-2024-000123",
                borrower=f.FIRM,
                receipt_number="JJ2024-00871-01",
                principal=Decimal("8000000"),
                disbursed_on=date(2024, 3, 1),
                due_on=date(2027, 8, 31),
                outstanding=Decimal("7500000"),
                overdue_since=date(2026, 3, 1),
                asset_class="可疑",
                remark="已申请补偿",
            ),
            c.LedgerRow(
                no=2,
                filing_number="BA-2025-000017",
                borrower="东莞市示例新材料有限公司",
                receipt_number="JJ2025-00017-01",
                principal=Decimal("3000000"),
                disbursed_on=date(2025, 4, 1),
                due_on=date(2027, 3, 31),
                outstanding=Decimal("3000000"),
            ),
        ),
        total=Decimal("11000000"),
    ),
    "D38": c.DepositReference(
        **_draft(f.BUREAU, "东工信函〔2026〕　　号", "东莞市财政局"),
        year=2026,
        as_of=date(2026, 11, 23),
        rows=(
            c.LenderRow(no=1, lender=f.BANK, loans=12, principal=Decimal("36000000")),
            c.LenderRow(no=2, lender="示例农商行东莞分行", loans=5, principal=Decimal("9500000")),
        ),
        total=Decimal("45500000"),
        contact=f.PERSON,
    ),
    "D39": c.BudgetRequest(
        **_draft(f.BUREAU, "东工信〔2026〕　　号", "东莞市人民政府"),
        year=2026,
        as_of=date(2026, 11, 23),
        budget=Decimal("30000000"),
        paid=Decimal("24000000"),
        reserved=Decimal("5000000"),
        left=Decimal("1000000"),
        rows=(
            c.WaitingRow(
                no=1,
                waiting_number=f.CLAIM,
                applicant=f.BANK,
                since=date(2026, 11, 12),
                amount=Decimal("4000000"),
            ),
            c.WaitingRow(
                no=2,
                waiting_number="BC-2026-0061",
                applicant=f.GUARANTOR,
                since=date(2026, 11, 18),
                amount=Decimal("1500000"),
            ),
        ),
        total=Decimal("5500000"),
        missing=Decimal("4500000"),
        contact=f.PERSON,
    ),
}
