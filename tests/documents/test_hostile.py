"""Uploaded templates that must not be used: each is refused with a sentence, before anything of it runs."""

import io
import zipfile
from collections.abc import Callable

import pytest

from flows.documents import intake, lint, proposal, schema, trial, versions
from flows.documents.registry import DOCUMENTS

CODE = "D16"
KIND = DOCUMENTS[CODE]
GOOD = versions.shipped(CODE)
Change = Callable[[dict[str, bytes]], None]


def packed(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def unpacked() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(GOOD)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def with_body(xml: str) -> bytes:
    """The shipped template with one more block at its start."""
    parts = unpacked()
    parts["word/document.xml"] = parts["word/document.xml"].replace(b"<w:body>", f"<w:body>{xml}".encode(), 1)
    return packed(parts)


def saying(text: str) -> bytes:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return with_body(f'<w:p><w:r><w:t xml:space="preserve">{escaped}</w:t></w:r></w:p>')


def with_part(name: str, data: bytes = b"<x/>") -> bytes:
    return packed(unpacked() | {name: data})


def related(kind: str, target: str, mode: str = "") -> bytes:
    parts = unpacked()
    line = f'<Relationship Id="rIdX" Type="http://x/relationships/{kind}" Target="{target}"{mode}/></Relationships>'
    rels = parts["word/_rels/document.xml.rels"]
    parts["word/_rels/document.xml.rels"] = rels.replace(b"</Relationships>", line.encode())
    return packed(parts)


def instruction(*pieces: str) -> bytes:
    begin, end = (f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "end"))
    middle = "".join(f"<w:r><w:instrText>{piece}</w:instrText></w:r>" for piece in pieces)
    return with_body(f"<w:p>{begin}{middle}{end}</w:p>")


def typed(kind: str) -> bytes:
    parts = unpacked()
    types = parts["[Content_Types].xml"].decode()
    wanted = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    parts["[Content_Types].xml"] = types.replace(wanted, kind).encode()
    return packed(parts)


def without(name: str) -> bytes:
    return packed({key: value for key, value in unpacked().items() if key != name})


ENTITIES = (
    '<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "' + "ha" * 50 + '">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + ']><w:fonts xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">&j;</w:fonts>'
)  # fmt: skip
EXTERNAL_ENTITY = '<?xml version="1.0"?><!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]><w>&x;</w>'

FILES = {
    "no zip": (b"MZ" + b"\0" * 500, "这不是 Word 文件"),
    "an old .doc": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500, "这不是 Word 文件"),
    "an empty zip": (packed({}), "不完整"),
    "some other zip": (packed({"a/b.txt": b"x"}), "不需要的部件"),
    "a cut file": (GOOD[:-400], "这不是 Word 文件"),
    "too large": (b"PK" + b"\0" * (intake.MOST_BYTES + 1), "超过 2 MB"),
    "zip bomb": (with_part("word/media/x.png", b"\0" * 15_000_000), "展开后过大"),
    "many parts": (packed(unpacked() | {f"word/a{n}.xml": b"<x/>" for n in range(120)}), "展开后过大"),
    "path traversal": (with_part("../../evil.xml"), "越出文件夹"),
    "absolute path": (with_part("/word/evil.xml"), "越出文件夹"),
    "windows path": (with_part("word\\..\\evil.xml"), "越出文件夹"),
    "same name twice": (with_part("Word/document.xml"), "同名文件"),
    "macros": (with_part("word/vbaProject.bin", b"x"), "含有宏"),
    "docm": (typed("application/vnd.ms-word.document.macroEnabled.main+xml"), "启用宏"),
    "dotx": (typed("application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml"), "不是普通的 Word 文档"),
    "embedded package": (with_part("word/embeddings/book1.xlsx", b"PK"), "嵌入了其他文件"),
    "OLE object": (with_part("word/embeddings/oleObject1.bin", b"x"), "嵌入了其他文件"),
    "ActiveX": (with_part("word/activeX/activeX1.xml"), "嵌入了其他文件"),
    "altChunk part": (with_part("word/afchunk1.xml"), "夹带了另一份文件"),
    "altChunk element": (with_body('<w:altChunk xmlns:r="http://r" r:id="rId9"/>'), "夹带的文件"),
    "altChunk relation": (related("aFChunk", "x.html"), "夹带了另一份文件"),
    "OLE relation": (related("oleObject", "x"), "嵌入了其他文件"),
    "external picture": (related("image", "http://evil.example/x.png", ' TargetMode="External"'), "引用了文件以外"),
    "external template": (related("attachedTemplate", "//evil/share/t.dotm", ' TargetMode="External"'), "引用了文件以外"),
    "relation upwards": (related("image", "../../../etc/passwd"), "越出了文件"),
    "DDE": (instruction(' DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe "/k calc"'), "不能使用域“DDEAUTO"),
    "DDE in pieces": (instruction(" D", "DE", "AUTO calc"), "不能使用域“DDEAUTO"),
    "INCLUDETEXT": (with_body('<w:p><w:fldSimple w:instr="INCLUDETEXT /etc/passwd"/></w:p>'), "不能使用域“INCLUDETEXT"),
    "nested field": (instruction(" PAGE ", '</w:instrText></w:r><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>IMPORT x</w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r><w:r><w:instrText>'), "不能使用域“IMPORT"),
    "entity bomb": (with_part("word/fontTable.xml", ENTITIES.encode()), "不是可以安全读取的 XML"),
    "entity bomb in UTF-16": (with_part("word/fontTable.xml", ENTITIES.replace('version="1.0"', 'version="1.0" encoding="UTF-16"').encode("utf-16")), "不是可以安全读取的 XML"),
    "external entity": (with_part("word/settings.xml", EXTERNAL_ENTITY.encode()), "实体定义"),
    "broken XML": (with_part("word/styles.xml", b"<a><b></a>"), "不是可以安全读取的 XML"),
    "no document": (without("word/document.xml"), "缺少 word/document.xml"),
    "no relations": (without("word/_rels/document.xml.rels"), "缺少 word/_rels"),
    "no types": (without("[Content_Types].xml"), "缺少 [Content_Types].xml"),
    "tracked change": (with_body("<w:p><w:ins><w:r><w:t>新</w:t></w:r></w:ins></w:p>"), "修订痕迹"),
}  # fmt: skip

WORDS = {
    "attribute walk": ("{{ organ_name.__class__.__mro__ }}", "不能访问内部属性“__mro__”"),
    "attribute walk of a value": ("{{ contact.__init__.__globals__ }}", "不能访问内部属性“__globals__”"),
    "method": ("{{ contact.model_dump() }}", "不允许的写法"),
    "format": ("{{ '{0.__class__}'.format(organ_name) }}", "不允许的写法"),
    "subscript": ("{{ organ_name['__class__'] }}", "不允许的写法"),
    "huge string": ("{{ 'x' * 999999999 }}", "不允许的写法"),
    "huge power": ("{{ 9 ** 9 ** 9 }}", "不允许的写法"),
    "range bomb": ("{%p for x in range(999999999) %}x{%p endfor %}", "不允许的写法"),
    "nested loops": (
        "{% for a in organ_name %}{% for b in organ_name %}x{% endfor %}{% endfor %}",
        "不是清单",
    ),
    "macro": ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "不能使用“macro”语句"),
    "include": ("{% include '/etc/passwd' %}", "不能使用“include”语句"),
    "set": ("{% set x = organ_name %}", "不能使用“set”语句"),
    "globals": ("{{ cycler.__init__ }}", "不能访问内部属性"),
    "unknown field": ("{{ organ_nane }}", "资料里没有“organ_nane”这个字段，是不是“organ_name”"),
    "unknown part": ("{{ contact.phnoe }}", "“contact”下面没有“phnoe”，是不是“phone”"),
    "unknown filter": ("{{ claimed|yaun }}", "没有“yaun”这个过滤器，是不是“yuan”"),
    "unsafe filter": ("{{ organ_name|safe }}", "没有“safe”这个过滤器"),
    "bare amount": ("{{ claimed }}", "金额写成 |yuan"),
    "bare date": ("{{ accepted_on }}", "日期写成 |cn_date"),
    "wrong filter": ("{{ accepted_on|yuan }}", "“accepted_on”是日期，不能用 |yuan"),
    "open condition": ("{% if number %}有", "没有对应的 {% endif %}"),
    "end alone": ("{% endif %}", "前面没有对应的 {% if %}"),
    "half a placeholder": ("编号 {{ number", "括号不成对"),
    "nonsense": ("{{ 7 * }}", "写法有误"),
    "comment": ("{# 备注 #}", "括号不成对"),
}


def findings(data: bytes) -> list[intake.Finding]:
    return [one for one in proposal.check(CODE, data, GOOD).findings if one.fatal]


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_more_than_a_word_file_is_refused(name: str) -> None:
    data, sentence = FILES[name]
    found = findings(data)
    assert any(sentence in one.what for one in found), found


@pytest.mark.parametrize("name", WORDS)
def test_a_placeholder_that_is_wrong_or_hostile_is_named_with_its_place(name: str) -> None:
    text, sentence = WORDS[name]
    found = findings(saying(text))
    assert any(sentence in one.what for one in found), found
    assert any(one.where == "正文第 1 段" for one in found), found


def test_whole_lists_inside_lists_are_refused_because_time_would_multiply() -> None:
    kind = DOCUMENTS["D17"]
    parts = intake.parts(versions.shipped("D17"))
    loops = "{% for a in checks %}{% for b in checks %}x{% endfor %}{% endfor %}"
    body = f'<w:body><w:p><w:r><w:t xml:space="preserve">{loops}</w:t></w:r></w:p>'
    parts["word/document.xml"] = parts["word/document.xml"].replace(b"<w:body>", body.encode(), 1)
    assert any("不能再循环整张清单" in one.what for one in lint.read(parts, kind).findings)


def test_a_fault_in_a_table_names_row_and_cell_and_quotes_what_stands_around_it() -> None:
    cell = '<w:tc><w:p><w:r><w:t xml:space="preserve">{}</w:t></w:r></w:p></w:tc>'
    row = f"<w:tr>{cell.format('企业')}{cell.format('金额 {{ claimd|yuan }} 元')}</w:tr>"
    found = findings(with_body(f"<w:tbl>{row}</w:tbl>"))
    assert [
        (one.where, "是不是“claimed”" in one.what, "金额 {{ claimd|yuan }} 元" in one.what) for one in found
    ] == [("第 1 个表格第 1 行第 2 格", True, True)]


def test_what_the_document_must_say_may_not_be_taken_out() -> None:
    parts = unpacked()
    parts["word/document.xml"] = parts["word/document.xml"].replace(b"{{ claimed|yuan }}", "若干".encode())
    parts["word/document.xml"] = parts["word/document.xml"].replace(b"{{ claimed|daxie }}", "若干".encode())
    assert [one.what for one in findings(packed(parts))] == [
        "缺少“申请补偿金额（元）”（claimed），这类文书必须载明。"
    ]


def test_a_changed_wording_passes_with_a_hint_about_what_is_new() -> None:
    checked = proposal.check(CODE, saying("联系地址：{{ contact.email }}。"), GOOD)
    assert checked.usable, checked.findings
    assert checked.sample is not None


def test_a_value_that_may_be_absent_has_to_be_asked_for_before_it_is_written() -> None:
    text = saying("{{ verification_url }}")
    assert any("用只填必填项的资料试生成失败" in one.what for one in findings(text))


def test_a_trial_that_takes_too_much_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    eats = "import sys; from flows.documents.trial import _limit; _limit(); b'x' * (1 << 31)"
    spins = "import time; time.sleep(60)"
    python = __import__("sys").executable
    assert "时间或内存超出限制" in trial.run(CODE, GOOD, [python, "-c", eats]).faults[0]
    monkeypatch.setattr(trial, "WALL_SECONDS", 1)
    assert "秒没有完成，已停止" in trial.run(CODE, GOOD, [python, "-c", spins]).faults[0]


@pytest.mark.parametrize("code", sorted(DOCUMENTS))
def test_what_we_ship_passes_its_own_checks_and_every_placeholder_is_explained(code: str) -> None:
    kind = DOCUMENTS[code]
    parts = intake.parts(versions.shipped(code))
    assert intake.inspect(parts) == []
    assert lint.read(parts, kind).findings == []
    known = schema.placeholders(kind)
    assert all(one.meaning for one in known)
    assert proposal.mandatory(kind) <= {one.path for one in known}
