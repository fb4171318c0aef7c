"""How processes log: one line per event, as text or JSON; never the values of local variables (they hold passwords)."""

import logging

import structlog

from models.settings import get_settings


def configure() -> None:
    """Set up structlog for this process by `FENGBU_LOG_FORMAT`."""
    json = get_settings().log_format == "json"
    ending: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if json
        else [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            *ending,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
