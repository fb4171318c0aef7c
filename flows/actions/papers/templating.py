"""Changing the wording of documents: one person uploads a template, another confirms it for a day."""

from datetime import date

from sqlmodel import Session, col, select

from flows.actions.errors import ConflictError, FieldFault, InvalidError, NotThereError, permitted
from flows.documents import proposal, versions
from flows.documents.proposal import Checked
from flows.documents.registry import DOCUMENTS
from flows.documents.text import printable
from models import clock
from models.permissions import Actor, may_change_templates, may_confirm_template
from models.records.attachment import Blob, keep
from models.records.template import TemplateState, TemplateVersion

LONGEST = 1000


class UnusableError(InvalidError):
    """The uploaded template may not be used; `checked` says why, finding by finding."""

    def __init__(self, checked: Checked) -> None:
        faults = sum(finding.fatal for finding in checked.findings)
        super().__init__((FieldFault("file", f"模板有 {faults} 处必须改正，见下方逐条说明。"),))
        self.checked = checked


def propose(s: Session, actor: Actor, code: str, data: bytes, note: str) -> TemplateVersion:
    """Keep an uploaded template as the next version, to be confirmed by another person.

    Raises `UnusableError` with every finding for a template that is hostile, faulty or incomplete.
    """
    permitted(may_change_templates(actor))
    if code not in DOCUMENTS:
        raise NotThereError("没有这种文书。")
    words = printable(note).strip()
    if not words:
        raise InvalidError((FieldFault("note", "请写明改了什么、为什么改，确认人和以后查阅的人要看。"),))
    if len(words) > LONGEST:
        raise InvalidError((FieldFault("note", f"修改说明最多 {LONGEST} 字，现为 {len(words)} 字。"),))
    if not data:
        raise InvalidError((FieldFault("file", "请选择改好的 .docx 文件。"),))
    current = versions.row_in_force(s, code, clock.today())
    present = s.get_one(Blob, current.sha256).data
    if data == present:
        raise InvalidError((FieldFault("file", "上传的文件与现行版完全相同，没有改动。"),))
    checked = proposal.check(code, data, present)
    if not checked.usable:
        raise UnusableError(checked)
    known = _locked(s, code)
    if any(version.state == TemplateState.PROPOSED for version in known):
        raise ConflictError("这种文书已有一份待确认的模板，请先确认或退回它。")
    made = TemplateVersion(
        code=code,
        version=max(version.version for version in known) + 1,
        sha256=keep(s, data),
        state=TemplateState.PROPOSED,
        note=words,
        proposed_by=actor.person_id,
        proposed_at=clock.now(),
    )
    s.add(made)
    s.flush()
    return made


def confirm(s: Session, actor: Actor, code: str, version: int, effective: str) -> TemplateVersion:
    """Put a proposed version in force from a day on (2026-12-01). Documents issued before keep theirs."""
    made = _proposed(s, actor, code, version)
    try:
        day = date.fromisoformat(effective.strip())
    except ValueError:
        raise InvalidError((FieldFault("effective", "请写成 2026-12-01 这样的日期。"),)) from None
    if day < clock.today():
        today = clock.today().isoformat()
        raise InvalidError(
            (FieldFault("effective", f"不能早于今天：已出具的文书不变，请选 {today} 或以后。"),)
        )
    made.state, made.effective_on = TemplateState.CONFIRMED, day
    made.confirmed_by, made.confirmed_at = actor.person_id, clock.now()
    s.flush()
    return made


def decline(s: Session, actor: Actor, code: str, version: int) -> TemplateVersion:
    """Do not use a proposed version; it stays in the list."""
    made = _proposed(s, actor, code, version)
    made.state = TemplateState.DECLINED
    made.confirmed_by, made.confirmed_at = actor.person_id, clock.now()
    s.flush()
    return made


def _proposed(s: Session, actor: Actor, code: str, version: int) -> TemplateVersion:
    query = select(TemplateVersion).where(TemplateVersion.code == code, TemplateVersion.version == version)
    made = s.exec(query.with_for_update().execution_options(populate_existing=True)).first()
    if made is None:
        raise NotThereError("没有这个版本的模板。")
    permitted(may_confirm_template(actor, made.proposed_by))
    if made.state != TemplateState.PROPOSED:
        raise ConflictError("这份模板已经有人办理过了。")
    return made


def _locked(s: Session, code: str) -> list[TemplateVersion]:
    query = select(TemplateVersion).where(TemplateVersion.code == code).order_by(col(TemplateVersion.version))
    return list(s.exec(query.with_for_update()))
