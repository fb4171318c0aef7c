"""Reading a template's placeholders before it is used: each fault with its place, in a sentence.

The language of a template is small on purpose: fields, conditions, loops over the document's own lists, and the
filters of `flows.documents.schema`. Whatever else Jinja2 can do is refused here, before anything runs.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches

from jinja2 import TemplateSyntaxError, nodes
from lxml import etree

from flows.documents import schema
from flows.documents.intake import Finding, tree
from flows.documents.language import environment
from flows.documents.registry import DocumentKind
from flows.documents.schema import Shape
from flows.documents.template import FULL_WIDTH

LONGEST_TEXT = 200
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")
_STATEMENT = re.compile(r"\{%[-+]?(?:(?:p|tr|tc|r)\s)?\s*(\w+)\s*(.*?)\s*[-+]?%\}", re.DOTALL)
_LOOP = frozenset({"index", "first", "last", "length"})
_JOINING = (
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Compare,
    nodes.Operand,
    nodes.CondExpr,
    nodes.Add,
    nodes.Sub,
)
_ADVICE = {"figure": "金额写成 |yuan 或 |daxie，比例写成 |pct 或 |percent", "day": "日期写成 |cn_date 或 |iso",
           "flag": "只能放在条件里：{% if … %}", "object": "写到下一级的内容", "list": "用 {%p for … %} 逐项写"}  # fmt: skip


@dataclass
class Reading:
    """What a template asks for: the faults found, and the path of every field used."""

    findings: list[Finding] = field(default_factory=list)
    used: set[str] = field(default_factory=set)


@dataclass
class _Open:
    """An open {% if %} or {% for %}; a loop has its variable's shape."""

    word: str
    where: str
    name: str = ""
    item: Shape | None = None


def read(parts: dict[str, bytes], kind: DocumentKind) -> Reading:
    """Every placeholder of the template's parts, checked against the document's context."""
    reader = _Reader(kind)
    for where, text in paragraphs(parts):
        reader.paragraph(where, text)
    reader.end()
    if not reader.reading.used:
        reader.fault("正文", "模板中没有任何占位符，无法用来生成文书。")
    return reader.reading


def paragraphs(parts: dict[str, bytes]) -> Iterator[tuple[str, str]]:
    """Every paragraph with text, and where it stands: 正文第 3 段, 第 2 个表格第 1 行第 4 格, 页眉第 1 段."""
    names = sorted(name for name in parts if re.fullmatch(r"word/(header|footer)\d+\.xml", name))
    for name in ("word/document.xml", *names):
        label = "页眉" if "header" in name else "页脚" if "footer" in name else "正文"
        root = tree(parts[name])
        body = root.find(f"{_W}body") if name == "word/document.xml" else root
        count = tables = 0
        for block in body if body is not None else ():
            if block.tag == f"{_W}p":
                count += 1
                if text := _text(block):
                    yield f"{label}第 {count} 段", text
            elif block.tag == f"{_W}tbl":
                tables += 1
                yield from _cells(block, f"{'' if label == '正文' else label}第 {tables} 个表格")


def _cells(table: etree._Element, label: str) -> Iterator[tuple[str, str]]:
    for row, line in enumerate(table.findall(f"{_W}tr"), 1):
        for column, cell in enumerate(line.findall(f"{_W}tc"), 1):
            place = f"{label}第 {row} 行第 {column} 格"
            for block in cell:
                if block.tag == f"{_W}tbl":
                    yield from _cells(block, f"{place}内表格")
                elif block.tag == f"{_W}p" and (text := _text(block)):
                    yield place, text


def _text(paragraph: etree._Element) -> str:
    text = "".join(
        node.text or "" if node.tag == f"{_W}t" else "\n" for node in paragraph.iter(f"{_W}t", f"{_W}br")
    )
    for wide, narrow in FULL_WIDTH:
        text = text.replace(wide, narrow)
    return text


class _Reader:
    def __init__(self, kind: DocumentKind) -> None:
        self.reading = Reading()
        self._root = schema.root(kind)
        self._open: list[_Open] = []
        self._where = ""
        self._around = ""

    def fault(self, where: str, what: str) -> None:
        """Note a fault, once."""
        found = Finding(where, what)
        if found not in self.reading.findings:
            self.reading.findings.append(found)

    def paragraph(self, where: str, text: str) -> None:
        """One paragraph's placeholders, in order."""
        for match in _TAG.finditer(text):
            around = text[max(match.start() - 12, 0) : match.end() + 12].replace("\n", " ")
            self._where, self._around = where, around
            if len(match[0]) > 2 * LONGEST_TEXT:
                self._fault("占位符太长")
            elif match[0].startswith("{{"):
                self._output(match[0])
            else:
                self._statement(match[0])
        rest = _TAG.sub("", text)
        self._where, self._around = where, rest.strip()[:40]
        if any(mark in rest for mark in ("{{", "}}", "{%", "%}", "{#", "#}")):
            self._fault("占位符的括号不成对，或被分在两段里；一个占位符要写在同一段")

    def end(self) -> None:
        """What was opened must have been closed."""
        for left in self._open:
            self.fault(left.where, f"{{% {left.word} %}} 没有对应的 {{% end{left.word} %}}。")

    def _fault(self, what: str) -> None:
        self.fault(self._where, f"{what}。原文：“{self._around}”")

    def _output(self, tag: str) -> None:
        parsed = self._parse(tag)
        for output in parsed.body if parsed else ():
            for node in output.nodes if isinstance(output, nodes.Output) else ():
                found = self._resolve(node)
                if found is not None and found.kind in _ADVICE:
                    self._fault(
                        f"“{found.path}”是{schema.KIND_NAMES[found.kind]}，不能直接写出：{_ADVICE[found.kind]}"
                    )

    def _statement(self, tag: str) -> None:
        match = _STATEMENT.fullmatch(tag)
        word, rest = (match[1], match[2]) if match else ("", "")
        if word in ("endif", "endfor"):
            if not self._open or self._open[-1].word != word[3:]:
                self._fault(f"{{% {word} %}} 前面没有对应的 {{% {word[3:]} %}}")
            else:
                self._open.pop()
        elif word == "else":
            if not self._open or self._open[-1].word != "if":
                self._fault("{% else %} 前面没有对应的 {% if %}")
        elif word in ("if", "elif"):
            parsed = self._parse(f"{{% if {rest} %}}{{% endif %}}")
            if word == "if":
                self._open.append(_Open("if", self._where))
            elif not self._open or self._open[-1].word != "if":
                self._fault("{% elif %} 前面没有对应的 {% if %}")
            if parsed and isinstance(parsed.body[0], nodes.If):
                self._resolve(parsed.body[0].test)
        elif word == "for":
            self._for(rest)
        else:
            self._fault(f"模板里不能使用“{word or tag[:20]}”语句，只能用 if 和 for")

    def _for(self, rest: str) -> None:
        parsed = self._parse(f"{{% for {rest} %}}{{% endfor %}}")
        opened = _Open("for", self._where)
        loop = parsed.body[0] if parsed else None
        if isinstance(loop, nodes.For):
            found = self._resolve(loop.iter)
            if not isinstance(loop.target, nodes.Name) or loop.test is not None or loop.recursive:
                self._fault("循环只能写成 for 名称 in 清单")
            elif found is not None and (found.kind != "list" or found.item is None):
                self._fault(f"“{found.path}”不是清单，不能循环")
            elif found is not None:
                outer = [one for one in self._open if one.word == "for" and one.item is not None]
                # A list inside the row is as long as the document's own data; a whole list again for every row is not.
                if outer and not any(
                    one.item and found.path.startswith(f"{one.item.path}.") for one in outer
                ):
                    self._fault("循环里面不能再循环整张清单，只能循环本行的下级清单")
                opened.name, opened.item = loop.target.name, found.item
        self._open.append(opened)

    def _parse(self, source: str) -> nodes.Template | None:
        try:
            return environment().parse(source)
        except TemplateSyntaxError:
            self._fault("占位符写法有误，无法识别")
        except RecursionError:
            self._fault("占位符套得太深")
        return None

    def _resolve(self, node: nodes.Node) -> Shape | None:  # noqa: PLR0911 - one for each kind of node
        """The shape of an expression; None where a fault was noted or nothing can be said."""
        if isinstance(node, nodes.Name):
            return self._name(node.name)
        if isinstance(node, nodes.Getattr):
            return self._attribute(node)
        if isinstance(node, nodes.Filter):
            return self._filter(node)
        if isinstance(node, nodes.Test) and node.name == "none":
            self._resolve(node.node)
            return Shape("flag", "")
        if isinstance(node, nodes.TemplateData):
            return None
        if isinstance(node, nodes.Const):
            if isinstance(node.value, str) and len(node.value) > LONGEST_TEXT:
                self._fault("占位符里的文字太长，请写在占位符外面")
            return None
        if isinstance(node, _JOINING):
            found = [self._resolve(child) for child in node.iter_child_nodes()]
            chosen = isinstance(node, nodes.Or | nodes.Add | nodes.Sub)
            return next((one for one in found if one), None) if chosen else None
        self._fault(
            "占位符里用了不允许的写法（只能用字段、条件和规定的过滤器，不能调用、取下标或做其他运算）"
        )
        return None

    def _name(self, name: str) -> Shape | None:
        for opened in reversed(self._open):
            if opened.word == "for" and name in (opened.name, "loop"):
                return opened.item if name == opened.name else Shape("loop", "loop")
        found = self._root.field(name)
        if found is None:
            model = self._root.model
            names = list(model.model_fields) if model else []
            self._fault(f"资料里没有“{name}”这个字段{_perhaps(name, names)}")
            return None
        self.reading.used.add(found.path)
        return found

    def _attribute(self, node: nodes.Getattr) -> Shape | None:
        if node.attr.startswith("_"):
            self._fault(f"不能访问内部属性“{node.attr}”")
            return None
        parent = self._resolve(node.node)
        if parent is None:
            return None
        if parent.kind == "loop":
            if node.attr not in _LOOP:
                self._fault(f"循环没有“{node.attr}”，可以用 loop.index（第几项）")
            return Shape("whole", "loop.index")
        found = parent.field(node.attr)
        if found is None:
            names = list(parent.model.model_fields) if parent.model else []
            self._fault(f"“{parent.path}”下面没有“{node.attr}”{_perhaps(node.attr, names)}")
            return None
        self.reading.used.add(found.path)
        return found

    def _filter(self, node: nodes.Filter) -> Shape | None:
        found = self._resolve(node.node) if node.node else None
        for child in node.args:
            self._resolve(child)
        known = schema.FILTERS.get(node.name)
        if known is None:
            self._fault(f"没有“{node.name}”这个过滤器{_perhaps(node.name, list(schema.FILTERS))}")
        elif found is not None and found.kind not in known[0].split():
            self._fault(f"“{found.path}”是{schema.KIND_NAMES.get(found.kind, '')}，不能用 |{node.name}")
        return Shape("whole" if node.name == "length" else "text", found.path if found else "")


def _perhaps(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, 1, 0.6)
    return f"，是不是“{near[0]}”" if near else ""
