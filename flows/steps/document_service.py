"""The proof of service: D40 送达回证, the chain of times of every document the applicant was served."""

from datetime import datetime

from sqlmodel import Session

from flows.documents.contexts import DocumentContext, ServedDocument, ServiceReceipt
from flows.steps import document_facts as known
from flows.steps import issuing
from flows.steps.document_base import Common
from models import clock
from models.records import document, person, service
from models.records.case import CaseRecord
from models.records.document import Document
from models.records.institution import Institution
from models.records.notice import ACKNOWLEDGED_NAMES, CHANNEL_NAMES, Channel, Delivery, DeliveryState, Notice
from models.records.service import ServiceCall


def draw_up(s: Session, record: CaseRecord, prepared_by: str) -> Document:
    """Issue D40 for what was served until now; it takes the place of an earlier one.

    ValueError, with a sentence, when no document was served in this case.
    """
    if not service.of_case(s, record.id or 0):
        raise ValueError("本案还没有送达过文书，不能制作送达回证。")
    organ = s.get_one(Institution, record.managing_institution_id)
    document.supersede(s, record.id or 0, "D40")

    def compose(check: str, address: str) -> DocumentContext:
        common = Common(
            organ_name=known.full_name(s, organ.id or 0),
            issued_on=clock.today(),
            recipient="",
            case_number=record.number,
            verification_code=check,
            verification_url=address,
        )
        return receipt(s, record, common, prepared_by)

    return issuing.issue(s, "D40", organ, "", record.number, compose, case_id=record.id)


def receipt(s: Session, record: CaseRecord, common: Common, prepared_by: str) -> DocumentContext:
    """The facts of D40."""
    rows = service.of_case(s, record.id or 0)
    calls = service.calls_of(s, [notice.id for notice, _, _ in rows])
    people = person.names(s, [notice.acknowledged_by for notice, _, _ in rows if notice.acknowledged_by])
    return ServiceReceipt(
        **common,
        applicant=known.full_name(s, record.institution_id),
        subject=record.subject,
        served=tuple(
            ServedDocument(
                title=paper.title,
                number=paper.number or "无文号",
                sent=_stamp(notice.created_at),
                ways=tuple(_way(one) for one in service.ways_of(s, notice.id)),
                chased=_chased(notice, [call for call in calls if call.notice_id == notice.id]),
                acknowledged=_acknowledged(notice, people),
            )
            for notice, _, paper in rows
        ),
        prepared_by=prepared_by,
    )


def _way(one: Delivery) -> str:
    where = one.address if one.channel == Channel.EMAIL else ""
    name = f"{CHANNEL_NAMES[one.channel]}{where}："
    if one.delivered_at is None:
        why = one.last_error or ("正在发送" if one.state == DeliveryState.PENDING else "")
        return f"{name}未到达{f'（{why}）' if why else ''}"
    arrived = f"{name}{_stamp(one.delivered_at)}到达"
    if one.opened_at is not None:
        return f"{arrived}，{_stamp(one.opened_at)}打开"
    return f"{arrived}，未打开" if one.channel == Channel.PORTAL else arrived


def _chased(notice: Notice, calls: list[ServiceCall]) -> tuple[str, ...]:
    found = [f"{_stamp(notice.reminded_at)}提醒"] if notice.reminded_at else []
    for call in calls:
        came = "已告知" if call.reached else "未接通"
        found.append(f"{_stamp(call.at)}电话{call.phone}，{call.spoke_with}接听，{came}")
    return tuple(found)


def _acknowledged(notice: Notice, people: dict[int, str]) -> str:
    if notice.acknowledged_at is None or notice.acknowledged_via is None:
        return "未签收"
    who = people.get(notice.acknowledged_by or 0, "")
    way = ACKNOWLEDGED_NAMES[notice.acknowledged_via]
    return f"{_stamp(notice.acknowledged_at)}，{way}{f'，{who}' if who else ''}"


def _stamp(at: datetime) -> str:
    return clock.local(at).strftime("%Y-%m-%d %H:%M")
