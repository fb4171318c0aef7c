"""`alembic check` on a throw-away PostgreSQL: exits non-zero when a table changed and no revision says so."""

import tempfile
from pathlib import Path

from alembic import command

from api.runtime import postgres
from models import database

with tempfile.TemporaryDirectory(prefix="fengbu-check-") as directory:
    running = postgres.start(Path(directory))
    try:
        url = running.url_for(postgres.APP_DATABASE)
        database.run_migrations(url)
        command.check(database.alembic_config(url))
    finally:
        running.stop()
