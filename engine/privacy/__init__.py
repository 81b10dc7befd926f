"""What is known of one customer: shown in full, or erased so that nothing personal stays and nothing comes back.

`export` yields everything as JSON; `begin`, `sweep` and `settle` erase, in steps of which each can be repeated.
"""

from engine.privacy.begin import begin
from engine.privacy.counts import Count, counts
from engine.privacy.export import export
from engine.privacy.late import strip_late
from engine.privacy.left import Left, left_of, unsettled
from engine.privacy.names import Names, names_of
from engine.privacy.settle import settle, told
from engine.privacy.sweep import sweep
from engine.privacy.vacuum import vacuum

__all__ = [
    "Count",
    "Left",
    "Names",
    "begin",
    "counts",
    "export",
    "left_of",
    "names_of",
    "settle",
    "strip_late",
    "sweep",
    "told",
    "unsettled",
    "vacuum",
]
