"""YAML without its surprises: no floats, no repeated keys, one sentence per fault."""

from pathlib import Path
from typing import Any

import yaml

from models.policy.errors import PolicyError

_LARGEST = 2_000_000  # characters; a policy or facts file is a few pages


class _Loader(yaml.SafeLoader):
    """A safe loader that refuses what would change a figure silently."""


def _refuse_float(loader: _Loader, node: yaml.ScalarNode) -> Any:
    raise PolicyError(
        f'第 {node.start_mark.line + 1} 行的 {node.value} 没有加引号：小数会被当成浮点数而失真，请写成 "{node.value}"。'
    )


def _mapping(loader: _Loader, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
    seen: set[str] = set()
    for key, _ in node.value:
        name = str(key.value)
        if name in seen:
            raise PolicyError(f"第 {key.start_mark.line + 1} 行重复写了“{name}”：同一处只能写一次。")
        seen.add(name)
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor("tag:yaml.org,2002:float", _refuse_float)
_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


def parse(text: str, source: str) -> Any:
    """The content of a YAML text. Raises `PolicyError`, naming `source` and the line, for anything unfit."""
    if len(text) > _LARGEST:
        raise PolicyError(f"{source} 过大：超过 {_LARGEST} 个字符。")
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - derived from SafeLoader
    except PolicyError as error:
        raise PolicyError(f"{source}：{error}") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise PolicyError(f"{source}：第 {line} 行不是合法的 YAML，请检查缩进、冒号和引号。") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise PolicyError(f"{source}：内容不是合法的 YAML，无法读取。") from error


def read(path: Path) -> Any:
    """The content of a YAML file in UTF-8; errors as `parse`."""
    try:
        return parse(path.read_text(encoding="utf-8"), path.name)
    except UnicodeDecodeError as error:
        raise PolicyError(f"{path.name}：文件不是 UTF-8 编码，请另存为 UTF-8 后再试。") from error
