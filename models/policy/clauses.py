"""The clauses of 东府办函〔2023〕725号, quoted: whatever cites one cites these words."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from models.policy import strict_yaml
from models.policy.errors import PolicyError

_FILE = Path(__file__).parent / "clauses.yaml"


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause: its id as the document numbers it (“三（四）”), the quoted text, the document it is from."""

    id: str
    text: str
    document: str

    @property
    def citation(self) -> str:
        """“东府办函〔2023〕725号 三（四）”: how a document cites it."""
        return f"{self.document} {self.id}"


@dataclass(frozen=True, slots=True)
class _Policy:
    document: str
    title: str
    issued_on: date
    clauses: dict[str, Clause]


@cache
def _policy() -> _Policy:
    raw = strict_yaml.read(_FILE)
    number = raw["document"]
    clauses = {key: Clause(key, " ".join(text.split()), number) for key, text in raw["clauses"].items()}
    return _Policy(number, raw["title"], raw["issued_on"], clauses)


def document_number() -> str:
    """“东府办函〔2023〕725号”."""
    return _policy().document


def document_title() -> str:
    """“东莞市中小微企业融资风险补偿工作方案”."""
    return _policy().title


def clause(clause_id: str) -> Clause:
    """The clause with that id. Raises `PolicyError` for one the policy does not have."""
    try:
        return _policy().clauses[clause_id]
    except KeyError:
        raise PolicyError(f"政策条款中没有“{clause_id}”：请先在 clauses.yaml 中登记原文。") from None


def all_clauses() -> tuple[Clause, ...]:
    """Every quoted clause, in the order of the document."""
    return tuple(_policy().clauses.values())
