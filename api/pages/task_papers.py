"""The middle column of a task: issued letters and filed materials, one of them open for reading."""

from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup
from sqlmodel import Session

from api.pages.case_views import DocThumb
from api.pages.render import stamp
from api.pages.task_coming import MARK, PREFIX, Coming
from api.pages.views import Link
from flows.documents import engine
from models.policy.materials import SLOTS
from models.records import attachment, document, opinion_file
from models.records.attachment import Attachment, Blob
from models.records.case import CaseRecord
from models.records.document import Document, DocumentState
from models.records.opinion_file import OpinionFile

LETTERS = frozenset({"函", "报告", "纪要"})
"""文种 that carry a red head."""
SHOWN_INLINE = frozenset({"image/png", "image/jpeg"})
STATES = {DocumentState.SUPERSEDED: "已被新件替代", DocumentState.VOID: "已作废"}


@dataclass(frozen=True, slots=True)
class Papers:
    """The strip, and the paper that lies open. `image` is an address; with neither there is a card to open it."""

    thumbs: tuple[DocThumb, ...]
    kind: Literal["document", "preview", "image", "file", "none"]
    title: str = ""
    note: str = ""
    html: Markup | None = None
    image: str = ""
    links: tuple[Link, ...] = ()
    refresh_href: str = ""  # a letter to come is made again when the form changes


def papers(
    db: Session, case: CaseRecord, base: str, chosen: str = "", letters: Coming | None = None
) -> Papers:
    """The papers of a case. `base` is the page's address, `chosen` names the open one: d-12, a-3 or p-D18, a letter
    to come (`letters`, for those who can answer).

    Without a choice the letter to come lies open, else the newest letter in force.
    """
    issued, files = list(document.of_case(db, case.id or 0)), list(attachment.current(db, case.id or 0))
    in_force = [d for d in issued if d.state == DocumentState.ISSUED]
    draft = letters.key(chosen) if letters and (not chosen or chosen.startswith(PREFIX)) else ""
    enclosed = list(opinion_file.of_case(db, case.id or 0))
    keys = {f"d-{d.id}" for d in issued} | {f"a-{a.id}" for a in files} | {f"o-{o.id}" for o in enclosed}
    if draft:
        chosen = draft
    elif chosen not in keys:
        first = in_force[-1:] or issued[-1:]
        chosen = f"d-{first[0].id}" if first else f"a-{files[0].id}" if files else ""
    shelves = [*reversed(in_force), *(d for d in reversed(issued) if d.state != DocumentState.ISSUED)]
    slots = {slot.key: slot.title for slot in SLOTS[case.process][case.board]}
    thumbs = (
        *(letters.thumbs(base, chosen) if letters else ()),
        *(_thumb(f"d-{d.id}", d.title, _standing(d), base, chosen, red=_red(d)) for d in shelves),
        *(_thumb(f"a-{a.id}", slots.get(a.slot, a.filename), a.filename, base, chosen) for a in files),
        *(_thumb(f"o-{o.id}", o.filename, "意见附件", base, chosen) for o in enclosed),
    )
    if letters and draft:
        title, page = letters.draw(db, draft)
        again = f"{base}/preview?paper={draft}"
        return Papers(thumbs, "preview", title, MARK, page, refresh_href=again)
    for one in issued:
        if f"d-{one.id}" == chosen:
            return _document(db, one, thumbs)
    for file in files:
        if f"a-{file.id}" == chosen:
            return _file(file, slots.get(file.slot, file.filename), thumbs, f"/attachments/{file.id}")
    for added in enclosed:
        if f"o-{added.id}" == chosen:
            return _file(added, added.filename, thumbs, f"/opinion-files/{added.id}")
    return Papers(thumbs, "none")


def _standing(one: Document) -> str:
    return STATES.get(one.state, "") or one.number or f"{stamp(one.issued_at)} 生成"


def _red(one: Document) -> bool:
    kind = engine.DOCUMENTS.get(one.code)
    return kind is not None and kind.genre in LETTERS


def _thumb(key: str, title: str, note: str, base: str, chosen: str, *, red: bool = False) -> DocThumb:
    return DocThumb(
        title,
        note,
        href=f"{base}?paper={key}",
        red=red,
        current=key == chosen,
        preview_href=f"{base}/papers/{key}",
    )


def _document(db: Session, one: Document, thumbs: tuple[DocThumb, ...]) -> Papers:
    html = engine.preview_html(db.get_one(Blob, one.sha256).data)
    links = (Link("单独打开", f"/documents/{one.id}/preview"), Link("下载 Word", f"/documents/{one.id}"))
    note = "　".join(word for word in (one.number or "无文号", STATES.get(one.state, "")) if word)
    return Papers(thumbs, "document", one.title, note, Markup(html), links=links)  # noqa: S704 - escaped by preview_html


def _file(file: Attachment | OpinionFile, title: str, thumbs: tuple[DocThumb, ...], address: str) -> Papers:
    note = f"{file.filename}　{size(file.size)}　{stamp(file.uploaded_at)} 上传"
    shown = file.media_type in SHOWN_INLINE
    links: tuple[Link, ...] = (Link("在新标签页打开", address), Link("下载", f"{address}?download=1"))
    if not shown and file.media_type != "application/pdf":
        links = links[1:]
    return Papers(
        thumbs, "image" if shown else "file", title, note, image=address if shown else "", links=links
    )


def size(count: int) -> str:
    """“1.2 MB”, “38 KB”."""
    kilobytes = -(-count // 1024)
    return f"{kilobytes} KB" if kilobytes < 1024 else f"{kilobytes / 1024:.1f} MB"
