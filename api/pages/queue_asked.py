"""The address of 待办, 团队 and 已办 as a question to the records, and the fields that ask it."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from decimal import Decimal
from urllib.parse import urlencode

from api.pages.form_views import Option
from api.pages.narrowing import TOWNS, Narrow, yuan
from api.pages.views import Tone
from models.gates import GATES
from models.lifecycle import BOARD_NAMES, PROCESS_NAMES, Board, Process
from models.records.queue import Filters, Sort
from models.roles import APPLICANT_ROLES

LARGE = Decimal("3000000.00")
"""A case of this size (元) has a filter of its own."""
DUE_LABELS: tuple[tuple[str, str, Tone | None], ...] = (
    ("overdue", "已逾期", "late"),
    ("today", "今日截止", "soon"),
    ("soon", "余 1–2 工作日", "soon"),
    ("later", "余 3 工作日以上", None),
)
SORTS: dict[Sort, str] = {Sort.DUE: "先到期的在前", Sort.AMOUNT: "金额大的在前", Sort.OPENED: "新到的在前"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for; unknown values count as not given. `least` and `most` are 万元 as typed."""

    tab: str = "mine"
    process: str = ""
    gate: str = ""
    org: str = ""
    due: str = ""
    large: bool = False
    corrected: bool = False
    q: str = ""
    board: str = ""
    town: str = ""
    firm: str = ""
    least: str = ""
    most: str = ""
    batch: str = ""
    sort: str = ""
    after: str = ""
    before: str = ""
    paused: bool = False

    def given(self) -> dict[str, str]:
        """What the address says, as it is written."""
        return {
            one.name: "1" if value is True else value
            for one in fields(self)
            if (value := getattr(self, one.name))
        }

    def href(self, **changes: object) -> str:
        """The address with some questions changed; a change of filter starts at the first page."""
        asked = replace(self, **{"after": "", "before": "", **changes})  # type: ignore[arg-type]
        return f"/queue?{urlencode(asked.given())}"

    @property
    def order(self) -> Sort:
        """What the list is sorted by."""
        return Sort(self.sort) if self.sort in set(Sort) else Sort.DUE

    @property
    def filtered(self) -> bool:
        """Whether anything narrows the list."""
        plain = {"tab", "sort", "after", "before", "paused"}
        return any(name not in plain for name in self.given())

    def filters(self, bounds: Sequence[datetime]) -> Filters:
        """As the records understand it; `bounds` are the starts of the due groups after the first."""
        edges: list[datetime | None] = [None, *bounds, None]
        place = next((i for i, (key, *_) in enumerate(DUE_LABELS) if key == self.due), None)
        least = yuan(self.least)
        return Filters(
            process=Process(self.process) if self.process in set(Process) else None,
            gate=self.gate if self.gate in GATES else "",
            applicant_id=int(self.org) if self.org.isdecimal() and len(self.org) < 9 else None,
            due_from=None if place is None else edges[place],
            due_before=None if place is None else edges[place + 1],
            at_least=max(least or LARGE, LARGE) if self.large else least,
            corrected=self.corrected,
            words=self.q,
            board=Board(self.board) if self.board in set(Board) else None,
            at_most=yuan(self.most),
            town=self.town,
            firm=self.firm.upper(),
            batch=int(self.batch) if self.batch.isdecimal() and len(self.batch) < 9 else None,
        )


def named(asked: Asked) -> str:
    """What the list is narrowed to, in words."""
    words = [asked.q] if asked.q else []
    words += [label for key, label, _ in DUE_LABELS if key == asked.due]
    words += [GATES[asked.gate].title] if asked.gate in GATES else []
    words += [BOARD_NAMES[Board(asked.board)]] if asked.board in set(Board) else []
    words += [one for one in (asked.town, asked.firm) if one]
    words += ["补正回来"] if asked.corrected else []
    words += ["≥ 300 万元"] if asked.large else []
    return "、".join(words) or "筛选条件"


def more_fields(asked: Asked, places: Sequence[Option]) -> tuple[Narrow, ...]:
    """更多筛选: every column the list may be narrowed by, and its order. `places` are the filing institutions."""
    gates = tuple(Option(gate.key, gate.title) for gate in GATES.values() if gate.role not in APPLICANT_ROLES)
    return (
        Narrow("process", "业务", asked.process, tuple(Option(p.value, PROCESS_NAMES[p]) for p in Process)),
        Narrow("gate", "环节", asked.gate, gates),
        Narrow("org", "申报机构", asked.org, tuple(places)),
        Narrow("board", "板块", asked.board, tuple(Option(b.value, BOARD_NAMES[b]) for b in Board)),
        Narrow("town", "镇街", asked.town, TOWNS),
        Narrow("due", "截止", asked.due, tuple(Option(key, label) for key, label, _ in DUE_LABELS)),
        Narrow("firm", "企业信用代码", asked.firm, hint="18 位"),
        Narrow("least", "金额不低于（万元）", asked.least, figure=True),
        Narrow("most", "金额不高于（万元）", asked.most, figure=True),
        Narrow("batch", "批量备案批次号", asked.batch, figure=True),
        Narrow("sort", "排序", asked.sort, tuple(Option(sort.value, SORTS[sort]) for sort in Sort)),
    )
