"""What a task's case is about: the claim with its loan, or the loans of a filing; their checks, and who looked at them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlmodel import Session

from api.pages import task_decision, task_facts
from api.pages.case_views import CheckView
from api.pages.posted import by_field
from api.pages.render import stamp
from api.pages.task_form import Prepared, Typed
from api.pages.views import Tag
from flows.actions.errors import FieldFault
from flows.steps import evidence
from flows.steps.evidence import Asked
from models.lifecycle import Process
from models.policy.lines import Check, Result
from models.records import claim as claims
from models.records import loan, look, recovery
from models.records.case import CaseRecord
from models.records.claim import Claim
from models.records.loan import LOAN_STATE_NAMES, Loan, LoanState
from models.records.look import CheckLook, Key
from models.records.recovery import Recovery
from models.records.task import Task

MOST_LOANS = 200
"""Loans of a filing listed on the page; the others are in the application form beside it."""


@dataclass(frozen=True, slots=True)
class LoanRow:
    """A loan of a filing: its facts, its checks, and whether the reviewer takes it out."""

    loan: Loan
    checks: tuple[CheckView, ...]
    tag: Tag
    excluded: bool
    reason: str
    error: str


@dataclass(frozen=True, slots=True)
class Matter:
    """What the case is about: a claim or a recovery with its loan, or the loans of a filing; with their checks."""

    case: CaseRecord
    claim: Claim | None
    loans: Sequence[Loan]
    checks: list[Check]
    by_loan: list[tuple[Loan, list[Check]]]
    looks: Mapping[Key, CheckLook]
    recovery: Recovery | None = None

    @property
    def prepared(self) -> list[Prepared]:
        """The 补正清单 as the checks suggest it."""
        return task_decision.prepared_of(self.checks, self.by_loan)

    @property
    def names(self) -> dict[str, str]:
        """Loans of a filing by id: “第 2 笔 某公司”."""
        return {str(one.id): f"第 {one.item} 笔 {one.firm_name}" for one, _ in self.by_loan}

    def views(self, loan_id: int, checks: Sequence[Check], verify_href: str = "") -> tuple[CheckView, ...]:
        """Checks of one loan with who looked at them; `verify_href` is where the reader's tick goes, if they may."""
        seen = {one.check.code: one.seen for one in self.asked(loan_id, checks)}
        return tuple(
            replace(
                view,
                key=f"{view.key}@{loan_id}",
                verify_href="" if seen[view.key] else verify_href,
                verified=seen_words(seen[view.key]),
            )
            if view.key in seen
            else replace(view, key="")
            for view in task_facts.check_views(checks)
        )

    def asked(self, loan_id: int, checks: Sequence[Check]) -> list[Asked]:
        """Those of the checks that ask for a person."""
        found = []
        for check in checks:
            if check.result is Result.LOOK:
                of = (loan_id, check.code, look.fingerprint(check.model_dump(mode="json")))
                found.append(Asked(loan_id, 0, check, self.looks.get(of)))
        return found

    def kinds(self, verify_href: str) -> tuple[CheckView, ...]:
        """Checks several loans of a filing still ask for, each once: one tick for all of them."""
        found: dict[str, list[Asked]] = {}
        for one, checks in self.by_loan:
            if one.state == LoanState.FILED:
                for asked in self.asked(one.id or 0, checks):
                    if asked.seen is None:
                        found.setdefault(asked.check.code, []).append(asked)
        return tuple(
            replace(
                task_facts.check_views([same[0].check])[0],
                title=f"{same[0].check.label}（{len(same)} 笔）",
                detail="逐笔核对后可以一次核实；每一笔都分别留下记录。",
                key=code,
                verify_href=verify_href,
            )
            for code, same in found.items()
            if len(same) > 1
        )


def seen_words(seen: CheckLook | None) -> str:
    """“陈嘉敏 11-23 10:02 已核实：营业执照原件”; empty for nobody."""
    if seen is None:
        return ""
    return f"{seen.person_name} {stamp(seen.at)} 已核实" + (f"：{seen.remark}" if seen.remark else "")


def matter_of(db: Session, task: Task) -> Matter:
    """The case of a task with what its checks are kept on."""
    case = db.get_one(CaseRecord, task.case_id)
    looks = look.by_key(db, task.case_id)
    if case.process == Process.FILING:
        loans = loan.of_case(db, task.case_id)
        by_loan = [(one, task_facts.checks_of(db, one)) for one in loans]
        return Matter(case, None, loans, [], by_loan, looks)
    loan_id, checks = evidence.of_case(db, case)
    found = [db.get_one(Loan, loan_id)]
    if case.process == Process.RECOVERY:
        return Matter(case, None, found, checks, [], looks, recovery.of_case(db, task.case_id))
    return Matter(case, claims.of_case(db, task.case_id), found, checks, [], looks)


def _verdict(one: Loan, checks: Sequence[Check], asked: Sequence[Asked]) -> Tag:
    if one.state != LoanState.FILED:
        return Tag(LOAN_STATE_NAMES[one.state], "ok" if one.state == LoanState.REGISTERED else "late")
    failed = sum(check.result is Result.FAIL for check in checks)
    left = sum(one.seen is None for one in asked)
    if failed:
        return Tag(f"{failed} 不符", "late", "x")
    if left:
        return Tag(f"{left} 需人工", "soon", "eye")
    return Tag("已核实" if asked else "通过", "ok", "check")


def loan_rows(
    matter: Matter, kept: Typed, faults: Sequence[FieldFault], verify_href: str
) -> tuple[LoanRow, ...]:
    """The first loans of a filing; `kept` is what was typed about them."""
    errors = by_field(faults)
    return tuple(
        LoanRow(
            one,
            matter.views(one.id or 0, checks, verify_href if one.state == LoanState.FILED else ""),
            _verdict(one, checks, matter.asked(one.id or 0, checks)),
            str(one.id) in kept.excluded or one.state == LoanState.EXCLUDED,
            kept.excluded.get(str(one.id), one.state_reason),
            errors.get(f"reason-{one.id}", ""),
        )
        for one, checks in matter.by_loan[:MOST_LOANS]
    )
