"""追偿返还: money of a compensated loan came back; the city's share of it returns to the treasury.

Clauses 四（二）“后续跟踪” and 三（一）. One case is one registration: receipts and costs, or a report of progress. What is
returned is worked out from all receipts so far (A22) at the ratio that was really paid; that nothing is due, because
costs took it all, is an ordinary end.
"""

from flows.kernel import Case, Decision, gate, process
from flows.steps import documents, notices, recoveries
from models.gates import (
    CORRECTION,
    PROGRESS_NOTE,
    RECOVERY_REVIEW,
    RECOVERY_SECOND_REVIEW,
    RETURN_CONFIRMATION,
    RETURN_SLIP,
    Gate,
)
from models.lifecycle import State


@process("recovery", version=1)
def recovery(case: Case) -> State:
    """追偿: from the registered receipt to the city's share back in the treasury."""
    if not stated(case):
        with_corrections(case, PROGRESS_NOTE)
        notices.send(case, "progress_noted")
        return State.PROGRESS_NOTED

    review = with_corrections(case, RECOVERY_REVIEW)
    gate(case, RECOVERY_SECOND_REVIEW)  # another person; may send it back to 追偿审核
    if review.refused:
        recoveries.refuse(case, review.opinion)
        notices.send(case, "recovery_refused", reason=review.opinion, clause="四（二）")
        return State.RECOVERY_REFUSED

    due_on = recoveries.demand(case)
    documents.draw_up(case, "D29")
    if recoveries.nothing_due(case):
        notices.send(case, "nothing_to_return", document="D29", **recoveries.figures(case))
        return State.NOTHING_DUE
    notices.send(case, "return_demanded", document="D29", **recoveries.figures(case))
    gate(case, RETURN_SLIP, due_on=due_on)
    arrival = gate(case, RETURN_CONFIRMATION)  # 国库: only what arrived counts
    while arrival.returned:
        notices.send(case, "return_not_found", reason=arrival.opinion)
        gate(case, RETURN_SLIP, due_on=due_on)
        arrival = gate(case, RETURN_CONFIRMATION)
    recoveries.give_back(case, arrival.fields["arrived_on"])
    notices.send(case, "return_confirmed", **recoveries.returned(case))
    return State.RETURNED


def stated(case: Case) -> bool:
    """What was registered: the report of progress as a document, every check, what is to be returned. Whether money
    came in at all."""
    if recoveries.reports_progress(case):
        documents.draw_up(case, "D28")
    recoveries.check(case)
    if not recoveries.brought_money(case):
        return False
    recoveries.calculate(case)
    return True


def with_corrections(case: Case, asked: Gate) -> Decision:
    """Ask; as long as the answer is 退回补正, the clock stops and the applicant corrects."""
    answer = gate(case, asked)
    while answer.returned:
        documents.draw_up(case, "D08")
        notices.send(case, "recovery_returned", document="D08", **documents.correction(case))
        gate(case, CORRECTION)
        stated(case)
        answer = gate(case, asked)
    return answer
