"""Reading what others wrote in a process of its own, with little memory and time, and none of our settings."""

import os
import resource
import subprocess
import sys
from collections.abc import Sequence


def started(
    module: str, *arguments: str, data: bytes, seconds: float, command: Sequence[str] = ()
) -> bytes | None:
    """What ``python -m module`` wrote when given `data`, or None if it failed. `command`: another program instead.

    Raises `subprocess.TimeoutExpired` after `seconds`.
    """
    inherited = {
        key: os.environ[key] for key in ("PATH", "LANG", "PYTHONPATH", "VIRTUAL_ENV") if key in os.environ
    }
    done = subprocess.run(
        list(command) or [sys.executable, "-m", module, *arguments],
        input=data,
        capture_output=True,
        timeout=seconds,
        check=False,
        env={**inherited, "PYTHONUTF8": "1"},
    )
    return done.stdout if done.returncode == 0 else None


def limit(seconds: int, memory: int) -> None:
    """From here on this process may use so much processor time and memory (bytes), and write no file."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
