"""`fengbu ledger`: the limits' ledger recomputed."""

import json
import sys
from typing import Annotated

import typer

app = typer.Typer(help="限额台账。", no_args_is_help=True)


@app.callback()
def _ledger() -> None:
    """限额台账：由明细和案件复算全部余额。"""


@app.command()
def verify(
    as_json: Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象")] = False,
) -> None:
    """由明细、案件和备案贷款复算全部余额，逐条列出差异；有差异时退出码为 1，连不上数据库为 2。"""
    from api.cli.reach import connect
    from flows.actions.rules.verifying import verify as recompute
    from models.database import session
    from models.records.reference import sync_clock

    connect()
    with session() as s:
        sync_clock(s)
    with session() as s:
        result = recompute(s)
    if as_json:
        print(json.dumps({"ok": not result.differences, **result.as_dict()}, ensure_ascii=False))
    else:
        for difference in result.differences:
            print(f"✗ {difference.sentence}")
        looked = f"{result.accounts} 个账户、{result.entries} 笔明细、{result.cases} 件补偿、{result.loans} 笔备案贷款"
        said = f"{len(result.differences)} 处不符" if result.differences else "全部相符"
        print(f"已复算 {looked}：{said}。")
    sys.exit(1 if result.differences else 0)
