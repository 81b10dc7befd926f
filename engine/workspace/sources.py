"""Where settings come from: the environment, `.env`, secret files and `lifecycle.yaml`, the first one winning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values

from engine.errors import Problem, SettingsError, did_you_mean
from engine.settings import PREFIX, Settings
from engine.workspace.codes import WORKSPACE_CODES
from engine.workspace.example import ELSEWHERE
from engine.workspace.place import SETTINGS_FILE
from engine.yaml_text import MapNode, Node, read, to_python

NAMES = frozenset(Settings.model_fields)


@dataclass(frozen=True, kw_only=True)
class Value:
    """A setting as it was given, and where: a place in `lifecycle.yaml`, or the words that name another source."""

    raw: object
    place: Problem | None = None
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Source:
    """What one source says: values by setting, and its own mistakes as sentences."""

    values: Mapping[str, Value]
    faults: tuple[str, ...] = ()


def of_environment(variables: Mapping[str, str], *, known: Iterable[str] = (), file: str = "") -> Source:
    """Read `LIFECYCLE_*` variables; `known` belong to options of commands, `file` says where the variables stand."""
    values: dict[str, Value] = {}
    faults: list[str] = []
    others = frozenset(known)
    for variable, text in variables.items():
        name = variable.removeprefix(PREFIX).lower()
        if not variable.startswith(PREFIX) or variable in others:
            continue
        source = f"{file}: {variable}" if file else variable
        if name in NAMES:
            values[name] = Value(raw=text, source=source)
        else:
            faults.append(_unknown_variable(source, variable, others))
    return Source(values=values, faults=tuple(faults))


def _unknown_variable(source: str, variable: str, others: frozenset[str]) -> str:
    hint = did_you_mean(variable, [*(PREFIX + name.upper() for name in sorted(NAMES)), *sorted(others)])
    return f"{source} is not a setting; {hint or 'docs/settings.md lists every setting'}"


def of_dotenv(path: Path) -> Source:
    """Read `.env`, where there is one; variables of other programs are passed over."""
    if not path.is_file():
        return Source(values={})
    try:
        found = dotenv_values(path, interpolate=False)
    except (OSError, UnicodeDecodeError) as error:
        return Source(values={}, faults=(f"{path} cannot be read: {error}",))
    return of_environment({name: text or "" for name, text in found.items()}, file=str(path))


def of_secret_files(folder: Path) -> Source:
    """Read files named `lifecycle_<setting>`, as Docker and Kubernetes mount secrets."""
    values: dict[str, Value] = {}
    faults: list[str] = []
    for path in sorted(folder.glob(f"{PREFIX.lower()}*")) if folder.is_dir() else ():
        name = path.name.removeprefix(PREFIX.lower())
        if name not in NAMES:
            faults.append(f"{path} is not a setting; {did_you_mean(name, NAMES) or 'delete or rename it'}")
            continue
        try:
            values[name] = Value(raw=path.read_text(encoding="utf-8").rstrip("\n"), source=str(path))
        except (OSError, UnicodeDecodeError) as error:
            faults.append(f"{path} cannot be read: {error}")
    return Source(values=values, faults=tuple(faults))


def of_yaml(workspace: Path) -> Source:
    """Read `lifecycle.yaml`, where there is one; each mistake has its line and column."""
    path = workspace / SETTINGS_FILE
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from None
    found = read(text, path=SETTINGS_FILE)
    faults = list(found.problems)
    if found.node is not None and not isinstance(found.node, MapNode) and not getattr(found.node, "empty", False):
        faults.append(WORKSPACE_CODES["S103"].at(found.node))
    entries = tuple(found.node) if isinstance(found.node, MapNode) else ()
    for entry in entries:
        if entry.key.text not in NAMES:
            hint = did_you_mean(entry.key.text, NAMES)
            faults.append(WORKSPACE_CODES["S101"].at(entry.key, name=entry.key.text, hint=hint))
        if entry.key.text in ELSEWHERE:
            hint = f"put {PREFIX}{entry.key.text.upper()} into .env"
            faults.append(WORKSPACE_CODES["S104"].at(entry.key, name=entry.key.text, hint=hint))
    values = {entry.key.text: _yaml_value(entry.value) for entry in entries if entry.key.text in NAMES}
    return Source(values=values, faults=tuple(map(str, faults)))


def _yaml_value(node: Node) -> Value:
    place = Problem(path=node.path, line=node.line, column=node.column, code="", message="")
    return Value(raw=to_python(node), place=place)
