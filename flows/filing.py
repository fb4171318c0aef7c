"""备案: a bank or guarantor files loans; the managing institution reviews and registers them.

One submission carries 1…n loans of one institution on one board. Clause 四（二）.
"""

from flows.kernel import Case, Decision, gate, process
from flows.steps import checks, documents, filings, notices
from models.gates import CORRECTION, FILING_REVIEW, FILING_SECOND_REVIEW
from models.lifecycle import State


@process("filing", version=1)
def filing(case: Case) -> State:
    """备案: from submission to the registered loans."""
    documents.draw_up(case, "D07")
    checks.filed_loans(case)
    review = reviewed(case)
    left = filings.exclude(case, review.fields.get("excluded", {}), review.refused, review.opinion)
    gate(case, FILING_SECOND_REVIEW)  # another person; may send it back to 经办审核

    if left == 0:
        documents.draw_up(case, "D10")
        notices.send(case, "filing_refused", document="D10", reason=review.opinion or "贷款均不符合备案条件")
        return State.FILING_REFUSED
    counts = filings.register(case)
    documents.draw_up(case, "D09")
    if counts["excluded"]:
        documents.draw_up(case, "D10")
    notices.send(case, "filing_registered", document="D09", **counts)
    return State.REGISTERED


def reviewed(case: Case) -> Decision:
    """Ask 经办审核; as long as it returns the filing, the clock stops and the institution corrects (补正)."""
    review = gate(case, FILING_REVIEW)
    while review.returned:
        documents.draw_up(case, "D08")
        notices.send(case, "filing_returned", document="D08", **documents.correction(case))
        gate(case, CORRECTION)
        checks.filed_loans(case)
        review = gate(case, FILING_REVIEW)
    return review
