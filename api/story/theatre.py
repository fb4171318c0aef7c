"""The real system a story is played on: temporary database, Prefect server, worker and web application, own ports."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from api.runtime.parts import (
    DATABASE,
    MIGRATIONS,
    PREFECT,
    PREFECT_READY,
    WEB,
    WORKER,
    Database,
    standard_parts,
)
from api.runtime.prefect_server import PROJECT
from api.runtime.process import free_port
from api.runtime.supervisor import Part
from api.story.peers import SmtpPeer, WebhookPeer
from models.settings import Settings, get_settings


@dataclass(frozen=True, slots=True)
class Theatre:
    """Everything a story needs: the address, the peers that listen, and the database for the proofs."""

    settings: Settings
    mail: SmtpPeer
    hooks: WebhookPeer
    database_url: str


@contextmanager
def theatre() -> Iterator[Theatre]:
    """Start everything, and stop it again whatever happens."""
    with TemporaryDirectory(prefix="fengbu-story-") as place, SmtpPeer() as mail, WebhookPeer() as hooks:
        settings = get_settings().model_copy(
            update={
                "database_url": None,
                "prefect_database_url": None,
                "data_dir": Path(place),
                "demo": True,
                "port": free_port(),
                "prefect_port": free_port(),
                "public_url": None,
                "smtp_host": "127.0.0.1",
                "smtp_port": mail.port,
                "webhook_allow_private": True,
                "poll_seconds": 1.0,
            }
        )
        parts = {part.name: part for part in standard_parts(settings)}
        started: list[Part] = []
        try:
            _start(parts, started, (DATABASE, MIGRATIONS))
            base = parts[DATABASE]
            if not isinstance(base, Database):
                raise TypeError("the first part is the database")
            stage = [sys.executable, "-m", "api.story.stage", hooks.url]
            subprocess.run(stage, env=base.environment(), cwd=PROJECT, check=True)
            with ThreadPoolExecutor(1) as aside:
                prefect = aside.submit(_start, parts, started, (PREFECT, PREFECT_READY, WORKER))
                _start(parts, started, (WEB,))
                prefect.result()
            os.environ["DATABASE_URL"] = base.urls.app
            get_settings.cache_clear()
            yield Theatre(settings, mail, hooks, base.urls.app)
        except Exception:
            for log in ("web", "worker"):
                print(_last_words(settings.data_dir / "logs" / f"{log}.log"), file=sys.stderr)  # noqa: T201
            raise
        finally:
            for part in sorted(started, key=list(parts.values()).index, reverse=True):
                part.stop()


def _start(parts: dict[str, Part], started: list[Part], names: Sequence[str]) -> None:
    for name in names:
        started.append(parts[name])
        parts[name].start()


def _last_words(log: Path) -> str:
    """The end of a log that would be gone with the theatre."""
    return f"--- {log.name}\n{log.read_text(errors='replace')[-4000:]}" if log.exists() else ""
