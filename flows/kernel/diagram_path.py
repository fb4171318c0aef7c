"""The way one case took through its chart, from the journal alone: void entries count, nothing is guessed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from flows.kernel.decision import Decision
from flows.kernel.diagram import START, Chart, Node
from models import clock
from models.calendar import WorkingCalendar
from models.gates import CORRECTION, Outcome
from models.lifecycle import STATE_NAMES, State
from models.policy import deadlines
from models.policy.parameters import Parameters
from models.records.case import CaseRecord, EntryKind, JournalEntry

Standing = Literal["done", "now", "todo", "skip", "void"]
_BACK = "send_back."


@dataclass(slots=True)
class Mark:
    """How a node stands. `note` is its second line; `entry_id` the newest journal entry, where its link leads.

    On a drawing of many cases `heat` (1–4) is how late they are there, and `href` the list of them.
    """

    standing: Standing = "todo"
    note: str = ""
    rounds: int = 0
    on: datetime | None = None
    entry_id: int | None = None
    heat: int = 0
    href: str = ""


@dataclass(frozen=True, slots=True)
class Back:
    """A return from one node to an earlier one, so many times; `reason` is the newest."""

    source: str
    target: str
    count: int
    reason: str


@dataclass(slots=True)
class Walk:
    """What happened: how each node stands, the edges that were walked, and the returns."""

    chart: Chart
    marks: dict[str, Mark]
    taken: set[tuple[str, str]] = field(default_factory=set)
    backs: dict[tuple[str, str], Back] = field(default_factory=dict)
    stands: str = ""  # 公示（第3/5日）
    closed: bool = False

    def titles(self, *standings: Standing) -> list[Node]:
        """The nodes that stand in one of these ways, in the order of the process."""
        return [node for node in self.chart.nodes if self.marks[node.key].standing in standings]

    @property
    def story(self) -> str:
        """The drawing in one sentence, for those who do not see it."""
        parts = []
        if done := self.titles("done"):
            parts.append("已走过" + "、".join(map(self._told, done)))
        for back in self.backs.values():
            source, target = (self._title(key) for key in (back.source, back.target))
            parts.append(f"{source}退回{target}{back.count}次")
        if void := self.titles("void"):
            parts.append("已作废、待重新办理" + "、".join(node.title for node in void))
        if skipped := self._stages("skip"):
            parts.append("未触发" + "、".join(skipped))
        if self.stands:
            parts.append(f"结果：{self.stands}" if self.closed else f"现停在{self.stands}")
        if left := self._stages("todo"):
            parts.append(("其后为" if parts else "依次为") + "、".join(left))
        return f"{self.chart.title}流程图：" + "；".join(parts)

    def _stages(self, standing: Standing) -> list[str]:
        """Without ends and 补正, which only some cases come to."""
        return [node.title for node in self.titles(standing) if node.kind != "end" and not node.beside]

    def _title(self, key: str) -> str:
        return self.chart.nodes[self.chart.order(key)].title

    def _told(self, node: Node) -> str:
        rounds = self.marks[node.key].rounds
        return f"{node.title}（{rounds}轮）" if rounds > 1 else node.title


def follow(
    chart: Chart,
    case: CaseRecord,
    journal: Sequence[JournalEntry],
    calendar: WorkingCalendar,
    rules: Parameters | None = None,
) -> Walk:
    """Walk the chart along the journal (all of it, oldest first) up to where the case stands now."""
    walk = Walk(chart, {node.key: Mark() for node in chart.nodes})
    walk.marks[START] = Mark("done", _day(case.opened_at), 1, case.opened_at)
    here: str | None = START
    for entry in journal:
        if entry.name.startswith(_BACK):
            reason = str((entry.result or {}).get("reason", ""))
            _send_back(walk, here, entry.name.removeprefix(_BACK), reason)
            here = None  # the walk goes on at the earlier gate, not along an edge
            continue
        node = _meant(chart, entry.name, here)
        if node is None:
            continue
        if here is not None and (here, node.key) in chart.edges:
            walk.taken.add((here, node.key))
            if node.name == CORRECTION.key:
                _count(walk, here, node.key, _opinion(journal, entry))
        _visit(walk.marks[node.key], entry, calendar)
        here = node.key
        decided = _decision(entry) if entry.kind == EntryKind.GATE else None
        if decided is not None and decided.outcome is Outcome.SEND_BACK:
            _send_back(walk, here, str(decided.fields.get("target", "")), decided.opinion)
            here = None
    _finish(walk, case, here, rules)
    return walk


def _meant(chart: Chart, name: str, here: str | None) -> Node | None:
    """The node of an entry; 补正 stands at several gates, then it is the one an edge leads to from here."""
    nodes = chart.named(name)
    near = [node for node in nodes if (here, node.key) in chart.edges]
    return next(iter(near or nodes), None)


def _send_back(walk: Walk, here: str | None, target: str, reason: str) -> None:
    """An arc to the earlier gate."""
    to = next(iter(walk.chart.named(target)), None)
    if here is not None and to is not None:
        _count(walk, here, to.key, reason)


def _count(walk: Walk, source: str, target: str, reason: str) -> None:
    before = walk.backs.get((source, target))
    walk.backs[source, target] = Back(source, target, (before.count if before else 0) + 1, reason)


def _opinion(journal: Iterable[JournalEntry], entry: JournalEntry) -> str:
    """Why the applicant has to correct: the opinion of the gate before."""
    gates = [e for e in journal if e.kind == EntryKind.GATE and (e.id or 0) < (entry.id or 0)]
    decided = _decision(gates[-1]) if gates else None
    return decided.opinion if decided else ""


def _decision(entry: JournalEntry) -> Decision | None:
    return Decision.model_validate(entry.result) if entry.result else None


def _visit(mark: Mark, entry: JournalEntry, calendar: WorkingCalendar) -> None:
    mark.entry_id = entry.id
    if entry.finished_at is not None:
        mark.rounds += 1
        mark.on = entry.finished_at
    if entry.voided_at is not None:
        mark.standing = "void"
        mark.note = "已作废" if entry.finished_at else "已撤回"
    elif entry.finished_at is None:
        mark.standing = "now"
        mark.note = _so_far(entry, calendar)
    else:
        mark.standing = "done"
        mark.note = _day(entry.finished_at) + (f"×{mark.rounds}" if mark.rounds > 1 else "")
        if entry.name == CORRECTION.key:
            mark.note = f"停钟{_worked(calendar, entry.opened_at, entry.finished_at)}日"


def _so_far(entry: JournalEntry, calendar: WorkingCalendar) -> str:
    """第3/5日 of the working days given, or 逾期2日; 今日截止 where a round came back with its days used up."""
    if entry.due_at is None:
        return ""
    stands = entry.stands(calendar)
    if stands.late:
        return f"逾期{stands.over}日"
    if stands.used > stands.given:
        return f"余{stands.left}日" if stands.left else "今日截止"
    return f"第{max(stands.used, 1)}/{stands.given}日"


def _worked(calendar: WorkingCalendar, start: datetime, end: datetime) -> int:
    return calendar.working_days_between(clock.local(start).date(), clock.local(end).date()).days


def _finish(walk: Walk, case: CaseRecord, here: str | None, rules: Parameters | None) -> None:
    """The end that was reached, and how everything not reached stands: still to come, or not on this case's way."""
    state = State(case.state)
    if case.closed_at is not None:
        end = next(iter(walk.chart.named(state.value)), None)
        if end is not None:
            walk.marks[end.key] = Mark("now", _day(case.closed_at), 1, case.closed_at)
            if (here, end.key) in walk.chart.edges and here is not None:
                walk.taken.add((here, end.key))
        walk.stands, walk.closed = STATE_NAMES[state], True
    reached = [walk.chart.order(node.key) for node in walk.titles("done", "now")]
    today = clock.today()
    for index, node in enumerate(walk.chart.nodes):
        mark = walk.marks[node.key]
        if mark.standing == "now" and case.closed_at is None:
            walk.stands = f"{node.title}（{mark.note}）" if mark.note else node.title
        if mark.standing != "todo":
            continue
        if case.closed_at is not None or (node.kind != "end" and index < max(reached)):
            mark.standing, mark.note = "skip", "未触发"
        else:
            mark.note = _to_come(node, today, rules)
    if not walk.stands:
        walk.stands = STATE_NAMES[state]


def _to_come(node: Node, today: date, rules: Parameters | None) -> str:
    if node.kind == "step":
        return "自动"
    return f"{deadlines.working_days(node.days, today, rules)}日" if node.days else ""


def _day(instant: datetime) -> str:
    return clock.local(instant).strftime("%m-%d")
