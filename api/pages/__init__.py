"""The screens, one module each. A new screen adds its name to the import and to the tuple in `routers`."""

from fastapi import APIRouter


def routers() -> tuple[APIRouter, ...]:
    """Every screen's router. Imported here, because view-models are read without the screens."""
    from api.pages import (
        admin,
        bank_case,
        bank_claim,
        bank_correct,
        bank_filing,
        bank_home,
        case,
        cases,
        files,
        keys,
        limits,
        mailbox,
        notices,
        numbers,
        overview,
        policy_parameters,
        policy_reference,
        policy_what_if,
        queue,
        reference,
        signin,
        task,
        task_looks,
        templates,
        verify,
        voiding,
    )

    return (
        signin.router,
        verify.router,
        admin.router,
        notices.router,
        mailbox.router,
        queue.router,
        task.router,
        task_looks.router,
        files.router,
        numbers.router,
        templates.router,
        voiding.router,
        cases.router,
        case.router,
        overview.router,
        limits.router,
        policy_parameters.router,
        policy_reference.router,
        policy_what_if.router,
        bank_home.router,
        bank_filing.router,
        bank_claim.router,
        bank_case.router,
        bank_correct.router,
        keys.router,
        reference.router,
    )
