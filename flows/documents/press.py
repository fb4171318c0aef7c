"""PDF of issued documents, made behind the click: one LibreOffice at a time, whatever waits goes together.

In memory, because a PDF is only a convenience that can be made again: the Word file is the document. Each web process
has its own press.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock

from flows.documents import office

MOST_WAITING = 40  # then a newcomer is asked to come back
MOST_KEPT = 60  # finished ones; a letter's PDF is some 100 KB


class Stage(StrEnum):
    """How far a PDF is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Printing:
    """A PDF asked for: `ahead` wait before it; `pdf` when done; `fault` says in Chinese why not."""

    stage: Stage
    ahead: int = 0
    pdf: bytes = b""
    fault: str = ""


class Press:
    """Makes PDF in the background; `convert` is LibreOffice unless a test says otherwise."""

    def __init__(self, convert: Callable[[Mapping[str, bytes]], dict[str, bytes]] = office.to_pdf) -> None:
        self._convert = convert
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="press")
        self._lock = Lock()
        self._waiting: OrderedDict[str, bytes] = OrderedDict()
        self._running: frozenset[str] = frozenset()
        self._ended: OrderedDict[str, Printing] = OrderedDict()

    def ask(self, sha256: str, document: Callable[[], bytes]) -> Printing:
        """The PDF of the document with this hash, or how far it is; the first to ask starts it.

        A failure is told once; who asks again starts anew.
        """
        with self._lock:
            ended = self._ended.get(sha256)
            if ended is not None:
                if ended.stage is Stage.FAILED:
                    del self._ended[sha256]
                else:
                    self._ended.move_to_end(sha256)
                return ended
            if sha256 in self._running:
                return Printing(Stage.RUNNING)
            if sha256 not in self._waiting:
                if len(self._waiting) >= MOST_WAITING:
                    return Printing(Stage.FULL)
                self._waiting[sha256] = document()
                self._pool.submit(self._work)
            return Printing(Stage.WAITING, list(self._waiting).index(sha256) + len(self._running))

    def _work(self) -> None:
        with self._lock:
            files = dict(self._waiting)
            self._waiting.clear()
            self._running = frozenset(files)
        if not files:
            return
        try:
            made = self._convert(files)
            ended = {name: Printing(Stage.DONE, pdf=pdf) for name, pdf in made.items()}
        except office.OfficeFault as fault:
            ended = {name: Printing(Stage.FAILED, fault=str(fault)) for name in files}
        except OSError:
            ended = {
                name: Printing(Stage.FAILED, fault="服务器没有空间或权限运行 LibreOffice，请联系系统管理员。")
                for name in files
            }
        with self._lock:
            self._running = frozenset()
            self._ended.update(ended)
            while len(self._ended) > MOST_KEPT:
                self._ended.popitem(last=False)


press = Press()
"""This process's."""
