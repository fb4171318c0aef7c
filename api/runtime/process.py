"""One subprocess of ours: its log file, its pid file, and an end that leaves nothing behind."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import httpx
import psutil

LARGEST_LOG = 20 * 1024 * 1024
"""Bytes; a longer log is put aside when its process starts, in place of the one put aside before."""


class PartError(RuntimeError):
    """A part of the system did not start; the message says which, why and where its log is."""


class ManagedProcess:
    """A subprocess with its own session, so that Ctrl-C reaches it only through `stop`."""

    def __init__(self, name: str, command: Sequence[str], *, data_dir: Path) -> None:
        self.name = name
        self.command = list(command)
        self.log = data_dir / "logs" / f"{name}.log"
        self._pid_file = data_dir / "run" / f"{name}.pid"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, environment: Mapping[str, str], *, directory: Path) -> None:
        """Start the command, after ending one that a killed owner left running."""
        self.end_left_over()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._pid_file.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.rename(self.log.with_suffix(".old.log"))
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=directory,
                env=dict(environment),
                start_new_session=True,
            )
        with suppress(psutil.NoSuchProcess):
            born = psutil.Process(self._process.pid).create_time()
            self._pid_file.write_text(f"{self._process.pid} {born}")

    @property
    def pid(self) -> int | None:
        """The process id, None before the first start."""
        return None if self._process is None else self._process.pid

    def alive(self) -> bool:
        """Say whether the process is running."""
        return self._process is not None and self._process.poll() is None

    def wait(self, timeout: float) -> int:
        """Return the exit code of a command that ends by itself; `PartError` after `timeout` seconds."""
        if self._process is None:
            raise PartError(f"{self.name} 没有启动。")
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired as error:
            raise PartError(f"{self.name} 在 {timeout:.0f} 秒内没有结束。{self.last_words()}") from error

    def stop(self, patience: float = 10.0) -> None:
        """Ask the process to end, wait `patience` seconds, then end it and what it started; at once if it has."""
        if self._process is None:
            return
        if self.alive():
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(patience)
        with suppress(ProcessLookupError):  # it leads its session: nobody else is in the group
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._pid_file.unlink(missing_ok=True)

    def wait_for_http(self, url: str, timeout: float) -> None:
        """Return when `url` answers; `PartError` if the process ends first or `timeout` seconds pass."""
        deadline = time.monotonic() + timeout
        with httpx.Client(trust_env=False, timeout=2, verify=False) as client:  # noqa: S501 - it is our own, on http
            while time.monotonic() < deadline:
                if not self.alive():
                    raise PartError(f"{self.name} 启动后退出了。{self.last_words()}")
                try:
                    if client.get(url).status_code < httpx.codes.INTERNAL_SERVER_ERROR:
                        return
                except httpx.TransportError:
                    pass
                time.sleep(0.05)
        raise PartError(f"{self.name} 在 {timeout:.0f} 秒内没有应答 {url}。{self.last_words()}")

    def last_words(self) -> str:
        """Return the end of the log as a sentence for a person."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return f"日志 {self.log} 的末尾是：\n" + "\n".join(lines[-15:])

    def end_left_over(self) -> None:
        """End the process an earlier, killed owner left: the pid *and* the instant it was born must agree."""
        try:
            pid, born = self._pid_file.read_text().split()
            left = psutil.Process(int(pid))
            if left.create_time() != float(born):
                return
        except (OSError, ValueError, psutil.NoSuchProcess):
            return
        family = [left, *left.children(recursive=True)]
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.terminate()
        for process in psutil.wait_procs(family, timeout=10)[1]:
            with suppress(psutil.NoSuchProcess):
                process.kill()


def refuse_taken_port(host: str, port: int, variable: str) -> None:
    """Raise `PartError` naming the setting to change if another program listens on `port`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PartError(
                f"端口 {port} 已被别的程序占用；请停止它，或用 {variable} 另设一个端口。"
            ) from error


def free_port() -> int:
    """Return a port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
