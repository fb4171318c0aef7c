"""Sample documents of a recovery."""

from datetime import date
from decimal import Decimal

from flows.documents import contexts as c
from flows.documents.samples import facts as f

_LOAN = {
    "board": "bank",
    "applicant": f.BANK,
    "claim_number": "BC-2026-0187",
    "decision_number": "东工信〔2026〕57号",
    "borrower": "东莞市示例精密智造有限公司",
    "contract_number": "DK-2024-0312-018",
    "compensation": Decimal("4000000"),
    "paid_on": date(2026, 3, 2),
    "receipts": (
        c.IncomingRow(
            no=1, received_on=date(2026, 9, 11), amount=Decimal("950000"), voucher_number="SK-2026-0911-07"
        ),
    ),
    "received": Decimal("950000"),
    "costs": (
        c.CostRow(no=1, reason="案件受理费、执行费", amount=Decimal("32000")),
        c.CostRow(no=2, reason="律师代理费", amount=Decimal("18000")),
    ),
    "spent": Decimal("50000"),
    "contact": f.PERSON,
}

SAMPLES: dict[str, c.DocumentContext] = {
    "D28": c.ProgressReport(
        **f.common(f.BANK, None, "东莞市电子计算中心"),
        **_LOAN,
        action="执行",
        court_number="（2026）粤1972执3316号",
        progress="法院已拍卖抵债设备，首笔分配款到账；其余财产正在评估。",
        received_before=Decimal("0"),
        returned_before=Decimal("0"),
    ),
    "D29": c.ReturnNotice(
        **f.common("东莞市电子计算中心", "计返〔2026〕6号", f.BANK),
        **_LOAN,
        lines=(
            c.CalcLine(no=1, label="累计收回本金", basis="回款先扣追偿费用，再冲本金，以损失为限", clause="四（二）", amount=Decimal("900000")),
            c.CalcLine(no=2, label="返还比例", basis="实付补偿 ÷ 损失：50%", clause="四（二）", amount=None),
            c.CalcLine(no=3, label="累计应返还", basis="累计收回本金 × 返还比例，不超过已付补偿", clause="四（二）", amount=Decimal("450000")),
            c.CalcLine(no=4, label="本次应返还", basis="累计应返还 − 此前已返还", clause="四（二）", amount=Decimal("450000")),
        ),
        ratio=Decimal("0.5"),
        principal=Decimal("900000"),
        due_in_all=Decimal("450000"),
        returned_before=Decimal("0"),
        due=Decimal("450000"),
        costs_carried=Decimal("0"),
        due_on=date(2026, 9, 25),
        return_days=10,
        treasury="东莞市财政局",
        account=c.Account(name="东莞市财政局", bank="国家金库东莞市中心支库（示例）", number="2700000000000018"),
    ),
}  # fmt: skip
