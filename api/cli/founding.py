"""`fengbu init` and `fengbu reset-admin`: the first institutions and people of a real system, from the machine it runs on."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import typer

from api.cli.reading import unread

T = TypeVar("T")


def add_to(app: typer.Typer) -> None:
    """The commands, beside `up` and `demo`."""
    app.command("init")(init)
    app.command("reset-admin")(reset_admin)


def init(
    file: Annotated[Path | None, typer.Argument(help="机构和首批人员的 YAML 文件")] = None,
    template: Annotated[bool, typer.Option("--template", help="打印文件的样例，不做任何事")] = False,
) -> None:
    """把机构和首批人员写入空数据库，显示初始密码（只此一次）；fengbu up 运行与否都可以。"""
    from api.pages.render import TEMPLATES
    from flows.actions.people import founding

    if template:
        sample = TEMPLATES / "founding" / "institutions.yaml"
        typer.echo(sample.read_text(encoding="utf-8"), nl=False)
        return
    if file is None:
        raise typer.BadParameter("请写文件；样例：fengbu init --template > 机构.yaml。")
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        _stop(unread(file, error))
    names, people = _on_the_database(lambda s: founding.found(s, text))
    typer.echo(f"已登记 {len(names)} 个机构：{'、'.join(names)}。")
    typer.echo("首次登录请用下面的初始密码（只显示这一次），登录后须修改：")
    for one in people:
        typer.echo(f"  {one.login}\t{one.password}\t{one.name}（{one.roles}）")


def reset_admin(login: Annotated[str, typer.Argument(help="系统管理的登录名")]) -> None:
    """系统管理忘记密码且没有另一位系统管理时，给一个新的初始密码；记入管理记录。"""
    from flows.actions.people import founding

    one = _on_the_database(lambda s: founding.reset(s, login))
    typer.echo(f"{one.name}（{one.login}）的新初始密码：{one.password}，登录后须修改；原有会话已结束。")


def _on_the_database(work: Callable[..., T]) -> T:
    from flows.actions.errors import ActionRefusedError, InvalidError
    from models import database
    from models.records.reference import sync_clock

    try:
        with standing():
            with database.session() as s:
                sync_clock(s)
            with database.session() as s:
                return work(s)
    except InvalidError as error:
        lines = [
            f"{fault.field}：{fault.message}" if fault.field else fault.message for fault in error.faults
        ]
        _stop("\n".join((f"有 {len(lines)} 处要改，什么都没有写入：", *lines)))
    except ActionRefusedError as error:
        _stop(error.sentence)


@contextmanager
def standing(*, tables: bool = True) -> Iterator[None]:
    """The configured database, with its `tables`: the one that runs, or started for as long as this takes."""
    from api.cli.reach import point_at
    from api.runtime import postgres
    from api.runtime.parts import Database
    from flows.documents import versions
    from models import database
    from models.settings import get_settings

    settings = get_settings()
    base = Database(settings)
    running = None if settings.database_url else postgres.attach(settings.data_dir)
    if running is None:
        base.start()
    url = running or base.urls.app
    point_at(url)
    try:
        if tables:
            database.run_migrations(url)
            with database.session() as s:
                versions.adopt_all(s)
        yield
    finally:
        database.engine().dispose()
        base.stop()


def _stop(words: str) -> NoReturn:
    print(words, file=sys.stderr)
    raise typer.Exit(2)
