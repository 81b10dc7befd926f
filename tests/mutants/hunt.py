"""`make mutants`: each kept fault is put into a copy of the engine, and the oracle must notice it.

`HISTORIES` is how many a fault may survive, `AT_ONCE` how many are hunted at the same time; names of faults as
arguments hunt those alone.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS))

from mutants.kept import MUTANTS, Mutant  # noqa: E402 (found below tests/)

from engine.clock import monotonic  # noqa: E402 (as above)

LIMIT = int(os.environ.get("HISTORIES", "300"))
"""How many histories a mutant may survive before it counts as missed; most are caught within ten."""
AT_ONCE = int(os.environ.get("AT_ONCE", "2"))
"""How many mutants are hunted at the same time."""


@dataclass(frozen=True, kw_only=True)
class Hunted:
    """How it ended for one mutant, after how many histories.

    It was `caught`, `survived` or `crashed`; `unsound` is one that was caught by a history which fails without it too.
    """

    mutant: Mutant | None
    ended: str
    histories: int
    seconds: float
    words: str


def hunt(mutant: Mutant | None, limit: int = LIMIT) -> Hunted:
    """Play histories with a mutated copy of the engine; with None, with the engine as it is."""
    began = monotonic()
    ended, histories, words = _played(mutant, mutant, range(limit))
    if ended == "caught" and mutant is not None:
        sound, *_ = _played(None, mutant, range(histories - 1, histories))
        ended = ended if sound == "survived" else "unsound"
    return Hunted(mutant=mutant, ended=ended, histories=histories, seconds=monotonic() - began, words=words)


def _played(fault: Mutant | None, wanted: Mutant | None, numbers: range) -> tuple[str, int, str]:
    """Play some of the histories that one mutant wants, with a fault or without; returns how that ended."""
    with tempfile.TemporaryDirectory(prefix="lifecycle-mutant-") as folder:
        shutil.copytree(TESTS.parent / "engine", Path(folder) / "engine", ignore=shutil.ignore_patterns("__pycache__"))
        if fault is not None:
            mutate(Path(folder), fault)
        needs = wanted.needs if wanted is not None else ()
        command = [sys.executable, "-m", "mutants.play", str(numbers.start), str(numbers.stop), *needs]
        variables = {**os.environ, "PYTHONPATH": os.pathsep.join([folder, str(TESTS)])}
        done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    ended, histories = json.loads(done.stdout) if done.returncode == 0 else ("crashed", 0)
    return ended, histories, done.stderr[-500:]


def mutate(root: Path, mutant: Mutant) -> None:
    """Put the fault into its file; raises AssertionError where its place is not there exactly once."""
    path = root / mutant.path
    text = path.read_text()
    assert text.count(mutant.old) == 1, f"{mutant.path}: {text.count(mutant.old)} times {mutant.old!r}"
    path.write_text(text.replace(mutant.old, mutant.new))


def main(names: Collection[str]) -> int:
    """Hunt all mutants, or those named; print a line each as it ends, and return 1 where one was not caught."""
    wanted = [mutant for mutant in MUTANTS if not names or mutant.name in names]
    missed = 0
    with ThreadPoolExecutor(AT_ONCE) as workers:
        for number, hunted in enumerate(as_completed(workers.submit(hunt, mutant) for mutant in wanted), start=1):
            found = hunted.result()
            missed += found.ended != "caught"
            _say(f"{number:>3}/{len(wanted)}  {_told(found)}")
    _say(f"{len(wanted) - missed} of {len(wanted)} mutants caught")
    return int(missed > 0)


def _told(found: Hunted) -> str:
    assert found.mutant is not None
    row = f"{found.ended:9}{found.histories:>5} histories{found.seconds:>7.1f} s  {found.mutant.name}"
    return row + (f"\n          {found.words}" if found.ended == "crashed" else "")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
