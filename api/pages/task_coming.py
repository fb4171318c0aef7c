"""将生成: the letters each answer would have written, made from what stands in the form now; marked, unnumbered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup
from sqlmodel import Session

from api.pages.case_views import DocThumb
from api.pages.task_form import Prepared, Typed, parse
from flows.actions.answers import foreseeing, sitting
from flows.actions.answers.foreseeing import Draft
from flows.documents import engine
from flows.documents.engine import DOCUMENTS
from models.gates import Outcome
from models.permissions import Actor
from models.records.task import Task

PREFIX = "p-"
MARK = "预览·未编号"


@dataclass(frozen=True, slots=True)
class Coming:
    """The letters of every answer at a task, and the answer that is chosen."""

    task: Task
    actor: Actor
    drafts: Mapping[Outcome, Draft]
    letters: Mapping[Outcome, tuple[str, ...]]
    chosen: Outcome

    def key(self, wanted: str) -> str:
        """The paper to open: the wanted letter if the chosen answer writes it, else its first with a number (what
        leaves the house goes before working papers); empty for none."""
        codes = self.letters[self.chosen]
        code = wanted.removeprefix(PREFIX)
        first = next((one for one in codes if DOCUMENTS[one].numbered), codes[0] if codes else "")
        return PREFIX + (code if code in codes else first) if codes else ""

    def thumbs(self, base: str, opened: str) -> tuple[DocThumb, ...]:
        """One leaf for each letter; each shows while an answer that writes it is chosen."""
        codes = list(dict.fromkeys(code for codes in self.letters.values() for code in codes))
        return tuple(
            DocThumb(
                DOCUMENTS[code].title,
                "将生成",
                href=f"{base}?paper={PREFIX}{code}",
                current=opened == PREFIX + code,
                when=tuple(
                    str(place)
                    for place, outcome in enumerate(self.letters, start=1)
                    if code in self.letters[outcome]
                ),
                preview_href=f"{base}/preview?paper={PREFIX}{code}",
                draft=True,
            )
            for code in codes
        )

    def draw(self, db: Session, opened: str) -> tuple[str, Markup | None]:
        """Title and page of a letter; no page while the form lacks something the letter must say."""
        code = opened.removeprefix(PREFIX)
        letter = foreseeing.draw(db, self.actor, self.task, self.drafts[self.chosen], code)
        if letter is None or letter.data is None:
            return DOCUMENTS[code].title, None
        html = engine.preview_html(letter.data)
        return letter.title, Markup(html)  # noqa: S704 - escaped by preview_html


def coming(
    db: Session,
    actor: Actor,
    task: Task,
    kept: Typed,
    prepared: Sequence[Prepared],
    names: Mapping[str, str],
) -> Coming:
    """What the answers would have written, from what stands in the form."""
    gate = sitting.asked(task)
    drafts = {}
    for answer in gate.answers:
        parsed = parse(gate, replace(kept, answer=answer.outcome.value), prepared, names)
        drafts[answer.outcome] = Draft(answer.outcome, parsed.opinion, parsed.fields)
    letters = {  # a signature writes nothing: the answer of the one who asked for it does
        outcome: foreseeing.letters(db, actor, task, draft) if task.added is None else ()
        for outcome, draft in drafts.items()
    }
    first = gate.answers[0].outcome
    chosen = next((a.outcome for a in gate.answers if a.outcome.value == kept.answer), first)
    return Coming(task, actor, drafts, letters, chosen)
