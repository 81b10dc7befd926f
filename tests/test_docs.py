"""What the docs say is so: generated pages are up to date, links lead somewhere, marked commands work."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from engine.cli.main import run
from engine.clock import SystemClock
from engine.demo.tour import prepare

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s#]+)(#[^)]*)?\)")
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.DOTALL | re.MULTILINE)

MARKED = re.compile(r"^<!-- run -->\n```console\n(?P<lines>.*?)^```$", re.DOTALL | re.MULTILINE)


def generator() -> ModuleType:
    """`docs/generate.py`, which is no package."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["commands.md", "settings.md", "problems.md"])
def test_generated_pages_are_up_to_date(name: str) -> None:
    """What the program can do and what its docs say is the same; `make docs` writes them again."""
    assert (ROOT / "docs" / name).read_text() == generator().pages()[name]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link of a page names a file that is there."""
    targets = [match["target"] for match in LINK.finditer(CODE.sub("", page.read_text()))]
    local = [target for target in targets if "://" not in target and not target.startswith("mailto:")]
    assert [target for target in local if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_named_in_the_docs_exist(page: Path) -> None:
    """Every `lifecycle ...` that a page shows is a command of the program."""
    known = set(re.findall(r"^## lifecycle ([a-z-]+)", generator().pages()["commands.md"], re.MULTILINE))
    shown = set(re.findall(r"(?:^\$ |`)lifecycle ([a-z][a-z-]+)", page.read_text(), re.MULTILINE))
    assert shown - known == set()


def marked() -> list[tuple[str, str]]:
    """Every block of commands that a page marks as one that works, one command a line, with the page's name."""
    blocks = [(page.name, match["lines"]) for page in PAGES for match in MARKED.finditer(page.read_text())]
    commands = [(page, [line[2:] for line in lines.splitlines() if line.startswith("$ ")]) for page, lines in blocks]
    return [(page, "\n".join(lines)) for page, lines in commands]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace of the demo's company, with its files live."""
    folder = tmp_path_factory.mktemp("docs") / "acme"
    prepare(folder, SystemClock().now())
    for kind in ("accounts", "customers", "members", "events"):
        assert run(["import", kind, str(folder / "data" / f"{kind}.csv"), "--workspace", str(folder)]) == 0
    assert run(["apply", "--workspace", str(folder)]) == 0
    return folder


@pytest.mark.parametrize(("page", "block"), marked())
def test_marked_commands_work(company: Path, page: str, block: str) -> None:
    """The commands of a block after `<!-- run -->` run as printed and in order, in a workspace with a company in it."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for line in block.splitlines():
        done = subprocess.run(
            ["bash", "-c", line],  # noqa: S607 (bash of the path)
            cwd=company,
            env=os.environ | {"PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{page}: {line}\n{done.stderr}"
