"""A worker process that is killed at a chosen moment. Reads orders from standard input, one JSON object a line:
{"case": number, "at": instant, "kill": "after-claim" | "mid-step" | "before-commit" | "after-commit", "commit": n}.

Each order is carried out by a fork, so that importing the application is paid for once; the fork claims the case,
runs it, and sends itself SIGKILL at the moment named (commit n of its wake-up, the claim's not counted). The answer
is one line: how the fork ended, negative for a signal, as `subprocess` says it.
"""

import json
import os
import signal
import sys
from datetime import datetime
from typing import Any

from sqlalchemy import event
from sqlmodel import Session

from api.demo import play  # noqa: F401 - registers the processes
from flows.kernel.process import PROCESSES
from flows.kernel.wake import claim, run_case
from flows.steps import issuing
from models import clock
from models.database import session


def die(*_: Any, **__: Any) -> Any:
    """As by the kernel when memory runs out: no handler, no rollback, no goodbye."""
    os.kill(os.getpid(), signal.SIGKILL)


def work(order: dict[str, Any]) -> None:
    """Claim the case, arrange the death, run it."""
    with session() as s:
        (claimed,) = claim(s, 1, [order["case"]])
    if order["kill"] == "after-claim":
        die()
    if order["kill"] == "mid-step":
        issuing.render = die  # the number is taken and the counter raised, the bytes are not made yet
    left = order.get("commit", 0)

    def count(_: Session) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            die()

    if left:
        event.listen(Session, order["kill"].replace("-", "_"), count)
    run_case(PROCESSES[claimed.process, claimed.version], claimed)


def main() -> None:
    """One fork per order."""
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            with clock.at(datetime.fromisoformat(order["at"])):
                work(order)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201 - the answer


main()
