"""The systems `fengbu demo` and `fengbu up` start, out of the standard parts."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlmodel import Session, create_engine, select

from api.runtime.mail import MailServer
from api.runtime.parts import DATABASE, MIGRATIONS, WEB, WORKER, Database, standard_parts
from api.runtime.prefect_server import PROJECT
from api.runtime.process import free_port
from api.runtime.supervisor import Part, Supervisor, Task
from models.database import sqlalchemy_url
from models.records.person import Person
from models.records.reference import ClockSetting
from models.roles import ROLE_NAMES
from models.settings import Settings, get_settings

DEMO_DATA = "示例数据"
CHECKS = "上线检查"


class Mail(Part):
    """The demo's own mail server; what it receives can be read on a page."""

    def __init__(self, data_dir: Path, port: int) -> None:
        super().__init__("邮件服务器", after=(DATABASE,))
        self._server = MailServer(data_dir, port=port)

    def start(self) -> str:
        """Listen."""
        return self._server.start()

    def stop(self) -> None:
        """Stop listening."""
        self._server.stop()

    def alive(self) -> bool:
        """Whether it listens."""
        return self._server.alive()


def demo_settings(base: Settings, data_dir: Path, smtp_port: int) -> Settings:
    """The settings of a demonstration: its own data, its own mail server, a clock that may be moved."""
    data_dir.mkdir(parents=True, exist_ok=True)
    return base.model_copy(
        update={
            "demo": True,
            "data_dir": data_dir,
            "smtp_host": "127.0.0.1",
            "smtp_port": smtp_port,
            "webhook_allow_private": True,
        }
    )


def demo(*, fresh: bool) -> int:
    """Run everything with sample data until Ctrl-C; the exit code."""
    from api.demo.people import PLACES
    from api.demo.secret import PASSWORD

    base = get_settings()
    data_dir = base.data_dir / "demo"
    if fresh and data_dir.exists():
        shutil.rmtree(data_dir)
    settings = demo_settings(base, data_dir, free_port())
    console = Console()

    def accounts() -> None:
        table = Table(
            "账号", "姓名", "机构", "岗位", title=f"演示账号（口令均为 {PASSWORD}；登录页可一键进入）"
        )
        for place in PLACES:
            for member in place.people:
                table.add_row(member.login, member.name, place.names[-1].short, ROLE_NAMES[member.role])
        console.print(table)
        console.print(f"网页应用   {settings.base_url}\nPrefect    {settings.prefect_url}")

    parts = standard_parts(settings, [Mail(data_dir, settings.smtp_port)])
    _insert(parts, DEMO_DATA, _fill)
    return Supervisor(parts, console=console, ready=accounts, ready_when=[WEB, WORKER]).run()


def up() -> int:
    """Run the real system until Ctrl-C; refuses default passwords and a moved clock."""
    parts = standard_parts(get_settings())
    _insert(parts, CHECKS, _refuse_demo)
    return Supervisor(parts).run()


def _fill(base: Database) -> str:
    """Sample data are played through the actions and the kernel, in a process that works on this database."""
    done = subprocess.run(
        [sys.executable, "-m", "api.demo.cases"],
        env=base.environment(),
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"示例数据没有写成：{done.stderr[-2000:]}")
    return done.stdout.strip()


def _refuse_demo(base: Database) -> str:
    engine = create_engine(sqlalchemy_url(base.urls.app))
    try:
        with Session(engine) as s:
            if s.exec(select(Person).where(Person.demo)).first() is not None:
                raise RuntimeError("数据库里有使用默认口令的演示账号，正式系统不能启动。请换一个数据库。")
            setting = s.get(ClockSetting, 1)
            if setting is not None and setting.offset_seconds:
                raise RuntimeError("这个数据库的时钟被移动过，只能用于演示；正式系统不能启动。")
            founded = s.exec(select(Person.id)).first() is not None
    finally:
        engine.dispose()
    if not founded:
        return "数据库里还没有人员：请在另一个终端运行 fengbu init --template > 机构.yaml，改好后 fengbu init 机构.yaml"
    return "没有默认口令，时钟未移动"


def _insert(parts: list[Part], name: str, action: Callable[[Database], str]) -> None:
    """Run `action` on the application's database after the migrations and before everything that serves people."""
    base = next(part for part in parts if isinstance(part, Database))
    place = next(i for i, part in enumerate(parts) if part.name == MIGRATIONS)
    parts.insert(place + 1, Task(name, lambda: action(base), after=(MIGRATIONS,)))
    for part in parts[place + 2 :]:
        if MIGRATIONS in part.after:
            part.after = (*part.after, name)
