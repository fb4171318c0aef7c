"""Who plays, and with which figures: the two boards' casts. Facts and golden figures are those of the story."""

from dataclasses import dataclass
from datetime import date

from api.story.scripts import Script, scripts
from models import clock
from models.lifecycle import Board


@dataclass(frozen=True, slots=True)
class Cast:
    """The people of one board's journey, by login, and what its story says."""

    script: Script
    institution: str  # short name, as the applicant's pages say it
    filing_officer: str
    filing_head: str
    acceptance: str
    first: str
    second: str
    office: str = "mozhaohui"
    leader: str = "lujianping"
    members: tuple[str, ...] = ()
    finance: str = "qiushaofen"
    treasurer: str = "zhanruolan"
    manager: str = "lizhiyuan"
    clerk: str = "suwenbo"

    @property
    def firm(self) -> str:
        """The firm whose loan is lost."""
        return self.script.loans[self.script.claimed]["firm_name"]


def cast(board: Board, today: date | None = None) -> Cast:
    """The cast of a board."""
    guarantee, bank = scripts(today or clock.today())
    if board == Board.GUARANTEE:
        return Cast(
            guarantee,
            "莞惠融资担保（示例）",
            "dengjiahui",
            "heyongjian",
            "zengyawen",
            "pengzhiqiang",
            "shenlijuan",
        )
    return Cast(
        bank, "莞邑银行（示例）", "liangzihao", "ouyanglan", "chenjiamin", "wangliqun", "zhoubingwen",
        members=("songyiming", "peishuzhen", "hongdamin"),
    )  # fmt: skip
