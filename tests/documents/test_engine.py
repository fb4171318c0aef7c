"""What the engine refuses: misspelt fields, unprinted values, hostile templates, self-contradicting facts."""

import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import TemplateError
from jinja2.exceptions import SecurityError
from markupsafe import escape
from pydantic import ValidationError

from flows.documents.authoring.paper import Paper
from flows.documents.engine import DOCUMENTS, TemplateFault, plain_text, render
from flows.documents.language import cn_date, environment, pct, percent
from flows.documents.samples import SAMPLES
from flows.documents.template import CompiledDocument


def template(*sentences: str) -> CompiledDocument:
    paper = Paper("试")
    for words in sentences:
        paper.p("Body", words)
    return CompiledDocument(paper.bytes(), DOCUMENTS["D26"])


def written(*sentences: str) -> str:
    return plain_text(template(*sentences).render(dict(SAMPLES["D26"])))


def test_a_misspelt_field_stops_the_template() -> None:
    with pytest.raises(TemplateFault, match="没有的字段 organ_nane"):
        template("{{ organ_nane }}")


def test_a_misspelt_field_of_a_value_stops_the_document() -> None:
    with pytest.raises(TemplateError, match="phnoe"):
        written("{{ contact.phnoe }}")


@pytest.mark.parametrize("name", ["amount", "pay_on", "effective_ratio", "account"])
def test_a_value_without_its_filter_is_never_printed(name: str) -> None:
    with pytest.raises(TypeError, match="needs a filter"):
        written(f"{{{{ {name} }}}}")


def test_an_absent_value_is_never_printed() -> None:
    with pytest.raises(TypeError, match="NoneType"):
        template("{{ number }}").render(dict(SAMPLES["D26"].model_copy(update={"number": None})))


@pytest.mark.parametrize(
    "hostile",
    [
        "{{ organ_name.__class__.__mro__ }}",
        "{{ contact.model_copy() }}",
        "{{ organ_name.format(1) }}",
        "{{ ''.join(organ_name) }}",
        "{{ contact.__init__.__globals__ }}",
        "{% set x = account.__dict__ %}{{ x|length }}",
        "{{ organ_name['__class__']['__subclasses__']()|length }}",
    ],
)
def test_a_hostile_template_is_stopped(hostile: str) -> None:
    with pytest.raises((SecurityError, TemplateError)):
        written(hostile)


@pytest.mark.parametrize(
    "hostile",
    [
        "{{ organ_name|safe }}",
        "{{ organ_name|default('') }}",
        "{{ cycler }}",
        "{{ range(9) }}",
        "{{ 7 * }}",
        "{% include 'x' %}{{ self }}",
    ],
)
def test_what_a_letter_does_not_need_does_not_exist(hostile: str) -> None:
    with pytest.raises((TemplateFault, TemplateError, TypeError)):
        written(hostile)


def test_full_width_braces_from_a_chinese_keyboard_work() -> None:
    assert (
        written("｛｛ borrower ｝｝，｛％ if amount > 0 ％｝有｛％ endif ％｝")
        == "东莞市示例精密智造有限公司，有"
    )


def test_a_line_end_in_a_text_becomes_a_line_break() -> None:
    context = SAMPLES["D26"].model_copy(update={"borrower": "甲\n<乙>"})
    data = template("{{ borrower }}").render(dict(context))
    assert plain_text(data) == "甲\n<乙>"
    assert b"<w:br/>" in zipfile.ZipFile(io.BytesIO(data)).read("word/document.xml")


@given(st.one_of(st.text(), st.text("&<>'\"\n\u200b\x00\x85 甲a"), st.integers()))
def test_a_value_is_printed_as_jinja_would_escape_it(value: object) -> None:
    language = environment()
    assert language.finalize is not None
    assert language.printed(value) == escape(language.finalize(value))


def test_letters_of_two_organs_have_each_their_own_head() -> None:
    letters = [SAMPLES["D25"].model_copy(update={"organ_name": name}) for name in ("甲局", "<乙>局", "甲局")]
    first, second, again = (render("D25", letter).data for letter in letters)
    assert plain_text(first).splitlines()[0] == "甲局"
    assert plain_text(second).splitlines()[0] == "<乙>局"
    assert again == first


def test_a_template_without_placeholders_is_no_template() -> None:
    with pytest.raises(TemplateFault, match="没有任何占位符"):
        template("只有文字")


def test_the_context_of_another_document_is_refused() -> None:
    with pytest.raises(TypeError, match="D23 needs a DecisionNotice"):
        render("D23", SAMPLES["D24"])
    with pytest.raises(KeyError):
        render("D00", SAMPLES["D24"])


def test_any_standard_reader_opens_the_package_and_finds_the_cases_dates() -> None:
    data = render("D26", SAMPLES["D26"]).data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert archive.namelist()[0] == "[Content_Types].xml"
        assert len(set(archive.namelist())) == len(archive.namelist())
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.read("docProps/core.xml").count(b"2026-11-23T00:00:00Z") == 2


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("D25", {"total": Decimal("1.00")}),
        ("D09", {"total_principal": Decimal("1.00")}),
        ("D08", {"remaining_days": 4}),
        ("D24", {"amount": Decimal("6400000.00")}),
        ("D23", {"amount": Decimal("0")}),
        ("D23", {"amount": Decimal("1.005")}),
        ("D23", {"amount": Decimal("-1")}),
        ("D23", {"amount": Decimal("-0.01")}),
        ("D23", {"amount": Decimal("1000000000000.00")}),
        ("D23", {"amount": Decimal("NaN")}),
        ("D15", {"repaid_amount": None}),
        ("D23", {"organ_name": " \x00"}),
        ("D23", {"organ_nane": "x"}),
    ],
)
def test_facts_that_contradict_themselves_are_refused(code: str, change: dict[str, object]) -> None:
    context = SAMPLES[code]
    with pytest.raises(ValidationError):
        type(context).model_validate(context.model_dump() | change)


def test_equal_facts_have_one_hash() -> None:
    context = SAMPLES["D23"]
    same = type(context).model_validate(
        context.model_dump() | {"amount": "4000000", "effective_ratio": "0.500"}
    )
    assert render("D23", same) == render("D23", context)


def test_figures_as_official_documents_write_them() -> None:
    assert cn_date(date(2024, 1, 5)) == "2024年1月5日"
    assert [pct(Decimal(x)) for x in ("0.8", "1", "0.333333", "0")] == ["80%", "100%", "33.3333%", "0%"]
    assert percent(Decimal("4.350")) == "4.35%"
