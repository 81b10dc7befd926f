"""The units and the container file of docs/operations/ fit the program they start."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from commands import Lifecycle

from engine.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "operations"
UNITS = sorted(FOLDER.glob("*.service"))
CONTAINER = (FOLDER / "Containerfile").read_text()


def service(path: Path) -> configparser.SectionProxy:
    """Return the [Service] part of a unit; a repeated key keeps its last value."""
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(path)
    return parser["Service"]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_starts_a_command_that_exists(path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The command line of the unit is one the program takes."""
    program, *arguments = service(path)["ExecStart"].split()
    assert Path(program).name == "lifecycle"
    help_ = Lifecycle(capfd).ok(arguments[0], "--help").out
    assert [each for each in arguments[1:] if each.startswith("--") and each not in help_] == []


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_names_settings_that_exist(path: Path) -> None:
    """Each variable of ours is a setting."""
    variables = re.findall(rf"{PREFIX}(\w+)=", path.read_text())
    assert [name for name in variables if name.lower() not in Settings.model_fields] == []


def test_stopping_waits_for_the_provider() -> None:
    """The unit waits longer than the longest time-out there is by default."""
    waits = int(service(FOLDER / "lifecycle.service")["TimeoutStopSec"])
    assert waits > max(Settings().smtp_timeout, Settings().sendgrid_timeout)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="this machine has no systemd")
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_takes_a_unit(path: Path) -> None:
    """Systemd itself finds no unknown key in it."""
    done = subprocess.run(["systemd-analyze", "verify", str(path)], capture_output=True, text=True, check=False)  # noqa: S607 (of the path)
    assert "Unknown" not in done.stderr


def test_the_container_file_copies_what_is_there() -> None:
    """Every file and folder that is copied is in the repository, and all that the wheel needs is copied."""
    copied = [name for line in re.findall(r"^COPY (.+) \S+$", CONTAINER, re.MULTILINE) for name in line.split()]
    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert {"engine", "rules", "templates", "pyproject.toml", "README.md", "LICENSE", "requirements.lock"} == set(
        copied
    )


def test_the_container_file_names_settings_that_exist() -> None:
    """Each variable of ours is a setting."""
    variables = re.findall(rf"{PREFIX}(\w+)=", CONTAINER)
    assert [name for name in variables if name.lower() not in Settings.model_fields] == []
