"""`fengbu import whitelist` and `fengbu import publish`: a round of the white list, by two people, from the command line."""

from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.imports import Bar, answer_of, answered, finish
from api.cli.reading import contents

WORDS = ("可列入", "跳过", "已列入")
Login = Annotated[str, typer.Option("--person", help="以谁的名义（登录名）")]
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON")]


def add_to(app: typer.Typer) -> None:
    """The two commands, beside the other imports."""
    app.command("whitelist")(whitelist)
    app.command("publish")(publish)


def whitelist(
    file: Annotated[Path, typer.Argument(help="xlsx、xls、ods 或 csv；模板在网页“白名单”下载")],
    name: Annotated[str, typer.Option("--round", help="批次名称，如 2026年第四批")],
    effective: Annotated[str, typer.Option("--effective", help="生效日，如 2026-12-01")],
    source: Annotated[str, typer.Option("--source", help="公布文件的名称和文号")],
    person: Login,
    until: Annotated[str, typer.Option("--until", help="有效期至；不填为长期")] = "",
    complete: Annotated[
        bool, typer.Option("--complete", help="全量名单：未列入的企业自生效日起移出")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """登记并查验一个白名单批次，列出全部问题；由另一人用 publish 发布。退出码：0 无误，1 有要改的行，2 不能处理。"""
    typed = {
        "name": name,
        "effective_on": effective,
        "valid_to": until,
        "source_document": source,
        "complete": "1" if complete else "0",
    }

    def work() -> dict[str, Any]:
        from flows.actions.rules import white_listing
        from models import database

        data = contents(file)
        with database.session() as s:
            row, new = white_listing.prepare(s, _actor(s, person), typed, file.name, data)
            number = row.import_id
        with Bar(as_json) as tell:
            finish(number, tell)
        return answer_of(number, new)

    answered(work, file, as_json, WORDS)


def publish(
    name: Annotated[str, typer.Argument(help="批次名称")],
    person: Login,
    note: Annotated[str, typer.Option(help="意见")] = "",
    as_json: AsJson = False,
) -> None:
    """发布另一人登记的白名单批次；有要改的行时只列入无误的企业。退出码同上。"""

    def work() -> dict[str, Any]:
        from sqlmodel import col, select

        from flows.actions.errors import NotThereError
        from flows.actions.rules import white_listing
        from models import database
        from models.records.two_people import Verdict
        from models.records.white_list import WhiteListRound

        with database.session() as s:
            waiting = select(WhiteListRound).where(
                WhiteListRound.name == name, col(WhiteListRound.verdict).is_(None)
            )
            row = s.exec(waiting).first()
            if row is None:
                raise NotThereError(f"没有待发布的批次“{name}”。")
            number = row.import_id
            white_listing.decide(s, _actor(s, person), row.id or 0, Verdict.CONFIRMED, note)
        with Bar(as_json) as tell:
            finish(number, tell)
        return answer_of(number, True)

    answered(work, None, as_json, WORDS)


def _actor(s: Any, login: str) -> Any:
    from flows.actions.applications import importing
    from flows.actions.errors import NotThereError
    from models.records import person

    found = person.by_login(s, login)
    if found is None:
        raise NotThereError(f"没有登录名为“{login}”的人员。")
    return importing.actor_of(s, found.id or 0)
