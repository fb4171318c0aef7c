"""The supervisor, in a real process: order, restart of a crashed part, and an end that leaves nothing running."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from api.runtime.process import ManagedProcess, PartError, refuse_taken_port
from api.runtime.supervisor import Part, Supervisor

SYSTEM = """
import sys, time
from pathlib import Path
from rich.console import Console
from api.runtime.process import ManagedProcess
from api.runtime.supervisor import Part, Supervisor, Task

home = Path(sys.argv[1])

class Sleeper(Part):
    def __init__(self, name, **options):
        super().__init__(name, **options)
        program = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(99)']); time.sleep(99)"
        self.process = ManagedProcess(name, [sys.executable, "-c", program], data_dir=home)
    def start(self):
        self.process.start({}, directory=home)
        return f"pid {self.process.pid}"
    def stop(self):
        if self.process.alive():
            print("stopping", self.name, flush=True)
        self.process.stop()
    def alive(self):
        return self.process.alive()

def fail():
    raise RuntimeError("no room on the disk")

parts = [Sleeper("base"), Task("tables", lambda: "newest", after=["base"]), Sleeper("web", after=["tables"]), Sleeper("worker", after=["tables"])]
if "fail" in sys.argv:
    parts.append(Task("broken", fail, after=["web"]))
sys.exit(Supervisor(parts, console=Console(width=200), ready=lambda: print("READY", flush=True)).run())
"""


class System:
    """The program above, its lines, and the processes under it."""

    def __init__(self, home: Path, *words: str) -> None:
        script = home / "system.py"
        script.write_text(textwrap.dedent(SYSTEM))
        self.home = home
        self.process = subprocess.Popen(
            [sys.executable, str(script), str(home), *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONUNBUFFERED": "1"},
        )
        self.lines: list[str] = []

    def read_until(self, word: str) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if word in line:
                return line
        raise AssertionError(f"{word!r} never came:\n" + "\n".join(self.lines))

    def end(self) -> int:
        assert self.process.stdout is not None
        self.lines += [line.rstrip() for line in self.process.stdout]
        self.process.stdout.close()
        return self.process.wait(20)

    def family(self, size: int) -> list[psutil.Process]:
        """The processes under the supervisor, once there are `size`."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            found = psutil.Process(self.process.pid).children(recursive=True)
            if len(found) == size:
                return found
            time.sleep(0.02)
        raise AssertionError(f"{len(found)} processes instead of {size}: {found}")

    def pid_of(self, part: str) -> int:
        return int((self.home / "run" / f"{part}.pid").read_text().split()[0])


def gone(processes: list[psutil.Process]) -> bool:
    return not psutil.wait_procs(processes, timeout=5)[1]


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_parts_come_up_in_order_and_go_down_in_reverse(server_dir: Path, ending: signal.Signals) -> None:
    system = System(server_dir)
    system.read_until("READY")
    below = system.family(6)
    os.kill(system.process.pid, ending)
    assert system.end() == 0
    shown = [line.split()[1] for line in system.lines if line.startswith("✓")]
    assert shown[:2] == ["base", "tables"]
    assert set(shown[2:]) == {"web", "worker"}
    assert [line for line in system.lines if line.startswith("stopping")] == [
        "stopping worker",
        "stopping web",
        "stopping base",
    ]
    assert gone(below)


def test_a_crashed_part_is_started_again(server_dir: Path) -> None:
    system = System(server_dir)
    system.read_until("READY")
    crashed = system.pid_of("worker")
    os.kill(crashed, signal.SIGKILL)
    system.read_until("! worker")
    system.read_until("✓ worker")
    assert system.pid_of("worker") != crashed
    system.process.terminate()
    assert system.end() == 0


def test_a_part_that_cannot_start_takes_everything_down_and_says_why(server_dir: Path) -> None:
    system = System(server_dir, "fail")
    system.read_until("no room on the disk")
    assert system.end() == 1
    assert not (server_dir / "run" / "base.pid").exists()
    assert "READY" not in system.lines


def test_what_a_killed_supervisor_left_is_ended_at_the_next_start(server_dir: Path) -> None:
    first = System(server_dir)
    first.read_until("READY")
    left = first.family(6)
    first.process.kill()
    first.end()
    assert all(process.is_running() for process in left)
    second = System(server_dir)
    second.read_until("READY")
    assert gone(left)
    second.process.terminate()
    assert second.end() == 0


def test_a_part_may_only_wait_for_one_before_it() -> None:
    with pytest.raises(ValueError, match="web waits for"):
        Supervisor([Part("web", after=["tables"]), Part("tables")])


def test_a_taken_port_names_the_setting_to_change() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(PartError, match="FENGBU_PORT"):
            refuse_taken_port("127.0.0.1", taken.getsockname()[1], "FENGBU_PORT")


def test_a_program_that_dies_while_starting_shows_the_end_of_its_log(server_dir: Path) -> None:
    process = ManagedProcess(
        "web", [sys.executable, "-c", "raise SystemExit('no such table')"], data_dir=server_dir
    )
    process.start({}, directory=server_dir)
    began = time.monotonic()
    with pytest.raises(PartError, match="no such table"):
        process.wait_for_http("http://127.0.0.1:9/", timeout=10)
    assert time.monotonic() - began < 5
    process.stop()
