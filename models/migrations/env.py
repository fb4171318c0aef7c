"""Alembic's entry: which tables there are, and on which connection the migrations run."""

from alembic import context
from sqlalchemy import create_engine, pool, text
from sqlmodel import SQLModel

import models.records  # noqa: F401 - importing it registers every table
from models.database import sqlalchemy_url
from models.records.base import Code
from models.settings import get_settings

ONE_AT_A_TIME = 723_2025
"""Key of the advisory lock: two processes that start together must not migrate together."""


def render_item(kind: str, item: object, _context: object) -> str | bool:
    """A `Code` column is text to a migration: what it may hold is the CHECK beside it."""
    return "sa.String(length=40)" if kind == "type" and isinstance(item, Code) else False


def migrate() -> None:
    """Run the migrations asked for in one transaction on the configured database."""
    url = context.config.attributes.get("url") or get_settings().database_url
    if url is None:
        raise RuntimeError("DATABASE_URL is not set: alembic needs a database.")
    engine = create_engine(sqlalchemy_url(url), poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=SQLModel.metadata,
            compare_type=True,
            render_item=render_item,
            compare_server_default=True,
        )
        with context.begin_transaction():
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_AT_A_TIME})
            context.run_migrations()


migrate()
