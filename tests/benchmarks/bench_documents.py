"""Letters per second of one core's time: ours beside docxtpl and a python-docx builder, on the same letter.

    python -m tests.benchmarks.bench_documents [seconds per figure]

The letter is D25 (red head in the header, a table of payees, an annex with the accounts). docxtpl renders
our own template; the python-docx builder makes the same table and sentences on the same styles.
"""

import hashlib
import io
import sys
import time
from collections.abc import Callable
from decimal import Decimal

from docx import Document
from docxtpl import DocxTemplate
from jinja2 import Environment

from flows.documents.contexts import PaymentLetter
from flows.documents.engine import DOCUMENTS, plain_text, preview_html, render
from flows.documents.language import FILTERS
from flows.documents.samples import SAMPLES, variants
from flows.documents.template import TEMPLATES
from models.money import yuan

FILE = TEMPLATES / DOCUMENTS["D25"].template


def letter(rows: int) -> PaymentLetter:
    sample = SAMPLES["D25"]
    assert isinstance(sample, PaymentLetter)
    payees = tuple(sample.rows[0].model_copy(update={"no": n + 1}) for n in range(rows))
    total = sum((row.amount for row in payees), Decimal(0))
    return PaymentLetter.model_validate(sample.model_dump() | {"rows": payees, "total": total})


def ours(context: PaymentLetter) -> bytes:
    return render("D25", context).data


def with_docxtpl(context: PaymentLetter) -> bytes:
    environment = Environment(autoescape=True)
    environment.filters.update(FILTERS)
    template = DocxTemplate(FILE)
    template.render(dict(context), environment)
    out = io.BytesIO()
    template.save(out)
    return out.getvalue()


def with_python_docx(context: PaymentLetter) -> bytes:
    document = Document(str(FILE))
    for block in list(document.element.body)[:-1]:
        block.getparent().remove(block)
    for line in plain_text(render("D25", letter(1)).data).splitlines()[:20]:
        document.add_paragraph(line, style="公文正文")
    for columns in (4, 5):
        table = document.add_table(rows=1, cols=columns)
        for row in context.rows:
            values = (str(row.no), row.payee, row.decision_number, yuan(row.amount), row.account.number)
            for cell, value in zip(table.add_row().cells, values, strict=False):
                cell.text = value
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def per_second(make: Callable[[PaymentLetter], object], context: PaymentLetter, seconds: float) -> float:
    make(context)
    count, start = 0, time.process_time()
    while (passed := time.process_time() - start) < seconds:
        make(context)
        count += 1
    return count / passed


def main(seconds: float) -> None:
    say = sys.stdout.write
    say(f"{'':34}{'6 rows':>12}{'200 rows':>12}{'KB (6)':>9}{'KB (200)':>10}  same bytes\n")
    small, large = letter(6), letter(200)
    for name, make in (
        ("ours", ours),
        ("docxtpl 0.20", with_docxtpl),
        ("python-docx builder", with_python_docx),
    ):
        rates = [per_second(make, context, seconds) for context in (small, large)]
        sizes = [len(make(context)) / 1024 for context in (small, large)]
        first = hashlib.sha256(make(small)).digest()
        time.sleep(2.1)  # zip stamps count in steps of two seconds
        same = "yes" if hashlib.sha256(make(small)).digest() == first else "no"
        say(f"{name:34}{rates[0]:>10,.0f}/s{rates[1]:>10,.0f}/s{sizes[0]:>9.1f}{sizes[1]:>10.1f}  {same}\n")
    for code, words in (("D16", "ours, a notice without table"), ("D23", "ours, a decision, 5 lines")):
        context = SAMPLES[code]
        rate = per_second(lambda c, code=code: render(code, c), context, seconds)  # type: ignore[misc, arg-type]
        say(f"{words:34}{rate:>10,.0f}/s\n")
    previews = [(f"D25, {rows} rows", ours(context)) for rows, context in ((6, small), (200, large))]
    for code in ("D07", "D12"):  # the widest tables
        long = variants.repeated(SAMPLES[code], rows=200 // len(_list(code)))
        previews.append((f"{code}, 200 rows", render(code, long).data))
    every = [(code, render(code, SAMPLES[code]).data) for code in DOCUMENTS]
    for words, data in previews:
        say(f"{f'preview as HTML, {words}':34}{_preview(data, seconds):>10.1f} ms\n")
    slowest = max((_preview(data, seconds / 10), code) for code, data in every)
    say(f"{'preview, slowest ordinary document':34}{slowest[0]:>10.1f} ms ({slowest[1]})\n")


def _list(code: str) -> tuple[object, ...]:
    """The loans of a sample."""
    rows: tuple[object, ...] = dict(SAMPLES[code]).get("loans") or dict(SAMPLES[code])["rows"]
    return rows


def _preview(data: bytes, seconds: float) -> float:
    """Milliseconds of one preview."""
    return 1000 / per_second(lambda _: preview_html(data), letter(1), seconds)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 2.0)
