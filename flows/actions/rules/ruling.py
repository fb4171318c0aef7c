"""政策参数的调整: a resolution is registered by one person and confirmed by another; it never edits the past.

脚注2 “可结合经济形势等实际情况调整”; 五（二） “运行过程中如有重大变化应报市政府审议”.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from flows.actions import two_people
from flows.actions.errors import ConflictError, FieldFault, InvalidError, permitted
from models import clock
from models.permissions import Actor, may_confirm_rules, may_propose_rules
from models.policy import contradictions, typed
from models.policy.errors import PolicyError
from models.policy.overrides import Override
from models.policy.parameter import Parameter
from models.policy.values import day, jsonable
from models.records.rules import ParameterOverride, pinned, rules
from models.records.two_people import Verdict


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is typed to register a resolution."""

    name: str
    value: str
    effective_from: str
    resolution: str
    reason: str = ""


def proposed(s: Session, form: Proposal) -> Override:
    """The resolution as it would stand. Raises `InvalidError` with every fault at once."""
    current = rules(s)
    faults: list[FieldFault] = []
    try:
        parameter = current.get(form.name)
    except PolicyError as error:
        raise InvalidError((FieldFault("name", str(error)),)) from error
    value = None
    try:
        value = parameter.parse(typed.raw(parameter.kind, form.value))
    except PolicyError as error:
        faults.append(FieldFault("value", str(error)))
    since = _since(form.effective_from, faults)
    if not form.resolution.strip():
        faults.append(
            FieldFault("resolution", "请填写决议文号，例如 东融补联〔2026〕3号；没有决议的不能调整。")
        )
    for name, words, most in (("resolution", form.resolution, 120), ("reason", form.reason, 500)):
        if len(words) > most or not words.replace("\n", "").replace("\r", "").isprintable():
            faults.append(FieldFault(name, f"须为不超过 {most} 个字的普通文字。"))
    if value is not None and since is not None:
        faults += _standing(s, parameter, since, parameter.row(since).value == value)
    if faults or value is None or since is None:
        raise InvalidError(tuple(faults))
    override = Override(
        name=form.name,
        value=jsonable(value),
        effective_from=since,
        resolution=form.resolution.strip(),
        known_since=clock.today(),
        reason=form.reason.strip(),
    )
    if said := contradictions.outside_the_policy(override, current):
        raise InvalidError((FieldFault("effective_from", said),))
    if said := contradictions.above_the_text(override, current):
        raise InvalidError((FieldFault("value", said),))
    try:
        current.with_overrides((override,))
    except PolicyError as error:
        raise InvalidError((FieldFault("value", str(error)),)) from error
    return override


def _since(words: str, faults: list[FieldFault]) -> date | None:
    try:
        since = day(words.strip(), "生效日")
    except PolicyError as error:
        faults.append(FieldFault("effective_from", str(error)))
        return None
    if since < clock.today():
        faults.append(
            FieldFault(
                "effective_from",
                f"生效日不能早于今天（{clock.today().isoformat()}）：调整只对以后生效，不改已经发生的事。",
            )
        )
        return None
    return since


def _standing(s: Session, parameter: Parameter, since: date, same: bool) -> list[FieldFault]:
    """Whether the day is taken by another resolution, or nothing would change."""
    query = select(ParameterOverride).where(
        ParameterOverride.name == parameter.name,
        ParameterOverride.effective_from == since,
        (col(ParameterOverride.verdict).is_(None)) | (ParameterOverride.verdict == Verdict.CONFIRMED),
    )
    taken = s.exec(query).first()
    if taken is not None:
        word = "已确认" if taken.verdict else "待确认"
        return [
            FieldFault(
                "effective_from",
                f"“{parameter.label}”自 {since.isoformat()} 起已有{word}的调整（{taken.resolution}），"
                "同一天不能有两个值；请换一个生效日，或先由登记人撤回待确认的一项。",
            )
        ]
    if same:
        return [FieldFault("value", f"“{parameter.label}”在该日已经是这个值，无须调整。")]
    return []


def propose(s: Session, actor: Actor, form: Proposal) -> ParameterOverride:
    """Register a resolution; another person must confirm it before it counts."""
    permitted(may_propose_rules(actor))
    override = proposed(s, form)
    row = ParameterOverride(
        name=override.name,
        value=override.value,
        effective_from=override.effective_from,
        resolution=override.resolution,
        reason=override.reason,
        proposed_by=actor.person_id,
        proposed_at=clock.now(),
    )
    s.add(row)
    try:
        s.flush()
    except IntegrityError as error:
        raise ConflictError("同一参数同一生效日刚刚由他人登记了一项调整，请刷新后再看。") from error
    return row


def decide(s: Session, actor: Actor, override_id: int, verdict: Verdict, note: str = "") -> ParameterOverride:
    """Confirm, reject or (its own proposer) withdraw a registered resolution."""
    row = two_people.decide(
        s, actor, ParameterOverride, override_id, verdict, note,
        called="参数调整", may_confirm=may_confirm_rules, confirmed=lambda row: _still_possible(s, row),
    )  # fmt: skip
    if verdict is Verdict.CONFIRMED:
        pinned(s)
    return row


def _still_possible(s: Session, row: ParameterOverride) -> None:
    if row.effective_from < clock.today():
        raise ConflictError(
            f"生效日 {row.effective_from.isoformat()} 已过，确认会改变已经发生的事：请由登记人撤回，"
            "以新的生效日重新登记。"
        )
    try:
        rules(s).with_overrides((row.as_override(),))
    except PolicyError as error:
        raise ConflictError(f"这项调整与现行参数矛盾，不能确认：{error}") from error
