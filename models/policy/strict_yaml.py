"""YAML and JSON without their surprises: no floats, no repeated keys, no aliases, one sentence per fault."""

import json
import re
from pathlib import Path
from typing import Any, NoReturn

import yaml

from models.policy.errors import PolicyError

LARGEST = 2_000_000  # characters; a policy or facts file is a few pages


_PLAIN_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")


class _Loader(yaml.SafeLoader):
    """A safe loader that refuses what would change a figure silently, or grow without end."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """As usual, but a reference (*name) is refused: nested ones multiply into billions of values."""
        if self.check_event(yaml.AliasEvent):
            line = self.get_mark().line + 1
            raise PolicyError(f"第 {line} 行附近使用了引用（*）：请把内容直接写出，不使用引用和锚点。")
        return super().compose_node(parent, index)


def _refuse_float(loader: _Loader, node: yaml.ScalarNode) -> Any:
    raise PolicyError(
        f'第 {node.start_mark.line + 1} 行的 {node.value} 没有加引号：小数会被当成浮点数而失真，请写成 "{node.value}"。'
    )


def _integer(loader: _Loader, node: yaml.ScalarNode) -> int:
    """010 would be read as 8 and 1:30 as 90."""
    if not _PLAIN_INTEGER.fullmatch(node.value):
        raise PolicyError(
            f'第 {node.start_mark.line + 1} 行的 {node.value} 写法有歧义：请写成普通整数，或加引号写成 "{node.value}"。'
        )
    return int(node.value)


def _mapping(loader: _Loader, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
    seen: set[str] = set()
    for key, _ in node.value:
        name = str(key.value)
        if name in seen:
            raise PolicyError(f"第 {key.start_mark.line + 1} 行重复写了“{name}”：同一处只能写一次。")
        seen.add(name)
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor("tag:yaml.org,2002:float", _refuse_float)
_Loader.add_constructor("tag:yaml.org,2002:int", _integer)
_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


def parse(text: str, source: str) -> Any:
    """The content of a YAML text. Raises `PolicyError`, naming `source` and the line, for anything unfit."""
    if len(text) > LARGEST:
        raise PolicyError(f"{source} 过大：超过 {LARGEST} 个字符。")
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - derived from SafeLoader
    except PolicyError as error:
        raise PolicyError(f"{source}：{error}") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise PolicyError(f"{source}：第 {line} 行不是合法的 YAML，请检查缩进、冒号和引号。") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise PolicyError(f"{source}：内容不是合法的 YAML，无法读取。") from error


def parse_json(text: str, source: str) -> Any:
    """The content of a JSON text, as strict as `parse`: no floats, NaN, Infinity or repeated names."""

    def refuse(number: str) -> NoReturn:
        raise PolicyError(
            f'数字 {number[:40]} 没有加引号：小数会被当成浮点数而失真，请写成 "{number[:40]}"。'
        )

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in pairs:
            if name in found:
                raise PolicyError(f"重复写了“{name[:40]}”：同一处只能写一次。")
            found[name] = value
        return found

    if len(text) > LARGEST:
        raise PolicyError(f"{source} 过大：超过 {LARGEST} 个字符。")
    try:
        return json.loads(text, parse_float=refuse, parse_constant=refuse, object_pairs_hook=once)
    except PolicyError as error:
        raise PolicyError(f"{source}：{error}") from error
    except json.JSONDecodeError as error:
        raise PolicyError(
            f"{source}：第 {error.lineno} 行第 {error.colno} 列不是合法的 JSON，请检查引号、逗号和括号。"
        ) from error
    except (RecursionError, ValueError) as error:
        raise PolicyError(f"{source}：内容不是合法的 JSON，无法读取。") from error


def read(path: Path) -> Any:
    """The content of a YAML file in UTF-8; errors as `parse`."""
    try:
        return parse(path.read_text(encoding="utf-8"), path.name)
    except UnicodeDecodeError as error:
        raise PolicyError(f"{path.name}：文件不是 UTF-8 编码，请另存为 UTF-8 后再试。") from error
