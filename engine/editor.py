"""Files that make an editor understand a workspace: `init` writes them, `check` refreshes the schemas."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

EXTENSIONS = ("redhat.vscode-yaml", "samuelcolvin.jinjahtml")
SETTINGS = ".vscode/settings.json"
RECOMMENDED = ".vscode/extensions.json"


def files(schemas: Mapping[str, Mapping[str, Any]], associations: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return the editor's files by their path in the workspace.

    `schemas` are JSON Schemas by path; `associations` say which files each is for. The schemas change with the
    workspace's traits, topics, templates and events; the two files in `.vscode/` do not, and are the user's to change.
    """
    written = {path: _text(schema) for path, schema in schemas.items()}
    settings = _settings({path: list(globs) for path, globs in associations.items()})
    return written | {SETTINGS: _text(settings), RECOMMENDED: _text({"recommendations": list(EXTENSIONS)})}


def _settings(associations: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    return {
        "yaml.schemas": associations,
        "yaml.schemaStore.enable": False,
        "yaml.yamlVersion": "1.2",
        "yaml.format.singleQuote": False,
        "[yaml]": {"editor.tabSize": 2, "editor.insertSpaces": True, "editor.quickSuggestions": {"strings": True}},
        "files.associations": {"templates/**/*.mjml": "jinja-html", "templates/**/*.md": "markdown"},
        "files.exclude": {".lifecycle": True},
        "files.encoding": "utf8",
    }


def _text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
