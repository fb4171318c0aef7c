"""Everything that is looked at before a changed template may be proposed: the file, the placeholders, a trial."""

from dataclasses import dataclass

from flows.documents import intake, lint, schema, trial, versions
from flows.documents.intake import Finding, RefusedTemplateError
from flows.documents.registry import DOCUMENTS, DocumentKind


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found. `sample` is the ordinary sample made with the template, if it could be made."""

    findings: tuple[Finding, ...]
    sample: bytes | None = None

    @property
    def usable(self) -> bool:
        """Whether nothing forbids its use; what is left are hints for the second person."""
        return not any(finding.fatal for finding in self.findings)


def check(code: str, data: bytes, current: bytes) -> Checked:
    """Look at a template for `code`, beside the one now in force (its bytes). Takes about a second."""
    kind = DOCUMENTS[code]
    try:
        parts = intake.parts(data)
        found = intake.inspect(parts)
        reading = lint.read(parts, kind)
    except RefusedTemplateError as refused:
        return Checked((Finding("文件", str(refused)),))
    found += reading.findings
    found += compared(kind, reading, current)
    if any(finding.fatal for finding in found):
        return Checked(tuple(found))
    tried = trial.run(code, data)
    found += [Finding("试生成", sentence) for sentence in tried.faults]
    return Checked(tuple(found), tried.ordinary)


def compared(kind: DocumentKind, reading: lint.Reading, current: bytes) -> list[Finding]:
    """What the document must say and does not any more; and what else the present version says."""
    before = lint.read(intake.parts(current), kind).used
    must = mandatory(kind)
    known = {one.path: one for one in schema.placeholders(kind)}
    found = [
        Finding("必备内容", f"缺少“{known[path].meaning}”（{path}），这类文书必须载明。")
        for path in sorted(must - reading.used)
    ]
    left = [path for path in sorted(before - reading.used - must) if path in known]
    found += [
        Finding("与现行版相比", f"不再写“{known[path].meaning}”（{path}），请确认。", fatal=False)
        for path in left
    ]
    added = [path for path in sorted(reading.used - before) if path in known]
    found += [
        Finding("与现行版相比", f"新写了“{known[path].meaning}”（{path}）。", fatal=False) for path in added
    ]
    return found


def mandatory(kind: DocumentKind) -> set[str]:
    """What every version must say: the facts the document always has and the shipped template states."""
    shipped = lint.read(intake.parts(versions.shipped(kind.code)), kind).used
    always = {one.path for one in schema.placeholders(kind) if one.required and "." not in one.path}
    return shipped & always | {"number"} & shipped
