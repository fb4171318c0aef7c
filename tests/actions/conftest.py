"""A transaction on a database with the demo's institutions and people."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from sqlmodel import Session

from tests.seed import seed


@pytest.fixture
def s(db: Callable[[], AbstractContextManager[Session]]) -> Iterator[Session]:
    """What an action does in it is seen by the test and committed at its end."""
    with db() as session:
        seed(session)
        yield session
