"""The house is in order: lock files, the wheel, the Makefile."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")


@pytest.mark.parametrize("name", LOCKS)
def test_lock_files_hold_no_url(name: str) -> None:
    """A lock file names packages and hashes, never a host, so that it works with any index."""
    lock = (ROOT / name).read_text()
    assert "--hash=sha256:" in lock
    assert "://" not in lock
    assert "index-url" not in lock


@pytest.mark.parametrize("name", LOCKS)
def test_every_line_of_a_lock_is_pinned_or_a_hash(name: str) -> None:
    """Nothing is installed that is not pinned to one version and its hashes."""
    lines = [line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith("#")]
    assert [line for line in lines if "==" not in line and not line.startswith("    --hash=")] == []


def test_both_locks_agree() -> None:
    """What is developed against is what is installed."""
    pins = [{line.split(" ")[0] for line in (ROOT / name).read_text().splitlines() if "==" in line} for name in LOCKS]
    assert pins[0] <= pins[1]


def test_exceptions_of_the_linter_have_reasons() -> None:
    """Each rule of ruff that is switched off says why on its line."""
    text = (ROOT / "pyproject.toml").read_text()
    switched_off = text[text.index("ignore = [") : text.index("[tool.ruff.lint.flake8-tidy-imports")]
    codes = [line for line in switched_off.splitlines() if line.strip().startswith('"') and line.strip().endswith(",")]
    assert [line for line in codes if "#" not in line] == []
    assert [line for line in switched_off.splitlines() if '",' in line and " # " not in line] == []


def test_make_alone_prints_every_target(tmp_path: Path) -> None:
    """`make` shows the targets people need, and changes nothing."""
    del tmp_path
    done = subprocess.run(["make", "-s"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607 (make of the path)
    assert {line.split()[1] for line in done.stdout.splitlines()} >= {"help", "demo", "test", "check", "bench", "run"}


def test_test_files_have_names_of_their_own() -> None:
    """Test folders are no packages, so two files of one name would be taken for the same module."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))


def test_versions_agree() -> None:
    """The package and the project say the same version."""
    import engine

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == engine.__version__


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built as it is released."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    return zipfile.ZipFile(next(folder.glob("*.whl")))


@pytest.mark.parametrize("folder", ["rules", "templates"])
def test_the_wheel_holds_the_whole_starter_pack(wheel: zipfile.ZipFile, folder: str) -> None:
    """Every file of rules/ and templates/ travels in the wheel, with the same text."""
    files = [path for path in sorted((ROOT / folder).rglob("*")) if path.is_file()]
    assert files
    for path in files:
        assert wheel.read(f"engine/starter/{path.relative_to(ROOT).as_posix()}") == path.read_bytes()


@pytest.mark.parametrize("name", ["engine/py.typed", "engine/migrations/env.py", "engine/migrations/script.py.mako"])
def test_the_wheel_holds_what_the_engine_reads(wheel: zipfile.ZipFile, name: str) -> None:
    """Files that are no modules travel too."""
    assert name in wheel.namelist()


def test_the_wheel_holds_no_tests(wheel: zipfile.ZipFile) -> None:
    """Only the package is released."""
    assert {name.partition("/")[0] for name in wheel.namelist()} <= {"engine", "lifecycle_engine-0.1.0.dist-info"}


def test_the_wheel_works_by_itself(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    """Without the checkout, `init` makes a workspace of the starter pack, and `check` finds nothing wrong with it."""
    wheel.extractall(tmp_path / "installed")
    alone = {name: text for name, text in os.environ.items() if not name.startswith("LIFECYCLE_")}
    alone["PYTHONPATH"] = str(tmp_path / "installed")

    def lifecycle(*arguments: str) -> str:
        command = [sys.executable, "-m", "engine.cli", *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=alone, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    where = "import engine, sys; print(engine.__file__, file=sys.stderr)"
    found = subprocess.run([sys.executable, "-c", where], cwd=tmp_path, env=alone, capture_output=True, check=True)
    assert str(tmp_path / "installed").encode() in found.stderr
    lifecycle("init", "acme")
    assert "No mistakes" in lifecycle("check", "--workspace", "acme")
