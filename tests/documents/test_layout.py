"""Every document through LibreOffice to PDF: what stands where, by GB/T 9704-2012.

One LibreOffice for all files that changed since they were last printed (`printing`). Letters are measured with the fonts this machine has in place of the named ones
(flows/documents/fonts.conf); positions and the grid do not hang on the typeface.
"""

import itertools
import re
from datetime import date

import pytest

from flows.documents import office
from flows.documents.contexts import DecisionNotice, DocumentContext, ReducedDecisionNotice
from flows.documents.engine import DOCUMENTS, render
from flows.documents.samples import SAMPLES, variants
from tests.documents.pages import Line, Page
from tests.documents.printing import Printed, as_pdf

pytestmark = [
    pytest.mark.xdist_group("office"),  # one LibreOffice, not one a worker
    pytest.mark.skipif(office.program() is None, reason="LibreOffice (soffice) 未安装，版面无法测量"),
]

CODES = sorted(DOCUMENTS)
LETTERS, RED_HEADS = ("D06", "D22", "D25", "D26", "D38"), ("D05", "D23", "D24")
SIGNED = [
    code
    for code in CODES
    if code not in {"D01", "D04", "D07", "D11", "D12", "D13", "D15", "D17", "D19", "D20", "D27", "D40"}
]
LEFT, RIGHT, TOP, BOTTOM = 28.0, 184.0, 37.0, 262.0
CHAR, LINE = 16 * 25.4 / 72, 28.95 * 25.4 / 72
CLOSING = re.compile(r"特此(通知|函复|函告|报告|公示)。|请予(审核)?支持为盼。|妥否，请批示。")
LENGTHS = (0, 7, 8, 9, 10)
"""Lines more than an ordinary decision has: its signature comes near the end of the page and passes it."""
LONG_NAMES = ("示例银行股份有限公司东莞市分行", "东莞市示例融资担保有限公司（示例）")
"""Longer than the axis of the signature holds: 15 and 17 characters."""
_DAY = re.compile(r"\d+年\d+月\d+日")
_HANGING = "，。、；：）》”"


@pytest.fixture(scope="module")
def printed(pytestconfig: pytest.Config) -> Printed:
    """Each sample, the same with long lists, letters of every length, a letter that is nothing but text, and letters of
    organs with long names."""
    reply = SAMPLES["D22"]
    contexts = {code: (code, context) for code, context in SAMPLES.items()}
    contexts |= {f"{code}long": (code, _long(code)) for code in CODES}
    contexts |= {
        f"reply{n}": ("D22", reply.model_copy(update={"summary": "文" * 28 * n})) for n in range(1, 16)
    }
    decision = SAMPLES["D23"]
    for n in LENGTHS:
        where = decision.objection.contact.model_copy(update={"address": "地" * 28 * n + "址"})
        asked = decision.objection.model_copy(update={"contact": where})
        contexts[f"decision{n}"] = ("D23", decision.model_copy(update={"objection": asked}))
    report = SAMPLES["D35"]
    contexts |= {
        f"report{n}": ("D35", report.model_copy(update={"summary": "文" * 27 * n + "末"})) for n in range(3)
    }
    contexts["text"] = ("D22", reply.model_copy(update={"summary": "文" * 28 * 45}))
    for day in (date(2026, 1, 5), date(2026, 1, 15), date(2026, 12, 15)):
        contexts[f"on{day:%m%d}"] = ("D26", SAMPLES["D26"].model_copy(update={"issued_on": day}))
    for n, name in enumerate(LONG_NAMES):
        contexts[f"organ{n}"] = ("D16", SAMPLES["D16"].model_copy(update={"organ_name": name}))
    sources = {name: render(*each).data for name, each in contexts.items()}
    kept = pytestconfig.cache
    assert kept is not None
    return Printed(sources, as_pdf(sources, kept.mkdir("printed")))


def _long(code: str) -> DocumentContext:
    """Lists so long that they break over pages; who gets a copy stays as it is."""
    sample = SAMPLES[code]
    copies = {"cc": sample.cc} if isinstance(sample, DecisionNotice | ReducedDecisionNotice) else {}
    return variants.repeated(sample, rows=10).model_copy(update=copies)


def numbers(page: Page) -> list[Line]:
    return [line for line in page.lines if re.fullmatch(r"—\d+—", line.text)]


def text_of(page: Page) -> list[Line]:
    return [line for line in page.lines if line.top < BOTTOM]


def inside(line: Line) -> float:
    """Where the line ends, a punctuation mark that hangs over the edge left out."""
    return line.right - (CHAR if line.text[-1] in _HANGING and line.right > RIGHT else 0)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("form", ["", "long"])
def test_the_text_stands_within_the_margins(printed: Printed, code: str, form: str) -> None:
    for number, page in enumerate(printed[f"{code}{form}"], 1):
        wide = page.width > page.height
        assert (round(page.width), round(page.height)) == ((297, 210) if wide else (210, 297))
        if wide:
            continue
        mark = 1 if code in LETTERS and number == 1 else 0
        for line in text_of(page)[mark:]:
            assert line.left >= LEFT - 0.3, line.text
            assert inside(line) <= RIGHT + 0.6, line.text
            assert line.top >= TOP - 0.3, line.text
            assert line.bottom <= BOTTOM + 0.3, line.text


def test_a_full_page_has_22_lines_of_28_characters(printed: Printed) -> None:
    lines = text_of(printed["text"][1])
    assert [len(line.text) for line in lines] == [28] * 22
    for above, below in itertools.pairwise(lines):
        assert below.top - above.top == pytest.approx(LINE, abs=0.05)
    assert lines[0].left == pytest.approx(LEFT, abs=0.1)
    assert lines[0].right == pytest.approx(RIGHT, abs=0.5)


@pytest.mark.parametrize("code", RED_HEADS)
def test_the_red_head(printed: Printed, code: str) -> None:
    first = printed[code][0]
    mark, rule = first.red_bands()
    assert mark[0] == pytest.approx(TOP + 35, abs=0.5)
    assert rule[3] - rule[2] == pytest.approx(156, abs=0.5)
    assert 0.35 <= rule[1] - rule[0] <= 0.8
    number = first.find("东工信〔2026〕")
    assert number.middle == pytest.approx((LEFT + RIGHT) / 2, abs=0.5)
    assert number.top - mark[1] == pytest.approx(2 * LINE + (LINE - CHAR) / 2, abs=1)
    assert rule[0] - number.bottom == pytest.approx(4, abs=0.5)
    title = next(line for line in first.lines if line.size == 22)
    assert title.top - rule[1] == pytest.approx(2 * LINE, abs=2)
    # The first page must show text.
    assert [line for line in first.lines if line.size == 16 and line.top > title.bottom + 15]


@pytest.mark.parametrize("code", LETTERS)
def test_the_letter_format(printed: Printed, code: str) -> None:
    first = printed[code][0]
    bands = first.red_bands()
    mark, above, below = bands[0], bands[1:-2], bands[-2:]
    assert mark[0] == pytest.approx(30, abs=0.5)
    assert above[0][0] - mark[1] == pytest.approx(4, abs=0.5)
    assert below[-1][1] == pytest.approx(297 - 20, abs=0.5)
    for band in (*above, *below):
        assert (band[2], band[3]) == pytest.approx((20, 190), abs=0.5)
    # thick above thin, then thin above thick
    weights = [bottom - top for top, bottom, _, _ in (*above, *below)]
    assert weights[0] > weights[1]
    assert weights[2] < weights[3]
    number = first.find("东工信函〔2026〕")
    assert number.right == pytest.approx(RIGHT, abs=0.5)
    assert number.top - above[-1][1] == pytest.approx(7 / 8 * CHAR, abs=2.5)
    assert not numbers(first)
    assert all(numbers(page) for page in printed[code][1:])


def test_a_request_to_the_city_names_its_signer_beside_the_number(printed: Printed) -> None:
    first = printed["D39"][0]
    number, signer = first.find("东工信〔2026〕"), first.find("签发人")
    assert number.top == signer.top
    assert number.left == pytest.approx(LEFT + CHAR, abs=0.5)
    mark, rule = first.red_bands()
    assert mark[0] == pytest.approx(TOP + 35, abs=0.5)
    assert rule[0] - number.bottom == pytest.approx(4, abs=0.7)


def test_the_minutes_wear_their_own_mark(printed: Printed) -> None:
    bands = printed["D20"][0].red_bands()
    assert bands[0][0] == pytest.approx(TOP + 35, abs=0.5)
    assert bands[-1][3] - bands[-1][2] == pytest.approx(156, abs=0.5)


@pytest.mark.parametrize("code", CODES)
def test_page_numbers_stand_outside(printed: Printed, code: str) -> None:
    for at, page in enumerate(printed[f"{code}long"], 1):
        if page.width > page.height or (code in LETTERS and at == 1):
            continue
        (number,) = numbers(page)
        assert number.text == f"—{at}—"
        assert number.size == 14
        assert number.top - BOTTOM == pytest.approx(7, abs=0.5)
        if at % 2:
            assert number.right == pytest.approx(RIGHT - CHAR, abs=0.5)
        else:
            assert number.left == pytest.approx(LEFT + CHAR, abs=0.5)


# A report's period stands level with the name, left of it, and would be read as one line with it.
@pytest.mark.parametrize("code", [code for code in SIGNED if code not in {"D34", "D35"}])
def test_the_name_stands_centred_above_the_date(printed: Printed, code: str) -> None:
    closed = (any(CLOSING.fullmatch(line.text) for line in page.lines) for page in printed[code])
    name, day = signature(next(itertools.compress(printed[code], closed)))
    # The date's last character is wider than its ink: centring works on boxes, two tenths apart.
    assert name.middle == pytest.approx(day.middle, abs=0.5)
    assert RIGHT - day.right == pytest.approx(4 * CHAR, abs=CHAR / 3)


@pytest.mark.parametrize("name", ["on0105", "on0115", "on1215"])
def test_the_date_ends_four_characters_in(printed: Printed, name: str) -> None:
    assert RIGHT - signature(printed[name][-1])[1].right == pytest.approx(4 * CHAR, abs=CHAR / 3)


@pytest.mark.parametrize("number", range(len(LONG_NAMES)))
def test_a_long_name_stands_in_one_line_centred_above_the_date(printed: Printed, number: int) -> None:
    lines = printed[f"organ{number}"][-1].lines
    day = [line for line in lines if _DAY.fullmatch(line.text)][-1]
    name = next(line for line in lines if line.text == LONG_NAMES[number] and line.size == 16)
    assert 0 < day.top - name.bottom < LINE
    assert name.middle == pytest.approx(day.middle, abs=0.5)
    assert name.right <= RIGHT + 0.3


def signature(page: Page) -> tuple[Line, Line]:
    """The last organ name and the date below it."""
    index = max(i for i, line in enumerate(page.lines) if re.fullmatch(r"\d+年\d+月\d+日", line.text))
    day = page.lines[index]
    above = [line for line in page.lines[:index] if line.size == 16 and line.left > 90 and line.right < 184]
    return above[-1], day


@pytest.mark.parametrize("name", [*SIGNED, "D15", *(f"{code}long" for code in SIGNED), *(f"reply{n}" for n in range(1, 16))])  # fmt: skip
def test_a_signature_never_stands_alone(printed: Printed, name: str) -> None:
    sheets = printed[name]
    (at,) = [i for i, page in enumerate(sheets) if any(CLOSING.fullmatch(line.text) for line in page.lines)]
    page = sheets[at]
    index = next(i for i, line in enumerate(page.lines) if CLOSING.fullmatch(line.text))
    before = [line for line in page.lines[:index] if line.size == 16]
    assert before, "only the closing phrase is above the signature"
    after = [line.text for line in page.lines[index + 1 :]]
    assert any(re.fullmatch(r"\d+年\d+月\d+日", text) for text in after), "the date is on another page"
    annexes = [page for page in sheets if page.lines[0].text.startswith("附件")]
    assert at == len(sheets) - 1 or annexes, "something stands alone on the page after the signature"


@pytest.mark.parametrize("code", ["D16", "D22", "D26", "D27"])
def test_an_ordinary_letter_is_one_page(printed: Printed, code: str) -> None:
    assert len(printed[code]) == 1


@pytest.mark.parametrize(
    ("code", "heads"),
    [
        ("D07", "贷款用途"),
        ("D12", "逾期起始日"),
        ("D08", "存在问题"),
        ("D09", "备案编号"),
        ("D10", "查明的事实"),
        ("D17", "核对事项"),
        ("D21", "借款企业"),
        ("D25", "决定文号"),
    ],
)
def test_a_table_that_breaks_repeats_its_heading(printed: Printed, code: str, heads: str) -> None:
    tables = [page for page in printed[f"{code}long"] if any(heads in line.text for line in page.lines)]
    assert len(tables) >= 2
    for page in tables[1:]:
        assert heads in "".join(line.text for line in page.lines[:3])


@pytest.mark.parametrize(
    "name", [*CODES, *(f"{code}long" for code in CODES), *(f"report{n}" for n in range(3))]
)
def test_no_row_is_lost_where_a_table_begins_at_the_end_of_a_page(printed: Printed, name: str) -> None:
    """LibreOffice 7.4 dropped a whole table when only its heading row fitted above the end of a page."""
    said = printed.reading(name)
    assert [words for words in printed.short_words(name) if words not in said] == []


COLOPHONS = ("D05", "D20", "D23", "D24", "D35", "D39")


@pytest.mark.parametrize("code", COLOPHONS)
@pytest.mark.parametrize("form", ["", "long"])
def test_the_colophon_stands_at_the_foot_of_the_last_page(printed: Printed, code: str, form: str) -> None:
    last = printed[f"{code}{form}"][-1]
    printer = last.find("印发")
    below = max(rule.y for rule in last.rules)
    assert below == pytest.approx(BOTTOM, abs=0.5)
    assert 0 < below - printer.bottom < 5
    assert printer.right == pytest.approx(RIGHT - 14 * 25.4 / 72, abs=0.5)


@pytest.mark.parametrize("name", [f"decision{n}" for n in LENGTHS])
def test_the_colophon_covers_nothing(printed: Printed, name: str) -> None:
    last = printed[name][-1]
    text = [line for line in last.lines if line.size == 16]
    top = min(rule.y for rule in last.rules if rule.y > last.find("抄送").top - 8)
    assert all(line.bottom < top for line in text)
    days = [i for i, page in enumerate(printed[name]) for line in page.lines if _DAY.fullmatch(line.text)]
    assert days[-1] >= len(printed[name]) - 2
    assert text or days[-1] == len(printed[name]) - 2


@pytest.mark.parametrize("code", ["D23", "D24"])
def test_the_colophon(printed: Printed, code: str) -> None:
    last = printed[code][-1]
    copies, printer = last.find("抄送："), last.find("印发")
    rules = sorted(rule.y for rule in last.rules if rule.y > copies.top - 8)
    by_place = {rule.y: rule for rule in last.rules}
    assert [round(by_place[y].weight, 2) for y in rules] == pytest.approx([0.35, 0.25, 0.35], abs=0.02)
    for y in rules:
        assert (by_place[y].left, by_place[y].right) == pytest.approx((LEFT, RIGHT), abs=0.4)
    assert copies.left == pytest.approx(LEFT + 14 * 25.4 / 72, abs=0.5)
    assert copies.text.endswith("。")
    assert printer.right == pytest.approx(RIGHT - 14 * 25.4 / 72, abs=0.5)
