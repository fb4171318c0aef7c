"""View-models of everything a person fills in: fields, answers, slots, faults, dialogs."""

from dataclasses import dataclass
from typing import Literal

from api.pages.views import ClauseView, Link, Note, Tone

FieldType = Literal[
    "text", "money", "date", "select", "textarea", "password", "number", "search", "file", "checkbox", "radio",
    "hidden", "email", "tel", "people",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Option:
    """A choice of a select or a radio group."""

    value: str
    label: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class FieldView:
    """One labelled input. `error` is a sentence: what is wrong, the fact, what to do; the typed value stays."""

    label: str
    name: str
    value: str = ""
    error: str = ""
    hint: str = ""
    type: FieldType = "text"
    options: tuple[Option, ...] = ()
    required: bool = False
    unit: str = ""  # 元, %, 月
    autocomplete: str = "off"
    inputmode: str = ""
    maxlength: int | None = None
    placeholder: str = ""
    rows: int = 3
    readonly: bool = False
    accept: str = ""  # file: .pdf,.jpg
    multiple: bool = False
    link: Link | None = None  # beside the label, e.g. 忘记密码
    recheck_href: str = ""  # HTMX: the field is posted here after a change; the answer replaces the field

    @property
    def id(self) -> str:
        """The element's id, safe in CSS selectors and unique as long as names are."""
        return "f-" + "".join(c if c.isalnum() else "-" for c in self.name)


@dataclass(frozen=True, slots=True)
class TodoItem:
    """One line of the 补正清单, prefilled from the checks; `seen_before` = already visible at an earlier return."""

    name: str
    value: str
    text: str
    checked: bool = True
    seen_before: bool = False


@dataclass(frozen=True, slots=True)
class AnswerOption:
    """One answer to a gate's question and everything that follows from choosing it."""

    key: str
    label: str
    hint: str
    submit: str  # 提交：退回补正 2 项
    negative: bool = False
    requires_opinion: bool = False
    opinion: str = ""  # prefilled text for this answer
    opinion_hint: str = ""  # 同意时选填; 必填，写入通知书
    fields: tuple[FieldView, ...] = ()
    todo: tuple[TodoItem, ...] = ()
    todo_more: str | None = None  # typed below the 补正清单; None = a list without ticks is not shown
    places: tuple[tuple[str, tuple[str, ...]], ...] = ()  # what a typed line may point at, by group
    note: Note | None = None
    blocked: str = ""  # why it cannot be submitted yet; empty = it can
    next_steps: tuple[str, ...] = ()
    next_tone: Tone = "act"


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file added to the answer that is being written; `id` goes back with the answer."""

    id: int
    name: str
    href: str
    note: str
    remove_href: str


@dataclass(frozen=True, slots=True)
class DecisionForm:
    """The decision panel of a task. `shown` is the hash of what the reviewer saw, sent back with the answer."""

    action: str
    answers: tuple[AnswerOption, ...]
    shown: str
    idempotency_key: str
    chosen: str = ""  # key of the ticked answer; empty = the first
    opinion: str | None = None  # a draft; None = the chosen answer's prefilled text
    opinion_error: str = ""
    phrases: tuple[str, ...] = ()
    draft_href: str = ""
    draft_saved: str = ""  # 草稿 14:20 已存
    duties: str = ""  # 你未办理过本案其他环节，与莞邑银行无回避关系。
    verbs: tuple[Link, ...] = ()  # 转办, 加签, …
    denied: Note | None = None  # the reader may look but not answer: the panel shows only this
    preview_href: str = (
        ""  # POST: the letter the chosen answer would have written, for the desk beside the panel
    )
    legend: str = "你的结论"
    files: tuple[AttachedFile, ...] = ()
    files_href: str = ""  # POST: files for the answer; empty = none can be added
    files_error: str = ""
    also: Note | None = None  # somebody else is writing an answer

    @property
    def current(self) -> AnswerOption:
        """The answer that is ticked when the page opens."""
        return next((a for a in self.answers if a.key == self.chosen), self.answers[0])

    @property
    def text(self) -> str:
        """What stands in the opinion box when the page opens."""
        return self.current.opinion if self.opinion is None else self.opinion


@dataclass(frozen=True, slots=True)
class FileView:
    """An uploaded file."""

    name: str
    href: str
    note: str = ""  # 2 页　11-23 10:06


@dataclass(frozen=True, slots=True)
class SlotView:
    """One required material: 缺失 (upload) · 待确认 (look and confirm) · 已匹配 (replace) · 非必交 (when)."""

    ordinal: str
    title: str
    state: Literal["missing", "confirm", "matched", "na"]
    note: str = ""
    files: tuple[FileView, ...] = ()
    clause: ClauseView | None = None
    upload_name: str = ""  # name of the file input; empty = nothing can be uploaded here
    upload_href: str = ""  # HTMX: the slot list is replaced by the answer
    confirm: Link | None = None
    accept: str = ".pdf,.jpg,.jpeg,.png,.docx,.xlsx"
    word: str = ""  # instead of the state's own: 已上传, 已核对
    error: str = ""


@dataclass(frozen=True, slots=True)
class FaultView:
    """One thing to put right: where, what, both values, how. `mark` replaces the running number (a count)."""

    where: str
    href: str
    what: str
    detail: str = ""
    tone: Tone = "late"
    mark: str = ""


@dataclass(frozen=True, slots=True)
class DialogView:
    """A confirmation that states count, amount, what is re-checked and what cannot be undone."""

    key: str
    title: str
    text: str
    go: str
    action: str = ""  # POST address; empty = closes the dialog and submits the form named by `form`
    form: str = ""
    back: str = "再看看"
    negative: bool = False
    fields: tuple[FieldView, ...] = ()
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GridCell:
    """A cell of the import grid; `message` stands inside the bad cell."""

    value: str
    message: str = ""
    tone: Literal["", "bad", "warn"] = ""
    kind: Literal["", "n", "nm"] = ""


@dataclass(frozen=True, slots=True)
class GridRow:
    """A row of the bank's own workbook, under its own row number."""

    number: int
    cells: tuple[GridCell, ...]


@dataclass(frozen=True, slots=True)
class ImportGrid:
    """Their workbook as they know it: column letters, headings, rows that need work."""

    letters: tuple[str, ...]
    headings: tuple[str, ...]
    rows: tuple[GridRow, ...]
    label: str = "有错误的行"
