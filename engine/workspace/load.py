"""The settings of a workspace, put together from their sources and checked, every mistake at once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import sqlalchemy as sa
from pydantic import SecretStr, ValidationError

from engine.errors import SettingsError, did_you_mean
from engine.settings import PREFIX, Settings
from engine.workspace.codes import WORKSPACE_CODES
from engine.workspace.sources import Source, Value, of_dotenv, of_environment, of_secret_files, of_yaml

DATABASE_FILE = "lifecycle.db"


def load_settings(
    workspace: Path, *, environment: Mapping[str, str] | None = None, known: Iterable[str] = ()
) -> Settings:
    """Return the settings of a workspace; paths in them are made absolute, from the workspace.

    `environment` is the process's own by default; `known` names variables that belong to options of commands. Raises
    SettingsError with one line for each mistake: a place in `lifecycle.yaml`, or the variable or secret file.
    """
    variables = os.environ if environment is None else environment
    outer = [of_environment(variables, known=known), of_dotenv(workspace / ".env")]
    sources = [*outer, of_secret_files(_secrets_folder(workspace, outer)), of_yaml(workspace)]
    values: dict[str, Value] = {}
    for source in reversed(sources):
        values |= source.values
    values["workspace"] = Value(raw=workspace, source="--workspace")
    return _checked(values, [fault for source in sources for fault in source.faults])


def _secrets_folder(workspace: Path, outer: list[Source]) -> Path:
    given = (source.values["secrets_folder"].raw for source in outer if "secrets_folder" in source.values)
    return workspace / str(next(given, Settings.model_fields["secrets_folder"].default))


def _checked(values: Mapping[str, Value], faults: list[str]) -> Settings:
    try:
        settings = Settings.model_validate({name: value.raw for name, value in values.items()})
    except ValidationError as error:
        faults += [_fault(values[str(mistake["loc"][0])], dict(mistake)) for mistake in error.errors()]
    if faults:
        raise SettingsError("\n".join(dict.fromkeys(faults)))
    return _placed(settings)


def _fault(value: Value, mistake: Mapping[str, object]) -> str:
    name = str(mistake["loc"][0])  # type: ignore[index]
    fault, hint = _in_plain_words(mistake)
    if value.place is not None:
        return str(WORKSPACE_CODES["S102"].at(value.place, name=name, fault=fault, hint=hint))
    return f"{value.source} {fault}" + (f"; {hint}" if hint else "")


def _in_plain_words(mistake: Mapping[str, object]) -> tuple[str, str]:
    """Return what is wrong and, where a word is near a right one, a suggestion."""
    message = str(mistake["msg"]).removeprefix("Value error, ")
    context = mistake.get("ctx")
    expected = str(context.get("expected", "")) if isinstance(context, dict) else ""
    hint = did_you_mean(str(mistake.get("input", "")), expected.replace("'", "").replace(" or ", ", ").split(", "))
    if message.startswith("Input should be "):
        return message.replace("Input should be ", "must be ").partition(", unable to parse")[0], hint
    return f"is wrong: {message}", hint


def _placed(settings: Settings) -> Settings:
    folder = settings.workspace.resolve()
    changes: dict[str, object] = {
        "workspace": folder,
        "outbox_folder": folder / settings.outbox_folder.expanduser(),
        "state_folder": folder / settings.state_folder.expanduser(),
        "bounces": folder / settings.bounces.expanduser() if settings.bounces else None,
        "secrets_folder": folder / settings.secrets_folder,
        "database_url": SecretStr(_database_url(settings.database_url.get_secret_value(), folder)),
    }
    return settings.model_copy(update=changes)


def _database_url(url: str, folder: Path) -> str:
    """Return the URL with the path of a SQLite file made absolute; a URL that is none is left for `db` to refuse."""
    if not url:
        return f"sqlite:///{folder / DATABASE_FILE}"
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        return url
    if parsed.get_backend_name() != "sqlite" or parsed.database in {None, "", ":memory:"}:
        return url
    return parsed.set(database=str(folder / str(parsed.database))).render_as_string(hide_password=False)


def require_secret(settings: Settings) -> str:
    """Return the key of address hashes and signed links; raises SettingsError where none is set."""
    secret = settings.secret.get_secret_value()
    if not secret:
        message = f"{PREFIX}SECRET is not set, and without it no address can be remembered or suppressed"
        raise SettingsError(f"{message}; `lifecycle init` writes one into .env, else set 32 or more random characters")
    return secret
