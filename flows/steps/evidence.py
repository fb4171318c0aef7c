"""The checks of a case as they stand, and which of them a person still has to look at (人工核对)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from models.lifecycle import Process
from models.policy.lines import Check
from models.records import claim as claims
from models.records import look, recovery
from models.records.case import CaseRecord
from models.records.claim import Claim
from models.records.loan import Loan
from models.records.look import CheckLook

MOST_NAMED = 6


@dataclass(frozen=True, slots=True)
class Asked:
    """A check that asks for a person: of which loan, and who looked at it (None: nobody yet)."""

    loan_id: int
    item: int
    check: Check
    seen: CheckLook | None


def of_claim(claimed: Claim) -> list[Check]:
    """The checks of a claim and, once it is calculated, of its figures; of two with one code the later."""
    stored: list[dict[str, Any]] = [
        *claimed.checks.get("checks", ()),
        *(claimed.award or {}).get("checks", ()),
    ]
    return list({one["code"]: Check.model_validate(one) for one in stored}.values())


def of_case(s: Session, record: CaseRecord) -> tuple[int, list[Check]]:
    """The loan (its id) and the checks of a claim or a recovery."""
    if record.process == Process.RECOVERY:
        stored = recovery.of_case(s, record.id or 0).checks.get("checks", ())
        return recovery.claim_of(s, record).loan_id, [Check.model_validate(one) for one in stored]
    claimed = claims.of_case(s, record.id or 0)
    return claimed.loan_id, of_claim(claimed)


def problem(check: Check) -> str:
    """What a check that did not pass says in a 补正清单."""
    return f"{check.label}：{check.value}" + (f"，要求{check.expected}" if check.expected else "")


def asked(s: Session, record: CaseRecord) -> list[Asked]:
    """Every check in force whose outcome is that a person must look. Loans taken out of a filing ask nothing."""
    seen = look.by_key(s, record.id or 0)
    if record.process == Process.FILING:
        rows: Iterable[tuple[int, int, str, dict[str, Any]]] = look.asked_of_loans(s, record.id or 0)
    else:
        loan_id, checks = of_case(s, record)
        item = s.get_one(Loan, loan_id).item
        stored = (check.model_dump(mode="json") for check in checks)
        rows = [(loan_id, item, "", one) for one in stored if one["result"] == "look"]
    return [
        Asked(
            loan_id, item, Check.model_validate(one), seen.get((loan_id, one["code"], look.fingerprint(one)))
        )
        for loan_id, item, _, one in rows
    ]


def unlooked(s: Session, record: CaseRecord, without: Collection[str] = ()) -> list[Asked]:
    """The checks nobody has looked at; `without` are ids of loans this answer takes out of the filing."""
    return [one for one in asked(s, record) if one.seen is None and str(one.loan_id) not in without]


def sentence(found: Sequence[Asked], record: CaseRecord) -> str:
    """What keeps an approval from being given, naming the checks; empty if nothing does."""
    if not found:
        return ""
    items: dict[str, list[int]] = {}
    for one in found:
        items.setdefault(one.check.label, []).append(one.item)
    filing = record.process == Process.FILING
    named = [f"“{label}”{_which(of) if filing else ''}" for label, of in items.items()]
    more = f"等 {len(named)} 种" if len(named) > MOST_NAMED else ""
    return (
        f"还有 {len(found)} 项须人工核对的检查没有核实：{'、'.join(named[:MOST_NAMED])}{more}。"
        "请在“自动核对”中逐项核实后再提交；核实不符的，请退回或作出不予的结论。"
    )


def _which(items: Sequence[int]) -> str:
    shown = "、".join(str(item) for item in items[:MOST_NAMED])
    return f"（第 {shown}{' 等' if len(items) > MOST_NAMED else ''} 笔）"
