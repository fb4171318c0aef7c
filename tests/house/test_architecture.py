"""Rules of the house that no ruff rule knows. Each says what goes wrong without it."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import source

LONGEST_FILE = 320
LONG_ON_PURPOSE = {
    "models/gates.py": "one declaration per gate; split, one could not compare them",
    "tests/doors/test_bank.py": "every refusal of the applicant's doors in one place",
    "tests/doors/test_task.py": "every refusal of the reviewer's door in one place",
}
PROCESS_FILES = [path for path in source.files(".py", rooms=("flows",)) if "@process(" in path.read_text()]
FOREIGN_TO_A_PROCESS = {
    "sqlmodel",
    "sqlalchemy",
    "prefect",
    "datetime",
    "time",
    "uuid",
    "random",
    "os",
    "httpx",
}


def test_import_contracts_hold() -> None:
    """Doors use flows, flows use models: the contracts in pyproject.toml, each named as a sentence."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=source.PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_a_file_can_be_read_in_one_sitting() -> None:
    """A file that grows past one sitting holds two things; a reason that is no longer needed goes too."""
    long = {}
    for path in source.files(".py", ".html"):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > LONGEST_FILE and "versions" not in path.parts:
            long[source.name(path)] = lines
    unexplained = {path: lines for path, lines in long.items() if path not in LONG_ON_PURPOSE}
    assert not unexplained, f"over {LONGEST_FILE} lines: {unexplained}"
    assert not set(LONG_ON_PURPOSE) - set(long), "no longer long: take them off the list"


def test_nothing_names_a_machine() -> None:
    """A path of the machine something was written on works nowhere else."""
    machine = re.compile(r"""(?<![\w.}/-])/(?:work|farm|root|home/\w+|Users/\w+)/[\w.]""")
    found = [
        f"{source.name(path)}:{number}"
        for path in source.files(*source.TEXT)
        if path.name != Path(__file__).name
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if machine.search(line)
    ]
    assert not found


def test_links_between_our_texts_lead_somewhere() -> None:
    """A README that points to a file which was renamed misleads the newcomer it was written for."""
    broken = []
    for path in source.files(".md"):
        text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            place = target.partition("#")[0]
            if place and "://" not in place and not (path.parent / place).exists():
                broken.append(f"{source.name(path)} → {target}")
    assert not broken


def test_money_is_never_a_float() -> None:
    """0.1 + 0.2 is not 0.3: where amounts and rates are worked out there is no float literal and no float()."""
    found = []
    for path in [
        *source.files(".py", rooms=("models/policy", "flows/steps", "flows/actions")),
        source.PROJECT / "models/money.py",
    ]:
        found += [f"{source.name(path)}:{line}" for line, call in source.calls(path) if call == "float"]
        if (
            source.name(path) == "flows/actions/answers/answering.py"
        ):  # waits 0.6 s for the worker: seconds, not 元
            continue
        found += [
            f"{source.name(path)}:{node.lineno}"
            for node in ast.walk(source.tree(path))
            if isinstance(node, ast.Constant) and isinstance(node.value, float)
        ]
    assert not found


def test_only_the_clock_reads_the_clock() -> None:
    """One module that read the wall clock itself would not move with the demo's and the tests' clock."""
    reading = re.compile(r"(^|\.)(datetime\.(now|utcnow|today)|date\.today|time\.(time|localtime|strftime))$")
    found = [
        f"{source.name(path)}:{line} {call}"
        for path in source.files(".py", rooms=("api", "flows", "models"))
        if source.name(path) != "models/clock.py"
        for line, call in source.calls(path)
        if reading.search(call)
    ]
    assert not found


@pytest.mark.parametrize("path", PROCESS_FILES, ids=lambda path: path.stem)
def test_a_process_file_speaks_only_the_language_of_the_process(path: Path) -> None:
    """It is re-run from the top: a date, a random number or a query of its own would differ the second time."""
    foreign = {module for module in source.imports(path) if module.split(".")[0] in FOREIGN_TO_A_PROCESS}
    assert not foreign | ({"models.database", "models.clock"} & source.imports(path))


def test_the_processes_are_found() -> None:
    """The check above would be empty if the way processes are declared changed."""
    assert {"filing", "claim"} <= {path.stem for path in PROCESS_FILES}


def test_word_files_are_made_in_one_place() -> None:
    """A second way to make a .docx would look, number and archive differently."""
    found = [
        source.name(path)
        for path in source.files(".py", rooms=("api", "flows", "models"))
        if {"docx", "docxtpl"} & {module.split(".")[0] for module in source.imports(path)}
        and not source.name(path).startswith("flows/documents/")
    ]
    assert not found


def test_nothing_commits_in_the_middle() -> None:
    """One door, one action, one transaction: a commit half way leaves half an action when the rest fails."""
    found = [
        f"{source.name(path)}:{line} {call}"
        for path in source.files(".py", rooms=("api", "flows", "models"))
        for line, call in source.calls(path)
        if call.endswith((".commit", ".rollback"))
    ]
    assert not found


def test_pages_load_nothing_from_elsewhere() -> None:
    """The city's network has no internet: a script, style, font or picture from a CDN would simply be missing."""
    outside = re.compile(
        r"""(?:src|srcset|href|action)\s*=\s*["']?(?:https?:)?//|url\(\s*["']?(?:https?:)?//"""
    )
    found = [
        f"{source.name(path)}:{number}"
        for path in source.files(".html", ".css", ".svg", rooms=("templates",))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if outside.search(line)
    ]
    assert not found


def test_nothing_is_left_for_later() -> None:
    """A note to oneself in the code is read by nobody; what is missing belongs into an issue."""
    later = re.compile(r"(?:#|//|<!--|\{#)\s*(?:TODO|FIXME|XXX|HACK)\b")
    found = [
        f"{source.name(path)}:{number}"
        for path in source.files(".py", ".html", ".js", ".css")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if later.search(line)
    ]
    assert not found


def test_a_refused_permission_is_raised_in_one_place() -> None:
    """Spelled out in forty places, a permission that is asked and not raised looks like all the others."""
    found = [
        f"{source.name(path)}:{node.lineno}"
        for path in source.files(".py", rooms=("api", "flows"))
        if source.name(path) != "flows/actions/errors.py"
        for node in ast.walk(source.tree(path))
        if isinstance(node, ast.Raise)
        and re.fullmatch(r"ForbiddenError\(\w+\.sentence\)", ast.unparse(node.exc or node))
    ]
    assert not found, "use permitted() of flows/actions/errors.py"


def test_every_action_stands_in_the_table_that_finds_it() -> None:
    """A newcomer looks in the table of flows/README.md, not through sixty modules: each is named beside its room."""
    text = (source.PROJECT / "flows/README.md").read_text(encoding="utf-8")
    table = text.partition("## Where an action is")[2].partition("\n## ")[0]
    rows = re.findall(r"^\|[^|]*\|([^|]*)\|([^|]*)\|$", table, re.MULTILINE)[2:]
    named = {
        (re.sub(r"[` /]", "", room) or "actions", name)
        for room, names in rows
        for name in re.findall(r"`([a-z_]+)`", names)
    } - {("actions", "permitted")}
    there = {
        (path.parent.name, path.stem)
        for path in source.files(".py", rooms=("flows/actions",))
        if path.stem != "__init__"
    }
    assert named == there
