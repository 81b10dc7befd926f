"""What an installation can be told: from the environment, `.env`, secret files and `lifecycle.yaml`, in that order."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    YamlConfigSettingsSource,
)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        message = f"{name!r} is not a time zone of the IANA list, such as Europe/Stockholm"
        raise ValueError(message) from None
    return name


Zone = Annotated[str, AfterValidator(_zone)]
ProviderName = Literal["files", "memory", "smtp", "sendgrid"]


class Settings(BaseSettings):
    """Every setting, with its default; each is also the environment variable `LIFECYCLE_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="LIFECYCLE_", env_file=".env", extra="ignore", frozen=True)

    workspace: Path = Field(Path(), description="the folder that holds rules/ and templates/")
    database_url: SecretStr = Field(SecretStr(""), description="SQLAlchemy URL; empty: lifecycle.db in the workspace")
    secret: SecretStr = Field(SecretStr(""), description="key of address hashes and signed links; `init` makes one")
    time_zone: Zone = Field("UTC", description="the zone of customers and accounts that have none")
    locale: str = Field("en", description="the language of customers and accounts that have none")
    provider: ProviderName = Field("files", description="who carries the mail")
    outbox_folder: Path = Field(Path("outbox"), description="where the `files` provider writes its .eml files")
    only_to: Annotated[tuple[str, ...], NoDecode] = Field((), description="addresses and domains mail may go to")
    redirect_to: str = Field("", description="one address that gets all mail instead of its recipients")
    rate: float = Field(50.0, gt=0, description="sends a second, per worker")
    connections: int = Field(8, ge=1, le=256, description="connections a worker keeps to the provider")
    max_at_once: int | None = Field(None, ge=1, description="enrollments of a rule in one tick before it is held")
    tick_every: timedelta = Field(timedelta(minutes=1), description="how often the stages run")
    smtp_host: str = Field("localhost", description="SMTP server")
    smtp_port: int = Field(587, ge=1, le=65535, description="SMTP port")
    smtp_user: str = Field("", description="SMTP login; empty: none")
    smtp_password: SecretStr = Field(SecretStr(""), description="SMTP password")
    smtp_tls: Literal["starttls", "tls", "none"] = Field("starttls", description="how the SMTP line is encrypted")
    smtp_timeout: float = Field(60.0, gt=0, description="seconds to wait for an SMTP answer")
    sendgrid_api_key: SecretStr = Field(SecretStr(""), description="SendGrid API key")
    sendgrid_url: str = Field("https://api.sendgrid.com", description="base URL of SendGrid's API")
    sendgrid_timeout: float = Field(30.0, gt=0, description="seconds to wait for SendGrid's answer")
    log_format: Literal["auto", "console", "json"] = Field("auto", description="auto: console in a terminal, else json")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over `.env`, that over secret files, those over `lifecycle.yaml`."""
        yaml = YamlConfigSettingsSource(settings_cls)
        return init_settings, env_settings, dotenv_settings, file_secret_settings, yaml
