"""Meters (限额表): used, reserved, free, and who used it; on the task page, the limits pages and the bank's pages."""

from dataclasses import dataclass
from decimal import Decimal

from sqlmodel import Session

from api.pages.case_views import MeterView
from api.pages.render import wan, yuan
from api.pages.task_facts import clause_view
from api.pages.views import ClauseView, Tone
from flows.steps.accounts import Draw, bank_year_ceiling, draws
from models.lifecycle import Process
from models.policy import compensation
from models.policy.facts import BankClaimFacts
from models.policy.fields import parse
from models.policy.parameters import Terms
from models.records import institution, ledger, readings, usage, waiting
from models.records.case import CaseRecord
from models.records.claim import of_case as claim_of
from models.records.ledger import AccountKind, LedgerAccount
from models.records.rules import edition
from models.records.task import Task

ZERO = Decimal("0.00")
USERS_SHOWN = 3
CLAUSES = {
    AccountKind.BUDGET: "三（一）",
    AccountKind.BANK_YEAR: "三（四）",
    AccountKind.ENTERPRISE: "三（四）",
    AccountKind.RECOVERY: "四（二）",
}


@dataclass(frozen=True, slots=True)
class UserView:
    """A case that uses a limit, 元; `href` is empty where the reader may not open it."""

    number: str
    subject: str
    place: str
    reserved: Decimal
    paid: Decimal
    href: str = ""


@dataclass(frozen=True, slots=True)
class Meter:
    """One limit as it stands now. `note` says how its ceiling came about, `other` the other reading of 当年 (A1),
    `line` who waits for room, `tone` that this case does not fit."""

    label: str
    clause: ClauseView | None
    meter: MeterView
    href: str = ""
    note: str = ""
    other: str = ""
    line: str = ""
    tone: Tone | None = None
    users: tuple[UserView, ...] = ()
    more: int = 0


def of_task(db: Session, task: Task) -> tuple[Meter, ...]:
    """The limits the task's claim meets, once it has been calculated."""
    case = db.get_one(CaseRecord, task.case_id)
    return of_case(db, case)


def of_case(db: Session, case: CaseRecord) -> tuple[Meter, ...]:
    """The limits a claim meets, with its own amount hatched until it is reserved."""
    if case.process != Process.CLAIM or case.closed_at is not None:
        return ()
    claimed = claim_of(db, case.id or 0)
    if claimed.award is None or claimed.calculated is None:
        return ()
    amount = claimed.calculated if claimed.approved is None else ZERO
    names = {key: name.short_name for key, name in institution.names_on(db, case.opened_at.date()).items()}
    found = []
    for draw in draws(db, case, claimed, amount):
        other = ""
        if draw.kind is AccountKind.BANK_YEAR:
            facts = parse(BankClaimFacts, claimed.facts)
            terms = compensation.terms_of(facts, edition(db, claimed.award["parameter_version"]))
            other = _other_reading(db, case.institution_id, facts, terms)
        found.append(_drawn(db, draw, names, case.number, other))
    return tuple(found)


def _drawn(db: Session, draw: Draw, names: dict[int, str], number: str, other: str) -> Meter:
    account = ledger.account(db, draw.kind, draw.key)
    ceiling = account.ceiling if account else ZERO
    if draw.ceiling is not None:
        ceiling = max(draw.ceiling, account.used if account else ZERO)
    view = MeterView(
        account.paid - account.returned if account else ZERO,
        account.reserved if account else ZERO,
        draw.amount,
        ceiling,
    )
    users, more = users_of(db, account, names, leave_out=number)
    return Meter(
        draw.label,
        clause_view(CLAUSES[draw.kind]),
        view,
        f"/limits/{account.id}" if account else "",
        draw.why,
        other,
        line_words(db, account),
        "late" if view.over else None,
        users,
        more,
    )


def users_of(
    db: Session, account: LedgerAccount | None, names: dict[int, str], *, leave_out: str = ""
) -> tuple[tuple[UserView, ...], int]:
    """The largest users of an account, and how many more there are."""
    if account is None:
        return (), 0
    found = [u for u in usage.by_case(db, account.id or 0, 200) if u.number != leave_out]
    shown = tuple(
        UserView(
            u.number, u.subject, names.get(u.institution_id, ""), u.reserved, u.paid, f"/cases/{u.number}"
        )
        for u in found[:USERS_SHOWN]
    )
    return shown, len(found) - len(shown)


def line_words(db: Session, account: LedgerAccount | None) -> str:
    """Who waits for room, in a sentence."""
    count, needed = waiting.ahead(db, account.id or 0, None) if account else (0, ZERO)
    return f"{count} 件待额度，共需 {yuan(needed)} 元" if count else ""


def _other_reading(db: Session, bank: int, facts: BankClaimFacts, terms: Terms) -> str:
    """A1: the room of the bank-year under the reading that is not in force, where it differs."""
    vintage = terms.choice("cap_basis") == "vintage"
    ruling, year = facts.loan.disbursed_on.year, facts.accepted_on.year
    if not vintage:
        ruling, year = year, ruling
    if ruling == year and not readings_differ(db, bank, year):
        return ""
    return reading_words(db, bank, year, terms, by_vintage=not vintage)


def reading_words(db: Session, bank: int, year: int, terms: Terms, *, by_vintage: bool) -> str:
    """One reading of 当年 in words, with its figures."""
    ceiling, _ = bank_year_ceiling(db, bank, year, terms)
    use = readings.used(db, bank, year, by_vintage=by_vintage)
    name = terms.parameters.get("cap_basis").choices["vintage" if by_vintage else "claim_year"]
    left = max(ceiling - use.used, ZERO)
    return (
        f"若“当年”按{name}（{year}）：限额 {wan(ceiling)}，已付 {wan(use.paid)}，"
        f"预留 {wan(use.reserved)}，余 {wan(left)} 万元（{use.cases} 件）"
    )


def readings_differ(db: Session, bank: int, year: int) -> bool:
    """Whether the two readings of 当年 count different use for a bank's year."""
    one, other = (readings.used(db, bank, year, by_vintage=reading) for reading in (True, False))
    return (one.paid, one.reserved) != (other.paid, other.reserved)
