"""What an installation can be told. `engine.workspace` reads it from the environment and the workspace's files."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict
from pytimeparse.timeparse import timeparse

from engine.zones import zone_name

PREFIX = "LIFECYCLE_"


def _words(value: object) -> object:
    """Split `a, b` at its commas, since a variable of the environment is one text."""
    return tuple(word for part in value.split(",") if (word := part.strip())) if isinstance(value, str) else value


def _duration(value: object) -> object:
    """Read `90s`, `5 minutes` or `1h 30m`; a bare number is a number of seconds."""
    if isinstance(value, timedelta):
        return value
    seconds = timeparse(value) if isinstance(value, str) else value
    if isinstance(seconds, int | float):
        return timedelta(seconds=seconds)
    message = f"{value!r} is not a duration, such as 90 seconds or 5 minutes"
    raise ValueError(message)


DOMAIN = r"(?:[^@\s,.*]+\.)+[^@\s,.*]+"
ADDRESS = rf"[^@\s,*]+@{DOMAIN}"


def _reach(words: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse what is neither an address nor a domain: a typing mistake would skip everybody's mail for good."""
    for word in words:
        if not re.fullmatch(rf"{ADDRESS}|(?:\*\.)?{DOMAIN}|localhost", word):
            message = f"{word!r} is neither an address nor a domain, such as ana@example.com or *.example.com"
            raise ValueError(message)
    return words


def _address(text: str) -> str:
    if text and not re.fullmatch(ADDRESS, text):
        message = f"{text!r} is not an address, such as ana@example.com"
        raise ValueError(message)
    return text


def _web_address(text: str) -> str:
    if text and not re.fullmatch(r"https?://[^\s/?#]+(?:/[^\s?#]*)?", text):
        message = f"{text!r} is not a web address, such as https://mail.example.com"
        raise ValueError(message)
    return text.rstrip("/")


def _language(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*", text):
        message = f"{text!r} is not a language, such as en, sv or en-GB"
        raise ValueError(message)
    return text


Zone = Annotated[str, AfterValidator(zone_name)]
Reach = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words), AfterValidator(_reach)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
Secrets = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_words)]
Address = Annotated[str, AfterValidator(_address)]
Language = Annotated[str, AfterValidator(_language)]
Duration = Annotated[timedelta, BeforeValidator(_duration)]
ProviderName = Literal["files", "memory", "smtp", "sendgrid"]


class Settings(BaseSettings):
    """Every setting, with its default; made from what is passed alone (docs/settings.md says where it comes from)."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    workspace: Path = Field(Path(), description="the folder that holds rules/ and templates/")
    database_url: SecretStr = Field(SecretStr(""), description="SQLAlchemy URL; empty: lifecycle.db in the workspace")
    secret: SecretStr = Field(SecretStr(""), description="key of address hashes and signed links; `init` makes one")
    link_keys: Secrets = Field((), description="keys of signed links, the newest first; none: made from `secret`")
    public_url: WebAddress = Field("", description="where recipients reach `lifecycle serve`; marketing mail needs it")
    time_zone: Zone = Field("UTC", description="the zone of customers and accounts that have none")
    locale: Language = Field("en", description="the language of customers and accounts that have none")
    provider: ProviderName = Field("files", description="who carries the mail")
    outbox_folder: Path = Field(Path("outbox"), description="where the `files` provider writes its .eml files")
    only_to: Reach = Field((), description="addresses and domains mail may go to")
    redirect_to: Address = Field("", description="one address that gets all mail instead of its recipients")
    rate: float = Field(50.0, gt=0, description="sends a second, per worker")
    connections: int = Field(8, ge=1, le=256, description="connections a worker keeps to the provider")
    max_at_once: int | None = Field(None, ge=1, description="enrollments of a rule in one tick before it is held")
    tick_every: Duration = Field(timedelta(minutes=1), gt=timedelta(), description="how often the stages run")
    events_kept_for: Duration = Field(
        timedelta(days=1095), ge=timedelta(days=31), description="how far back rules may count events; `check` warns"
    )
    content_kept_for: Duration = Field(
        timedelta(days=90), ge=timedelta(days=1), description="how long the text of a mail is kept; its ledger stays"
    )
    provider_events_kept_for: Duration = Field(
        timedelta(days=30), ge=timedelta(days=7), description="how long raw events of providers are kept"
    )
    state_folder: Path = Field(Path(".lifecycle"), description="where each worker witnesses what it sent")
    health_host: str = Field("127.0.0.1", description="where /healthz, /readyz and /metrics of `run` listen")
    health_port: int = Field(0, ge=0, le=65535, description="port of /healthz, /readyz and /metrics of `run`; 0: none")
    bounces: Path | None = Field(None, description="Maildir or mailbox that bounces of SMTP arrive in")
    smtp_host: str = Field("localhost", description="SMTP server")
    smtp_port: int = Field(587, ge=1, le=65535, description="SMTP port")
    smtp_user: str = Field("", description="SMTP login; empty: none")
    smtp_password: SecretStr = Field(SecretStr(""), description="SMTP password")
    smtp_tls: Literal["starttls", "tls", "none"] = Field("starttls", description="how the SMTP line is encrypted")
    smtp_timeout: float = Field(60.0, gt=0, description="seconds to wait for an SMTP answer")
    sendgrid_api_key: SecretStr = Field(SecretStr(""), description="SendGrid API key")
    sendgrid_url: str = Field("https://api.sendgrid.com", description="base URL of SendGrid's API")
    sendgrid_timeout: float = Field(30.0, gt=0, description="seconds to wait for SendGrid's answer")
    sendgrid_webhook_key: str = Field("", description="public key by which SendGrid's Event Webhook is signed")
    sendgrid_shared: bool = Field(
        default=False, description="whether others send by this SendGrid account; if not, unknown mail stops sending"
    )
    log_format: Literal["auto", "console", "json"] = Field("auto", description="auto: console in a terminal, else json")
    secrets_folder: Path = Field(Path("/run/secrets"), description="folder of secret files, named lifecycle_<name>")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 (the signature is pydantic's)
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take only what is passed: `engine.workspace` reads the sources, so that it can say where a mistake is."""
        return (init_settings,)
