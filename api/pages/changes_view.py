"""What changed since the reader last looked, as lines of a page: the same on the task and beside the queue."""

from api.pages.case_views import Change, ChangesView
from api.pages.render import stamp
from api.pages.views import Link
from flows.actions.colleagues.visiting import Changes, FileChange, Paper, Said

FILES = {"added": "新增", "replaced": "更换", "removed": "撤下"}


def view(found: Changes | None, most: int = 200) -> ChangesView | None:
    """The first `most` lines; None where there is nothing to tell."""
    if found is None:
        return None
    lines = [
        *(Change("内容", one.label, one.after, one.before) for one in found.fields),
        *(_file(one) for one in found.files),
        *(_said("意见", one) for one in found.opinions),
        *(_said("批注", one) for one in found.remarks),
        *(_paper(one) for one in found.papers),
    ]
    return ChangesView(f"{stamp(found.since)} 以来", found.count, tuple(lines[:most]), len(lines[most:]))


def _file(one: FileChange) -> Change:
    links = (Link("打开", f"/attachments/{one.id}/preview"),)
    return Change(
        "材料", f"{FILES[one.what]}：{one.title}", one.filename or "（空）", one.before, links=links
    )


def _said(kind: str, one: Said) -> Change:
    links = tuple(Link(name, f"/opinion-files/{key}/preview") for key, name in one.files)
    who = f"{one.gate} {one.who}".strip()
    return Change(
        kind, f"{who}　{one.label}" if one.label != kind else who, one.words, links=links, said=True
    )


def _paper(one: Paper) -> Change:
    links = (Link("打开", f"/documents/{one.id}/preview"),) if one.id else ()
    words = one.number or ("已作废" if one.what == "void" else "已出具")
    return Change("文书", f"{'作废' if one.what == 'void' else '出具'}《{one.title}》", words, links=links)
