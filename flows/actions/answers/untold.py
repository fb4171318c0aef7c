"""未一次告知: a return that names a fault which could already be seen at an earlier return that did not name it.

四（二） asks for everything to be told at once. Recorded with the answer for the managers' figures; it hinders nothing.
Faults that were named before and are still there are the applicant's, and do not count.
"""

from typing import Any

from sqlmodel import Session, col, select

from flows.steps import evidence
from models.gates import Outcome
from models.lifecycle import Process
from models.policy.lines import Check, Result
from models.records import loan as loans
from models.records.case import CaseRecord
from models.records.task import Task

MOST_KEPT = 2000
"""Visible faults remembered of one return."""


def noted(s: Session, record: CaseRecord, fields: dict[str, Any]) -> dict[str, Any]:
    """What a return keeps besides its faults: `visible` and `named`, keys of checks that did not pass then, and
    `untold`, the problems named now that an earlier return showed and did not name. Empty lists are left out."""
    shown = _visible(s, record)
    given = [(str(f.get("where", "")), str(f.get("problem", ""))) for f in fields.get("faults", ())]
    named = {
        key for key, (where, problem) in shown.items()
        if any(p == problem and w.startswith(where) for w, p in given)
    }  # fmt: skip
    untold = sorted(shown[key][1] for key in named & _missed(s, record))
    kept = {"visible": sorted(shown)[:MOST_KEPT], "named": sorted(named)[:MOST_KEPT], "untold": untold}
    return {name: words for name, words in kept.items() if words}


def possible(s: Session, record: CaseRecord) -> frozenset[str]:
    """The problems that would be 未一次告知 if they were named now: what the answerer is warned of."""
    missed = _missed(s, record)
    return frozenset(problem for key, (_, problem) in _visible(s, record).items() if key in missed)


def _missed(s: Session, record: CaseRecord) -> set[str]:
    """What earlier returns showed and none of them named."""
    could, did = set[str](), set[str]()
    for earlier in _returns(s, record):
        could |= set(earlier.get("visible", ()))
        did |= set(earlier.get("named", ()))
    return could - did


def _visible(s: Session, record: CaseRecord) -> dict[str, tuple[str, str]]:
    """Checks that did not pass: key → how its place begins, and the problem in words."""
    if record.process != Process.FILING:
        found = [("", check) for check in evidence.of_case(s, record)[1]]
    else:
        found = [
            (f"第{one.item}笔", Check.model_validate(stored))
            for one in loans.of_case(s, record.id or 0)
            for stored in one.checks.get("checks", ())
            if stored["result"] != Result.PASS
        ]
    return {
        f"{where}|{check.code}": (where, evidence.problem(check))
        for where, check in found
        if check.result is not Result.PASS
    }


def _returns(s: Session, record: CaseRecord) -> list[dict[str, Any]]:
    query = select(Task).where(Task.case_id == record.id, Task.outcome == Outcome.RETURN)
    return [task.fields for task in s.exec(query.order_by(col(Task.id)))]
