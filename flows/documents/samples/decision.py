"""Sample documents from the decision to the receipt."""

from datetime import date
from decimal import Decimal

from flows.documents import contexts as c
from flows.documents.samples import facts as f

SAMPLES: dict[str, c.DocumentContext] = {
    "D23": c.DecisionNotice(
        **f.common(f.BUREAU, "东工信〔2026〕57号", f.BANK),
        **f.DECISION,
        claimed=Decimal("4000000"),
        amount=Decimal("4000000"),
        effective_ratio=Decimal("0.5"),
    ),
    "D24": c.ReducedDecisionNotice(
        **f.common(f.BUREAU, "东工信〔2026〕58号", f.BANK),
        **f.DECISION,
        claimed=Decimal("6400000"),
        amount=Decimal("4000000"),
        effective_ratio=Decimal("0.5"),
        reasons=(
            c.Reason(
                no=1,
                fact="按比例计算的6,400,000.00元超出该行2024年度限额余额4,000,000.00元，超限2,400,000.00元不予补偿。",
                clause="三（四）：以当年实际发放贷款本金总额的2%为限",
            ),
        ),
    ),
    "D25": c.PaymentLetter(
        **f.common(f.BUREAU, "东工信函〔2026〕190号", "东莞市财政局"),
        batch="2026年第一批",
        rows=(
            c.PayeeRow(
                no=1,
                payee=f.BANK,
                decision_number="东工信〔2026〕57号",
                account=f.ACCOUNT,
                amount=Decimal("4000000"),
            ),
            c.PayeeRow(
                no=2,
                payee=f.GUARANTOR,
                decision_number="东工信〔2026〕59号",
                account=c.Account(name=f.GUARANTOR, bank="示例农商行南城支行", number="4000000000000099"),
                amount=Decimal("1000000"),
            ),
        ),
        total=Decimal("5000000"),
        budget_year=2026,
        budget_line="中小微企业融资风险补偿资金",
        public_from=date(2026, 11, 9),
        public_to=date(2026, 11, 13),
        attachments=("风险补偿决定通知书",),
        contact=f.PERSON,
    ),
    "D26": c.PaymentNotice(
        **f.common(f.BUREAU, "东工信函〔2026〕191号", f.BANK),
        decision_number="东工信〔2026〕57号",
        borrower=f.FIRM,
        contract_number="DG2024-LN-00871",
        amount=Decimal("4000000"),
        account=f.ACCOUNT,
        pay_on=date(2026, 11, 25),
        confirm_days=5,
        from_service=True,
        return_days=10,
        effective_ratio=Decimal("0.5"),
        managing_name=f.MANAGING,
        contact=f.PERSON,
    ),
    "D27": c.ReceiptConfirmation(
        **f.common(f.BANK, None, f.MANAGING),
        notice_number="东工信函〔2026〕191号",
        decision_number="东工信〔2026〕57号",
        borrower=f.FIRM,
        contract_number="DG2024-LN-00871",
        amount=Decimal("4000000"),
        account=f.ACCOUNT,
        received_on=date(2026, 11, 25),
        voucher_number="PZ-2026-1125-031",
        handled_by="林可",
    ),
}
