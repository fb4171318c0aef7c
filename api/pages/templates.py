"""文书模板: what each document says, in which version, and how its wording is changed by two people."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse
from markupsafe import Markup
from sqlmodel import Session
from starlette.responses import Response

from api.auth.db import Db
from api.auth.permit import requires
from api.auth.refusals import Refused
from api.pages.form_views import FieldView
from api.pages.layout import frame
from api.pages.numbers import places
from api.pages.posted import by_field
from api.pages.render import day, page
from api.pages.template_rows import FieldRow, KindRow, VersionRow
from api.pages.template_rows import version as version_row
from api.pages.template_rows import wording as changed
from api.pages.views import Column, Link, Note, Tag
from flows.actions.errors import InvalidError
from flows.actions.papers import templating
from flows.documents import intake, lint, proposal, schema, versions
from flows.documents.engine import DOCUMENTS, DocumentKind, preview_html, render
from flows.documents.intake import Finding
from flows.documents.registry import SIGNER_NAMES
from flows.documents.samples import SAMPLES
from models import clock
from models.permissions import Actor, may_change_templates, may_confirm_template, may_see_registers
from models.records import person, template
from models.records.attachment import Blob
from models.records.template import TemplateState, TemplateVersion

router = APIRouter(prefix="/templates")
Reader = Annotated[Actor, requires(may_see_registers)]

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
COLUMNS = (Column("文书", "full"), Column("文种", "hide"), Column("落款"), Column("现行版"), Column("待办"))
VERSION_COLUMNS = (
    Column("版本", "full"),
    Column("修改说明"),
    Column("生效"),
    Column("上传与确认"),
    Column("状态"),
)
FIELD_COLUMNS = (Column("含义", "full"), Column("写法"), Column("类型", "hide"), Column("本模板"))
DONE = {
    "proposed": Note("ok", "已上传，等另一人确认。", "确认前仍用现行版。"),
    "confirmed": Note("ok", "已确认。", "从生效日起出具的文书使用新版；已出具的文书不变。"),
    "declined": Note("ok", "未采用这份模板。", "现行版不变。"),
}


@router.get("")
def kinds(request: Request, db: Db, actor: Reader) -> HTMLResponse:
    """Every document."""
    return page(
        request, "pages/templates/index.html", frame=frame(request, db, actor, "papers"), places=places("templates"),
        rows=tuple(_kind(db, kind) for kind in DOCUMENTS.values()), columns=COLUMNS,
    )  # fmt: skip


@router.get("/{code}")
def show(request: Request, db: Db, actor: Reader, code: str) -> HTMLResponse:
    """One document: how it looks, what may stand in it, its versions, and the form for a changed one."""
    return _show(request, db, actor, _kind_of(code))


@router.post("/{code}")
def upload(
    request: Request, db: Db, actor: Annotated[Actor, requires(may_change_templates)], code: str,
    file: Annotated[UploadFile | str, File()] = "", note: Annotated[str, Form()] = "",
) -> Response:  # fmt: skip
    """Propose a changed template."""
    kind = _kind_of(code)
    data = b"" if isinstance(file, str) else file.file.read()
    try:
        made = templating.propose(db, actor, code, data, note)
    except templating.UnusableError as error:
        return _show(
            request, db, actor, kind, note, {"file": error.faults[0].message}, error.checked.findings
        )
    except InvalidError as error:
        return _show(request, db, actor, kind, note, by_field(error.faults))
    return RedirectResponse(f"/templates/{code}/versions/{made.version}?done=proposed", 303)


@router.get("/{code}/versions/{version}")
def compare(request: Request, db: Db, actor: Reader, code: str, version: int, done: str = "") -> HTMLResponse:
    """A version beside the one in force, and for a second person the decision about it."""
    return _compare(request, db, actor, _version_of(db, code, version), note=DONE.get(done))


@router.post("/{code}/versions/{version}")
def decide(
    request: Request, db: Db, actor: Reader, code: str, version: int,
    answer: Annotated[str, Form()] = "", effective: Annotated[str, Form()] = "",
) -> Response:  # fmt: skip
    """Confirm it for a day, or do not use it."""
    if answer not in ("yes", "no"):
        raise Refused(422, "请选择确认或不采用。")
    if answer == "no":
        templating.decline(db, actor, code, version)
        return RedirectResponse(f"/templates/{code}/versions/{version}?done=declined", 303)
    try:
        templating.confirm(db, actor, code, version, effective)
    except InvalidError as error:
        fault = error.faults[0].message
        return _compare(request, db, actor, _version_of(db, code, version), effective=effective, fault=fault)
    return RedirectResponse(f"/templates/{code}/versions/{version}?done=confirmed", 303)


@router.get("/{code}/versions/{version}/file")
def download(db: Db, actor: Reader, code: str, version: int) -> Response:
    """The template itself, to be changed in Word."""
    found = _version_of(db, code, version)
    name = quote(f"{DOCUMENTS[code].title}-模板第{version}版.docx", safe="")
    disposition = f"attachment; filename=\"{code}-{version}.docx\"; filename*=UTF-8''{name}"
    headers = {"Content-Disposition": disposition, "X-Content-Type-Options": "nosniff"}
    return Response(db.get_one(Blob, found.sha256).data, media_type=WORD, headers=headers)


def _kind_of(code: str) -> DocumentKind:
    if code not in DOCUMENTS:
        raise Refused(404, "没有这种文书。")
    return DOCUMENTS[code]


def _version_of(db: Session, code: str, version: int) -> TemplateVersion:
    found = template.of(db, _kind_of(code).code, version) if version < 2**31 else None
    if found is None:
        raise Refused(404, "没有这个版本的模板。")
    return found


def _kind(db: Session, kind: DocumentKind) -> KindRow:
    present = versions.row_in_force(db, kind.code, clock.today())
    known = template.versions(db, kind.code)
    proposed = any(one.state == TemplateState.PROPOSED for one in known)
    coming = [one for one in known if one.effective_on and one.effective_on > clock.today()]
    waiting = (
        "待确认"
        if proposed
        else f"{day(coming[0].effective_on)} 起用第 {coming[0].version} 版"
        if coming
        else ""
    )
    return KindRow(
        kind.code, kind.title, kind.genre, SIGNER_NAMES[kind.signer], f"第 {present.version} 版", waiting
    )


def _show(
    request: Request, db: Session, actor: Actor, kind: DocumentKind, note: str = "",
    faults: dict[str, str] | None = None, findings: tuple[Finding, ...] = (),
) -> HTMLResponse:  # fmt: skip
    faults = faults or {}
    present = versions.row_in_force(db, kind.code, clock.today())
    data = db.get_one(Blob, present.sha256).data
    return page(
        request,
        "pages/templates/kind.html",
        status=422 if faults else 200,
        frame=frame(request, db, actor, "papers"),
        kind=kind,
        present=present,
        sample=_sample(db, kind, present),
        versions=_versions(db, kind),
        version_columns=VERSION_COLUMNS,
        fields=_fields(kind, data),
        field_columns=FIELD_COLUMNS,
        findings=findings,
        may_change=bool(may_change_templates(actor)),
        unused_release=all(
            one.sha256 != versions.shipped_sha256(kind.code) for one in template.versions(db, kind.code)
        ),
        file=FieldView(
            "改好的模板", "file", "", faults.get("file", ""), "在 Word 或 WPS 里改好另存的 .docx", "file",
            required=True, accept=".docx",
        ),
        remark=FieldView(
            "修改说明", "note", note, faults.get("note", ""), "改了什么、为什么改", "textarea", required=True,
            rows=3, maxlength=templating.LONGEST,
        ),
        crumbs=(Link("文书模板", "/templates"),),
    )  # fmt: skip


def _compare(
    request: Request, db: Session, actor: Actor, found: TemplateVersion, *, note: Note | None = None,
    effective: str = "", fault: str = "",
) -> HTMLResponse:  # fmt: skip
    kind = DOCUMENTS[found.code]
    present = versions.row_in_force(db, kind.code, clock.today())
    if found.version == present.version:
        earlier = [one for one in template.versions(db, kind.code) if one.version < found.version]
        before = next((one for one in earlier if one.state == TemplateState.CONFIRMED), None)
    else:
        before = present
    old, new = (db.get_one(Blob, one.sha256).data if one else b"" for one in (before, found))
    open_ = found.state == TemplateState.PROPOSED
    verdict = may_confirm_template(actor, found.proposed_by)
    hints = proposal.compared(kind, lint.read(intake.parts(new), kind), old) if before else []
    return page(
        request,
        "pages/templates/version.html",
        status=422 if fault else 200,
        frame=frame(request, db, actor, "papers"),
        notes=(note,) if note else (),
        kind=kind,
        version=found,
        row=next(row for row in _versions(db, kind) if row.name == f"第 {found.version} 版"),
        before=before,
        old=_sample(db, kind, before) if before else None,
        new=_sample(db, kind, found),
        wording=changed(old, new) if before else (),
        hints=tuple(hint for hint in hints if not hint.fatal),
        open=open_,
        denied=getattr(verdict, "sentence", ""),
        effective=FieldView(
            "生效日期", "effective", effective or clock.today().isoformat(), fault,
            "从这一天起出具的文书使用新版", "date", required=True,
        ),
        crumbs=(Link("文书模板", "/templates"), Link(kind.title, f"/templates/{kind.code}")),
    )  # fmt: skip


def _sample(db: Session, kind: DocumentKind, found: TemplateVersion) -> Markup:
    made = render(kind.code, SAMPLES[kind.code], versions.compiled(db, kind.code, found.sha256))
    return Markup(preview_html(made.data))  # noqa: S704 - escaped by preview_html


def _fields(kind: DocumentKind, data: bytes) -> tuple[FieldRow, ...]:
    used = lint.read(intake.parts(data), kind).used
    must = proposal.mandatory(kind)
    return tuple(
        FieldRow(
            one.meaning, one.written, one.kind + ("，可能为空" if one.optional else ""),
            Tag("必备", "act") if one.path in must else Tag("已用", "ok") if one.path in used else None,
        )
        for one in schema.placeholders(kind)
    )  # fmt: skip


def _versions(db: Session, kind: DocumentKind) -> tuple[VersionRow, ...]:
    known = template.versions(db, kind.code)
    present = versions.row_in_force(db, kind.code, clock.today())
    names = person.names(db, [key for one in known for key in (one.proposed_by, one.confirmed_by) if key])
    return tuple(version_row(one, names, current=one.id == present.id) for one in known)
