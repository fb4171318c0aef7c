"""The letter of warning (风险提示函) about an anomaly, as a form on the loan's page."""

from collections.abc import Mapping, Sequence

from api.pages.bank_forms import field_views
from api.pages.form_views import FieldView
from flows.actions.change_forms import WarningForm
from models.policy.anomalies import WATCHED
from models.records.document import Document, DocumentState
from models.records.loan_change import LoanChange
from models.records.two_people import Verdict

Typed = tuple[int, Mapping[str, str], Mapping[str, str]]
"""A letter that was typed with faults: the change's id, what was typed, what is wrong with it."""


def fields(change: LoanChange, papers: Sequence[Document], typed: Typed | None) -> tuple[FieldView, ...]:
    """What is asked for the letter; nothing where none is to be written (any more)."""
    sent = any(paper.code == "D14" and paper.state == DocumentState.ISSUED for paper in papers)
    if change.anomaly is None or change.verdict != Verdict.CONFIRMED or sent:
        return ()
    values: Mapping[str, str] = {"standard": WATCHED[change.anomaly]}
    errors: Mapping[str, str] = {}
    if typed is not None and typed[0] == change.id:
        _, values, errors = typed
    return field_views(WarningForm, WarningForm.model_fields, values, errors)
