"""Tries every fault, prints one table and fails where a message was lost or sent twice: `make faults`.

    python tests/faults/run.py [--only NAME ...] [--short]

A run in full writes its rows into the table of docs/faults.md.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from time import monotonic

sys.path.insert(0, str(Path(__file__).parents[1]))

from faults import backups, clocks, failpoints, noes, random_kills, storms, transport, webhooks
from faults.places import place
from faults.table import COLUMNS, Row, markdown, merged

from engine.cli import output

FAMILIES: Mapping[str, Callable[..., Iterator[Row]]] = {
    "failpoints": failpoints.rows,
    "random": random_kills.rows,
    "transport": transport.rows,
    "storms": storms.rows,
    "clocks": clocks.rows,
    "backups": backups.rows,
    "webhooks": webhooks.rows,
    "noes": noes.rows,
}
PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
BEGIN, END = "<!-- table: written by `make faults` -->\n", "<!-- end of table -->\n"


def main() -> int:
    """Try the families, print the table; return 1 where a target is missed, 130 where it was interrupted."""
    asked = _options()
    names = asked.only or [*FAMILIES]
    found: list[Row] = []
    ended = 0
    try:
        found.extend(tried(names, full=not asked.short))
    except KeyboardInterrupt:
        ended = 130
    table = merged(found)
    output.table(COLUMNS, [row.cells for row in table], right=COLUMNS[1:])
    broken = [sentence for row in table for sentence in row.broken]
    for sentence in broken:
        output.note(sentence)
    if not (ended or broken or asked.short):
        write(table)
    return ended or int(bool(broken))


def tried(names: Sequence[str], *, full: bool) -> Iterator[Row]:
    """Try families one after the other, and say how far it is."""
    began = monotonic()
    with place() as where:
        for name in names:
            for row in FAMILIES[name](where, full=full):
                output.note(f"{monotonic() - began:6.0f} s  {row.scenario}: {'; '.join(row.broken) or 'as it must be'}")
                yield row


def write(table: Sequence[Row]) -> None:
    """Put rows into the table of their page, in the place of those of the same scenarios."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    old, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{markdown(table, known=old)}\n\n{END}{after}")
    output.note(f"{PAGE.name} has the rows of this run.")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=[*FAMILIES], help="families to try")
    parser.add_argument("--short", action="store_true", help="as `make test` tries it: less of each, nothing written")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
