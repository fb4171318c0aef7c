"""脚注1: “方案所提中小微企业按照工信部划型标准确定。”

The standard is 工信部联企业〔2011〕300号 (numbers from a community copy, unverified; whether a newer standard
has replaced it is unverified too), kept by effective date in `parameters/size_class.csv`.
"""

import csv
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from io import StringIO
from pathlib import Path

from models.policy.errors import PolicyError
from models.policy.lines import plain

STANDARD = "工信部联企业〔2011〕300号"
_FILE = Path(__file__).parent / "parameters" / "size_class.csv"


class Industry(StrEnum):
    """The 16 industries of the standard."""

    AGRICULTURE = "农、林、牧、渔业"
    INDUSTRY = "工业"
    CONSTRUCTION = "建筑业"
    WHOLESALE = "批发业"
    RETAIL = "零售业"
    TRANSPORT = "交通运输业"
    STORAGE = "仓储业"
    POST = "邮政业"
    LODGING = "住宿业"
    CATERING = "餐饮业"
    TELECOM = "信息传输业"
    SOFTWARE = "软件和信息技术服务业"
    REAL_ESTATE = "房地产开发经营"
    PROPERTY = "物业管理"
    LEASING = "租赁和商务服务业"
    OTHER = "其他未列明行业"


class Size(StrEnum):
    """大型、中型、小型、微型."""

    LARGE = "大型"
    MEDIUM = "中型"
    SMALL = "小型"
    MICRO = "微型"


class Indicator(StrEnum):
    """What is measured; revenue and assets in 万元."""

    EMPLOYEES = "employees"
    REVENUE = "revenue"
    ASSETS = "assets"


INDICATOR_NAMES = {
    Indicator.EMPLOYEES: ("从业人员", "人"),
    Indicator.REVENUE: ("营业收入", "万元"),
    Indicator.ASSETS: ("资产总额", "万元"),
}


@dataclass(frozen=True, slots=True)
class SizeVerdict:
    """The class, or None with the sentence that says which indicator is missing."""

    size: Size | None
    reason: str


Standard = dict[Industry, dict[date, dict[Indicator, tuple[Decimal, Decimal, Decimal]]]]
"""Floors of 大型, 中型, 小型 by industry, effective date and indicator."""


@cache
def standard(content: str | None = None) -> Standard:
    """The standard out of the CSV kept with an edition of the parameters; the shipped one without."""
    table: Standard = {}
    for row in csv.DictReader(StringIO(content or _FILE.read_text(encoding="utf-8"))):
        floors = (Decimal(row["large_from"]), Decimal(row["medium_from"]), Decimal(row["small_from"]))
        editions = table.setdefault(Industry(row["industry"]), {})
        edition = editions.setdefault(date.fromisoformat(row["from"]), {})
        edition[Indicator(row["indicator"])] = floors
    return table


def classify(
    industry: Industry,
    *,
    on: date,
    employees: int | None = None,
    revenue_wan: Decimal | None = None,
    assets_wan: Decimal | None = None,
    by: Standard | None = None,
) -> SizeVerdict:
    """The size class on a day by a standard (the shipped one when none is given). “以上” includes the number, “以下” does not; one low indicator drops the class.

    Raises `PolicyError` for a day before the standard.
    """
    given = {
        Indicator.EMPLOYEES: None if employees is None else Decimal(employees),
        Indicator.REVENUE: revenue_wan,
        Indicator.ASSETS: assets_wan,
    }
    table = by or standard()
    editions = [day for day in table[industry] if day <= on]
    if not editions:
        raise PolicyError(f"{on.isoformat()} 没有可用的划型标准。")
    floors = table[industry][max(editions)]
    missing = [INDICATOR_NAMES[name][0] for name in floors if given[name] is None]
    if missing:
        return SizeVerdict(None, f"{industry}划型须看{'、'.join(missing)}，现未提供。")
    sizes = [Size.LARGE, Size.MEDIUM, Size.SMALL, Size.MICRO]
    reached = 0
    parts = []
    for name, steps in floors.items():
        value = given[name] or Decimal(0)
        level = next((place for place, floor in enumerate(steps) if value >= floor), len(steps))
        reached = max(reached, level)
        label, unit = INDICATOR_NAMES[name]
        parts.append(f"{label} {plain(value)} {unit}（{sizes[level]}）")
    return SizeVerdict(
        sizes[reached], f"{industry}：{'，'.join(parts)}；以较低者为准，划为{sizes[reached]}。"
    )
