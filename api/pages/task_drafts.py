"""The drafts of a task's answer, in words: what was kept, and who else is writing."""

from datetime import datetime

from api.pages.render import stamp
from api.pages.task_form import Typed
from api.pages.views import Note
from flows.actions.answers.half_written import Drafts
from models import clock


def typed_of(drafts: Drafts) -> Typed:
    """The reader's draft as it stands in the form; an empty form without one."""
    if drafts.mine is None:
        return Typed()
    return Typed.kept(drafts.mine.written, when(drafts.mine.at))


def others(drafts: Drafts) -> str:
    """Who else is writing: “黄志恒也在填写（14:05）”; empty when nobody is."""
    if not drafts.others:
        return ""
    *first, (name, at) = drafts.others
    return "、".join([*(f"{who}（{when(then)}）" for who, then in first), f"{name}也在填写（{when(at)}）"])


def note(drafts: Drafts) -> Note | None:
    """The same above the form, with what follows from it."""
    said = others(drafts)
    words = "各人的草稿分别保存；先提交的为办理结论，另一人写的仍留给本人。"
    return Note("soon", f"{said}。", words, "users") if said else None


def when(at: datetime) -> str:
    """“14:05” today, “11-19 09:00” before."""
    local = clock.local(at)
    return local.strftime("%H:%M") if local.date() == clock.today() else stamp(at)
