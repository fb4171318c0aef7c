"""One parameter of the policy: its history by date, its clause and standing; and how a file of them is read."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from models.policy import values
from models.policy.clauses import clause, document_number
from models.policy.errors import PolicyError
from models.policy.values import Kind, Value

STATUSES = {"policy": "政策原文", "default": "默认值，待实施细则确认", "unverified": "未经核对"}
_REQUIRED = {"label", "kind", "clause", "status", "checked_on", "reason", "values"}
_ALLOWED = _REQUIRED | {"unit", "choices", "ambiguity"}


@dataclass(frozen=True, slots=True)
class Row:
    """A value in force from `since`; `known_since` is None for what the shipped files say (always known)."""

    since: date
    value: Value
    origin: str
    known_since: date | None = None


@dataclass(frozen=True, slots=True)
class Parameter:
    """A named rule value with its history, clause and standing (`status`: policy, default or unverified)."""

    name: str
    label: str
    kind: Kind
    unit: str
    clause: str
    status: str
    checked_on: date
    reason: str
    ambiguity: str
    choices: dict[str, str]
    rows: tuple[Row, ...]
    group: str = ""  # the file it stands in

    def row(self, on: date, known_on: date | None = None) -> Row:
        """The row in force on a day, counting only what was known by `known_on` (None: all there is).

        Of several, the latest start wins; of equal starts, the one known last. Raises `PolicyError` when
        the parameter has no value on that day.
        """
        best: Row | None = None
        for row in self.rows:
            if row.since > on or (known_on is not None and row.known_since and row.known_since > known_on):
                continue
            if best is None or (row.since, row.known_since or date.min) >= (
                best.since,
                best.known_since or date.min,
            ):
                best = row
        if best is None:
            raise PolicyError(f"参数“{self.label}”在 {on.isoformat()} 没有有效的值。")
        return best

    def parse(self, raw: object) -> Value:
        """A value for it out of YAML, JSON or a form. Raises `PolicyError` with a sentence."""
        return values.parse(self.kind, raw, f"“{self.label}”", self.choices)

    def text(self, value: Value) -> str:
        """The value as people read it."""
        return values.text(self.kind, value, self.unit, self.choices)

    def source(self, row: Row) -> str:
        """Where a row's value comes from, as printed beside a figure."""
        return f"{self.clause}，{row.origin}，{row.since.isoformat()} 起"


def parse_file(raw: Any, file: str) -> dict[str, Parameter]:
    """The parameters of one file's content. Raises `PolicyError` naming the file and the parameter."""
    if not isinstance(raw, dict):
        raise PolicyError(f"{file}：应为“参数名: 内容”的列表。")
    group = file.partition(".")[0]
    return {name: _parameter(name, entry, f"{file} 的 {name}", group) for name, entry in raw.items()}


def _parameter(name: str, entry: Any, where: str, group: str) -> Parameter:
    if not isinstance(entry, dict) or not _REQUIRED <= set(entry) <= _ALLOWED:
        raise PolicyError(f"{where}：须写明 {'、'.join(sorted(_REQUIRED))}，不认识的项不予接受。")
    if entry["status"] not in STATUSES:
        raise PolicyError(f"{where}：status 只能是 {'、'.join(STATUSES)} 之一。")
    if entry["kind"] not in set(Kind):
        raise PolicyError(f"{where}：kind 只能是 {'、'.join(Kind)} 之一。")
    clause(entry["clause"])
    kind, choices = Kind(entry["kind"]), entry.get("choices", {})
    origin = document_number() if entry["status"] == "policy" else STATUSES[entry["status"]]
    if "示例值" in entry["reason"]:
        origin = "示例值，待联席会议确定"
    rows: list[Row] = []
    for row in entry["values"]:
        since = values.day(row.get("from"), f"{where} 的起始日")
        if rows and since <= rows[-1].since:
            raise PolicyError(f"{where}：各值须按起始日由先到后排列且不得重叠（{since.isoformat()}）。")
        rows.append(Row(since, values.parse(kind, row.get("value"), where, choices), origin))
    return Parameter(
        name=name,
        label=entry["label"],
        kind=kind,
        unit=entry.get("unit", ""),
        clause=entry["clause"],
        status=entry["status"],
        checked_on=values.day(entry["checked_on"], f"{where} 的核对日期"),
        reason=entry["reason"],
        ambiguity=entry.get("ambiguity", ""),
        choices=choices,
        rows=tuple(rows),
        group=group,
    )
