"""The one place that makes Word files: typed facts in, the bytes of a .docx out."""

import hashlib
from dataclasses import dataclass

from flows.documents.contexts import DocumentContext
from flows.documents.preview import plain_text, preview_html
from flows.documents.registry import DOCUMENTS, DocumentKind
from flows.documents.template import CompiledDocument, TemplateFault, compiled

__all__ = [
    "DOCUMENTS",
    "CompiledDocument",
    "DocumentKind",
    "Rendered",
    "TemplateFault",
    "plain_text",
    "preview_html",
    "render",
]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished document and what it was made of, all as hex SHA-256."""

    data: bytes
    sha256: str
    template_sha256: str
    context_sha256: str


def render(code: str, context: DocumentContext, template: CompiledDocument | None = None) -> Rendered:
    """The document `code` for `context`, with the template the system ships unless another version is given.

    Same template and context, same bytes.

    Raises KeyError for an unknown code, TypeError for the context of another document, TemplateFault for a
    template that cannot be compiled, and Jinja2's errors for one that fails on this context: nothing is
    ever left blank in an official document.
    """
    kind = DOCUMENTS[code]
    if type(context) is not kind.context:
        raise TypeError(f"{code} needs a {kind.context.__name__}, not a {type(context).__name__}")
    template = template or compiled(code)
    data = template.render(context.__dict__)
    stored = context.model_dump_json().encode()
    return Rendered(
        data=data,
        sha256=hashlib.sha256(data).hexdigest(),
        template_sha256=template.sha256,
        context_sha256=hashlib.sha256(stored).hexdigest(),
    )
