"""补正清单 over the API: what a reviewer lists, and what its applicant reads, each with the places it is about."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, StrictStr
from sqlmodel import Session

from api.rest.wire import Body, Out
from flows.actions.answers import pointing
from models.gates import CORRECTION
from models.lifecycle import Process
from models.records.case import CaseRecord
from models.records.task import open_of_case

PLACES = (
    "所指的栏目和材料：补正请求体内的 JSON 指针，如 /claim/unpaid_principal、/materials/contract、"
    "/loans/12/due_on（12 为贷款编号，/loans/12 指整笔）"
)


class ToCorrect(Out):
    """补正要求中的一项。"""

    where: str = Field(description="哪里", examples=["放款凭证"])
    problem: str = Field(description="问题", examples=["缺少盖章页"])
    remedy: str = Field(description="怎样补正", examples=["请补传盖章页"])
    clause: str = Field(description="依据条款，没有为空", examples=["四（二）"])
    points: list[str] = Field(
        description=f"{PLACES}；空表示没有指明。每项都指明时，改动其他内容须在 note 里写明理由。",
        examples=[["/materials/contract"]],
    )


class FaultIn(Body):
    """补正清单中的一项。"""

    where: StrictStr = Field("", max_length=500, examples=["放款凭证"])
    problem: StrictStr = Field(min_length=1, max_length=500, examples=["缺少盖章页"])
    remedy: StrictStr = Field("", max_length=500, examples=["请补传盖章页"])
    clause: StrictStr = Field("", max_length=500, examples=["四（二）"])
    points: list[StrictStr] = Field(
        default_factory=list, max_length=50, description=f"{PLACES}；不给出时按 where 里的名称对应。",
        examples=[["/materials/contract"]],
    )  # fmt: skip


def placed(stated: dict[str, Any], case: CaseRecord) -> dict[str, Any]:
    """An answer's facts with the places of its faults as the action takes them."""
    if "faults" not in stated:
        return stated
    process = Process(case.process)
    return stated | {"faults": [_placed(one, process) for one in stated["faults"]]}


def _placed(fault: Mapping[str, Any], process: Process) -> dict[str, Any]:
    at = [pointing.place(process, one) for one in fault["points"]]
    return {key: value for key, value in fault.items() if key != "points"} | {"at": at}


def to_correct(db: Session, case: CaseRecord) -> list[ToCorrect]:
    """What the case's open correction asks for; nothing once it is answered."""
    if not any(task.gate == CORRECTION.key for task in open_of_case(db, case.id or 0)):
        return []
    process, names = Process(case.process), ("where", "problem", "remedy", "clause")
    return [
        ToCorrect(
            **{name: str(item.get(name) or "") for name in names},
            points=[pointing.pointer(process, name) for name in item["at"]],
        )
        for item in pointing.returned(db, case).items
    ]
