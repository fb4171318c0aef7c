"""What the pages of the white list show: a round's standing, a firm's periods, the forms beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlmodel import Session

from api.pages import imports_view as views
from api.pages import policy_layout
from api.pages.form_views import FieldView
from api.pages.imports import ACCEPT
from api.pages.policy_layout import Deciding
from api.pages.posted import by_field
from api.pages.views import Column, Tag
from flows.actions.errors import FieldFault
from models import clock
from models.permissions import Actor, may_confirm_removal, may_remove_from_white_list
from models.records import person
from models.records.enterprise import WhiteListEntry, stays_of
from models.records.loan_import import ImportState, LoanImport
from models.records.two_people import Verdict
from models.records.white_list import WhiteListRemoval, WhiteListRound, found, removals_of

ROUNDS = (
    Column("批次", "full"), Column("生效日"), Column("结果"), Column("列入", "n"), Column("移出", "n hide"), Column("登记", "hide"),
)  # fmt: skip
STAYS = (
    Column("有效期", "full"),
    Column("批次"),
    Column("推荐部门", "hide"),
    Column("划型", "hide"),
    Column("移出"),
)
Removal = tuple[int, Mapping[str, str], Sequence[FieldFault]]
"""A removal that was refused: which period, what was typed, its faults."""


@dataclass(frozen=True, slots=True)
class RoundRow:
    """One round in the list."""

    row: WhiteListRound
    tag: Tag
    who: str


@dataclass(frozen=True, slots=True)
class StayRow:
    """One validity period; `fields` is the removal form where it may be removed. `waiting`: a removal that was registered
    in words, and what the reader may decide about it."""

    stay: WhiteListEntry
    words: str
    removed: str
    fields: tuple[FieldView, ...]
    waiting: str = ""
    deciding: Deciding | None = None


@dataclass(frozen=True, slots=True)
class FirmView:
    """A firm and all its periods; `answer` says whether it was on the list on the day asked about."""

    uscc: str
    name: str
    answer: Tag
    stays: tuple[StayRow, ...]


def tag(row: WhiteListRound, file: LoanImport) -> Tag:
    """Where a round stands."""
    if row.verdict is Verdict.CONFIRMED:
        return Tag("已发布", "ok") if file.state == ImportState.SUBMITTED else Tag("发布中", "act")
    if row.verdict is not None:
        return Tag("已撤回" if row.verdict is Verdict.WITHDRAWN else "不同意", "idle")
    return Tag("待发布", "soon") if file.state == ImportState.CHECKED else views.state_tag(file)


def headline(row: WhiteListRound, file: LoanImport) -> str:
    """What there is to know of a round, in one line."""
    if row.effects:
        left = f"，{row.effects['left']:,} 家移出" if row.effects["left"] else ""
        return f"{row.name}：{row.effects['added']:,} 家列入{left}"
    if file.state == ImportState.CHECKED:
        skipped = f"，{file.known:,} 家跳过" if file.known else ""
        bad = f"，{file.bad:,} 行要改" if file.bad else ""
        return f"{row.name}：{file.good:,} 家可列入{skipped}{bad}"
    return row.name


def firms(db: Session, actor: Actor, words: str, day: date, removal: Removal | None) -> tuple[FirmView, ...]:
    """The firms found by name or code, each with all its periods, the newest first."""
    codes = found(db, words)
    stays = stays_of(db, codes)
    asked = {
        key: one
        for key, one in removals_of(db, [s.id or 0 for every in stays.values() for s in every]).items()
        if one.verdict is None
    }
    removers = {s.removed_by for every in stays.values() for s in every if s.removed_by}
    who = person.names(db, sorted(removers | {one.proposed_by for one in asked.values()}))
    may = bool(may_remove_from_white_list(actor))
    views_: list[FirmView] = []
    for code in codes:
        every = stays[code]
        covering = next((stay for stay in every if stay.covers(day)), None)
        when = f"{day.year}年{day.month}月{day.day}日"
        answer = Tag(f"{when}在名单内", "ok") if covering else Tag(f"{when}不在名单内", "late")
        rows = tuple(
            _asked(actor, stay, asked[stay.id or 0], who)
            if stay.id in asked
            else _stay(stay, may, who, removal)
            for stay in reversed(every)
        )
        views_.append(FirmView(code, every[-1].firm_name or code, answer, rows))
    return tuple(views_)


def _asked(actor: Actor, stay: WhiteListEntry, row: WhiteListRemoval, who: Mapping[int, str]) -> StayRow:
    """A stay whose 移出 waits for another person."""
    proposer = who.get(row.proposed_by, "")
    words = f"待确认：自 {row.since} 移出，{row.reason}（{row.document}，{proposer}登记）"
    action = f"/white-list/removals/{row.id}/decide"
    deciding = policy_layout.deciding(
        actor, action, row.proposed_by, proposer, may_confirm_removal, "确认移出"
    )
    return StayRow(stay, _until(stay), "", (), words, deciding)


def _until(stay: WhiteListEntry) -> str:
    return f"{stay.valid_from} " + (f"至 {stay.valid_to}" if stay.valid_to else "起长期有效")


def _stay(stay: WhiteListEntry, may: bool, who: Mapping[int, str], removal: Removal | None) -> StayRow:
    removed = ""
    if stay.removed_by is not None and stay.valid_to is not None:
        planned = f"原至 {stay.planned_to}" if stay.planned_to else "原为长期"
        removed = (
            f"{stay.valid_to + timedelta(days=1)} 移出：{stay.removal_reason}（{stay.removal_document}，{planned}，"
            f"{who.get(stay.removed_by, '')}登记）"
        )
    open_ = stay.removed_by is None and (stay.valid_to is None or stay.valid_to >= clock.today())
    fields = _removal_fields(stay.id or 0, removal) if may and open_ else ()
    return StayRow(stay, _until(stay), removed, fields)


def _removal_fields(entry_id: int, removal: Removal | None) -> tuple[FieldView, ...]:
    mine = removal is not None and removal[0] == entry_id
    given = removal[1] if removal is not None and mine else {}
    errors = by_field(removal[2]) if removal is not None and mine else {}
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()

    def field(label: str, name: str, usual: str = "", **more: Any) -> FieldView:
        return FieldView(
            label, f"{name}-{entry_id}", given.get(name, usual), errors.get(name, ""), required=True, **more
        )

    return (
        field("移出日", "since", tomorrow, hint="自这一天起新发放的贷款不再纳入", type="date"),
        field("移出原因", "reason", maxlength=200),
        field("依据文件", "document", maxlength=200),
    )


def fields(given: Mapping[str, str], errors: Mapping[str, str]) -> tuple[FieldView, ...]:
    """The registration of a round."""

    def field(label: str, name: str, hint: str = "", **more: Any) -> FieldView:
        return FieldView(label, name, given.get(name, ""), errors.get(name, ""), hint, **more)

    return (
        field("批次名称", "name", "如 2026年第四批", required=True, maxlength=40),
        field("生效日", "effective_on", type="date", required=True),
        field("有效期至", "valid_to", "不填为长期；名单里逐户填写的优先", type="date"),
        field("公布文件", "source_document", "文件名称和文号", required=True, maxlength=200),
        field("全量名单：未列入的企业自生效日起移出", "complete", type="checkbox"),
        FieldView("名单文件", "file", type="file", accept=ACCEPT, required=True, error=errors.get("file", ""),
                  hint="xlsx、xls、ods 或 csv，不超过 20 MB、20 万行"),
    )  # fmt: skip
