"""补偿, version 1: for the cases that were opened on it, until the last of them is closed. See `flows/claim.py`.

A limit without room always sends a case back to 初审; since version 2 it may wait for room (待额度).
"""

from flows.kernel import Case, Decision, gate, process, send_back, until
from flows.steps import checks, compensation, documents, limits, notices, outcomes, publicity
from models.gates import (
    ACCEPTANCE,
    CORRECTION,
    FINANCE_REVIEW,
    FIRST_REVIEW,
    FUND_REQUEST,
    LEADER_APPROVAL,
    MEETING,
    OBJECTION,
    OFFICE_REVIEW,
    PAYMENT,
    RECEIPT,
    SECOND_REVIEW,
    Gate,
)
from models.lifecycle import State


@process("claim", version=1)
def claim(case: Case) -> State:
    """补偿: from the claim to the confirmed receipt."""
    documents.draw_up(case, "D15")
    checks.claimed_loss(case)
    acceptance = with_corrections(case, ACCEPTANCE)
    if acceptance.refused:
        outcomes.decide_against(case, acceptance.opinion)
        documents.draw_up(case, "D16R")
        notices.send(case, "claim_not_accepted", document="D16R", reason=acceptance.opinion)
        return State.NOT_ACCEPTED
    documents.draw_up(case, "D16")
    notices.send(case, "claim_accepted", document="D16")

    amount = compensation.calculate(case)
    first = with_corrections(case, FIRST_REVIEW)
    documents.draw_up(case, "D17")
    documents.draw_up(case, "D18")
    gate(case, SECOND_REVIEW)
    office = gate(case, OFFICE_REVIEW)
    documents.draw_up(case, "D19")
    leader = gate(case, LEADER_APPROVAL)
    for answer in (leader, office, first):
        if answer.refused or amount == 0:
            return refuse(case, answer.opinion or "测算补偿金额为零")
    if compensation.wants_meeting(case, bool(office.fields.get("to_meeting"))):
        vote = gate(case, MEETING)
        documents.draw_up(case, "D20")
        if vote.refused:
            return refuse(case, "联席会议表决未通过")

    shortage = limits.reserve(case)
    if shortage:
        send_back(case, FIRST_REVIEW, shortage)
    ends = publicity.start(case)
    documents.draw_up(case, "D21")
    notices.send(case, "claim_announced", document="D21", **documents.announcement(case))
    while not until(case, State.PUBLIC_NOTICE, ends):
        found = gate(case, OBJECTION)
        publicity.settle_objection(case, found)
        documents.draw_up(case, "D22")
        if found.refused:
            limits.release(case, "异议成立，释放预留")
            return refuse(case, found.opinion)
        ends = publicity.resume(case, ends)
    publicity.end(case)

    granted = outcomes.decide_for(case)
    if documents.reduced(case):
        documents.draw_up(case, "D24")
    documents.draw_up(case, "D23")
    notices.send(case, "claim_decided", document="D23", amount=granted)

    documents.draw_up(case, "D25")
    finance = gate(case, FINANCE_REVIEW)
    while finance.returned:
        gate(case, FUND_REQUEST)
        documents.draw_up(case, "D25")
        finance = gate(case, FINANCE_REVIEW)
    documents.draw_up(case, "D26")
    payment = gate(case, PAYMENT)
    limits.settle(case, payment.fields["voucher_number"], payment.fields["voucher_date"])
    notices.send(case, "claim_paid", document="D26", **documents.payment(case))

    receipt = gate(case, RECEIPT)
    outcomes.confirm_receipt(case, receipt.fields["received_on"], receipt.fields["received_amount"])
    documents.draw_up(case, "D27")
    notices.send(case, "receipt_confirmed", document="D27", **documents.received(case))
    return State.PAID


def with_corrections(case: Case, asked: Gate) -> Decision:
    """Ask; as long as the answer is 退回补正, the clock stops and the applicant corrects."""
    answer = gate(case, asked)
    while answer.returned:
        documents.draw_up(case, "D08")
        notices.send(case, "claim_returned", document="D08", **documents.correction(case))
        gate(case, CORRECTION)
        checks.claimed_loss(case)
        answer = gate(case, asked)
    return answer


def refuse(case: Case, reason: str) -> State:
    """不予补偿: with the reason and its clause, and how to object."""
    outcomes.decide_against(case, reason)
    documents.draw_up(case, "D24")
    notices.send(case, "claim_refused", document="D24", reason=reason, clause="四（二）")
    return State.CLAIM_REFUSED
