"""公布与调整: the cooperating banks and the managing institutions are told when the white list changes.

One notice an institution, by every way it has; officers of the managing institutions also find a 消息. D05 and D06 are
papers the office numbers and sends itself, so the notice names the document a change rests on and attaches none.
"""

from datetime import date

from sqlmodel import Session

from flows.delivery.office_events import OfficeFacts
from flows.steps import document_facts as known
from flows.steps.notices import leave_message, tell_institution
from models.records.enterprise import WhiteListEntry
from models.records.institution import Kind, of_kind
from models.records.message import MessageKind
from models.records.person import holders
from models.records.white_list import WhiteListRound
from models.roles import Role
from models.settings import get_settings

WHY = {Kind.BANK: "你单位是合作银行", Kind.MANAGING: "你单位是受托管理机构"}


def published(s: Session, batch: WhiteListRound) -> int:
    """A round took effect: which, from when, how many firms, and where its list is. How many institutions."""
    facts = {
        "batch": batch.name,
        "effective_on": batch.effective_on,
        "valid_to": batch.valid_to,
        "source_document": batch.source_document,
        "added": batch.effects["added"],
        "left": batch.effects["left"],
    }
    words = f"{batch.name}已公布，{batch.effective_on} 起生效：列入 {batch.effects['added']} 家"
    left = f"，移出 {batch.effects['left']} 家" if batch.effects["left"] else ""
    here = f"/white-list/rounds/{batch.id}"
    return _tell(
        s,
        "white_list_published",
        f"白名单{batch.name}",
        f"{here}/firms.xlsx",
        here,
        f"{words}{left}。",
        facts,
    )


def removed(s: Session, entry: WhiteListEntry) -> int:
    """A firm leaves before its time: its last day on the list, why, and the document it rests on."""
    firm, last = entry.firm_name or entry.uscc, entry.valid_to or date.max
    facts = {
        "firm": firm,
        "uscc": entry.uscc,
        "batch": entry.batch,
        "last_day": last,
        "reason": entry.removal_reason,
        "source_document": entry.removal_document,
    }
    words = f"{firm}移出白名单，{last} 为最后一日：{entry.removal_reason}。"
    here = f"/white-list?q={entry.uscc}"
    return _tell(s, "white_list_removed", f"白名单调整：{firm}", "/notices", here, words, facts)


def _tell(
    s: Session, event: str, topic: str, link: str, here: str, words: str, facts: dict[str, object]
) -> int:
    told = 0
    for kind, why in WHY.items():
        for place in of_kind(s, kind):
            to = known.full_name(s, place.id or 0)
            office = OfficeFacts(to=to, topic=topic, link=f"{get_settings().base_url}{link}", why=why)
            tell_institution(s, place.id or 0, event, office, facts)
            told += 1
            if kind is Kind.MANAGING:
                reviewers = {
                    one.id or 0
                    for role in (Role.MANAGING_OFFICER, Role.MANAGING_HEAD)
                    for one in holders(s, role, place.id)
                }
                for person in sorted(reviewers):
                    leave_message(s, person, MessageKind.WHITE_LIST, topic, here, words)
    s.flush()
    return told
