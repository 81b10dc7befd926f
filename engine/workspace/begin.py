"""A new workspace: the starter pack, settings, a secret and an empty database, without overwriting anything."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine import schema
from engine.db import connect
from engine.errors import UsageError
from engine.rendering import compile_library
from engine.rules.loader import load
from engine.settings import PREFIX
from engine.workspace.editing import write_editor_files
from engine.workspace.example import settings_file
from engine.workspace.files import read_files
from engine.workspace.load import DATABASE_FILE, load_settings
from engine.workspace.place import SETTINGS_FILE
from engine.workspace.starter import FOLDERS, starter_pack

IGNORED = (".env", "*.db", "*.db-wal", "*.db-shm", "outbox/", "preview/", ".lifecycle/", ".lifecycle/")
ENV_HEADER = "# Secrets of this installation: never commit this file. Without the secret, suppressions are forgotten.\n"


@dataclass(frozen=True, kw_only=True)
class Begun:
    """A workspace that was just made: what was written (paths in it, with what each is for) and its database."""

    folder: Path
    written: Mapping[str, str]
    database: str


def init(folder: Path, *, environment: Mapping[str, str] | None = None, known: Iterable[str] = ()) -> Begun:
    """Make a workspace of a folder, which may hold other things and may be missing.

    `environment` and `known` are passed to `load_settings`. Raises UsageError, before anything is written, where
    something of a workspace is there already; SettingsError and DatabaseError as the settings and database have it.
    """
    folder = folder.resolve()
    _refuse_to_overwrite(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        load_settings(folder, environment=environment, known=known)
        written = _write(folder)
    except OSError as error:
        raise UsageError(f"{error.filename or folder} cannot be written: {(error.strerror or '').lower()}") from None
    settings = load_settings(folder, environment=environment, known=known)
    database = connect(settings.database_url.get_secret_value())
    schema.upgrade(database)
    database.dispose()
    return Begun(folder=folder, written=written, database=database.url.render_as_string(hide_password=True))


def _refuse_to_overwrite(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; name a folder for the workspace")
    there = [name for name in (SETTINGS_FILE, *FOLDERS, DATABASE_FILE) if (folder / name).exists()]
    if there:
        raise UsageError(f"{folder} already holds {', '.join(there)}; nothing was written, name another folder")


def _write(folder: Path) -> dict[str, str]:
    """Write every file of a new workspace; returns the names with what each is for."""
    for name in FOLDERS:
        ignored = shutil.ignore_patterns(".*", "*~", "__pycache__")
        shutil.copytree(starter_pack() / name, folder / name, ignore=ignored)
    (folder / SETTINGS_FILE).write_text(settings_file(), encoding="utf-8")
    _append(folder / ".gitignore", IGNORED)
    _write_secret(folder / ".env")
    files = read_files(folder).files
    library, _ = compile_library(files)
    write_editor_files(folder, load(files).rules, library.names)
    return {
        "rules/": "who gets which mail, and when",
        "templates/": "the mails, and your brand in brand.yaml",
        SETTINGS_FILE: "settings, each with its default",
        ".env": "your secret; never commit it",
        ".gitignore": "keeps secrets and the database out of git",
        ".vscode/": "makes editors complete and check what you write",
    }


def _append(path: Path, lines: Iterable[str]) -> None:
    """Add the lines that a file does not have yet."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    missing = [line for line in lines if line not in text.splitlines()]
    start = "" if not text or text.endswith("\n") else "\n"
    path.write_text(text + start + "".join(f"{line}\n" for line in missing), encoding="utf-8")


def _write_secret(path: Path) -> None:
    """Write a fresh secret, unless the file has one; only its owner may read it."""
    text = path.read_text(encoding="utf-8") if path.exists() else ENV_HEADER
    if f"{PREFIX}SECRET=" in text:
        return
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(f"{text}{'' if text.endswith(chr(10)) else chr(10)}{PREFIX}SECRET={secrets.token_urlsafe(32)}\n")
