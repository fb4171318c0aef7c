"""The parameters of the policy by date: what was in force on a day, as far as it was known on another.

A rule changes by a new value with a later date, or by an override: a resolution of the joint meeting (脚注2).
Neither edits the past: what a case used stays what it was.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, cast

from models.policy import strict_yaml, values
from models.policy.clauses import clause, document_number
from models.policy.errors import PolicyError
from models.policy.lines import ratio_text
from models.policy.overrides import Override
from models.policy.values import Kind, Tier, Value

DIRECTORY = Path(__file__).parent / "parameters"
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

    def text(self, value: Value) -> str:
        """The value as people read it."""
        return values.text(self.kind, value, self.unit, self.choices)

    def source(self, row: Row) -> str:
        """Where a row's value comes from, as printed beside a figure."""
        return f"{self.clause}，{row.origin}，{row.since.isoformat()} 起"


@dataclass(frozen=True, slots=True)
class Parameters:
    """All parameters. `version` identifies the exact content: a case that pins it can be recomputed."""

    items: Mapping[str, Parameter]
    version: str
    overrides: tuple[Override, ...] = ()

    @classmethod
    def load(cls, overrides: Iterable[Override] = ()) -> "Parameters":
        """The shipped parameters, with override rows added. Raises `PolicyError` for data that cannot be."""
        return _shipped().with_overrides(overrides)

    def with_overrides(self, overrides: Iterable[Override]) -> "Parameters":
        """The same parameters with rows added; nothing that was there changes."""
        added = tuple(overrides)
        if not added:
            return self
        items = dict(self.items)
        for override in added:
            parameter = self.get(override.name)
            row = Row(
                override.effective_from,
                values.parse(parameter.kind, override.value, parameter.label, parameter.choices),
                override.resolution,
                override.known_from,
            )
            known = items[override.name]
            if any((row.since, row.known_since) == (old.since, old.known_since) for old in known.rows):
                raise PolicyError(
                    f"参数“{parameter.label}”在 {row.since.isoformat()} 起已有同日知悉的调整，不能重复。"
                )
            items[override.name] = replace(known, rows=(*known.rows, row))
        every = (*self.overrides, *added)
        result = Parameters(items, _version(self.version.partition("+")[0], every), every)
        _check_ceiling(result)
        return result

    def get(self, name: str) -> Parameter:
        """The parameter of that name. Raises `PolicyError` for an unknown one."""
        try:
            return self.items[name]
        except KeyError:
            raise PolicyError(f"没有名为“{name}”的政策参数。") from None

    def value(self, name: str, *, on: date, known_on: date | None = None) -> Value:
        """The value in force on a day, as known on `known_on`."""
        return self.get(name).row(on, known_on).value

    def on(self, day: date, known_on: date | None = None) -> "Terms":
        """The values in force on a day, to be asked one by one."""
        return Terms(self, day, known_on)


@dataclass(frozen=True, slots=True)
class Terms:
    """The parameters as they stood on one day."""

    parameters: Parameters
    day: date
    known_on: date | None = None
    _memo: dict[str, Row] = field(default_factory=dict, compare=False, repr=False)

    def row(self, name: str) -> Row:
        """The row in force, with its origin."""
        if name not in self._memo:
            self._memo[name] = self.parameters.get(name).row(self.day, self.known_on)
        return self._memo[name]

    def decimal(self, name: str) -> Decimal:
        """A ratio, percentage, number of BP or amount in 元."""
        return cast("Decimal", self._of(name, Kind.MONEY, Kind.RATIO, Kind.PERCENT, Kind.BP))

    def integer(self, name: str) -> int:
        """A number of days, years or votes."""
        return cast("int", self._of(name, Kind.INTEGER))

    def choice(self, name: str) -> str:
        """The reading chosen for an ambiguity."""
        return cast("str", self._of(name, Kind.CHOICE))

    def date(self, name: str) -> date:
        """A date."""
        return cast("date", self._of(name, Kind.DATE))

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of words."""
        return cast("tuple[str, ...]", self._of(name, Kind.TEXTS))

    def tiers(self, name: str) -> tuple[Tier, ...]:
        """A tier table, lowest step first."""
        return cast("tuple[Tier, ...]", self._of(name, Kind.TIERS))

    def text(self, name: str) -> str:
        """The value as people read it."""
        return self.parameters.get(name).text(self.row(name).value)

    def source(self, name: str) -> str:
        """Where the value comes from, as printed beside it."""
        return self.parameters.get(name).source(self.row(name))

    def clause(self, name: str) -> str:
        """The clause the parameter rests on."""
        return self.parameters.get(name).clause

    def _of(self, name: str, *kinds: Kind) -> Value:
        if self.parameters.get(name).kind not in kinds:
            raise TypeError(f"parameter {name} is {self.parameters.get(name).kind}, not {kinds}")
        return self.row(name).value


@cache
def _shipped() -> Parameters:
    items: dict[str, Parameter] = {}
    digest = hashlib.sha256()
    for path in sorted(DIRECTORY.iterdir()):
        if path.suffix not in {".yaml", ".csv"}:
            continue
        digest.update(path.name.encode() + path.read_bytes().replace(b"\r\n", b"\n"))
        if path.suffix == ".csv":
            continue
        for name, parameter in parse_file(strict_yaml.read(path), path.name).items():
            if name in items:
                raise PolicyError(f"{path.name}：参数 {name} 已在另一个文件中定义。")
            items[name] = parameter
    shipped = Parameters(items, f"725-{digest.hexdigest()[:12]}")
    _check_ceiling(shipped)
    return shipped


def parse_file(raw: Any, file: str) -> dict[str, Parameter]:
    """The parameters of one file's content. Raises `PolicyError` naming the file and the parameter."""
    if not isinstance(raw, dict):
        raise PolicyError(f"{file}：应为“参数名: 内容”的列表。")
    return {name: _parameter(name, entry, f"{file} 的 {name}") for name, entry in raw.items()}


def _parameter(name: str, entry: Any, where: str) -> Parameter:
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
    )


def _check_ceiling(parameters: Parameters) -> None:
    """三（四）: “给予最高80%的补偿”: no tier of any date may pass the ceiling in force on that date."""
    for row in parameters.get("bank_tiers").rows:
        ceiling = cast("Decimal", parameters.value("bank_max_ratio", on=row.since))
        for tier in cast("tuple[Tier, ...]", row.value):
            if tier.ratio > ceiling:
                raise PolicyError(
                    f"银行板块等级比例 {ratio_text(tier.ratio)} 超过最高补偿比例 "
                    f"{ratio_text(ceiling)}（三（四））。"
                )


def _version(base: str, overrides: tuple[Override, ...]) -> str:
    content = sorted(json.dumps(o.model_dump(mode="json"), sort_keys=True) for o in overrides)
    return f"{base}+{hashlib.sha256(''.join(content).encode()).hexdigest()[:12]}"
