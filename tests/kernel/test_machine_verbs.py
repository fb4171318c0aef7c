"""The random days of `test_machine` leave out no verb."""

import inspect
from pathlib import Path

from flows.actions.answers import answering
from flows.actions.applications import withdrawing
from flows.actions.cases import incidents, objecting, recalculating
from flows.actions.colleagues import passing, telling
from flows.actions.meetings import concluding, convening
from flows.actions.people import standing_in
from models.permissions import Actor

ELSEWHERE = {
    "telling.read": "changes no case",
    "standing_in.hand_over": "ends an account, which the next example needs: test_standing_in.py",
    "concluding.ready": "a part of concluding.conclude",
    "concluding.count": "a part of concluding.conclude",
    "concluding.write_minutes": "a part of concluding.conclude",
    "concluding.carry_out": "a part of concluding.conclude",
}
MODULES = (
    answering, concluding, convening, incidents, objecting, passing, recalculating, standing_in, telling, withdrawing,
)  # fmt: skip


def test_the_machine_knows_every_verb() -> None:
    """A verb that random days never use is proven for its own tests' cases only."""
    here = Path(__file__).parent
    used = "".join((here / name).read_text(encoding="utf-8") for name in ("test_machine.py", "arranging.py"))
    missing = []
    for module in MODULES:
        short = module.__name__.rpartition(".")[2]
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ != module.__name__ or name.startswith("_"):
                continue
            acts = any(p.annotation is Actor for p in inspect.signature(function).parameters.values())
            helps = name in ("happened", "secretary", "tell", "may_take", "signing_role")
            call = f"{short}.{name}"
            if acts and not helps and call not in ELSEWHERE and f"{call}(" not in used:
                missing.append(call)
    assert not missing
