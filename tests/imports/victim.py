"""Works on one import and sends itself SIGKILL before its n-th commit: ``python -m tests.imports.victim ID N``."""

import os
import signal
import sys

from sqlalchemy import event
from sqlmodel import Session

import flows.filing  # noqa: F401 - registers the process
from flows.importing import running

running.PIECE = 10
left = int(sys.argv[2])


def count(_: Session) -> None:
    """As by the kernel when memory runs out: no handler, no rollback, no goodbye."""
    global left  # noqa: PLW0603 - a countdown
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)


event.listen(Session, "before_commit", count)
running.work(int(sys.argv[1]))
