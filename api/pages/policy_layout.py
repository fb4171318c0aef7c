"""What the policy pages share: their tabs, and who may do what about a registered change."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from api.auth.refusals import Refused
from api.pages.render import stamp
from api.pages.views import Note, Tab
from flows.actions.errors import ActionRefusedError, InvalidError
from models import clock
from models.permissions import Actor, may_confirm_rules, may_play_what_if
from models.permissions import Verdict as Permission
from models.records.two_people import VERDICT_NAMES, Verdict


def tabs(actor: Actor, current: str) -> tuple[Tab, ...]:
    """政策参数, 基准数据, 白名单 and, for whoever plans, 政策推演."""
    places = [("parameters", "政策参数", "/policy"), ("reference", "基准数据", "/policy/reference")]
    places.append(("white-list", "白名单", "/white-list"))
    if may_play_what_if(actor):
        places.append(("what-if", "政策推演", "/policy/what-if"))
    return tuple(Tab(label, href, current=key == current) for key, label, href in places)


@dataclass(frozen=True, slots=True)
class Deciding:
    """The buttons of a registered change: `denied` says why confirming is not for this person."""

    action: str
    confirm: bool
    withdraw: bool
    denied: str
    yes: str = "确认"


def deciding(
    actor: Actor,
    action: str,
    proposed_by: int,
    proposer: str,
    may_confirm: Callable[[Actor, int, str], Permission] = may_confirm_rules,
    yes: str = "确认",
) -> Deciding:
    """Who may confirm, and who may withdraw, a change that waits."""
    verdict = may_confirm(actor, proposed_by, proposer)
    own = proposed_by == actor.person_id
    return Deciding(action, bool(verdict), own, "" if verdict else getattr(verdict, "sentence", ""), yes)


def refusal(error: ActionRefusedError) -> Note:
    """What was refused, in its first sentence."""
    words = error.faults[0].message if isinstance(error, InvalidError) else error.sentence
    return Note("late", "没有办成。", words, alert=True)


def verdict_of(word: str, yes: str = "确认") -> Verdict:
    """The verdict a button sends; `yes` as on the button. Raises `Refused` (422) for anything else."""
    found = next((verdict for verdict in Verdict if verdict.value == word), None)
    if found is None:
        raise Refused(422, f"请选择{yes}、不同意或撤回。")
    return found


def decided(verdict: Verdict | None, by: str, at: datetime | None, note: str) -> str:
    """“黎志远 11-23 10:05 已确认”, or "" while it waits."""
    if verdict is None or at is None:
        return ""
    words = f"{by} {stamp(at)} {VERDICT_NAMES[Verdict(verdict)]}"
    return f"{words}：{note}" if note else words


def today_note() -> str:
    """The day values are shown for."""
    day = clock.today()
    return f"{day.year}年{day.month}月{day.day}日有效的值"
