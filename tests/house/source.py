"""The project's own files, for the checks of this house."""

import ast
import functools
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
ROOMS = ("api", "flows", "models", "templates", "tests", ".ci")
TEXT = {".py", ".md", ".toml", ".yaml", ".yml", ".html", ".txt", ".css", ".js", ".csv", ".svg", ".mako", ""}


def files(*suffixes: str, rooms: tuple[str, ...] = ROOMS) -> list[Path]:
    """The project's files with these suffixes, vendored ones left out."""
    places = [PROJECT / room for room in rooms]
    found = [path for place in places for path in place.rglob("*") if path.is_file()]
    if rooms == ROOMS:
        found += [
            path for path in PROJECT.iterdir() if path.is_file() and path.name != ".git"
        ]  # of a worktree
    return sorted(
        path for path in found if path.suffix in suffixes and not {"vendor", "__pycache__"} & set(path.parts)
    )


@functools.cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a Python file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def name(path: Path) -> str:
    """The path as people write it: from the project's root."""
    return path.relative_to(PROJECT).as_posix()


def imports(path: Path) -> set[str]:
    """The full names of all modules a Python file imports, wherever the import stands."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def calls(path: Path) -> list[tuple[int, str]]:
    """Line and dotted name of every call in a Python file, e.g. ``(12, "datetime.now")``."""
    return [
        (node.lineno, ast.unparse(node.func)) for node in ast.walk(tree(path)) if isinstance(node, ast.Call)
    ]
