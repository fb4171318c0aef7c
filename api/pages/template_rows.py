"""What the pages of 文书模板 list: documents, versions, placeholders, changed wording."""

import difflib
from dataclasses import dataclass

from api.pages.render import day
from api.pages.views import Tag
from flows.documents import versions
from flows.documents.engine import plain_text
from models.records.template import TEMPLATE_STATE_NAMES, TemplateState, TemplateVersion


@dataclass(frozen=True, slots=True)
class KindRow:
    """One document in the list."""

    code: str
    title: str
    genre: str
    signer: str
    version: str
    waiting: str


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version of a template."""

    href: str
    name: str
    note: str
    effective: str
    people: str
    tag: Tag


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One placeholder; `written` is how it stands in a template."""

    meaning: str
    written: str
    kind: str
    tag: Tag | None


@dataclass(frozen=True, slots=True)
class WordingLine:
    """A line of the wording beside the present version: kept, added or removed."""

    sign: str
    text: str


def wording(old: bytes, new: bytes) -> tuple[WordingLine, ...]:
    """The template's wording line by line where it differs, with a line around each change."""
    lines = list(
        difflib.unified_diff(plain_text(old).splitlines(), plain_text(new).splitlines(), n=1, lineterm="")
    )
    return tuple(WordingLine(line[0], line[1:]) for line in lines[2:] if line[0] in "+- ")


def version(one: TemplateVersion, names: dict[int, str], *, current: bool) -> VersionRow:
    state = TemplateState(one.state)
    people = "随系统发布" if one.shipped else f"{names.get(one.proposed_by or 0, '')}上传"
    if one.confirmed_by:
        people += (
            f"，{names.get(one.confirmed_by, '')}{'确认' if state is TemplateState.CONFIRMED else '退回'}"
        )
    tag = Tag("现行", "ok") if current else Tag(
        TEMPLATE_STATE_NAMES[state], "soon" if state is TemplateState.PROPOSED else "idle"
    )  # fmt: skip
    effective = "启用时" if one.effective_on == versions.FIRST_DAY else day(one.effective_on)
    return VersionRow(
        f"/templates/{one.code}/versions/{one.version}",
        f"第 {one.version} 版",
        one.note,
        effective,
        people,
        tag,
    )
