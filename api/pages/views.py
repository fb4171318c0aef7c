"""What the page templates are given: frozen view-models, one per part in `templates/parts`.

A view says what is shown, in words where the words depend on the case, in `Decimal` and `date` where the
template writes them. Amounts are 元 unless a field says otherwise. Nothing here knows a database or a request.
What a case is made of (checks, calculation, documents, timeline) is in `api.pages.case_views`; forms, answers
and dialogs are in `api.pages.form_views`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

Tone = Literal["ok", "soon", "late", "stop", "act", "idle"]
"""The only way a part gets a colour: 通过 · 将到期 · 逾期 or 不符 · 停钟 or 受限 · 可办 · 平常."""

Cell = Literal["used", "today", "paused", "left", "over"]


@dataclass(frozen=True, slots=True)
class Link:
    """A link or a link-shaped button; `post` sends a form instead of opening the address."""

    label: str
    href: str
    icon: str = ""
    primary: bool = False
    post: bool = False
    aria: str = ""
    key: str = ""  # keyboard hint shown beside the label, e.g. "N"


@dataclass(frozen=True, slots=True)
class Tag:
    """A short word in a box: 补正回来, 限额不足. `tone=None` is the plain outline."""

    text: str
    tone: Tone | None = None
    icon: str = ""


@dataclass(frozen=True, slots=True)
class NavItem:
    """A place in the rail. `phone=False` leaves it out of the phone's bottom bar; `end` puts it at the foot."""

    key: str
    label: str
    icon: str
    href: str
    count: int | str = 0  # “1000+” where it was counted no further
    phone: bool = True
    end: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """Who is signed in: name and, below it, “电子计算中心 · 项目审核”."""

    name: str
    place: str


@dataclass(frozen=True, slots=True)
class Frame:
    """Everything around `<main>`: rail, top bar, person, day. `current` is the key of the lit nav item."""

    nav: tuple[NavItem, ...]
    current: str
    person: Person
    today: date
    day_kind: str = "工作日"  # 工作日, 休息日, 节假日, 调休上班
    system: str = "东莞市中小微企业融资风险补偿"
    search_href: str = "/search"
    home_href: str = "/"
    sign_out_href: str = "/sign-out"
    events_href: str = ""  # where the page hears of new tasks and messages


@dataclass(frozen=True, slots=True)
class ClauseView:
    """A citation 〔三（四）〕 and what opens behind it: the quoted clause and the parameter version."""

    ref: str
    quote: str
    document: str = "东府办函〔2023〕725号"
    version: str = ""
    since: date | None = None

    @property
    def anchor(self) -> str:
        """The id of the popover: one per clause and parameter version on a page."""
        return "cl-" + "".join(f"{self.ref}-{self.version}".split()).strip("-")


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """工作日格. `cells` in calendar order, empty when nothing is to be drawn; `budget_note` and `due` are secondary."""

    words: str
    tone: Tone
    cells: tuple[Cell, ...] = ()
    budget_note: str = ""  # 限 5 工作日，今天第 4 日；补正停钟 5 日
    due: str = ""  # 11月24日（周二）截止


@dataclass(frozen=True, slots=True)
class TaskRowView:
    """One row of the queue. `amount` in 元 is shown in 万元; `pickable` = its gate allows batch answers."""

    key: str
    href: str
    firm: str
    number: str
    gate: str
    institution: str
    amount: Decimal | None
    holder: str
    due: WorkingDays
    tags: tuple[Tag, ...] = ()
    changed: bool = False
    pickable: bool = False
    picked: bool = False
    mine: bool = False
    current: bool = False
    peek_href: str = ""
    kind: str = ""  # rows of one kind may be ticked together


@dataclass(frozen=True, slots=True)
class QueueGroup:
    """Rows of one due group. Folded when `rows` is empty and `href` opens it."""

    label: str
    count: int | str
    rows: tuple[TaskRowView, ...] = ()
    tone: Tone | None = None
    href: str = ""


@dataclass(frozen=True, slots=True)
class AskView:
    """One thing an institution is asked to do, with its clock and its one button."""

    due: WorkingDays
    title: str
    number: str
    text: str
    action: Link


@dataclass(frozen=True, slots=True)
class Kpi:
    """A figure at the head of a page; it links to the list whose total it is, as `links` before the note do."""

    label: str
    value: str
    note: str
    href: str
    unit: str = ""
    tone: Tone | None = None
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class FunnelRow:
    """Cases standing at one stage, by urgency. `amount` in 元, shown in 万元; `median` “3.8 日” or “—”."""

    label: str
    href: str
    ok: int
    soon: int
    late: int
    stop: int
    amount: Decimal
    median: str = "—"
    hrefs: tuple[str, str, str, str] = ("", "", "", "")  # the lists of the four

    @property
    def parts(self) -> tuple[tuple[str, str, int, str], ...]:
        """(key, word, cases, list) of what there is, the most pressing last but for what stands still."""
        words = (("ok", "期内"), ("soon", "≤2日"), ("late", "逾期"), ("stop", "停钟"))
        counts = (self.ok, self.soon, self.late, self.stop)
        every = zip(words, counts, self.hrefs, strict=True)
        return tuple((key, word, count, href) for (key, word), count, href in every if count)

    @property
    def count(self) -> int:
        """All cases at the stage."""
        return self.ok + self.soon + self.late + self.stop


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab or a filter pick: a link that also works without JavaScript."""

    label: str
    href: str
    count: int | str | None = None  # “1000+” where it was counted no further
    current: bool = False
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Pages:
    """Where a long list stands: 第 first–last 件，共 total 件. `most`: nothing was counted further than that."""

    first: int
    last: int
    total: int
    unit: str = "件"
    previous_href: str = ""
    next_href: str = ""
    most: int = 0

    @property
    def words(self) -> str:
        """The place in words: “第 51–100 件，共 317 件”, “第 1000 件以后，共 1000+ 件”."""
        total = f"{self.most}+" if self.most and self.total > self.most else str(self.total)
        far = self.most and self.first > self.most
        place = f"第 {self.most} {self.unit}以后" if far else f"第 {self.first}–{self.last} {self.unit}"
        return f"{place}，共 {total} {self.unit}"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a long form."""

    label: str
    note: str
    state: Literal["done", "current", "todo"] = "todo"
    href: str = ""


@dataclass(frozen=True, slots=True)
class Empty:
    """An empty list: good news or the reason, then the next thing to do."""

    title: str
    text: str = ""
    icon: str = "inbox"
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence that must be seen: `lead` in bold, then the rest. `alert` is read out at once."""

    tone: Tone
    lead: str
    text: str = ""
    icon: str = ""
    link: Link | None = None
    alert: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A table column. `kind`: n figure, wan figure in 万元, full first cell on phones, hide on phones, act."""

    label: str
    kind: Literal["", "n", "wan", "full", "hide", "n hide", "d", "act"] = ""
    hidden_label: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """A time series or heat map. `label` is the one-sentence story; `table_href` shows the same figures.

    `spec` is what `fengbu.js` draws: {"x": [...], "series": [{"name", "kind": "bar"|"line"|"area"|"dash",
    "tone": Tone|"plain", "data": [...], "end": "结案 18"}], "mark": {"at": 6000, "label": "预算 …"}, "max": 6000}
    or {"heat": true, "x": [...], "y": [...], "data": [[x, y, value], …]}.
    """

    label: str
    spec: Mapping[str, Any]
    table_href: str = ""
    tall: bool = False
