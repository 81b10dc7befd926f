"""The workspace's rules and templates as texts: read whole, bounded, and never from outside of the workspace."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.errors import Problem
from engine.workspace.codes import WORKSPACE_CODES
from engine.workspace.starter import FOLDERS

SUFFIXES = frozenset({".yaml", ".md", ".mjml"})
MAX_SIZE = 1024 * 1024
MAX_FILES = 5000


@dataclass(frozen=True, kw_only=True)
class FilesRead:
    """Texts by their path in the workspace (`rules/welcome.yaml`), and what could not be read."""

    files: Mapping[str, str]
    problems: tuple[Problem, ...]


def read_files(workspace: Path, folders: Sequence[str] = FOLDERS) -> FilesRead:
    """Read every file of `rules/` and `templates/`, or of other folders; hidden files and back-ups are passed over.

    Never raises for what it finds: each file that cannot be read is a Problem and is left out.
    """
    files: dict[str, str] = {}
    problems: list[Problem] = []
    for path in _paths(workspace, folders, problems):
        if len(files) + len(problems) >= MAX_FILES:
            problems.append(_problem("F106", path.parent, workspace, most=MAX_FILES))
            break
        found = _read(path, workspace)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            files[_name(path, workspace)] = found
    return FilesRead(files=files, problems=tuple(sorted(problems)))


def _paths(workspace: Path, tops: Sequence[str], problems: list[Problem]) -> Iterator[Path]:
    def unreadable(error: OSError) -> None:
        problems.append(_problem("F103", Path(error.filename), workspace, reason=_reason(error)))

    for top in tops:
        if not (workspace / top).exists():
            continue
        for folder, folders, names in os.walk(workspace / top, onerror=unreadable):
            links = [name for name in folders if Path(folder, name).is_symlink()]
            folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in links)
            yield from (Path(folder, name) for name in sorted([*links, *names]) if not _passed_over(name))


def _passed_over(name: str) -> bool:
    return name.startswith((".", "#")) or name.endswith(("~", ".swp", ".bak", ".orig"))


def _read(path: Path, workspace: Path) -> str | Problem:
    if _circles(path):
        return _problem("F103", path, workspace, reason="it is a link that leads back to itself")
    if not path.resolve().is_relative_to(workspace.resolve()):
        return _problem("F104", path, workspace)
    if path.suffix not in SUFFIXES:
        hint = f"rename it to {path.stem}.yaml" if path.suffix == ".yml" else ""
        return _problem("F105", path, workspace, hint=hint)
    try:
        return _text(path, workspace)
    except OSError as error:
        return _problem("F103", path, workspace, reason=_reason(error))


def _circles(path: Path) -> bool:
    """Return whether a link never arrives: resolving it raises RuntimeError, in a newer Python nothing at all."""
    try:
        path.stat()
    except OSError as error:
        return error.errno == errno.ELOOP
    return False


def _text(path: Path, workspace: Path) -> str | Problem:
    about = path.stat()
    if not stat.S_ISREG(about.st_mode):
        return _problem("F103", path, workspace, reason="it is not a file")
    if about.st_size > MAX_SIZE:
        return _problem("F102", path, workspace, size=about.st_size // 1024, most=MAX_SIZE // 1024)
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        return _problem("F101", path, workspace, line=line, column=column, byte=f"0x{content[error.start]:02x}")


def _problem(code: str, path: Path, workspace: Path, *, line: int = 1, column: int = 1, **words: object) -> Problem:
    place = Problem(path=_name(path, workspace), line=line, column=column, code=code, message="")
    hint = str(words.pop("hint", ""))
    return WORKSPACE_CODES[code].at(place, hint=hint, **words)


def _name(path: Path, workspace: Path) -> str:
    """Return the path below the workspace with `/`, also for names that are no valid text."""
    return path.relative_to(workspace).as_posix().encode("utf-8", "backslashreplace").decode()


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
