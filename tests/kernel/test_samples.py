"""A changed process file may only ship if every recorded case replays unchanged: open cases stand on such journals.

How to record anew: `flows/kernel/README.md`, "Recorded samples".
"""

import sys
from types import FrameType
from typing import Any

import pytest

from api.demo import play  # noqa: F401 - registers the processes
from flows.kernel.process import latest
from models.lifecycle import FINAL, Process
from tests.kernel.replay import SAMPLES, Sample, lines_of, replay

PATHS = sorted(SAMPLES.glob("*.json"))
REMEDY = (
    "Open cases stand on journals like this one and would go astray. Leave the function as it was, for they pin its"
    " version, and register the changed copy with version={} (flows/README.md, 'Change a process'). Only if no case"
    " has ever been opened on the new lines may the samples be recorded anew (flows/kernel/README.md)."
)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_todays_process_asks_for_exactly_what_was_recorded(path: Any) -> None:
    sample = Sample.read(path)
    here = f"flows/{sample.process}.py, version {sample.version}, replaying {path.name}"
    remedy = REMEDY.format(sample.version + 1)
    assert sample.definition, (
        f"{here}: there is no such version any more. If its last case is closed, delete the sample."
    )
    for entries in sample.runs():
        recorded = [entry["key"] for entry in entries]
        asked, state = replay(sample, entries)
        place = next(
            (i for i, pair in enumerate(zip(asked, recorded, strict=False)) if pair[0] != pair[1]), None
        )
        place = min(len(asked), len(recorded)) if place is None else place
        now, then = (*asked, "nothing")[place], (*recorded, "nothing")[place]
        assert asked == recorded, (
            f"{here}: after {place} entries it asks for {now}, recorded was {then}. {remedy}"
        )
        open_end = entries[-1]["result"] is None or any(e.get("void_after") is not None for e in entries[-1:])
        assert state == (None if open_end else sample.ends), f"{here}: it ends at {state}. {remedy}"


@pytest.mark.parametrize("process", Process)
def test_the_samples_walk_every_line_of_the_newest_process_file(process: Process) -> None:
    newest = latest(process)
    module = sys.modules[newest.function.__module__]
    missing = lines_of(module, newest.function)

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if frame.f_code.co_filename != module.__file__:
            return None
        if event == "line":
            missing.discard(frame.f_lineno)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        for sample in map(Sample.read, PATHS):
            if (sample.process, sample.version) == (process, newest.version):
                for entries in sample.runs():
                    replay(sample, entries)
    finally:
        sys.settrace(before)
    assert not missing, f"no sample walks lines {sorted(missing)} of {module.__file__}: record one that does"


def test_the_samples_end_everywhere_a_case_can_end() -> None:
    assert {Sample.read(path).ends for path in PATHS} == {state.value for state in FINAL}
