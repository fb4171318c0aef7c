"""A transaction on a database with the demo's institutions and people."""

from tests.actions.conftest import s

__all__ = ["s"]
