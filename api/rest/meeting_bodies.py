"""What is sent to act on a session of the joint meeting."""

from typing import Annotated

from pydantic import Field, StrictInt, StrictStr

from api.rest.wire import Body, wire
from flows.actions.meetings import convening
from models.gates import Outcome

Number = Annotated[StrictStr, Field(pattern=r"^[A-Z]{2}-\d{4}-\d{4,8}$", examples=["BC-2026-0001"])]
PersonId = Annotated[StrictInt, Field(ge=1, le=2**31 - 1)]

SessionIn = wire(
    "SessionIn",
    convening.SessionForm,
    {"held_on": "2026-12-08", "place": "市工信局三楼会议室"},
    "会议的日期与地点。",
)


class AgendaIn(Body):
    """列入议程的案件；全部能列入才列入。"""

    cases: list[Number] = Field(min_length=1, max_length=convening.MOST_ITEMS)


class ObserverIn(Body):
    """一位列席人员。"""

    organ: StrictStr = Field(min_length=1, max_length=120, pattern=r"^\S+$", examples=["市审计局"])
    name: StrictStr = Field(min_length=1, max_length=60, pattern=r"^\S.*$", examples=["何观察"])


class RecordIn(Body):
    """会议记录：每次提交全部内容。"""

    held_on: StrictStr = Field(max_length=10, examples=["2026-12-08"])
    place: StrictStr = Field(max_length=200, examples=["市工信局三楼会议室"])
    chair: PersonId | None = Field(None, description="主持人的人员编号")
    present: list[PersonId] = Field(default_factory=list, max_length=100, description="出席的成员")
    leave: list[PersonId] = Field(default_factory=list, max_length=100, description="请假的成员")
    observers: list[ObserverIn] = Field(default_factory=list, max_length=convening.MOST_OBSERVERS)
    resolutions: list[StrictStr] = Field(default_factory=list, max_length=100, description="其他议定事项")
    wordings: dict[str, StrictStr] = Field(
        default_factory=dict, max_length=convening.MOST_ITEMS, description="议题编号 → 写入纪要的补充表述"
    )


class VoteIn(Body):
    """一票；不同意须写明意见。"""

    outcome: Outcome = Field(description="approve 同意，refuse 不同意", examples=["approve"])
    opinion: StrictStr = Field("", max_length=10_000, examples=["同意。"])
    shown: StrictStr = Field(
        max_length=64, pattern=r"^[0-9a-f]{64}$", description="议题的 shown，原样带回", examples=["0" * 64]
    )
