"""The letter of warning (风险提示函) about an anomaly, and the institution's answer, on the loan's page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from api.pages.bank_forms import field_views
from api.pages.form_views import FieldView
from api.pages.render import day
from api.pages.views import Link, Tag
from flows.actions.forms.change_forms import WarningForm
from flows.actions.loans import replying
from flows.actions.loans.replying import ReplyForm
from models import clock
from models.policy.anomalies import WATCHED
from models.records.document import Document, DocumentState
from models.records.loan_change import LoanChange
from models.records.two_people import Verdict
from models.records.warning_reply import WarningFile, WarningReply

Typed = tuple[int, Mapping[str, str], Mapping[str, str]]
"""A letter that was typed with faults: the change's id, what was typed, what is wrong with it."""


@dataclass(frozen=True, slots=True)
class ReplyView:
    """An answer that is owed or given: `said` who gave it when, `files` with it; `fields` where it may be given now."""

    tag: Tag
    words: str
    said: str
    files: tuple[Link, ...]
    fields: tuple[FieldView, ...]


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


def reply(
    db: Session, loan_id: int, owed: WarningReply | None, files: Sequence[WarningFile], papers: Sequence[Document],
    *, may: bool, typed: Typed | None,
) -> ReplyView | None:  # fmt: skip
    """What became of the letter; None where nothing is (or was) to be answered. `may`: the reader may answer it."""
    if owed is None:
        return None
    key, links = (
        owed.loan_change_id,
        tuple(
            Link(one.filename, f"/loans/{loan_id}/changes/{owed.loan_change_id}/files/{one.id}")
            for one in files
        ),
    )
    if owed.replied_at is not None:
        return ReplyView(Tag("已回复", "ok"), owed.words, replying.answered(db, owed), links, ())
    letter = next((p for p in papers if p.code == "D14" and p.state == DocumentState.ISSUED), None)
    if letter is None:
        return None
    late = owed.due_on < clock.today()
    until = f"{day(owed.due_on)}{'（暂定）' if letter.context.get('due_provisional') else ''}"
    tag = Tag(f"应于 {until}前回复{'，已逾期' if late else ''}", "late" if late else "soon")
    return ReplyView(tag, "", "", (), _asked(key, typed) if may else ())


def words_of(change_id: int) -> str:
    """The name of the answer's field: several letters may stand on one page."""
    return f"words-{change_id}"


def files_of(change_id: int) -> str:
    """The name of the field of its files."""
    return f"files-{change_id}"


def _asked(change_id: int, typed: Typed | None) -> tuple[FieldView, ...]:
    values: Mapping[str, str] = {}
    errors: Mapping[str, str] = {}
    if typed is not None and typed[0] == change_id:
        _, values, errors = typed
    title = ReplyForm.model_fields["words"].title or ""
    return (
        FieldView(
            title, words_of(change_id), values.get("words", ""), errors.get("words", ""), type="textarea", rows=4,
            required=True, hint="风险提示要求的落实情况、处置进展和下一步安排",
        ),
        FieldView(
            "附件", files_of(change_id), error=errors.get("files", ""), type="file", multiple=True,
            accept=".pdf,.jpg,.jpeg,.png,.docx,.xlsx", hint=f"最多 {replying.MOST_FILES} 个",
        ),
    )  # fmt: skip
