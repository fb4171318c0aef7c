"""`fengbu policy …`: the law and the arithmetic from the command line, JSON in and out.

A question is a YAML or JSON file, "-" for standard input; a file ending in .jsonl holds one question a line.
"""

import json
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel

from models import money
from models.calendar import seeded_calendar
from models.policy import explain as explaining
from models.policy import strict_yaml, uscc
from models.policy.errors import FactsError, PolicyError
from models.policy.fields import Day, Facts, Percent, Text, Wan, parse
from models.policy.lines import RESULT_NAMES
from models.policy.lpr import Quote
from models.policy.parameters import Parameters
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
    employees: int | None = None
    revenue_wan: Wan | None = None
    assets_wan: Wan | None = None


class _Rate(Facts):
    signed_on: Day
    rate_pct: Percent | None = None
    quotes: tuple[Quote, ...] | None = None


class _Term(Facts):
    disbursed_on: Day
    matures_on: Day | None = None


class _Days(Facts):
    start: Day
    days: int | None = None
    end: Day | None = None


class _Code(Facts):
    uscc: Text


class _Amount(Facts):
    amount: Any


def _text(source: str) -> str:
    try:
        return sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
    except OSError as error:
        raise PolicyError(f"读不到文件 {source}：{error.strerror}。") from error
    except UnicodeDecodeError as error:
        raise PolicyError(f"{source} 不是 UTF-8 编码的文本文件。") from error


def _fail(error: ValueError) -> dict[str, Any]:
    if isinstance(error, FactsError):
        return {
            "error": str(error),
            "faults": [{"field": f.field, "message": f.message} for f in error.faults],
        }
    return {"error": str(error)}


def _print(answer: Any) -> None:
    typer.echo(json.dumps(answer, ensure_ascii=False, default=str))


def _serve(source: str, answer: Callable[[Any], Any]) -> None:
    """Answer one question, or one a line; a wrong one gets a sentence and the exit code 2."""
    failed = False
    try:
        text = _text(source)
        questions = text.splitlines() if source.endswith(".jsonl") else [text]
    except PolicyError as error:
        _print(_fail(error))
        raise typer.Exit(2) from error
    for number, question in enumerate(questions, start=1):
        if not question.strip():
            continue
        try:
            _print(answer(strict_yaml.parse(question, f"第 {number} 问" if len(questions) > 1 else source)))
        except ValueError as error:
            failed = True
            _print(_fail(error))
    if failed:
        raise typer.Exit(2)


def _dump(model: BaseModel) -> Any:
    return model.model_dump(mode="json")


@app.command("explain")
def explain_command(source: Source, as_json: AsJson = False) -> None:
    """测算一笔或多笔补偿：逐项检查、逐行计算、起作用的限额、未补部分及原因。"""
    if as_json:
        _serve(source, lambda data: [_dump(item) for item in explaining.explain(data)])
        return
    try:
        answers = explaining.explain(strict_yaml.parse(_text(source), source))
    except FactsError as error:
        for fault in error.faults:
            typer.echo(f"{fault.field}：{fault.message}", err=True)
        raise typer.Exit(2) from error
    except ValueError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    for item in answers:
        typer.echo(f"{item.claim_no}  {RESULT_NAMES[item.result]}  应补偿 {money.yuan(item.payable)} 元")
        for line in item.award.lines:
            mark = "◀ 起作用" if line.binding else ""
            typer.echo(f"  {line.no}. {line.label}：{line.text}  {line.formula}（{line.clause}）{mark}")
        for check in item.checks:
            if check.remedy:
                typer.echo(f"  [{RESULT_NAMES[check.result]}] {check.label}：{check.value}。{check.remedy}")
        if item.would_have is not None:
            typer.echo(f"  如符合条件，本可补偿 {money.yuan(item.would_have)} 元。{item.remainder_reason}")
        elif item.remainder:
            typer.echo(f"  未补 {money.yuan(item.remainder)} 元：{item.remainder_reason}")


@app.command()
def schema() -> None:
    """补偿申请事实的 JSON Schema。"""
    _print(explaining.schema())


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

    _serve(source, answer)


@app.command()
def rate(source: Source) -> None:
    """利率上限：{signed_on, rate_pct}。"""

    def answer(data: Any) -> Any:
        asked = parse(_Rate, data)
        ceiling = rate_ceiling(asked.signed_on, quotes=asked.quotes)
        result = "look" if ceiling.stale else None
        if asked.rate_pct is not None:
            result = ceiling.judge(asked.rate_pct).value
        return {
            "ceiling_pct": ceiling.ceiling,
            "stale": ceiling.stale,
            "result": result,
            "reason": ceiling.reason,
        }

    _serve(source, answer)


@app.command()
def term(source: Source) -> None:
    """期限：{disbursed_on, matures_on}。"""

    def answer(data: Any) -> Any:
        asked = parse(_Term, data)
        last = latest_maturity(asked.disbursed_on, Parameters.load().on(asked.disbursed_on))
        within = None if asked.matures_on is None else asked.matures_on <= last
        return {"latest_maturity": last, "within": within}

    _serve(source, answer)


@app.command()
def recovery(source: Source) -> None:
    """追偿返还：{compensation, loss, receipts, returned}。"""
    _serve(source, lambda data: _dump(recovery_share(parse(RecoveryFacts, data))))


@app.command()
def days(source: Source) -> None:
    """工作日：{start, days} 求到期日，或 {start, end} 数工作日。"""

    def answer(data: Any) -> Any:
        asked = parse(_Days, data)
        if (asked.days is None) == (asked.end is None):
            raise PolicyError("days 与 end 须且仅须填写一项。")
        if asked.days is not None:
            due = seeded_calendar().add_working_days(asked.start, asked.days)
            return {"day": due.day, "provisional": due.provisional}
        count = seeded_calendar().working_days_between(asked.start, asked.end or asked.start)
        return {"days": count.days, "provisional": count.provisional}

    _serve(source, answer)


@app.command("uscc")
def uscc_command(source: Source) -> None:
    """统一社会信用代码校验：{uscc}。"""

    def answer(data: Any) -> Any:
        verdict = uscc.check(parse(_Code, data).uscc)
        return {"valid": verdict.valid, "expected": verdict.expected, "message": verdict.message}

    _serve(source, answer)


@app.command()
def daxie(source: Source) -> None:
    """金额大写：{amount}。"""

    def answer(data: Any) -> Any:
        amount: Decimal = money.fen(parse(_Amount, data).amount)
        return {"amount": str(amount), "daxie": money.daxie(amount)}

    _serve(source, answer)
