"""The web application, put together: `create_app` is uvicorn's factory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from api import edge, errors, guard, rest
from api.pages import routers
from api.pages.render import STATIC_URL, Statics
from api.rest import about, openapi
from api.runtime import logs
from models import database


@asynccontextmanager
async def _life(app: FastAPI) -> AsyncIterator[None]:
    yield
    database.engine().dispose()


def create_app() -> FastAPI:
    """All doors. ``uvicorn --factory api.app:create_app``."""
    logs.configure()
    app = FastAPI(title="风补", docs_url=None, redoc_url=None, openapi_url=None, lifespan=_life)
    app.mount(STATIC_URL, GZipMiddleware(Statics(), minimum_size=1024), name="static")
    for router in (*routers(), *rest.routers()):
        app.include_router(router)
    app.state.describe_api = (
        openapi.description
    )  # pages may not import the API: the page that shows it asks here
    app.add_route(f"{rest.PREFIX}/openapi.json", about.description)
    errors.install(app)
    for layer in (guard.BodyGuard, edge.LastResort, edge.Envelope):  # the last added is the outermost
        app.add_middleware(layer)
    return app
