"""A process as a picture file of its own, for readers outside the pages: nobody has walked it yet.

On a page the style sheet colours the drawing; a file brings its colours along.
"""

from collections.abc import Callable
from typing import Any

from flows.kernel.diagram import read
from flows.kernel.diagram_path import Mark, Walk
from flows.kernel.diagram_svg import draw

STYLE = """
svg { background: #fff; font: 500 13px "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif }
.lane { fill: #5e6974; font-size: 12px }
.laneline { stroke: #e2e4de }
.edge { fill: none; stroke: #17597a; stroke-width: 1.5 }
.node rect { fill: #e5eff4; stroke: #17597a }
.node text { fill: #18222c; text-anchor: middle }
"""


def picture(function: Callable[..., Any]) -> str:
    """The SVG file of a process function: the same source always gives the same bytes."""
    chart = read(function)
    drawn = draw(Walk(chart, {node.key: Mark() for node in chart.nodes}))
    head, rest = drawn.split(">", 1)
    head = head.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    return f"{head}><style>{STYLE}</style>{rest}\n"
