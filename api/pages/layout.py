"""What surrounds a page: places by role, the person, the day."""

from urllib.parse import urlencode

from fastapi import Request
from sqlmodel import Session

from api.pages.narrowing import many
from api.pages.views import Frame, NavItem, Person
from models import clock
from models.permissions import (
    Actor,
    may_backfill,
    may_change_reach,
    may_convene,
    may_manage,
    may_manage_keys,
    may_read_rules,
    may_resolve_incident,
    may_see_deliveries,
    may_see_institutions,
    may_see_limits,
    may_see_registers,
    may_talk,
)
from models.records import institution, loan_change, message, notice
from models.records.queue import count_open
from models.records.reference import working_calendar
from models.roles import APPLICANT_ROLES, ROLE_NAMES, Role
from models.settings import get_settings


def home_of(roles: frozenset[Role]) -> str:
    """Where a person starts: filers at their own matters, managers at the overview, admins at operations."""
    if roles & {Role.FILER, Role.FILER_CHECKER}:
        return "/bank"
    if roles <= {Role.INSTITUTION_ADMIN}:
        return "/people"
    if roles <= {Role.ADMIN}:
        return "/admin"
    if roles <= {Role.MANAGER, Role.ADMIN}:
        return "/overview"
    return "/queue"


def frame(
    request: Request, db: Session, actor: Actor, current: str = "", *, waiting: int | None = None
) -> Frame:
    """The page's surroundings for `actor`; `current` is the key of the lit place (queue, cases, overview, …);
    `waiting`: how many tasks are in the actor's queue, where the page has counted them."""
    today = clock.today()
    place = institution.name_on(db, actor.institution_id, today).short_name
    roles = "、".join(ROLE_NAMES[role] for role in Role if role in actor.roles)
    return Frame(
        nav=_places(db, actor, waiting),
        current=current,
        person=Person(actor.name, f"{place} · {roles}" if roles else place),
        today=today,
        day_kind=_day_kind(db),
        search_href="/cases",
        home_href=home_of(actor.roles),
        sign_out_href="/signout",
        events_href=f"/events?{urlencode({'since': clock.now().isoformat()})}" if may_talk(actor) else "",
    )


def _places(db: Session, actor: Actor, waiting: int | None) -> tuple[NavItem, ...]:
    """The rail: only what the person can open."""
    files, inside = Role.FILER in actor.roles, bool(actor.roles & {Role.FILER, Role.FILER_CHECKER})
    answers = bool(actor.roles - APPLICANT_ROLES - {Role.MANAGER, Role.ADMIN})
    places: list[NavItem] = []
    if inside:
        places.append(NavItem("home", "首页", "home", "/bank"))
    if answers:
        count = count_open(db, actor) if waiting is None else waiting
        places.append(NavItem("queue", "待办", "inbox", "/queue", many(count)))
    places += _messages(db, actor)
    places.append(NavItem("cases", "案件", "folders", "/cases"))
    places += _meetings(actor)
    if may_see_registers(actor):
        places.append(NavItem("papers", "文书", "file", "/numbers", phone=False))
    if files or may_backfill(actor):
        word, where = ("批量", "/bank/imports") if files else ("补录", "/backfills")
        places.append(NavItem("imports", word, "table", where))
    places += _changes(db, actor)
    if may_manage(actor):
        places.append(NavItem("overview", "总览", "chart", "/overview"))
    if may_see_limits(actor):
        places.append(NavItem("limits", "额度", "gauge", "/limits", phone=False))
    if may_see_deliveries(actor) and not inside:
        places.append(NavItem("deliveries", "送达", "bell", "/notices/deliveries", phone=False))
    if may_read_rules(actor):
        places.append(NavItem("policy", "政策", "scale", "/policy", phone=False))
    if inside:
        places.append(NavItem("notices", "通知", "bell", "/notices", notice.unread(db, actor.institution_id)))
    places += _kept(actor)
    if may_resolve_incident(actor):
        places.append(NavItem("admin", "运维", "server", "/admin", end=True))
    if get_settings().demo:
        places.append(
            NavItem("mailbox", "邮箱", "mail", "/mailbox", phone=False, end=not may_resolve_incident(actor))
        )
    return tuple(places)


def _changes(db: Session, actor: Actor) -> list[NavItem]:
    """贷款变更 for those who confirm them, with how many wait."""
    if not actor.roles & {Role.MANAGING_OFFICER, Role.MANAGING_HEAD}:
        return []
    waiting = loan_change.waiting_for(db, actor.institution_id)
    return [NavItem("changes", "变更", "edit", "/loan-changes", waiting, phone=False)]


def _messages(db: Session, actor: Actor) -> list[NavItem]:
    """消息 for those colleagues talk to; on a phone it is reached from the queue."""
    if not may_talk(actor):
        return []
    return [
        NavItem("messages", "消息", "mail", "/messages", message.unread(db, actor.person_id), phone=False)
    ]


def _meetings(actor: Actor) -> list[NavItem]:
    """联席会议 for its members and those who convene it."""
    member = Role.MEETING_MEMBER in actor.roles
    if not (member or may_convene(actor)):
        return []
    return [NavItem("meetings", "会议", "users", "/meetings", phone=member)]


def _kept(actor: Actor) -> list[NavItem]:
    """名录 for those who register institutions, 机构 for whoever keeps their people."""
    places = []
    if may_see_institutions(actor) and may_change_reach(actor, actor.institution_id):
        places.append(NavItem("institutions", "名录", "bank", "/institutions", phone=False, end=True))
    if may_manage_keys(actor, actor.institution_id):
        places.append(NavItem("keys", "机构", "users", "/people", end=True))
    return places


def _day_kind(db: Session) -> str:
    """What today is, from the calendar table; a day of an unpublished year is 暂定."""
    today = clock.today()
    kind, weekend = working_calendar(db).is_working_day(today), today.isoweekday() > 5
    if kind.provisional:
        return "休息日（暂定）" if weekend else "工作日（暂定）"
    if kind.working:
        return "调休上班" if weekend else "工作日"
    return "休息日" if weekend else "节假日"
