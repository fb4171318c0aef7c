"""From an exception to an answer: a page for browsers, a note for HTMX, a JSON problem under ``/api``."""

import re
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

import structlog
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.auth.refusals import PasswordDue, SignInNeeded, StaleForm
from api.auth.session import CSRF_FIELD, PASSWORD_PAGE, SAFE_METHODS
from api.pages import render
from api.pages.views import Frame
from api.rest.problems import PREFIX, problem, refused
from flows.actions.errors import ActionRefusedError, ConflictError, ForbiddenError, NotThereError
from models import database

log = structlog.get_logger("fengbu.web")
CHINESE = re.compile("[一-鿿]")
FORM_TOO_LONG = ("Too many fields", "Field exceeded")
"""How Starlette's form parser begins its two complaints about long forms, which it answers with 400."""


def install(app: FastAPI) -> None:
    """Register the handlers."""
    app.exception_handler(HTTPException)(_http)
    app.exception_handler(SignInNeeded)(_sign_in_needed)
    app.exception_handler(StaleForm)(_stale_form)
    app.exception_handler(PasswordDue)(_password_due)
    app.exception_handler(ActionRefusedError)(_action_refused)
    app.exception_handler(RequestValidationError)(_unreadable)
    app.exception_handler(OperationalError)(_no_database)
    app.exception_handler(PoolTimeout)(_no_database)


def answer(
    request: Request, status: int, sentence: str = "", *, frame: Frame | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:  # fmt: skip
    """The refusal in the form the caller reads. An empty sentence means the usual one for the status."""
    reference = getattr(request.state, "request_id", "")
    if _for_machines(request):
        return problem(request, status, sentence, headers=headers)
    context = {"frame": frame} if frame else {}
    response = render.error(request, status, sentence, reference=reference, **context)
    response.headers.update(headers or {})
    return response


def _for_machines(request: Request) -> bool:
    return request.url.path.startswith(PREFIX)


async def _http(request: Request, error: HTTPException) -> Response:
    if _for_machines(request):
        return refused(request, error)
    sentence = error.detail if CHINESE.search(error.detail) else ""
    status = error.status_code
    if error.detail.startswith(FORM_TOO_LONG):
        status, sentence = (
            413,
            "一次提交的文字或行数太多：一个表单最多 1000 项，每项不超过 1 MB。请分几次提交。",
        )
    frame = await run_in_threadpool(_frame, request)
    return answer(request, status, sentence, frame=frame, headers=error.headers)


async def _action_refused(request: Request, error: ActionRefusedError) -> Response:
    """What an action said no to, where the page itself did not answer."""
    if _for_machines(request):
        return refused(request, error)
    statuses = {ForbiddenError: 403, NotThereError: 404, ConflictError: 409}
    status = next((code for kind, code in statuses.items() if isinstance(error, kind)), 422)
    frame = await run_in_threadpool(_frame, request)
    return answer(request, status, error.sentence, frame=frame)


async def _sign_in_needed(request: Request, error: SignInNeeded) -> Response:
    """Reading: to the sign-in page and back. Submitting: the page stays, with everything that was typed."""
    if request.method in SAFE_METHODS:
        target = _sign_in_address(request, error)
        if request.headers.get("HX-Request"):
            return Response(status_code=401, headers={"HX-Redirect": target})
        return RedirectResponse(target, 303)
    if request.headers.get("HX-Request"):
        return answer(
            request, 401, "登录已过期，尚未提交。已填内容仍在本页：请在新标签页登录，再回到这里提交。"
        )
    return await _offer_again(
        request, error, "登录已过期，尚未提交。已填内容保留在这一页：先在新标签页登录，再回到这里重新提交。"
    )


async def _password_due(request: Request, error: PasswordDue) -> Response:
    """Reading leads to the page where the password is changed; submitting is refused in a sentence."""
    if request.method not in SAFE_METHODS:
        return answer(
            request, error.status_code, error.detail, frame=await run_in_threadpool(_frame, request)
        )
    if request.headers.get("HX-Request"):
        return Response(status_code=403, headers={"HX-Redirect": PASSWORD_PAGE})
    return RedirectResponse(PASSWORD_PAGE, 303)


async def _stale_form(request: Request, error: StaleForm) -> Response:
    if request.headers.get("HX-Request"):
        return answer(request, error.status_code, error.detail)
    return await _offer_again(
        request, error, "为了安全，页面已过期，尚未提交。已填内容仍在：请核对后重新提交。"
    )


async def _offer_again(request: Request, error: StaleForm | SignInNeeded, sentence: str) -> Response:
    """A page that still holds the posted fields and submits them again; files have to be chosen again.

    Only for forms that came from our own pages: nobody else's fields are ever offered for submission.
    """
    frame = await run_in_threadpool(_frame, request)
    origin = request.headers.get("Origin") or request.headers.get("Referer") or ""
    if urlsplit(origin).netloc != request.url.netloc:
        return answer(request, error.status_code, error.detail, frame=frame)
    form = getattr(request, "_form", None) or FormData()
    kept = [
        (name, value) for name, value in form.multi_items() if isinstance(value, str) and name != CSRF_FIELD
    ]
    # after the sign-in in another tab the old page's token is accepted from the same person
    token = form.get(CSRF_FIELD, "") if isinstance(error, SignInNeeded) else request.state.csrf_token
    return render.page(
        request,
        "pages/signin/again.html",
        status=error.status_code,
        frame=frame,
        sentence=sentence,
        action=request.url.path,
        token=token,
        kept=kept,
        lost_files=len(kept) + (CSRF_FIELD in form) < len(form.multi_items()),
        sign_in_href=_sign_in_address(request, error) if isinstance(error, SignInNeeded) else "",
    )


async def _unreadable(request: Request, error: RequestValidationError) -> Response:
    """An address or form the route cannot read: a wrong address is 404, the rest 422."""
    if _for_machines(request):
        return refused(request, error)
    in_path = any(fault["loc"][0] == "path" for fault in error.errors())
    frame = await run_in_threadpool(_frame, request)
    return answer(request, 404 if in_path else 422, frame=frame)


async def _no_database(request: Request, error: Exception) -> Response:
    log.error("database_unavailable", path=request.url.path, error=str(error).splitlines()[0])
    return answer(request, 503, headers={"Retry-After": "5"})


def _sign_in_address(request: Request, error: SignInNeeded) -> str:
    """The sign-in page, which leads back to the page that was read or the page a form stood on."""
    where = request.url
    if request.method not in SAFE_METHODS or request.headers.get("HX-Request"):
        where = where.replace(path="/", query="")
    back = where.path + (f"?{where.query}" if where.query else "")
    return f"/signin?next={quote(back)}" + ("&expired=1" if error.expired else "")


def _frame(request: Request) -> Frame | None:
    """The surroundings for someone signed in, so that a refusal is not a dead end."""
    from api.pages.layout import frame

    actor = getattr(request.state, "actor", None)
    if actor is None or request.headers.get("HX-Request"):
        return None
    try:
        with database.session() as db:
            return frame(request, db, actor)
    except SQLAlchemyError:
        return None
