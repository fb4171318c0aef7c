"""Every document, with ordinary and with unkind facts, is a valid Word file that says what it has to say."""

import io
import re
import zipfile
from pathlib import Path

import pytest
from openxml_audit import OpenXmlValidator

from flows.documents.authoring import AUTHORS
from flows.documents.engine import DOCUMENTS, plain_text, preview_html, render
from flows.documents.registry import Signer
from flows.documents.samples import SAMPLES, variants
from flows.documents.samples.facts import FIRM
from flows.documents.template import TEMPLATES

CODES = sorted(DOCUMENTS)

# What a reader must find in the ordinary document.
SAYS = {
    "D07": (
        "项目备案申请表",
        "￥8,000,000.00",
        "捌佰万元整",
        "4.35%\n3.45%\n2024-02-20",
        "85人/32,000,000.00/—",
        "列入白名单",
    ),
    "D08": (
        "材料补正通知书",
        "报送的东莞市示例精密智造有限公司贷款风险补偿申请（银行板块",
        "第2次补正通知",
        "年利率4.65%高于合同日上限4.50%",
        "缺少2026年8月流水",
        "5−2＝3个工作日",
        "停钟",
        "2026年10月14日",
        "暂定日期",
        "2026年9月10日至2026年9月14日，计3个工作日",
        "特此通知。",
    ),
    "D09": (
        "备案确认书",
        "BA-2024-000123",
        "￥8,000,000.00（人民币捌佰万元整）",
        "规则版本：2024-01-01",
        "另外1笔",
        "人工核实",
    ),
    "D10": ("不予备案通知书", "年利率5.10%", "三（四）：贷款利率不超过LPR+150BP", "15个工作日内", "异议渠道"),
    "D15": (
        "关于申请东莞市中小微企业融资风险补偿的函",
        "融担板块",
        "￥1,000,000.00（人民币壹佰万元整）",
        "2026年8月28日履行代偿",
        "国家融担基金\t20%",
        "BZ2024-0088",
        "请予审核支持为盼。",
        "附件：1.风险补偿申请表",
        "2.借款合同、借据",
    ),
    "D16": (
        "申请受理通知书",
        "决定予以受理",
        "2026年9月30日",
        "5个工作日，至2026年10月14日届满",
        "￥6,400,000.00",
    ),
    "D16R": ("申请不予受理通知书", "1.该笔贷款逾期62天，未达到90天。（依据：三（四））", "异议渠道"),
    "D17": (
        "审核工作底稿",
        "借款合同第3页",
        "通过",
        "人工核实",
        "（起约束）",
        "肆佰万元整",
        "王立群 代 周宁",
    ),
    "D18": (
        "初审意见书",
        "五、办理意见",
        "七、不同意见",
        "（本轮意见已作废）",
        "王立群 代 周宁",
        "特此报告。",
    ),
    "D19": (
        "审批表",
        "4.银行年度限额余额（起约束）",
        "人民币（大写）肆佰万元整",
        "王立群 代 周宁",
        "联席会议审定意见",
        "作废",
    ),
    "D20": (
        "联席会议纪要",
        "〔2026〕3号",
        "出席：市工业和信息化局张远，市财政局何青",
        "请假：",
        "列席：",
        "6/1/0",
    ),
    "D21": (
        "项目的公示",
        "东莞市示例****有限公司",
        "共5个工作日",
        "￥5,000,000.00",
        "书面向我局提出",
        "特此公示。",
    ),
    "D22": ("异议的处理意见", "异议不成立。", "依据：2024年第一批白名单", "特此函复。"),
    "D23": (
        "东莞市工业和信息化局文件",
        "东工信〔2026〕57号",
        "￥4,000,000.00（人民币肆佰万元整）",
        "第三部分第（四）项",
        "1,200,000,000.00×2%−已补偿20,000,000.00",
        "（起约束）",
        "继续履行追偿职责",
        "50%返还财政资金",
        "异议渠道",
        "抄送：市财政局，东莞市电子计算中心。",
        "2026年11月23日印发",
    ),
    "D24": (
        "部分补偿决定通知书",
        "未予补偿金额：￥2,400,000.00（人民币贰佰肆拾万元整）",
        "超限2,400,000.00元不予补偿",
        "异议渠道",
    ),
    "D25": (
        "关于申请拨付2026年第一批中小微企业融资风险补偿资金的函",
        "东莞市财政局：",
        "￥5,000,000.00（人民币伍佰万元整）",
        "2026年度预算",
        "请予支持为盼。",
        "2.风险补偿决定通知书",
        "6200000000000012345",
    ),
    "D26": (
        "资金拨付通知书",
        "拨付日期\t2026年11月25日",
        "5个工作日内",
        "10个工作日内",
        "6200000000000012345",
    ),
    "D34": (
        "2026年第3季度",
        "新增备案贷款\t126笔\t412,000,000.00",
        "尚缺￥2,200,000.00（人民币贰佰贰拾万元整）",
        "2026年8月\t2\t1\t4,000,000.00\t██████",
        "（二）按申报机构",
        "六、存在问题",
        "起草：陈晓",
        "特此报告。",
    ),
    "D35": (
        "东莞市工业和信息化局文件",
        "2026年度",
        "东莞市人民政府：",
        "五、额度使用情况",
        "20,000,000.00",
        "七、下一步工作",
    ),
    "D27": ("收款确认回执", "肆佰万元整", "PZ-2026-1125-031", "经办人：林可"),
    "D40": ("送达回证", "东工信〔2026〕57号", "未打开", "2026-11-18 08:00提醒", "电话送达，陈嘉敏"),
}


def errors(data: bytes, folder: Path) -> list[str]:
    file = folder / "document.docx"
    file.write_bytes(data)
    return [str(error) for error in OpenXmlValidator().validate(str(file)).errors]


def part(data: bytes, name: str) -> str:
    return zipfile.ZipFile(io.BytesIO(data)).read(name).decode()


@pytest.mark.parametrize("code", CODES)
def test_the_ordinary_document_is_valid_and_says_what_it_must(code: str, tmp_path: Path) -> None:
    context = SAMPLES[code]
    data = render(code, context).data
    text = plain_text(data)
    assert errors(data, tmp_path) == []
    for words in (*SAYS[code], context.organ_name, context.recipient, context.verification_code or ""):
        assert words in text
    assert not re.search(r"\{[{%]|[%}]\}|None", text)
    assert FIRM in text or code in {"D16R", "D20", "D21", "D22", "D25", "D34", "D35"}


@pytest.mark.parametrize("code", CODES)
def test_a_document_with_only_the_required_facts_has_no_gaps(code: str, tmp_path: Path) -> None:
    data = render(code, variants.sparse(SAMPLES[code])).data
    text = plain_text(data)
    assert errors(data, tmp_path) == []
    assert "核验码" not in text
    assert not re.search(r"None|（）|《》|：。|，。|（依据：）|\{", text)


@pytest.mark.parametrize("code", CODES)
def test_the_longest_document_is_complete(code: str, tmp_path: Path) -> None:
    context = variants.longest(SAMPLES[code])
    data = render(code, context).data
    assert errors(data, tmp_path) == []
    text = plain_text(data)
    assert context.organ_name in text
    rows = sum(len(value) for value in dict(context).values() if isinstance(value, tuple))
    assert text.count(variants.LONG) >= max(rows, 5)


@pytest.mark.parametrize("code", CODES)
def test_odd_text_is_printed_as_it_reads_and_runs_nothing(code: str, tmp_path: Path) -> None:
    context = variants.odd(SAMPLES[code])
    data = render(code, context).data
    text = plain_text(data)
    assert errors(data, tmp_path) == []
    assert f"{variants.ODD_SHOWN}{SAMPLES[code].organ_name}" in text
    assert text.count("{{7*7}}") >= 5
    assert not re.search("[\x00\x0b\u202e\ud800]", text)
    html = preview_html(data)
    assert "<b>" not in html
    assert "&lt;b&gt;&amp;" in html


@pytest.mark.parametrize("code", CODES)
def test_stored_facts_give_the_same_bytes_again(code: str) -> None:
    kind = DOCUMENTS[code]
    first = render(code, SAMPLES[code])
    again = render(code, kind.context.model_validate_json(SAMPLES[code].model_dump_json()))
    assert again == first
    assert len(first.sha256) == len(first.template_sha256) == len(first.context_sha256) == 64


@pytest.mark.parametrize("code", CODES)
def test_the_page_is_gbt_9704(code: str) -> None:
    data = render(code, SAMPLES[code]).data
    document, styles = part(data, "word/document.xml"), part(data, "word/styles.xml")
    upright = re.findall(r'<w:pgSz w:w="11906" w:h="16838"/><w:pgMar ([^>]*)/>', document)
    assert upright
    for margins in upright:
        assert 'w:top="2098" w:right="1474" w:bottom="1984" w:left="1588"' in margins
    assert '<w:docGrid w:linePitch="579"/>' in document
    body = re.search(r'w:styleId="Body".*?</w:style>', styles)
    assert body is not None
    assert 'w:line="579" w:lineRule="exact"' in body[0]
    assert 'w:eastAsia="仿宋_GB2312"' in body[0]
    assert '<w:spacing w:val="-5"/><w:sz w:val="32"/>' in body[0]
    assert '<w:font w:name="方正小标宋简体"><w:altName' in part(data, "word/fontTable.xml")
    assert not [name for name in zipfile.ZipFile(io.BytesIO(data)).namelist() if "fonts/" in name]


@pytest.mark.parametrize("code", CODES)
def test_the_red_head_is_the_bureaus_only(code: str) -> None:
    data = render(code, SAMPLES[code]).data
    document = part(data, "word/document.xml")
    letter = any(
        "LetterMark" in part(data, name)
        for name in zipfile.ZipFile(io.BytesIO(data)).namelist()
        if name.startswith("word/header")
    )
    head = bool(re.search(r'w:val="Mark(Long)?"', document))
    assert head == (code in {"D23", "D24", "D35"})
    assert letter == (code in {"D22", "D25", "D26"})
    if head or letter:
        assert DOCUMENTS[code].signer is Signer.BUREAU


def test_a_long_organ_name_gets_the_smaller_mark() -> None:
    context = SAMPLES["D23"].model_copy(update={"organ_name": "东莞市工业和信息化与中小企业发展局"})
    document = part(render("D23", context).data, "word/document.xml")
    assert 'w:val="MarkLong"' in document
    assert 'w:val="Mark"' not in document


def test_nothing_granted_is_a_refusal_without_duties_of_recovery() -> None:
    context = SAMPLES["D24"].model_copy(update={"amount": SAMPLES["D24"].amount * 0})  # type: ignore[attr-defined]
    text = plain_text(render("D24", context).data)
    assert "不予补偿决定通知书" in text
    assert "未予补偿金额：￥6,400,000.00" in text
    assert "追偿与返还义务" not in text
    assert "四、异议渠道" in text


def test_letters_wear_the_mark_on_the_first_page_only() -> None:
    html = preview_html(render("D25", SAMPLES["D25"]).data)
    assert html.count("letterhead") == 1
    assert html.startswith('<div class="in doc letterhead"><p class="mark letter">东莞市工业和信息化局</p>')
    assert html.count('<div class="in doc') == 2  # the letter and its annex
    assert '<td colspan="3"><p class="head">合　计</p></td>' in html


def test_the_loans_of_an_application_lie_on_wide_pages() -> None:
    html = preview_html(render("D07", SAMPLES["D07"]).data)
    assert '<div class="in doc wide">' in html


@pytest.mark.parametrize("code", CODES)
def test_script_and_committed_template_agree(code: str) -> None:
    """A template edited in Word and a script left behind: the next regeneration would lose the edit."""
    written = AUTHORS[code]()
    committed = (TEMPLATES / DOCUMENTS[code].template).read_bytes()
    assert plain_text(written) == plain_text(committed)
