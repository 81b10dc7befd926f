"""The table of docs/consent.md, made from the words that the pages use."""

from __future__ import annotations

import re

from engine.web.serve.wording import BASE, built_in

_TABLE = re.compile(r"(<!-- table: words of pages -->\n).*?(<!-- end -->)", re.DOTALL)
HEAD = "| name | English |\n|---|---|\n"


def fill(page: str) -> str:
    """Return the page with its table made anew."""
    rows = "".join(f"| `{name}` | {text} |\n" for name, text in built_in()[BASE].items())
    return _TABLE.sub(lambda found: f"{found[1]}{HEAD}{rows}{found[2]}", page)
