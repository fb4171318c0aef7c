"""The stable machine codes: what a check, a limit or an unpaid remainder is called, for programs. Never reused.

A code ending in `.N` is numbered: `loan.rate.repricing.2` is the second repricing.
"""

import re

CHECKS: dict[str, str] = {
    "enterprise.uscc": "统一社会信用代码",
    "enterprise.in_dongguan": "住所（经营场所）在东莞",
    "enterprise.sector": "不属于排除行业",
    "enterprise.legal_person": "独立法人资格",
    "enterprise.size": "属于中小微企业",
    "enterprise.white_list": "放款时在白名单内",
    "enterprise.fund_object": "属于国家融担基金支持对象",
    "loan.dates": "日期先后合理",
    "loan.in_policy_term": "放款日在政策期内",
    "loan.principal": "贷款本金大于零",
    "loan.one_board": "未同时纳入另一板块",
    "loan.filed_once": "同一借据未重复备案",
    "loan.other_support": "没有其他财政支持",
    "loan.no_mortgage": "非实物抵押",
    "loan.no_guarantee_company": "非担保公司担保",
    "loan.type": "贷款类型在联席会议确定的范围内",
    "loan.rate": "贷款利率不超过上限",
    "loan.rate.repricing.N": "第 N 次重定价后的利率不超过上限",
    "loan.term": "贷款期限不超过上限",
    "loan.extension.N.filed": "第 N 次展期已续备案",
    "loan.national_fund": "国家融担基金支持贷款",
    "loan.shares": "分险比例",
    "loss.agrees_with_shares": "承担损失与分险比例一致",
    "filing.in_time": "放款后按期报送备案",
    "claim.registered": "贷款已备案登记",
    "claim.once": "该笔贷款未申请过补偿",
    "claim.unpaid_within_principal": "未清偿本金不超过贷款本金",
    "claim.in_policy_term": "受理日在政策期内",
    "claim.after_disbursement": "受理日不早于放款日",
    "claim.trigger": "已出现风险损失",
    "claim.recovery_started": "已启动追偿",
    "claim.representative": "法定代表人备案后变更",
    "claim.subrogated": "已代偿",
    "claim.upper_settled": "国家融担基金、省再担保已分担或确认",
    "claim.within_days": "代偿后按期申请",
    "claim.asked": "申请金额与测算一致",
    "ratio.above_top_tier": "贷款规模在等级表之内",
    "bank_year.two_readings": "“当年”两种口径的限额余额不同",
    "enterprise.cap.unknown": "单家企业补偿限额余额未提供",
    "bank_year.cap.unknown": "银行年度补偿限额余额未提供",
    "budget.unknown": "年度预算余额未提供",
    "recovery.after_payment": "回款到账日不早于补偿拨付日",
    "recovery.in_time": "收到回款后按期登记",
    "recovery.within_loss": "累计收回本金不超过损失",
    "recovery.costs": "追偿费用不超过回款",
    "recovery.court_number": "诉讼、执行有案号",
    "recovery.report_in_time": "按期报送追偿进展",
}
"""Checks (检查)."""

LIMITS: dict[str, str] = {
    "guarantee.total_cap": "总体损失的20%上限（三（三））",
    "enterprise.cap": "单家企业补偿限额（三（四））",
    "bank_year.cap": "银行年度补偿限额（三（四））",
    "budget": "年度预算（三（一））",
}
"""Limits that may bind (`binding`)."""

REMAINDERS: dict[str, str] = {
    "": "没有未补部分",
    "ineligible": "不符合条件，不予补偿",
    "guarantee.total_cap": "超过总体损失的上限比例（三（三））",
    "enterprise.cap": "超过单家企业补偿限额余额（三（四））",
    "bank_year.cap": "超过银行年度补偿限额余额（三（四）），记为超限未补偿，可依决议重启",
    "bank_year.deferred": "超过银行年度补偿限额余额（三（四）），暂缓补偿，待有额度时再办",
    "budget": "超过年度预算余额（三（一））",
}
"""Why a part is not paid (`remainder_code`)."""

LINES: dict[str, str] = {
    "loss": "承担损失",
    "loss.total": "总体损失",
    "tier": "补偿比例",
    "ratio": "按比例计算的补偿",
    **LIMITS,
    "payable": "应补偿金额",
    "recovery.principal": "累计收回本金",
    "recovery.ratio": "返还比例",
    "recovery.due_in_all": "累计应返还",
    "recovery.due_now": "本次应返还",
}
"""Lines of a calculation."""


def plain(code: str) -> str:
    """The code as it is listed: numbers become N."""
    return re.sub(r"\.\d+(?=\.|$)", ".N", code)
