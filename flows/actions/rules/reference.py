"""基准数据: LPR quotes and the working-day calendar, registered by one person and confirmed by another.

`lpr_quotes` and `calendar_days` are what is in force; every change stays in `reference_changes`. A confirmed calendar
counts the deadlines of open gates anew, each with a line in its case's timeline.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from flows.actions import two_people
from flows.actions.errors import ConflictError, FieldFault, InvalidError, permitted
from flows.actions.rules.recounting import recount
from models import calendar_notice, clock
from models.calendar import CalendarError
from models.permissions import Actor, may_confirm_rules, may_propose_rules
from models.policy import values
from models.policy.errors import PolicyError
from models.records.base import Facts
from models.records.reference import CalendarDay, LprQuote
from models.records.reference_change import REFERENCE_NAMES, Reference, ReferenceChange
from models.records.two_people import Verdict

LOWEST, HIGHEST = Decimal("0.5"), Decimal(15)
"""Quotes (%) outside these are typing mistakes: LPR has stood between 2 and 5 since 2013."""


@dataclass(frozen=True, slots=True)
class QuoteForm:
    """One month's LPR as typed."""

    published_on: str = ""
    one_year: str = ""
    five_year: str = ""
    source: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class YearForm:
    """A year's announcement as typed: holidays and days worked in lieu, one line each."""

    year: str = ""
    off: str = ""
    worked: str = ""
    source: str = ""
    reason: str = ""


def propose_quote(s: Session, actor: Actor, form: QuoteForm) -> ReferenceChange:
    """Register a published quote, or the correction of one. Raises `InvalidError` with every fault."""
    faults = _source(form.source)
    published = _day(form.published_on, faults)
    rates = {name: _rate(getattr(form, name), name, faults) for name in ("one_year", "five_year")}
    if faults or published is None:
        raise InvalidError(tuple(faults))
    known = s.get(LprQuote, published)
    before = None if known is None else _quote(known.one_year, known.five_year, known.source)
    after = _quote(rates["one_year"], rates["five_year"], form.source.strip())
    if before is not None and before == after:
        raise InvalidError((FieldFault("published_on", "这一期报价已在表中，数值相同，无须登记。"),))
    return _propose(s, actor, Reference.LPR, published.isoformat(), before, after, form.source, form.reason)


def _quote(one_year: Decimal | None, five_year: Decimal | None, source: str) -> Facts:
    return {"one_year": f"{one_year:.2f}", "five_year": f"{five_year:.2f}", "source": source}


def propose_year(s: Session, actor: Actor, form: YearForm) -> ReferenceChange:
    """Register a year's calendar, or the correction of one. Raises `InvalidError` with every fault."""
    faults = _source(form.source)
    year = int(form.year) if form.year.isascii() and form.year.isdigit() and len(form.year) == 4 else 0
    special = {}
    if not 2000 <= year <= clock.today().year + 2:
        faults.append(
            FieldFault("year", f"请填写年度，如 {clock.today().year + 1}；放假安排只提前一年公布。")
        )
    else:
        try:
            special = calendar_notice.exceptions(year, form.off, form.worked)
        except CalendarError as error:
            faults.append(FieldFault("off", str(error)))
    if faults:
        raise InvalidError(tuple(faults))
    days = {day.isoformat(): [working, name] for day, (working, name) in sorted(special.items())}
    before = year_as_kept(s, year)
    return _propose(s, actor, Reference.CALENDAR, str(year), before, {"days": days}, form.source, form.reason)


def year_as_kept(s: Session, year: int) -> Facts | None:
    """The days of a year in the table that are not as their weekday says; None for an unpublished year."""
    query = select(CalendarDay).where(
        col(CalendarDay.day) >= date(year, 1, 1), col(CalendarDay.day) <= date(year, 12, 31)
    )
    rows = s.exec(query.order_by(col(CalendarDay.day))).all()
    if not rows:
        return None
    days = {
        row.day.isoformat(): [row.working, row.note]
        for row in rows
        if row.working != (row.day.isoweekday() <= 5) or row.note not in ("", "周末")
    }
    return {"days": days, "source": rows[0].source}


def _source(words: str) -> list[FieldFault]:
    if not words.strip() or len(words.strip()) > 80 or not words.strip().isprintable():
        return [
            FieldFault("source", "请写明出处（80 字以内），如 全国银行间同业拆借中心公告、国办发明电文号。")
        ]
    return []


def _day(words: str, faults: list[FieldFault]) -> date | None:
    try:
        day = values.day(words.strip(), "公布日")
    except PolicyError as error:
        faults.append(FieldFault("published_on", str(error)))
        return None
    if day > clock.today():
        faults.append(FieldFault("published_on", "公布日不能晚于今天：只登记已经公布的报价，不作外推。"))
        return None
    return day


def _rate(words: str, name: str, faults: list[FieldFault]) -> Decimal | None:
    try:
        rate = values.decimal(words.strip().removesuffix("%"), "报价")
    except PolicyError as error:
        faults.append(FieldFault(name, str(error)))
        return None
    if not LOWEST <= rate <= HIGHEST or rate != rate.quantize(Decimal("0.01")):
        faults.append(FieldFault(name, f"报价须为 {LOWEST} 至 {HIGHEST} 之间、两位小数的百分数，如 3.00。"))
        return None
    return rate


def _propose(
    s: Session,
    actor: Actor,
    kind: Reference,
    key: str,
    before: Facts | None,
    after: Facts,
    source: str,
    reason: str,
) -> ReferenceChange:
    permitted(may_propose_rules(actor))
    open_one = select(ReferenceChange).where(
        ReferenceChange.kind == kind, ReferenceChange.key == key, col(ReferenceChange.verdict).is_(None)
    )
    taken = f"{key} 的{REFERENCE_NAMES[kind]}已有一项待确认的登记，请先处理那一项。"
    if s.exec(open_one).first() is not None:
        raise ConflictError(taken)
    row = ReferenceChange(
        kind=kind,
        key=key,
        before=before,
        after=after,
        source=source.strip(),
        reason=reason.strip()[:500],
        proposed_by=actor.person_id,
        proposed_at=clock.now(),
    )
    s.add(row)
    try:
        s.flush()
    except IntegrityError as error:
        raise ConflictError(taken) from error
    return row


def decide(s: Session, actor: Actor, change_id: int, verdict: Verdict, note: str = "") -> ReferenceChange:
    """Confirm (it counts from now on), reject, or withdraw one's own."""

    def confirmed(row: ReferenceChange) -> None:
        row.effects = _apply(s, row)

    return two_people.decide(
        s, actor, ReferenceChange, change_id, verdict, note,
        called="登记", may_confirm=may_confirm_rules, confirmed=confirmed,
    )  # fmt: skip


def _apply(s: Session, row: ReferenceChange) -> dict[str, Any]:
    if row.kind == Reference.LPR:
        quote = LprQuote(
            published_on=date.fromisoformat(row.key),
            one_year=Decimal(row.after["one_year"]),
            five_year=Decimal(row.after["five_year"]),
            source=row.source,
        )
        s.merge(quote)
        return {}
    year = int(row.key)
    special = {date.fromisoformat(day): (working, name) for day, (working, name) in row.after["days"].items()}
    for day in calendar_notice.whole_year(year, special, row.source):
        s.merge(CalendarDay(day=day.day, working=day.working, note=day.name, source=day.source))
    s.flush()
    return {"deadlines": recount(s, f"{year} 年工作日历（{row.source}）")}
