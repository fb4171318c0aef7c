"""The chart and the way through it as SVG: swim lanes, made on the server, with classes only (no inline styles).

The picture is one image with its story as label; the links to the record lie over it, so both can be reached.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from flows.kernel.diagram import Chart, Node
from flows.kernel.diagram_path import Back, Mark, Walk
from models.roles import PARTY_NAMES, Party

WIDTH, HEIGHT = 70.0, 44.0  # of a box
LANE = 70.0
LEFT = 92.0
LEAST_PITCH, MOST_PITCH = 80.0, 150.0
LEAST_WIDTH = 1350.0
LONG_TITLE = 6  # characters that no longer fit at the usual size
LONGEST_LABEL = 16
CHARACTER = 11.5  # width of one character of a label
ENDS = "结果"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a box stands: its column, lane, and centre."""

    column: int
    lane: int
    x: float
    y: float

    @property
    def left(self) -> float:
        return self.x - WIDTH / 2

    @property
    def right(self) -> float:
        return self.x + WIDTH / 2

    @property
    def top(self) -> float:
        return self.y - HEIGHT / 2

    @property
    def bottom(self) -> float:
        return self.y + HEIGHT / 2


def draw(walk: Walk, story: str = "") -> str:
    """The SVG of a case's process. Text is escaped; reasons are people's words. `story` replaces the walk's own."""
    chart = walk.chart
    lanes: list[Party | None] = [p for p in Party if any(node.party == p for node in chart.nodes)]
    lanes.append(None)
    places, pitch, columns = _places(chart, lanes)
    width, height = max(LEFT + columns * pitch, LEAST_WIDTH), 18 + LANE * len(lanes)
    untaken = [edge for edge in chart.edges if edge not in walk.taken]
    taken = [edge for edge in chart.edges if edge in walk.taken]
    parts = [
        *_lanes(lanes, width),
        *(f'<path class="edge" d="{_edge(places, edge, pitch)}"/>' for edge in untaken),
        *(_walked(walk, places, edge, pitch) for edge in taken),
        *_backs(walk, places, pitch),
        *(_box(node, walk.marks[node.key], places[node.key]) for node in chart.nodes),
        *_counts(walk, places),
    ]
    links = (_link(node, walk.marks[node.key], places[node.key]) for node in chart.nodes)
    return (
        f'<svg class="flow" viewBox="0 0 {width:g} {height:g}">'
        f'<g role="img" aria-label="{escape(story or walk.story)}">{"".join(parts)}</g>{"".join(links)}</svg>'
    )


def _places(chart: Chart, lanes: Sequence[Party | None]) -> tuple[dict[str, Place], float, int]:
    """Columns in the order of the process; an end stands after the last node that leads to it."""
    column: dict[str, int] = {}
    for node in chart.nodes:
        if node.kind != "end" and not node.beside:
            column[node.key] = len(column)
    for node in chart.nodes:
        if node.beside:
            column[node.key] = column[node.beside]
    occupied: set[int] = set()
    for node in chart.nodes:
        if node.kind == "end":
            after = 1 + max(column[a] for a, b in chart.edges if b == node.key)
            while after in occupied:
                after += 1
            occupied.add(after)
            column[node.key] = after
    columns = 1 + max(column.values())
    pitch = min(max((LEAST_WIDTH - LEFT) / columns, LEAST_PITCH), MOST_PITCH)
    places = {}
    for node in chart.nodes:
        lane = lanes.index(node.party)
        x = LEFT + column[node.key] * pitch + WIDTH / 2
        places[node.key] = Place(column[node.key], lane, x, 42 + LANE * lane)
    return places, pitch, columns


def _lanes(lanes: Sequence[Party | None], width: float) -> list[str]:
    parts = []
    for i, party in enumerate(lanes):
        name = PARTY_NAMES[party] if party else ENDS
        parts.append(f'<text class="lane" x="0" y="{46 + LANE * i:g}">{escape(name)}</text>')
        if i:
            y = 9 + LANE * i
            parts.append(f'<line class="laneline" x1="0" x2="{width:g}" y1="{y:g}" y2="{y:g}"/>')
    return parts


def _edge(places: dict[str, Place], edge: tuple[str, str], pitch: float) -> str:
    """A line from box to box: straight in a lane, around a corner between lanes, over boxes that stand between."""
    a, b = places[edge[0]], places[edge[1]]
    gap = (pitch - WIDTH) / 2
    if a.column == b.column:
        x = a.x + (10 if a.y < b.y else -10)
        start, end = (a.bottom, b.top) if a.y < b.y else (a.top, b.bottom)
        return f"M{x:g} {start:g}V{end:g}"
    if b.column < a.column:
        return _leftwards(a, b)
    if a.lane != b.lane:
        corner = a.right + min(gap, 12)
        if any(p.lane == b.lane and a.column < p.column < b.column for p in places.values()):
            return _around(a, b, corner)
        return _turned(a.right, a.y, corner, b.y, b.left)
    between = [p for p in places.values() if p.lane == a.lane and a.column < p.column < b.column]
    if not between:
        return f"M{a.right:g} {a.y:g}H{b.left:g}"
    over = a.top - 6
    return f"M{a.x + 14:g} {a.top:g}V{over + 4:g}q0 -4 4 -4H{b.x - 4:g}q4 0 4 4V{b.top:g}"


def _turned(x1: float, y1: float, corner: float, y2: float, x2: float) -> str:
    d = 4 if y2 > y1 else -4
    return (
        f"M{x1:g} {y1:g}H{corner - 4:g}Q{corner:g} {y1:g} {corner:g} {y1 + d:g}"
        f"V{y2 - d:g}Q{corner:g} {y2:g} {corner + 4:g} {y2:g}H{x2:g}"
    )


def _leftwards(a: Place, b: Place) -> str:
    """Back to a box before: straight in a lane, else to below (or above) it and in from there."""
    if a.lane == b.lane:
        return f"M{a.left:g} {a.y + 12:g}H{b.right:g}"
    end, d = (b.bottom, -4) if a.y > b.y else (b.top, 4)
    return f"M{a.left:g} {a.y + 12:g}H{b.x + 18:g}q-4 0 -4 {d}V{end:g}"


def _around(a: Place, b: Place, corner: float) -> str:
    """To a box of another lane past boxes that stand before it: along their edge, and in from there."""
    down = b.y > a.y
    d, edge = (4, b.top) if down else (-4, b.bottom)
    y = edge - 2 * d
    return (
        f"M{a.right:g} {a.y:g}H{corner - 4:g}Q{corner:g} {a.y:g} {corner:g} {a.y + d:g}V{y - d:g}"
        f"q0 {d} 4 {d}H{b.x - 4:g}q4 0 4 {d}V{edge:g}"
    )


def _walked(walk: Walk, places: dict[str, Place], edge: tuple[str, str], pitch: float) -> str:
    """A walked edge; towards 补正 it is a return."""
    kind = "back" if edge in walk.backs else "on"
    return f'<path class="edge {kind}" d="{_edge(places, edge, pitch)}"/>'


def _arcs(walk: Walk) -> list[Back]:
    """Returns to an earlier gate, which no edge of the process file shows."""
    return [back for pair, back in walk.backs.items() if pair not in walk.chart.edges]


def _backs(walk: Walk, places: dict[str, Place], pitch: float) -> list[str]:
    """Arcs below the boxes of the lane they start in, with the reason where there is room for it."""
    parts = []
    for i, back in enumerate(_arcs(walk)):
        a, b = places[back.source], places[back.target]
        y, x1, x2 = a.bottom + 8, a.x - 8 + 6 * i, b.x + 8 * i
        label = _short(f"退回：{back.reason}" if back.reason else "退回")
        half = len(label) * CHARACTER / 2
        start, end = f"M{x1:g} {a.bottom:g}v4q0 4 -4 4", f"H{x2 + 4:g}q-4 0 -4 -4V{b.bottom:g}"
        if 2 * half < x1 - x2 - pitch * 0.4:  # on the line, which makes room for it
            middle = (x1 + x2) / 2
            line = f"{start}H{middle + half:g}M{middle - half:g} {y:g}{end}"
        else:  # beside the line's start
            middle, line = x1 + 10 + half, start + end
        parts.append(f'<path class="edge back" d="{line}"/>')
        parts.append(f'<text class="lbl" x="{middle:g}" y="{y + 3:g}">{escape(label)}</text>')
    return parts


def _short(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else label[: LONGEST_LABEL - 1] + "…"


def _counts(walk: Walk, places: dict[str, Place]) -> list[str]:
    """How often: a filled circle on each return."""
    arcs = {(back.source, back.target): i for i, back in enumerate(_arcs(walk))}
    parts = []
    for pair, back in walk.backs.items():
        a, b = places[back.source], places[back.target]
        if pair in arcs:
            x, y = b.x + 8 * arcs[pair], (b.bottom + 40 if a.lane != b.lane else b.bottom + 8)
        elif a.column == b.column:
            x, y = a.x + (10 if a.y < b.y else -10), (a.y + b.y) / 2
        else:
            x, y = (a.x + b.x) / 2, a.y + 12
        parts.append(
            f'<g class="rd"><circle cx="{x:g}" cy="{y:g}" r="7.5"/>'
            f'<text x="{x:g}" y="{y + 3.5:g}">{back.count}</text></g>'
        )
    return parts


def _box(node: Node, mark: Mark, at: Place) -> str:
    style = {"todo": "", "void": "skip"}.get(mark.standing, mark.standing)
    style = f"h{mark.heat}" if mark.heat else style
    size = ' font-size="11"' if len(node.title) >= LONG_TITLE else ""
    halo = ""
    if mark.standing == "now":
        halo = (
            f'<rect class="halo" x="{at.left - 4:g}" y="{at.top - 4:g}" width="{WIDTH + 8:g}" '
            f'height="{HEIGHT + 8:g}" rx="8"/>'
        )
    # the second line of the lit box keeps the box's own white
    small = 'font-size="11" font-weight="600"' if mark.standing == "now" else 'class="d"'
    note = f'<text {small} x="{at.x:g}" y="{at.y + 13:g}">{escape(mark.note)}</text>' if mark.note else ""
    return (
        f'{halo}<g class="node {style}">'
        f'<rect x="{at.left:g}" y="{at.top:g}" width="{WIDTH:g}" height="{HEIGHT:g}" rx="5"/>'
        f'<text{size} x="{at.x:g}" y="{at.y + (-3 if mark.note else 5):g}">{escape(node.title)}</text>{note}</g>'
    )


def _link(node: Node, mark: Mark, at: Place) -> str:
    """What lies over a box that has a record: a link to the newest entry of the timeline, or to the cases there."""
    if mark.entry_id is None and not mark.href:
        return ""
    to = "看案件" if mark.href else "看经过"
    words = f"{node.title}，{mark.note}：{to}" if mark.note else f"{node.title}：{to}"
    return (
        f'<a href="{escape(mark.href or f"#r{mark.entry_id}")}" aria-label="{escape(words)}">'
        f'<rect x="{at.left:g}" y="{at.top:g}" width="{WIDTH:g}" height="{HEIGHT:g}" rx="5" '
        'fill="none" pointer-events="all"/></a>'
    )
