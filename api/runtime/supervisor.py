"""Starts the parts of the system, shows each as it comes up, keeps them up, and takes them down in reverse order."""

import signal
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.markup import escape

LOOK_EVERY = 0.3
"""Seconds between looks at a running part."""
LONGEST_PAUSE = 30.0
"""Seconds; the pause before another restart doubles up to this."""
STEADY_AFTER = 60.0
"""Seconds a part must have run for its earlier crashes to be forgotten."""


class Part:
    """One part of the system. `after` names the parts that must be up before it starts; `log` is shown if it stops."""

    def __init__(self, name: str, *, after: Sequence[str] = ()) -> None:
        self.name = name
        self.after = tuple(after)
        self.log: Path | None = None

    def start(self) -> str:
        """Start and return when the part is usable; the value is its line: an address or a short fact."""
        raise NotImplementedError

    def stop(self) -> None:
        """Stop; also while `start` runs in another thread, and when it failed or never ran."""

    def alive(self) -> bool:
        """Say whether the part still works; a part that ends by itself (migrations) always does."""
        return True


class Task(Part):
    """A part that is a function: it runs once and is done."""

    def __init__(self, name: str, action: Callable[[], str], *, after: Sequence[str] = ()) -> None:
        super().__init__(name, after=after)
        self._action = action

    def start(self) -> str:
        """Run the function; its value is the line."""
        return self._action()


class Supervisor:
    """Runs parts in the order their `after` allows, independent ones at the same time."""

    def __init__(
        self,
        parts: Sequence[Part],
        *,
        console: Console | None = None,
        ready: Callable[[], None] = lambda: None,
        ready_when: Sequence[str] | None = None,
    ) -> None:
        """`ready` is called once, when the parts named in `ready_when` (None: all) are up.

        It is the place to print addresses and accounts. ValueError if a part waits for one that is not before it.
        """
        names = [part.name for part in parts]
        for place, part in enumerate(parts):
            missing = set(part.after) - set(names[:place])
            if missing:
                raise ValueError(
                    f"{part.name} waits for {sorted(missing)}, which no part before it is called"
                )
        self._parts = list(parts)
        self._console = console or Console()
        self._ready = ready
        self._ready_when = names if ready_when is None else list(ready_when)
        self._up = {part.name: threading.Event() for part in parts}
        self._stopping = threading.Event()
        self._failed = False

    def run(self) -> int:
        """Start everything and stay until Ctrl-C, SIGTERM or a part that cannot start; return the exit code."""
        before = {number: signal.signal(number, self._on_signal) for number in _ENDING}
        threads = [threading.Thread(target=self._look_after, args=(part,)) for part in self._parts]
        began = time.monotonic()
        try:
            for thread in threads:
                thread.start()
            if self._wait_until_up():
                self._console.print(
                    f"[green]全部就绪[/]，用时 {time.monotonic() - began:.1f} 秒。按 Ctrl-C 停止。"
                )
                self._ready()
            while not self._stopping.wait(LOOK_EVERY):
                pass
        finally:
            self._stopping.set()
            self._take_down(threads)
            for number, handler in before.items():
                signal.signal(number, handler)
        return 1 if self._failed else 0

    def stop(self) -> None:
        """Ask a running supervisor to take everything down."""
        self._stopping.set()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stopping.set()

    def _wait_until_up(self) -> bool:
        while not self._stopping.is_set():
            if all(self._up[name].is_set() for name in self._ready_when):
                return True
            self._stopping.wait(0.05)
        return False

    def _take_down(self, threads: list[threading.Thread]) -> None:
        self._console.print("正在停止……")
        for part in reversed(self._parts):
            part.stop()
        for part, thread in zip(reversed(self._parts), reversed(threads), strict=True):
            thread.join()
            part.stop()  # a start that was under way when we stopped may have finished since
        self._console.print("已全部停止。")

    def _look_after(self, part: Part) -> None:
        for name in part.after:
            while not self._up[name].wait(0.05):
                if self._stopping.is_set():
                    return
        if not self._start(part):
            self._failed = self._failed or not self._stopping.is_set()
            self._stopping.set()
            return
        self._up[part.name].set()
        pause, since = 1.0, time.monotonic()
        while not self._stopping.wait(LOOK_EVERY):
            if part.alive():
                continue
            if time.monotonic() - since > STEADY_AFTER:
                pause = 1.0
            log = f"（日志 {escape(str(part.log))}）" if part.log else ""
            self._console.print(f"[yellow]! {part.name}[/] 停了，{pause:.0f} 秒后重新启动{log}")
            if self._stopping.wait(pause):
                return
            part.stop()
            self._start(part)
            pause, since = min(pause * 2, LONGEST_PAUSE), time.monotonic()

    def _start(self, part: Part) -> bool:
        began = time.monotonic()
        try:
            line = part.start()
        except Exception as error:
            if not self._stopping.is_set():
                self._console.print(f"[red]✗ {part.name}[/]  {escape(str(error))}")
            return False
        if not self._stopping.is_set():
            took = f"[dim]{time.monotonic() - began:.1f} 秒[/]"
            self._console.print(f"[green]✓[/] {part.name}  {escape(line)}  {took}", soft_wrap=True)
        return True


_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
