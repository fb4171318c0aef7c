"""The migrations make exactly the tables the code expects."""

from alembic import command
from alembic.script import ScriptDirectory

from models import database


def test_the_newest_revision_has_every_column_the_code_knows(database_url: str) -> None:
    """`alembic check` raises with the operations that a new revision would need."""
    assert database_url
    command.check(database.alembic_config(database_url))


def test_there_is_one_newest_revision() -> None:
    """Two revisions written side by side leave nobody knowing which schema is right."""
    scripts = ScriptDirectory.from_config(database.alembic_config("postgresql:///unused"))
    assert len(scripts.get_heads()) == 1
