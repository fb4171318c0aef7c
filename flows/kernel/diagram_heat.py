"""Where the cases of a process stand and how long its gates take, on the drawing of the process itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flows.kernel.diagram import Node, read
from flows.kernel.diagram_path import Mark, Walk
from flows.kernel.diagram_svg import draw

WARMEST = 4


@dataclass(frozen=True, slots=True)
class Heat:
    """One gate or waiting: cases there now, how many of them late, median working days (工作日) of the rounds
    finished in the period (None: none were, or it is not measured), and the list of the cases."""

    count: int
    late: int
    median: Decimal | None
    href: str


def drawing(function: Callable[..., Any], heats: Mapping[str, Heat]) -> str:
    """The SVG, each node coloured by its share of the fullest one; `heats` by gate key (`until.<state>` for dates).

    A node that stands in the file more than once (补正) shows the same figures each time.
    """
    chart = read(function)
    most = max((heat.count for heat in heats.values()), default=0)
    marks = {node.key: _mark(heats.get(node.name), most) for node in chart.nodes}
    told = [
        f"{node.title}{_words(heats[node.name])}"
        for node in chart.nodes
        if node.name in heats and heats[node.name].count and not _again(node, chart.nodes)
    ]
    story = f"{chart.title}流程热力图：" + ("；".join(told) if told else "现在没有在办案件")
    return draw(Walk(chart, marks), story)


def _again(node: Node, nodes: tuple[Node, ...]) -> bool:
    """Whether an earlier node has the same figures."""
    return next(one for one in nodes if one.name == node.name) is not node


def _words(heat: Heat) -> str:
    late = f"（逾期{heat.late}件）" if heat.late else ""
    return f"{heat.count}件{late}"


def _mark(heat: Heat | None, most: int) -> Mark:
    if heat is None:
        return Mark()
    median = f"·{heat.median:.1f}日" if heat.median is not None else ""
    warmth = 0 if not heat.count else 1 + (WARMEST - 1) * (heat.count - 1) // max(most - 1, 1)
    return Mark(note=f"{heat.count}件{median}", heat=warmth, href=heat.href if heat.count else "")
