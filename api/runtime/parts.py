"""The parts `fengbu up` and `fengbu demo` are made of. Names are what people read; `after` refers to them."""

import sys
from collections.abc import Sequence

from sqlmodel import Session, create_engine

from api.runtime import postgres, prefect_server
from api.runtime.postgres import DatabaseUrls, RunningPostgres
from api.runtime.prefect_server import PROJECT, PrefectServer, prefect_environment, without_prefect_variables
from api.runtime.process import ManagedProcess, refuse_taken_port
from api.runtime.supervisor import Part, Task
from flows.documents import versions
from models import database
from models.settings import Settings

DATABASE = "数据库"
MIGRATIONS = "数据表"
WEB = "网页应用"
PREFECT = "Prefect 服务器"
PREFECT_READY = "Prefect 工作池"
DEPLOYMENTS = "Prefect 部署"
WORKER = "案件工作进程"
POOL_WORKER = "Prefect 工作进程"

FENGBU = (sys.executable, "-c", "from api.cli import app; app()")
"""The `fengbu` command of this very installation."""


class Database(Part):
    """The embedded PostgreSQL, or the operator's own when ``DATABASE_URL`` is set."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(DATABASE)
        self.log = settings.data_dir / "logs" / "postgres.log"
        self._settings = settings
        self._running: RunningPostgres | None = None
        self._urls: DatabaseUrls | None = None

    @property
    def urls(self) -> DatabaseUrls:
        """Where application and Prefect keep their data; known once this part is up."""
        if self._urls is None:
            raise RuntimeError("The database has not been started.")
        return self._urls

    def start(self) -> str:
        """Start the embedded server if none is configured; see that both databases exist."""
        if self._settings.database_url is None:
            self._running = postgres.start(self._settings.data_dir)
        self._urls = postgres.database_urls(self._settings, self._running)
        for url in (self._urls.app, self._urls.prefect):
            postgres.ensure_database(url)
        return (
            f"内置 PostgreSQL，{self._settings.data_dir}"
            if self._running
            else "DATABASE_URL 指定的 PostgreSQL"
        )

    def stop(self) -> None:
        """Stop the embedded server; an operator's own is not ours to stop."""
        if self._running is not None:
            self._running.stop()

    def alive(self) -> bool:
        """Say whether the embedded server runs; an operator's own restarts without us."""
        return self._running is None or self._running.alive()

    def environment(self) -> dict[str, str]:
        """Return the whole environment of a subprocess that works on this database and talks to Prefect."""
        return {
            **without_prefect_variables(),
            **self._settings.environment(),
            "DATABASE_URL": self.urls.app,
            "PYTHONUNBUFFERED": "1",
            **prefect_environment(self._settings),
        }


class Program(Part):
    """A subprocess of this installation that works on `database`."""

    def __init__(
        self,
        name: str,
        slug: str,
        command: Sequence[str],
        *,
        line: str,
        settings: Settings,
        on: Database,
        after: Sequence[str],
    ) -> None:
        """`slug` names the log file; `line` is what is shown when it is up."""
        super().__init__(name, after=after)
        self._settings = settings
        self._line = line
        self._database = on
        self.process = ManagedProcess(slug, command, data_dir=settings.data_dir)
        self.log = self.process.log

    def start(self) -> str:
        """Start the program."""
        self.process.start(self._database.environment(), directory=PROJECT)
        return self._line

    def stop(self) -> None:
        """Stop the program and whatever it started."""
        self.process.stop()

    def alive(self) -> bool:
        """Say whether the program runs."""
        return self.process.alive()


class Web(Program):
    """The web application; up when it answers."""

    def start(self) -> str:
        """Start and wait for the first answer."""
        self.process.end_left_over()
        refuse_taken_port(self._settings.host, self._settings.port, "FENGBU_PORT")
        super().start()
        self.process.wait_for_http(f"http://{_reachable(self._settings.host)}:{self._settings.port}/", 60)
        return self._line


class Prefect(Part):
    """Prefect's server and user interface."""

    def __init__(self, settings: Settings, on: Database) -> None:
        super().__init__(PREFECT, after=(DATABASE,))
        self.log = settings.data_dir / "logs" / "prefect-server.log"
        self._settings = settings
        self._database = on
        self._server: PrefectServer | None = None

    def start(self) -> str:
        """Start and wait for health."""
        self._server = PrefectServer(self._settings, self._database.urls.prefect)
        return self._server.start()

    def stop(self) -> None:
        """Stop the server."""
        if self._server is not None:
            self._server.stop()

    def alive(self) -> bool:
        """Say whether the server runs."""
        return self._server is not None and self._server.alive()


def standard_parts(settings: Settings, more: Sequence[Part] = ()) -> list[Part]:
    """Return the parts of a whole system; `more` (a demo's SMTP server, its data) start after the migrations.

    The web application waits for the tables and for `more`, not for Prefect: people can work while it comes up.
    """
    base = Database(settings)

    def migrate() -> str:
        database.run_migrations(base.urls.app)
        engine = create_engine(database.sqlalchemy_url(base.urls.app))
        try:
            with Session(engine) as s, s.begin():
                return f"最新；文书模板 {versions.adopt_all(s)} 种"
        finally:
            engine.dispose()

    def prepare() -> str:
        prefect_server.prepare(settings)
        return prefect_server.POOL

    def deploy() -> str:
        prefect_server.deploy(settings)
        return "prefect.yaml"

    web_command = (sys.executable, "-m", "api.runtime.web", settings.host, str(settings.port))
    pool_command = (
        *(sys.executable, "-m", "prefect", "worker", "start"),
        *("--pool", prefect_server.POOL, "--name", "fengbu"),
    )
    return [
        base,
        Task(MIGRATIONS, migrate, after=(DATABASE,)),
        *more,
        Prefect(settings, base),
        Web(
            WEB,
            "web",
            web_command,
            line=settings.base_url,
            after=(MIGRATIONS, *(part.name for part in more)),
            settings=settings,
            on=base,
        ),
        Task(PREFECT_READY, prepare, after=(PREFECT, MIGRATIONS)),
        Program(
            WORKER,
            "worker",
            (*FENGBU, "worker"),
            line="认领案件",
            settings=settings,
            on=base,
            after=(PREFECT_READY,),
        ),
        Program(
            POOL_WORKER,
            "prefect-worker",
            pool_command,
            line=f"工作池 {prefect_server.POOL}",
            after=(PREFECT_READY,),
            settings=settings,
            on=base,
        ),
        Task(DEPLOYMENTS, deploy, after=(WORKER,)),
    ]


def _reachable(host: str) -> str:
    return "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared, not bound
