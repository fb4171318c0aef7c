"""The filing's checks as SQL, one expression per rule: what decides it, and what of its words depends on the loan.

Nothing of the law stands here. Thresholds come from the policy's own functions (latest maturity, rate ceiling, working
days: one row per distinct day, joined as `d` and `c`; the lines of business as `k`), and every constant word from the checks those functions
return for specimen loans. `l` is a loan, `w` its firm's stays on the white list. A test compares each rule with the
row-wise function it stands for.
"""

from dataclasses import dataclass

from flows.steps.facts import TYPES
from models.policy.checking import LOAN

UNKNOWN = "未提供"


@dataclass(frozen=True, slots=True)
class Rule:
    """SQL expressions over one loan. `result` is 'pass', 'fail' or 'look'; None: the words of the specimen."""

    result: str
    value: str | None = None
    expected: str | None = None
    source: str | None = None
    remedy: str | None = None


def day(column: str) -> str:
    """“2024年3月1日”."""
    return f"""to_char({column}, 'FMYYYY"年"FMMM"月"FMDD"日"')"""


def _either(condition: str, otherwise: str = "fail") -> str:
    return f"CASE WHEN {condition} THEN 'pass' ELSE '{otherwise}' END"


def _known(column: str) -> str:
    return f"CASE WHEN {column} THEN 'pass' WHEN NOT {column} THEN 'fail' ELSE 'look' END"


_PERCENT = """CASE WHEN scale(trim_scale(l.annual_rate_pct)) <= 2 THEN to_char(l.annual_rate_pct, 'FM9999990.00')
 ELSE trim_scale(l.annual_rate_pct)::text END || '%'"""
_TYPE = "CASE l.guarantee_method " + " ".join(f"WHEN '{k}' THEN '{v}'" for k, v in TYPES.items()) + " END"
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_PLACE = f"strpos('{_ALPHABET}', substr(l.uscc, n, 1)) - 1"
_WEIGHTS = "ARRAY[1,3,9,27,19,26,16,17,20,29,25,13,8,24,10,30,28]"
_USCC = f"""l.uscc ~ '^[{_ALPHABET}]{{18}}$' AND strpos('{_ALPHABET}', right(l.uscc, 1)) - 1 =
 (31 - (SELECT sum(({_WEIGHTS})[n] * ({_PLACE})) FROM generate_series(1, 17) n) % 31) % 31"""

RULES: dict[str, Rule] = {
    # 'row' hands the loan to the row-wise function: its remedy is a sentence of its own
    "enterprise.uscc": Rule(f"CASE WHEN {_USCC} THEN 'pass' ELSE 'row' END", value="l.uscc"),
    "enterprise.in_dongguan": Rule(
        "CASE WHEN NOT l.town = ANY(:towns) THEN 'look' WHEN l.town = :outside THEN 'fail' ELSE 'pass' END"
    ),
    "enterprise.sector": Rule("k.result", value="k.value", remedy="k.remedy"),
    "enterprise.legal_person": Rule(_known("l.legal_person")),
    "enterprise.size": Rule(
        "CASE WHEN l.size_class IN ('中型', '小型', '微型') THEN k.size_result ELSE 'row' END",
        value="l.size_class",
        remedy="k.size_remedy",
    ),
    "enterprise.white_list": Rule(
        _either("COALESCE(w.periods @> l.disbursed_on, false)"),
        value="COALESCE(w.words, '从未列入')",
        expected=f"{day('l.disbursed_on')} || '在白名单内'",
    ),
    "enterprise.fund_object": Rule(_either("l.size_class <> '中型'")),
    "loan.dates": Rule(
        _either("l.contract_date <= l.disbursed_on AND l.disbursed_on < l.due_on"),
        value="'签订 ' || l.contract_date || '，放款 ' || l.disbursed_on || '，到期 ' || l.due_on",
    ),
    "loan.in_policy_term": Rule(
        _either("l.disbursed_on BETWEEN :policy_from AND :policy_until"), value=day("l.disbursed_on")
    ),
    "loan.principal": Rule(
        _either("l.principal > 0"), value="to_char(l.principal, 'FM999,999,999,999,990.00') || ' 元'"
    ),
    "loan.one_board": Rule("'pass'"),
    "loan.filed_once": Rule("'pass'"),
    "loan.other_support": Rule("'pass'"),
    "loan.no_mortgage": Rule(_either("l.guarantee_method <> 'mortgage'")),
    "loan.no_guarantee_company": Rule(_either("l.guarantee_method <> 'guarantor'")),
    "loan.type": Rule(
        _either(f"{_TYPE} = ANY(:bank_loan_types)", "look"), value=f"COALESCE({_TYPE}, '{UNKNOWN}')"
    ),
    "loan.national_fund": Rule(_known("l.national_fund_backed")),
    "loan.shares": Rule(
        _either(
            "l.share_city IS NOT NULL AND COALESCE(l.share_bank, 0) >= :share_minimum AND COALESCE(l.share_national, 0) >= :share_minimum",
            "look",
        ),
        value=f"""CASE WHEN l.share_city IS NULL THEN '{UNKNOWN}'
 ELSE '银行 ' || COALESCE(l.share_bank, 0) || '%、国担 ' || COALESCE(l.share_national, 0) || '%' END""",
    ),
    "loan.rate": Rule(
        "CASE WHEN c.ceiling IS NULL OR c.stale THEN 'look' WHEN l.annual_rate_pct <= c.ceiling THEN 'pass' "
        "ELSE 'fail' END",
        value=_PERCENT,
        expected="c.words",
        source=f"'{LOAN}；' || {day('c.rate_day')}",
        remedy="c.reason",
    ),
    "loan.term": Rule(
        _either("l.due_on <= d.latest_maturity"),
        value=f"{day('l.disbursed_on')} || '至' || {day('l.due_on')}",
        expected=f"'不晚于' || {day('d.latest_maturity')} || '（' || :term_words || '）'",
    ),
    "filing.in_time": Rule("d.in_time", value="d.days_words"),
}
