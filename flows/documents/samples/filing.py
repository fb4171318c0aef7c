"""Sample documents of a filing."""

from datetime import date
from decimal import Decimal

from flows.documents import contexts as c
from flows.documents.samples import facts as f

SAMPLES: dict[str, c.DocumentContext] = {
    "D07": c.FilingApplication(
        **f.common(f.BANK, None, f.MANAGING),
        board="bank",
        contact=f.PERSON,
        total_principal=Decimal("8000000"),
        loans=(
            c.FilingLoan(
                **f.ROW_LOAN,
                industry="工业",
                size_class="小型企业",
                employees=85,
                revenue=Decimal("32000000"),
                assets=None,
                lender=f.BANK,
                rate_percent=Decimal("4.35"),
                lpr_percent=Decimal("3.45"),
                lpr_published_on=date(2024, 2, 20),
                purpose="采购原材料",
                security="信用",
            ),
        ),
    ),
    "D08": c.CorrectionNotice(
        **f.common(f.MANAGING, "计补〔2026〕31号", f.BANK),
        about="补偿",
        board="bank",
        matter=f"{f.FIRM}贷款",
        received_on=date(2026, 9, 28),
        round=2,
        stage="受理",
        allowed_days=5,
        used_days=2,
        remaining_days=3,
        faults=(
            c.Fault(
                no=1,
                where="借款合同第3页",
                problem="年利率4.65%高于合同日上限4.50%",
                remedy="如系录入错误请更正",
                clause="三（四）",
            ),
            c.Fault(no=2, where="还款账户流水", problem="缺少2026年8月流水", remedy="补传加盖业务章的流水"),
        ),
        stopped_on=date(2026, 9, 30),
        earlier_stops=(c.ClockStop(from_on=date(2026, 9, 10), to_on=date(2026, 9, 14), working_days=3),),
        correction_days=5,
        correction_due_on=date(2026, 10, 14),
        due_provisional=True,
        from_service=True,
        contact=f.PERSON,
    ),
    "D09": c.FilingConfirmation(
        **f.common(f.MANAGING, "计备〔2026〕88号", f.BANK),
        board="bank",
        received_on=date(2026, 9, 1),
        loans=(c.RegisteredLoan(**f.ROW_LOAN, filing_number="BA-2024-000123"),),
        total_principal=Decimal("8000000"),
        checks=f.CHECKS,
        rule_version="2024-01-01",
        excluded_count=1,
        contact=f.PERSON,
    ),
    "D10": c.FilingRefusal(
        **f.common(f.MANAGING, "计备〔2026〕89号", f.BANK),
        board="bank",
        received_on=date(2026, 9, 1),
        loans=(
            c.RefusedLoan(
                no=1,
                borrower=f.FIRM,
                contract_number="DG2024-LN-00872",
                receipt_number="JJ2024-00872-01",
                principal=Decimal("3000000"),
                fact="年利率5.10%，高于LPR＋150BP（4.95%）",
                clause="三（四）：贷款利率不超过LPR+150BP",
            ),
        ),
        remedy="利率调整至规定范围内后，可以就新发放的贷款申请备案。",
        objection=f.OBJECTION,
    ),
}
