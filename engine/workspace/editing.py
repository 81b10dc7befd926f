"""What makes an editor understand a workspace: schemas with its own names, and the editor's settings."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from engine import editor
from engine.rules.json_schema import ASSOCIATIONS, schemas
from engine.rules.model import RuleSet


def write_editor_files(folder: Path, rules: RuleSet, templates: Collection[str]) -> None:
    """Write the schemas and, where there are none, the editor's settings into a workspace. Raises OSError."""
    for name, text in editor.files(schemas(rules, templates), ASSOCIATIONS).items():
        if not (folder / name).exists():
            _write(folder / name, text)


def refresh_schemas(
    folder: Path, rules: RuleSet, templates: Collection[str], events: Collection[str], roles: Collection[str]
) -> None:
    """Write the schemas again where this workspace's names have changed. Raises OSError."""
    found = editor.files(schemas(rules, templates, events, roles), ASSOCIATIONS)
    for name, text in found.items():
        path = folder / name
        if name in ASSOCIATIONS and (not path.exists() or path.read_text(encoding="utf-8") != text):
            _write(path, text)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
