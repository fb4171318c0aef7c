"""Open streams of events (SSE) of signed-in people: few for each, ended with the session they began in."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from models import database

CHANNEL = "fengbu_tasks"
"""What PostgreSQL notifies when a task comes, goes or changes hands: its id."""
SIGNED_OUT, FOR = "out:", "for:"
"""Or that a session ended (its hash), or that a person has something new to read (their id)."""
MOST_EACH, MOST = 6, 300
"""Streams of one person (a window each; the oldest gives way), and of this process."""
QUIET = 60.0
"""Seconds after which the listening connection shows that it lives."""


@dataclass(eq=False)
class Stream:
    """One window's ear: the tasks that changed since it last looked, and whether it is over."""

    person_id: int
    session_hash: str
    changed: set[int] = field(default_factory=set)
    closed: bool = False
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    def close(self) -> None:
        """Let the stream end at its next turn."""
        self.closed = True
        self.heard.set()


class Hub:
    """One listening connection for all windows of this process; there is none while nobody listens."""

    def __init__(self) -> None:
        self._streams: dict[int, list[Stream]] = defaultdict(list)
        self._listening: asyncio.Task[None] | None = None

    @property
    def full(self) -> bool:
        """Whether this process has no place for another window."""
        return sum(map(len, self._streams.values())) >= MOST

    @asynccontextmanager
    async def stream(self, person_id: int, session_hash: str) -> AsyncIterator[Stream]:
        """A new ear for one window, until the block ends."""
        stream = Stream(person_id, session_hash)
        own = self._streams[person_id]
        own.append(stream)
        for oldest in own[:-MOST_EACH]:
            oldest.close()
        if self._listening is None or self._listening.done():
            self._listening = asyncio.create_task(self._listen())
        try:
            yield stream
        finally:
            own.remove(stream)
            if not own:
                del self._streams[person_id]
            if not self._streams and self._listening is not None:
                self._listening.cancel()
                self._listening = None

    async def _listen(self) -> None:
        async for payload in database.listen(CHANNEL, every=QUIET):
            if payload is None:
                self._tell(lambda stream: None)  # something may have been missed: everyone looks
            elif payload.startswith(SIGNED_OUT):
                self._end(payload.removeprefix(SIGNED_OUT))
            elif payload.startswith(FOR):
                self._nudge(payload.removeprefix(FOR))
            elif payload.isdecimal():
                self._tell(lambda stream, task_id=int(payload): stream.changed.add(task_id))  # type: ignore[misc]

    def _tell(self, what: Callable[[Stream], None]) -> None:
        for own in self._streams.values():
            for stream in own:
                what(stream)
                stream.heard.set()

    def _nudge(self, person_id: str) -> None:
        for stream in self._streams.get(int(person_id), []) if person_id.isdecimal() else []:
            stream.heard.set()

    def _end(self, session_hash: str) -> None:
        for own in list(self._streams.values()):
            for stream in own:
                if stream.session_hash == session_hash:
                    stream.close()
