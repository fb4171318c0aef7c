"""View-models of what a case is made of: checks, limits, calculation, facts, documents, process, timeline."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from markupsafe import Markup

from api.pages.views import ClauseView, Link, Tag, Tone, WorkingDays


@dataclass(frozen=True, slots=True)
class CheckView:
    """One check. `pass` is one line; `fail` and `person` show both values, the source and the clause."""

    result: Literal["pass", "fail", "person"]
    title: str
    detail: str = ""
    clause: ClauseView | None = None
    sources: tuple[Link, ...] = ()
    verify_href: str = ""  # POST: 已核实
    verified: str = ""  # 陈嘉敏 11-23 10:02 已核实
    key: str = ""  # what the tick sends; names the line, so that it alone is replaced

    @property
    def id(self) -> str:
        """The line's id on the page."""
        return "check-" + self.key.replace(".", "-").replace("@", "-")


@dataclass(frozen=True, slots=True)
class MeterView:
    """Paid, reserved, this case and what is left of `total`, all 元. The bar never passes 100 %."""

    paid: Decimal
    held: Decimal
    this: Decimal
    total: Decimal

    @property
    def left(self) -> Decimal:
        """What remains after this case, never below zero (元)."""
        return max(self.total - self.paid - self.held - self.this, Decimal("0.00"))

    @property
    def over(self) -> Decimal:
        """How far this case goes over the limit (元); zero when it fits."""
        return max(self.paid + self.held + self.this - self.total, Decimal("0.00"))

    @property
    def shares(self) -> tuple[tuple[str, Decimal, Decimal], ...]:
        """(class, start, width) of each segment in per cent, cut off at 100."""
        start, result = Decimal(0), []
        for name, amount in (("paid", self.paid), ("held", self.held), ("this", self.this)):
            share = amount * 100 / self.total if self.total else Decimal(0)
            width = max(min(share, 100 - start), Decimal(0)).quantize(Decimal("0.01"))
            result.append((name, start, width))
            start += width
        return tuple(result)


@dataclass(frozen=True, slots=True)
class LimitView:
    """A limit with its meter: 2025 年发放, 余 366.80 / 2,572.80 万元, and the sentence below."""

    label: str
    meter: MeterView
    note: str = ""
    tone: Tone | None = None


@dataclass(frozen=True, slots=True)
class CalcLineView:
    """A line of the calculation. `how` cites line numbers (“1 − 2 − 3”); `amount` in 元, None = 待定, or a ratio
    as text."""

    number: str
    label: str
    how: str
    amount: Decimal | str | None
    kind: Literal["line", "sum", "limit", "result"] = "line"
    clause: ClauseView | None = None
    binding: bool = False
    meter: MeterView | None = None
    tag: Tag | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """A labelled value; figures (`num`) are set in tabular numerals."""

    label: str
    value: str
    num: bool = False
    href: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changed since the reader last looked. `kind` is its word (内容, 材料, 意见, 批注, 文书); `said`:
    `after` is what somebody said, not a value."""

    kind: str
    label: str
    after: str
    before: str = ""
    links: tuple[Link, ...] = ()
    said: bool = False


@dataclass(frozen=True, slots=True)
class ChangesView:
    """All of it; `more` lines are not listed here."""

    since: str
    count: int
    lines: tuple[Change, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class PeekView:
    """The column beside the queue: figure, clock, what needs judgement, what changed."""

    line: str  # BC-2026-0187 · 补偿 · 初审（第 2 次送达）
    firm: str
    due: WorkingDays
    figure_label: str = ""
    figure: Decimal | None = None
    side_label: str = ""
    side: Decimal | None = None
    checks: tuple[CheckView, ...] = ()
    changes: ChangesView | None = None
    actions: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class DocThumb:
    """A document or material in the strip. `when` = positions (1, 2 …) of its answers; empty = always."""

    title: str
    note: str
    href: str = "#"
    red: bool = False  # a red-headed letter
    current: bool = False
    when: tuple[str, ...] = ()
    preview_href: str = ""  # HTMX: the paper is replaced by this fragment
    draft: bool = False  # what it says depends on the decision form, which is sent along


@dataclass(frozen=True, slots=True)
class FlowItem:
    """A line of the process as a list: what phones show instead of the diagram."""

    when: str
    words: str
    state: Literal["done", "now", "todo"]


@dataclass(frozen=True, slots=True)
class TimelineItem:
    """What happened, past tense. `body` is the rendered `templates/timeline/<event>.html`."""

    when: str  # 11-19 09:00
    body: Markup
    tone: Tone = "idle"
    now: bool = False
    opinion: str = ""
    files: tuple[Link, ...] = ()  # 意见附件
    used: str = ""  # 用时 4/5 日
    fold_label: str = ""  # 展开第 1 轮 4 条（已作废的同意仍在）
    fold: tuple["TimelineItem", ...] = ()
