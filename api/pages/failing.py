"""通知送不到: addresses at which notices do not arrive, on the pages of those who can do something about it."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from api.pages.notices import shown_address
from api.pages.render import stamp
from api.pages.views import Column, Empty, Link, Note
from models import clock
from models.permissions import Actor, may_manage_addresses
from models.records import failing, institution
from models.records.failing import Failing
from models.records.notice import CHANNEL_NAMES, Channel

COLUMNS = (
    Column("机构", "full"), Column("地址"), Column("自", "d"), Column("搁置", "n"), Column("原因与办法"),
    Column("办理", "act", hidden_label=True),
)  # fmt: skip
NONE = Empty(
    "没有送不到的通知地址。", "退信、拒收或长时间没有应答的邮箱和接口会列在这里，恢复后自动消失。", "check"
)
MOST_NAMED = 4
TO_DO = {
    Channel.EMAIL: "请与对方核对邮箱；停用的请其登记新邮箱，可用的请重发。",
    Channel.WEBHOOK: "请对方检查接口；恢复后重发，漏收的可从事件流补取。",
}
OWN = {
    Channel.EMAIL: "请登记并验证新的邮箱，再停用这一个；邮箱可用的，请联系受托管理机构重发。",
    Channel.WEBHOOK: "请检查接口；修好后在“通知地址”重新验证，漏收的可从事件流（/api/v1/events）补取。",
}


@dataclass(frozen=True, slots=True)
class FailingRow:
    """One address, for those who look after all of them."""

    place: str
    channel: str
    address: str
    since: datetime
    parked: int
    reason: str
    to_do: str
    href: str


def rows(db: Session) -> tuple[FailingRow, ...]:
    """Every address that fails, the longest first."""
    names = institution.names_on(db, clock.today())
    return tuple(
        FailingRow(
            f"{names[one.institution_id].short_name}{f'　{one.person}' if one.person else ''}",
            CHANNEL_NAMES[one.channel],
            shown_address(one.channel, one.address),
            one.since,
            one.parked,
            _why(one),
            TO_DO[one.channel],
            f"/notices/deliveries/{one.delivery_id}" if one.delivery_id else "",
        )
        for one in failing.addresses(db)
    )


def for_managers(db: Session) -> tuple[Note, ...]:
    """One sentence for the overview; none while every address works."""
    found = rows(db)
    if not found:
        return ()
    named = "；".join(f"{one.place} {one.address}（{one.channel}）" for one in found[:MOST_NAMED])
    more = f"等 {len(found)} 个" if len(found) > MOST_NAMED else ""
    link = Link("看搁置的通知", "/notices/deliveries?state=parked")
    return (Note("late", f"{len(found)} 个通知地址送不到。", f"{named}{more}。", "alert", link),)


def for_institution(db: Session, actor: Actor) -> tuple[Note, ...]:
    """What fails of one's own institution and what to do about it, an address each."""
    home = actor.institution_id
    link = Link("去通知地址", "/addresses") if may_manage_addresses(actor, home) else None
    return tuple(
        Note("late", _lead(one), f"{_why(one)}{OWN[one.channel]}", "alert", link)
        for one in failing.addresses(db, home)
        if not one.person
    )


def of_place(db: Session, home: int) -> tuple[Note, ...]:
    """The same on the page of an institution's addresses."""
    return tuple(
        Note("late", _lead(one), f"{_why(one)}{OWN[one.channel]}", "alert")
        for one in failing.addresses(db, home)
        if not one.person
    )


def _lead(one: Failing) -> str:
    where = f"{CHANNEL_NAMES[one.channel]} {shown_address(one.channel, one.address)}"
    count = f"{one.parked} 份通知" if one.parked else "通知"
    return f"{count}没有送到{where}（{stamp(one.since)}起）。"


def _why(one: Failing) -> str:
    if not one.parked:
        return "接口一直没有应答，暂停发送、定时重试。"
    return one.reason if one.reason.endswith(("。", "！")) else f"{one.reason}。" if one.reason else ""
