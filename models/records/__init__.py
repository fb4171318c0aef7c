"""The tables, one file per noun, with the questions we ask of them. Importing this registers every table."""

from models.records import (
    attachment,
    case,
    claim,
    document,
    draft,
    enterprise,
    institution,
    ledger,
    loan,
    notice,
    person,
    reference,
    reference_change,
    rules,
    task,
    timeline,
)

__all__ = [
    "attachment",
    "case",
    "claim",
    "document",
    "draft",
    "enterprise",
    "institution",
    "ledger",
    "loan",
    "notice",
    "person",
    "reference",
    "reference_change",
    "rules",
    "task",
    "timeline",
]
