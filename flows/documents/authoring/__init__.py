"""The scripts that write templates/documents; after that, office staff may edit the wording in Word."""

from collections.abc import Callable

from flows.documents.authoring.application import APPLICATIONS
from flows.documents.authoring.change import CHANGES
from flows.documents.authoring.drafts import DRAFTS
from flows.documents.authoring.form import FORMS
from flows.documents.authoring.letter import LETTERS
from flows.documents.authoring.listing import LISTING
from flows.documents.authoring.notice import NOTICES
from flows.documents.authoring.overall import OVERALL
from flows.documents.authoring.recovery import RECOVERY
from flows.documents.authoring.redhead import DECISIONS
from flows.documents.authoring.report import REPORTS
from flows.documents.authoring.service import SERVICE

AUTHORS: dict[str, Callable[[], bytes]] = {
    **APPLICATIONS,
    **CHANGES,
    **FORMS,
    **NOTICES,
    **REPORTS,
    **DECISIONS,
    **LETTERS,
    **RECOVERY,
    **OVERALL,
    **SERVICE,
    **LISTING,
    **DRAFTS,
}
"""Document code → the function that writes its template."""
