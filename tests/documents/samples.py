"""One believable context for each document, on golden figures of the policy; all names are invented."""

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


def _common(organ: str, number: str | None, recipient: str) -> dict[str, object]:
    return {
        "organ_name": organ,
        "number": number,
        "issued_on": date(2026, 11, 23),
        "recipient": recipient,
        "case_number": CLAIM,
        "verification_code": "7K3M-9QXA",
    }


_BANK = {"board": "bank", "applicant": BANK, "loan": LOAN}
_DECISION = {
    **_BANK,
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
_ROW_LOAN = {
    "no": 1,
    "borrower": FIRM,
    "uscc": USCC,
    "contract_number": "DG2024-LN-00871",
    "receipt_number": "JJ2024-00871-01",
    "principal": Decimal("8000000"),
    "disbursed_on": date(2024, 3, 1),
    "due_on": date(2026, 2, 28),
}

SAMPLES: dict[str, c.DocumentContext] = {
    "D07": c.FilingApplication(
        **_common(BANK, None, MANAGING),
        board="bank",
        contact=PERSON,
        total_principal=Decimal("8000000"),
        loans=(
            c.FilingLoan(
                **_ROW_LOAN,
                industry="工业",
                size_class="小型企业",
                employees=85,
                revenue=Decimal("32000000"),
                assets=None,
                lender=BANK,
                rate_percent=Decimal("4.35"),
                lpr_percent=Decimal("3.45"),
                lpr_published_on=date(2024, 2, 20),
                purpose="采购原材料",
                security="信用",
            ),
        ),
    ),
    "D08": c.CorrectionNotice(
        **_common(MANAGING, "计补〔2026〕31号", BANK),
        about="补偿",
        board="bank",
        matter=f"{FIRM}贷款",
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
        contact=PERSON,
    ),
    "D09": c.FilingConfirmation(
        **_common(MANAGING, "计备〔2026〕88号", BANK),
        board="bank",
        received_on=date(2026, 9, 1),
        loans=(c.RegisteredLoan(**_ROW_LOAN, filing_number="BA-2024-000123"),),
        total_principal=Decimal("8000000"),
        checks=CHECKS,
        rule_version="2024-01-01",
        excluded_count=1,
        contact=PERSON,
    ),
    "D10": c.FilingRefusal(
        **_common(MANAGING, "计备〔2026〕89号", BANK),
        board="bank",
        received_on=date(2026, 9, 1),
        loans=(
            c.RefusedLoan(
                no=1,
                borrower=FIRM,
                contract_number="DG2024-LN-00872",
                receipt_number="JJ2024-00872-01",
                principal=Decimal("3000000"),
                fact="年利率5.10%，高于LPR＋150BP（4.95%）",
                clause="三（四）：贷款利率不超过LPR+150BP",
            ),
        ),
        remedy="利率调整至规定范围内后，可以就新发放的贷款申请备案。",
        objection=OBJECTION,
    ),
    "D15": c.ClaimApplication(
        **_common(GUARANTOR, "示担函〔2026〕7号", MANAGING),
        board="guarantee",
        applicant=GUARANTOR,
        loan=GUARANTEED,
        default_on=date(2026, 3, 1),
        overdue_days=180,
        risk_class="可疑",
        unpaid_principal=Decimal("5000000"),
        repaid_on=date(2026, 8, 28),
        repaid_amount=Decimal("4000000"),
        shares=SHARES,
        loss=Decimal("2000000"),
        claimed=Decimal("1000000"),
        lines=GUARANTEE_LINES,
        cause="受下游客户破产影响，应收账款未能收回，资金链断裂。",
        recovery="已提起诉讼并申请财产保全，案件正在审理。",
        account=ACCOUNT,
        contact=PERSON,
        materials=(
            c.Material(no=1, title="借款合同、借据", note="共12页"),
            c.Material(no=2, title="代偿支付凭证"),
        ),
    ),
    "D16": c.AcceptanceNotice(
        **_common(MANAGING, "计受〔2026〕40号", BANK),
        **_BANK,
        received_on=date(2026, 9, 28),
        accepted_on=date(2026, 9, 30),
        claimed=Decimal("6400000"),
        review_days=5,
        review_due_on=date(2026, 10, 14),
        contact=PERSON,
    ),
    "D16R": c.NonAcceptanceNotice(
        **_common(MANAGING, "计受〔2026〕41号", BANK),
        **_BANK,
        received_on=date(2026, 9, 28),
        claimed=Decimal("6400000"),
        objection=OBJECTION,
        reasons=(c.Reason(no=1, fact="该笔贷款逾期62天，未达到90天。", clause="三（四）"),),
    ),
    "D17": c.WorkingPaper(
        **_common(MANAGING, None, ""),
        **_BANK,
        accepted_on=date(2026, 9, 30),
        checks=CHECKS,
        lines=LINES,
        proposed=Decimal("4000000"),
        conclusion="符合补偿条件，建议补偿4,000,000.00元。",
        prepared_by="李敏",
        prepared_on=date(2026, 10, 12),
        checked_by="王立群 代 周宁",
        checked_on=date(2026, 10, 15),
    ),
    "D18": c.ReviewOpinion(
        **_common(MANAGING, "计审〔2026〕152号", BUREAU),
        **_BANK,
        received_on=date(2026, 9, 28),
        accepted_on=date(2026, 9, 30),
        default_on=date(2026, 3, 1),
        loss=Decimal("8000000"),
        claimed=Decimal("6400000"),
        checks_total=12,
        checks_passed=11,
        human_checks=CHECKS[2:],
        lines=LINES,
        proposed=Decimal("4000000"),
        opinion="该项目符合银行板块补偿条件，建议予以补偿。",
        dissent="有意见认为应当待抵债资产处置后再行补偿。",
        opinions=OPINIONS,
        contact=PERSON,
    ),
    "D19": c.ApprovalForm(
        **_common(BUREAU, None, ""),
        **_BANK,
        accepted_on=date(2026, 9, 30),
        default_on=date(2026, 3, 1),
        unpaid_principal=Decimal("8000000"),
        loss=Decimal("8000000"),
        cause="下游客户破产，应收账款未收回。",
        recovery="已提起诉讼并申请财产保全。",
        lines=LINES,
        amount=Decimal("4000000"),
        conclusion="经审查，该项目符合银行板块补偿条件，建议补偿4,000,000.00元。",
        opinions=OPINIONS,
        pending=("市工信局科室意见", "市工信局分管领导意见", "联席会议审定意见"),
    ),
    "D20": c.MeetingMinutes(
        **_common("东莞市中小微企业融资风险补偿联席会议", "〔2026〕3号", ""),
        session="2026年第3次联席会议",
        held_on=date(2026, 11, 3),
        place="市工业和信息化局501会议室",
        chair="张远",
        attendees=(
            c.Attendee(organ="市工业和信息化局", person="张远"),
            c.Attendee(organ="市财政局", person="何青"),
        ),
        on_leave=(c.Attendee(organ="市科技局", person="罗云"),),
        observers=(c.Attendee(organ=MANAGING, person="周宁"),),
        cases=(
            c.MinutesCase(
                no=1,
                case_number=CLAIM,
                applicant=BANK,
                borrower=FIRM,
                proposed=Decimal("4000000"),
                resolved=Decimal("4000000"),
                votes_for=6,
                votes_against=1,
                votes_abstained=0,
                resolution="同意补偿4,000,000.00元。",
            ),
        ),
        total=Decimal("4000000"),
        resolutions=("受托管理机构应当按季度报告追偿进展。",),
        dissent="市财政局建议加强贷后核查。",
        cc=("各成员单位",),
    ),
    "D21": c.PublicNotice(
        **_common(BUREAU, None, ""),
        batch="2026年第一批",
        rows=(
            c.PublicRow(
                no=1,
                board="bank",
                applicant=BANK,
                borrower_shown="东莞市示例****有限公司",
                principal=Decimal("8000000"),
                disbursed_on=date(2024, 3, 1),
                amount=Decimal("4000000"),
            ),
            c.PublicRow(
                no=2,
                board="guarantee",
                applicant=GUARANTOR,
                borrower_shown="东莞市例二****有限公司",
                principal=Decimal("5000000"),
                disbursed_on=date(2024, 5, 6),
                amount=Decimal("1000000"),
            ),
        ),
        total=Decimal("5000000"),
        starts_on=date(2026, 11, 23),
        ends_on=date(2026, 11, 27),
        working_days=5,
        contact=PERSON,
    ),
    "D22": c.ObjectionReply(
        **_common(BUREAU, "东工信函〔2026〕188号", "东莞市异议示例有限公司"),
        notice_title="关于2026年第一批东莞市中小微企业融资风险补偿项目的公示",
        received_on=date(2026, 11, 25),
        summary="反映借款企业放款时不在白名单内。",
        findings=(
            c.Finding(
                no=1,
                point="关于白名单资格。",
                finding="该企业于放款日在白名单内。",
                basis="2024年第一批白名单",
            ),
        ),
        outcome="rejected",
        conclusion="维持公示内容，继续办理。",
        contact=PERSON,
    ),
    "D23": c.DecisionNotice(
        **_common(BUREAU, "东工信〔2026〕57号", BANK),
        **_DECISION,
        claimed=Decimal("4000000"),
        amount=Decimal("4000000"),
        effective_ratio=Decimal("0.5"),
    ),
    "D24": c.ReducedDecisionNotice(
        **_common(BUREAU, "东工信〔2026〕58号", BANK),
        **_DECISION,
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
        **_common(BUREAU, "东工信函〔2026〕190号", "东莞市财政局"),
        batch="2026年第一批",
        rows=(
            c.PayeeRow(
                no=1,
                payee=BANK,
                decision_number="东工信〔2026〕57号",
                account=ACCOUNT,
                amount=Decimal("4000000"),
            ),
            c.PayeeRow(
                no=2,
                payee=GUARANTOR,
                decision_number="东工信〔2026〕59号",
                account=c.Account(name=GUARANTOR, bank="示例农商行南城支行", number="4000000000000099"),
                amount=Decimal("1000000"),
            ),
        ),
        total=Decimal("5000000"),
        budget_year=2026,
        budget_line="中小微企业融资风险补偿资金",
        public_from=date(2026, 11, 9),
        public_to=date(2026, 11, 13),
        attachments=("风险补偿决定通知书",),
        contact=PERSON,
    ),
    "D26": c.PaymentNotice(
        **_common(BUREAU, "东工信函〔2026〕191号", BANK),
        decision_number="东工信〔2026〕57号",
        borrower=FIRM,
        contract_number="DG2024-LN-00871",
        amount=Decimal("4000000"),
        account=ACCOUNT,
        pay_on=date(2026, 11, 25),
        confirm_days=5,
        return_days=10,
        effective_ratio=Decimal("0.5"),
        managing_name=MANAGING,
        contact=PERSON,
    ),
    "D27": c.ReceiptConfirmation(
        **_common(BANK, None, MANAGING),
        notice_number="东工信函〔2026〕191号",
        decision_number="东工信〔2026〕57号",
        borrower=FIRM,
        contract_number="DG2024-LN-00871",
        amount=Decimal("4000000"),
        account=ACCOUNT,
        received_on=date(2026, 11, 25),
        voucher_number="PZ-2026-1125-031",
        handled_by="林可",
    ),
}
