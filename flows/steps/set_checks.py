"""Every check of many loans in a few statements: the same answers as `eligibility.filing` gives loan by loan.

The loans are a relation with the columns of `loans` (a filing's own, or an import's staged ones). What the statement
cannot say for certain, and every rule nobody has written as SQL, is asked of the policy's function, loan by loan.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from flows.steps import facts as reading
from flows.steps.check_rules import RULES, Rule, day
from flows.steps.check_specimens import Words, made_up, specimens
from models.calendar import WorkingCalendar
from models.lifecycle import Board
from models.policy import eligibility
from models.policy.lines import Result, percent_text
from models.policy.parameters import Terms
from models.policy.rate_ceiling import rate_ceiling
from models.policy.sector import Sector
from models.policy.size_class import Industry
from models.policy.term import latest_maturity
from models.policy.towns import Town
from models.records import check_words
from models.records.loan import Loan
from models.records.reference import working_calendar
from models.records.rules import rules

ROW = "row"
_OF_THE_LOAN = ("value", "expected", "source", "remedy")
_MARK = f'"{ROW}"'


@dataclass(frozen=True, slots=True)
class Loans:
    """Where the loans are: `relation` (SQL, aliased l, with a column `key`) and the values of its parameters.

    `read` are the same loans where they are in hand; what they have in common then need not be asked for.
    """

    relation: str
    values: Mapping[str, Any]
    read: Sequence[Mapping[str, Any]] = ()

    def distinct(self, s: Session, *names: str) -> list[tuple[Any, ...]]:
        """The combinations of these columns."""
        if self.read:
            return list(dict.fromkeys(tuple(one[name] for name in names) for one in self.read))
        query = f"SELECT DISTINCT {', '.join('l.' + name for name in names)} FROM {self.relation}"
        return [tuple(row) for row in s.connection().execute(text(query), dict(self.values))]


def store(s: Session, board: Board, case_id: int, filed_on: date) -> None:
    """Write the checks of a filing's loans into them: one statement per set of terms."""
    loans = Loans("(SELECT id AS key, * FROM loans WHERE case_id = :case) l", {"case": case_id})
    for statement, values in statements(s, board, loans, filed_on, passed=True):
        write = f"""
        WITH checked AS MATERIALIZED ({statement})
        UPDATE loans SET checks = checked.checks FROM checked WHERE loans.id = checked.key"""
        s.connection().execute(text(write), values)
    complete(s, case_id, filed_on)


def complete(s: Session, case_id: int, filed_on: date) -> None:
    """Ask the policy's function about the loans of a filing whose checks the statements could not say for certain."""
    s.expire_all()
    unsure = text("SELECT id FROM loans WHERE case_id = :case AND checks_result = 'row'")
    for (key,) in s.connection().execute(unsure, {"case": case_id}).all():
        loan = s.get_one(Loan, key)
        loan.checks = {"checks": _row_wise(s, loan, filed_on)}
    s.flush()


def statements(
    s: Session, board: Board, loans: Loans, filed_on: date, *, passed: bool, chosen: str = "l.key"
) -> Iterator[tuple[str, dict[str, Any]]]:
    """A statement and its values for each set of terms: of every loan what is `chosen` (SQL), and its `checks`.

    With `passed` these are all checks as a loan keeps them (`models.records.check_words`), otherwise a list of those
    that did not pass.
    """
    used = rules(s)
    start = used.get("policy_from").rows[0].since
    quotes = reading.quotes(s) or None
    pairs = loans.distinct(s, "contract_date", "disbursed_on")
    epochs: dict[date, list[tuple[date, date]]] = {}
    changes = sorted({row.since for item in used.items.values() for row in item.rows} | {start})
    for signed, disbursed in pairs:
        judged = max(disbursed, start)
        epochs.setdefault(max(c for c in changes if c <= judged), []).append((signed, disbursed))
    for since, days in sorted(epochs.items()):
        terms = used.on(since)
        statement, values = _statement(s, board, loans, filed_on, terms, days, quotes, passed=passed)
        yield f"SELECT {chosen}, {statement}", values


def _statement(
    s: Session,
    board: Board,
    loans: Loans,
    filed_on: date,
    terms: Terms,
    days: list[tuple[date, date]],
    quotes: Any,
    *,
    passed: bool,
) -> tuple[str, dict[str, Any]]:
    words, codes = specimens(board, terms.parameters, terms.day, filed_on)
    values: dict[str, Any] = {
        **loans.values,
        "towns": list(Town),
        "outside": Town.OUTSIDE,
        "bank_loan_types": list(terms.texts("bank_loan_types")),
        "policy_from": terms.date("policy_from"),
        "policy_until": terms.date("policy_until"),
        "share_minimum": terms.decimal("share_minimum"),
        "term_words": terms.text("bank_term_years"),
        "days": _days(terms, filed_on, {disbursed for _, disbursed in days}, working_calendar(s)),
        "ceilings": _ceilings(terms, days, quotes),
        "businesses": _businesses(s, board, loans, terms, filed_on),
    }
    frozen = terms.choice("eligibility_day") == "disbursement"
    results, told = ["true"], list[str]()
    own, kept = list[str](), list[dict[str, Any]]()
    for number, code in enumerate(codes):
        rule = RULES.get(code)
        if rule is None or not frozen:
            told.append(f"'{_MARK}'::jsonb")
            continue
        results.append(f"{rule.result} AS r{number}")
        told.append(_check(rule, code, words, values, number))
        says, mine = _said(rule, code, words, Result.PASS)
        own += mine.values()
        kept.append({"own": list(mine), "says": says})
    checks = f"to_jsonb(array_remove(ARRAY[{', '.join(told)}], NULL))"
    if passed:
        checks = f"jsonb_build_object('checks', {checks}, 'passed', jsonb_build_array({', '.join(own)}), 'words', :words)"
        values["words"] = check_words.keep(s, kept)
    white_list = _WHITE_LIST if board is Board.BANK else ""
    return _ASSEMBLED.format(
        checks=checks, relation=loans.relation, white_list=white_list, results=", ".join(results)
    ), values


_ASSEMBLED = """
{checks} AS checks
FROM {relation}
JOIN jsonb_to_recordset(CAST(:days AS jsonb))
  AS d(disbursed_on date, latest_maturity date, in_time text, days_words text) USING (disbursed_on)
JOIN jsonb_to_recordset(CAST(:ceilings AS jsonb))
  AS c(contract_date date, disbursed_on date, rate_day date, ceiling numeric, stale boolean, words text, reason text)
  USING (contract_date, disbursed_on)
JOIN jsonb_to_recordset(CAST(:businesses AS jsonb))
  AS k(sector text, industry text, finance_like boolean, investment_management boolean, result text, value text,
    remedy text, size_result text, size_remedy text)
  USING (sector, industry, finance_like, investment_management)
{white_list}
CROSS JOIN LATERAL (SELECT {results} OFFSET 0) r
"""
# OFFSET keeps each result worked out once, however often it is named.
_WHITE_LIST = f"""
LEFT JOIN LATERAL (
  SELECT range_agg(daterange(valid_from, valid_to, '[]'))
      FILTER (WHERE valid_to IS NULL OR valid_to >= valid_from) AS periods,
    string_agg({day("valid_from")} || '至' || COALESCE({day("(valid_to + 1)")}, '今'), '、' ORDER BY valid_from) AS words
  FROM white_list WHERE white_list.uscc = l.uscc
) w ON true
"""


def _check(rule: Rule, code: str, words: Words, values: dict[str, Any], number: int) -> str:
    """SQL of one check that did not pass, as JSON: its words with what depends on the loan put in. NULL if it passed."""
    branches = ["WHEN 'pass' THEN NULL"]
    for result in (Result.FAIL, Result.LOOK):
        word = words.get((code, result.value))
        if word is None and (rule.value is None or rule.remedy is None):
            continue  # nobody has words for it: left to the row-wise function
        said, own = _said(rule, code, words, result)
        key = f"w{number}_{result.value}"
        values[key] = json.dumps(said, ensure_ascii=False)
        made = f"(SELECT CAST(:{key} AS jsonb))"  # what all loans have in common is made once
        if own:
            made += f" || jsonb_build_object({', '.join(f'{name!r}, {sql}' for name, sql in own.items())})"
        branches.append(f"WHEN '{result.value}' THEN {made}")
    return f"CASE r.r{number} {' '.join(branches)} ELSE '{_MARK}'::jsonb END"


def _said(rule: Rule, code: str, words: Words, result: Result) -> tuple[dict[str, Any], dict[str, str]]:
    """What a check says with this result, and the SQL of the fields the loan itself fills in."""
    word = words.get((code, result.value))
    base = next(words[code, other.value] for other in Result if (code, other.value) in words)
    said = base.model_dump(mode="json") | {"result": result.value}
    said |= {"value": word.value, "remedy": word.remedy} if word else {"remedy": ""}
    own = {name: getattr(rule, name) for name in _OF_THE_LOAN if getattr(rule, name) is not None}
    if result is Result.PASS:
        own.pop("remedy", None)
    return {name: value for name, value in said.items() if name not in own}, own


def _days(terms: Terms, filed_on: date, days: Iterable[date], calendar: WorkingCalendar) -> str:
    """What depends on the day of disbursement alone, worked out by the policy's own functions (JSON)."""
    limit = terms.integer("filing_within_days")
    rows = []
    for disbursed in days:
        count = calendar.working_days_between(disbursed, filed_on)
        good = 0 <= count.days <= limit and not count.provisional
        rows.append(
            {
                "disbursed_on": disbursed.isoformat(),
                "latest_maturity": latest_maturity(disbursed, terms).isoformat(),
                "in_time": "pass" if good else "look",
                "days_words": f"{count.days} 个工作日{'（日历暂定）' if count.provisional else ''}",
            }
        )
    return json.dumps(rows)


def _ceilings(terms: Terms, days: Iterable[tuple[date, date]], quotes: Any) -> str:
    """The rate ceiling of every distinct day a rate was fixed on (JSON)."""
    signing = terms.choice("lpr_day") == "signing"
    rows = []
    for signed, disbursed in days:
        fixed = signed if signing else disbursed
        limit = rate_ceiling(fixed, terms, quotes)
        rows.append(
            {
                "contract_date": signed.isoformat(),
                "disbursed_on": disbursed.isoformat(),
                "rate_day": fixed.isoformat(),
                "ceiling": None if limit.ceiling is None else str(limit.ceiling),
                "stale": limit.stale,
                "words": "无可用报价" if limit.ceiling is None else f"不超过 {percent_text(limit.ceiling)}",
                "reason": limit.reason,
            }
        )
    return json.dumps(rows)


def _businesses(s: Session, board: Board, loans: Loans, terms: Terms, filed_on: date) -> str:
    """The check of every distinct line of business, as the policy's own function makes it (JSON)."""
    names = ("sector", "industry", "finance_like", "investment_management")
    rows = []
    for found in loans.distinct(s, *names):
        row = dict(zip(names, found, strict=True))
        firm = row | {"sector": Sector(row["sector"]) if row["sector"] else None}
        firm |= {"industry": Industry(row["industry"]), "employees": 1}  # 微型, whatever the industry
        specimen = made_up(board, terms, filed_on, firm, {})
        checks = {check.code: check for check in eligibility.filing(specimen, terms.parameters)}
        sector, size = checks["enterprise.sector"], checks["enterprise.size"]
        rows.append(
            row
            | {"result": sector.result, "value": sector.value, "remedy": sector.remedy}
            | {"size_result": size.result, "size_remedy": size.remedy}
        )
    return json.dumps(rows)


def by_hand(s: Session, loans: Loans, key: int, filed_on: date) -> list[dict[str, Any]]:
    """The checks of one loan that did not pass, as the policy's function says them."""
    query = text(f"SELECT l.* FROM {loans.relation} WHERE l.key = :one")
    row = s.connection().execute(query, {**loans.values, "one": key}).mappings().one()
    loan = Loan(**{name: value for name, value in row.items() if name in Loan.model_fields})
    return [check for check in _row_wise(s, loan, filed_on) if check["result"] != Result.PASS.value]


def _row_wise(s: Session, loan: Loan, filed_on: date) -> list[dict[str, Any]]:
    checks = eligibility.filing(reading.filing(s, loan, filed_on), rules(s), working_calendar(s))
    return [check.model_dump(mode="json") for check in checks]
