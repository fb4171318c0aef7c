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
from typing import cast

from models.policy import strict_yaml
from models.policy.errors import PolicyError
from models.policy.lines import ratio_text
from models.policy.overrides import Override
from models.policy.parameter import Parameter, Row, parse_file
from models.policy.values import Kind, Tier, Value

DIRECTORY = Path(__file__).parent / "parameters"


@dataclass(frozen=True, slots=True)
class Parameters:
    """All parameters. `version` identifies the exact content: a case that pins it can be recomputed.

    `files` is that content, name → text: kept by whoever pins a version, read again by `from_files`.
    """

    items: Mapping[str, Parameter] = field(hash=False)
    version: str
    files: Mapping[str, str] = field(repr=False, hash=False)
    overrides: tuple[Override, ...] = field(default=(), hash=False)
    _days: dict[tuple[date, date | None], "Terms"] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def load(cls, overrides: Iterable[Override] = ()) -> "Parameters":
        """The shipped parameters, with override rows added. Raises `PolicyError` for data that cannot be."""
        return _shipped().with_overrides(overrides)

    @classmethod
    def from_files(cls, files: Mapping[str, str], overrides: Iterable[Override] = ()) -> "Parameters":
        """The parameters of an edition kept earlier: its files (YAML and CSV), and the rows added since."""
        return _read(files).with_overrides(overrides)

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
                parameter.parse(override.value),
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
        result = Parameters(items, _version(self.version.partition("+")[0], every), self.files, every)
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
        return self._days.setdefault((day, known_on), Terms(self, day, known_on))


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

    def reading(self, values: Mapping[str, Value]) -> "Terms":
        """The same terms with some values read otherwise; who asks says why."""
        rows = {name: replace(self.row(name), value=value) for name, value in values.items()}
        return Terms(self.parameters, self.day, self.known_on, {**self._memo, **rows})

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
    paths = [path for path in sorted(DIRECTORY.iterdir()) if path.suffix in {".yaml", ".csv"}]
    return _read({path.name: path.read_text(encoding="utf-8") for path in paths})


def _read(files: Mapping[str, str]) -> Parameters:
    items: dict[str, Parameter] = {}
    digest = hashlib.sha256()
    for name in sorted(files):
        content = files[name]
        digest.update(f"{name}{content}".encode())
        if name.endswith(".csv"):
            continue
        for key, parameter in parse_file(strict_yaml.parse(content, name), name).items():
            if key in items:
                raise PolicyError(f"{name}：参数 {key} 已在另一个文件中定义。")
            items[key] = parameter
    parameters = Parameters(items, f"725-{digest.hexdigest()[:12]}", dict(files))
    _check_ceiling(parameters)
    return parameters


def _check_ceiling(parameters: Parameters) -> None:
    """三（四）: “给予最高80%的补偿”: on no day may a tier pass the ceiling in force on that day."""
    changes = {row.since for name in ("bank_tiers", "bank_max_ratio") for row in parameters.get(name).rows}
    for day in sorted(changes):
        ceiling = cast("Decimal", parameters.value("bank_max_ratio", on=day))
        for tier in cast("tuple[Tier, ...]", parameters.value("bank_tiers", on=day)):
            if tier.ratio > ceiling:
                raise PolicyError(
                    f"{day.isoformat()} 起银行板块等级比例 {ratio_text(tier.ratio)} 超过最高补偿比例 "
                    f"{ratio_text(ceiling)}（三（四））：两项须一并调整。"
                )


def _version(base: str, overrides: tuple[Override, ...]) -> str:
    content = sorted(json.dumps(o.model_dump(mode="json"), sort_keys=True) for o in overrides)
    return f"{base}+{hashlib.sha256(''.join(content).encode()).hexdigest()[:12]}"
