"""Filing (备案): one submission of 1…n loans becomes one case.

四（二）: “各受托管理机构负责资金管理、备案审核、项目审核、后续跟踪等工作”.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from flows.actions.attaching import Upload, attach_stored, stored_all
from flows.actions.errors import FieldFault, InvalidError, permitted
from flows.actions.forms.application_forms import FilingForm, LoanForm
from flows.actions.opening import open_case, route_managing, told
from flows.steps import facts
from flows.steps.facts import quotes
from models import clock
from models.lifecycle import Board, Process
from models.permissions import Actor, may_file
from models.policy import eligibility, lpr
from models.policy.lines import Check
from models.policy.size_class import classify
from models.records.case import CaseRecord
from models.records.enterprise import Enterprise, stays_in_short
from models.records.institution import ShareAgreement, agreements_of
from models.records.loan import LOAN_STATE_NAMES, Loan, LoanState
from models.records.reference import working_calendar
from models.records.rules import rules

__all__ = ["References", "duplicates", "firms_of", "loan_facts", "preview", "route_managing", "submit"]


def submit(s: Session, actor: Actor, form: FilingForm, files: Sequence[Upload] = ()) -> CaseRecord:
    """File the loans of the form. Raises `ForbiddenError`, or `InvalidError` naming every duplicate and bad file."""
    permitted(may_file(actor, form.board))
    faults = duplicates(s, actor.institution_id, form.loans)
    if faults:
        raise InvalidError(faults)
    kept = stored_all(s, files)
    one = form.loans[0] if len(form.loans) == 1 else None
    record = open_case(
        s,
        actor,
        Process.FILING,
        form.board,
        subject=one.firm_name if one else f"{len(form.loans)} 笔贷款",
        amount=sum((loan.principal for loan in form.loans), Decimal("0.00")),
        uscc=one.uscc if one else "",
        town=str(one.town) if one else "",
    )
    try:
        with s.begin_nested():
            s.add_all(_rows(s, actor, record, form.loans))
    except IntegrityError as error:  # somebody filed the same 借据 while we looked
        raise InvalidError(duplicates(s, actor.institution_id, form.loans) or _TAKEN) from error
    for file in kept:
        attach_stored(s, actor, record, file)
    told(s, actor, record, "filing_submitted", "filing_received", loans=len(form.loans))
    return record


_TAKEN = (FieldFault("loans", "其中有借据刚刚由本单位另一笔提交备案，请刷新后核对。"),)


def duplicates(
    s: Session, institution_id: int, loans: Sequence[LoanForm], *, own_case: int | None = None
) -> tuple[FieldFault, ...]:
    """A fault for each loan filed twice, within the form or earlier; `own_case` is the case being corrected."""
    faults: list[FieldFault] = []
    first: dict[tuple[str, str], int] = {}
    earlier = _earlier(s, institution_id, {loan.contract_number for loan in loans})
    for place, loan in enumerate(loans):
        key = (loan.contract_number, loan.receipt_number)
        field = f"loans.{place}.receipt_number"
        if key in first:
            faults.append(
                FieldFault(field, f"与第 {first[key] + 1} 笔的合同号、借据号相同，同一借据只能备案一次。")
            )
            continue
        first[key] = place
        if key in earlier and (own_case is None or earlier[key][0] != own_case):
            _, number, state = earlier[key]
            said = f"该借据已在 {number} 中备案（{state}），不能重复备案；展期请办理续备案。"
            faults.append(FieldFault(field, said))
    return tuple(faults)


def _earlier(
    s: Session, institution_id: int, contracts: Collection[str]
) -> dict[tuple[str, str], tuple[int, str, str]]:
    """Living loans of the institution under these contracts: (contract, receipt) → case id, its number, the state."""
    query = (
        select(Loan, CaseRecord.number)
        .join(CaseRecord, col(CaseRecord.id) == col(Loan.case_id))
        .where(
            Loan.institution_id == institution_id,
            col(Loan.contract_number).in_(contracts),
            col(Loan.state).in_((LoanState.FILED, LoanState.REGISTERED)),
        )
    )
    return {
        (one.contract_number, one.receipt_number): (
            one.case_id,
            number,
            LOAN_STATE_NAMES[LoanState(one.state)],
        )
        for one, number in s.exec(query)
    }


def _rows(s: Session, actor: Actor, record: CaseRecord, forms: Sequence[LoanForm]) -> list[Loan]:
    """The loans of a case; what is looked up for them is looked up once for all."""
    board, firms = Board(record.board), firms_of(s, forms)
    known = References(s, board, actor.institution_id, firms)
    return [
        Loan(
            case_id=record.id or 0,
            item=item,
            board=record.board,
            institution_id=actor.institution_id,
            enterprise_id=firms[form.uscc],
            **known.columns(form),
        )
        for item, form in enumerate(forms, start=1)
    ]


def loan_facts(s: Session, board: Board, institution_id: int, form: LoanForm) -> dict[str, Any]:
    """The columns of a loan as filed, with what the records add: its firm's size, LPR, white list, shares."""
    return References(s, board, institution_id, [form.uscc]).columns(form)


class References:
    """What the records add to loans as filed, read once for many of them: rules, quotes, white list, agreements."""

    def __init__(self, s: Session, board: Board, institution_id: int, firms: Collection[str]) -> None:
        self._rules = rules(s)
        self._quotes = quotes(s) or lpr.shipped_quotes()
        self._quote_on: dict[date, lpr.Quote | None] = {}
        self._on: dict[tuple[date, date], dict[str, Any]] = {}
        self._stays = stays_in_short(s, firms) if board == Board.BANK else {}
        self._agreements = agreements_of(s, institution_id) if board == Board.GUARANTEE else ()

    def columns(self, form: LoanForm) -> dict[str, Any]:
        """The columns of one loan."""
        return self.of(vars(form))

    def of(self, filed: Mapping[str, Any]) -> dict[str, Any]:
        """The columns of one loan from the values of its form, by field."""
        signed, disbursed = filed["contract_date"], filed["disbursed_on"]
        if (signed, disbursed) not in self._on:
            self._on[signed, disbursed] = self._of_days(signed, disbursed)
        listed = next((w for w in self._stays.get(filed["uscc"], ()) if w.covers(disbursed)), None)
        return {
            **filed,
            "sector": str(filed["sector"]),
            "industry": str(filed["industry"]),
            "town": str(filed["town"]),
            "guarantee_method": filed["guarantee_method"].value,
            "size_class": _size(filed),
            "white_list_batch": listed.batch if listed else "",
            "parameter_version": self._rules.version,
            **self._on[signed, disbursed],
        }

    def _of_days(self, signed: date, disbursed: date) -> dict[str, Any]:
        """What depends on the days alone: the quote in force and the shares agreed on."""
        terms = self._rules.on(max(disbursed, self._rules.get("policy_from").rows[0].since))
        if signed not in self._quote_on:
            self._quote_on[signed] = lpr.latest(self._quotes, signed)
        quote = self._quote_on[signed]
        shares = next((a for a in self._agreements if a.valid_from <= signed), None)
        return {
            "lpr_pct": quote.of(terms.choice("lpr_tenor")) if quote else None,
            "lpr_published_on": quote.published_on if quote else None,
            **_shares(shares),
        }


def preview(s: Session, board: Board, institution_id: int, form: LoanForm) -> tuple[Check, ...]:
    """The checks the loan would meet if it were filed today; nothing is stored."""
    row = Loan(
        case_id=0,
        item=1,
        board=board,
        institution_id=institution_id,
        enterprise_id=0,
        **loan_facts(s, board, institution_id, form),
    )
    return eligibility.filing(facts.filing(s, row, clock.today()), rules(s), working_calendar(s))


def _size(filed: Mapping[str, Any]) -> str:
    size = classify(
        filed["industry"],
        on=filed["disbursed_on"],
        employees=filed["employees"],
        revenue_wan=filed["revenue_wan"],
        assets_wan=filed["assets_wan"],
    ).size
    return str(size) if size else ""


def firms_of(s: Session, forms: Sequence[LoanForm]) -> dict[str, int]:
    """The firms as last filed, by credit code; two filings at the same time write one row each."""
    known = {
        form.uscc: {
            "uscc": form.uscc,
            "legal_representative": "",
            "name": form.firm_name,
            "sector": str(form.sector),
            "finance_like": form.finance_like,
            "investment_management": form.investment_management,
            "industry": str(form.industry),
            "employees": form.employees,
            "revenue_wan": form.revenue_wan,
            "assets_wan": form.assets_wan,
            "size_class": _size(vars(form)),
            "town": str(form.town),
            "legal_person": form.legal_person,
        }
        for form in forms
    }
    # in the order of their codes: two filings that name the same firms do not wait for each other in a circle
    query = insert(Enterprise).values([known[code] for code in sorted(known)])
    fresh = {name: query.excluded[name] for name in next(iter(known.values())) if name not in _KEPT}
    stored = query.on_conflict_do_update(index_elements=["uscc"], set_=fresh)
    rows = s.connection().execute(stored.returning(col(Enterprise.uscc), col(Enterprise.id)))
    return {code: key or 0 for code, key in rows}


_KEPT = {"uscc", "legal_representative"}
"""What another filing does not change of a firm."""


def _shares(agreement: ShareAgreement | None) -> dict[str, int]:
    if agreement is None:
        return {}
    return {
        "share_bank": agreement.bank,
        "share_national": agreement.national,
        "share_provincial": agreement.provincial,
        "share_city": agreement.city,
        "share_other": agreement.other,
    }
