"""The four words a process file is written in, and the machinery that carries it out.

`step` does a thing once, `gate` waits for a person, `until` waits for a date, `process` names the whole.
"""

from flows.kernel.case import Case
from flows.kernel.decision import Decision
from flows.kernel.process import PROCESSES, ProcessDefinition, process
from flows.kernel.words import gate, send_back, step, until

__all__ = [
    "PROCESSES",
    "Case",
    "Decision",
    "ProcessDefinition",
    "gate",
    "process",
    "send_back",
    "step",
    "until",
]
