"""The kept mutants, read from `kept.yaml` beside this file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One fault: in a file below the root of the project, `new` stands where `old` stood.

    `needs` are the features (`oracle/features.py`) of rules that it can be noticed by; none where any rule will do.
    """

    name: str
    path: str
    old: str
    new: str
    needs: tuple[str, ...] = ()


MUTANTS = tuple(
    Mutant(
        name=row["fault"],
        path=f"engine/{row['file']}",
        old=row["old"],
        new=row["new"],
        needs=tuple(row.get("needs", ())),
    )
    for row in YAML(typ="safe", pure=True).load(Path(__file__).with_name("kept.yaml"))
)
