"""The API for core systems (REST v1). A new resource adds its router to `routers`."""

from fastapi import APIRouter

PREFIX = "/api/v1"


def routers() -> tuple[APIRouter, ...]:
    """Every resource below `PREFIX`."""
    from api.rest import (
        about,
        arrangements,
        batches,
        cases,
        changes,
        filings,
        meetings,
        news,
        notices,
        oauth,
        objections,
        policy,
        prepared,
        recoveries,
        service,
        talk,
        tasks,
        uploads,
        verbs,
    )

    filing = (filings, recoveries, prepared, batches, uploads)
    office = (service, meetings, arrangements, changes, objections)
    found = []
    for part in (oauth, about, *filing, cases, notices, tasks, news, verbs, talk, *office, policy):
        router = APIRouter(prefix=PREFIX)
        router.include_router(part.router)
        found.append(router)
    return tuple(found)
