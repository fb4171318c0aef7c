"""The process file as a chart: what it says is read from its source, so the drawing can never disagree with it.

`read` follows the function from top to bottom with an AST reader. Helper functions of the same file are read where
they are called. Gates, waiting for dates, ends and a few notable steps become nodes; everything else is not drawn.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal

from flows.kernel import words
from models.gates import Gate
from models.lifecycle import STATE_NAMES, State
from models.roles import Party

Kind = Literal["start", "gate", "until", "step", "end"]
START = "start"

NOTABLE: dict[str, tuple[str, Party]] = {
    "compensation.calculate": ("测算", Party.MANAGING),
    "limits.reserve": ("预留额度", Party.BUREAU),
    "outcomes.decide_for": ("补偿决定", Party.BUREAU),
    "filings.register": ("登记备案", Party.MANAGING),
    "recoveries.give_back": ("返还入账", Party.FINANCE),
}
"""Steps people speak of as stages, with the side in whose name they are done."""

WAITS: dict[State, tuple[Party, str]] = {
    State.PUBLIC_NOTICE: (Party.BUREAU, "public_notice_days"),
    State.AWAITING_ROOM: (Party.FINANCE, ""),
}
"""Whose lane a waiting stands in, and the parameter with its working days."""


class UnreadableError(ValueError):
    """A process file uses a construct the diagram cannot follow."""


@dataclass(frozen=True, slots=True)
class Node:
    """A box. `party` is its lane, None for ends. `days` names the policy parameter with its working days.

    `beside` is the node whose column it shares: a 补正 stands above the gate that asked for it.
    """

    key: str
    kind: Kind
    name: str
    title: str
    party: Party | None = None
    days: str = ""
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """Nodes in the order of the process file; edges from key to key. `title` is the function's first words."""

    title: str
    nodes: tuple[Node, ...]
    edges: tuple[tuple[str, str], ...]

    def order(self, key: str) -> int:
        """Where a node comes in the process file."""
        return next(i for i, node in enumerate(self.nodes) if node.key == key)

    def named(self, name: str) -> tuple[Node, ...]:
        """The nodes a journal entry of this name may mean: more than one for 补正."""
        return tuple(node for node in self.nodes if node.name == name)


Tails = tuple[str, ...]


@dataclass(slots=True)
class _Frame:
    """One function being read: what its names mean, and where its `return` goes.

    `final` says that it returns the state the case ends in; otherwise its returns lead on to after the call.
    """

    names: dict[str, Any]
    module: str
    scope: str
    final: bool
    returned: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


@cache
def read(function: Callable[..., Any]) -> Chart:
    """The chart of a process function. Raises `UnreadableError` where it ends in something that is no state."""
    reader = _Reader()
    reader.nodes[START] = Node(START, "start", START, "提交申请", Party.APPLICANT)
    frame = _Frame(dict(function.__globals__), function.__module__, "", final=True)
    reader.block(_body(function), (START,), frame)
    edges = tuple(reader.edges)
    nodes = tuple(_placed(node, reader.nodes, edges) for node in reader.nodes.values())
    middle = [node for node in nodes if node.kind != "end"]
    title = (inspect.getdoc(function) or "").partition(":")[0].partition("：")[0]
    return Chart(title, (*middle, *(node for node in nodes if node.kind == "end")), edges)


def _body(function: Callable[..., Any]) -> list[ast.stmt]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    definition = tree.body[0]
    if not isinstance(definition, ast.FunctionDef):
        raise UnreadableError(f"{function.__qualname__} is not a plain function")
    return definition.body


def _placed(node: Node, nodes: dict[str, Node], edges: tuple[tuple[str, str], ...]) -> Node:
    """A node that only one other leads to, and that leads only back to it, shares its column (in its own lane)."""
    before = {a for a, b in edges if b == node.key}
    after = {b for a, b in edges if a == node.key}
    if node.kind in ("gate", "until") and len(before) == 1 and before == after:
        (host,) = before
        if nodes[host].party != node.party:
            return replace(node, beside=host)
    return node


def _join(*parts: Iterable[str]) -> Tails:
    return tuple(dict.fromkeys(key for part in parts for key in part))


class _Reader:
    """Reads statements one after the other; `tails` are the nodes from which the next node is reached."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.edges: dict[tuple[str, str], None] = {}
        self.calls = 0

    def block(self, statements: list[ast.stmt], tails: Tails, frame: _Frame) -> Tails:
        """Read statements in order; nothing follows a `return` or `raise`."""
        for statement in statements:
            if not tails:
                break
            tails = self.statement(statement, tails, frame)
        return tails

    def statement(self, s: ast.stmt, tails: Tails, frame: _Frame) -> Tails:
        """One statement: branches fork and join, loops lead back to what is asked again."""
        match s:
            case ast.Return() | ast.Raise():
                return self.leave(s.value, tails, frame) if isinstance(s, ast.Return) else ()
            case ast.If():
                tails = self.expression(s.test, tails, frame)
                return _join(self.block(s.body, tails, frame), self.block(s.orelse, tails, frame))
            case ast.While() | ast.For():
                return self.loop(s, tails, frame)
            case ast.Break():
                frame.broken += tails
                return ()
        for part in ast.iter_child_nodes(s):
            if isinstance(part, ast.expr):
                tails = self.expression(part, tails, frame)
        return tails

    def loop(self, s: ast.While | ast.For, tails: Tails, frame: _Frame) -> Tails:
        """The condition is read again after the body, so that what it waits for is reached from there too."""
        asked = s.test if isinstance(s, ast.While) else s.iter
        outer, frame.broken = frame.broken, []
        first = self.expression(asked, tails, frame)
        again = self.block(s.body, first, frame)
        again = self.expression(asked, again, frame) if again else ()
        left, frame.broken = _join(first, again, frame.broken), outer
        return left

    def leave(self, value: ast.expr | None, tails: Tails, frame: _Frame) -> Tails:
        """`return`: the end of the case, or on to what follows the call of a helper."""
        if not frame.final:
            tails = self.expression(value, tails, frame) if value is not None else tails
            frame.returned += tails
            return ()
        if isinstance(value, ast.IfExp):
            self.leave(value.body, tails, frame)
            return self.leave(value.orelse, tails, frame)
        if isinstance(value, ast.Call) and self.helper(self.resolve(value.func, frame), frame):
            return self.expression(value, tails, frame, final=True)
        state = self.resolve(value, frame)
        if not isinstance(state, State):
            raise UnreadableError(
                f"{frame.module} returns something that is no state: {ast.dump(value or ast.Pass())}"
            )
        self.reach(Node(f"end.{state}", "end", state.value, STATE_NAMES[state]), tails)
        return ()

    def expression(self, e: ast.expr, tails: Tails, frame: _Frame, *, final: bool = False) -> Tails:
        """The calls of an expression, in the order they are carried out."""
        for call in _calls(e):
            tails = self.call(call, tails, frame, final=final and call is e)
        return tails

    def call(self, call: ast.Call, tails: Tails, frame: _Frame, *, final: bool) -> Tails:
        """One call: a word of the process language, a notable step, a helper, or nothing to draw."""
        target = self.resolve(call.func, frame)
        if target is words.gate or target is words.until:
            return self.wait(self.resolve(call.args[1], frame), tails, frame)
        if target is words.send_back:
            return ()
        if self.helper(target, frame):
            return self.inline(target, call, tails, frame, final=final)
        name = f"{getattr(target, '__module__', '').rpartition('.')[2]}.{getattr(target, '__name__', '')}"
        if name in NOTABLE:
            title, party = NOTABLE[name]
            return self.reach(Node(f"{name}@{frame.scope}", "step", name, title, party), tails)
        return tails

    def wait(self, asked: Any, tails: Tails, frame: _Frame) -> Tails:
        """A gate, or a date (by the state the case stands at while it waits)."""
        key = f"@{frame.scope}"
        if isinstance(asked, Gate):
            return self.reach(
                Node(asked.key + key, "gate", asked.key, asked.title, asked.party, asked.days), tails
            )
        if isinstance(asked, State):
            party, days = WAITS.get(asked, (Party.BUREAU, ""))
            name = f"until.{asked.value}"
            return self.reach(Node(name + key, "until", name, STATE_NAMES[asked], party, days), tails)
        raise UnreadableError(f"{frame.module} waits for something the diagram does not know: {asked!r}")

    def inline(
        self, target: Callable[..., Any], call: ast.Call, tails: Tails, frame: _Frame, *, final: bool
    ) -> Tails:
        """A helper of the same file, read with the arguments of this call."""
        self.calls += 1
        names = dict(target.__globals__)
        given = dict(zip(inspect.signature(target).parameters, call.args, strict=False))
        given |= {word.arg: word.value for word in call.keywords if word.arg}
        names |= {name: self.resolve(value, frame) for name, value in given.items()}
        inner = _Frame(names, frame.module, f"{frame.scope}/{self.calls}", final)
        left = self.block(_body(target), tails, inner)
        return () if final else _join(inner.returned, left)

    def helper(self, target: Any, frame: _Frame) -> bool:
        """Whether a call means a plain function of the process file itself."""
        return inspect.isfunction(target) and target.__module__ == frame.module

    def resolve(self, e: ast.expr | None, frame: _Frame) -> Any:
        """What a name or a dotted name means, or None."""
        if isinstance(e, ast.Name):
            return frame.names.get(e.id)
        if isinstance(e, ast.Attribute):
            return getattr(self.resolve(e.value, frame), e.attr, None)
        return None

    def reach(self, node: Node, tails: Tails) -> Tails:
        """Come to a node, for the first time or again."""
        self.nodes.setdefault(node.key, node)
        for tail in tails:
            self.edges.setdefault((tail, node.key))
        return (node.key,)


def _calls(e: ast.AST) -> Iterator[ast.Call]:
    """The calls inside an expression, arguments before the call they are given to."""
    if isinstance(e, ast.Lambda):
        return
    for child in ast.iter_child_nodes(e):
        yield from _calls(child)
    if isinstance(e, ast.Call):
        yield e
