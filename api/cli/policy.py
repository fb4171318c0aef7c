"""`fengbu policy …`: the law and the arithmetic from the command line, JSON in and out.

A question is a YAML or JSON file, "-" for standard input; a file ending in .jsonl holds one question a line.
"""

import json
import sys
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel

from api.cli.reading import unread
from models import money
from models.calendar import seeded_calendar
from models.policy import explain as explaining
from models.policy import strict_yaml, uscc
from models.policy.errors import FactsError, Fault, PolicyError
from models.policy.facts import RuleFacts
from models.policy.fields import Count, Day, Facts, Percent, Text, Wan, parse
from models.policy.parameters import Parameters, Terms
from models.policy.rate_ceiling import rate_ceiling
from models.policy.recovery import RecoveryFacts, recovery_share
from models.policy.size_class import Industry, classify
from models.policy.term import latest_maturity

app = typer.Typer(
    help="政策规则：测算、划型、利率、期限、追偿返还、工作日、信用代码、大写。", no_args_is_help=True
)

Source = Annotated[str, typer.Argument(help="YAML 或 JSON 文件；- 为标准输入；.jsonl 每行一问")]
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON")]


class _Size(Facts):
    industry: Industry
    on: Day
    employees: Count | None = None
    revenue_wan: Wan | None = None
    assets_wan: Wan | None = None


class _Rate(RuleFacts):
    signed_on: Day
    rate_pct: Percent | None = None


class _Term(RuleFacts):
    disbursed_on: Day
    matures_on: Day | None = None


class _Days(Facts):
    start: Day
    days: Count | None = None
    end: Day | None = None


class _Code(Facts):
    uscc: Text


class _Amount(Facts):
    amount: Any


def text_of(source: str) -> str:
    """What a file or standard input (`-`) holds. Raises `PolicyError` with what to do about one that cannot be read."""
    file = Path(source)
    try:
        if source == "-":
            return sys.stdin.read()
        if file.stat().st_size > strict_yaml.LARGEST * 4 and file.suffix != ".jsonl":
            raise PolicyError(
                f"{source} 过大：一份事实文件不超过 {strict_yaml.LARGEST} 个字符，多笔请写成 .jsonl 每行一问。"
            )
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(unread(source, error)) from error


def failed_with(error: ValueError) -> dict[str, Any]:
    """The sentence, and each fault with its place."""
    if isinstance(error, FactsError):
        return {
            "error": str(error),
            "faults": [{"field": f.field, "message": f.message} for f in error.faults],
        }
    return {"error": str(error)}


def say(answer: Any) -> None:
    typer.echo(json.dumps(answer, ensure_ascii=False, default=str))


def _many(source: str, text: str) -> bool:
    """A .jsonl file, or standard input whose first line is a whole JSON object, asks one question a line."""
    if source.endswith(".jsonl"):
        return True
    first, _, rest = text.strip().partition("\n")
    return source == "-" and bool(rest) and first.startswith("{") and first.rstrip().endswith("}")


def read(text: str, source: str) -> Any:
    """YAML, or JSON where the name says so or the text begins like it."""
    if source.endswith((".json", ".jsonl")) or text.lstrip().startswith(('{"', '[{"')):
        return strict_yaml.parse_json(text, source)
    return strict_yaml.parse(text, source)


def questions(source: str) -> Iterator[tuple[int | None, Any]]:
    """The question of a source, or those of its lines with their numbers; in the place of one that cannot be read, why.

    Raises `PolicyError` for a source that cannot be read at all.
    """
    text = text_of(source)
    if not _many(source, text):
        yield None, _or_error(read, text, source)
        return
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield number, _or_error(strict_yaml.parse_json, line, f"第 {number} 行")


def _or_error(how: Callable[[str, str], Any], text: str, source: str) -> Any:
    try:
        return how(text, source)
    except PolicyError as error:
        return error


def answered(answer: Callable[[Any], Any], question: Any) -> Any:
    """The answer to one of `questions`; raises why it could not be read, if that is what stands in its place."""
    if isinstance(question, PolicyError):
        raise question
    return answer(question)


def serve(source: str, answer: Callable[[Any], Any]) -> None:
    """Answer one question, or one a line; a wrong one gets a sentence (of many: with its line) and the exit code 2, and
    does not stop the others."""
    failed = False
    try:
        for number, question in questions(source):
            try:
                said = answered(answer, question)
            except ValueError as error:
                failed = True
                said = failed_with(error) if number is None else {"line": number, **failed_with(error)}
            say(said)
    except PolicyError as error:
        say(failed_with(error))
        raise typer.Exit(2) from error
    if failed:
        raise typer.Exit(2)


def dump(model: BaseModel) -> Any:
    return model.model_dump(mode="json")


def _terms(asked: RuleFacts, day: date) -> Terms:
    """The parameters of a day, with the overrides the question brings."""
    rules = Parameters.load(asked.overrides)
    return rules.on(max(day, rules.get("policy_from").rows[0].since), asked.known_on)


@app.command()
def schema() -> None:
    """补偿申请事实的 JSON Schema。"""
    say(explaining.schema())


@app.command()
def size(source: Source) -> None:
    """划型：{industry, on, employees, revenue_wan, assets_wan}。"""

    def answer(data: Any) -> Any:
        asked = parse(_Size, data)
        verdict = classify(
            asked.industry,
            on=asked.on,
            employees=asked.employees,
            revenue_wan=asked.revenue_wan,
            assets_wan=asked.assets_wan,
        )
        return {"size": verdict.size, "reason": verdict.reason}

    serve(source, answer)


@app.command()
def rate(source: Source) -> None:
    """利率上限：{signed_on, rate_pct, quotes, overrides, known_on}。"""

    def answer(data: Any) -> Any:
        asked = parse(_Rate, data)
        ceiling = rate_ceiling(asked.signed_on, _terms(asked, asked.signed_on), asked.quotes)
        result = "look" if ceiling.stale else None
        if asked.rate_pct is not None:
            result = ceiling.judge(asked.rate_pct).value
        return {
            "ceiling_pct": ceiling.ceiling,
            "published_on": ceiling.quote.published_on if ceiling.quote else None,
            "tenor": ceiling.tenor,
            "stale": ceiling.stale,
            "result": result,
            "reason": ceiling.reason,
        }

    serve(source, answer)


@app.command()
def term(source: Source) -> None:
    """期限：{disbursed_on, matures_on, overrides, known_on}。"""

    def answer(data: Any) -> Any:
        asked = parse(_Term, data)
        if asked.matures_on is not None and asked.matures_on < asked.disbursed_on:
            message = f"到期日 {asked.matures_on} 早于放款日 {asked.disbursed_on}，请核对。"
            raise FactsError((Fault("matures_on", message),))
        last = latest_maturity(asked.disbursed_on, _terms(asked, asked.disbursed_on))
        within = None if asked.matures_on is None else asked.matures_on <= last
        return {"latest_maturity": last, "within": within}

    serve(source, answer)


@app.command()
def recovery(source: Source) -> None:
    """追偿返还：{compensation, loss, receipts, returned, nominal_ratio, shares, overrides}。"""
    serve(source, lambda data: dump(recovery_share(parse(RecoveryFacts, data))))


@app.command()
def days(source: Source) -> None:
    """工作日：{start, days} 求到期日，或 {start, end} 数工作日。"""

    def answer(data: Any) -> Any:
        asked = parse(_Days, data)
        if (asked.days is None) == (asked.end is None):
            raise PolicyError("days（工作日数）与 end（截止日）须且仅须填写一项。")
        if asked.end is not None and asked.end < asked.start:
            message = f"截止日 {asked.end} 早于起始日 {asked.start}，请核对。"
            raise FactsError((Fault("end", message),))
        if asked.days is not None:
            due = seeded_calendar().add_working_days(asked.start, asked.days)
            return {"day": due.day, "provisional": due.provisional}
        count = seeded_calendar().working_days_between(asked.start, asked.end or asked.start)
        return {"days": count.days, "provisional": count.provisional}

    serve(source, answer)


@app.command("uscc")
def uscc_command(source: Source) -> None:
    """统一社会信用代码校验：{uscc}。"""

    def answer(data: Any) -> Any:
        verdict = uscc.check(parse(_Code, data).uscc)
        return {"valid": verdict.valid, "expected": verdict.expected, "message": verdict.message}

    serve(source, answer)


@app.command()
def daxie(source: Source) -> None:
    """金额大写：{amount}。"""

    def answer(data: Any) -> Any:
        amount: Decimal = money.fen(parse(_Amount, data).amount)
        return {"amount": str(amount), "daxie": money.daxie(amount)}

    serve(source, answer)
