"""测算 with the records at hand: what the facts leave out is read from the ledger; a decided case is computed again."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlmodel import Session, select

from flows.actions.errors import ForbiddenError, NotThereError
from flows.steps import facts
from models import clock
from models.lifecycle import Process
from models.permissions import Actor, may_see_case
from models.policy import explain as explaining
from models.policy.compensation import terms_of
from models.policy.errors import PolicyError
from models.policy.explain import Explanation
from models.policy.facts import BankClaimFacts, ClaimFacts
from models.records import case as cases
from models.records import claim as claims
from models.records.institution import InstitutionName, name_on
from models.records.reference import working_calendar
from models.records.rules import edition, rules


def explain(s: Session, actor: Actor | None, data: object) -> tuple[Explanation, ...]:
    """Explain a facts document; balances, quotes and resolutions it does not give are those of the records.

    An applicant may ask about its own institution only; None is the operator of the machine. Raises `FactsError`,
    `PolicyError`, `ForbiddenError`.
    """
    asked = explaining.asked(data, rules(s))
    if actor is not None and not actor.watches_all:
        _only_own(s, actor, asked)
    filled = tuple(_filled(s, claim) for claim in asked)
    return explaining.explain_claims(filled, rules(s), working_calendar(s))


def _only_own(s: Session, actor: Actor, asked: tuple[ClaimFacts, ...]) -> None:
    query = select(InstitutionName).where(InstitutionName.institution_id == actor.institution_id)
    own = {name for row in s.exec(query) for name in (row.name, row.short_name)}
    for claim in asked:
        if claim.loan.institution not in own:
            known = name_on(s, actor.institution_id, clock.today()).name
            raise ForbiddenError(
                f"申请 {claim.claim_no} 的申报机构是“{claim.loan.institution}”，只能测算你单位（{known}）的申请。"
            )


def _filled(s: Session, claim: ClaimFacts) -> ClaimFacts:
    known: dict[str, Any] = {}
    terms = terms_of(claim, rules(s))
    if claim.budget is None:
        decision = terms.choice("budget_year_day") == "decision"
        day = (claim.decided_on if decision else None) or claim.accepted_on  # A19
        known["budget"] = facts.budget_of(s, day.year)
    if claim.quotes is None:
        known["quotes"] = facts.quotes(s) or None
    if isinstance(claim, BankClaimFacts):
        place = _institution(s, claim.loan.institution)
        if claim.enterprise_prior is None and (place or terms.choice("enterprise_cap_banks") == "all"):
            code = claim.enterprise.uscc
            known["enterprise_prior"] = (
                facts.enterprise_prior(s, terms, code, place or 0, claim.accepted_on),
            )
        if claim.bank_years is None and place is not None:
            known["bank_years"] = facts.bank_years(
                s, terms, place, claim.loan.disbursed_on, claim.accepted_on
            )
    return claim.model_copy(update=known)


def _institution(s: Session, name: str) -> int | None:
    query = select(InstitutionName.institution_id).where(
        (InstitutionName.name == name) | (InstitutionName.short_name == name)
    )
    return s.exec(query).first()


@dataclass(frozen=True, slots=True)
class Recomputed:
    """A case computed again from its pinned facts and parameters, beside what is recorded (元).

    `same` says that the recomputed figure, capped by what was asked, is the recorded one to the fen.
    """

    number: str
    version: str
    recorded: Decimal
    explanation: Explanation
    same: bool


def recompute(s: Session, actor: Actor | None, number: str) -> Recomputed:
    """A claim as it was calculated: its own facts, its own edition of the parameters, whatever changed since.

    Raises `NotThereError` for no such claim (or one the actor may not see), `PolicyError` before it is calculated.
    """
    record = cases.by_number(s, number)
    if record is None or record.process != Process.CLAIM:
        raise NotThereError(f"没有找到补偿案件 {number}。")
    if actor is not None and not may_see_case(actor, record.institution_id):
        raise NotThereError(f"没有找到补偿案件 {number}。")
    claimed = claims.of_case(s, record.id or 0)
    if claimed.facts is None or claimed.award is None:
        raise PolicyError(f"案件 {number} 尚未测算，没有可复算的金额。")
    version = _pinned_version(claimed.award)
    given = explaining.read(claimed.facts)
    (answer,) = explaining.explain_claims(given, edition(s, version), working_calendar(s))
    recorded = claimed.calculated or Decimal("0.00")
    again = min(answer.award.payable, claimed.requested)
    return Recomputed(number, version, recorded, answer, again == recorded)


def _pinned_version(award: Mapping[str, Any]) -> str:
    return str(award["parameter_version"])
