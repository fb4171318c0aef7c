"""`fengbu documents …`: proof that what was issued is intact, and one case's evidence in a file."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="文书：核验全部已发文书；导出一件案件的证据包。", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象")]


@app.command()
def verify(as_json: AsJson = False) -> None:
    """核验全部文书：重新生成逐字节比对，核对文件 SHA-256 和文号登记簿；有不符时退出码为 1。"""
    from api.cli.reach import connect
    from flows.documents import integrity
    from models import database

    connect()
    with database.session() as s:
        report = integrity.verify(s)
    if as_json:
        typer.echo(json.dumps(report.as_dict(), ensure_ascii=False, indent=2))
    else:
        typer.echo(
            f"核验文书 {report.documents} 份、材料和模板文件 {report.files} 个、文号登记簿 {report.series} 册。"
        )
        for difference in report.differences:
            typer.echo(f"不符　{difference.where}：{difference.sentence}")
        typer.echo("全部相符。" if report.intact else f"有 {len(report.differences)} 处不符。")
    sys.exit(0 if report.intact else 1)


@app.command()
def bundle(
    case: Annotated[str, typer.Argument(help="案号，如 BC-2026-0001")],
    out: Annotated[Path | None, typer.Option(help="写到这个文件或文件夹；默认当前文件夹")] = None,
) -> None:
    """导出一件案件的证据包：文书、材料、测算、经过、审计摘录、清单和离线核验程序。"""
    from api.cli.reach import connect
    from api.pages.evidence import evidence
    from models import database
    from models.records.case import by_number

    connect()
    with database.session() as s:
        record = by_number(s, case)
        if record is None:
            typer.echo(f"没有找到案件 {case}。", err=True)
            raise typer.Exit(2)
        made = evidence(s, record, applicant=False)
    place = out or Path()
    target = place / made.filename if place.is_dir() or not place.suffix else place
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        file.writelines(made.write())
    typer.echo(f"{target}\n共 {len(made.items)} 个文件；清单指纹 {made.fingerprint}")
