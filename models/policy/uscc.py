"""统一社会信用代码 (GB 32100-2015): 18 characters, the last one a check character."""

from dataclasses import dataclass
from operator import getitem

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I, O, S, V, Z: they look like digits
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_WEIGHED = tuple({char: weight * place for place, char in enumerate(_ALPHABET)} for weight in _WEIGHTS)
_ALLOWED = frozenset(_ALPHABET)
LENGTH = 18


@dataclass(frozen=True, slots=True)
class UsccVerdict:
    """Whether a code is well-formed; `message` is a Chinese sentence; `expected` the check character it needs."""

    valid: bool
    message: str
    expected: str | None = None


def check_character(first_17: str) -> str:
    """The 18th character that belongs to the first 17 (each of them in the code's alphabet)."""
    return _ALPHABET[-sum(map(getitem, _WEIGHED, first_17)) % 31]


def check(code: str) -> UsccVerdict:
    """Whether `code` is a possible 统一社会信用代码, and if not, what is wrong with it."""
    if len(code) != LENGTH:
        return UsccVerdict(False, f"统一社会信用代码须为 18 位，现为 {len(code)} 位。")
    if not _ALLOWED.issuperset(code):
        place, char = next((n, char) for n, char in enumerate(code, start=1) if char not in _ALLOWED)
        hint = "（字母须大写）" if char.upper() in _ALPHABET else "（不使用 I、O、S、V、Z 和其他字符）"
        return UsccVerdict(False, f"统一社会信用代码第 {place} 位“{char}”不是允许的字符{hint}。")
    expected = check_character(code[:-1])
    if code[-1] != expected:
        return UsccVerdict(
            False, f"统一社会信用代码校验位不符：末位为“{code[-1]}”，按前 17 位应为“{expected}”。", expected
        )
    return UsccVerdict(True, "统一社会信用代码校验通过。", expected)
