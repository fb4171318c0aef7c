"""How a notice reads: the templates of its event, rendered for its facts.

A folder per event in templates/emails, in a sandbox, with every unknown name an error. HTML is escaped;
subject and text are plain text.
"""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from hashlib import sha256
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from flows.delivery.events import EVENTS, NoticeContext
from flows.delivery.facts import one_line
from models import money
from models.lifecycle import BOARD_NAMES, PROCESS_NAMES

TEMPLATES = Path(__file__).parents[2] / "templates" / "emails"
LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class Wording:
    """A notice in words, and the hash of the templates it was made with."""

    title: str
    text: str
    html: str
    template_sha256: str


def word(event: str, context: NoticeContext) -> Wording:
    """The wording of `event`; jinja2.UndefinedError for a template that asks for a fact nobody gave."""
    facts = {
        "case": context.case,
        "office": context.office,
        "document": context.document,
        "it": context.details,
    }
    render = {name: _environment().get_template(f"{event}/{name}").render(facts) for name in _FILES}
    return Wording(
        title=one_line(render["subject.txt"])[:LONGEST_TITLE],
        text=_BLANK_LINES.sub("\n\n", render["body.txt"]).strip() + "\n",
        html=render["body.html"],
        template_sha256=template_sha256(event),
    )


@dataclass(frozen=True, slots=True)
class Plain:
    """A message that is no notice: title and text."""

    title: str
    text: str


def plain(folder: str, **facts: object) -> Plain:
    """The wording of a message that is about no case, e.g. the code that proves an address."""
    render = {
        name: _environment().get_template(f"{folder}/{name}").render(facts)
        for name in ("subject.txt", "body.txt")
    }
    return Plain(one_line(render["subject.txt"]), render["body.txt"].strip() + "\n")


@cache
def template_sha256(event: str) -> str:
    """SHA-256 over the files an event is worded with, shared letter included; KeyError for an unknown event."""
    if event not in EVENTS:
        raise KeyError(event)
    files = [TEMPLATES / "_letter.txt", TEMPLATES / "_letter.html", *(TEMPLATES / event / f for f in _FILES)]
    return sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()


_BLANK_LINES = re.compile(r"\n{3,}")
_FILES = ("subject.txt", "body.txt", "body.html")


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=lambda name: name is not None and name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(yuan=_yuan, day=_day, short=_short)
    environment.globals.update(PROCESS_NAMES=PROCESS_NAMES, BOARD_NAMES=BOARD_NAMES)
    return environment


def _yuan(amount: Decimal) -> str:
    """“￥1,000,000.00元（大写：壹佰万元整）”."""
    return f"￥{money.yuan(amount)}元（大写：{money.daxie(amount)}）"


def _day(value: date) -> str:
    """“2026年11月30日”."""
    return f"{value.year}年{value.month}月{value.day}日"


def _short(text: str, longest: int = 40) -> str:
    """`text`, cut with “…” so that a subject line stays readable."""
    return text if len(text) <= longest else text[: longest - 1] + "…"
