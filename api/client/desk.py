"""The typed client of a reviewer's system: the queue, the answers, and what colleagues do for each other."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from api.client.desk_models import Changes, Colleague, Comment, Done, Task
from api.client.models import Enclosed, Upload
from api.client.office import Office


class Desk(Office):
    """As `Fengbu`, for a key of a reviewing side. A task is changed as it was last read; RefusedError 412 otherwise."""

    def tasks(self, **filters: str) -> Iterator[Task]:
        """The queue, earliest deadline first; filters queue (mine, team), process, gate."""
        return self._pages("/tasks", Task, filters)

    def task(self, task: Task | int) -> Task:
        """A task as it stands."""
        return self._get(f"/tasks/{task if isinstance(task, int) else task.id}", Task)

    def changes(self, task: Task, since: datetime | None = None) -> Changes:
        """What others changed since an instant; without one, since this key's person last opened the case."""
        asked = {"since": since.isoformat()} if since else {}
        return self._get(f"/tasks/{task.id}/changes", Changes, asked)

    def answer(
        self, task: Task, outcome: str, opinion: str = "", files: Sequence[Upload] = (), **fields: Any
    ) -> Task:
        """Give the answer with uploaded files; `fields` are those the outcome asks for."""
        body = {"outcome": outcome, "opinion": opinion, **_enclosing(files), **fields}
        return self._act(task, "answer", body)

    def enclosed(self, file: Enclosed) -> bytes:
        """The bytes of a file that came with an opinion or a remark."""
        return self._send("GET", f"/opinion-files/{file.id}/content").content

    def takers(self, task: Task) -> list[Colleague]:
        """Who could be given the task."""
        return list(self._pages(f"/tasks/{task.id}/takers", Colleague, {}))

    def signers(self, task: Task) -> list[Colleague]:
        """Who could be asked for a signature."""
        return list(self._pages(f"/tasks/{task.id}/signers", Colleague, {}))

    def colleagues(self) -> list[Colleague]:
        """Who could be sent a copy or be mentioned."""
        return list(self._pages("/colleagues", Colleague, {}))

    def take(self, task: Task) -> Task:
        """认领."""
        return self._act(task, "claim")

    def release(self, task: Task) -> Task:
        """释放."""
        return self._act(task, "release")

    def transfer(self, task: Task, to: Colleague, reason: str) -> Task:
        """转办."""
        return self._act(task, "transfer", {"to": to.id, "reason": reason})

    def delegate(self, task: Task, to: Colleague, question: str) -> Task:
        """委派."""
        return self._act(task, "delegate", {"to": to.id, "reason": question})

    def advise(self, task: Task, opinion: str, files: Sequence[Upload] = ()) -> Task:
        """委派回复."""
        return self._act(task, "advice", {"opinion": opinion, **_enclosing(files)})

    def recall(self, task: Task) -> Task:
        """收回委派."""
        return self._act(task, "recall")

    def add_signer(self, task: Task, to: Colleague, how: str, question: str) -> Task:
        """加签 (before, parallel, after): the signer's own task."""
        return self._act(task, "signers", {"to": to.id, "how": how, "reason": question})

    def remove_signer(self, signers_task: Task) -> Task:
        """减签."""
        return self._act(signers_task, "removal")

    def take_back(self, task: Task, reason: str) -> Task:
        """拿回."""
        return self._act(task, "take-back", {"reason": reason})

    def nudge(self, task: Task, words: str = "") -> int:
        """催办; how many were asked."""
        return self._post(f"/tasks/{task.id}/nudge", {"words": words}, Done).people

    def copy(self, number: str, to: Sequence[Colleague], words: str = "") -> int:
        """抄送; how many were told."""
        body = {"to": [one.id for one in to], "words": words}
        return self._post(f"/cases/{number}/copies", body, Done).people

    def comment(
        self, number: str, words: str, mentioned: Sequence[Colleague] = (), files: Sequence[Upload] = ()
    ) -> Comment:
        """批注."""
        body = {"words": words, "mentioned": [one.id for one in mentioned], **_enclosing(files)}
        return self._post(f"/cases/{number}/comments", body, Comment)

    def comments(self, number: str) -> list[Comment]:
        """The remarks on a case."""
        return list(self._pages(f"/cases/{number}/comments", Comment, {}))

    def follow(self, number: str, follow: bool = True) -> None:
        """关注, 取消关注."""
        self._post(f"/cases/{number}/{'follow' if follow else 'unfollow'}", None, Done)

    def _act(self, task: Task, verb: str, body: Mapping[str, Any] | None = None) -> Task:
        seen = task if task.etag else self.task(task)  # an item of a list does not say what it was read as
        return self._post(f"/tasks/{task.id}/{verb}", body, Task, seen=seen)


def _enclosing(files: Sequence[Upload]) -> dict[str, list[str]]:
    return {"attachments": [str(file.id) for file in files]} if files else {}
