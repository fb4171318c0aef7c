"""Is everything that was ever issued still what it was? Reads all documents, the register and all stored files.

Each document is made again from its stored facts with the template version it was issued with, and must come out
byte for byte. Every stored file must have the hash it is named by, and every run of numbers must be without gaps.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import ValidationError
from sqlmodel import Session, col, func, select

from flows.documents import versions
from flows.documents.engine import DOCUMENTS, render
from flows.documents.template import CompiledDocument, TemplateFault
from models import clock
from models.records import numbers, template
from models.records.attachment import Attachment, Blob
from models.records.case import CaseRecord
from models.records.document import Document, DocumentState
from models.records.institution import names_on
from models.records.opinion_file import OpinionFile
from models.records.warning_reply import WarningFile

_STEP = 100


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as it was: where, and what, in a sentence."""

    where: str
    sentence: str


@dataclass
class Report:
    """How much was looked at, and every difference."""

    documents: int = 0
    files: int = 0
    templates: int = 0
    series: int = 0
    differences: list[Difference] = field(default_factory=list)

    @property
    def intact(self) -> bool:
        """Whether nothing differs."""
        return not self.differences

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"intact": self.intact, **asdict(self)}


def verify(s: Session) -> Report:
    """Look at everything. Takes some milliseconds a document."""
    report = Report()
    for found, case_number in _documents(s):
        report.documents += 1
        where = f"{found.title}（{found.number or case_number or found.filename}，文书 {found.id}）"
        report.differences += [Difference(where, sentence) for sentence in _faults(s, found)]
    for digest in _stored(s):
        report.files += 1
        if sentence := _file_fault(s, digest):
            report.differences.append(Difference(f"文件 {digest[:16]}…", sentence))
    report.templates = s.exec(select(func.count()).select_from(template.TemplateVersion)).one()
    for one in numbers.series(s):
        report.series += 1
        report.differences += _register_faults(s, one)
    return report


def _documents(s: Session) -> Iterator[tuple[Document, str]]:
    """All documents with their case's number, a few at a time."""
    last = 0
    while True:
        query = (
            select(Document, func.coalesce(CaseRecord.number, ""))
            .outerjoin(CaseRecord, col(CaseRecord.id) == col(Document.case_id))
            .where(col(Document.id) > last)
            .order_by(col(Document.id))
            .limit(_STEP)
        )
        rows = s.exec(query).all()
        if not rows:
            return
        yield from rows
        last = rows[-1][0].id or 0
        s.expunge_all()


def _faults(s: Session, found: Document) -> Iterator[str]:
    kept = s.get(Blob, found.sha256)
    if kept is None:
        yield "登记的文件不在库中。"
    elif hashlib.sha256(kept.data).hexdigest() != found.sha256:
        yield "库中文件的内容与登记的 SHA-256 不符，文件被改动过。"
    if found.word and found.year and found.serial:
        wanted = numbers.written(found.word, found.year, found.serial)
        if found.number != wanted:
            yield f"文号“{found.number}”与登记的代字、年份、顺序号不符，应为“{wanted}”。"
    if found.state == DocumentState.VOID:
        void = numbers.voids_of(s, [found.id or 0]).get(found.id or 0)
        if void is None or not void.approved:
            yield "已标为作废，但没有批准作废的记录。"
    yield from _made_again(s, found)


def _made_again(s: Session, found: Document) -> Iterator[str]:
    kind = DOCUMENTS.get(found.code)
    if kind is None:
        yield f"系统没有文书种类 {found.code}，无法重新生成核对。"
        return
    try:
        context = kind.context.model_validate(found.context)
    except ValidationError:
        yield "登记的生成资料不完整或被改动，无法重新生成。"
        return
    stored = _as_stored(context.model_dump(mode="json"), found.context)
    text = json.dumps(stored, ensure_ascii=False, separators=(",", ":"))  # as pydantic writes it
    if stored != found.context or hashlib.sha256(text.encode()).hexdigest() != found.context_sha256:
        yield "登记的生成资料与其 SHA-256 不符，资料被改动过。"
    made_with = _template(s, found)
    if made_with is None:
        yield f"出具时使用的模板（第 {found.template_version or '?'} 版）不在库中，无法重新生成核对。"
        return
    try:
        again = render(found.code, context, made_with)
    except (TemplateFault, TypeError, ValueError) as error:
        yield f"用登记的资料和模板不能重新生成：{error}"
        return
    if again.sha256 != found.sha256:
        yield "用登记的资料和当时的模板重新生成，结果与所发文书不一致。"


def _template(s: Session, found: Document) -> CompiledDocument | None:
    kept = s.get(Blob, found.template_sha256)
    if kept is None or hashlib.sha256(kept.data).hexdigest() != found.template_sha256:
        return None
    return versions.compiled(s, found.code, found.template_sha256)


def _as_stored(dumped: Any, stored: Any) -> Any:
    """What the facts are now, without fields that were added to the kind since they were stored."""
    if isinstance(dumped, dict) and isinstance(stored, dict):
        return {key: _as_stored(value, stored[key]) for key, value in dumped.items() if key in stored}
    if isinstance(dumped, list) and isinstance(stored, list) and len(dumped) == len(stored):
        return [_as_stored(one, other) for one, other in zip(dumped, stored, strict=True)]
    return dumped


def _stored(s: Session) -> list[str]:
    """Files that stand behind attachments, opinions, answers to letters of warning and templates; those of documents are
    looked at with them."""
    named = select(Attachment.sha256).union(
        select(OpinionFile.sha256), select(WarningFile.sha256), select(template.TemplateVersion.sha256)
    )
    return sorted(s.connection().execute(named).scalars())


def _file_fault(s: Session, digest: str) -> str:
    kept = s.get(Blob, digest)
    sentence = ""
    if kept is None:
        sentence = "登记的文件不在库中。"
    elif hashlib.sha256(kept.data).hexdigest() != digest:
        sentence = "内容与其 SHA-256 不符，文件被改动过。"
    s.expunge_all()
    return sentence


def _register_faults(s: Session, one: numbers.Series) -> Iterator[Difference]:
    where = f"{names_on(s, clock.today())[one.organ_id].short_name}“{one.word}〔{one.year}〕”文号登记簿"
    if one.missing:
        shown = "、".join(str(serial) for serial in one.missing[:20])
        more = f"等 {len(one.missing)} 个" if len(one.missing) > 20 else ""
        yield Difference(where, f"缺号：{shown}{more}。")
    if one.beyond:
        shown = "、".join(str(serial) for serial in one.beyond[:20])
        yield Difference(where, f"顺序号不在登记的 {one.opened + 1} 至 {one.last} 号之内：{shown}。")
