"""A changed template is tried in a process of its own, with little memory, little time and no network of ours.

``python -m flows.documents.trial CODE`` reads the template from standard input, renders it with the sample facts
(ordinary, as empty as allowed, longest) and writes what came of it as JSON. `run` starts it under a wall clock.
"""

import base64
import json
import resource
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from flows.documents import confined

WALL_SECONDS = 60
CPU_SECONDS = 20
MEMORY = 768 * 1024 * 1024
MOST_OUTPUT = 8_000_000
SAMPLES = ("ordinary", "sparse", "longest")
SAMPLE_NAMES = {"ordinary": "普通资料", "sparse": "只填必填项的资料", "longest": "最长的资料"}


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a trial: faults in sentences, and the document of the ordinary sample if there is one."""

    faults: tuple[str, ...]
    ordinary: bytes | None = None


def run(code: str, data: bytes, command: Sequence[str] = ()) -> Tried:
    """Try a template. Never raises for what a template does: time-outs and crashes are faults."""
    try:
        written = confined.started(
            "flows.documents.trial", code, data=data, seconds=WALL_SECONDS, command=command
        )
    except subprocess.TimeoutExpired:
        return Tried((f"试生成超过 {WALL_SECONDS} 秒没有完成，已停止。请检查模板里的循环。",))
    if written is None or len(written) > MOST_OUTPUT:
        return Tried(("试生成占用的时间或内存超出限制，已停止。请检查模板里的循环和重复内容。",))
    found = json.loads(written)
    ordinary = base64.b64decode(found["ordinary"]) if found["ordinary"] else None
    return Tried(tuple(found["faults"]), ordinary)


def _limit() -> None:
    confined.limit(CPU_SECONDS, MEMORY)
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def _try(code: str, data: bytes) -> dict[str, object]:
    from flows.documents.engine import DOCUMENTS, CompiledDocument, TemplateFault, plain_text, render
    from flows.documents.samples import SAMPLES as KNOWN
    from flows.documents.samples import variants

    faults: list[str] = []
    ordinary = b""
    try:
        template = CompiledDocument(data, DOCUMENTS[code])
    except TemplateFault as fault:
        return {"faults": [str(fault)], "ordinary": ""}
    contexts = {
        "ordinary": KNOWN[code],
        "sparse": variants.sparse(KNOWN[code]),
        "longest": variants.longest(KNOWN[code]),
    }
    for name in SAMPLES:
        try:
            made = render(code, contexts[name], template).data
            plain_text(made)
        except Exception as error:
            faults.append(f"用{SAMPLE_NAMES[name]}试生成失败：{error}")
        else:
            ordinary = made if name == "ordinary" else ordinary
    return {"faults": faults, "ordinary": base64.b64encode(ordinary).decode()}


if __name__ == "__main__":
    _limit()
    json.dump(_try(sys.argv[1], sys.stdin.buffer.read()), sys.stdout, ensure_ascii=False)
