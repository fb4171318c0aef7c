"""Looking at an uploaded template before anything opens it: a .docx that is a Word file and nothing more.

Every refusal is a sentence for the person who uploaded it. Nothing here unpacks more than a few megabytes, follows
a reference, or expands an entity.
"""

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

MOST_BYTES = 2_000_000
MOST_PARTS = 100
MOST_UNPACKED = 20_000_000
MOST_RATIO = 100
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_PART = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|docProps/\w+\.xml|customXml/(?:_rels/)?\w+\.xml(?:\.rels)?"
    r"|word/(?:_rels/)?[\w-]+\.xml(?:\.rels)?|word/theme/[\w-]+\.xml|word/media/[\w-]+\.(?:png|jpe?g)"
)
_DANGERS = (
    (re.compile(r"vba|macro", re.IGNORECASE), "含有宏（{}）。请另存为不含宏的 .docx 再上传"),
    (re.compile(r"embeddings|oleObject|activeX|\.bin$", re.IGNORECASE), "嵌入了其他文件或控件（{}）。请删除嵌入对象，文字直接写在模板里"),
    (re.compile(r"afchunk|altChunk", re.IGNORECASE), "夹带了另一份文件的内容（{}）。请把内容直接写进模板"),
)  # fmt: skip
_FIELDS = frozenset({"PAGE", "NUMPAGES", "SECTIONPAGES"})
"""Field codes that only count pages; every other one reads, links or runs something."""
_MARKS = {
    "ins": "修订痕迹", "del": "修订痕迹", "moveFrom": "修订痕迹", "moveTo": "修订痕迹",
    "commentReference": "批注", "altChunk": "夹带的文件", "object": "嵌入对象", "control": "控件",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a template: where, and a sentence. `fatal` ones keep it from being used."""

    where: str
    what: str
    fatal: bool = True


class RefusedTemplateError(Exception):
    """The file may not be opened at all; `str(error)` is the sentence."""


def parts(data: bytes) -> dict[str, bytes]:
    """The parts of a harmless .docx. Raises `RefusedTemplateError` with a sentence for anything else."""
    if len(data) > MOST_BYTES:
        raise RefusedTemplateError(
            f"文件超过 {MOST_BYTES // 1_000_000} MB，模板不会这么大。请删去图片等无关内容。"
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = _unpacked(archive)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, OSError) as error:
        raise RefusedTemplateError(
            "这不是 Word 文件（.docx），或文件已损坏。请用 Word 或 WPS 另存为 .docx。"
        ) from error
    for name in ("[Content_Types].xml", "_rels/.rels", "word/document.xml", "word/_rels/document.xml.rels"):
        if name not in found:
            raise RefusedTemplateError(f"Word 文件不完整，缺少 {name}。请用 Word 或 WPS 重新保存。")
    return found


def _unpacked(archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = archive.infolist()
    if len(entries) > MOST_PARTS or sum(entry.file_size for entry in entries) > MOST_UNPACKED:
        raise RefusedTemplateError("压缩包展开后过大，不像普通的 Word 文件，没有打开。")
    found: dict[str, bytes] = {}
    for entry in entries:
        name = entry.filename
        if name.endswith("/") and not entry.file_size:
            continue
        if name.startswith(("/", "..")) or "\\" in name or posixpath.normpath(name) != name:
            raise RefusedTemplateError(f"压缩包里有越出文件夹的文件名（{name[:60]}），没有打开。")
        if name.lower() in {known.lower() for known in found}:
            raise RefusedTemplateError(f"压缩包里有两个同名文件（{name[:60]}），没有打开。")
        if entry.flag_bits & 0x1:
            raise RefusedTemplateError("文件设了密码。请去掉密码后再上传。")
        if entry.file_size > 1_000_000 and entry.file_size > MOST_RATIO * max(entry.compress_size, 1):
            raise RefusedTemplateError("压缩包展开后过大，不像普通的 Word 文件，没有打开。")
        for danger, sentence in _DANGERS:
            if danger.search(name):
                raise RefusedTemplateError(f"模板{sentence.format(name[:60])}。")
        if not _PART.fullmatch(name):
            raise RefusedTemplateError(
                f"模板里有 Word 文件不需要的部件（{name[:60]}）。请删去后另存为 .docx。"
            )
        with archive.open(entry) as part:
            content = part.read(entry.file_size + 1)
        if len(content) != entry.file_size:
            raise RefusedTemplateError("压缩包里的文件大小与登记不符，没有打开。")
        found[name] = content
    return found


def inspect(found: dict[str, bytes]) -> list[Finding]:
    """What in these parts may not be in a template: foreign references, fields that act, tracked changes."""
    trees = {name: _tree(name, part) for name, part in found.items() if name.endswith((".xml", ".rels"))}
    return [
        *_types(trees["[Content_Types].xml"]),
        *(
            finding
            for name, tree in trees.items()
            if name.endswith(".rels")
            for finding in _relations(name, tree)
        ),
        *(finding for name, tree in trees.items() if name.startswith("word/") for finding in _content(tree)),
    ]


def tree(part: bytes) -> etree._Element:
    """A part as XML: no entities, no network, no oversized nodes."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    return etree.fromstring(part, parser)


def _tree(name: str, part: bytes) -> etree._Element:
    try:
        root = tree(part)
    except etree.XMLSyntaxError as error:
        raise RefusedTemplateError(
            f"{name} 不是可以安全读取的 XML：文件已损坏，或被恶意构造。请用 Word 或 WPS 重新保存。"
        ) from error
    if root.getroottree().docinfo.doctype or any(isinstance(node, etree._Entity) for node in root.iter()):
        raise RefusedTemplateError(f"{name} 里有实体定义，可能是恶意构造的文件，没有打开。")
    return root


def _types(root: etree._Element) -> Iterator[Finding]:
    for node in root:
        kind, name = node.get("ContentType", ""), node.get("PartName", "")
        if "macroEnabled" in kind or "vba" in kind.lower():
            yield Finding("文件类型", "这是启用宏的 Word 文件（.docm）。请另存为不含宏的 .docx。")
        elif name == "/word/document.xml" and kind != _MAIN:
            yield Finding("文件类型", "这不是普通的 Word 文档（.docx）。请另存为 .docx。")


def _relations(name: str, root: etree._Element) -> Iterator[Finding]:
    for node in root:
        kind, target = node.get("Type", "").rpartition("/")[2], node.get("Target", "")
        if node.get("TargetMode") == "External":
            yield Finding(
                "外部引用", f"引用了文件以外的内容（{target[:80]}）。请删去超链接、链接的图片或附加的模板。"
            )
        elif ".." in posixpath.normpath(target.lstrip("/")).split("/")[1:] or target.startswith("../.."):
            yield Finding("外部引用", f"引用的位置越出了文件（{target[:80]}）。")
        for danger, sentence in _DANGERS:
            if danger.search(kind):
                yield Finding(name, f"模板{sentence.format(kind)}。")


def _content(root: etree._Element) -> Iterator[Finding]:
    seen: set[str] = set()
    for node in root.iter(etree.Element):
        local = etree.QName(node).localname
        if node.tag.startswith(_W) and (word := _MARKS.get(local)) and word not in seen:
            seen.add(word)
            yield Finding("正文", f"模板里还有{word}。请接受或拒绝全部修订、删除批注和对象后再上传。")
    for instruction in _instructions(root):
        words = instruction.split()
        code = words[0].upper() if words else ""
        if code not in _FIELDS:
            yield Finding(
                "域代码", f"不能使用域“{instruction.strip()[:40] or '（空）'}”，只允许页码。请改成文字。"
            )


def _instructions(root: etree._Element) -> Iterator[str]:
    """Every field's code, put together from the runs Word splits it over."""
    for simple in root.iter(f"{_W}fldSimple"):
        yield simple.get(f"{_W}instr", "")
    open_fields: list[list[str]] = []
    for node in root.iter(f"{_W}fldChar", f"{_W}instrText"):
        kind = node.get(f"{_W}fldCharType")
        if kind == "begin":
            open_fields.append([])
        elif kind in ("separate", "end"):
            if open_fields and (kind == "end" or open_fields[-1]):
                code = "".join(open_fields[-1])
                if kind == "separate" or code:
                    yield code
                    open_fields[-1] = []
            if kind == "end" and open_fields:
                open_fields.pop()
        elif node.tag == f"{_W}instrText":
            if not open_fields:
                yield node.text or ""
            else:
                open_fields[-1].append(node.text or "")
