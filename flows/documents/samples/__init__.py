"""One believable context for each document; what templates are tried and shown with."""

from flows.documents.contexts import DocumentContext
from flows.documents.samples import change, claim, decision, drafting, filing, overall, recovery, service

SAMPLES: dict[str, DocumentContext] = {
    **filing.SAMPLES,
    **change.SAMPLES,
    **claim.SAMPLES,
    **decision.SAMPLES,
    **recovery.SAMPLES,
    **overall.SAMPLES,
    **service.SAMPLES,
    **drafting.SAMPLES,
}
"""Document code → its sample."""
