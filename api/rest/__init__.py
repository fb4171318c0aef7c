"""The API for core systems (REST v1). A new resource adds its router to `routers`."""

from fastapi import APIRouter

PREFIX = "/api/v1"


def routers() -> tuple[APIRouter, ...]:
    """Every resource below `PREFIX`."""
    from api.rest import (
        about,
        batches,
        cases,
        filings,
        notices,
        oauth,
        policy,
        prepared,
        tasks,
        uploads,
        verbs,
    )

    found = []
    for part in (oauth, about, filings, prepared, batches, uploads, cases, notices, tasks, verbs, policy):
        router = APIRouter(prefix=PREFIX)
        router.include_router(part.router)
        found.append(router)
    return tuple(found)
