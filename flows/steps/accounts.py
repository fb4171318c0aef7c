"""Which accounts of the ledger a claim draws on, how much of each, and up to which ceiling.

A1, A3, A16, A19 and A21 are readings of the policy's parameters; here they become keys and ceilings of accounts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from sqlmodel import Session, col, select

from models import clock
from models.gates import ACCEPTANCE, Outcome
from models.lifecycle import Board
from models.money import round_down_fen, round_up_fen
from models.policy import compensation
from models.policy.facts import BankClaimFacts
from models.policy.fields import parse
from models.policy.parameters import Terms
from models.records import institution, ledger, lending, readings
from models.records.case import CaseRecord, EntryKind, JournalEntry
from models.records.claim import Claim
from models.records.ledger import AccountKind, EntryType, LedgerAccount, LedgerEntry
from models.records.loan import Loan
from models.records.readings import LOSS, OF_CLAIMS, OF_LOSS, OtherUse
from models.records.rules import edition, rules

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Draw:
    """A claim's use of one limit, 元. `amount` is in the account's own measure: compensation, or loss where the
    limit counts loss (A3, A16). `ceiling` is the claim's own; None where the account's is the one (budget).

    `follows`: the ceiling goes down with its base too. `waits`: a claim without room waits for it, it is not cut.
    """

    kind: AccountKind
    key: str
    label: str
    amount: Decimal
    ceiling: Decimal | None = None
    why: str = ""
    follows: bool = False
    waits: bool = False

    def opened(self, s: Session) -> LedgerAccount:
        """The account, locked, its ceiling brought up to date."""
        found = ledger.opened(s, self.kind, self.key, self.label)
        if self.ceiling is not None and (self.follows or self.ceiling > found.ceiling):
            ledger.keep_ceiling(s, found, self.ceiling, self.why)
        return found

    def room(self, found: LedgerAccount) -> Decimal:
        """What this claim finds left (元), below zero where a ceiling fell under what was used."""
        own = found.ceiling if self.ceiling is None else min(self.ceiling, found.ceiling)
        return own - found.used


def terms_of_loan(s: Session, loan: Loan) -> Terms:
    """A19: the terms of the loan's day; of the policy's first day for older loans."""
    used = rules(s)
    return used.on(max(loan.disbursed_on, used.get("policy_from").rows[0].since))


def accepted_on(s: Session, record: CaseRecord) -> date:
    """受理日: the day the claim was accepted (its claim-year, A19); today while it is not."""
    query = select(JournalEntry.finished_at).where(
        JournalEntry.case_id == record.id,
        JournalEntry.kind == EntryKind.GATE,
        JournalEntry.name == ACCEPTANCE.key,
        col(JournalEntry.voided_at).is_(None),
        col(JournalEntry.result)["outcome"].as_string() == Outcome.APPROVE.value,
    )
    finished = s.exec(query).first()
    return clock.local(finished).date() if finished else clock.today()


def enterprise_key(terms: Terms, uscc: str, institution_id: int, accepted: date) -> str:
    """A3: over the whole term and all banks together, unless a parameter says per year or per bank; in compensation
    unless it says loss."""
    year = f"|{accepted.year}" if terms.choice("enterprise_cap_period") == "year" else ""
    bank = f"|{institution_id}" if terms.choice("enterprise_cap_banks") == "each" else ""
    return uscc + year + bank + (LOSS if _on_loss(terms) else "")


def enterprise_elsewhere(
    s: Session, terms: Terms, uscc: str, institution_id: int, accepted: date
) -> tuple[Decimal, Decimal]:
    """What a firm's claims within the scope of these terms hold reserved and were paid in accounts of other readings
    (元, in this reading's measure). A resolution that changes A3 starts new accounts, never a new limit."""
    used = rules(s)
    if all(len(used.get(name).rows) == 1 for name in _A3):
        return ZERO, ZERO
    one_bank = institution_id if terms.choice("enterprise_cap_banks") == "each" else None
    one_year = accepted.year if terms.choice("enterprise_cap_period") == "year" else None
    own = enterprise_key(terms, uscc, institution_id, accepted)
    return _in_measure(readings.firm_elsewhere(s, uscc, own, one_bank, one_year), on_loss=_on_loss(terms))


def _in_measure(uses: Iterable[OtherUse], *, on_loss: bool) -> tuple[Decimal, Decimal]:
    """What is reserved and was paid (元) in the measure of a limit: compensation, or the loss it stands for."""
    reserved, paid_out = ZERO, ZERO
    for use in uses:
        rate = Fraction(use.rate) or Fraction(1)
        factor = Fraction(1) if use.on_loss == on_loss else 1 / rate if on_loss else rate
        reserved += round_up_fen(Fraction(use.reserved) * factor)
        paid_out += round_up_fen(Fraction(use.paid) * factor)
    return reserved, paid_out


_A3 = ("enterprise_cap_period", "enterprise_cap_banks", "enterprise_cap_on")


def _on_loss(terms: Terms) -> bool:
    return terms.choice("enterprise_cap_on") == "loss"


def bank_year_key(terms: Terms, institution_id: int, year: int) -> str:
    """One bank's year, as 当年 is read (A1): of the loans disbursed in it, unless a parameter says of the claims accepted
    in it; in compensation unless it says loss (A16)."""
    claims = "" if terms.choice("cap_basis") == "vintage" else OF_CLAIMS
    loss = OF_LOSS if terms.choice("cap_applies_to") == "loss" else ""
    return f"{institution_id}:{claims}{loss}{year}"


def of_bank_year(key: str, terms: Terms) -> tuple[int, int, Terms]:
    """Bank and year of an account, and `terms` with 当年 and the measure read as the account reads them."""
    bank, *marks = key.split(":")
    read = {
        "cap_basis": "claim_year" if OF_CLAIMS[:-1] in marks else "vintage",
        "cap_applies_to": "loss" if OF_LOSS[:-1] in marks else "compensation",
    }
    return int(bank), int(marks[-1]), terms.reading(read)


def bank_year_elsewhere(s: Session, terms: Terms, institution_id: int, year: int) -> tuple[Decimal, Decimal]:
    """What a bank's claims of the year by this reading hold reserved and were paid in accounts of other readings (元, in
    this reading's measure). As with A3, a resolution starts new accounts, never a new limit."""
    used = rules(s)
    if all(len(used.get(name).rows) == 1 for name in _A1):
        return ZERO, ZERO
    own = bank_year_key(terms, institution_id, year)
    vintage = terms.choice("cap_basis") == "vintage"
    return _in_measure(
        readings.bank_elsewhere(s, institution_id, year, own, by_vintage=vintage),
        on_loss=terms.choice("cap_applies_to") == "loss",
    )


_A1 = ("cap_basis", "cap_applies_to")


def bank_year_ceiling(s: Session, institution_id: int, year: int, terms: Terms) -> tuple[Decimal, str]:
    """What a bank's year leaves to the account of this reading, cut to the fen (元), and how it came about."""
    ceiling, why = bank_year_limit(s, institution_id, year, terms)
    if elsewhere := sum(bank_year_elsewhere(s, terms, institution_id, year), ZERO):
        ceiling = max(ceiling - elsewhere, ZERO)
        why += f"，减按其他口径已占用的 {elsewhere:,.2f} 元"
    return ceiling, why


def bank_year_limit(s: Session, institution_id: int, year: int, terms: Terms) -> tuple[Decimal, str]:
    """三（四）: “……贷款本金总额的2%为限”, cut to the fen (元), and how it came about. A2: with what the year before
    left, where a parameter lets unused room carry over."""
    ratio = Fraction(terms.decimal("bank_year_cap_ratio"))
    base = lending.lent(s, institution_id, year)
    ceiling = ratio * Fraction(base)
    why = f"{year}年纳入范围放款本金 {base:,.2f} 元 × {terms.text('bank_year_cap_ratio')}"
    if terms.choice("unused_cap") == "carries":
        before = ledger.account(s, AccountKind.BANK_YEAR, bank_year_key(terms, institution_id, year - 1))
        used = before.used if before else ZERO
        used += sum(bank_year_elsewhere(s, terms, institution_id, year - 1), ZERO)
        carried = ratio * Fraction(lending.lent(s, institution_id, year - 1)) - Fraction(used)
        ceiling += max(carried, Fraction(0))
        why += "，另加上年结转"
    return round_down_fen(ceiling), why


def bank_year_label(terms: Terms, bank: str, year: int) -> str:
    """What the account of a bank's year is called; a reading that is not the usual one is named."""
    claims = "" if terms.choice("cap_basis") == "vintage" else "（按受理年度）"
    return f"{bank}{year}年度补偿限额{claims}"


def budget_year(s: Session, record: CaseRecord) -> int:
    """A19: the budget year the case already holds money of, else that of the decision (or of 受理)."""
    entries = ledger.entries_of_case(s, record.id or 0)
    holds = _held(entries)
    for _, account in entries:
        if account.kind == AccountKind.BUDGET and (account.id or 0) in holds:
            return int(account.key)
    today = clock.today()
    if rules(s).on(today).choice("budget_year_day") == "decision":
        return today.year
    return accepted_on(s, record).year


def draws(s: Session, record: CaseRecord, claimed: Claim, amount: Decimal) -> list[Draw]:
    """What a claim of `amount` (元) takes, in the order accounts are locked. Enterprise and bank-year limits
    stand in 三（四） only; 三（一） “总额控制” covers both boards."""
    found: list[Draw] = []
    if record.board == Board.BANK:
        found = _bank_draws(s, record, claimed, amount)
    year = budget_year(s, record)
    label = f"{year}年度风险补偿预算"
    return [*found, Draw(AccountKind.BUDGET, str(year), label, amount, waits=True)]


def _bank_draws(s: Session, record: CaseRecord, claimed: Claim, amount: Decimal) -> list[Draw]:
    award = claimed.award or {}
    facts = parse(BankClaimFacts, claimed.facts)
    terms = compensation.terms_of(facts, edition(s, award["parameter_version"]))
    loan = s.get_one(Loan, claimed.loan_id)
    rate = Fraction(Decimal(str(award["rate"])))
    per_year = f"{facts.accepted_on.year}年" if terms.choice("enterprise_cap_period") == "year" else ""
    cap_year = loan.disbursed_on.year if terms.choice("cap_basis") == "vintage" else facts.accepted_on.year
    ceiling, why = bank_year_ceiling(s, record.institution_id, cap_year, terms)
    short = institution.name_on(s, record.institution_id, clock.today()).short_name
    of_firm = (terms, loan.uscc, record.institution_id, facts.accepted_on)
    elsewhere = sum(enterprise_elsewhere(s, *of_firm), ZERO)
    also = f"，减按其他口径已占用的 {elsewhere:,.2f} 元" if elsewhere else ""
    return [
        Draw(
            AccountKind.ENTERPRISE,
            enterprise_key(*of_firm),
            f"{loan.firm_name}{per_year}单家企业补偿限额",
            _measured(amount, rate, on_loss=_on_loss(terms)),
            terms.decimal("bank_enterprise_cap") - elsewhere,
            f"单家企业补偿限额（{terms.source('bank_enterprise_cap')}）{also}",
            follows=bool(elsewhere),
        ),
        Draw(
            AccountKind.BANK_YEAR,
            bank_year_key(terms, record.institution_id, cap_year),
            bank_year_label(terms, short, cap_year),
            _measured(amount, rate, on_loss=terms.choice("cap_applies_to") == "loss"),
            ceiling,
            why,
            follows=True,
            waits=terms.choice("over_cap") == "deferred",
        ),
    ]


def _measured(amount: Decimal, rate: Fraction, *, on_loss: bool) -> Decimal:
    """Compensation in the measure of a limit: the loss it stands for, rounded up to the fen, where loss counts."""
    if not on_loss or not rate:
        return amount
    return round_up_fen(Fraction(amount) / rate)


def held(s: Session, case_id: int) -> dict[int, Decimal]:
    """What a case holds reserved, by account (元)."""
    return _held(ledger.entries_of_case(s, case_id))


def _held(entries: Sequence[tuple[LedgerEntry, LedgerAccount]]) -> dict[int, Decimal]:
    signs = {EntryType.RESERVE: 1, EntryType.RELEASE: -1, EntryType.SETTLE: -1}
    sums: dict[int, Decimal] = {}
    for entry, _ in entries:
        key = entry.account_id
        sums[key] = sums.get(key, ZERO) + signs.get(EntryType(entry.type), 0) * entry.amount
    return {key: amount for key, amount in sums.items() if amount}


def paid(s: Session, case_id: int) -> dict[int, Decimal]:
    """What was paid for a case less what came back, by account (元)."""
    signs = {EntryType.SETTLE: 1, EntryType.RETURN: -1}
    sums: dict[int, Decimal] = {}
    for entry, account in ledger.entries_of_case(s, case_id):
        if account.kind != AccountKind.RECOVERY:
            key = entry.account_id
            sums[key] = sums.get(key, ZERO) + signs.get(EntryType(entry.type), 0) * entry.amount
    return {key: amount for key, amount in sums.items() if amount}
