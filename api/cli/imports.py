"""`fengbu import …`: files of loans from the command line, in the name of a person who may file them."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from api.cli.reading import contents, unread
from models.lifecycle import Board

app = typer.Typer(help="批量导入：贷款清单、白名单。", no_args_is_help=True)
SHOWN = 20


@app.callback()
def _group() -> None:
    """批量导入。"""


@app.command("loans")
def loans(
    file: Annotated[Path, typer.Argument(help="xlsx、xls、ods 或 csv；先从网页下载模板")],
    person: Annotated[
        str, typer.Option("--person", help="以谁的名义（登录名）：机构的申报经办，或受托管理机构的项目审核")
    ],
    institution: Annotated[str, typer.Option(help="申报机构代码；受托管理机构补录时必填")] = "",
    board: Annotated[Board | None, typer.Option(help="bank 或 guarantee；与机构的板块不符时拒绝")] = None,
    source: Annotated[str, typer.Option(help="补录依据的文件名称和文号")] = "",
    submit: Annotated[str, typer.Option(help="none 只查验；good 提交无误的；all 全部无误才提交")] = "none",
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """查验一份贷款清单，列出全部问题，并按要求提交。退出码：0 无误，1 有要改的行，2 不能处理。"""
    if submit not in ("none", "good", "all"):
        raise typer.BadParameter("--submit 请写 none、good 或 all。")
    answered(lambda: _run(file, person, institution, board, source, submit, quiet=as_json), file, as_json)


def answered(
    work: Callable[[], dict[str, Any]],
    file: Path | None,
    as_json: bool,
    words: tuple[str, str, str] = ("可备案", "已在案", "已提交"),
) -> None:
    """Do the work on the database and `say` what became of it; its exit code is the command's."""
    from api.cli.reach import connect
    from flows.actions.errors import ActionRefusedError, InvalidError

    connect()
    try:
        answer = work()
    except InvalidError as error:
        stop("；".join(fault.message for fault in error.faults), as_json)
    except ActionRefusedError as error:
        stop(error.sentence, as_json)
    except OSError as error:
        stop(unread(file, error), as_json)
    say(answer, as_json, words)
    raise typer.Exit(2 if answer["state"] == "refused" else 1 if answer["bad"] else 0)


def _run(
    file: Path, login: str, code: str, board: Board | None, source: str, submit: str, *, quiet: bool
) -> dict[str, Any]:
    import flows.filing  # noqa: F401 - registers the process
    from flows.actions.applications import importing
    from flows.actions.errors import NotThereError
    from flows.actions.maker_checker import handing_in
    from models import database
    from models.records import institution, person
    from models.roles import Role

    data = contents(file)
    with database.session() as s:
        whose = institution.by_code(s, code) if code else None
        if code and whose is None:
            raise NotThereError(f"没有代码为“{code}”的机构。")
        filers = person.holders(s, Role.FILER, whose.id) if whose else ()
        found = person.by_login(s, login) if login else filers[0] if len(filers) == 1 else None
        if found is None:
            why = f"没有登录名为“{login}”的人员。" if login else "请用 --person 写明以谁的名义（登录名）。"
            raise NotThereError(why)
        actor = importing.actor_of(s, found.id or 0)
        made, new = importing.hand_in(
            s, actor, file.name, data, board=board, source_document=source,
            institution_id=whose.id if whose else None,
        )  # fmt: skip
        number = made.id or 0
    with Bar(quiet) as tell:
        finish(number, tell)
        with database.session() as s:
            state = importing.seen(s, actor, number)
            wanted = (
                state.state == "checked"
                and state.good
                and (submit == "good" or (submit == "all" and not state.bad))
            )
            if wanted:
                handing_in.hand_in_list(s, actor, state, good_only=submit == "good")
        if wanted:
            finish(number, tell)
    return answer_of(number, new)


def finish(number: int, tell: Any) -> None:
    """Work on it here, or wait for the worker that was quicker."""
    from flows.importing import running
    from models import database
    from models.records.loan_import import AT_WORK, LoanImport

    while running.work(number, tell) is None:
        with database.session() as s:
            found = s.get_one(LoanImport, number)
            tell(found)
            if found.state not in AT_WORK:
                return
        time.sleep(0.3)


class Bar:
    """A bar on the terminal, or nothing for machines."""

    def __init__(self, quiet: bool) -> None:
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            console=Console(stderr=True),
            disable=quiet,
        )
        self._task = self._bar.add_task("查验", total=None)

    def __enter__(self) -> Any:
        self._bar.start()
        return self._tell

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def _tell(self, found: Any) -> None:
        if found.filed:
            self._bar.update(
                self._task, description="提交", completed=found.filed, total=found.filed + found.good
            )
        else:
            self._bar.update(self._task, completed=found.rows, total=max(found.rows_expected, found.rows))


def answer_of(number: int, new: bool) -> dict[str, Any]:
    """Where an import stands, with every fault; `waiting` while its institution's checker has not released it."""
    from sqlmodel import col, select

    from flows.actions.maker_checker.handing_in import list_waiting
    from flows.importing.faults import faults_of
    from models import database
    from models.records.loan_import import ImportRow, LoanImport, RowState, cases_of

    with database.session() as s:
        found = s.get_one(LoanImport, number)
        query = select(ImportRow).where(ImportRow.import_id == number, ImportRow.state == RowState.BAD)
        faults = [
            {
                "sheet": found.sheet,
                "row": row.row,
                "column": f.letter,
                "heading": f.title,
                "code": f.code,
                "message": f.message,
            }
            for row in s.exec(query.order_by(col(ImportRow.row)))
            for f in faults_of(found, row.faults)
        ]
        waiting = list_waiting(s, found)
        counts = {name: getattr(found, name) for name in ("rows", "good", "bad", "known", "warned", "filed")}
        return {
            "import": number,
            "new": new,
            "state": found.state.value,
            **counts,
            "notes": found.notes,
            "waiting": {"maker": waiting.maker, "checkers": waiting.checkers, "message": waiting.words}
            if waiting
            else None,
            "cases": [case for case, _, _ in cases_of(s, number)],
            "faults": faults,
        }


def say(answer: dict[str, Any], as_json: bool, words: tuple[str, str, str]) -> None:
    """What became of the rows, as JSON or in words: for what can go on, what was passed over, what is done."""
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
        return
    if not answer["new"]:
        typer.echo("这个文件以前交过，没有重复处理。")
    for note in answer["notes"]:
        typer.echo(note)
    if answer["state"] == "refused":
        return
    typer.echo(
        f"{answer['rows']} 行：{words[0]} {answer['good']}，要改 {answer['bad']}，{words[1]} {answer['known']}，"
        f"提醒 {answer['warned']}，{words[2]} {answer['filed']}"
    )
    if answer["waiting"]:
        typer.echo(answer["waiting"]["message"])
    for fault in answer["faults"][:SHOWN]:
        typer.echo(
            f"  {fault['sheet']} 第 {fault['row']} 行 {fault['column']} 列 {fault['heading']}：{fault['message']}"
        )
    if len(answer["faults"]) > SHOWN:
        typer.echo(f"  另有 {len(answer['faults']) - SHOWN} 处；用 --json 看全部，或在网页下载批注版。")
    if answer["cases"]:
        typer.echo(
            f"形成备案 {'、'.join(answer['cases'][:SHOWN])}{' 等' if len(answer['cases']) > SHOWN else ''}"
        )


def stop(sentence: str, as_json: bool) -> NoReturn:
    """Say why nothing was done; exit code 2."""
    if as_json:
        typer.echo(json.dumps({"error": sentence}, ensure_ascii=False))
    else:
        typer.echo(sentence, err=True)
    sys.exit(2)
