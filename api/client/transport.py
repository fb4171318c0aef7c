"""How the client travels: every call retried safely, every refusal an exception with its code and its faults."""

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import uuid4

import httpx

from api.client.models import Answer, Case, Fault, Submission

A = TypeVar("A", bound=Answer)
TRIES = 6
LONGEST_PAUSE = 30.0
AGAIN = {408, 429, 500, 502, 503, 504}


class RefusedError(Exception):
    """The API said no. `code` is stable, `detail` a Chinese sentence, `faults` what to correct and where."""

    def __init__(self, status: int, code: str, detail: str, faults: Sequence[Fault], request_id: str) -> None:
        listed = "".join(f"\n  {fault.pointer}: {fault.detail}" for fault in faults)
        super().__init__(f"{status} {code}: {detail}{listed}")
        self.status = status
        self.code = code
        self.detail = detail
        self.faults = tuple(faults)
        self.request_id = request_id


class AwaitsReleaseError(Exception):
    """The institution works by 经办/复核: all was checked and kept, and `submission` waits for a colleague on the portal.
    Ask `Fengbu.submission` until its `state` is released (then it has its `case_number`) or returned."""

    def __init__(self, submission: Submission) -> None:
        super().__init__(f"submission {submission.id} waits for a checker")
        self.submission = submission


class Transport:
    """One key's connection. Writes carry an `Idempotency-Key` that stays the same over retries, so a call that was cut
    off is never done twice."""

    def __init__(self, base_url: str, key: str, *, timeout: float = 30.0) -> None:
        self._http = httpx.Client(
            base_url=f"{base_url.rstrip('/')}/api/v1",
            headers={"Authorization": f"Bearer {key}", "User-Agent": "fengbu-client/1"},
            timeout=timeout,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def _get(self, path: str, kind: type[A], asked: Mapping[str, str] | None = None) -> A:
        return read(self._send("GET", path, params=asked), kind)

    def _post(self, path: str, body: Any, kind: type[A], *, seen: Answer | None = None) -> A:
        headers = {"If-Match": seen.etag} if seen is not None else {}
        given = {} if body is None else {"json": body}
        return read(self._send("POST", path, headers=headers, **given), kind)

    def _pages(self, path: str, kind: type[A], filters: Mapping[str, str]) -> Iterator[A]:
        after: str | None = ""
        while after is not None:
            said = self._send("GET", path, params={**filters, **({"after": after} if after else {})}).json()
            for item in said["items"]:
                yield kind.model_validate(item)
            after = said["next"]

    def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        """One call, tried again with the same key after a cut connection, 429 or 5xx."""
        headers = dict(request.pop("headers", {}))
        if method != "GET":
            headers["Idempotency-Key"] = str(uuid4())
        for attempt in range(1, TRIES + 1):
            answer: httpx.Response | None = None
            try:
                answer = self._http.request(method, path, headers=headers, **request)
            except httpx.TransportError:
                if attempt == TRIES:
                    raise
            if answer is not None and (answer.status_code not in AGAIN or attempt == TRIES):
                return _accepted(answer)
            time.sleep(_pause(attempt, answer))
        raise AssertionError("the last try returns or raises")


def _pause(attempt: int, answer: httpx.Response | None) -> float:
    asked = answer.headers.get("Retry-After", "") if answer is not None else ""
    if asked.isascii() and asked.isdigit():
        return min(float(asked), LONGEST_PAUSE)
    backed_off: float = min(0.2 * 2**attempt, LONGEST_PAUSE) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter
    return backed_off


def _accepted(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    try:
        said = answer.json()
    except ValueError:
        said = {}
    faults = [Fault.model_validate(item) for item in said.get("faults", ())]
    raise RefusedError(
        answer.status_code, said.get("code", ""), said.get("detail", ""), faults, said.get("request_id", "")
    )


def read(answer: httpx.Response, kind: type[A]) -> A:
    """What was answered, with its ETag. Raises `AwaitsReleaseError` for a case that is none yet."""
    if kind is Case and answer.status_code == httpx.codes.ACCEPTED:
        raise AwaitsReleaseError(Submission.model_validate_json(answer.content))
    found = kind.model_validate_json(answer.content)
    found._etag = answer.headers.get("ETag", "")
    return found
