"""What an operator may set, in one place: environment variables, prefix ``FENGBU_``.

The one exception is ``DATABASE_URL``, which keeps the name every hosting platform uses. Values are read once
per process (`get_settings`); tests that change the environment call ``get_settings.cache_clear()``.
"""

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

MEGABYTE = 1024 * 1024

Port = Annotated[int, Field(ge=1, le=65535)]


class Settings(BaseSettings):
    """The settings of one process. A wrong value stops the start with a message that names the variable."""

    model_config = SettingsConfigDict(env_prefix="FENGBU_", frozen=True)

    database_url: str | None = Field(
        default=None, validation_alias=AliasChoices("DATABASE_URL", "FENGBU_DATABASE_URL", "database_url")
    )
    """PostgreSQL to use. Empty: an embedded one is started in `data_dir`."""
    prefect_database_url: str | None = None
    """Prefect's. Empty: ``prefect`` in the embedded server, ``<name>_prefect`` beside `database_url`."""

    data_dir: Path = Path("var")
    """Where the embedded database, stored files and logs live."""
    host: str = "127.0.0.1"
    port: Port = 8000
    """The web application's port."""
    prefect_host: str = "127.0.0.1"
    """Prefect's server asks nobody who they are: leave it on this machine, reach it through a tunnel."""
    prefect_port: Port = 4200
    """The port of Prefect's server and its user interface."""
    public_url: str | None = None
    """The address people type, for links in e-mails. Empty: ``http://host:port``."""

    demo: bool = False
    """Demo data, one-click sign-in and a clock that may be moved. Never for real cases."""

    smtp_host: str | None = None
    smtp_port: Port = 25
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_starttls: bool = False
    smtp_from: str = "fengbu@localhost"
    bounce_maildir: Path | None = None
    """The Maildir of `smtp_from`, where reports of undelivered mail arrive. Empty: they are not read."""
    bounce_imap_host: str | None = None
    """Or the mail server that keeps the mailbox of `smtp_from`; read over TLS with the user and password below."""
    bounce_imap_port: Port = 993
    bounce_imap_user: str | None = None
    bounce_imap_password: SecretStr | None = None
    bounce_imap_folder: str = "INBOX"
    webhook_allow_private: bool = False
    """Let webhooks reach private and loopback addresses (the demo's and the story's own peers)."""

    session_idle_minutes: Annotated[int, Field(gt=0)] = 30
    password_length: Annotated[int, Field(ge=8, le=64)] = 8
    """The fewest characters of a password."""
    password_classes: Annotated[int, Field(ge=1, le=4)] = 3
    """How many of the four kinds of characters it holds: capitals, small letters, figures, others."""
    password_history: Annotated[int, Field(ge=0, le=24)] = 5
    """How many earlier passwords are not taken again."""
    password_days: Annotated[int, Field(ge=0)] = 90
    """After how many days a password is to be changed; 0: never. Demo accounts keep theirs."""
    upload_limit: Annotated[int, Field(gt=0)] = 20 * MEGABYTE
    """The largest attachment, in bytes."""

    header_seconds: Annotated[float, Field(gt=0)] = 10
    """How long a request's head may take to arrive."""
    body_pause_seconds: Annotated[float, Field(gt=0)] = 10
    """How long a sender may pause in the middle of a request."""
    body_seconds: Annotated[float, Field(gt=0)] = 30
    """How long a request's body may take, and the bytes a second it must keep beyond that."""
    body_pace: Annotated[int, Field(gt=0)] = 20_000

    api_calls_per_minute: Annotated[int, Field(gt=0)] = 600
    """How often one key may call the API, per web process."""
    api_failures_per_minute: Annotated[int, Field(gt=0)] = 30
    """How often one address may call the API without a key that fits, per web process."""
    import_case_loans: Annotated[int, Field(gt=0, le=10_000)] = 500
    """How many loans of a file go into one filing: what one reviewer can answer for at a time."""

    export_days: Annotated[int, Field(gt=0)] = 30
    """How long a packed download (打包下载) is kept; the documents themselves stay for ever."""
    lease_seconds: Annotated[float, Field(gt=0)] = 15
    """How long a worker that died keeps the cases it had claimed."""
    poll_seconds: Annotated[float, Field(gt=0)] = 5
    """How often a worker looks for due cases although nobody notified it."""

    prefect_task_runs: bool = False
    """Show each step of a case that wakes alone as a Prefect task run. Some 40 ms a step: people at a queue wait."""

    log_format: Literal["console", "json"] = "console"

    @field_validator("database_url", "prefect_database_url", "public_url", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        """``DATABASE_URL=`` in an environment file means "not set", as in a shell."""
        return None if value == "" else value

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        """Parts run as subprocesses with other working directories; all must mean the same place."""
        return value.expanduser().resolve()

    @property
    def base_url(self) -> str:
        """The web application's address without a closing slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def prefect_url(self) -> str:
        """The address of Prefect's user interface without a closing slash."""
        return f"http://{self.prefect_host}:{self.prefect_port}"

    def environment(self) -> dict[str, str]:
        """Return the variables that give another process exactly these settings."""
        found: dict[str, str] = {}
        for name in type(self).model_fields:
            value = getattr(self, name)
            if value is None:
                continue
            text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
            found["DATABASE_URL" if name == "database_url" else f"FENGBU_{name.upper()}"] = text
        return found


@lru_cache
def get_settings() -> Settings:
    """Return this process's settings, read from the environment at the first call."""
    return Settings()
