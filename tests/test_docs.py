"""What the docs say is so: generated pages are up to date, links lead somewhere, marked commands work."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s#]+)(#[^)]*)?\)")
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.DOTALL | re.MULTILINE)


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
