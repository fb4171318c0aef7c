"""Is the loan one the policy covers? The rules of 三（三） and 三（四）, one function each."""

from models.policy.checking import LOAN, CheckList, Subject, chinese, passes, passes_or_look
from models.policy.exact import fraction_text
from models.policy.facts import Repricing
from models.policy.lines import Result, percent_text
from models.policy.rate_ceiling import rate_ceiling
from models.policy.term import latest_maturity


def dates(checks: CheckList, subject: Subject) -> None:
    """五（二）: “自2024年1月1日起实施，有效期至2028年12月31日”; and dates that can be true."""
    loan, terms = subject.loan, checks.terms
    order = loan.signed_on <= loan.disbursed_on < loan.matures_on and all(
        extension.new_maturity > loan.matures_on for extension in loan.extensions
    )
    checks.say(
        "loan.dates",
        "日期先后合理",
        passes(order),
        value=f"签订 {loan.signed_on}，放款 {loan.disbursed_on}，到期 {loan.final_maturity}",
        expected="签订日不晚于放款日，放款日早于到期日，展期晚于原到期日",
        clause="四（二）",
        source=LOAN,
        remedy="请核对合同签订日、放款日、到期日和展期到期日。",
    )
    start, end = terms.date("policy_from"), terms.date("policy_until")
    checks.say(
        "loan.in_policy_term",
        "放款日在政策期内",
        passes(start <= loan.disbursed_on <= end),
        value=chinese(loan.disbursed_on),
        expected=f"{chinese(start)}至{chinese(end)}",
        clause="五（二）",
        source=LOAN,
        remedy="政策期外发放的贷款不能纳入。",
    )


def one_support(checks: CheckList, subject: Subject) -> None:
    """A13: one receipt (借据), one board, one filing; other fiscal support is said openly."""
    loan = subject.loan
    checks.say(
        "loan.principal",
        "贷款本金大于零",
        passes(loan.principal > 0),
        value=fraction_text(loan.principal),
        expected="大于 0.00 元",
        clause="四（二）",
        source=LOAN,
        remedy="请填写借据载明的本金。",
    )
    for code, label, fact, remedy in (
        ("loan.one_board", "未同时纳入另一板块", loan.other_board, "一笔借据只能纳入一个板块。"),
        ("loan.filed_once", "同一借据未重复备案", loan.already_filed, "该借据已备案，展期请办理续备案。"),
    ):
        checks.yes(code, label, fact, wanted=False, clause="三（二）", source="备案登记", remedy=remedy)
    warn = checks.terms.choice("double_support") == "warn"
    none = loan.other_support is None
    checks.say(
        "loan.other_support",
        "没有其他财政支持",
        passes_or_look(none) if warn else passes(none),
        value=loan.other_support or "无",
        expected="无",
        clause="三（二）",
        remedy="该贷款另有财政支持，请核对是否重复。" if warn else "已有其他财政支持的贷款不能纳入。",
    )


def bank_terms(checks: CheckList, subject: Subject) -> None:
    """三（四）: “非实物抵押、非担保公司担保贷款，具体贷款类型由联席会议研判确定”."""
    loan = subject.loan
    checks.yes(
        "loan.no_mortgage",
        "非实物抵押",
        loan.physical_mortgage,
        wanted=False,
        clause="三（四）",
        source=LOAN,
        remedy="有实物抵押的贷款不能纳入银行板块。",
    )
    checks.yes(
        "loan.no_guarantee_company",
        "非担保公司担保",
        loan.guarantee_company,
        wanted=False,
        clause="三（四）",
        source=LOAN,
        remedy="有担保公司担保的贷款不能纳入银行板块；国担支持的可走融担板块。",
    )
    types = checks.terms.texts("bank_loan_types")
    checks.say(
        "loan.type",
        "贷款类型在联席会议确定的范围内",
        passes_or_look(loan.loan_type in types),
        value=loan.loan_type or "未提供",
        expected="、".join(types),
        clause="三（四）",
        source=LOAN,
        remedy="该类型不在现有清单内，请由联席会议研判。",
    )


def rate(checks: CheckList, subject: Subject) -> None:
    """三（四）: “贷款利率不超过LPR+150BP”, on the day the rate was fixed (A9, A10)."""
    loan, terms = subject.loan, checks.terms
    day = loan.signed_on if terms.choice("lpr_day") == "signing" else loan.disbursed_on
    tests = [("loan.rate", "贷款利率不超过上限", Repricing(day=day, rate_pct=loan.rate_pct), False)]
    warn = terms.choice("floating_rate_test") == "signing"
    for place, repricing in enumerate(loan.repricings, start=1):
        label = f"第 {place} 次重定价后的利率不超过上限"
        tests.append((f"loan.rate.repricing.{place}", label, repricing, warn))
    for code, label, fixed, warn_only in tests:
        ceiling = rate_ceiling(fixed.day, terms, subject.quotes)
        result = ceiling.judge(fixed.rate_pct)
        limit = "无可用报价" if ceiling.ceiling is None else f"不超过 {percent_text(ceiling.ceiling)}"
        checks.say(
            code,
            label,
            Result.LOOK if warn_only and result is Result.FAIL else result,
            value=percent_text(fixed.rate_pct),
            expected=limit,
            clause="三（四）",
            source=f"{LOAN}；{chinese(fixed.day)}",
            remedy=ceiling.reason,
        )


def term(checks: CheckList, subject: Subject) -> None:
    """三（四）: “贷款期限不超过3年”; an extension has its own filing and counts into the term (A11)."""
    loan, terms = subject.loan, checks.terms
    end = loan.final_maturity if terms.choice("term_measured_to") == "extended" else loan.matures_on
    last = latest_maturity(loan.disbursed_on, terms)
    checks.say(
        "loan.term",
        "贷款期限不超过上限",
        passes(end <= last),
        value=f"{chinese(loan.disbursed_on)}至{chinese(end)}",
        expected=f"不晚于{chinese(last)}（{terms.text('bank_term_years')}）",
        clause="三（四）",
        source=LOAN,
        remedy="贷款期限（含展期）超过上限，不能纳入银行板块。",
    )


def extensions(checks: CheckList, subject: Subject) -> None:
    """A11: every extension (展期) has its own filing (续备案), on both boards."""
    for place, extension in enumerate(subject.loan.extensions, start=1):
        checks.yes(
            f"loan.extension.{place}.filed",
            f"第 {place} 次展期已续备案",
            extension.filed,
            clause="四（二）",
            source="备案登记",
            remedy=f"展期至{chinese(extension.new_maturity)}须先办理续备案。",
        )


def guarantee_terms(checks: CheckList, subject: Subject) -> None:
    """三（三）: “纳入融担板块的贷款为国家融担基金支持贷款，具体业务条件按照国家融担基金相关文件要求确定”."""
    loan = subject.loan
    checks.yes(
        "loan.national_fund",
        "国家融担基金支持贷款",
        loan.national_fund_loan,
        clause="三（三）",
        source=LOAN,
        remedy="融担板块只纳入国家融担基金支持贷款，请提供纳入国担业务的证明。",
    )
    least = checks.terms.decimal("share_minimum")
    shares = loan.shares
    known = shares is not None and shares.bank >= least and shares.national >= least
    checks.say(
        "loan.shares",
        "分险比例",
        passes_or_look(known),
        value=f"银行 {shares.bank}%、国担 {shares.national}%" if shares else "未提供",
        expected=f"合计 100%；银行、国担各不低于 {checks.terms.text('share_minimum')}（未经核对）",
        clause="三（三）",
        source="分险协议",
        remedy="请核对合作协议约定的分险比例及其生效日。",
    )
