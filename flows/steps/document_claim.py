"""The documents of a claim until it is announced: D15–D20."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlmodel import Session

from flows.documents import contexts
from flows.steps import document_facts as known
from flows.steps import evidence, papers
from flows.steps.document_base import Common
from models import clock
from models.gates import GATES
from models.lifecycle import Board
from models.money import round_down_fen
from models.policy import deadlines
from models.policy.materials import CLAIM_SLOTS
from models.records import attachment
from models.records import claim as claims
from models.records import loan as loans
from models.records.case import CaseRecord
from models.records.claim import Claim
from models.records.institution import names_on
from models.records.loan import Loan
from models.records.person import Person
from models.records.reference import working_calendar
from models.records.rules import rules
from models.records.task import TaskState, of_case

REVIEWS = ("acceptance", "first_review")
CHAIN = ("first_review", "second_review", "office_review", "leader_approval")


def of(s: Session, record: CaseRecord) -> tuple[Claim, Loan]:
    """The claim and its loan."""
    claimed = claims.of_case(s, record.id or 0)
    return claimed, loans.by_id(s, claimed.loan_id)


def shared(s: Session, record: CaseRecord, common: Common) -> dict[str, Any]:
    """What every document about one claim says."""
    return {
        **common,
        "board": record.board.value,
        "applicant": known.full_name(s, record.institution_id),
        "loan": known.loan_facts(s, of(s, record)[1]),
    }


def application(s: Session, record: CaseRecord, common: Common) -> contexts.ClaimApplication:
    """D15."""
    claimed, loan = of(s, record)
    files = attachment.current(s, record.id or 0)
    listed = [contexts.Material(no=n, title=title) for n, title in enumerate(titles(record, files), start=1)]
    return contexts.ClaimApplication(
        **shared(s, record, common),
        default_on=claimed.overdue_since,
        overdue_days=max((known.opened_on(record) - claimed.overdue_since).days, 0),
        risk_class=known.asset_class(claimed),
        unpaid_principal=claimed.unpaid_principal,
        repaid_on=claimed.guarantor_paid_on,
        repaid_amount=claimed.guarantor_paid,
        shares=known.risk_shares(loan, known.whole_loss(claimed)),
        loss=_borne(known.whole_loss(claimed), loan),
        claimed=claimed.requested,
        lines=known.asked_lines(claimed, loan),
        cause=claimed.cause,
        recovery=claimed.recovery_plan,
        account=known.account(claimed),
        materials=tuple(listed) or (contexts.Material(no=1, title="申请材料目录", note="材料随系统报送"),),
        contact=known.contact(s, record.institution_id),
    )


def titles(record: CaseRecord, files: Sequence[attachment.Attachment]) -> list[str]:
    """The materials' names as the rules list them, in that order, each once; other files after them."""
    slots = {slot.key: slot.title for slot in CLAIM_SLOTS[Board(record.board)]}
    present = {file.slot for file in files}
    others = [file.filename for file in files if file.slot not in slots]
    return [*(title for key, title in slots.items() if key in present), *others]


def _borne(loss: Decimal, loan: Loan) -> Decimal:
    """The applicant's own part of a loss (元): a guarantor bears its share of the agreement, a bank all of it."""
    if loan.share_city is None:
        return loss
    return round_down_fen(Fraction(loss) * loan.share_city / 100)


def acceptance(s: Session, record: CaseRecord, common: Common) -> contexts.AcceptanceNotice:
    """D16."""
    today = clock.today()
    due = deadlines.due("first_review_days", today, working_calendar(s), rules(s))
    return contexts.AcceptanceNotice(
        **shared(s, record, common),
        received_on=known.opened_on(record),
        accepted_on=today,
        claimed=of(s, record)[0].requested,
        review_days=deadlines.working_days("first_review_days", today, rules(s)),
        review_due_on=due.day,
        due_provisional=due.provisional,
        contact=known.contact(s, record.managing_institution_id),
    )


def non_acceptance(s: Session, record: CaseRecord, common: Common) -> contexts.NonAcceptanceNotice:
    """D16R."""
    claimed = of(s, record)[0]
    return contexts.NonAcceptanceNotice(
        **shared(s, record, common),
        received_on=known.opened_on(record),
        claimed=claimed.requested,
        reasons=(contexts.Reason(no=1, fact=claimed.refusal_reason, clause="四（二）"),),
        remedy="补齐材料或条件变化后可以重新申请。",
        objection=known.objection(s, record.managing_institution_id),
    )


def accepted_on(s: Session, record: CaseRecord) -> Any:
    """The day of 受理."""
    answered = [t for t in of_case(s, record.id or 0) if t.gate == "acceptance" and t.answered_at]
    return clock.local(answered[-1].answered_at or clock.now()).date() if answered else clock.today()


def _checks(s: Session, record: CaseRecord, claimed: Claim) -> tuple[contexts.CheckRow, ...]:
    return known.check_rows(s, record.id or 0, claimed.loan_id, evidence.of_claim(claimed))


def _papers(s: Session, record: CaseRecord, claimed: Claim, loan: Loan) -> tuple[contexts.PaperRow, ...]:
    """What was typed against the words of the materials, as far as they have been read: a step reads no files."""
    found = papers.compared(s, loan, claimed, attachment.current(s, record.id or 0))
    return tuple(
        contexts.PaperRow(
            fact=fact,
            value=value.replace(" 元", "元"),
            places=places,
            agreement="all" if there == len(places) else "some" if there else "none",
        )
        for fact, value, places, there in papers.by_fact(found)
    )


def working_paper(s: Session, record: CaseRecord, common: Common) -> contexts.WorkingPaper:
    """D17."""
    claimed, loan = of(s, record)
    given = known.opinions(s, record.id or 0, ("first_review",))[-1]
    return contexts.WorkingPaper(
        **shared(s, record, common),
        accepted_on=accepted_on(s, record),
        checks=_checks(s, record, claimed),
        papers=_papers(s, record, claimed, loan),
        disagreement=papers.disagreement(loan, claimed),
        lines=known.calculation(claimed),
        proposed=claimed.calculated or 0,
        conclusion=given.opinion or f"{given.answer}。",
        prepared_by=given.person,
        prepared_on=given.on,
    )


def review_opinion(s: Session, record: CaseRecord, common: Common) -> contexts.ReviewOpinion:
    """D18."""
    claimed, _ = of(s, record)
    checks = _checks(s, record, claimed)
    given = known.opinions(s, record.id or 0, REVIEWS)
    award = known.award(claimed)
    first = given[-1]
    return contexts.ReviewOpinion(
        **shared(s, record, common),
        received_on=known.opened_on(record),
        accepted_on=accepted_on(s, record),
        default_on=claimed.overdue_since,
        loss=award.loss,
        claimed=claimed.requested,
        checks_total=len(checks),
        checks_passed=sum(check.result == "pass" for check in checks),
        human_checks=tuple(check for check in checks if check.result == "human"),
        lines=known.calculation(claimed),
        proposed=claimed.calculated or 0,
        opinion=first.opinion or "经核，资料齐全，符合备案及补偿条件，同意按测算金额补偿。",
        opinions=given,
        contact=known.contact(s, record.managing_institution_id),
    )


def approval_form(s: Session, record: CaseRecord, common: Common) -> contexts.ApprovalForm:
    """D19."""
    claimed, loan = of(s, record)
    award = known.award(claimed)
    given = known.opinions(s, record.id or 0, CHAIN)
    done = {opinion.gate for opinion in given if not opinion.voided}
    amount = claimed.calculated or 0
    refused = amount == 0
    return contexts.ApprovalForm(
        **shared(s, record, common),
        accepted_on=accepted_on(s, record),
        default_on=claimed.overdue_since,
        unpaid_principal=claimed.unpaid_principal,
        loss=award.loss,
        shares=known.risk_shares(loan, known.whole_loss(claimed)),
        cause=claimed.cause,
        recovery=claimed.recovery_plan,
        human_checks=tuple(c for c in _checks(s, record, claimed) if c.result == "human"),
        lines=known.calculation(claimed),
        amount=amount,
        conclusion="经审查，测算补偿金额为零。"
        if refused
        else "经审查，该项目符合补偿条件，建议按核定金额补偿。",
        opinions=given,
        pending=tuple(GATES[key].title for key in CHAIN if GATES[key].title not in done),
    )


def minutes(s: Session, record: CaseRecord, common: Common) -> contexts.MeetingMinutes:
    """D20."""
    claimed, loan = of(s, record)
    votes = [t for t in of_case(s, record.id or 0) if t.gate == "meeting" and not t.voided]
    cast = [t for t in votes if t.state == TaskState.ANSWERED]
    names = names_on(s, clock.today())
    people = {p.id: p for p in (s.get(Person, t.assignee_id) for t in votes if t.assignee_id) if p}
    seated = [
        contexts.Attendee(organ=names[t.institution_id].name, person=people[t.assignee_id].name)
        for t in cast
        if t.assignee_id in people
    ]
    away = [
        contexts.Attendee(organ=names[t.institution_id].name, person=people[t.assignee_id].name)
        for t in votes
        if t.state != TaskState.ANSWERED and t.assignee_id in people
    ]
    favour = sum(t.outcome == "approve" for t in cast)
    needed = rules(s).on(clock.today()).integer("meeting_votes_needed")
    passed = favour >= needed
    amount = claimed.calculated or 0
    against = [
        f"{people[t.assignee_id].name}：{t.opinion}"
        for t in cast
        if t.outcome == "refuse" and t.assignee_id in people
    ]
    return contexts.MeetingMinutes(
        **common,
        session=f"{clock.today().year}年{record.number}号项目会议",
        held_on=clock.today(),
        place="线上表决",
        chair=seated[0].person,
        attendees=tuple(seated),
        on_leave=tuple(away),
        cases=(
            contexts.MinutesCase(
                no=1,
                case_number=record.number,
                applicant=known.full_name(s, record.institution_id),
                borrower=loan.firm_name,
                proposed=amount,
                resolved=amount if passed else 0,
                votes_for=favour,
                votes_against=len(cast) - favour,
                votes_abstained=0,
                resolution="同意按建议金额补偿。" if passed else "未达到通过票数，不予补偿。",
            ),
        ),
        total=amount if passed else 0,
        dissent="；".join(against),
    )
