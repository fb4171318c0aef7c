"""What the sample documents are about: golden figures of the policy, invented names."""

from datetime import date
from decimal import Decimal

from flows.documents import contexts as c

MANAGING = "东莞市电子计算中心"
BUREAU = "东莞市工业和信息化局"
BANK = "示例银行股份有限公司东莞分行"
GUARANTOR = "东莞市示例融资担保有限公司"
FIRM = "东莞市示例精密智造有限公司"
USCC = "91441900MA5123456X"
CLAIM = "BC-2026-0057"

PERSON = c.Contact(
    person="陈晓", phone="0769-22220000", address="东莞市南城街道示例路1号", email="fb@example.org"
)
OBJECTION = c.Objection(organ=BUREAU, working_days=15, contact=PERSON)
ACCOUNT = c.Account(name=BANK, bank="示例银行东莞分行营业部", number="6200000000000012345")
SHARES = (
    c.RiskShare(party="银行", share=Decimal("0.2"), amount=Decimal("1000000")),
    c.RiskShare(party="国家融担基金", share=Decimal("0.2"), amount=Decimal("1000000")),
    c.RiskShare(party="省再担保机构", share=Decimal("0.2"), amount=Decimal("1000000")),
    c.RiskShare(party="市融担机构", share=Decimal("0.4"), amount=Decimal("2000000")),
)
LOAN = c.LoanFacts(
    borrower=FIRM,
    uscc=USCC,
    size_class="小型企业",
    lender=BANK,
    contract_number="DG2024-LN-00871",
    receipt_number="JJ2024-00871-01",
    principal=Decimal("8000000"),
    disbursed_on=date(2024, 3, 1),
    due_on=date(2026, 2, 28),
    rate_percent=Decimal("4.35"),
    purpose="采购原材料",
    security="信用",
    filing_number="BA-2024-000123",
)
GUARANTEED = LOAN.model_copy(
    update={
        "guarantee_contract_number": "BZ2024-0088",
        "entrustment_contract_number": "WB2024-0088",
        "principal": Decimal("5000000.00"),
        "security": "保证担保",
    }
)
LINES = (
    c.CalcLine(
        no=1,
        label="核定损失",
        basis="未清偿本金8,000,000.00元，不含利息",
        clause="三（四）",
        amount=Decimal("8000000"),
    ),
    c.CalcLine(no=2, label="按比例补偿", basis="第1项×80%", clause="三（四）", amount=Decimal("6400000")),
    c.CalcLine(
        no=3,
        label="单家企业限额余额",
        basis="10,000,000.00−已补偿0.00",
        clause="三（四）",
        amount=Decimal("10000000"),
    ),
    c.CalcLine(
        no=4,
        label="银行年度限额余额",
        basis="1,200,000,000.00×2%−已补偿20,000,000.00",
        clause="三（四）、注2",
        amount=Decimal("4000000"),
        binding=True,
    ),
    c.CalcLine(no=5, label="实际补偿比例", basis="第4项÷第1项＝50%", clause="三（四）", amount=None),
)
GUARANTEE_LINES = (
    c.CalcLine(
        no=1, label="总体损失", basis="未清偿本金，含银行部分", clause="三（三）", amount=Decimal("5000000")
    ),
    c.CalcLine(
        no=2, label="市融担机构承担损失", basis="第1项×40%", clause="三（三）", amount=Decimal("2000000")
    ),
    c.CalcLine(no=3, label="按比例补偿", basis="第2项×50%", clause="三（三）", amount=Decimal("1000000")),
    c.CalcLine(
        no=4,
        label="总体损失上限",
        basis="第1项×20%",
        clause="三（三）",
        amount=Decimal("1000000"),
        binding=True,
    ),
)
CHECKS = (
    c.CheckRow(
        label="贷款利率",
        value="4.35%",
        expected="不超过4.95%（LPR 3.45%＋150BP）",
        source="借款合同第3页",
        clause="三（四）",
        result="pass",
    ),
    c.CheckRow(
        label="贷款期限", value="2年", expected="不超过3年", source="借据", clause="三（四）", result="pass"
    ),
    c.CheckRow(
        label="五级分类",
        value="可疑（征信报告第6页）",
        expected="次级及以下",
        source="征信报告",
        clause="三（四）",
        result="human",
    ),
)
OPINIONS = (
    c.Opinion(
        gate="初审意见",
        organ=MANAGING,
        person="李敏",
        answer="同意",
        opinion="材料齐全。",
        on=date(2026, 10, 12),
        voided=True,
    ),
    c.Opinion(
        gate="复核意见",
        organ=MANAGING,
        person="王立群 代 周宁",
        answer="同意",
        opinion="经核，符合补偿条件，建议补偿4,000,000.00元。",
        on=date(2026, 10, 15),
    ),
)


def common(organ: str, number: str | None, recipient: str) -> dict[str, object]:
    return {
        "organ_name": organ,
        "number": number,
        "issued_on": date(2026, 11, 23),
        "recipient": recipient,
        "case_number": CLAIM,
        "verification_code": "7K3M9QXA2BCD",
        "verification_url": "https://example.org/v/7K3M9QXA2BCD",
    }


OF_BANK = {"board": "bank", "applicant": BANK, "loan": LOAN}
DECISION = {
    **OF_BANK,
    "loss": Decimal("8000000"),
    "lines": LINES,
    "received_on": date(2026, 9, 28),
    "public_from": date(2026, 11, 9),
    "public_to": date(2026, 11, 13),
    "meeting": "2026年第3次联席会议",
    "return_days": 10,
    "objection": OBJECTION,
    "cc": ("市财政局", MANAGING),
    "printed_by": f"{BUREAU}办公室",
}
ROW_LOAN = {
    "no": 1,
    "borrower": FIRM,
    "uscc": USCC,
    "contract_number": "DG2024-LN-00871",
    "receipt_number": "JJ2024-00871-01",
    "principal": Decimal("8000000"),
    "disbursed_on": date(2024, 3, 1),
    "due_on": date(2026, 2, 28),
}
