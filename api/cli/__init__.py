"""The `fengbu` command: everything for a demonstration, a real system, one more worker, a proof."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from api.cli import backup, documents, founding, imports, ledger, policy_explain, white_list

app = typer.Typer(help="风补：融资风险补偿业务系统。", no_args_is_help=True, pretty_exceptions_enable=False)
app.add_typer(policy_explain.app, name="policy")
app.add_typer(documents.app, name="documents")
white_list.add_to(imports.app)
app.add_typer(imports.app, name="import")
app.add_typer(ledger.app, name="ledger")
founding.add_to(app)
backup.add_to(app)


@app.command()
def demo(
    fresh: Annotated[bool, typer.Option("--fresh", help="清空演示数据，从头开始")] = False,
) -> None:
    """启动全部部件和示例数据（内置数据库，无需配置）；Ctrl-C 停止。"""
    from api.runtime import systems

    sys.exit(systems.demo(fresh=fresh))


@app.command()
def up() -> None:
    """启动正式系统：不带示例数据；拒绝默认口令和被移动过的时钟。"""
    from api.runtime import systems

    sys.exit(systems.up())


@app.command()
def worker() -> None:
    """再加一个案件工作进程：同一数据库，任何机器（设置 DATABASE_URL）。"""
    from api.runtime import working

    working.run()


@app.command()
def diagrams(folder: Annotated[Path, typer.Argument(help="写到这个文件夹")]) -> None:
    """把各业务流程图画成 SVG 图片；图由流程文件的源码画出，与正在运行的一致。"""
    import flows.claim
    import flows.filing
    import flows.recovery  # noqa: F401 - registers the processes
    from flows.kernel.diagram_picture import picture
    from flows.kernel.process import PROCESSES

    folder.mkdir(parents=True, exist_ok=True)
    newest = {name: definition for (name, _), definition in sorted(PROCESSES.items())}
    for name, definition in newest.items():
        target = folder / f"process-{name.value}.svg"
        target.write_text(picture(definition.function), encoding="utf-8")
        typer.echo(target)


@app.command()
def story(
    board: Annotated[str | None, typer.Option(help="只演一个板块：bank 或 guarantee")] = None,
    out: Annotated[Path | None, typer.Option(help="把全部文书写到这个文件夹")] = None,
    via: Annotated[str, typer.Option(help="申报机构走页面（pages）还是接口（api）")] = "pages",
    as_json: Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象")] = False,
) -> None:
    """在临时数据库上经真实的门（HTTP、Prefect、SMTP、webhook）演完整的案件，并逐项核对。"""
    if board not in (None, "bank", "guarantee"):
        raise typer.BadParameter("请写 bank 或 guarantee。")
    if via not in ("pages", "api"):
        raise typer.BadParameter("请写 pages 或 api。")
    from api.story.play import run

    sys.exit(run(board=board, out=out, as_json=as_json, via=via))
