"""Changes of a registered loan: 展期（续备案）, 提前还款, 法定代表人变更, 更正, 异常情况. Its institution registers, the managing
one confirms.

四（二）: “备案审核、项目审核、后续跟踪”. Once a claim is filed nothing of the loan is corrected any more; what happened
since (an extension, a repayment, another legal representative, an anomaly) may still be added.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from flows.actions import two_people
from flows.actions.acted import acted
from flows.actions.applications.filing import duplicates, firms_of, loan_facts
from flows.actions.errors import ConflictError, FieldFault, InvalidError, NotThereError, permitted
from flows.actions.forms import change_forms
from flows.actions.forms.application_forms import loan_form
from flows.actions.forms.change_forms import (
    FORMS,
    AnomalyForm,
    ExtensionForm,
    PrepaymentForm,
    RepresentativeForm,
    as_typed,
    corrigible,
    typed_value,
)
from flows.actions.typed import attempt
from flows.steps import document_change, facts, notices
from models import clock
from models.lifecycle import Board
from models.permissions import Actor, Verdict, may_decide_loan_change, may_file
from models.policy import deadlines, eligibility
from models.policy.anomalies import ANOMALY_NAMES
from models.policy.facts import Extension
from models.policy.lines import Check, Result
from models.records import institution
from models.records.case import CaseRecord
from models.records.claim import on_loan
from models.records.document import Document
from models.records.loan import WRITTEN, Loan, LoanState
from models.records.loan_change import (
    CHANGE_NAMES,
    ChangeKind,
    LoanChange,
    of_loan,
    outstanding,
)
from models.records.reference import working_calendar
from models.records.rules import rules
from models.records.two_people import Verdict as Decision


def propose(s: Session, actor: Actor, loan_id: int, kind: ChangeKind, typed: Mapping[str, Any]) -> LoanChange:
    """Register a change; it counts once the managing institution has confirmed it.

    Raises `NotThereError`, `ForbiddenError`, `ConflictError` (not registered, another change waits, a claim is
    filed), `InvalidError` with every fault at once.
    """
    loan = _own(s, actor, loan_id)
    changes = of_loan(s, loan_id)
    apart = kind is ChangeKind.ANOMALY  # reported whatever else waits
    if any(change.verdict is None and (change.kind == ChangeKind.ANOMALY) == apart for change in changes):
        what = "异常情况" if apart else "变更"
        raise ConflictError(f"这笔贷款已有一项{what}待审核，请等审核后再登记，或先撤回那一项。")
    names = FORMS[kind].model_fields
    form, faults = attempt(FORMS[kind], {name: typed.get(name, "") for name in names})
    values: dict[str, Any] = {"on": clock.today()}
    found: list[FieldFault] = [*faults, *(change_forms.against_loan(form, loan, changes) if form else ())]
    if kind is ChangeKind.CORRECTION:
        _not_claimed(s, loan_id)
        before, after, wrong = _corrected(s, loan, typed)
        found += wrong
        values |= {"before": before, "after": after}
    elif isinstance(form, ExtensionForm):
        values |= {"on": form.on, "new_due_on": form.new_due_on}
    elif isinstance(form, PrepaymentForm):
        values |= {"on": form.on, "repaid": form.repaid}
    elif isinstance(form, RepresentativeForm):
        who = {"before": {"representative": form.former}, "after": {"representative": form.successor}}
        values |= {"on": form.on} | who
    elif isinstance(form, AnomalyForm):
        values |= form.model_dump(include={"on", "anomaly", "unpaid", "measures"})
    if form is None or found:
        raise InvalidError(tuple(found))
    due = deadlines.due("change_review_days", clock.today(), working_calendar(s), rules(s))
    change = LoanChange(
        loan_id=loan_id, kind=kind, number=f"{loan.filing_number}-变{len(changes) + 1}", due_on=due.day,
        reason=form.reason, document=form.document, proposed_by=actor.person_id, proposed_at=clock.now(), **values,
    )  # fmt: skip
    s.add(change)
    try:
        s.flush()
    except IntegrityError as error:
        raise ConflictError("这笔贷款刚刚由本单位另一人登记了一项变更，请刷新后再看。") from error
    _tell(s, actor, loan, change, "loan_change_registered")
    return change


def _own(s: Session, actor: Actor, loan_id: int) -> Loan:
    """The registered loan of the actor's institution, its row locked."""
    query = select(Loan).where(Loan.id == loan_id).with_for_update()
    loan = s.exec(query.execution_options(populate_existing=True)).first()
    if loan is None or loan.institution_id != actor.institution_id:
        raise NotThereError("没有找到这笔贷款。")
    permitted(may_file(actor, Board(loan.board)))
    if loan.state != LoanState.REGISTERED:
        raise ConflictError("这笔贷款尚未备案，不能登记变更；备案审核中的，请在补正时更正。")
    return loan


def _not_claimed(s: Session, loan_id: int) -> None:
    claimed = on_loan(s, loan_id)
    if claimed is not None:
        number = s.get_one(CaseRecord, claimed.case_id).number
        raise ConflictError(
            f"这笔贷款已申请补偿（{number}），基础信息不能再更正；只能补充登记展期或提前还款。"
        )


def _corrected(
    s: Session, loan: Loan, typed: Mapping[str, Any]
) -> tuple[dict[str, str], dict[str, str], list[FieldFault]]:
    """What stands and what would stand, of the fields that differ; every fault of the loan as it would be."""
    kind = loan_form(Board(loan.board))
    stands = as_typed(kind, loan)
    wanted = stands | {name: str(typed[name]) for name in corrigible(Board(loan.board)) if name in typed}
    form, faults = attempt(kind, wanted)
    if form is None:
        return {}, {}, list(faults)
    after = {name: typed_value(getattr(form, name)) for name in kind.model_fields}
    changed = [name for name in after if after[name] != stands[name]]
    found = [
        FieldFault("receipt_number", fault.message)
        for fault in duplicates(s, loan.institution_id, (form,), own_case=loan.case_id)
    ]
    if not changed:
        found.append(FieldFault("reason", "没有任何改动，请先更正上面的内容。"))
    return {n: stands[n] for n in changed}, {n: after[n] for n in changed}, found


def decide(s: Session, actor: Actor, change_id: int, verdict: Decision, note: str = "") -> LoanChange:
    """Confirm (it counts from now on), reject, or withdraw one's own. A correction is checked once more."""
    change = s.get(LoanChange, change_id) if change_id < 2**31 else None
    loan = s.get(Loan, change.loan_id) if change else None
    if loan is None or not (actor.watches_all or loan.institution_id == actor.institution_id):
        raise NotThereError("没有找到这项变更。")
    filing = s.get_one(CaseRecord, loan.case_id)
    if verdict is Decision.REJECTED and not note.strip():
        raise InvalidError((FieldFault("note", "请写明不予确认的原因，申报机构会看到。"),))

    def may_confirm(who: Actor, by: int, name: str) -> Verdict:
        return may_decide_loan_change(who, filing.managing_institution_id, loan.institution_id, by, name)

    def confirmed(row: LoanChange) -> None:
        if row.kind == ChangeKind.CORRECTION:
            _correct(s, loan, row)
        elif row.repaid is not None and row.repaid > outstanding(loan, of_loan(s, row.loan_id)):
            raise ConflictError("提前归还的本金已大于剩余本金，不能确认。")

    row = two_people.decide(
        s,
        actor,
        LoanChange,
        change_id,
        verdict,
        note,
        called="变更",
        may_confirm=may_confirm,
        confirmed=confirmed,
    )
    if verdict is not Decision.WITHDRAWN:
        _tell(s, actor, loan, row, "loan_change_decided")
        papers = _papers(s, actor, loan, row) if verdict is Decision.CONFIRMED else ()
        told = {
            "what": CHANGE_NAMES[ChangeKind(row.kind)],
            "loan": f"{loan.firm_name} {loan.receipt_number}",
            "number": row.number,
            "confirmed": verdict is Decision.CONFIRMED,
            "anomaly": row.anomaly is not None,
            "note": row.note,
        }
        notices.announce(
            s, filing, "loan_change_decided", document=papers[-1] if papers else None, context=told
        )
    return row


def _papers(s: Session, actor: Actor, loan: Loan, change: LoanChange) -> tuple[Document, ...]:
    """The 变更备案表, and of an extension the 续备案确认书; of an anomaly the 异常情况表. On the timelines of the filing and of
    the claim."""
    if change.kind == ChangeKind.ANOMALY:
        papers = [document_change.anomaly(s, change)]
    else:
        papers = [document_change.form(s, change, change_forms.corrected(Board(loan.board), change))]
    if change.new_due_on is not None:
        papers.append(document_change.confirmation(s, change))
    for paper in papers:
        issued(s, actor, loan, paper)
    return tuple(papers)


def issued(s: Session, actor: Actor, loan: Loan, paper: Document) -> None:
    """Note a document of a change on the timelines it belongs to."""
    told = {"title": paper.title, "number": paper.number or "", "document_id": paper.id}
    for case_id in _cases(s, loan):
        acted(s, actor, case_id, "document_issued", told)


def _correct(s: Session, loan: Loan, change: LoanChange) -> None:
    """The loan holds what is right from now on; what stood before stays in the change."""
    s.refresh(loan, with_for_update=True)
    _not_claimed(s, change.loan_id)
    kind = loan_form(Board(loan.board))
    form, faults = attempt(kind, as_typed(kind, loan) | change.after)
    if form is None:
        raise ConflictError(f"更正后的内容已不符合要求，不能确认：{faults[0].message}")
    columns = loan_facts(s, Board(loan.board), loan.institution_id, form)
    try:
        with s.begin_nested():
            for name, value in columns.items():
                setattr(loan, name, value)
            s.flush()
    except IntegrityError as error:
        raise ConflictError("更正后的合同号、借据号与本单位另一笔备案相同，不能确认。") from error
    firms_of(s, [form])


def foreseen(s: Session, change: LoanChange) -> tuple[Check, ...]:
    """What the loan would fail once the change counts, by the checks of its filing. An anomaly changes nothing."""
    if change.kind == ChangeKind.ANOMALY:
        return ()
    loan = s.get_one(Loan, change.loan_id)
    filing = s.get_one(CaseRecord, loan.case_id)
    asked = facts.filing(s, loan, clock.local(filing.opened_at).date())
    if change.new_due_on is not None:
        every = (
            *(e for e in asked.loan.extensions if e.filed),
            Extension(signed_on=change.on, new_maturity=change.new_due_on, filed=True),
        )
        asked = asked.model_copy(update={"loan": asked.loan.model_copy(update={"extensions": every})})
    if change.kind == ChangeKind.CORRECTION:
        kind = loan_form(Board(loan.board))
        form, _ = attempt(kind, as_typed(kind, loan) | change.after)
        if form is None:
            return ()
        kept = {name: getattr(loan, name) for name in Loan.model_fields if name not in WRITTEN}
        would = Loan(**kept | loan_facts(s, Board(loan.board), loan.institution_id, form))
        asked = facts.filing(s, would, clock.local(filing.opened_at).date())
    checks = eligibility.filing(asked, rules(s), working_calendar(s))
    return tuple(check for check in checks if check.result is Result.FAIL)


def said(change: LoanChange) -> str:
    """The change in words."""
    if change.new_due_on is not None:
        return f"{change.on} 签订展期，到期日改为 {change.new_due_on}"
    if change.repaid is not None:
        return f"{change.on} 提前归还本金 {change.repaid:,.2f} 元"
    if change.kind == ChangeKind.REPRESENTATIVE:
        names = (change.before["representative"], change.after["representative"])
        return f"{change.on} 法定代表人由{names[0]}变更为{names[1]}"
    if change.anomaly is not None:
        return f"{change.on} 发现{ANOMALY_NAMES[change.anomaly]}，未还本金 {change.unpaid:,.2f} 元"
    return f"更正 {len(change.after)} 项"


def in_words(changes: Sequence[LoanChange]) -> str:
    """The changes of a loan that count or wait, for a line of facts."""
    return "；".join(said(one) + ("" if one.verdict else "（待确认）") for one in changes)


def _cases(s: Session, loan: Loan) -> tuple[int, ...]:
    """The filing of a loan, and its claim if there is one."""
    claimed = on_loan(s, loan.id or 0)
    return (loan.case_id, claimed.case_id) if claimed else (loan.case_id,)


def _tell(s: Session, actor: Actor, loan: Loan, change: LoanChange, event: str) -> None:
    """On the timeline of the filing, and of the claim if there is one."""
    organ = institution.name_on(s, actor.institution_id, clock.today()).short_name
    for case_id in _cases(s, loan):
        data = {
            "number": change.number,
            "what": CHANGE_NAMES[ChangeKind(change.kind)],
            "words": said(change),
            "firm": loan.firm_name,
            "confirmed": change.verdict == Decision.CONFIRMED,
            "note": change.note,
        }
        acted(s, actor, case_id, event, data, organ=organ)
    s.flush()
