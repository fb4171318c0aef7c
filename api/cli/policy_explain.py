"""`fengbu policy explain` and `what-if`: whole answers, from facts alone or with the records at hand."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.policy import AsJson, answered, app, dump, questions, read, say, serve, text_of
from flows.actions.errors import ActionRefusedError
from models import money
from models.policy import codes, what_if
from models.policy import explain as explaining
from models.policy.errors import FactsError
from models.policy.explain import Explanation
from models.policy.lines import RESULT_NAMES
from models.policy.what_if import DIMENSION_NAMES, DIMENSIONS

if TYPE_CHECKING:
    from sqlmodel import Session


@app.command("explain")
def explain_command(
    source: Annotated[str, typer.Argument(help="YAML 或 JSON 事实文件；- 为标准输入；.jsonl 每行一问")] = "",
    as_json: AsJson = False,
    ledger: Annotated[bool, typer.Option("--ledger", help="事实未写的余额、报价和决议从台账读取")] = False,
    case: Annotated[
        str, typer.Option("--case", help="按当时的事实和参数复算一件补偿案件，如 BC-2026-0007")
    ] = "",
) -> None:
    """测算一笔或多笔补偿：逐项检查、逐行计算、起作用的限额、未补部分及原因。"""
    if bool(source) == bool(case):
        raise typer.BadParameter("请给出事实文件，或用 --case 指定案件，两者取一。")
    if case:
        _again(case, as_json=as_json)
        return
    answer = _from_ledger if ledger else explaining.explain
    if as_json:
        serve(source, lambda data: [dump(item) for item in answer(data)])
        return
    _tell_each(source, answer)


def _tell_each(source: str, answer: Callable[[Any], tuple[Explanation, ...]]) -> None:
    """The answers in words; of many questions a wrong one does not stop the others."""
    failed = False
    for number, question in _or_fail(lambda: list(questions(source))):
        try:
            answers = _or_fail(partial(answered, answer, question))
        except typer.Exit:
            if number is None:
                raise
            typer.echo(f"第 {number} 行没有测算，原因见上。", err=True)
            failed = True
            continue
        for item in answers:
            _tell(item)
    if failed:
        raise typer.Exit(2)


@contextmanager
def _records() -> Iterator["Session"]:
    """A transaction on the database at hand; imported here, so that questions without one answer at once."""
    from api.cli.reach import reach
    from models.database import session

    reach()
    with session() as s:
        yield s


def _from_ledger(data: object) -> tuple[Explanation, ...]:
    from flows.actions.rules import explaining as with_records

    with _records() as s:
        return with_records.explain(s, None, data)


def _again(number: str, *, as_json: bool) -> None:
    from flows.actions.rules.explaining import Recomputed, recompute

    def ask() -> Recomputed:
        with _records() as s:
            return recompute(s, None, number)

    found: Recomputed = _or_fail(ask)
    if as_json:
        recorded = {"case": number, "recorded": str(found.recorded), "same": found.same}
        say({**recorded, "parameter_version": found.version, "explanation": dump(found.explanation)})
    else:
        _tell(found.explanation)
        words = "与留存一致" if found.same else "与留存不一致，请核查"
        typer.echo(f"按当时的事实和参数 {found.version} 复算：留存 {money.yuan(found.recorded)} 元，{words}")
    if not found.same:
        raise typer.Exit(1)


def _or_fail(ask: Callable[[], Any]) -> Any:
    """The answer, or every fault as a sentence on standard error and the exit code 2."""
    try:
        return ask()
    except FactsError as error:
        for fault in error.faults:
            typer.echo(f"{fault.field}：{fault.message}", err=True)
        raise typer.Exit(2) from error
    except (ValueError, OSError, ActionRefusedError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error


def _tell(item: Explanation) -> None:
    """The whole answer in words: every check with its code, every line with its inputs and their sources."""
    typer.echo(f"{item.claim_no}  {RESULT_NAMES[item.result]}  应补偿 {money.yuan(item.payable)} 元")
    typer.echo("检查")
    for check in item.checks:
        typer.echo(
            f"  [{RESULT_NAMES[check.result]}] {check.label}（{check.code}，{check.clause}）：{check.value}；"
            f"要求：{check.expected}；来源：{check.source}"
        )
        if check.remedy:
            typer.echo(f"      {check.remedy}")
    typer.echo("计算")
    for line in item.award.lines:
        mark = "  ◀ 起作用" if line.binding else ""
        typer.echo(
            f"  {line.no}. {line.label}（{line.code}）：{line.text} = {line.formula}（{line.clause}）{mark}"
        )
        for given in line.inputs:
            typer.echo(f"      {given.name} {given.value}；来源：{given.source}")
    if item.binding is not None:
        typer.echo(f"起作用的限额：{codes.LIMITS[item.binding]}（{item.binding}）")
    if item.would_have is not None:
        typer.echo(f"如符合条件，本可补偿 {money.yuan(item.would_have)} 元。{item.remainder_reason}")
    elif item.remainder:
        typer.echo(f"未补 {money.yuan(item.remainder)} 元（{item.remainder_code}）：{item.remainder_reason}")
    typer.echo(f"参数版本：{item.parameter_version}")


@app.command("what-if")
def what_if_command(
    source: Annotated[
        str, typer.Argument(help="YAML 或 JSON：title 和 changes（参数名: 值，或 {from, value}）")
    ],
    as_json: AsJson = False,
    xlsx: Annotated[Path | None, typer.Option("--xlsx", help="另存 Excel 工作簿")] = None,
) -> None:
    """政策推演：已决定和在办的补偿按假设的比例、等级、限额或日期重算，与现行比较。"""
    from flows.actions.rules import what_if as playing
    from flows.actions.rules.what_if_book import workbook
    from models.records.rules import rules

    def ask() -> playing.Comparison:
        data = read(text_of(source), source)
        with _records() as s:
            compared = playing.play(s, data)
            if xlsx is not None:
                xlsx.write_bytes(workbook(compared, rules(s), str(data.get("title") or "政策推演")))
        return compared

    found: playing.Comparison = _or_fail(ask)
    total = what_if.totals(found.claims)
    if as_json:
        groups = {name: [_line(group) for group in what_if.by(name, found.claims)] for name in DIMENSIONS}
        moved = [
            {"claim_no": c.claim_no, "before": str(c.before), "after": str(c.after), "reason": c.reason}
            for c in found.claims
            if c.difference
        ]
        say({"total": _line(total), "left_out": found.left_out, "by": groups, "claims": moved})
        return
    typer.echo(_words(total))
    for name in DIMENSIONS:
        typer.echo(f"按{DIMENSION_NAMES[name]}")
        for group in what_if.by(name, found.claims):
            typer.echo(f"  {_words(group)}")
    if found.left_out:
        typer.echo(f"另有 {found.left_out} 件刚提交、尚未完成检查，未参加推演。")


def _line(group: what_if.Group) -> dict[str, Any]:
    figures = {name: str(getattr(group, name)) for name in ("before", "after", "difference")}
    return {"label": group.label, "claims": group.claims, "changed": group.changed, **figures}


def _words(group: what_if.Group) -> str:
    sign = "+" if group.difference > 0 else "-" if group.difference < 0 else ""
    return (
        f"{group.label}：{group.claims} 件（变化 {group.changed} 件），现行 {money.yuan(group.before)} 元，"
        f"推演 {money.yuan(group.after)} 元，差额 {sign}{money.yuan(abs(group.difference))} 元"
    )


__all__ = ["app", "explain_command", "what_if_command"]
