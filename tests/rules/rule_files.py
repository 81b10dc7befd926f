"""The good and the bad rule files beside these tests, and how a bad one says what is wrong with it."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
GOOD = {f"rules/{path.name}": path.read_text() for path in sorted((FOLDER / "good").glob("*.yaml"))}
BAD = sorted((FOLDER / "bad").iterdir())
EXPECTED = "#! "


def bad_case(path: Path) -> tuple[str, dict[str, str], list[str]]:
    """Return the path of a bad file in its workspace, that workspace's files, and the problems it expects.

    A file `topics--x.yaml` stands alone as `rules/topics.yaml`; a rule stands among the good files. Its last lines
    `#! line:column: CODE message` are its problems; one in another file starts with that file's path.
    """
    lines = path.read_text().splitlines(keepends=True)
    text = "".join(line for line in lines if not line.startswith(EXPECTED))
    special, dashes, _ = path.stem.partition("--")
    place = f"rules/{special}.yaml" if dashes else f"rules/{path.name}"
    expected = [line.removeprefix(EXPECTED).rstrip("\n") for line in lines if line.startswith(EXPECTED)]
    full = [problem if problem.startswith("rules/") else f"{place}:{problem}" for problem in expected]
    return place, ({} if dashes else GOOD) | {place: text}, full
