"""The text of a new workspace's `lifecycle.yaml`: every setting, commented out, with its default."""

from __future__ import annotations

from datetime import timedelta

from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from engine.settings import Settings

DAY = timedelta(days=1)
ELSEWHERE = frozenset({"workspace", "secret", "link_keys", "secrets_folder", "smtp_password", "sendgrid_api_key"})
"""Settings that do not belong into a file that is committed."""

HEADER = """\
# Settings of this workspace; every line that is commented out shows a setting with its default.
# The environment (LIFECYCLE_TIME_ZONE=...), .env and secret files win over this file.
# Keep passwords and keys out of it: they belong into .env (which git ignores) or the environment.

"""


def settings_file() -> str:
    """Return the text of a new `lifecycle.yaml`."""
    fields = {name: field for name, field in Settings.model_fields.items() if name not in ELSEWHERE}
    lines = [f"# {field.description}\n# {name}: {written(field.default)}\n" for name, field in fields.items()]
    return HEADER + "\n".join(lines)


def written(value: object) -> str:
    """Return a default as one writes it in YAML."""
    if isinstance(value, SecretStr) or value is PydanticUndefined or value is None or value == "":
        return '""' if value is not None else ""
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g} seconds" if value % DAY else f"{value // DAY} days"
    if isinstance(value, tuple):
        return f"[{', '.join(map(str, value))}]"
    return str(value)
