"""From the records to the policy's facts: everything a check or a figure depends on, read at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sqlmodel import Session, col, select

from flows.steps.accounts import (
    accepted_on,
    bank_year_elsewhere,
    bank_year_key,
    budget_year,
    enterprise_elsewhere,
    enterprise_key,
    terms_of_loan,
)
from models import clock
from models.lifecycle import Board
from models.policy import facts, lpr, towns
from models.policy.parameters import Terms
from models.policy.sector import Sector
from models.policy.size_class import Industry
from models.records import institution, ledger, lending, loan_change, readings, reference
from models.records.case import CaseRecord
from models.records.claim import Claim
from models.records.enterprise import WhiteListEntry
from models.records.ledger import AccountKind, LedgerAccount
from models.records.loan import Loan, LoanState
from models.records.loan_change import ChangeKind
from models.records.marks import kept
from models.records.two_people import Verdict

ZERO = Decimal("0.00")
SMALL = "小微企业"
UNNUMBERED = "未提交"
TYPES = {
    "credit": "信用贷款",
    "pledge_ip": "知识产权质押贷款",
    "receivable": "应收账款质押贷款",
    "personal": "信用贷款",
}
"""Ways a loan is secured that name a loan type of 三（四）; every other one a person must look at."""


def quotes(s: Session) -> tuple[lpr.Quote, ...]:
    """The LPR quotes the office keeps."""
    return kept(
        s,
        "lpr_quotes",
        lambda: tuple(
            lpr.Quote(
                published_on=q.published_on,
                one_year=q.one_year.normalize() + 0,
                five_year=q.five_year.normalize() + 0,
            )
            for q in reference.lpr_quotes(s)
        ),
    )


def firm(s: Session, loan: Loan) -> facts.Enterprise:
    """The borrower as filed with the loan, and its stays on the white list."""
    stays = s.exec(
        select(WhiteListEntry)
        .where(WhiteListEntry.uscc == loan.uscc)
        .order_by(col(WhiteListEntry.valid_from))
    )
    bank = loan.board == Board.BANK
    return facts.Enterprise(
        name=loan.firm_name,
        uscc=loan.uscc,
        legal_person=loan.legal_person,
        in_dongguan=towns.inside(loan.town),
        sector=Sector(loan.sector) if loan.sector else None,
        finance_like=loan.finance_like,
        investment_management=loan.investment_management,
        industry=Industry(loan.industry),
        employees=loan.employees,
        revenue_wan=loan.revenue_wan,
        assets_wan=loan.assets_wan,
        white_list=tuple(_stay(w) for w in stays) if bank else None,
        fund_object=None if bank else SMALL,
    )


def _stay(entry: WhiteListEntry) -> facts.Period:
    """`valid_to` is the last day on the list; a period ends on the day of removal, the day after it."""
    until = entry.valid_to + timedelta(days=1) if entry.valid_to else None
    return facts.Period(since=entry.valid_from, until=until)


def shares(loan: Loan) -> facts.Shares | None:
    """The risk shares of the agreement (%), on the guarantee board."""
    if loan.share_city is None:
        return None
    parts = (loan.share_bank, loan.share_national, loan.share_provincial, loan.share_city, loan.share_other)
    bank, national, province, city, other = (Decimal(p or 0) for p in parts)
    return facts.Shares(bank=bank, national=national, province=province, city=city, other=other)


def drawdown(s: Session, loan: Loan, filed_on: date | None) -> facts.Loan:
    """The loan as filed."""
    return facts.Loan(
        institution=institution.name_on(s, loan.institution_id, loan.disbursed_on).name,
        contract_no=loan.contract_number,
        receipt_no=loan.receipt_number,
        principal=loan.principal,
        rate_pct=loan.annual_rate_pct.normalize() + 0,
        signed_on=loan.contract_date,
        disbursed_on=loan.disbursed_on,
        matures_on=loan.due_on,
        filed_on=filed_on,
        loan_type=TYPES.get(loan.guarantee_method),
        physical_mortgage=loan.guarantee_method == "mortgage",
        guarantee_company=loan.guarantee_method == "guarantor",
        national_fund_loan=loan.national_fund_backed if loan.board == Board.GUARANTEE else None,
        shares=shares(loan),
        other_board=False,
        already_filed=False,
        extensions=_extensions(s, loan),
        representatives=_representatives(s, loan),
    )


def _extensions(s: Session, loan: Loan) -> tuple[facts.Extension, ...]:
    """Extensions registered for the loan; one that is not confirmed yet has no filing of its own (续备案)."""
    if loan.id is None or loan.state != LoanState.REGISTERED:
        return ()
    return tuple(
        facts.Extension(
            signed_on=change.on, new_maturity=change.new_due_on, filed=change.verdict == Verdict.CONFIRMED
        )
        for change in loan_change.of_loans(s, [loan.id]).get(loan.id, ())
        if change.new_due_on is not None
    )


def _representatives(s: Session, loan: Loan) -> tuple[facts.Representative, ...]:
    """Changes of the firm's legal representative registered for the loan, confirmed or not."""
    if loan.id is None or loan.state != LoanState.REGISTERED:
        return ()
    return tuple(
        facts.Representative(
            day=change.on,
            former=change.before["representative"],
            successor=change.after["representative"],
            confirmed=change.verdict == Verdict.CONFIRMED,
        )
        for change in loan_change.of_loans(s, [loan.id]).get(loan.id, ())
        if change.kind == ChangeKind.REPRESENTATIVE
    )


def filing(s: Session, loan: Loan, filed_on: date) -> facts.FilingFacts:
    """The facts a filed loan's eligibility is judged by."""
    board = Board(loan.board)
    return facts.FilingFacts(
        board=board, enterprise=firm(s, loan), loan=drawdown(s, loan, filed_on), quotes=quotes(s) or None
    )


def claim(s: Session, claimed: Claim, loan: Loan, record: CaseRecord | None) -> facts.ClaimFacts:
    """The facts of one claim, with every balance it depends on as the ledger has them now; `record` is None for a
    claim that is looked at before it is submitted."""
    accepted = accepted_on(s, record) if record else clock.today()
    submitted_on = clock.local(record.opened_at).date() if record else clock.today()
    year = budget_year(s, record) if record else clock.today().year
    common = {
        "claim_no": record.number if record else UNNUMBERED,
        "enterprise": firm(s, loan),
        "loan": drawdown(s, loan, None),
        "accepted_on": accepted,
        "unpaid_principal": claimed.unpaid_principal - _net_recovered(claimed),
        "asked": claimed.requested,
        "overdue_days": max((submitted_on - claimed.overdue_since).days, 0),
        "asset_class": claimed.classification,
        "recovery_started": bool(claimed.recovery_plan),
        "registered": True,
        "claimed_before": False,
        "quotes": _decisive(s, loan),
    }
    if loan.board == Board.GUARANTEE:
        return facts.GuaranteeClaimFacts(
            **common,
            budget=budget_of(s, year),
            subrogated_on=claimed.guarantor_paid_on,
            submitted_on=submitted_on,
            upper_settled=claimed.fund_shares_confirmed,
        )
    terms = terms_of_loan(s, loan)
    firm_key = enterprise_key(terms, loan.uscc, loan.institution_id, accepted)
    years = _bank_years(terms, loan.disbursed_on, accepted)
    wanted = [
        (AccountKind.BUDGET, str(year)),
        (AccountKind.ENTERPRISE, firm_key),
        *((AccountKind.BANK_YEAR, bank_year_key(terms, loan.institution_id, one)) for one in years.ours),
    ]
    found = ledger.standing(s, wanted)
    return facts.BankClaimFacts(
        **common,
        budget=budget_of(s, year, found),
        enterprise_prior=(enterprise_prior(s, terms, loan.uscc, loan.institution_id, accepted, found),),
        bank_years=bank_years(s, terms, loan.institution_id, loan.disbursed_on, accepted, found),
    )


def _decisive(s: Session, loan: Loan) -> tuple[lpr.Quote, ...] | None:
    """The quotes the claim's loan is judged by, so that the pinned facts stand on their own."""
    known = quotes(s)
    return lpr.decisive(known, (loan.contract_date, loan.disbursed_on)) if known else None


def _net_recovered(claimed: Claim) -> Decimal:
    """What recovery brought after its costs; costs above it reduce nothing."""
    return max(claimed.recovered - claimed.recovery_costs, ZERO)


Found = Mapping[tuple[AccountKind, str], LedgerAccount]
"""Accounts that were looked up together; without them each of the following looks for its own."""


def budget_of(s: Session, year: int, found: Found | None = None) -> facts.Budget:
    """What is left of a budget year; nothing where none was set."""
    key = (AccountKind.BUDGET, str(year))
    account = (ledger.standing(s, [key]) if found is None else found).get(key)
    return facts.Budget(year=year, left=account.left if account else ZERO)


def enterprise_prior(
    s: Session, terms: Terms, uscc: str, institution_id: int, accepted: date, found: Found | None = None
) -> facts.EnterprisePrior:
    """What an enterprise has had so far, as its limit is read (A3), accounts of earlier readings included."""
    key = (AccountKind.ENTERPRISE, enterprise_key(terms, uscc, institution_id, accepted))
    account = (ledger.standing(s, [key]) if found is None else found).get(key)
    on_loss = terms.choice("enterprise_cap_on") == "loss"
    elsewhere = enterprise_elsewhere(s, terms, uscc, institution_id, accepted)
    return facts.EnterprisePrior(**_with(_used(account, on_loss=on_loss), elsewhere, on_loss=on_loss))


def _with(
    had: dict[str, Decimal], elsewhere: tuple[Decimal, Decimal], *, on_loss: bool
) -> dict[str, Decimal]:
    """The use of a limit and what accounts of other readings hold (reserved, paid)."""
    also = (
        {"loss": sum(elsewhere, ZERO)} if on_loss else dict(zip(("reserved", "paid"), elsewhere, strict=True))
    )
    return had | {name: had.get(name, ZERO) + more for name, more in also.items() if more}


@dataclass(frozen=True, slots=True)
class _Years:
    """The years of a bank a claim is judged beside: `ours` by the reading of 当年 in force, `others` by the other."""

    ours: frozenset[int]
    others: frozenset[int]


def _bank_years(terms: Terms, disbursed_on: date, accepted: date) -> _Years:
    vintage = terms.choice("cap_basis") == "vintage"
    ruling, other = (disbursed_on.year, accepted.year) if vintage else (accepted.year, disbursed_on.year)
    ours, others = {ruling}, {other}
    if terms.choice("unused_cap") == "carries":
        ours, others = {ruling - 1, ruling}, {other - 1, other}
    return _Years(frozenset(ours), frozenset(others - ours))


def bank_years(
    s: Session,
    terms: Terms,
    institution_id: int,
    disbursed_on: date,
    accepted: date,
    found: Found | None = None,
) -> tuple[facts.BankYear, ...]:
    """The year of disbursement and that of 受理 (A1), with the use of each by its own reading of 当年; the years
    before them where unused room carries over (A2)."""
    years = _bank_years(terms, disbursed_on, accepted)
    keys = {year: (AccountKind.BANK_YEAR, bank_year_key(terms, institution_id, year)) for year in years.ours}
    accounts = ledger.standing(s, list(keys.values())) if found is None else found
    vintage, on_loss = terms.choice("cap_basis") == "vintage", terms.choice("cap_applies_to") == "loss"
    told = []
    for year, base in sorted(lending.lent_in(s, institution_id, years.ours | years.others).items()):
        if year in keys:
            elsewhere = bank_year_elsewhere(s, terms, institution_id, year)
            use = _with(_used(accounts.get(keys[year]), on_loss=on_loss), elsewhere, on_loss=on_loss)
        else:
            other = readings.used(s, institution_id, year, by_vintage=not vintage)
            use = {"paid": other.paid, "reserved": other.reserved}
        told.append(facts.BankYear(year=year, lending=base, **use))
    return tuple(told)


def _used(account: LedgerAccount | None, *, on_loss: bool) -> dict[str, Decimal]:
    """The use of a limit in the words of the policy's facts; a limit on loss keeps loss in its account."""
    if account is None:
        return {}
    if on_loss:
        return {"loss": account.used}
    return {"paid": account.paid, "reserved": account.reserved, "returned": account.returned}
