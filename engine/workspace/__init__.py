"""The workspace: the folder a company edits, its settings, its rules and templates as texts."""

from engine.workspace.begin import Begun, init
from engine.workspace.codes import WORKSPACE_CODES
from engine.workspace.editing import refresh_schemas
from engine.workspace.files import FilesRead, read_files
from engine.workspace.load import DATABASE_FILE, load_settings, require_secret
from engine.workspace.place import SETTINGS_FILE, find
from engine.workspace.starter import starter_pack

__all__ = [
    "DATABASE_FILE",
    "SETTINGS_FILE",
    "WORKSPACE_CODES",
    "Begun",
    "FilesRead",
    "find",
    "init",
    "load_settings",
    "read_files",
    "refresh_schemas",
    "require_secret",
    "starter_pack",
]
