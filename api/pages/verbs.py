"""What one may do with a task or a case besides answering it: each verb once, with its words, fields and act.

A verb is a small form: it opens in a dialog on the page, or as a page of its own without script. `offered` and
the people in its lists follow the same rules as the act, which has the last word.
"""

from collections.abc import Callable
from dataclasses import dataclass

from api.pages.form_views import FieldView, Option
from api.pages.verb_fields import Fields, Given, Spot, enclosing, many, text, who
from flows.actions.colleagues import choosing, passing, telling
from flows.actions.errors import FieldFault, InvalidError
from models.gates import GATES
from models.permissions import may_talk
from models.records import message
from models.records.task import ADDED_NAMES, Added, TaskState


@dataclass(frozen=True, slots=True)
class Verb:
    """`words` say what will happen; `said` what has happened. `of_task`: it needs a task, not only a case."""

    key: str
    label: str
    words: str
    go: str
    said: str
    offered: Callable[[Spot], bool]
    fields: Callable[[Spot, Given], Fields]
    act: Callable[[Spot, Given], object]
    of_task: bool = True
    at_once: bool = False  # no form: the button in the menu does it
    people: str = ""  # the field without whose choices nothing can be done
    negative: bool = False


_TAKER = who("办理人", choosing.takers)
_ADVISER = who("请谁提意见", choosing.takers)
_SIGNER = who("签署人", choosing.signers)
_HOW = (
    Option(Added.BEFORE.value, ADDED_NAMES[Added.BEFORE], "其签署后你再办理"),
    Option(Added.PARALLEL.value, ADDED_NAMES[Added.PARALLEL], "与你同时办理"),
    Option(Added.AFTER.value, ADDED_NAMES[Added.AFTER], "你办理后由其签署"),
)


def _signing(spot: Spot, given: Given) -> Fields:
    how = given.one("how") or Added.BEFORE.value
    return (
        _SIGNER(spot, given),
        FieldView("次序", "how", how, given.faults.get("how", ""), type="radio", options=_HOW, required=True),
        text("请其签署什么意见", "reason", given),
    )


def _sign(spot: Spot, given: Given) -> object:
    how = next((one for one in Added if one.value == given.one("how")), None)
    if how is None:
        raise InvalidError((FieldFault("how", "请选择加签次序。"),))
    to = given.person("to")
    return passing.add_signer(spot.db, spot.actor, spot.seat.id or 0, to, how, given.one("reason"))


def _may_unsign(spot: Spot) -> bool:
    task = spot.seat
    return task.added_by == spot.actor.person_id and task.state in (TaskState.OPEN, TaskState.WAITING)


def _follows(spot: Spot) -> bool:
    return message.followed(spot.db, spot.actor.person_id, spot.case.id or 0)


def _talks(spot: Spot) -> bool:
    return bool(may_talk(spot.actor))


def _nothing(spot: Spot, given: Given) -> Fields:
    return ()


_KNOWN = (
    Verb(
        "transfer", "转办", "任务转到所选同事名下，由其作出结论；只列出可以办理本案这一环节的同事。", "转办",
        "已转办，并已告知接收人。",
        lambda at: choosing.may_transfer(at.db, at.actor, at.seat),
        lambda at, g: (_TAKER(at, g), text("转办原因", "reason", g)),
        lambda at, g: passing.transfer(at.db, at.actor, at.seat.id or 0, g.person("to"), g.one("reason")),
        people="to",
    ),
    Verb(
        "delegate", "委派", "请一位同事提出意见；其交回后仍由你作出结论，期间可随时收回，时限照常计算。", "委派",
        "已委派，交回后会通知你。",
        lambda at: choosing.may_pass(at.db, at.actor, at.seat),
        lambda at, g: (_ADVISER(at, g), text("请其核实什么", "reason", g)),
        lambda at, g: passing.delegate(at.db, at.actor, at.seat.id or 0, g.person("to"), g.one("reason")),
        people="to",
    ),
    Verb(
        "advise", "交回意见", "意见留在案件中，任务交回委派人，由其作出结论。", "交回意见", "意见已交回委派人。",
        lambda at: (
            at.seat.state == TaskState.OPEN
            and at.seat.delegated_by is not None
            and at.seat.assignee_id == at.actor.person_id
        ),
        lambda at, g: (text("你的意见", "opinion", g, rows=6), enclosing(g)),
        lambda at, g: passing.advise(at.db, at.actor, at.seat.id or 0, g.one("opinion"), g.stored(at.db)),
    ),
    Verb(
        "recall", "收回委派", "不再等对方的意见，任务回到你名下。", "收回委派", "已收回委派。",
        lambda at: at.seat.state == TaskState.OPEN and at.seat.delegated_by == at.actor.person_id,
        _nothing,
        lambda at, g: passing.recall(at.db, at.actor, at.seat.id or 0),
        at_once=True,
    ),
    Verb(
        "sign", "加签", "请本单位一位未参与本案的同事签署意见。全部签署人同意后，你的同意才生效；有人不同意的，交你重新决定。",
        "加签", "已加签，并已告知签署人。",
        lambda at: choosing.may_pass(at.db, at.actor, at.seat),
        _signing,
        _sign,
        people="to",
    ),
    Verb(
        "unsign", "减签", "不再需要这位同事签署；其已写的草稿不保留。", "减签", "已减签。",
        _may_unsign,
        _nothing,
        lambda at, g: passing.remove_signer(at.db, at.actor, at.seat.id or 0),
        negative=True,
    ),
    Verb(
        "take_back", "拿回", "你的结论作废（仍留痕），本环节重新由你办理；后一环节已办理或已通知申报机构的不能拿回。",
        "拿回重办", "已拿回，本环节重新办理。",
        lambda at: choosing.may_take_back(at.db, at.actor, at.seat),
        lambda at, g: (text("拿回原因", "reason", g),),
        lambda at, g: passing.take_back(at.db, at.actor, at.seat.id or 0, g.one("reason")),
        negative=True,
    ),
    Verb(
        "nudge", "催办", "提醒办理人尽快办理，每人每件每天一次；催办留在案件经过中。", "催办", "已催办，办理人会在消息中看到。",
        lambda at: choosing.may_nudge(at.db, at.actor, at.seat),
        lambda at, g: (text("催办内容", "words", g, required=False, hint="不写即为“请及时办理”"),),
        lambda at, g: telling.nudge(at.db, at.actor, at.seat.id or 0, g.one("words")),
    ),
    Verb(
        "copy", "抄送", "所选同事会在“抄送我”中看到本案，并可标为已阅；申报机构看不到。", "抄送", "已抄送。",
        _talks,
        lambda at, g: (many("抄送给", "to", at, g, required=True), text("附言", "words", g, required=False)),
        lambda at, g: telling.copy(at.db, at.actor, at.case.number, g.people("to"), g.one("words")),
        of_task=False,
    ),
    Verb(
        "comment", "批注", "批注只供审核各方内部查看，不是结论；被提到的同事会收到消息。", "发布批注", "批注已发布。",
        _talks,
        lambda at, g: (
            text("批注", "words", g, most=telling.MOST_WORDS, rows=5),
            many("提到（@）", "mentioned", at, g, required=False),
            enclosing(g),
        ),
        lambda at, g: telling.comment(
            at.db, at.actor, at.case.number, g.one("words"), g.people("mentioned"), g.stored(at.db)
        ),
        of_task=False,
    ),
    Verb(
        "follow", "关注", "本案列入“我关注”。", "关注", "已关注，本案列在“我关注”中。",
        lambda at: _talks(at) and not _follows(at),
        _nothing,
        lambda at, g: telling.follow(at.db, at.actor, at.case.number),
        of_task=False, at_once=True,
    ),
    Verb(
        "unfollow", "取消关注", "本案从“我关注”中移出。", "取消关注", "已取消关注。",
        _follows,
        _nothing,
        lambda at, g: telling.unfollow(at.db, at.actor, at.case.number),
        of_task=False, at_once=True,
    ),
)  # fmt: skip
VERBS: dict[str, Verb] = {verb.key: verb for verb in _KNOWN}


def label(verb: Verb, spot: Spot) -> str:
    """The verb's name where it stands: a manager who could not answer the task assigns it (指派)."""
    if verb.key == "transfer" and spot.seat.unstaffed:
        return "指派"
    return verb.label


def subject(spot: Spot) -> str:
    """What the verb is about: gate, firm and case."""
    at = f"{GATES[spot.task.gate].title}　" if spot.task is not None else ""
    return f"{at}{spot.case.subject}　{spot.case.number}"


def offered(spot: Spot) -> tuple[Verb, ...]:
    """What this person can do here now, in the order of the menu; a delegate's form stands on the page itself."""
    return tuple(
        verb
        for verb in _KNOWN
        if (spot.task is not None or not verb.of_task)
        and verb.key not in ("advise", "unsign")
        and verb.offered(spot)
    )
