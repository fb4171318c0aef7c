"""Is the firm one the policy supports? The rules of 三（二）, one function each."""

from datetime import date

from models.policy import uscc
from models.policy.checking import FIRM, CheckList, Subject, chinese, passes
from models.policy.facts import Board, Enterprise
from models.policy.lines import Check, Result
from models.policy.parameters import Terms
from models.policy.sector import Sector, industries
from models.policy.size_class import Industry, Size, SizeVerdict, classify, standard


def firm(checks: CheckList, subject: Subject) -> None:
    """三（二）: who the policy supports, on the day the loan was made."""
    enterprise, bank = subject.enterprise, subject.board is Board.BANK
    verdict = uscc.check(enterprise.uscc)
    checks.say(
        "enterprise.uscc",
        "统一社会信用代码",
        passes(verdict.valid),
        value=enterprise.uscc,
        expected="18 位，校验位相符",
        clause="三（二）",
        source=FIRM,
        remedy=verdict.message,
    )
    checks.yes(
        "enterprise.in_dongguan",
        "住所（经营场所）在东莞",
        enterprise.in_dongguan,
        clause="三（二）",
        source=FIRM,
        remedy="企业住所（经营场所）须在东莞市，请核对营业执照。",
    )
    _sector(checks, enterprise)
    if bank or checks.terms.choice("legal_person_boards") == "both":
        checks.yes(
            "enterprise.legal_person",
            "独立法人资格",
            enterprise.legal_person,
            clause="三（二）",
            source=FIRM,
            remedy="借款人须具有独立法人资格；个体工商户、农户可走融担板块。",
        )
    size = _size(checks, enterprise, subject.judged_on)
    if bank:
        _white_list(checks, subject)
    else:
        _fund_object(checks, enterprise, size)


def recommended(enterprise: Enterprise, terms: Terms, day: date) -> tuple[Check, ...]:
    """三（二）: what can be said of a firm put forward for the white list from what was given with it."""
    checks = CheckList(terms)
    if enterprise.sector is not None:
        _sector(checks, enterprise)
    if enterprise.industry is not None:
        _size(checks, enterprise, day)
    return tuple(checks.found)


def _sector(checks: CheckList, enterprise: Enterprise) -> None:
    """The sectors the implementing rules leave out: 金融、类金融、房地产、投资与资产管理."""
    excluded = checks.terms.texts("excluded_sectors")
    is_in, may_be_in = _excluded_kinds(enterprise, checks.terms.choice("real_estate_reach"))
    hit = [word for word in excluded if word in is_in]
    asked = [word for word in excluded if word in may_be_in]
    value = "、".join([enterprise.sector or "未提供", *(word for word in _MARKS if word in is_in)])
    if hit:
        result, remedy = Result.FAIL, f"属于{'、'.join(hit)}，不在支持范围。"
    elif enterprise.sector is None:
        result, remedy = Result.LOOK, "请补充企业所属行业。"
    else:
        result = Result.LOOK if asked else Result.PASS
        remedy = f"请按营业执照核对实际业务是否属于{'、'.join(asked)}。"
    checks.say(
        "enterprise.sector",
        "不属于排除行业",
        result,
        value=value,
        expected=f"不属于{'、'.join(excluded)}",
        clause="三（二）",
        source=FIRM,
        remedy=remedy,
    )


_MARKS = ("类金融", "投资与资产管理")


def _excluded_kinds(enterprise: Enterprise, reach: str) -> tuple[set[str], set[str]]:
    """The words of the exclusion that hold for the firm, and those a person must decide.

    The size standard's 房地产开发经营 is what “房地产” certainly means; 物业管理 and the rest of the section are in or
    out by `reach`. A mark that was not given is asked for only where such firms are registered.
    """
    sector, building = enterprise.sector, enterprise.industry is Industry.REAL_ESTATE
    is_in = {
        "金融": sector is Sector.FINANCE,
        "类金融": enterprise.finance_like is True,
        "房地产": building or (sector is Sector.REAL_ESTATE and reach == "section"),
        "投资与资产管理": enterprise.investment_management is True,
    }
    may_be_in = {
        "类金融": enterprise.finance_like is None and sector is Sector.BUSINESS,
        "房地产": sector is Sector.REAL_ESTATE and not is_in["房地产"],
        "投资与资产管理": enterprise.investment_management is None and sector is Sector.BUSINESS,
    }
    return {word for word, yes in is_in.items() if yes}, {word for word, yes in may_be_in.items() if yes}


def _size(checks: CheckList, firm: Enterprise, judged_on: date) -> Size | None:
    """脚注1: “方案所提中小微企业按照工信部划型标准确定。”"""
    if firm.industry is None:
        verdict = SizeVerdict(None, "未提供划型行业。")
    else:
        verdict = classify(
            firm.industry,
            on=judged_on,
            employees=firm.employees,
            revenue_wan=firm.revenue_wan,
            assets_wan=firm.assets_wan,
            by=standard(checks.terms.parameters.files["size_class.csv"]),
        )
    result = Result.LOOK if verdict.size is None else passes(verdict.size is not Size.LARGE)
    remedy = f"{verdict.reason}大型企业不在支持范围。" if result is Result.FAIL else verdict.reason
    if result is Result.PASS and firm.declared_size not in {None, verdict.size}:
        result = Result.LOOK
        remedy = f"申报为{firm.declared_size}，按指标为{verdict.size}，请核对：{verdict.reason}"
    if result is Result.PASS and firm.sector and firm.industry not in industries(firm.sector):
        usual = "、".join(industries(firm.sector))
        result = Result.LOOK
        remedy = f"按{firm.industry}划型，而{firm.sector}通常按{usual}划型，请按主营业务核对。"
    checks.say(
        "enterprise.size",
        "属于中小微企业",
        result,
        value=verdict.size or "无法划型",
        expected="中型、小型或微型",
        clause="脚注1",
        source=FIRM,
        remedy=remedy,
    )
    return verdict.size


def _white_list(checks: CheckList, subject: Subject) -> None:
    """三（二）: “科学评选并推荐形成的白名单中小微企业”; frozen on the day of disbursement (A12)."""
    periods, day = subject.enterprise.white_list, subject.judged_on
    listed = None if periods is None else any(period.covers(day) for period in periods)
    texts = [f"{chinese(p.since)}至{chinese(p.until) if p.until else '今'}" for p in periods or ()]
    checks.say(
        "enterprise.white_list",
        "放款时在白名单内",
        Result.LOOK if listed is None else passes(listed),
        value="、".join(texts) or ("未提供" if periods is None else "从未列入"),
        expected=f"{chinese(day)}在白名单内",
        clause="三（二）",
        source="白名单",
        remedy="放款日企业不在白名单内的贷款不能纳入银行板块。" if listed is False else "请补充白名单期间。",
    )


def _fund_object(checks: CheckList, enterprise: Enterprise, size: Size | None) -> None:
    """三（二）: “小微企业、‘三农’、创业创新市场主体、战略性新兴产业企业等国家融担基金支持对象”."""
    objects = checks.terms.texts("national_fund_objects")
    kind = enterprise.fund_object
    result = Result.LOOK if kind is None else passes(kind in objects)
    remedy = "请写明属于哪一类国家融担基金支持对象。"
    if result is Result.PASS and kind == "小微企业" and size is Size.MEDIUM:
        result, remedy = Result.FAIL, "按指标划为中型，不属于小微企业；如属其他支持对象请更正类别。"
    checks.say(
        "enterprise.fund_object",
        "属于国家融担基金支持对象",
        result,
        value=kind or "未提供",
        expected="、".join(objects),
        clause="三（二）",
        source=FIRM,
        remedy=remedy,
    )
