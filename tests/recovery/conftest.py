"""Each test here starts on a Monday in an office with people, calendar, LPR and an empty budget year."""

from tests.kernel.conftest import Db, office

__all__ = ["Db", "office"]
