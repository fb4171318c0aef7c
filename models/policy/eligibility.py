"""Eligibility: `filing(facts)` for a loan put up for 备案, `claim(facts)` for a claim; every fault at once.

四（二）: “各受托管理机构负责资金管理、备案审核、项目审核、后续跟踪等工作”.
"""

from collections.abc import Iterable
from datetime import date

from models.calendar import WorkingCalendar, seeded_calendar
from models.policy import firm_checks, loan_checks
from models.policy.checking import FACTS, LOAN, CheckList, Subject, chinese, passes, passes_or_look
from models.policy.compensation import terms_of
from models.policy.exact import fraction_text
from models.policy.facts import AssetClass, Board, ClaimFacts, FilingFacts, GuaranteeClaimFacts
from models.policy.lines import Check, Result
from models.policy.parameters import Parameters

_BAD = {AssetClass.SUBSTANDARD, AssetClass.DOUBTFUL, AssetClass.LOSS}


def verdict(checks: Iterable[Check]) -> Result:
    """FAIL if any check fails, else LOOK if any asks for a person, else PASS."""
    results = {check.result for check in checks}
    return next((found for found in (Result.FAIL, Result.LOOK) if found in results), Result.PASS)


def filing(
    facts: FilingFacts,
    parameters: Parameters | None = None,
    calendar: WorkingCalendar | None = None,
) -> tuple[Check, ...]:
    """Every check of a loan put up for filing, with the parameters of its day of disbursement."""
    parameters = (parameters or Parameters.load()).with_overrides(facts.overrides)
    loan = facts.loan
    start = parameters.get("policy_from").rows[0].since
    terms = parameters.on(max(loan.disbursed_on, start), facts.known_on)
    checks = CheckList(terms)
    frozen = terms.choice("eligibility_day") == "disbursement"
    day = loan.disbursed_on if frozen else loan.filed_on or loan.disbursed_on
    _loan(checks, Subject(facts.board, facts.enterprise, loan, day, facts.quotes))
    if loan.filed_on is not None:
        _filed_in_time(checks, loan.disbursed_on, loan.filed_on, calendar or seeded_calendar())
    return tuple(checks.found)


def claim(
    facts: ClaimFacts,
    parameters: Parameters | None = None,
    calendar: WorkingCalendar | None = None,
) -> tuple[Check, ...]:
    """Every check of a claim: the loan's own (as of its disbursement), then the claim's."""
    terms = terms_of(facts, parameters)
    checks = CheckList(terms)
    loan = facts.loan
    frozen = terms.choice("eligibility_day") == "disbursement"
    day = loan.disbursed_on if frozen else facts.accepted_on
    # Its own registration is no second filing: whether it is registered is asked below.
    loan = loan.model_copy(update={"already_filed": False})
    _loan(checks, Subject(facts.board, facts.enterprise, loan, day, facts.quotes))
    if loan.filed_on is not None:
        _filed_in_time(checks, loan.disbursed_on, loan.filed_on, calendar or seeded_calendar())
    _registration(checks, facts)
    _in_time(checks, facts)
    if isinstance(facts, GuaranteeClaimFacts):
        _guarantor(checks, facts)
    else:
        _trigger(checks, facts)
    _recovering(checks, facts)
    _represented(checks, facts)
    return tuple(checks.found)


def _loan(checks: CheckList, subject: Subject) -> None:
    firm_checks.firm(checks, subject)
    loan_checks.dates(checks, subject)
    loan_checks.one_support(checks, subject)
    bank = subject.board is Board.BANK
    if bank:
        loan_checks.bank_terms(checks, subject)
    else:
        loan_checks.guarantee_terms(checks, subject)
    if bank or checks.terms.choice("rate_and_term_boards") == "both":
        loan_checks.rate(checks, subject)
        loan_checks.term(checks, subject)
    loan_checks.extensions(checks, subject)


def _filed_in_time(checks: CheckList, disbursed: date, filed: date, calendar: WorkingCalendar) -> None:
    """四（二）: filed within the working days of `filing_within_days`; late or 暂定, a person looks."""
    limit = checks.terms.integer("filing_within_days")
    count = calendar.working_days_between(disbursed, filed)
    note = "（日历暂定）" if count.provisional else ""
    checks.say(
        "filing.in_time",
        "放款后按期报送备案",
        passes_or_look(0 <= count.days <= limit and not count.provisional),
        value=f"{count.days} 个工作日{note}",
        expected=f"不超过 {limit} 个工作日",
        clause="四（二）",
        remedy="报送日早于放款日、超过期限或日历尚未公布，请核实原因。",
    )


def _registration(checks: CheckList, facts: ClaimFacts) -> None:
    checks.yes(
        "claim.registered",
        "贷款已备案登记",
        facts.registered,
        clause="四（二）",
        source="备案登记",
        remedy="未备案的贷款不能申请补偿，请先办理备案。",
    )
    checks.yes(
        "claim.once",
        "该笔贷款未申请过补偿",
        facts.claimed_before,
        wanted=False,
        clause="四（二）",
        source="补偿台账",
        remedy="同一笔贷款只能申请一次补偿。",
    )
    within = facts.unpaid_principal <= facts.loan.principal
    checks.say(
        "claim.unpaid_within_principal",
        "未清偿本金不超过贷款本金",
        passes(within and facts.unpaid_principal > 0),
        value=fraction_text(facts.unpaid_principal),
        expected=f"大于 0.00 元，不超过 {fraction_text(facts.loan.principal)}",
        clause="四（二）",
        source="还本付息明细",
        remedy="请核对还本付息明细与借据本金。",
    )


def _in_time(checks: CheckList, facts: ClaimFacts) -> None:
    """五（二）: a claim may come after the policy's last day; it is flagged, or refused, as A15 says."""
    terms = checks.terms
    end = terms.date("policy_until")
    inside = facts.accepted_on <= end
    strict = terms.choice("policy_term_test") == "disbursement_and_claim"
    checks.say(
        "claim.in_policy_term",
        "受理日在政策期内",
        passes(inside) if strict else passes_or_look(inside),
        value=chinese(facts.accepted_on),
        expected=f"不晚于{chinese(end)}",
        clause="五（二）",
        remedy="受理日晚于政策截止日，请核对政策是否延续。",
    )
    checks.say(
        "claim.after_disbursement",
        "受理日不早于放款日",
        passes(facts.accepted_on >= facts.loan.disbursed_on),
        value=chinese(facts.accepted_on),
        expected=f"不早于{chinese(facts.loan.disbursed_on)}",
        clause="四（二）",
        source=LOAN,
        remedy="请核对受理日与放款日。",
    )


def _trigger(checks: CheckList, facts: ClaimFacts) -> None:
    """三（四）: “出现风险损失时” (A8, A25)."""
    terms = checks.terms
    need = terms.integer("claim_overdue_days")
    more = terms.choice("overdue_at_limit") == "more_than"
    overdue = facts.overdue_days
    late = None if overdue is None else (overdue > need if more else overdue >= need)
    bad = None if facts.asset_class is None else facts.asset_class in _BAD
    rule = terms.choice("claim_trigger")
    asked = [fact for name, fact in (("overdue", late), ("classified", bad)) if name in rule]
    unknown_or_no = Result.LOOK if None in asked else Result.FAIL
    result = Result.PASS if True in asked else unknown_or_no
    checks.say(
        "claim.trigger",
        "已出现风险损失",
        result,
        value=f"逾期 {'未提供' if overdue is None else f'{overdue} 天'}，五级分类{facts.asset_class or '未提供'}",
        expected=f"{terms.text('claim_trigger')}（{'超过' if more else '达到'} {need} 天）",
        clause="三（四）",
        source="还本付息明细、五级分类",
        remedy="尚未达到申请补偿的条件，或请补充逾期天数和五级分类。",
    )


def _recovering(checks: CheckList, facts: ClaimFacts) -> None:
    """四（二）: “后续跟踪”: compensation does not end the duty to recover (A8)."""
    if checks.terms.choice("recovery_action_required") == "required":
        checks.yes(
            "claim.recovery_started",
            "已启动追偿",
            facts.recovery_started,
            clause="四（二）",
            source="催收、诉讼材料",
            remedy="申请补偿前须启动追偿，请提供催收或诉讼材料。",
        )


def _represented(checks: CheckList, facts: ClaimFacts) -> None:
    """四（二）: “后续跟踪”: who answers for the firm changed after the filing; whether guarantees and recovery followed,
    a person looks."""
    changes = facts.loan.representatives
    if changes:
        said = (
            f"{chinese(one.day)}由{one.former}变更为{one.successor}{'' if one.confirmed else '（待确认）'}"
            for one in changes
        )
        checks.say(
            "claim.representative",
            "法定代表人备案后变更",
            Result.LOOK,
            value="；".join(said),
            expected="与市场监管登记一致，保证（反担保）和追偿对象已相应落实",
            clause="四（二）",
            source="贷款变更登记",
            remedy="请提供变更登记通知书，并说明原法定代表人的保证责任和追偿安排。",
        )


def _guarantor(checks: CheckList, facts: GuaranteeClaimFacts) -> None:
    """三（三）: “在国家融担基金、省再担保机构共同承担风险责任的基础上”: after 代偿 and after they have shared."""
    checks.say(
        "claim.subrogated",
        "已代偿",
        passes(facts.subrogated_on is not None),
        value=chinese(facts.subrogated_on) if facts.subrogated_on else "未提供",
        expected="有代偿日",
        clause="三（三）",
        source="代偿证明、支付凭证",
        remedy="融担板块须在代偿后申请，请填写代偿日并附代偿证明。",
    )
    checks.yes(
        "claim.upper_settled",
        "国家融担基金、省再担保已分担或确认",
        facts.upper_settled,
        clause="三（三）",
        source="分担确认文件",
        remedy="须在国家融担基金、省再担保机构分担或确认后申请。",
    )
    limit = checks.terms.integer("guarantee_claim_within_days")
    if facts.subrogated_on is None or facts.submitted_on is None:
        days, result = "未提供", Result.LOOK
    else:
        gone = (facts.submitted_on - facts.subrogated_on).days
        days, result = f"{gone} 天", Result.FAIL if gone < 0 else passes_or_look(gone <= limit)
    checks.say(
        "claim.within_days",
        "代偿后按期申请",
        result,
        value=days,
        expected=f"代偿之日起 {limit} 天内",
        clause="三（三）",
        source=FACTS,
        remedy="请核对代偿日和申请日；超过期限的须说明原因。",
    )
