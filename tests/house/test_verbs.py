"""What a person may do is on a page, in the API and in a test: the table in api/rest/README.md is held against the code."""

import ast
import re

from api.rest import openapi
from tests.house import source

TABLE = source.PROJECT / "api/rest/README.md"
ROW = re.compile(
    r"^\| [^|]+ \| `([a-z_]+\.[a-z_]+)` \| `([A-Z]+ [^`]+)` \| `((?:[a-z]+/)?[a-z_]+\.py)::(\w+)` \|$",
    re.MULTILINE,
)
ROOMS = ("api/pages", "api/rest")

OFFICE = (
    "the office's own registers: decided at a desk by two people, and no other system of theirs keeps them"
)
PAGE = "keeps what one person typed or chose on a page"
QUESTION = "asks and changes nothing"
PART = "a part of other actions, which ask for the permission"
HANDED = "carried out by handing_in.hand_in: the doors make a `matters` of it"
CHECKER = "the institution's own second person looks at the page before releasing what a system sent"
EXCEPTIONS = {
    "addresses": "where notices go is changed by a person who signed in: a stolen key must not redirect them",
    "keys": "a key is made and ended by a person who signed in: a stolen key must not make another",
    "budgeting": OFFICE,
    "enrolling": OFFICE,
    "reference": OFFICE,
    "reporting": OFFICE,
    "opening_registers": OFFICE,
    "ruling": OFFICE,
    "templating": OFFICE,
    "voiding": OFFICE,
    "reissuing": OFFICE,
    "white_listing": OFFICE,
    "importing": "workbooks are handed in by people; systems send batches (batching)",
    "batching": "systems send batches; people hand in workbooks (importing)",
    "incidents": "an operator's retry, beside the error it is about",
    "saving_views": PAGE,
    "drafting": PAGE,
    "half_written": PAGE,
    "handing_in.release": CHECKER,
    "handing_in.give_back": CHECKER,
    "handing_in.take_up": PAGE,
    "handing_in.hand_in_list": "workbooks are handed in by people; systems send batches (batching)",
    "staffing": "people and their roles are kept by a person who signed in: a stolen key must not make another person",
    "passwords": "a password is changed by whose it is, signed in",
    "filing.submit": HANDED,
    "claiming.submit": HANDED,
    "correcting.correct_filing": HANDED,
    "correcting.correct_claim": HANDED,
    "correcting.correct_recovery": HANDED,
    "recovering.submit": HANDED,
    "returning.state": HANDED,
    "changing.propose": HANDED,
    "replying.reply": HANDED,
    "receiving.confirm": HANDED,
    "changing.issued": PART,
    "handing_in.noted": PART,
    "posts.log": PART,
    "handing_in.seen": QUESTION,
    "matters_shown": QUESTION,
    "choosing": QUESTION,
    "explaining": QUESTION,
    "foreseeing": QUESTION,
    "sitting": QUESTION,
    "what_if": QUESTION,
    "claiming.claimable": QUESTION,
    "correcting.open_task": QUESTION,
    "recovering.recoverable": QUESTION,
    "serving.served_to": QUESTION,
    "acted": PART,
    "attaching": PART,
    "opening": PART,
    "two_people": PART,
    "concluding.ready": PART,
    "concluding.count": PART,
    "concluding.write_minutes": PART,
    "concluding.carry_out": PART,
    "convening.secretary": PART,
    "convening.put_on": "one of put_on_all, for stories and tests",
    "looking.look_at_everything": "looks at each check, for stories and tests",
    "opinion_files.stage": PAGE,
    "opinion_files.unstage": PAGE,
    "opinion_files.give": "a part of answering.answer",
    "opinion_files.give_with": "a part of telling.comment and passing.advise",
    "visiting": "what opening a task or a case remembers, and what it shows; `GET /tasks/{task_id}/changes` for systems",
    "passing.may_take": PART,
    "passing.signing_role": PART,
    "telling.tell": PART,
}


def test_every_verb_is_on_a_page_in_the_api_and_in_a_test() -> None:
    """A verb that one door forgot is found by the person who needs it there."""
    listed = {found[1]: found for found in ROW.finditer(TABLE.read_text(encoding="utf-8"))}
    acts = actions()
    excused = {act for act in acts if act in EXCEPTIONS or act.partition(".")[0] in EXCEPTIONS}
    assert sorted(acts - excused - set(listed)) == [], "neither in the table nor an exception"
    assert not set(listed) & excused, "in the table and an exception"
    assert not set(listed) - acts - matters(), "the table names actions that do not exist"
    assert not matters() - set(listed), "what can be handed in is in the table"
    for room in ROOMS:
        assert not set(listed) - used_in(room), f"not used by {room}"


def test_the_calls_and_tests_of_the_table_exist() -> None:
    """A table that names what was renamed proves nothing."""
    paths = openapi.description()["paths"]
    for found in ROW.finditer(TABLE.read_text(encoding="utf-8")):
        method, _, path = found[2].partition(" ")
        assert method.lower() in paths.get(f"/api/v1{path}", {}), found[2]
        test = source.PROJECT / "tests" / (found[3] if "/" in found[3] else f"doors/{found[3]}")
        assert test.exists() and f"def {found[4]}(" in test.read_text(encoding="utf-8"), found[0]


def test_no_exception_is_left_over() -> None:
    """An exception whose action is gone would excuse the next of that name."""
    acts = actions()
    known = acts | {act.partition(".")[0] for act in acts}
    assert not set(EXCEPTIONS) - known


def actions() -> set[str]:
    """Every public function of flows/actions that is given the person who acts."""
    return {
        f"{path.stem}.{node.name}"
        for path in source.files(".py", rooms=("flows/actions",))
        for node in source.tree(path).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and _acts(node)
    }


def matters() -> set[str]:
    """What filers hand in, each a function of flows/actions/maker_checker/matters that makes a `Matter`; lists are for people."""
    path = source.PROJECT / "flows/actions/maker_checker/matters.py"
    made = [
        node.name
        for node in source.tree(path).body
        if isinstance(node, ast.FunctionDef) and node.returns and ast.unparse(node.returns) == "Matter"
    ]
    return {f"matters.{name}" for name in made if name != "imported"}


def _acts(node: ast.FunctionDef) -> bool:
    given = [*node.args.args, *node.args.kwonlyargs]
    return any(one.annotation and ast.unparse(one.annotation) in ("Actor", "Actor | None") for one in given)


def used_in(room: str) -> set[str]:
    """The actions a room names: `passing.transfer`, also where the module or the function has another name there."""
    found: set[str] = set()
    for path in source.files(".py", rooms=(room,)):
        modules: dict[str, str] = {}
        functions: dict[str, str] = {}
        for node in ast.walk(source.tree(path)):
            if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("flows.actions"):
                continue
            package = source.PROJECT / str(node.module).replace(".", "/")
            if package.is_dir():
                modules |= {one.asname or one.name: one.name for one in node.names}
            else:
                functions |= {one.asname or one.name: f"{package.name}.{one.name}" for one in node.names}
        for node in ast.walk(source.tree(path)):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id in modules
            ):
                found.add(f"{modules[node.value.id]}.{node.attr}")
            elif isinstance(node, ast.Name) and node.id in functions:
                found.add(functions[node.id])
    return found
